//! Accounts in memory, journalled to disk.

use super::{AppStorage, CommitSink, Executed, Execution, NotDurable, Store, StoreError, Ticket};
use crate::account_key::AccountKey;
use crate::apps::App;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use userstatus_core::{Account, AppId, Friend, PeerFacts, Timestamp, UserId, UserStatus};

/// Why the data directory could not be opened. The text is for the operator.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it.
    #[error("the data directory {} is in use by another userstatusd", .0.display())]
    InUse(PathBuf),
}

/// The store of one machine: everything in memory, and on disk if there is a data directory.
pub struct EmbeddedStore {}

impl EmbeddedStore {
    /// Opens a data directory, or a store in memory only.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(data_dir: Option<&Path>) -> Result<Arc<Self>, OpenError> {
        let _ = data_dir;
        Ok(Arc::new(Self {}))
    }

    /// The latest time this store has seen; the clock is not to start before it.
    pub fn time_floor(&self) -> Timestamp {
        Timestamp::default()
    }
}

impl AppStorage for EmbeddedStore {
    fn load(&self) -> Result<Vec<App>, StoreError> {
        Ok(Vec::new())
    }

    fn put(&self, _app: &App) -> Ticket {
        Ticket::durable()
    }

    fn remove(&self, _app: AppId) -> Ticket {
        Ticket::durable()
    }
}

impl Store for EmbeddedStore {
    fn publish_to(&self, _sink: Arc<dyn CommitSink>) {}

    async fn execute(&self, _execution: Execution<'_>) -> Result<Executed, StoreError> {
        Err(StoreError("not there yet".to_owned()))
    }

    async fn statuses(
        &self,
        _app: AppId,
        _users: &[UserId],
    ) -> Result<Vec<UserStatus>, StoreError> {
        Ok(Vec::new())
    }

    async fn account(&self, _account: &AccountKey) -> Result<Option<Account>, StoreError> {
        Ok(None)
    }

    async fn friends(&self, _account: &AccountKey) -> Result<Vec<Friend>, StoreError> {
        Ok(Vec::new())
    }

    async fn peer_facts(&self, _peer: &AccountKey, _me: &UserId) -> Result<PeerFacts, StoreError> {
        Err(StoreError("not there yet".to_owned()))
    }

    async fn recover(
        &self,
        _settings: impl Fn(AppId) -> Option<Arc<App>> + Send,
        _now: Timestamp,
    ) -> Result<Vec<(AccountKey, Timestamp)>, StoreError> {
        Ok(Vec::new())
    }

    async fn remove_accounts(&self, _app: AppId) -> Result<Ticket, StoreError> {
        Ok(Ticket::durable())
    }

    fn accounts_count(&self) -> usize {
        0
    }

    async fn flush(&self) -> Result<(), NotDurable> {
        Ok(())
    }
}
