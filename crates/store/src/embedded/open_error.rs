//! Why there is no store.

use super::disk::FORMAT;
use std::io;
use std::path::PathBuf;

/// Why the data directory could not be opened. The text is for the operator.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it.
    #[error("the data directory {} is in use by another userstatusd; stop that one, or name another directory", .0.display())]
    InUse(PathBuf),
    /// It holds nothing, so it is none of ours.
    #[error(
        "{} is empty: it is damaged, for a data file never is; restore a backup, or remove the file if there never was anything in it", .0.display()
    )]
    Empty(PathBuf),
    /// It ends before what it says is in it, or what is in it is wrong.
    #[error("{} is damaged or cut off: {reason}; restore a backup", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// There is no file.
    #[error("there is no {}; is this the right data directory?", .0.display())]
    Missing(PathBuf),
    /// It was written by a version that lays it out differently.
    #[error("{} has format {found}; this userstatusd reads formats up to {FORMAT}, so it was written by another program or a later userstatusd; start the userstatusd that wrote it, or restore a backup", path.display())]
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
