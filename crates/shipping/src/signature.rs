//! The signature of a Mach-O file: without at least an ad-hoc one an arm64 Mac loads nothing.
//!
//! Its numbers are big-endian: a "super blob" of blobs, one of which, the code directory, has a hash of each page of the file.

use object::Endianness;
use object::macho;
use object::read::macho::{LoadCommandVariant, MachHeader};
use sha2::{Digest, Sha256};

const SUPER_BLOB: u32 = 0xfade_0cc0;
const CODE_DIRECTORY: u32 = 0xfade_0c02;
const AD_HOC: u32 = 2;
const SHA256: u8 = 2;

/// What is wrong with the signature of a file of one architecture.
pub(crate) fn check(data: &[u8]) -> Result<(), String> {
    let blob = find(data)
        .map_err(|error| error.to_string())?
        .ok_or("it has none")?;
    verify(data, blob).unwrap_or_else(|| Err("it ends too early".to_owned()))
}

fn find(data: &[u8]) -> object::Result<Option<&[u8]>> {
    let header = macho::MachHeader64::<Endianness>::parse(data, 0)?;
    let endian = header.endian()?;
    let mut commands = header.load_commands(endian, data, 0)?;
    while let Some(command) = commands.next()? {
        if command.cmd() != macho::LC_CODE_SIGNATURE {
            continue;
        }
        if let LoadCommandVariant::LinkeditData(place) = command.variant()? {
            let begin = place.dataoff.get(endian) as usize;
            let end = begin.saturating_add(place.datasize.get(endian) as usize);
            return Ok(data.get(begin..end));
        }
    }
    Ok(None)
}

fn number(data: &[u8], at: usize) -> Option<u32> {
    let bytes = data.get(at..at.checked_add(4)?)?;
    Some(u32::from_be_bytes(bytes.try_into().ok()?))
}

/// Nothing, if the signature is shorter than it says.
fn verify(data: &[u8], blob: &[u8]) -> Option<Result<(), String>> {
    if number(blob, 0)? != SUPER_BLOB {
        return Some(Err("it is of no known kind".to_owned()));
    }
    let count = number(blob, 8)? as usize;
    for index in 0..count {
        let directory = blob.get(number(blob, 12 + index * 8 + 4)? as usize..)?;
        if number(directory, 0)? == CODE_DIRECTORY {
            return verify_pages(data, directory);
        }
    }
    Some(Err("it has no code directory".to_owned()))
}

fn verify_pages(data: &[u8], directory: &[u8]) -> Option<Result<(), String>> {
    if number(directory, 12)? & AD_HOC == 0 {
        return Some(Err("it is not ad hoc".to_owned()));
    }
    let hashes = directory.get(number(directory, 16)? as usize..)?;
    let pages = number(directory, 28)? as usize;
    let signed = data.get(..number(directory, 32)? as usize)?;
    let (hash_bytes, kind) = (*directory.get(36)? as usize, *directory.get(37)?);
    let page_bytes = 1usize.checked_shl(u32::from(*directory.get(39)?))?;
    if kind != SHA256 || hash_bytes != 32 || signed.len().div_ceil(page_bytes) != pages {
        return Some(Err("it is not one of SHA-256 over all pages".to_owned()));
    }
    for (index, page) in signed.chunks(page_bytes).enumerate() {
        if hashes.get(index * hash_bytes..(index + 1) * hash_bytes)?
            != Sha256::digest(page).as_slice()
        {
            return Some(Err(format!("page {index} is not what was signed")));
        }
    }
    Some(Ok(()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A signature over `data` in pages of 4 KB, as LLD makes it.
    fn sign(data: &[u8]) -> Vec<u8> {
        let pages: Vec<_> = data.chunks(4096).map(Sha256::digest).collect();
        let mut directory = Vec::new();
        let numbers = [CODE_DIRECTORY, 0, 0x20400, AD_HOC, 88, 88, 0];
        for value in numbers.into_iter().chain([
            u32::try_from(pages.len()).expect("few"),
            u32::try_from(data.len()).expect("short"),
        ]) {
            directory.extend(value.to_be_bytes());
        }
        directory.extend([32, SHA256, 0, 12]);
        directory.resize(88, 0);
        for page in pages {
            directory.extend(page);
        }
        let mut blob = Vec::new();
        for value in [SUPER_BLOB, 0, 1, 0, 20] {
            blob.extend(u32::to_be_bytes(value));
        }
        blob.extend(directory);
        blob
    }

    #[test]
    fn a_changed_byte_is_found_and_so_is_a_signature_cut_short() {
        let mut data = vec![1; 10_000];
        let blob = sign(&data);
        assert_eq!(verify(&data, &blob), Some(Ok(())));
        for length in 0..blob.len() {
            assert_ne!(verify(&data, &blob[..length]), Some(Ok(())), "{length}");
        }
        data[9_999] = 2;
        let found = verify(&data, &blob).expect("it is complete");
        assert_eq!(found, Err("page 2 is not what was signed".to_owned()));
    }
}
