//! An account with sessions on this machine.

use crate::hub::index::Relations;
use crate::outbox::{EncodedChange, Outbox};
use hashbrown::hash_table::Entry;
use hashbrown::{HashSet, HashTable};
use parking_lot::{Mutex, MutexGuard};
use std::sync::Arc;
use userstatus_core::{SessionId, UserId};
use userstatus_store::{AccountKey, account_hash};

/// Exists while the account has a session here, and is what stands in the index as a watcher: one entry however many devices.
pub(super) struct LocalAccount {
    key: AccountKey,
    state: Mutex<LocalState>,
}

/// What [`LocalAccount`] guards. Locks are taken in this order: roster shard, local account, index shard; outboxes last.
pub(super) struct LocalState {
    sessions: Vec<Arc<Outbox>>,
    /// Whom it watches: what has to come out of the index when the last session goes.
    watching: HashTable<Watched>,
    /// Who is hidden from it (R2): hardly ever anybody, but whoever many have blocked has them all here.
    hidden: HashSet<UserId>,
    /// Whether a login has told whom it watches; from then on edits keep that up to date.
    pub(super) is_indexed: bool,
    /// The last session is gone: nothing may be put in the index any more. A new session makes a new `LocalAccount`.
    is_gone: bool,
}

struct Watched {
    user: UserId,
    relations: Relations,
}

impl LocalAccount {
    pub(super) fn new(key: AccountKey) -> Self {
        Self {
            key,
            state: Mutex::new(LocalState {
                sessions: Vec::new(),
                watching: HashTable::new(),
                hidden: HashSet::new(),
                is_indexed: false,
                is_gone: false,
            }),
        }
    }

    pub(super) const fn key(&self) -> &AccountKey {
        &self.key
    }

    /// The account's state; `None` once it is gone.
    pub(super) fn lock(&self) -> Option<MutexGuard<'_, LocalState>> {
        let state = self.state.lock();
        (!state.is_gone).then_some(state)
    }

    /// Puts a change in every session's outbox.
    pub(super) fn deliver(&self, change: &Arc<EncodedChange>, tally: &mut Tally) {
        self.state.lock().deliver(change, tally);
    }
}

/// What a fan-out adds to the counters.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) deliveries: u64,
    pub(super) merges: u64,
    /// Put in outboxes.
    pub(super) bytes: u64,
}

impl LocalState {
    pub(super) fn deliver(&self, change: &Arc<EncodedChange>, tally: &mut Tally) {
        for outbox in &self.sessions {
            tally.deliveries += 1;
            tally.bytes += change.as_ref().as_ref().len() as u64;
            tally.merges += outbox.push_tallied(Arc::clone(change)) as u64;
        }
    }

    pub(super) fn sessions(&self) -> &[Arc<Outbox>] {
        &self.sessions
    }

    pub(super) fn add_session(&mut self, outbox: Arc<Outbox>) {
        // Nearly every account has one device: no room for three more.
        self.sessions.reserve_exact(1);
        self.sessions.push(outbox);
    }

    pub(super) fn remove_session(&mut self, session: SessionId) -> Option<Arc<Outbox>> {
        let index = self
            .sessions
            .iter()
            .position(|outbox| outbox.session() == session)?;
        Some(self.sessions.remove(index))
    }

    /// Remembers that it watches `user` in one more way; says in which ways it does now.
    pub(super) fn watch(
        &mut self,
        me: &AccountKey,
        user: &UserId,
        relation: Relations,
    ) -> Relations {
        let app = me.app;
        let entry = self.watching.entry(
            account_hash(app, user.as_str()),
            |watched| watched.user == *user,
            |watched| account_hash(app, watched.user.as_str()),
        );
        let relations = match entry {
            Entry::Occupied(mut entry) => {
                let watched = entry.get_mut();
                watched.relations = watched.relations.with(relation);
                watched.relations
            }
            Entry::Vacant(entry) => {
                entry.insert(Watched {
                    user: user.clone(),
                    relations: relation,
                });
                relation
            }
        };
        self.in_index(user, relations)
    }

    /// Remembers whether a user is hidden from it (R2). Says in which ways it watches them, if it does.
    pub(super) fn hide(
        &mut self,
        me: &AccountKey,
        user: &UserId,
        is_hidden: bool,
    ) -> Option<Relations> {
        if is_hidden {
            self.hidden.insert(user.clone());
        } else {
            self.hidden.remove(user);
        }
        let relations = self
            .watching
            .find(account_hash(me.app, user.as_str()), |watched| {
                watched.user == *user
            })?
            .relations;
        Some(self.in_index(user, relations))
    }

    /// Ways of watching as they stand in the index.
    fn in_index(&self, user: &UserId, relations: Relations) -> Relations {
        match self.hidden.contains(user) {
            true => relations.with(Relations::HIDDEN),
            false => relations,
        }
    }

    /// Forgets one way in which it watches `user`; says in which ways it still does, `None` if it did not in this one.
    pub(super) fn unwatch(
        &mut self,
        me: &AccountKey,
        user: &UserId,
        relation: Relations,
    ) -> Option<Relations> {
        let hash = account_hash(me.app, user.as_str());
        let Ok(mut entry) = self
            .watching
            .find_entry(hash, |watched| watched.user == *user)
        else {
            return None;
        };
        let watched = entry.get_mut();
        if !watched.relations.intersects(relation) {
            return None;
        }
        watched.relations = watched.relations.without(relation);
        let left = watched.relations;
        if left.is_none() {
            entry.remove();
            if self.watching.is_empty() {
                self.watching = HashTable::new();
            }
        }
        Some(self.in_index(user, left))
    }

    pub(super) fn is_watching(&self, me: &AccountKey, user: &UserId, relation: Relations) -> bool {
        self.watching
            .find(account_hash(me.app, user.as_str()), |watched| {
                watched.user == *user
            })
            .is_some_and(|watched| watched.relations.intersects(relation))
    }

    /// Whom it watches in one way.
    pub(super) fn watched(&self, relation: Relations) -> Vec<UserId> {
        self.watching
            .iter()
            .filter(|watched| watched.relations.intersects(relation))
            .map(|watched| watched.user.clone())
            .collect()
    }

    /// Ends it, if it has no sessions left: hands over whom it watched.
    pub(super) fn end_if_idle(&mut self) -> Option<Vec<UserId>> {
        if !self.sessions.is_empty() {
            return None;
        }
        self.is_gone = true;
        let watching = std::mem::take(&mut self.watching);
        Some(watching.into_iter().map(|watched| watched.user).collect())
    }
}
