//! All accounts, in memory, in shards.

use crate::account_key::{AccountKey, account_hash};
use hashbrown::HashTable;
use hashbrown::hash_table::Entry as Slot;
use parking_lot::{RwLock, RwLockWriteGuard};
use userstatus_core::{Account, AppId, UserId};

/// Enough that two threads seldom want the same one.
const SHARDS: usize = 256;

/// Accounts by app and user.
pub(super) struct Accounts {
    shards: Box<[RwLock<HashTable<Box<Entry>>>]>,
}

// Boxed: a table has room to spare, and what is spare should be pointers.
struct Entry {
    app: AppId,
    account: Account,
}

/// The place of one account, locked: whether it is there or not.
pub(super) struct AccountGuard<'a> {
    shard: RwLockWriteGuard<'a, HashTable<Box<Entry>>>,
    key: &'a AccountKey,
    hash: u64,
}

impl Accounts {
    pub(super) fn new() -> Self {
        Self {
            shards: (0..SHARDS).map(|_| RwLock::default()).collect(),
        }
    }

    /// Locks one account for a change.
    pub(super) fn lock<'a>(&'a self, key: &'a AccountKey, hash: u64) -> AccountGuard<'a> {
        AccountGuard {
            shard: self.shard(hash).write(),
            key,
            hash,
        }
    }

    /// Reads one account, if it is there.
    pub(super) fn read<T>(
        &self,
        app: AppId,
        user: &UserId,
        read: impl FnOnce(&Account) -> T,
    ) -> Option<T> {
        let hash = account_hash(app, user.as_str());
        let shard = self.shard(hash).read();
        let entry = shard.find(hash, |entry| entry.is(app, user))?;
        Some(read(&entry.account))
    }

    /// Calls `visit` for every account, one shard locked at a time.
    pub(super) fn for_each(&self, mut visit: impl FnMut(AppId, &mut Account)) {
        for shard in &self.shards {
            for entry in shard.write().iter_mut() {
                visit(entry.app, &mut entry.account);
            }
        }
    }

    /// Drops every account of an app.
    pub(super) fn remove_app(&self, app: AppId) {
        for shard in &self.shards {
            shard.write().retain(|entry| entry.app != app);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.read().len()).sum()
    }

    fn shard(&self, hash: u64) -> &RwLock<HashTable<Box<Entry>>> {
        // The tables inside use the low bits and the top seven.
        &self.shards[(hash >> 32) as usize % SHARDS]
    }
}

impl AccountGuard<'_> {
    /// The account, if it is there.
    pub(super) fn get(&self) -> Option<&Account> {
        let entry = self
            .shard
            .find(self.hash, |entry| entry.is(self.key.app, &self.key.user))?;
        Some(&entry.account)
    }

    /// The account, put there if need be.
    pub(super) fn get_or_insert(&mut self) -> &mut Account {
        let (app, user) = (self.key.app, &self.key.user);
        let slot = self.shard.entry(
            self.hash,
            |entry| entry.is(app, user),
            |entry| account_hash(entry.app, entry.account.user.as_str()),
        );
        let entry = match slot {
            Slot::Occupied(entry) => entry.into_mut(),
            Slot::Vacant(slot) => slot
                .insert(Box::new(Entry {
                    app,
                    account: Account::unheard(user.clone()),
                }))
                .into_mut(),
        };
        &mut entry.account
    }
}

impl Entry {
    fn is(&self, app: AppId, user: &UserId) -> bool {
        self.app == app && self.account.user == *user
    }
}
