//! Copies of the file that can be relied on, written while the server runs.

use super::EmbeddedStore;
use super::data_dir::lies_in_data_dir;
use super::disk::{
    ACCOUNTS, APPS, BLOCKS, Disk, FRIENDS, GAPS, IfMissing, Integrity, META, REVOCATIONS, STARTS,
    SUBSCRIPTIONS, unfinished_opener,
};
use super::open_error::OpenError;
use super::record::{
    decode_account, decode_app, decode_block, decode_friend, decode_revocation,
    decode_subscriptions, parse_account_row, parse_pair_row,
};
use crate::{Folder, Readers, Unfinished};
use redb::{
    ReadTransaction, ReadableTable, ReadableTableMetadata, TableDefinition, WriteTransaction,
};
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::timeout;

/// What has not been written by then is held up by the disk.
const SNAPSHOT_TIMEOUT: Duration = Duration::from_secs(20);

/// A backup that was written, opened again and counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackupReport {
    /// Size of the file.
    pub bytes: u64,
    /// Apps in it.
    pub apps: u64,
    /// Accounts in it.
    pub accounts: u64,
    /// How long it took.
    pub took: Duration,
}

/// Why there is no backup. No file was left behind.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// Nobody would know where it is.
    #[error("{} is no absolute path; name the file from / on", .0.display())]
    Relative(PathBuf),
    /// Nothing is written over.
    #[error("{} is there already, and is not written over; choose another name", .0.display())]
    Exists(PathBuf),
    /// It would lie beside what it is to outlive, under a name that the server may want.
    #[error(
        "{} lies in the server's data directory, which a backup is to outlive and where names are the server's own; name a file elsewhere, best on another disk", .0.display()
    )]
    InDataDir(PathBuf),
    /// There is nothing to copy.
    #[error("this server keeps everything in memory only: it has no data directory to back up")]
    NoDataDir,
    /// One at a time.
    #[error("another backup is being written; try again when it is done")]
    UnderWay,
    /// The disk of the data directory fails or hangs.
    #[error(
        "what is in memory cannot be written to the data directory now ({0}); no backup was made"
    )]
    NotDurable(String),
    /// The system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The database did, or the copy is not what it should be.
    #[error("{}: the copy failed: {reason}", path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

/// What is in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Count {
    apps: u64,
    pub(super) accounts: u64,
    rows: u64,
}

impl EmbeddedStore {
    /// Writes everything that has been committed so far to a new file, while the server goes on. The file appears when it is complete
    /// and has been read back.
    ///
    /// # Errors
    /// [`BackupError`].
    pub async fn backup_to(&self, target: &Path) -> Result<BackupReport, BackupError> {
        let started_at = Instant::now();
        if !target.is_absolute() {
            return Err(BackupError::Relative(target.to_owned()));
        }
        let journal = self.journal.as_ref().ok_or(BackupError::NoDataDir)?;
        let target = target.to_owned();
        let (file, data_dir) = (target.clone(), journal.data_dir());
        // It may be on a disk that hangs.
        let (folder, name) =
            tokio::task::spawn_blocking(move || open_target(file, data_dir.as_deref()))
                .await
                .map_err(|error| BackupError::NotDurable(error.to_string()))??;
        let one_at_a_time = Arc::clone(&self.backing_up)
            .try_lock_owned()
            .map_err(|_| BackupError::UnderWay)?;
        let snapshot = match timeout(SNAPSHOT_TIMEOUT, journal.snapshot()).await {
            Ok(Ok(Ok(snapshot))) => snapshot,
            Ok(Ok(Err(error))) => return Err(BackupError::NotDurable(error.to_string())),
            Ok(Err(_)) => return Err(BackupError::NotDurable("the server is stopping".to_owned())),
            Err(_) => {
                return Err(BackupError::NotDurable(
                    "the disk does not answer".to_owned(),
                ));
            }
        };
        let written = tokio::task::spawn_blocking(move || {
            let written = write_backup(&snapshot, &folder, &name);
            drop(one_at_a_time);
            written.map_err(|error| error.in_file(&target))
        });
        let (bytes, count) = written
            .await
            .map_err(|error| BackupError::NotDurable(error.to_string()))??;
        Ok(BackupReport {
            bytes,
            apps: count.apps,
            accounts: count.accounts,
            took: started_at.elapsed(),
        })
    }
}

/// What went wrong while a backup was written.
enum Failed {
    Io(io::Error),
    Database(String),
    Exists,
}

impl Failed {
    fn in_file(self, path: &Path) -> BackupError {
        let path = path.to_owned();
        match self {
            Self::Io(source) => BackupError::Io { path, source },
            Self::Database(reason) => BackupError::Database { path, reason },
            Self::Exists => BackupError::Exists(path),
        }
    }
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<redb::Error> for Failed {
    fn from(error: redb::Error) -> Self {
        match error {
            redb::Error::Io(error) => Self::Io(error),
            error => Self::Database(error.to_string()),
        }
    }
}

/// The folder of a backup, and the backup's name in it. What is looked at here is what is written to.
fn open_target(
    target: PathBuf,
    data_dir: Option<&Path>,
) -> Result<(Folder, OsString), BackupError> {
    let opened = data_dir
        .map_or(Ok(false), |data_dir| lies_in_data_dir(&target, data_dir))
        .and_then(|lies_in| match lies_in {
            true => Ok(None),
            false => Folder::of(&target).map(Some),
        })
        .and_then(|opened| {
            let Some((folder, name)) = opened else {
                return Ok(None);
            };
            let lies_in = data_dir.map_or(Ok(false), |data_dir| folder.lies_in(data_dir))?;
            Ok((!lies_in).then_some((folder.is_taken(&name)?, folder, name)))
        });
    match opened {
        Ok(Some((false, folder, name))) => Ok((folder, name)),
        Ok(Some((true, ..))) => Err(BackupError::Exists(target)),
        Ok(None) => Err(BackupError::InDataDir(target)),
        Err(source) => Err(BackupError::Io {
            path: target,
            source,
        }),
    }
}

fn write_backup(
    snapshot: &ReadTransaction,
    folder: &Folder,
    name: &OsStr,
) -> Result<(u64, Count), Failed> {
    let unfinished = folder.begin(name, Readers::Owner)?;
    let copied_rows = copy(snapshot, &unfinished)?;
    let count = read_back(&unfinished).map_err(Failed::Database)?;
    if count.rows != copied_rows {
        let reason = format!(
            "{copied_rows} records were copied and {} can be read",
            count.rows
        );
        return Err(Failed::Database(reason));
    }
    let bytes = unfinished.file().metadata()?.len();
    // The name was free when the backup began.
    unfinished
        .put_in_place(name)
        .map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => Failed::Exists,
            _ => Failed::Io(error),
        })?;
    Ok((bytes, count))
}

/// Copies every table to a new file. Says how many rows.
fn copy(snapshot: &ReadTransaction, unfinished: &Unfinished<'_>) -> Result<u64, redb::Error> {
    let mut database = unfinished_opener(unfinished)?(Integrity::Checked)?;
    let write = database.begin_write()?;
    let mut rows = copy_table(snapshot, &write, APPS)?;
    for table in [ACCOUNTS, SUBSCRIPTIONS, FRIENDS, BLOCKS, REVOCATIONS] {
        rows += copy_table(snapshot, &write, table)?;
    }
    copy_table(snapshot, &write, STARTS)?;
    copy_table(snapshot, &write, GAPS)?;
    copy_table(snapshot, &write, META)?;
    write.commit()?;
    while database.compact()? {}
    database.close()?;
    Ok(rows)
}

fn copy_table<K: redb::Key + 'static, V: redb::Value + 'static>(
    snapshot: &ReadTransaction,
    write: &WriteTransaction,
    table: TableDefinition<'static, K, V>,
) -> Result<u64, redb::Error> {
    let from = snapshot.open_table(table)?;
    let mut to = write.open_table(table)?;
    for row in from.iter()? {
        let (key, value) = row?;
        to.insert(key.value(), value.value())?;
    }
    Ok(to.len()?)
}

/// Opens a copy and reads every record in it.
pub(super) fn read_back(unfinished: &Unfinished<'_>) -> Result<Count, String> {
    let open = unfinished_opener(unfinished).map_err(|error| error.to_string())?;
    let disk = Disk::open_with(unfinished.path(), open, IfMissing::Refuse);
    let disk = disk.map_err(|error| match error {
        // Who asked knows the file, perhaps by another name, and what to do about it.
        OpenError::Damaged { reason, .. } | OpenError::Database { reason, .. } => reason,
        error => error.to_string(),
    })?;
    let snapshot = disk.snapshot().map_err(|error| error.to_string())?;
    let apps = each(&snapshot, APPS, |id, bytes| {
        decode_app(id, bytes)
            .map(drop)
            .map_err(|error| error.to_string())
    })?;
    let accounts = each(&snapshot, ACCOUNTS, |row, bytes| {
        let key = parse_account_row(row).map_err(|error| error.to_string())?;
        let account = decode_account(key.user, bytes);
        account.map(drop).map_err(|error| error.to_string())
    })?;
    let subscriptions = each(&snapshot, SUBSCRIPTIONS, |row, bytes| {
        parse_account_row(row).map_err(|error| error.to_string())?;
        let subscriptions = decode_subscriptions(bytes);
        subscriptions.map(drop).map_err(|error| error.to_string())
    })?;
    let friends = each(&snapshot, FRIENDS, |row, bytes| {
        let (_, friend) = parse_pair_row(row).map_err(|error| error.to_string())?;
        let friend = decode_friend(friend, bytes);
        friend.map(drop).map_err(|error| error.to_string())
    })?;
    let blocks = each(&snapshot, BLOCKS, |row, bytes| {
        let (_, user) = parse_pair_row(row).map_err(|error| error.to_string())?;
        let block = decode_block(user, bytes);
        block.map(drop).map_err(|error| error.to_string())
    })?;
    let revocations = each(&snapshot, REVOCATIONS, |row, bytes| {
        parse_account_row(row).map_err(|error| error.to_string())?;
        let revocation = decode_revocation(bytes);
        revocation.map(drop).map_err(|error| error.to_string())
    })?;
    Ok(Count {
        apps,
        accounts,
        rows: apps + accounts + subscriptions + friends + blocks + revocations,
    })
}

fn each<K: redb::Key + 'static>(
    snapshot: &ReadTransaction,
    table: TableDefinition<'static, K, &'static [u8]>,
    mut look: impl FnMut(K::SelfType<'_>, &[u8]) -> Result<(), String>,
) -> Result<u64, String> {
    let failed = |error: redb::Error| error.to_string();
    let table = snapshot
        .open_table(table)
        .map_err(|error| failed(error.into()))?;
    let mut count = 0;
    for row in table.iter().map_err(|error| failed(error.into()))? {
        let (key, bytes) = row.map_err(|error| failed(error.into()))?;
        look(key.value(), bytes.value())?;
        count += 1;
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[tokio::test]
    async fn a_folder_that_becomes_a_link_to_the_data_directory_leads_the_backup_nowhere_else() {
        let dir = tempfile::tempdir().unwrap();
        let [data, backups, away] = ["data", "backups", "away"].map(|name| dir.path().join(name));
        fs::create_dir(&backups).unwrap();
        let store = EmbeddedStore::open(Some(&data)).unwrap();
        let target = backups.join("backup");
        let (folder, name) = open_target(target.clone(), Some(&data))
            .map_err(|error| error.to_string())
            .unwrap();
        let snapshot = store.journal.as_ref().unwrap().snapshot().await;
        fs::rename(&backups, &away).unwrap();
        std::os::unix::fs::symlink(&data, &backups).unwrap();
        assert!(write_backup(&snapshot.unwrap().unwrap(), &folder, &name).is_ok());
        for (folder, name) in [(&data, "userstatus.redb"), (&away, "backup")] {
            let names = fs::read_dir(folder).unwrap();
            let names: Vec<_> = names.map(|found| found.unwrap().file_name()).collect();
            assert_eq!(names, [name]);
        }
        // Whoever asks now is told.
        let again = open_target(target, Some(&data));
        assert!(matches!(again, Err(BackupError::InDataDir(_))));
    }
}
