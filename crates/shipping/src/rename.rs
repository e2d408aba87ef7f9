//! Gives a library another name inside, the one by which programs are told to load it: the IM SDK's, for who takes that one's place.
//!
//! The new name is written over the old one, so it is at most as long; nothing else of the library moves. What signs a Mach-O file is made anew.

use object::read::elf::{Dyn, FileHeader, SectionHeader};
use object::read::macho::{FatArch, LoadCommandVariant, MachHeader, MachOFatFile32};
use object::read::pe::{ImageNtHeaders, PeFile64};
use object::{Endianness, FileKind, LittleEndian, elf, macho, pe};
use std::ops::Range;

use crate::signature;

/// `name` is that of the file. A Mach-O library keeps the folder it says it lies in.
pub(crate) fn rename(data: &mut [u8], name: &str) -> Result<(), String> {
    match FileKind::parse(&*data).map_err(text)? {
        FileKind::Elf64 => {
            let place = in_elf::<elf::FileHeader64<Endianness>>(data).map_err(text)?;
            write(data, place, name)
        }
        FileKind::Elf32 => {
            let place = in_elf::<elf::FileHeader32<Endianness>>(data).map_err(text)?;
            write(data, place, name)
        }
        FileKind::Pe64 => rename_pe(data, name),
        FileKind::MachO64 => rename_macho(data, name),
        FileKind::MachOFat32 => {
            let fat = MachOFatFile32::parse(&*data).map_err(text)?;
            let mut slices = Vec::new();
            for slice in fat.arches() {
                let begin = FatArch::offset(slice) as usize;
                slices.push(begin..begin + FatArch::size(slice) as usize);
            }
            for slice in slices {
                rename_macho(data.get_mut(slice).ok_or("it is cut short")?, name)?;
            }
            Ok(())
        }
        other => Err(format!("{other:?} has no name to change")),
    }
}

fn text(error: object::Error) -> String {
    error.to_string()
}

/// Where the old name is, and how many bytes there are for a new one with its NUL.
struct Place {
    begin: usize,
    bytes: usize,
}

/// Of a string that ends with NUL.
fn place(data: &[u8], begin: usize) -> Option<Place> {
    let rest = data.get(begin..)?;
    let bytes = rest.iter().position(|byte| *byte == 0)? + 1;
    Some(Place { begin, bytes })
}

fn write(data: &mut [u8], place: Option<Place>, name: &str) -> Result<(), String> {
    let place = place.ok_or("it has no name")?;
    let old = data
        .get_mut(place.begin..place.begin + place.bytes)
        .ok_or("it is cut short")?;
    if name.len() >= old.len() {
        return Err(format!("{name} is longer than the name it has"));
    }
    old.fill(0);
    old[..name.len()].copy_from_slice(name.as_bytes());
    Ok(())
}

fn in_elf<Elf: FileHeader<Endian = Endianness>>(data: &[u8]) -> object::Result<Option<Place>> {
    let header = Elf::parse(data)?;
    let endian = header.endian()?;
    let sections = header.sections(endian, data)?;
    let Some((entries, strings)) = sections.dynamic(endian, data)? else {
        return Ok(None);
    };
    let table: u64 = sections.section(strings)?.sh_offset(endian).into();
    let soname = entries
        .iter()
        .find(|entry| entry.d_tag(endian) == elf::DT_SONAME);
    Ok(soname.and_then(|entry| {
        let at: u64 = entry.d_val(endian).into();
        place(data, (table + at) as usize)
    }))
}

fn rename_pe(data: &mut [u8], name: &str) -> Result<(), String> {
    let file = PeFile64::parse(&*data).map_err(text)?;
    let exports = file.export_table().map_err(text)?;
    let address = exports.map(|table| table.directory().name.get(LittleEndian));
    let at = address.and_then(|address| file.section_table().pe_file_range_at(address));
    let found = at.and_then(|(begin, _)| place(data, begin as usize));
    // Its sum is wrong from now on; none is what linkers write by default.
    let sum = checksum(data).map_err(text)?;
    write(data, found, name)?;
    data.get_mut(sum).ok_or("it is cut short")?.fill(0);
    Ok(())
}

/// Behind the headers' beginning, for 32 and 64 bits: signature, file header, and 64 bytes of the optional one.
fn checksum(data: &[u8]) -> object::Result<Range<usize>> {
    let mut offset = pe::ImageDosHeader::parse(data)?.nt_headers_offset().into();
    let begin = offset as usize + 4 + size_of::<pe::ImageFileHeader>() + 64;
    pe::ImageNtHeaders64::parse(data, &mut offset)?;
    Ok(begin..begin + 4)
}

fn rename_macho(data: &mut [u8], name: &str) -> Result<(), String> {
    let (place, folder) = in_macho(data).map_err(text)?.ok_or("it has no name")?;
    write(data, Some(place), &format!("{folder}{name}"))?;
    signature::renew(data)
}

/// The name, with the padding of its command, and what stands before the file's name in it.
fn in_macho(data: &[u8]) -> object::Result<Option<(Place, String)>> {
    let header = macho::MachHeader64::<Endianness>::parse(data, 0)?;
    let endian = header.endian()?;
    let mut commands = header.load_commands(endian, data, 0)?;
    while let Some(command) = commands.next()? {
        let LoadCommandVariant::IdDylib(library) = command.variant()? else {
            continue;
        };
        let old = String::from_utf8_lossy(command.string(endian, library.dylib.name)?).into_owned();
        let folder = old.rfind('/').map_or("", |at| &old[..=at]).to_owned();
        let at = library.dylib.name.offset.get(endian) as usize;
        let place = Place {
            begin: command.offset() as usize + at,
            bytes: command.raw_data().len() - at,
        };
        return Ok(Some((place, folder)));
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shorter_name_takes_the_place_of_a_longer_one_and_no_other_does() {
        let mut data = *b"..libuserstatus.so.0\0next\0";
        let at = |data: &[u8]| place(data, 2);
        let found = at(&data);
        write(&mut data, found, "libImSDK.so").expect("it fits");
        assert_eq!(&data, b"..libImSDK.so\0\0\0\0\0\0\0\0next\0");

        let mut data = *b"..old\0next\0";
        let found = at(&data);
        assert!(write(&mut data, found, "four").is_err());
        assert_eq!(&data, b"..old\0next\0");
        assert!(write(&mut data, None, "new").is_err());
    }

    #[test]
    fn what_has_no_name_is_refused() {
        assert!(rename(&mut [0; 64], "libImSDK.so").is_err());
        assert!(rename(b"!<arch>\n".to_vec().as_mut_slice(), "libImSDK.so").is_err());
    }
}
