//! The log file: appended to, and renamed away once when it is full.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Size at which the file is renamed to [`OLD_NAME`]: both together stay below twice this.
const FILE_BYTES_MAX: u64 = 4 << 20;
const NAME: &str = "userstatus.log";
const OLD_NAME: &str = "userstatus.log.1";

/// An open log file.
pub(super) struct LogFile {
    folder: PathBuf,
    file: File,
    bytes: u64,
}

impl LogFile {
    /// Opens the file in a folder, making both where needed.
    pub(super) fn open(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(folder.join(NAME))?;
        let bytes = file.metadata()?.len();
        Ok(Self {
            folder: folder.to_owned(),
            file,
            bytes,
        })
    }

    /// Writes a line. A full disk loses lines, not the program.
    pub(super) fn write(&mut self, line: &str) {
        if self.bytes + line.len() as u64 > FILE_BYTES_MAX {
            self.turn_over();
        }
        if self.file.write_all(line.as_bytes()).is_ok() {
            self.bytes += line.len() as u64;
        }
    }

    fn turn_over(&mut self) {
        let renamed = fs::rename(self.folder.join(NAME), self.folder.join(OLD_NAME));
        match renamed.and_then(|()| Self::open(&self.folder)) {
            Ok(fresh) => *self = fresh,
            Err(_) => {
                // Not renamed: start over in place, so that the size stays bounded.
                if self.file.set_len(0).is_ok() {
                    self.bytes = 0;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_file_is_renamed_once_and_both_stay_bounded() {
        let folder = std::env::temp_dir().join(format!("userstatus-log-{}", std::process::id()));
        let mut log = LogFile::open(&folder).expect("a temporary folder can be made");
        let line = format!("{}\n", "x".repeat(1_023));
        let lines = 3 * FILE_BYTES_MAX / line.len() as u64 + 10;
        for _ in 0..lines {
            log.write(&line);
        }
        let size = |name: &str| fs::metadata(folder.join(name)).expect("it exists").len();
        assert_eq!(size(OLD_NAME), FILE_BYTES_MAX);
        assert_eq!(size(NAME), 10 * line.len() as u64);
        drop(log);

        let again = LogFile::open(&folder).expect("it can be opened again");
        assert_eq!(again.bytes, 10 * line.len() as u64, "it is appended to");
        fs::remove_dir_all(&folder).expect("ours to remove");
    }
}
