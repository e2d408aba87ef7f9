//! What can go wrong before there is a figure.

use std::io;
use std::path::PathBuf;

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    /// No runtime.
    #[error("cannot start the runtime: {0}")]
    Runtime(io::Error),
    /// The server program does not start.
    #[error(
        "cannot run {}: {source}; build it with `cargo build --release -p userstatusd`, or name another with --userstatusd",
        path.display()
    )]
    Spawn {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The server started, and said nothing usable.
    #[error(
        "userstatusd did not say where it listens ({0}); run again with --verbose to see its log"
    )]
    NotReady(String),
    /// Something that only makes sense on this machine.
    #[error(
        "{0} is not on this machine; the tool drives a server to its limits, over loopback only"
    )]
    NotLoopback(String),
    /// An option out of its range.
    #[error("--{name} is {value}; it must be {min} to {max}")]
    Option {
        /// Which.
        name: &'static str,
        /// As given.
        value: u64,
        /// The least.
        min: u64,
        /// The most.
        max: u64,
    },
    /// The key is none.
    #[error("--secret-key: {0}")]
    SecretKey(#[from] userstatus_usersig::SecretKeyError),
    /// A client cannot be made.
    #[error("cannot make a client: {0}")]
    Client(#[from] userstatus_client::ConfigError),
    /// A step before the measurement was refused.
    #[error("{what} failed for {user}: {source}")]
    Request {
        /// Which step.
        what: &'static str,
        /// For whom.
        user: String,
        /// The answer.
        source: userstatus_client::Error,
    },
    /// The limit on open files.
    #[error(
        "the limit on open files is {limit}, and {needed} are needed; raise it with `ulimit -n`"
    )]
    OpenFiles {
        /// As it is.
        limit: u64,
        /// As it should be.
        needed: u64,
    },
    /// Metrics are not told.
    #[error("cannot scrape metrics: {0}")]
    Scrape(io::Error),
    /// /proc does not tell.
    #[error("cannot read {path}: {reason}")]
    Proc {
        /// Which file.
        path: String,
        /// Why.
        reason: String,
    },
    /// A connection was lost while everything was being prepared.
    #[error("{0} connections were lost before the measurement began")]
    LostEarly(u64),
}
