//! All accounts, in memory, in shards; and which of them differ from what is on disk.

use crate::{AccountKey, account_hash};
use hashbrown::hash_table::Entry as Slot;
use hashbrown::{HashMap, HashSet, HashTable};
use parking_lot::{RwLock, RwLockReadGuard, RwLockWriteGuard};
use userstatus_core::{Account, AppId, UserId};

/// Accounts by app and user.
pub(super) struct Accounts {
    shards: Box<[RwLock<Shard>]>,
    going: RwLock<Going>,
}

/// What goes from the disk, or has gone, while it still stands in memory: nothing of it may be written there again.
#[derive(Default)]
pub(super) struct Going {
    apps: HashSet<AppId>,
    users: HashMap<AppId, HashSet<UserId>>,
}

#[derive(Default)]
struct Shard {
    // Boxed: a table has room to spare, and what is spare should be pointers.
    table: HashTable<Box<Entry>>,
    /// Those with parts that are not on disk, each once.
    unwritten: Vec<AccountKey>,
}

struct Entry {
    app: AppId,
    account: Account,
    unwritten: Parts,
}

/// Parts of an account that have rows of their own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Parts {
    pub(super) account: bool,
    pub(super) subscriptions: bool,
}

impl Parts {
    const fn is_none(self) -> bool {
        !self.account && !self.subscriptions
    }

    const fn with(self, other: Self) -> Self {
        Self {
            account: self.account || other.account,
            subscriptions: self.subscriptions || other.subscriptions,
        }
    }
}

/// The place of one account, locked: whether it is there or not.
pub(super) struct AccountGuard<'a> {
    shard: RwLockWriteGuard<'a, Shard>,
    key: &'a AccountKey,
    hash: u64,
}

impl Accounts {
    /// Enough that two threads seldom want the same one.
    pub(super) const SHARDS: usize = 256;

    pub(super) fn new() -> Self {
        Self {
            shards: (0..Self::SHARDS).map(|_| RwLock::default()).collect(),
            going: RwLock::default(),
        }
    }

    /// What is going. It stays as it is until what is returned is dropped.
    pub(super) fn going(&self) -> RwLockReadGuard<'_, Going> {
        self.going.read()
    }

    /// From now on these are going, and no others.
    pub(super) fn set_going(&self, going: Going) {
        *self.going.write() = going;
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
        let entry = shard.table.find(hash, |entry| entry.is(app, user))?;
        Some(read(&entry.account))
    }

    /// Calls `visit` for every account of one shard, which is locked meanwhile.
    pub(super) fn for_each_in(&self, shard: usize, mut visit: impl FnMut(AppId, &Account)) {
        for entry in &self.shards[shard].read().table {
            visit(entry.app, &entry.account);
        }
    }

    /// The same, to change them. What is changed here is not written.
    pub(super) fn for_each_mut(&self, mut visit: impl FnMut(AppId, &mut Account)) {
        for shard in &self.shards {
            for entry in &mut shard.write().table {
                visit(entry.app, &mut entry.account);
            }
        }
    }

    /// Drops every account of an app.
    pub(super) fn remove_app(&self, app: AppId) {
        for shard in &self.shards {
            let mut shard = shard.write();
            shard.table.retain(|entry| entry.app != app);
            shard.unwritten.retain(|key| key.app != app);
        }
    }

    /// How many are registered.
    pub(super) fn registered_count(&self) -> usize {
        let count = |shard: &RwLock<Shard>| {
            let shard = shard.read();
            let registered = shard.table.iter().filter(|entry| entry.account.registered);
            registered.count()
        };
        self.shards.iter().map(count).sum()
    }

    /// How many there are, registered or not: not counted one by one.
    pub(super) fn known_count(&self) -> usize {
        let known = self.shards.iter().map(|shard| shard.read().table.len());
        known.sum()
    }

    /// How many differ from what is on disk.
    pub(super) fn unwritten_count(&self) -> usize {
        let unwritten = self.shards.iter().map(|shard| shard.read().unwritten.len());
        unwritten.sum()
    }

    /// Takes what is not on disk: calls `visit` with each account and the parts that differ. One shard is locked at a time.
    pub(super) fn take_unwritten(&self, mut visit: impl FnMut(&AccountKey, &Account, Parts)) {
        for shard in &self.shards {
            if shard.read().unwritten.is_empty() {
                continue;
            }
            let mut shard = shard.write();
            for key in std::mem::take(&mut shard.unwritten) {
                let hash = key.hash_value();
                // One that was removed meanwhile has taken its rows with it.
                if let Some(entry) = shard
                    .table
                    .find_mut(hash, |entry| entry.is(key.app, &key.user))
                {
                    let parts = std::mem::take(&mut entry.unwritten);
                    visit(&key, &entry.account, parts);
                }
            }
        }
    }

    fn shard(&self, hash: u64) -> &RwLock<Shard> {
        // The tables inside use the low bits and the top seven.
        &self.shards[(hash >> 32) as usize % Self::SHARDS]
    }
}

impl Going {
    pub(super) fn app(app: AppId) -> Self {
        Self {
            apps: HashSet::from([app]),
            ..Self::default()
        }
    }

    pub(super) fn users<'a>(keys: impl IntoIterator<Item = &'a AccountKey>) -> Self {
        let mut going = Self::default();
        for key in keys {
            let users = going.users.entry(key.app).or_default();
            users.insert(key.user.clone());
        }
        going
    }

    pub(super) fn has(&self, key: &AccountKey) -> bool {
        self.apps.contains(&key.app) || self.has_user(key.app, &key.user)
    }

    /// Whether the user goes, the app aside.
    pub(super) fn has_user(&self, app: AppId, user: &UserId) -> bool {
        let users = self.users.get(&app);
        users.is_some_and(|users| users.contains(user))
    }
}

impl AccountGuard<'_> {
    /// The account, if it is there.
    pub(super) fn get(&self) -> Option<&Account> {
        let entry = self
            .shard
            .table
            .find(self.hash, |entry| entry.is(self.key.app, &self.key.user))?;
        Some(&entry.account)
    }

    /// The account, put there if need be.
    pub(super) fn get_or_insert(&mut self) -> &mut Account {
        &mut self.entry().account
    }

    /// Takes the account away.
    pub(super) fn remove(&mut self) -> Option<Account> {
        let (app, user) = (self.key.app, &self.key.user);
        let entry = self
            .shard
            .table
            .find_entry(self.hash, |entry| entry.is(app, user))
            .ok()?;
        let (entry, _) = entry.remove();
        Some(entry.account)
    }

    /// These parts of the account differ from what is on disk.
    pub(super) fn mark_unwritten(&mut self, parts: Parts) {
        if parts.is_none() {
            return;
        }
        let entry = self.entry();
        let is_first = entry.unwritten.is_none();
        entry.unwritten = entry.unwritten.with(parts);
        if is_first {
            let key = self.key.clone();
            self.shard.unwritten.push(key);
        }
    }

    fn entry(&mut self) -> &mut Entry {
        let (app, user) = (self.key.app, &self.key.user);
        let slot = self.shard.table.entry(
            self.hash,
            |entry| entry.is(app, user),
            |entry| account_hash(entry.app, entry.account.user.as_str()),
        );
        match slot {
            Slot::Occupied(entry) => entry.into_mut(),
            Slot::Vacant(slot) => slot
                .insert(Box::new(Entry {
                    app,
                    account: Account::unheard(user.clone()),
                    unwritten: Parts::default(),
                }))
                .into_mut(),
        }
    }
}

impl Entry {
    fn is(&self, app: AppId, user: &UserId) -> bool {
        self.app == app && self.account.user == *user
    }
}
