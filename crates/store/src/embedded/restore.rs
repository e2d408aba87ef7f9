//! What is done to the file while no server runs: a backup is put back, room that nothing is in is given up.

use super::backup::read_back;
use super::data_dir;
use super::disk::{Disk, FILE_NAME, IfMissing, make_dir};
use super::open_error::OpenError;
use super::place::is_same;
use crate::{Folder, Readers};
use redb::backends::FileBackend;
use redb::{BackendError, StorageBackend};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// Why nothing was restored. The data directory is as it was.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The backup, or the data directory, cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// There is something.
    #[error(
        "the data directory {} is not empty; name another, or add --force to put what is in it aside", .0.display()
    )]
    NotEmpty(PathBuf),
    /// It is no backup but what would be replaced.
    #[error("{} is the data directory's own file, not a backup of it: nothing was done", .0.display())]
    SameFile(PathBuf),
    /// The system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The backup can be opened, and what is in it cannot be read.
    #[error("{} is damaged: {reason}; restore another backup", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

/// Files that restores of one second can put aside.
const ASIDE_PER_S_MAX: usize = 1_000;

/// Why the file was not made smaller. What is in it is as it was.
#[derive(Debug, thiserror::Error)]
pub enum CompactError {
    /// It cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The system, or the database, failed.
    #[error("{}: {reason}", path.display())]
    Failed {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

/// What compaction did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compacted {
    /// Size of the file before.
    pub bytes_before: u64,
    /// Size of the file now.
    pub bytes: u64,
}

/// Puts a backup in a data directory that no server uses. Says how many accounts are in it, and where what was there before is now.
///
/// # Errors
/// [`RestoreError`].
pub fn restore(
    backup: &Path,
    data_dir: &Path,
    is_forced: bool,
) -> Result<(u64, Option<PathBuf>), RestoreError> {
    let io_error = |path: &Path| {
        let path = path.to_owned();
        move |source| RestoreError::Io { path, source }
    };
    let file = data_dir.join(FILE_NAME);
    let is_empty = match fs::read_dir(data_dir) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => true,
        Err(error) => return Err(io_error(data_dir)(error)),
    };
    let standing = file.try_exists().map_err(io_error(&file))?;
    if standing && is_same(backup, &file).map_err(io_error(backup))? {
        return Err(RestoreError::SameFile(backup.to_owned()));
    }
    // Held to the end: no server begins on what stands there.
    let dir_lock = data_dir::lock(data_dir)?;
    let file_lock = match standing {
        true => Some(lock(&file, false)?),
        false => None,
    };
    if !is_empty && !is_forced {
        return Err(RestoreError::NotEmpty(data_dir.to_owned()));
    }
    // Looked at before anything is made. Opening may write: what is opened is a copy.
    let backup_bytes = fs::metadata(backup).map_err(io_error(backup))?;
    if backup_bytes.len() == 0 {
        return Err(OpenError::Empty(backup.to_owned()).into());
    }
    // A file that a server writes to is no backup.
    let source_lock = lock(backup, true)?;
    make_dir(data_dir).map_err(io_error(data_dir))?;
    let _dir_lock = match dir_lock.is_held() {
        true => dir_lock,
        false => data_dir::lock(data_dir)?,
    };
    let folder = Folder::open(data_dir).map_err(io_error(data_dir))?;
    let name = OsStr::new(FILE_NAME);
    let unfinished = folder.begin(name, Readers::Owner);
    let unfinished = unfinished.map_err(io_error(data_dir))?;
    let copied = fs::File::open(backup)
        .and_then(|mut backup| io::copy(&mut backup, &mut unfinished.file()))
        .and_then(|_| unfinished.file().sync_all());
    copied.map_err(io_error(&unfinished.path()))?;
    drop(source_lock);
    let count = read_back(&unfinished).map_err(|error| RestoreError::Damaged {
        path: backup.to_owned(),
        reason: error,
    })?;
    if cfg!(windows) {
        // There no file takes the place of one that is open. A server that begins now has it open, and this fails.
        drop(file_lock);
    }
    let mut aside = None;
    if standing {
        let name = put_aside(&folder).map_err(io_error(&file))?;
        aside = Some(data_dir.join(name));
    }
    unfinished.replace(name).map_err(io_error(&file))?;
    Ok((count.accounts, aside))
}

/// Gives the data file a name that no other has had, and says which. Until something takes its place it may keep its own, too.
fn put_aside(folder: &Folder) -> io::Result<OsString> {
    let since_epoch = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let name = format!("{FILE_NAME}.before-restore-{}", since_epoch.as_secs());
    for number in 1..=ASIDE_PER_S_MAX {
        let name = OsString::from(match number {
            1 => name.clone(),
            more => format!("{name}-{more}"),
        });
        match folder.put_in_place(OsStr::new(FILE_NAME), &name) {
            // Another restore of this second has it.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            put => return put.map(|()| name),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// Makes the file of a data directory that no server uses as small as what is in it.
///
/// # Errors
/// [`CompactError`].
pub fn compact(data_dir: &Path) -> Result<Compacted, CompactError> {
    let mut disk = Disk::open_dir(data_dir, IfMissing::Refuse)?;
    let path = disk.path().to_owned();
    let failed = |reason: String| CompactError::Failed {
        path: path.clone(),
        reason,
    };
    let size = || fs::metadata(&path).map(|file| file.len());
    let bytes_before = size().map_err(|error| failed(error.to_string()))?;
    disk.compact().map_err(|error| failed(error.to_string()))?;
    drop(disk);
    let bytes = size().map_err(|error| failed(error.to_string()))?;
    Ok(Compacted {
        bytes_before,
        bytes,
    })
}

/// Who holds this keeps every server from the file, or, where it is shared, from writing to it.
fn lock(file: &Path, is_shared: bool) -> Result<FileBackend, RestoreError> {
    let path = file.to_owned();
    let opened = fs::OpenOptions::new()
        .read(true)
        .write(!is_shared)
        .open(file);
    let opened = opened.map_err(|source| RestoreError::Io {
        path: path.clone(),
        source,
    })?;
    let failed = |reason: String| OpenError::Database {
        path: path.clone(),
        reason,
    };
    let lock = FileBackend::new(opened).map_err(|error| failed(error.to_string()))?;
    let (start, end) = (Bound::Unbounded, Bound::Unbounded);
    let locked = match is_shared {
        true => lock.try_lock_shared_range(start, end),
        false => lock.try_lock_range(start, end),
    };
    match locked {
        Ok(false) => Err(OpenError::InUse(file.parent().unwrap_or(file).to_owned()).into()),
        // Not every file system has locks; a server there has none either.
        Ok(true) | Err(BackendError::Unsupported) => Ok(lock),
        Err(error) => Err(failed(error.to_string()).into()),
    }
}
