//! The file: tables, transactions, and what can be wrong with them.

use super::accounts::Accounts;
use super::record::{
    self, RecordError, app_prefix, decode_account, decode_app, decode_friend, decode_subscriptions,
};
use crate::account_key::AccountKey;
use crate::apps::App;
use redb::backends::FileBackend;
use redb::{
    Database, DatabaseError, ReadTransaction, ReadableDatabase, Table, TableDefinition, TableError,
    WriteTransaction,
};
use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::ops::Bound;
use std::path::{Path, PathBuf};
use userstatus_core::{AppId, Edit, Timestamp};

/// The file in the data directory.
const FILE_NAME: &str = "userstatus.redb";

/// The tables and keys as they are now. Another number is another program's file, or a later one's.
const FORMAT: u64 = 1;

/// Everything is in our own memory; redb's cache serves writing only.
const CACHE_BYTES: usize = 16 * 1024 * 1024;

const APPS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("apps");
const ACCOUNTS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("accounts");
const SUBSCRIPTIONS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("subscriptions");
const FRIENDS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("friends");
const META: TableDefinition<'_, &str, u64> = TableDefinition::new("meta");

const META_FORMAT: &str = "format";
/// The latest time of a commit: a clock that was set back does not make versions fall.
const META_TIME_MS: &str = "time_ms";

/// Why the data directory could not be opened. The text is for the operator.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it.
    #[error("the data directory {} is in use by another userstatusd", .0.display())]
    InUse(PathBuf),
    /// It was written by a version that lays it out differently.
    #[error("{} has format {found}; this userstatusd reads format {FORMAT}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// Its format; 0 if it names none.
        found: u64,
    },
    /// A record cannot be read.
    #[error("{}: the record {key} in table {table} cannot be read: {reason}", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// The table.
        table: &'static str,
        /// The key: text where it is text, other bytes escaped.
        key: String,
        /// What is wrong.
        reason: String,
    },
    /// The directory or the file cannot be made or opened.
    #[error("{}: {source}", path.display())]
    Io {
        /// The directory or file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is damaged as a whole, or reading failed.
    #[error("{} cannot be read: {reason}", path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// What the database said.
        reason: String,
    },
}

/// Opens the database; again after a failed write, which leaves it unusable.
type OpenDatabase = Box<dyn Fn() -> Result<Database, DatabaseError> + Send>;

/// The database of one store.
pub(super) struct Disk {
    path: PathBuf,
    open: OpenDatabase,
    database: Option<Database>,
}

/// What is written in one transaction. No value: the row goes.
#[derive(Default)]
pub(super) struct Rows {
    pub(super) removed_apps: Vec<AppId>,
    pub(super) apps: Vec<(u64, Option<Vec<u8>>)>,
    pub(super) accounts: Vec<Row>,
    pub(super) subscriptions: Vec<Row>,
    pub(super) friends: Vec<Row>,
    pub(super) time: Timestamp,
}

pub(super) type Row = (Vec<u8>, Option<Vec<u8>>);

/// What was in the file, besides the accounts.
pub(super) struct Loaded {
    pub(super) apps: Vec<App>,
    pub(super) time_floor: Timestamp,
}

impl Disk {
    /// Opens the file in a data directory, and makes both if need be. Only the user the server runs as can read them: they
    /// hold secret keys.
    pub(super) fn open_dir(data_dir: &Path) -> Result<Self, OpenError> {
        let io_error = |source| OpenError::Io {
            path: data_dir.to_owned(),
            source,
        };
        make_dir(data_dir).map_err(io_error)?;
        let path = data_dir.join(FILE_NAME);
        let file = path.clone();
        let disk = Self::open_with(
            path,
            Box::new(move || builder().create_with_backend(FileBackend::new(open_file(&file)?)?)),
        )?;
        // Else a crash of the machine could lose the new file as a whole.
        File::open(data_dir)
            .and_then(|dir| dir.sync_all())
            .map_err(io_error)?;
        Ok(disk)
    }

    /// Opens whatever `open` opens; `path` is how errors name it.
    pub(super) fn open_with(path: PathBuf, open: OpenDatabase) -> Result<Self, OpenError> {
        let database = open().map_err(|error| match error {
            DatabaseError::DatabaseAlreadyOpen => {
                OpenError::InUse(path.parent().unwrap_or(&path).to_owned())
            }
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
        };
        disk.check_format()?;
        Ok(disk)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Reads everything.
    pub(super) fn load(&self, accounts: &Accounts) -> Result<Loaded, OpenError> {
        let Some(database) = &self.database else {
            return Err(self.unreadable(&redb::StorageError::DatabaseClosed));
        };
        let read = database
            .begin_read()
            .map_err(|error| self.unreadable(&error))?;
        self.load_accounts(&read, accounts)?;
        let mut apps = Vec::new();
        for row in rows(&read, APPS).map_err(|error| self.unreadable(&error))? {
            let (id, bytes) = row.map_err(|error| self.unreadable(&error))?;
            let app = decode_app(id.value(), bytes.value())
                .map_err(|error| self.corrupt("apps", id.value().to_string(), &error))?;
            apps.push(app);
        }
        let time_ms = read
            .open_table(META)
            .map_err(redb::Error::from)
            .and_then(|meta| Ok(meta.get(META_TIME_MS)?.map(|time| time.value())))
            .map_err(|error| self.unreadable(&error))?;
        Ok(Loaded {
            apps,
            // One more: within a millisecond versions are told apart by counting.
            time_floor: Timestamp::from_ms(time_ms.map_or(0, |time_ms| time_ms.saturating_add(1))),
        })
    }

    fn load_accounts(&self, read: &ReadTransaction, accounts: &Accounts) -> Result<(), OpenError> {
        self.load_table(read, "accounts", ACCOUNTS, |row, bytes| {
            let key = record::parse_account_row(row)?;
            let account = decode_account(key.user.clone(), bytes)?;
            *accounts.lock(&key, key.hash_value()).get_or_insert() = account;
            Ok(())
        })?;
        self.load_table(read, "subscriptions", SUBSCRIPTIONS, |row, bytes| {
            let key = record::parse_account_row(row)?;
            apply(accounts, &key, &decode_subscriptions(bytes)?);
            Ok(())
        })?;
        self.load_table(read, "friends", FRIENDS, |row, bytes| {
            let (key, friend) = record::parse_friend_row(row)?;
            apply(
                accounts,
                &key,
                &[Edit::PutFriend(decode_friend(friend, bytes)?)],
            );
            Ok(())
        })
    }

    fn load_table(
        &self,
        read: &ReadTransaction,
        name: &'static str,
        table: TableDefinition<'static, &'static [u8], &'static [u8]>,
        mut load: impl FnMut(&[u8], &[u8]) -> Result<(), RecordError>,
    ) -> Result<(), OpenError> {
        for row in rows(read, table).map_err(|error| self.unreadable(&error))? {
            let (key, bytes) = row.map_err(|error| self.unreadable(&error))?;
            load(key.value(), bytes.value()).map_err(|error| {
                self.corrupt(name, key.value().escape_ascii().to_string(), &error)
            })?;
        }
        Ok(())
    }

    /// Writes all rows and waits until they are on disk. After an error nothing of them is, and the next write opens anew.
    pub(super) fn write(&mut self, rows: &Rows) -> Result<(), redb::Error> {
        let database = match self.database.take() {
            Some(database) => database,
            None => (self.open)()?,
        };
        let transaction = database.begin_write()?;
        fill(&transaction, rows)?;
        transaction.commit()?;
        self.database = Some(database);
        Ok(())
    }

    fn check_format(&self) -> Result<(), OpenError> {
        let Some(database) = &self.database else {
            return Err(self.unreadable(&redb::StorageError::DatabaseClosed));
        };
        let (found, is_new) = make_tables(database).map_err(|error| self.unreadable(&error))?;
        if is_new || found == FORMAT {
            return Ok(());
        }
        Err(OpenError::Format {
            path: self.path.clone(),
            found,
        })
    }

    fn unreadable(&self, error: &dyn std::error::Error) -> OpenError {
        OpenError::Database {
            path: self.path.clone(),
            reason: error.to_string(),
        }
    }

    fn corrupt(&self, table: &'static str, key: String, error: &RecordError) -> OpenError {
        OpenError::Corrupt {
            path: self.path.clone(),
            table,
            key,
            reason: error.to_string(),
        }
    }
}

pub(super) fn builder() -> redb::Builder {
    let mut builder = Database::builder();
    // All of it is read at the start anyway; damage is to be found then, and to be said.
    builder
        .set_cache_size(CACHE_BYTES)
        .set_check_integrity_on_open(true);
    builder
}

fn make_dir(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

fn open_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Makes the tables of a new file. Says what format the file names, and whether it is new.
fn make_tables(database: &Database) -> Result<(u64, bool), redb::Error> {
    let read = database.begin_read()?;
    let is_new = read.list_tables()?.next().is_none();
    if !is_new {
        let found = match read.open_table(META) {
            Ok(meta) => meta.get(META_FORMAT)?.map(|format| format.value()),
            Err(TableError::TableDoesNotExist(_) | TableError::TableTypeMismatch { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        return Ok((found.unwrap_or_default(), false));
    }
    let transaction = database.begin_write()?;
    transaction.open_table(APPS)?;
    transaction.open_table(ACCOUNTS)?;
    transaction.open_table(SUBSCRIPTIONS)?;
    transaction.open_table(FRIENDS)?;
    transaction.open_table(META)?.insert(META_FORMAT, FORMAT)?;
    transaction.commit()?;
    Ok((FORMAT, true))
}

fn rows<K: redb::Key + 'static>(
    read: &ReadTransaction,
    table: TableDefinition<'static, K, &'static [u8]>,
) -> Result<redb::Range<'static, K, &'static [u8]>, redb::Error> {
    Ok(read.open_table(table)?.range::<K::SelfType<'_>>(..)?)
}

fn apply(accounts: &Accounts, key: &AccountKey, edits: &[Edit]) {
    let mut guard = accounts.lock(key, key.hash_value());
    let account = guard.get_or_insert();
    for edit in edits {
        account.apply(edit);
    }
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
    let mut meta = transaction.open_table(META)?;
    if rows.time > Timestamp::default() {
        meta.insert(META_TIME_MS, rows.time.as_ms())?;
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
