//! Whether the open file is still the one at its path, and whole. One that was removed can be written to, and nothing of that is
//! ever found again; so can one that was cut off.

use super::disk::{Integrity, OpenDatabase, builder};
use redb::backends::FileBackend;
use redb::{BackendError, StorageBackend};
use std::fs::{self, Metadata, OpenOptions};
use std::io;
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

/// The place of a file.
#[derive(Debug)]
pub(super) struct Place {
    path: PathBuf,
    /// The file that was opened first.
    opened: OnceLock<Identity>,
    /// No shorter is the file unless somebody else cut it.
    bytes_min: AtomicU64,
    /// No longer unless somebody else wrote to it.
    bytes_max: AtomicU64,
    /// How often the database changed its length: what was seen meanwhile says nothing.
    changes: AtomicU64,
    /// It was found shorter. What was in it is not there any more, also if it is made longer again.
    is_cut: AtomicBool,
}

/// Device and number of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Identity(u64, u64);

impl Place {
    pub(super) fn new(path: &Path) -> Arc<Self> {
        Arc::new(Self {
            path: path.to_owned(),
            opened: OnceLock::new(),
            bytes_min: AtomicU64::new(0),
            bytes_max: AtomicU64::new(u64::MAX),
            changes: AtomicU64::new(0),
            is_cut: AtomicBool::new(false),
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
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
            let file_now = file.metadata()?;
            let found = identity(&file_now);
            if *place.opened.get_or_init(|| found) != found {
                return Err(io::Error::other(place.missing("another file is there")).into());
            }
            place
                .check_length(file_now.len())
                .map_err(io::Error::other)?;
            place.set_bytes(file_now.len());
            builder(integrity).create_with_backend(Measured {
                file: FileBackend::new(file)?,
                place: Arc::clone(&place),
            })
        })
    }

    /// Looks whether the file is still there; what is wrong, and what to do, if it is not.
    pub(super) fn check(&self) -> Result<(), String> {
        let Some(opened) = self.opened.get() else {
            return Ok(());
        };
        match fs::metadata(&self.path) {
            Ok(found) if identity(&found) == *opened => self.check_length(found.len()),
            Ok(_) => Err(self.missing("another file is there")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(self.missing("nothing is there"))
            }
            // It may be there, and cannot be looked at.
            Err(_) => Ok(()),
        }
    }

    fn set_bytes(&self, bytes: u64) {
        self.bytes_min.store(bytes, Ordering::SeqCst);
        self.bytes_max.store(bytes, Ordering::SeqCst);
    }

    fn check_length(&self, mut bytes: u64) -> Result<(), String> {
        loop {
            let changes = self.changes.load(Ordering::SeqCst);
            let bytes_min = self.bytes_min.load(Ordering::SeqCst);
            let bytes_max = self.bytes_max.load(Ordering::SeqCst);
            if (bytes_min..=bytes_max).contains(&bytes) && !self.is_cut.load(Ordering::SeqCst) {
                return Ok(());
            }
            // The database makes it shorter and longer itself: what was seen a moment ago may be from before.
            match fs::metadata(&self.path) {
                Ok(now) => bytes = now.len(),
                // Whoever looks next finds that.
                Err(_) => return Ok(()),
            }
            let is_as_seen = self.changes.load(Ordering::SeqCst) == changes;
            if bytes < bytes_min && is_as_seen {
                self.is_cut.store(true, Ordering::SeqCst);
            }
            if self.is_cut.load(Ordering::SeqCst) {
                return Err(format!(
                    "the data file {} was cut off while the server runs; what was in it is lost: stop the server and restore the last backup",
                    self.path.display()
                ));
            }
            if bytes > bytes_max && is_as_seen {
                return Err(format!(
                    "something else wrote to the data file {} while the server runs, which made it longer than it can be read: save what is in it with `userstatusd backup`, stop the server and restore that",
                    self.path.display()
                ));
            }
        }
    }

    fn missing(&self, what: &str) -> String {
        format!(
            "the data file {} was removed or replaced while the server runs ({what}); put it back, or save what is in it with `userstatusd backup`, stop the server and restore that",
            self.path.display()
        )
    }
}

/// The file, and how long the database has made it.
#[derive(Debug)]
struct Measured {
    file: FileBackend,
    place: Arc<Place>,
}

impl StorageBackend for Measured {
    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.file.read(offset, out)
    }

    fn set_len(&self, bytes: u64) -> io::Result<()> {
        // What it has at any moment in between is between the two.
        self.place.bytes_min.fetch_min(bytes, Ordering::SeqCst);
        self.place.bytes_max.fetch_max(bytes, Ordering::SeqCst);
        self.place.changes.fetch_add(1, Ordering::SeqCst);
        self.file.set_len(bytes)?;
        self.place.set_bytes(bytes);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    fn write(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.file.write(offset, bytes)
    }

    fn close(&self) -> io::Result<()> {
        self.file.close()
    }

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.file.try_lock_range(start, end)
    }

    fn try_lock_shared_range(
        &self,
        start: Bound<u64>,
        end: Bound<u64>,
    ) -> Result<bool, BackendError> {
        self.file.try_lock_shared_range(start, end)
    }

    fn lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.file.lock_range(start, end)
    }

    fn lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.file.lock_shared_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.file.unlock_range(start, end)
    }

    fn query_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.file.query_lock_range(start, end)
    }
}

/// Whether two names are of one file, by whatever links. What is not there is the same as nothing.
#[cfg(unix)]
pub(super) fn is_same(one: &Path, other: &Path) -> io::Result<bool> {
    let [one, other] = [one, other].map(|path| match fs::metadata(path) {
        Ok(found) => Ok(Some(identity(&found))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    });
    let one = one?;
    Ok(one.is_some() && one == other?)
}

/// The same; the standard library cannot tell of hard links on Windows.
#[cfg(windows)]
pub(super) fn is_same(one: &Path, other: &Path) -> io::Result<bool> {
    let [one, other] = [one, other].map(|path| match fs::canonicalize(path) {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    });
    let one = one?;
    Ok(one.is_some() && one == other?)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_database_makes_shorter_and_longer_is_whole_at_every_moment_and_what_another_does_is_not()
     {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        let file = fs::File::create_new(&path).unwrap();
        let place = Place::new(&path);
        place
            .opened
            .get_or_init(|| identity(&file.metadata().unwrap()));
        let measured = Measured {
            file: FileBackend::new(file).unwrap(),
            place: Arc::clone(&place),
        };
        let is_over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for round in 0..20_000 {
                    measured.set_len([1, 9, 5, 4_097][round % 4]).unwrap();
                }
                is_over.store(true, Ordering::SeqCst);
            });
            while !is_over.load(Ordering::SeqCst) {
                assert_eq!(place.check(), Ok(()));
            }
        });
        let other = fs::OpenOptions::new().write(true).open(&path).unwrap();
        for (bytes, is_whole) in [
            (4_098, false),
            (4_097, true),
            (4_096, false),
            (4_097, false),
        ] {
            other.set_len(bytes).unwrap();
            assert_eq!(place.check().is_ok(), is_whole, "{bytes}");
        }
    }
}
