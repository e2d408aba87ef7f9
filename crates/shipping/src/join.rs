//! Makes a universal file of macOS out of one for each machine, as Apple's lipo does.

use object::Endianness;
use object::macho::{CPU_TYPE_ARM64, MachHeader64};
use object::read::macho::MachHeader;

const FAT_MAGIC: u32 = 0xcafe_babe;
const HEADER_BYTES: usize = 8;
const ENTRY_BYTES: usize = 20;

/// Each slice begins at a multiple of its machine's page, and is left as it is: a signature covers one slice.
pub(crate) fn join(slices: &[Vec<u8>]) -> Result<Vec<u8>, String> {
    let mut header = Vec::new();
    let mut body = Vec::new();
    let first = HEADER_BYTES + ENTRY_BYTES * slices.len();
    header.extend(FAT_MAGIC.to_be_bytes());
    header.extend(number(slices.len())?.to_be_bytes());
    for slice in slices {
        let macho = MachHeader64::<Endianness>::parse(slice.as_slice(), 0)
            .map_err(|error| error.to_string())?;
        let endian = macho.endian().map_err(|error| error.to_string())?;
        let kind = macho.cputype(endian);
        let page_bits = if kind == CPU_TYPE_ARM64 { 14 } else { 12 };
        let begin = (first + body.len()).next_multiple_of(1 << page_bits);
        body.resize(begin - first, 0);
        body.extend(slice);
        for value in [
            kind.0,
            macho.cpusubtype(endian).0,
            number(begin)?,
            number(slice.len())?,
            page_bits,
        ] {
            header.extend(value.to_be_bytes());
        }
    }
    header.extend(body);
    Ok(header)
}

fn number(value: usize) -> Result<u32, String> {
    u32::try_from(value).map_err(|_| "a universal file has at most 4 GB".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use object::macho::CPU_TYPE_X86_64;
    use object::read::macho::{FatArch, MachOFatFile32};

    /// As short as one can be: a header without commands.
    fn slice(kind: u32, padding_bytes: usize) -> Vec<u8> {
        let mut slice = Vec::new();
        for value in [0xfeed_facf, kind, 3, 6, 0, 0, 0, 0_u32] {
            slice.extend(value.to_le_bytes());
        }
        slice.resize(slice.len() + padding_bytes, 7);
        slice
    }

    #[test]
    fn slices_are_found_again_as_they_were_each_at_its_page() {
        let slices = [slice(CPU_TYPE_ARM64.0, 1), slice(CPU_TYPE_X86_64.0, 5000)];
        let joined = join(&slices).expect("both are Mach-O");
        let fat = MachOFatFile32::parse(joined.as_slice()).expect("it is universal");
        for (found, (slice, page_bytes)) in
            fat.arches().iter().zip(slices.iter().zip([16384, 4096]))
        {
            let data = FatArch::data(found, joined.as_slice()).expect("it is inside");
            assert_eq!(data, slice);
            assert_eq!(FatArch::offset(found) % page_bytes, 0);
        }
        assert_eq!(fat.arches().len(), 2);
    }

    #[test]
    fn what_is_no_macho_is_refused() {
        assert!(join(&[vec![0; 64]]).is_err());
    }
}
