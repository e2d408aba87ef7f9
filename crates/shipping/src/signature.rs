//! The signature of a Mach-O file: without at least an ad-hoc one an arm64 Mac loads nothing.
//!
//! Its numbers are big-endian: a "super blob" of blobs, one of which, the code directory, has a hash of each page of the file.

use object::Endianness;
use object::macho;
use object::read::macho::{LoadCommandVariant, MachHeader};
use sha2::{Digest, Sha256};
use std::ops::Range;

const SUPER_BLOB: u32 = 0xfade_0cc0;
const CODE_DIRECTORY: u32 = 0xfade_0c02;
const AD_HOC: u32 = 2;
const SHA256: u8 = 2;
const HASH_BYTES: usize = 32;

/// What is wrong with the signature of a file of one architecture.
pub(crate) fn check(data: &[u8]) -> Result<(), String> {
    Pages::of(data)?.verify(data)
}

/// Nothing, if there is none.
fn find(data: &[u8]) -> object::Result<Option<Range<usize>>> {
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
            return Ok(Some(begin..end));
        }
    }
    Ok(None)
}

fn number(data: &[u8], at: usize) -> Option<u32> {
    let bytes = data.get(at..at.checked_add(4)?)?;
    Some(u32::from_be_bytes(bytes.try_into().ok()?))
}

/// Signs what was changed anew. Only what is signed ad hoc: no other signature can be made here.
pub(crate) fn renew(data: &mut [u8]) -> Result<(), String> {
    Pages::of(data)?.renew(data);
    Ok(())
}

/// Where the pages of a file are, and the hash of each. All of it lies within the file.
#[derive(Debug, PartialEq)]
struct Pages {
    count: usize,
    page_bytes: usize,
    signed_bytes: usize,
    hashes_begin: usize,
}

impl Pages {
    fn of(data: &[u8]) -> Result<Self, String> {
        let blob = find(data)
            .map_err(|error| error.to_string())?
            .ok_or("it has none")?;
        Self::find(data, blob).unwrap_or_else(|| Err("it ends too early".to_owned()))
    }

    /// Nothing, if the signature is shorter than it says.
    fn find(data: &[u8], blob: Range<usize>) -> Option<Result<Self, String>> {
        let signature = data.get(blob.clone())?;
        if number(signature, 0)? != SUPER_BLOB {
            return Some(Err("it is of no known kind".to_owned()));
        }
        let mut directories = Vec::new();
        for index in 0..number(signature, 8)? as usize {
            let begin = number(signature, 12 + index * 8 + 4)? as usize;
            if number(signature, begin)? == CODE_DIRECTORY {
                directories.push(begin);
            }
        }
        match directories.as_slice() {
            [] => Some(Err("it has no code directory".to_owned())),
            // One more for old systems, of SHA-1.
            [_, _, ..] => Some(Err("it has several code directories".to_owned())),
            [begin] => Self::in_directory(data, signature.get(*begin..)?, blob.start + begin),
        }
    }

    fn in_directory(data: &[u8], directory: &[u8], begin: usize) -> Option<Result<Self, String>> {
        if number(directory, 12)? & AD_HOC == 0 {
            return Some(Err("it is not ad hoc".to_owned()));
        }
        let pages = Self {
            count: number(directory, 28)? as usize,
            page_bytes: 1usize.checked_shl(u32::from(*directory.get(39)?))?,
            signed_bytes: number(directory, 32)? as usize,
            hashes_begin: begin + number(directory, 16)? as usize,
        };
        let (hash_bytes, kind) = (*directory.get(36)? as usize, *directory.get(37)?);
        data.get(..pages.signed_bytes)?;
        directory
            .get(number(directory, 16)? as usize..)?
            .get(..pages.count * HASH_BYTES)?;
        if kind != SHA256
            || hash_bytes != HASH_BYTES
            || pages.signed_bytes.div_ceil(pages.page_bytes) != pages.count
        {
            return Some(Err("it is not one of SHA-256 over all pages".to_owned()));
        }
        Some(Ok(pages))
    }

    fn page(&self, index: usize) -> Range<usize> {
        let begin = index * self.page_bytes;
        begin..self.signed_bytes.min(begin + self.page_bytes)
    }

    fn hash(&self, index: usize) -> Range<usize> {
        let begin = self.hashes_begin + index * HASH_BYTES;
        begin..begin + HASH_BYTES
    }

    fn verify(&self, data: &[u8]) -> Result<(), String> {
        let wrong = (0..self.count)
            .find(|index| data[self.hash(*index)] != *Sha256::digest(&data[self.page(*index)]));
        match wrong {
            Some(index) => Err(format!("page {index} is not what was signed")),
            None => Ok(()),
        }
    }

    fn renew(&self, data: &mut [u8]) {
        for index in 0..self.count {
            let digest = Sha256::digest(&data[self.page(index)]);
            data[self.hash(index)].copy_from_slice(&digest);
        }
    }
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
        let end = data.len() + blob.len();
        data.extend(blob);
        let check = |data: &[u8], end: usize| {
            Pages::find(data, 10_000..end).map(|pages| pages?.verify(data))
        };
        assert_eq!(check(&data, end), Some(Ok(())));
        for length in 10_000..end {
            assert_ne!(check(&data, length), Some(Ok(())), "{length}");
            assert_ne!(check(&data[..length], end), Some(Ok(())), "{length}");
        }
        data[9_999] = 2;
        let found = check(&data, end).expect("it is complete");
        assert_eq!(found, Err("page 2 is not what was signed".to_owned()));
        let pages = Pages::find(&data, 10_000..end).expect("it is complete");
        pages.expect("it can be read").renew(&mut data);
        assert_eq!(check(&data, end), Some(Ok(())));
    }
}
