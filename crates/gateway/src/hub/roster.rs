//! The accounts with sessions on this machine.

use super::local_account::LocalAccount;
use crate::outbox::Outbox;
use hashbrown::HashTable;
use parking_lot::RwLock;
use std::sync::Arc;
use userstatus_core::{SessionId, UserId};
use userstatus_store::AccountKey;

const SHARDS: usize = 256;

/// Finds a local account by key.
pub(super) struct Roster {
    shards: Box<[RwLock<HashTable<Arc<LocalAccount>>>]>,
}

impl Roster {
    pub(super) fn new() -> Self {
        Self {
            shards: (0..SHARDS).map(|_| RwLock::default()).collect(),
        }
    }

    pub(super) fn get(&self, key: &AccountKey) -> Option<Arc<LocalAccount>> {
        let hash = key.hash_value();
        self.shard(hash)
            .read()
            .find(hash, |account| account.key() == key)
            .cloned()
    }

    pub(super) fn attach(&self, outbox: Arc<Outbox>) {
        let key = outbox.account().clone();
        let hash = key.hash_value();
        let mut shard = self.shard(hash).write();
        let account = shard
            .entry(
                hash,
                |account| *account.key() == key,
                |account| account.key().hash_value(),
            )
            .or_insert_with(|| Arc::new(LocalAccount::new(key.clone())))
            .into_mut();
        account
            .lock()
            .expect("a local account that is gone is no longer in the roster: both change under its shard's lock")
            .add_session(outbox);
    }

    /// Removes a session; with the last one the account, and then says whom it watched.
    pub(super) fn remove_session(
        &self,
        account: &Arc<LocalAccount>,
        session: SessionId,
    ) -> (Option<Arc<Outbox>>, Vec<UserId>) {
        let hash = account.key().hash_value();
        let mut shard = self.shard(hash).write();
        let Some(mut state) = account.lock() else {
            return (None, Vec::new());
        };
        let removed = state.remove_session(session);
        let Some(unwatched) = state.end_if_idle() else {
            return (removed, Vec::new());
        };
        if let Ok(entry) = shard.find_entry(hash, |other| Arc::ptr_eq(other, account)) {
            entry.remove();
        }
        (removed, unwatched)
    }

    /// Calls `visit` for every account, with its shard locked for reading.
    pub(super) fn for_each(&self, mut visit: impl FnMut(&Arc<LocalAccount>)) {
        for shard in &self.shards {
            for account in shard.read().iter() {
                visit(account);
            }
        }
    }

    fn shard(&self, hash: u64) -> &RwLock<HashTable<Arc<LocalAccount>>> {
        &self.shards[(hash >> 32) as usize % SHARDS]
    }
}
