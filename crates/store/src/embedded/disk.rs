//! The file: its tables, and writing them.

use super::data_dir::{self, DirLock};
use super::open_error::OpenError;
use super::place::Place;
use super::record::{RecordError, app_prefix};
use super::rows::Rows;
use crate::{Folder, Readers, Unfinished};
use redb::backends::FileBackend;
use redb::{
    Database, DatabaseError, ReadTransaction, ReadableDatabase, Table, TableDefinition, TableError,
    WriteTransaction,
};
use std::ffi::OsStr;
use std::fs::DirBuilder;
use std::io;
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use userstatus_core::{AppId, Timestamp};

/// The file in the data directory.
pub(super) const FILE_NAME: &str = "userstatus.redb";

/// The tables and keys as they are now. Another number is another program's file, or a later one's.
pub(super) const FORMAT: u64 = 2;

/// Formats that are read as well, and become the present one when they are opened. 1 lacks some tables.
const FORMATS_READ: [u64; 2] = [1, FORMAT];

/// Everything is in our own memory; redb's cache serves writing only.
const CACHE_BYTES: usize = 16 * 1024 * 1024;

pub(super) const APPS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("apps");
pub(super) const ACCOUNTS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("accounts");
pub(super) const SUBSCRIPTIONS: TableDefinition<'_, &[u8], &[u8]> =
    TableDefinition::new("subscriptions");
pub(super) const FRIENDS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("friends");
pub(super) const BLOCKS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("blocks");
pub(super) const REVOCATIONS: TableDefinition<'_, &[u8], &[u8]> =
    TableDefinition::new("revocations");
pub(super) const STARTS: TableDefinition<'_, u64, u64> = TableDefinition::new("starts");
pub(super) const GAPS: TableDefinition<'_, u64, (u64, u64)> = TableDefinition::new("gaps");
pub(super) const META: TableDefinition<'_, &str, u64> = TableDefinition::new("meta");

const META_FORMAT: &str = "format";
/// The latest time of a commit: a clock that was set back does not make versions fall.
pub(super) const META_TIME_MS: &str = "time_ms";
/// What the system's clock showed then: how long the server was away is told by it.
pub(super) const META_WALL_MS: &str = "wall_ms";

/// Opens the database; again after a failed write, which leaves it unusable.
pub(super) type OpenDatabase = Box<dyn Fn(Integrity) -> Result<Database, DatabaseError> + Send>;

/// How well the file is looked at when it is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Integrity {
    /// All of it: damage is to be found at the start, and to be said.
    Checked,
    /// As little as need be. Between two tries of a disk that fails nobody reads gigabytes.
    Trusted,
}

/// The database of one store.
pub(super) struct Disk {
    path: PathBuf,
    open: OpenDatabase,
    database: Option<Database>,
    /// Of a file.
    place: Option<Arc<Place>>,
    /// Of the directory the file is in, if it is a data directory.
    #[expect(dead_code, reason = "it is held as long as the file is open")]
    dir_lock: Option<DirLock>,
}

/// What to do where there is nothing yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IfMissing {
    Make,
    Refuse,
}

impl Disk {
    /// Opens the file in a data directory, and makes both if need be. Only the user the server runs as can read them: they
    /// hold secret keys.
    pub(super) fn open_dir(data_dir: &Path, if_missing: IfMissing) -> Result<Self, OpenError> {
        let io_error = |source| OpenError::Io {
            path: data_dir.to_owned(),
            source,
        };
        let path = data_dir.join(FILE_NAME);
        if matches!(if_missing, IfMissing::Make) {
            make_dir(data_dir).map_err(io_error)?;
        }
        let dir_lock = Some(data_dir::lock(data_dir)?);
        if matches!(if_missing, IfMissing::Make) && !path.try_exists().map_err(io_error)? {
            make_file(data_dir)?;
        }
        let disk = Self::open_file(&path)?;
        Ok(Self { dir_lock, ..disk })
    }

    /// Opens a file that is there.
    pub(super) fn open_file(path: &Path) -> Result<Self, OpenError> {
        match std::fs::metadata(path) {
            Ok(file) if file.len() == 0 => return Err(OpenError::Empty(path.to_owned())),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(OpenError::Missing(path.to_owned()));
            }
            Err(source) => {
                let path = path.to_owned();
                return Err(OpenError::Io { path, source });
            }
        }
        let place = Place::new(path);
        let disk = Self::open_with(path.to_owned(), place.opener(), IfMissing::Refuse)?;
        Ok(Self {
            place: Some(place),
            ..disk
        })
    }

    /// Opens whatever `open` opens; `path` is how errors name it.
    pub(super) fn open_with(
        path: PathBuf,
        open: OpenDatabase,
        if_missing: IfMissing,
    ) -> Result<Self, OpenError> {
        let database = open(Integrity::Checked).map_err(|error| match error {
            DatabaseError::DatabaseAlreadyOpen => {
                OpenError::InUse(path.parent().unwrap_or(&path).to_owned())
            }
            DatabaseError::Storage(redb::StorageError::Io(source))
                if source.kind() == io::ErrorKind::UnexpectedEof =>
            {
                OpenError::Damaged {
                    path: path.clone(),
                    reason: "it ends too early".to_owned(),
                }
            }
            DatabaseError::Storage(redb::StorageError::Corrupted(reason)) => OpenError::Damaged {
                path: path.clone(),
                reason,
            },
            DatabaseError::Storage(redb::StorageError::Io(source))
                if source.kind() != io::ErrorKind::InvalidData =>
            {
                OpenError::Io {
                    path: path.clone(),
                    source,
                }
            }
            other => OpenError::Database {
                path: path.clone(),
                reason: other.to_string(),
            },
        })?;
        let disk = Self {
            path,
            open,
            database: Some(database),
            place: None,
            dir_lock: None,
        };
        disk.check_format(if_missing)?;
        Ok(disk)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Where its file has to be, if it is one.
    pub(super) fn place(&self) -> Option<Arc<Place>> {
        self.place.clone()
    }

    /// Writes all rows and waits until they are on disk, in the file that is at its path. After an error nothing of them is, or they
    /// are written again, and the next write opens anew.
    pub(super) fn write(&mut self, rows: &Rows) -> Result<(), redb::Error> {
        self.check_place()?;
        let database = match self.database.take() {
            Some(database) => database,
            None => (self.open)(Integrity::Trusted)?,
        };
        let transaction = database.begin_write()?;
        fill(&transaction, rows)?;
        transaction.commit()?;
        self.database = Some(database);
        // It may have been removed meanwhile.
        self.check_place()
    }

    fn check_place(&self) -> Result<(), redb::Error> {
        let checked = self.place.as_ref().map_or(Ok(()), |place| place.check());
        checked.map_err(|reason| redb::Error::Io(io::Error::other(reason)))
    }

    /// All that stands now, as it stands, whatever is written meanwhile.
    pub(super) fn snapshot(&self) -> Result<ReadTransaction, redb::Error> {
        match &self.database {
            Some(database) => Ok(database.begin_read()?),
            None => Err(redb::StorageError::DatabaseClosed.into()),
        }
    }

    /// Gives up what nothing is in any more; the file shrinks.
    pub(super) fn compact(&mut self) -> Result<(), redb::Error> {
        let Some(database) = &mut self.database else {
            return Err(redb::StorageError::DatabaseClosed.into());
        };
        while database.compact()? {}
        Ok(())
    }

    fn check_format(&self, if_missing: IfMissing) -> Result<(), OpenError> {
        let Some(database) = &self.database else {
            return Err(self.unreadable(&redb::StorageError::DatabaseClosed));
        };
        let found = found_format(database).map_err(|error| self.unreadable(&error))?;
        let is_ours = match found {
            Some(found) => FORMATS_READ.contains(&found),
            None => if_missing == IfMissing::Make,
        };
        if is_ours {
            return make_tables(database).map_err(|error| self.unreadable(&error));
        }
        let found = found.unwrap_or_default();
        Err(OpenError::Format {
            path: self.path.clone(),
            found,
        })
    }

    pub(super) fn unreadable(&self, error: &dyn std::error::Error) -> OpenError {
        OpenError::Database {
            path: self.path.clone(),
            reason: error.to_string(),
        }
    }

    pub(super) fn corrupt(
        &self,
        table: &'static str,
        key: String,
        error: &RecordError,
    ) -> OpenError {
        OpenError::Corrupt {
            path: self.path.clone(),
            table,
            key,
            reason: error.to_string(),
        }
    }
}

pub(super) fn builder(integrity: Integrity) -> redb::Builder {
    let mut builder = Database::builder();
    builder
        .set_cache_size(CACHE_BYTES)
        .set_check_integrity_on_open(integrity == Integrity::Checked);
    builder
}

pub(super) fn make_dir(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Makes a file with the tables in it. It appears complete or not at all: one that is empty or has no tables is damaged.
fn make_file(data_dir: &Path) -> Result<(), OpenError> {
    let io_error = |source| OpenError::Io {
        path: data_dir.to_owned(),
        source,
    };
    let folder = Folder::open(data_dir).map_err(io_error)?;
    let name = OsStr::new(FILE_NAME);
    let unfinished = folder.begin(name, Readers::Owner).map_err(io_error)?;
    drop(Disk::open_with(
        unfinished.path(),
        unfinished_opener(&unfinished).map_err(io_error)?,
        IfMissing::Make,
    )?);
    match unfinished.put_in_place(name) {
        // Another that started at once was first.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        put => put.map_err(io_error),
    }
}

/// Opens a file that is being made: what was made, not what has its name.
pub(super) fn unfinished_opener(unfinished: &Unfinished<'_>) -> io::Result<OpenDatabase> {
    let file = unfinished.file().try_clone()?;
    Ok(Box::new(move |integrity| {
        builder(integrity).create_with_backend(FileBackend::new(file.try_clone()?)?)
    }))
}

/// The format a file names, 0 if it is another program's; `None`: it is new.
fn found_format(database: &Database) -> Result<Option<u64>, redb::Error> {
    let read = database.begin_read()?;
    if read.list_tables()?.next().is_none() {
        return Ok(None);
    }
    let found = match read.open_table(META) {
        Ok(meta) => meta.get(META_FORMAT)?.map(|format| format.value()),
        Err(TableError::TableDoesNotExist(_) | TableError::TableTypeMismatch { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    Ok(Some(found.unwrap_or_default()))
}

/// Makes the tables that are not there yet.
fn make_tables(database: &Database) -> Result<(), redb::Error> {
    let transaction = database.begin_write()?;
    transaction.open_table(APPS)?;
    transaction.open_table(STARTS)?;
    transaction.open_table(GAPS)?;
    for table in [ACCOUNTS, SUBSCRIPTIONS, FRIENDS, BLOCKS, REVOCATIONS] {
        transaction.open_table(table)?;
    }
    transaction.open_table(META)?.insert(META_FORMAT, FORMAT)?;
    transaction.commit()?;
    Ok(())
}

fn fill(transaction: &WriteTransaction, rows: &Rows) -> Result<(), redb::Error> {
    let mut apps = transaction.open_table(APPS)?;
    for (id, value) in &rows.apps {
        match value {
            Some(value) => apps.insert(id, value.as_slice())?,
            None => apps.remove(id)?,
        };
    }
    let tables = [
        (ACCOUNTS, &rows.accounts),
        (SUBSCRIPTIONS, &rows.subscriptions),
        (FRIENDS, &rows.friends),
        (BLOCKS, &rows.blocks),
        (REVOCATIONS, &rows.revocations),
    ];
    for (definition, rows_of_table) in tables {
        let mut table = transaction.open_table(definition)?;
        for app in &rows.removed_apps {
            remove_app(&mut table, *app)?;
        }
        for (key, value) in rows_of_table {
            match value {
                Some(value) => table.insert(key.as_slice(), value.as_slice())?,
                None => table.remove(key.as_slice())?,
            };
        }
    }
    let mut starts = transaction.open_table(STARTS)?;
    for (session, at) in &rows.starts {
        match at {
            Some(at) => starts.insert(session, at)?,
            None => starts.remove(session)?,
        };
    }
    let mut gaps = transaction.open_table(GAPS)?;
    for (end, gap) in &rows.gaps {
        match gap {
            Some(gap) => gaps.insert(end, gap)?,
            None => gaps.remove(end)?,
        };
    }
    let mut meta = transaction.open_table(META)?;
    if rows.commit_time > Timestamp::default() {
        meta.insert(META_TIME_MS, rows.commit_time.as_ms())?;
        meta.insert(META_WALL_MS, rows.wall_time.as_ms())?;
    }
    Ok(())
}

fn remove_app(table: &mut Table<'_, &[u8], &[u8]>, app: AppId) -> Result<(), redb::Error> {
    let first = app_prefix(app);
    let next = app.get().checked_add(1).map(u64::to_be_bytes);
    let end = match &next {
        Some(next) => Bound::Excluded(next.as_slice()),
        None => Bound::Unbounded,
    };
    table.retain_in::<&[u8], _>((Bound::Included(first.as_slice()), end), |_, _| false)?;
    Ok(())
}
