//! Whether the open file is still the one at its path. One that was removed can be written to, and nothing of that is ever found again.

use super::disk::{Integrity, OpenDatabase, builder};
use redb::backends::FileBackend;
use std::fs::{Metadata, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// The place of a file.
pub(super) struct Place {
    path: PathBuf,
    /// The file that was opened first.
    opened: OnceLock<Identity>,
}

/// Device and number of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Identity(u64, u64);

impl Place {
    pub(super) fn new(path: &Path) -> Arc<Self> {
        Arc::new(Self {
            path: path.to_owned(),
            opened: OnceLock::new(),
        })
    }

    /// Opens the file; another time only the same one.
    pub(super) fn opener(self: &Arc<Self>) -> OpenDatabase {
        let place = Arc::clone(self);
        Box::new(move |integrity: Integrity| {
            let mut options = OpenOptions::new();
            options.read(true).write(true);
            #[cfg(windows)]
            std::os::windows::fs::OpenOptionsExt::share_mode(&mut options, SHARE_READ_AND_WRITE);
            let file = options.open(&place.path)?;
            let found = identity(&file.metadata()?);
            if *place.opened.get_or_init(|| found) != found {
                return Err(io::Error::other(place.missing("another file is there")).into());
            }
            builder(integrity).create_with_backend(FileBackend::new(file)?)
        })
    }

    /// Looks whether the file is still there; what is wrong, and what to do, if it is not.
    pub(super) fn check(&self) -> Result<(), String> {
        let Some(opened) = self.opened.get() else {
            return Ok(());
        };
        match std::fs::metadata(&self.path) {
            Ok(found) if identity(&found) == *opened => Ok(()),
            Ok(_) => Err(self.missing("another file is there")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(self.missing("nothing is there"))
            }
            // It may be there, and cannot be looked at.
            Err(_) => Ok(()),
        }
    }

    fn missing(&self, what: &str) -> String {
        format!(
            "the data file {} was removed or replaced while the server runs ({what}); put it back, or save what is in it with `userstatusd backup`, stop the server and restore that",
            self.path.display()
        )
    }
}

#[cfg(unix)]
fn identity(file: &Metadata) -> Identity {
    use std::os::unix::fs::MetadataExt;
    Identity(file.dev(), file.ino())
}

/// Windows does not let others delete or rename what was opened without sharing that.
#[cfg(windows)]
const SHARE_READ_AND_WRITE: u32 = 1 | 2;

/// There it is always the same file.
#[cfg(windows)]
fn identity(_file: &Metadata) -> Identity {
    Identity(0, 0)
}
