//! Who watches whom.

use super::local_account::LocalAccount;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use parking_lot::RwLock;
use std::sync::Arc;
use userstatus_core::Relation;
use userstatus_meters::Level;
use userstatus_store::AccountKey;

const SHARDS: usize = 256;

/// The ways in which an account watches a user. Kept whatever the app's switches say now: they are asked at fan-out (P2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Relations(u8);

impl Relations {
    pub(super) const NONE: Self = Self(0);
    pub(super) const SUBSCRIBED: Self = Self(1);
    pub(super) const FRIEND: Self = Self(2);
    /// Not a way of watching: the two are hidden from each other (R2).
    pub(super) const HIDDEN: Self = Self(4);
    /// Every way of watching that an app can switch off.
    pub(super) const ALL: Self = Self::SUBSCRIBED.with(Self::FRIEND);

    pub(super) const fn of(relation: Relation) -> Self {
        match relation {
            Relation::Own => Self::NONE,
            Relation::Subscribed => Self::SUBSCRIBED,
            Relation::Friend => Self::FRIEND,
        }
    }

    pub(super) const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub(super) const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(super) const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether it is no way of watching at all.
    pub(super) const fn is_none(self) -> bool {
        self.without(Self::HIDDEN).0 == 0
    }

    /// Whether a watcher in these ways is told, if `delivered` are those the app allows.
    const fn is_told(self, delivered: Self) -> bool {
        self.intersects(delivered) && !self.intersects(Self::HIDDEN)
    }
}

/// Watched user to watchers. Adding and removing a watcher take constant time however popular the user is.
pub(super) struct WatchIndex {
    shards: Box<[RwLock<HashTable<WatcherSet>>]>,
    subscribed: Level,
    friends: Level,
}

struct WatcherSet {
    user: AccountKey,
    watchers: HashTable<Watcher>,
}

struct Watcher {
    account: Arc<LocalAccount>,
    relations: Relations,
}

impl WatchIndex {
    pub(super) fn new() -> Self {
        Self {
            shards: (0..SHARDS).map(|_| RwLock::default()).collect(),
            subscribed: Level::default(),
            friends: Level::default(),
        }
    }

    /// How many subscriptions stand in it, and how many friends.
    pub(super) fn watched(&self) -> (u64, u64) {
        (self.subscribed.now(), self.friends.now())
    }

    fn count(&self, before: Relations, now: Relations) {
        for (way, level) in [
            (Relations::SUBSCRIBED, &self.subscribed),
            (Relations::FRIEND, &self.friends),
        ] {
            match (before.intersects(way), now.intersects(way)) {
                (false, true) => level.rise(1),
                (true, false) => level.fall(1),
                _ => {}
            }
        }
    }

    /// Sets in which ways `watcher` watches `user`; none takes it out.
    pub(super) fn set(&self, user: &AccountKey, watcher: &Arc<LocalAccount>, relations: Relations) {
        let hash = user.hash_value();
        let mut shard = self.shard(hash).write();
        if relations.is_none() {
            if let Ok(mut set) = shard.find_entry(hash, |set| set.user == *user) {
                let before = set.get_mut().remove(watcher);
                self.count(before, Relations::NONE);
                if set.get().watchers.is_empty() {
                    set.remove();
                }
            }
            return;
        }
        let set = shard.entry(hash, |set| set.user == *user, |set| set.user.hash_value());
        let before = set
            .or_insert_with(|| WatcherSet {
                user: user.clone(),
                watchers: HashTable::new(),
            })
            .into_mut()
            .put(watcher, relations);
        self.count(before, relations);
    }

    /// Appends who watches `user` in any of the ways in `delivered`. The index is locked only while they are gathered: a user
    /// with a hundred thousand watchers holds up nobody else for the time it takes to fill their outboxes.
    pub(super) fn gather(
        &self,
        user: &AccountKey,
        delivered: Relations,
        into: &mut Vec<Arc<LocalAccount>>,
    ) {
        if delivered.is_none() {
            return;
        }
        let hash = user.hash_value();
        let shard = self.shard(hash).read();
        let Some(set) = shard.find(hash, |set| set.user == *user) else {
            return;
        };
        into.reserve(set.watchers.len());
        into.extend(
            set.watchers
                .iter()
                .filter(|watcher| watcher.relations.is_told(delivered))
                .map(|watcher| Arc::clone(&watcher.account)),
        );
    }

    /// Whether anybody watches `user`, in whatever way.
    pub(super) fn is_watched(&self, user: &AccountKey) -> bool {
        let hash = user.hash_value();
        let shard = self.shard(hash).read();
        shard.find(hash, |set| set.user == *user).is_some()
    }

    /// Who watches `user` in any of these ways, told of it or not.
    pub(super) fn watchers(&self, user: &AccountKey, ways: Relations) -> Vec<Arc<LocalAccount>> {
        let hash = user.hash_value();
        let shard = self.shard(hash).read();
        let Some(set) = shard.find(hash, |set| set.user == *user) else {
            return Vec::new();
        };
        let watchers = set.watchers.iter();
        watchers
            .filter(|watcher| watcher.relations.intersects(ways))
            .map(|watcher| Arc::clone(&watcher.account))
            .collect()
    }

    /// How many users are watched.
    #[cfg(test)]
    pub(super) fn watched_users(&self) -> usize {
        self.shards.iter().map(|shard| shard.read().len()).sum()
    }

    fn shard(&self, hash: u64) -> &RwLock<HashTable<WatcherSet>> {
        // The tables inside use the low bits and the top seven.
        &self.shards[(hash >> 32) as usize % SHARDS]
    }
}

impl WatcherSet {
    /// Says in which ways it watched before.
    fn put(&mut self, account: &Arc<LocalAccount>, relations: Relations) -> Relations {
        let entry = self.watchers.entry(
            address_hash(account),
            |watcher| Arc::ptr_eq(&watcher.account, account),
            |watcher| address_hash(&watcher.account),
        );
        match entry {
            Entry::Occupied(mut entry) => {
                std::mem::replace(&mut entry.get_mut().relations, relations)
            }
            Entry::Vacant(entry) => {
                entry.insert(Watcher {
                    account: Arc::clone(account),
                    relations,
                });
                Relations::NONE
            }
        }
    }

    /// Says in which ways it watched until now.
    fn remove(&mut self, account: &Arc<LocalAccount>) -> Relations {
        let same = |watcher: &Watcher| Arc::ptr_eq(&watcher.account, account);
        let mut before = Relations::NONE;
        if let Ok(entry) = self.watchers.find_entry(address_hash(account), same) {
            before = entry.remove().0.relations;
        }
        // A crowd that has left gives its memory back; halving at a quarter keeps that cheap on average.
        if self.watchers.capacity() > 64 && self.watchers.len() * 4 < self.watchers.capacity() {
            self.watchers.shrink_to(self.watchers.len() * 2, |watcher| {
                address_hash(&watcher.account)
            });
        }
        before
    }
}

/// Watchers are told apart by address: nobody outside chooses those, so a plain mix will do.
fn address_hash(account: &Arc<LocalAccount>) -> u64 {
    let mixed = (Arc::as_ptr(account).addr() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed ^ (mixed >> 32)
}
