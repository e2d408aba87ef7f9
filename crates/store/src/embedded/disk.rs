//! The file: tables, transactions, and what can be wrong with them.

use super::accounts::Accounts;
use super::journal::Repair;
use super::progress::{LoadPhase, LoadProgress};
use super::record::{
    self, RecordError, app_prefix, decode_account, decode_app, decode_friend, decode_subscriptions,
};
use super::starts::Starts;
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
use userstatus_core::{AppId, Edit, SessionId, Timestamp};

/// The file in the data directory.
pub(super) const FILE_NAME: &str = "userstatus.redb";

/// The tables and keys as they are now. Another number is another program's file, or a later one's.
const FORMAT: u64 = 2;

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
pub(super) const META: TableDefinition<'_, &str, u64> = TableDefinition::new("meta");

const META_FORMAT: &str = "format";
/// The latest time of a commit: a clock that was set back does not make versions fall.
const META_TIME_MS: &str = "time_ms";
/// What the system's clock showed then: how long the server was away is told by it.
const META_WALL_MS: &str = "wall_ms";

/// Why the data directory could not be opened. The text is for the operator.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it.
    #[error("the data directory {} is in use by another userstatusd", .0.display())]
    InUse(PathBuf),
    /// It holds nothing, so it is none of ours.
    #[error(
        "{} is empty: it is damaged, for a data file never is; restore a backup, or remove the file if there never was anything in it", .0.display()
    )]
    Empty(PathBuf),
    /// There is no file.
    #[error("there is no {}; is this the right data directory?", .0.display())]
    Missing(PathBuf),
    /// It was written by a version that lays it out differently.
    #[error("{} has format {found}; this userstatusd reads formats up to {FORMAT}, so it was written by another program or a later userstatusd", path.display())]
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
}

/// What to do where there is nothing yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IfMissing {
    Make,
    Refuse,
}

/// What is written in one transaction. No value: the row goes. Of several for one key the last stays.
#[derive(Clone, Default)]
pub(super) struct Rows {
    pub(super) removed_apps: Vec<AppId>,
    pub(super) apps: Vec<(u64, Option<Vec<u8>>)>,
    pub(super) accounts: Vec<Row>,
    pub(super) subscriptions: Vec<Row>,
    pub(super) friends: Vec<Row>,
    pub(super) blocks: Vec<Row>,
    pub(super) revocations: Vec<Row>,
    /// Starts of the server: the lowest number of a connection, and when.
    pub(super) starts: Vec<(u64, Option<u64>)>,
    /// The latest time of a commit.
    pub(super) commit_time: Timestamp,
    /// By the system's clock.
    pub(super) wall_time: Timestamp,
}

pub(super) type Row = (Vec<u8>, Option<Vec<u8>>);

impl Rows {
    pub(super) fn is_empty(&self) -> bool {
        let Self {
            removed_apps,
            apps,
            accounts,
            subscriptions,
            friends,
            blocks,
            revocations,
            starts,
            commit_time: _,
            wall_time: _,
        } = self;
        removed_apps.is_empty()
            && apps.is_empty()
            && starts.is_empty()
            && [accounts, subscriptions, friends, blocks, revocations]
                .iter()
                .all(|rows| rows.is_empty())
    }

    /// Adds what is to be written after these.
    pub(super) fn append(&mut self, later: Self) {
        self.removed_apps.extend(later.removed_apps);
        self.apps.extend(later.apps);
        self.accounts.extend(later.accounts);
        self.subscriptions.extend(later.subscriptions);
        self.friends.extend(later.friends);
        self.blocks.extend(later.blocks);
        self.revocations.extend(later.revocations);
        self.starts.extend(later.starts);
    }

    /// Takes out rows.
    pub(super) fn remove(&mut self, rows: &[Repair]) {
        for row in rows {
            let (table, key) = match row {
                Repair::Friend(account, friend) => {
                    (&mut self.friends, record::pair_row(account, friend))
                }
                Repair::Block(account, user) => (&mut self.blocks, record::pair_row(account, user)),
                Repair::Revocation(account) => {
                    (&mut self.revocations, record::account_row(account))
                }
                Repair::Account(account) => (&mut self.accounts, record::account_row(account)),
                Repair::Subscriptions(account) => {
                    (&mut self.subscriptions, record::account_row(account))
                }
            };
            table.retain(|(other, _)| *other != key);
        }
    }

    /// In the order of the tree: neighbours share pages.
    pub(super) fn sort(&mut self) {
        for table in [
            &mut self.accounts,
            &mut self.subscriptions,
            &mut self.friends,
            &mut self.blocks,
            &mut self.revocations,
        ] {
            // Those of one key stay in their order.
            table.sort_by(|(one, _), (other, _)| one.cmp(other));
        }
    }
}

/// What was in the file, besides the accounts.
#[derive(Default)]
pub(super) struct Loaded {
    pub(super) apps: Vec<App>,
    /// The latest time of a commit, if there was one.
    pub(super) commit_time: Option<Timestamp>,
    /// What the system's clock showed when it was written.
    pub(super) wall_time: Option<Timestamp>,
    pub(super) starts: Starts,
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
            if !path.try_exists().map_err(io_error)? {
                make_file(&path)?;
                // Else a crash of the machine could lose the new file as a whole.
                sync_dir(data_dir).map_err(io_error)?;
            }
        }
        Self::open_file(&path)
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
        Self::open_with(path.to_owned(), opener(path), IfMissing::Refuse)
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
        disk.check_format(if_missing)?;
        Ok(disk)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Reads everything.
    pub(super) fn load(
        &self,
        accounts: &Accounts,
        progress: &LoadProgress,
    ) -> Result<Loaded, OpenError> {
        let Some(database) = &self.database else {
            return Err(self.unreadable(&redb::StorageError::DatabaseClosed));
        };
        let read = database
            .begin_read()
            .map_err(|error| self.unreadable(&error))?;
        self.load_accounts(&read, accounts, progress)?;
        progress.enter(LoadPhase::Loaded);
        let mut apps = Vec::new();
        for row in rows(&read, APPS).map_err(|error| self.unreadable(&error))? {
            let (id, bytes) = row.map_err(|error| self.unreadable(&error))?;
            let app = decode_app(id.value(), bytes.value())
                .map_err(|error| self.corrupt("apps", id.value().to_string(), &error))?;
            apps.push(app);
        }
        let meta_time = |key| {
            read.open_table(META)
                .map_err(redb::Error::from)
                .and_then(|meta| Ok(meta.get(key)?.map(|time| Timestamp::from_ms(time.value()))))
                .map_err(|error| self.unreadable(&error))
        };
        let mut starts = Starts::default();
        for row in read
            .open_table(STARTS)
            .map_err(redb::Error::from)
            .and_then(|starts| Ok(starts.range::<u64>(..)?))
            .map_err(|error| self.unreadable(&error))?
        {
            let (session, at) = row.map_err(|error| self.unreadable(&error))?;
            starts.push(SessionId(session.value()), Timestamp::from_ms(at.value()));
        }
        Ok(Loaded {
            apps,
            commit_time: meta_time(META_TIME_MS)?,
            wall_time: meta_time(META_WALL_MS)?,
            starts,
        })
    }

    fn load_accounts(
        &self,
        read: &ReadTransaction,
        accounts: &Accounts,
        progress: &LoadProgress,
    ) -> Result<(), OpenError> {
        progress.enter(LoadPhase::Accounts);
        self.load_table(read, progress, "accounts", ACCOUNTS, |row, bytes| {
            let key = record::parse_account_row(row)?;
            let account = decode_account(key.user.clone(), bytes)?;
            *accounts.lock(&key, key.hash_value()).get_or_insert() = account;
            Ok(())
        })?;
        progress.enter(LoadPhase::Subscriptions);
        self.load_table(read, progress, "subscriptions", SUBSCRIPTIONS, |row, bytes| {
            let key = record::parse_account_row(row)?;
            apply(accounts, &key, &decode_subscriptions(bytes)?);
            Ok(())
        })?;
        self.load_table(read, progress, "blocks", BLOCKS, |row, bytes| {
            let (key, user) = record::parse_pair_row(row)?;
            let block = record::decode_block(user, bytes)?;
            apply(accounts, &key, &[Edit::PutBlock(block)]);
            Ok(())
        })?;
        self.load_table(read, progress, "revocations", REVOCATIONS, |row, bytes| {
            let key = record::parse_account_row(row)?;
            let valid_from = record::decode_revocation(bytes)?;
            apply(accounts, &key, &[Edit::SetSigsValidFrom(valid_from)]);
            Ok(())
        })?;
        progress.enter(LoadPhase::Friends);
        self.load_table(read, progress, "friends", FRIENDS, |row, bytes| {
            let (key, friend) = record::parse_pair_row(row)?;
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
        progress: &LoadProgress,
        name: &'static str,
        table: TableDefinition<'static, &'static [u8], &'static [u8]>,
        mut load: impl FnMut(&[u8], &[u8]) -> Result<(), RecordError>,
    ) -> Result<(), OpenError> {
        for row in rows(read, table).map_err(|error| self.unreadable(&error))? {
            let (key, bytes) = row.map_err(|error| self.unreadable(&error))?;
            progress.count_row();
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
            None => (self.open)(Integrity::Trusted)?,
        };
        let transaction = database.begin_write()?;
        fill(&transaction, rows)?;
        transaction.commit()?;
        self.database = Some(database);
        Ok(())
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
fn make_file(path: &Path) -> Result<(), OpenError> {
    // Of this process alone: two that start at once do not spoil each other's.
    let unfinished = path.with_extension(format!("new-{}", std::process::id()));
    let io_error = |source| OpenError::Io {
        path: unfinished.clone(),
        source,
    };
    create_file(&unfinished).map_err(io_error)?;
    drop(Disk::open_with(
        unfinished.clone(),
        opener(&unfinished),
        IfMissing::Make,
    )?);
    put_in_place(&unfinished, path).map_err(io_error)
}

/// Gives a file its name, unless one of that name is there: that one stays, and is no error.
fn put_in_place(unfinished: &Path, path: &Path) -> io::Result<()> {
    match std::fs::hard_link(unfinished, path) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        // Not every file system has links.
        Err(_) => return std::fs::rename(unfinished, path),
    }
    std::fs::remove_file(unfinished)
}

/// An empty file that its owner alone can read.
pub(super) fn create_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

pub(super) fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

pub(super) fn opener(path: &Path) -> OpenDatabase {
    let path = path.to_owned();
    Box::new(move |integrity| {
        let file = OpenOptions::new().read(true).write(true).open(&path)?;
        builder(integrity).create_with_backend(FileBackend::new(file)?)
    })
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
    for table in [ACCOUNTS, SUBSCRIPTIONS, FRIENDS, BLOCKS, REVOCATIONS] {
        transaction.open_table(table)?;
    }
    transaction.open_table(META)?.insert(META_FORMAT, FORMAT)?;
    transaction.commit()?;
    Ok(())
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
