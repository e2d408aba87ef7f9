//! The data directory as a whole: one process has it, and nothing else is written there.

use super::disk::FILE_NAME;
use super::open_error::OpenError;
use super::place::is_same;
use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// Parts of a path that are not there, and links among them; a path with more is none that a file is opened by.
const STEPS_MAX: usize = 4_096;

/// Held by whoever has the directory. The data file has a lock as well; this one stands also where that file was removed.
pub(super) struct DirLock(Option<File>);

impl DirLock {
    /// Whether there was a directory, and one that can be locked.
    pub(super) const fn is_held(&self) -> bool {
        self.0.is_some()
    }
}

/// Takes the directory, if there is one that can be taken.
pub(super) fn lock(data_dir: &Path) -> Result<DirLock, OpenError> {
    // Windows lets nobody remove the data file while it is open, and does not lock directories.
    if cfg!(not(unix)) {
        return Ok(DirLock(None));
    }
    let dir = match File::open(data_dir) {
        Ok(dir) => dir,
        // The file in it may be open to who cannot read the directory.
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied
            ) =>
        {
            return Ok(DirLock(None));
        }
        Err(source) => {
            let path = data_dir.to_owned();
            return Err(OpenError::Io { path, source });
        }
    };
    match dir.try_lock() {
        Ok(()) => Ok(DirLock(Some(dir))),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse(data_dir.to_owned())),
        // Not every file system has locks for directories.
        Err(TryLockError::Error(_)) => Ok(DirLock(None)),
    }
}

/// Whether a file of this name would lie in the data directory, or is one of those in it, by whatever names and links. What is
/// written there could take the place of the server's own, and is lost with it.
///
/// # Errors
/// It cannot be found out.
pub fn lies_in_data_dir(file: &Path, data_dir: &Path) -> io::Result<bool> {
    let dir = resolved(data_dir)?;
    let file = std::path::absolute(file)?;
    let named = named(&file)?;
    // Where the name stands, and where it leads.
    for place in [named, resolved(&file)?] {
        for above in place.ancestors() {
            if above == dir || is_same(above, &dir)? {
                return Ok(true);
            }
        }
    }
    let own = match fs::read_dir(&dir) {
        Ok(own) => own,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    for own in own {
        if is_same(&file, &own?.path())? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether two paths name one file, by whatever links, or would if it were there.
///
/// # Errors
/// It cannot be found out.
pub fn name_one_file(one: &Path, other: &Path) -> io::Result<bool> {
    let [one_named, other_named] = [named(one)?, named(other)?];
    Ok(one_named == other_named || resolved(one)? == resolved(other)? || is_same(one, other)?)
}

/// The file that holds everything, in a data directory.
#[must_use]
pub fn data_file(data_dir: &Path) -> PathBuf {
    data_dir.join(FILE_NAME)
}

/// Where the name of a file stands: the path without links and `..` up to it.
fn named(file: &Path) -> io::Result<PathBuf> {
    let file = std::path::absolute(file)?;
    Ok(match (file.parent(), file.file_name()) {
        (Some(parent), Some(name)) => resolved(parent)?.join(name),
        _ => file.clone(),
    })
}

/// The path without links and `..`, also of what is not there yet.
fn resolved(path: &Path) -> io::Result<PathBuf> {
    let mut there = std::path::absolute(path)?;
    let mut missing: Vec<OsString> = Vec::new();
    for _ in 0..STEPS_MAX {
        match fs::canonicalize(&there) {
            Ok(mut found) => {
                found.extend(missing.iter().rev());
                return Ok(found);
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let link = fs::read_link(&there).ok();
                let name = there.file_name().map(OsString::from);
                let (Some(name), true) = (name, there.pop()) else {
                    return Err(error);
                };
                match link {
                    // A link that leads to what is not there yet.
                    Some(to) => there.push(to),
                    None => missing.push(name),
                }
            }
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::InvalidFilename.into())
}
