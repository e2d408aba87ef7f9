//! Small files that operators hand over: settings, tokens, certificates. They may lead anywhere.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

/// Reads a file of at most so many bytes. Links are followed, and a pipe will do.
///
/// # Errors
/// It cannot be read, or is longer.
pub fn read(file: &Path, bytes_max: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // What is longer is not read to its end: there may be none.
    File::open(file)?
        .take(bytes_max + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > bytes_max {
        return Err(io::Error::other(format!(
            "it has more than {bytes_max} bytes, the most there may be in such a file"
        )));
    }
    Ok(bytes)
}

/// As [`read`], of a file that is read again and again: a pipe has nothing to say the second time, and whoever opens it waits.
///
/// # Errors
/// As [`read`], or it is no regular file.
pub fn read_again(file: &Path, bytes_max: u64) -> io::Result<Vec<u8>> {
    if !fs::metadata(file)?.is_file() {
        return Err(io::Error::other(
            "it is no regular file, and only such a one can be read again",
        ));
    }
    read(file, bytes_max)
}

/// Whether two open files are one, by whatever names they were opened.
///
/// # Errors
/// The system's.
#[cfg(unix)]
pub fn is_same(one: &File, other: &File) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let (one, other) = (one.metadata()?, other.metadata()?);
    Ok((one.dev(), one.ino()) == (other.dev(), other.ino()))
}

/// The standard library cannot tell on Windows.
///
/// # Errors
/// None there.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
pub fn is_same(_one: &File, _other: &File) -> io::Result<bool> {
    Ok(true)
}

/// What was read, as text.
///
/// # Errors
/// It is no UTF-8.
pub fn text(bytes: Vec<u8>) -> io::Result<String> {
    String::from_utf8(bytes).map_err(|_| {
        let reason = "it is not UTF-8; save it as UTF-8 text";
        io::Error::new(io::ErrorKind::InvalidData, reason)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_is_refused_however_long_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        for (bytes, is_read) in [(7, true), (8, true), (9, false)] {
            fs::write(&file, vec![b' '; bytes]).unwrap();
            assert_eq!(read_again(&file, 8).is_ok(), is_read, "{bytes}");
        }
        assert!(read(Path::new("/dev/zero"), 8).is_err());
    }

    #[test]
    fn what_is_read_again_is_a_regular_file_or_a_link_to_one() {
        let dir = tempfile::tempdir().unwrap();
        let (file, link) = (dir.path().join("file"), dir.path().join("link"));
        fs::write(&file, "text").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        assert_eq!(read_again(&link, 8).unwrap(), b"text");
        for other in [Path::new("/dev/null"), dir.path()] {
            assert!(read_again(other, 8).is_err(), "{}", other.display());
        }
    }
}
