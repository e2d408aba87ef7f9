//! An account with sessions on this machine.

use crate::hub::index::Relations;
use crate::hub::withheld::{Due, Marks, Owed};
use crate::outbox::{EncodedChange, Outbox};
use hashbrown::hash_table::Entry;
use hashbrown::{HashSet, HashTable};
use parking_lot::{Mutex, MutexGuard};
use std::sync::Arc;
use userstatus_core::{SessionId, UserId, Version};
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
    /// What it was not told because a switch was off (P2): mostly nothing.
    owed: Option<Box<Owed>>,
    /// Whether it watches anybody in a way that began while its switch was off.
    has_untold: bool,
    /// Whether a login has told whom it watches; from then on edits keep that up to date.
    pub(super) is_indexed: bool,
    /// The last session is gone: nothing may be put in the index any more. A new session makes a new `LocalAccount`.
    is_gone: bool,
}

struct Watched {
    user: UserId,
    relations: Relations,
    /// Those of them that began while their switch was off: nothing was told in them yet.
    untold: Relations,
}

impl LocalAccount {
    pub(super) fn new(key: AccountKey) -> Self {
        Self {
            key,
            state: Mutex::new(LocalState {
                sessions: Vec::new(),
                watching: HashTable::new(),
                hidden: HashSet::new(),
                owed: None,
                has_untold: false,
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

    /// Remembers that it watches `user` in one more way, which is `told` those that the app allows; says in which ways it does now.
    pub(super) fn watch(
        &mut self,
        me: &AccountKey,
        user: &UserId,
        relation: Relations,
        told: Relations,
    ) -> Relations {
        let app = me.app;
        let untold = relation.without(told);
        self.has_untold |= !untold.is_none();
        let entry = self.watching.entry(
            account_hash(app, user.as_str()),
            |watched| watched.user == *user,
            |watched| account_hash(app, watched.user.as_str()),
        );
        let relations = match entry {
            Entry::Occupied(mut entry) => {
                let watched = entry.get_mut();
                let begun = untold.without(watched.relations);
                watched.untold = watched.untold.with(begun);
                watched.relations = watched.relations.with(relation);
                watched.relations
            }
            Entry::Vacant(entry) => {
                entry.insert(Watched {
                    user: user.clone(),
                    relations: relation,
                    untold,
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

    /// Forgets one way in which it watches `user`; says in which ways it still does, `None` if it did not in this one. If that way is
    /// none of those `told`, what was not told of `user`, and what happens to them from `now` on, is still owed.
    pub(super) fn unwatch(
        &mut self,
        me: &AccountKey,
        user: &UserId,
        relation: Relations,
        told: Relations,
        now: Version,
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
        let is_owed = !told.intersects(relation) && !watched.untold.intersects(relation);
        watched.untold = watched.untold.without(relation);
        let left = watched.relations;
        if left.is_none() {
            entry.remove();
            if self.watching.is_empty() {
                self.watching = HashTable::new();
            }
        }
        if is_owed {
            self.owed_mut().leave(user, relation, now, None);
        }
        Some(self.in_index(user, left))
    }

    pub(super) fn is_watching(&self, me: &AccountKey, user: &UserId, relation: Relations) -> bool {
        self.ways_of_watching(me, user).intersects(relation)
    }

    /// In which ways it watches `user`, hidden or not.
    pub(super) fn ways_of_watching(&self, me: &AccountKey, user: &UserId) -> Relations {
        self.watching
            .find(account_hash(me.app, user.as_str()), |watched| {
                watched.user == *user
            })
            .map_or(Relations::NONE, |watched| watched.relations)
    }

    pub(super) fn is_hidden(&self, user: &UserId) -> bool {
        self.hidden.contains(user)
    }

    /// What it is owed, to be added to.
    pub(super) fn owed_mut(&mut self) -> &mut Owed {
        self.owed.get_or_insert_default()
    }

    /// The ways in which it is owed something.
    pub(super) fn owed_ways(&self) -> Relations {
        self.owed
            .as_ref()
            .map_or(Relations::NONE, |owed| owed.ways())
    }

    /// These ways are told from now on, and `marks` is what was not until now. Says whether it is owed something that can be told.
    pub(super) fn settle(&mut self, marks: Marks, told: Relations) -> bool {
        if self.has_untold {
            for watched in &mut self.watching {
                watched.untold = watched.untold.without(told);
            }
            let mut watching = self.watching.iter();
            self.has_untold = watching.any(|watched| !watched.untold.is_none());
        }
        let owed = marks.ways().and(told);
        if !owed.is_none() && !self.watching.is_empty() {
            self.owed_mut().owe_all(marks, owed);
        }
        self.owed_ways().intersects(told)
    }

    /// Takes out what it is owed and can be told in these ways.
    pub(super) fn take_owed(&mut self, told: Relations) -> Option<Due> {
        let mut owed = self.owed.take()?;
        let due = owed.take(told, |ways| self.watched(ways));
        self.owed = (!owed.is_empty()).then_some(owed);
        due
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
