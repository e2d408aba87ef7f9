//! The list as its user's login found it, and whom this client subscribed to and unsubscribed from since; and whether the server's list
//! is so (W7).

use crate::Instant;
use std::collections::{HashMap, HashSet, VecDeque};
use userstatus_core::UserId;

/// Users remembered at most who were unsubscribed from: the newest.
const LEFT_MAX: usize = 512;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Subscriptions {
    /// Those to be on the list, in its order (W2).
    entries: Vec<Entry>,
    /// Those to be off it, the earliest unsubscribed first.
    left: VecDeque<Entry>,
    /// Whether the whole list was cleared (W6), before those of `entries` and `left`.
    cleared: Option<State>,
    /// The newest version of the list the server told of.
    version: u64,
    /// When to put right what did not succeed at once.
    pub(super) retry_at: Option<Instant>,
}

#[derive(Debug)]
struct Entry {
    user: String,
    state: State,
}

/// How the server's list stands to what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// It is so.
    Right,
    /// It is not, or may not be, though nobody asked for that.
    Wrong,
    /// It was wrong, and the server is asked on the present connection to put it right.
    AskedFor,
}

/// Whether somebody is on the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OnList {
    No,
    /// And on the server's.
    Right,
    /// The server's is to be put right.
    Wrong,
}

impl Subscriptions {
    /// Its user has logged in, and the server has these on its list: of a login before, of another process, of another device. Its user
    /// counts on them as on those to come.
    pub(super) fn begin(&mut self, version: u64, list: Vec<String>) {
        let right = |user| Entry {
            user,
            state: State::Right,
        };
        *self = Self {
            version,
            entries: list.into_iter().map(right).collect(),
            ..Self::default()
        };
    }

    /// There is no login any more.
    pub(super) fn end(&mut self) {
        *self = Self::default();
    }

    pub(super) const fn version(&self) -> u64 {
        self.version
    }

    /// The list changed, on behalf of this client.
    pub(super) fn raise(&mut self, version: u64) {
        self.version = self.version.max(version);
    }

    /// This client is back. A list of a lower version than it knows has been taken back to an older state, by a crash: whom it
    /// unsubscribed from may be on it again. One that is empty though it can neither have ended (W7) nor be lost
    /// was emptied by another device.
    pub(super) fn returned(&mut self, kept: bool, version: u64, may_be_gone: bool) {
        let is_taken_back = version < self.version;
        self.version = version;
        if kept {
            return;
        }
        if !is_taken_back && !may_be_gone {
            self.entries.clear();
            return;
        }
        for entry in &mut self.entries {
            entry.state = State::Wrong;
        }
        if is_taken_back {
            for entry in &mut self.left {
                entry.state = State::Wrong;
            }
            self.cleared = self.cleared.map(|_| State::Wrong);
        }
    }

    /// The server has these on its list, which is at most `max` long: the earliest leave first (W2). Hands back whom they pushed off.
    pub(super) fn add(&mut self, users: &[String], max: usize) -> Vec<String> {
        let mut pushed_off = Vec::new();
        for user in possible(users) {
            match self.entries.iter_mut().find(|entry| entry.user == *user) {
                Some(entry) => entry.state = State::Right,
                None => self.entries.push(Entry {
                    user: user.clone(),
                    state: State::Right,
                }),
            }
            // One by one, as the server does: whom an earlier one of the request pushes off may come back with a later one.
            let excess = self.entries.len().saturating_sub(max);
            pushed_off.extend(self.entries.drain(..excess).map(|entry| entry.user));
        }
        self.left.retain(|entry| !users.contains(&entry.user));
        pushed_off
    }

    /// The server has these off its list, as its user asked.
    pub(super) fn remove(&mut self, users: &[String]) {
        self.entries.retain(|entry| !users.contains(&entry.user));
        self.left.retain(|entry| !users.contains(&entry.user));
        self.left.extend(possible(users).map(|user| Entry {
            user: user.clone(),
            state: State::Right,
        }));
        let excess = self.left.len().saturating_sub(LEFT_MAX);
        self.left.drain(..excess);
    }

    /// The server has nobody on its list, as its user asked. Hands back whom it had.
    pub(super) fn clear(&mut self) -> Vec<String> {
        self.left.clear();
        self.cleared = Some(State::Right);
        let had = std::mem::take(&mut self.entries);
        had.into_iter().map(|entry| entry.user).collect()
    }

    /// Who is on the list.
    pub(super) fn on_list(&self) -> impl Fn(&str) -> OnList {
        let states: HashMap<_, _> = self
            .entries
            .iter()
            .map(|entry| (entry.user.as_str(), entry.state))
            .collect();
        move |user| match states.get(user) {
            None => OnList::No,
            Some(State::Right) => OnList::Right,
            Some(State::Wrong | State::AskedFor) => OnList::Wrong,
        }
    }

    /// What was asked for on a connection that is gone may or may not have been done.
    pub(super) fn connection_lost(&mut self) {
        self.retry_at = None;
        for entry in self.entries.iter_mut().chain(&mut self.left) {
            if entry.state == State::AskedFor {
                entry.state = State::Wrong;
            }
        }
        if self.cleared == Some(State::AskedFor) {
            self.cleared_again(false);
        }
    }

    /// Those to subscribe to again, in order.
    pub(super) fn to_join(&self) -> Vec<String> {
        wrong(&self.entries)
    }

    /// Those to unsubscribe from again.
    pub(super) fn to_leave(&self) -> Vec<String> {
        wrong(&self.left)
    }

    /// Whether the list is to be cleared again, before anything else.
    pub(super) fn is_to_clear(&self) -> bool {
        self.cleared == Some(State::Wrong)
    }

    /// Whether that is under way: who is subscribed to before it is done would go with the rest.
    pub(super) fn is_clearing(&self) -> bool {
        self.cleared == Some(State::AskedFor)
    }

    pub(super) fn clearing(&mut self) {
        self.cleared = Some(State::AskedFor);
    }

    /// The list was cleared again, or that is not known. Whom it had may have gone with the rest.
    pub(super) fn cleared_again(&mut self, is_known: bool) {
        self.cleared = Some(if is_known { State::Right } else { State::Wrong });
        for entry in &mut self.entries {
            entry.state = State::Wrong;
        }
        if is_known {
            for entry in &mut self.left {
                entry.state = State::Right;
            }
        }
    }

    pub(super) fn asked_for(&mut self, users: &[String]) {
        self.change(users, State::Wrong, State::AskedFor);
    }

    pub(super) fn not_granted(&mut self, users: &[String]) {
        self.change(users, State::AskedFor, State::Wrong);
    }

    /// The server has these off its list again.
    pub(super) fn left_again(&mut self, users: &[String]) {
        for entry in &mut self.left {
            if users.contains(&entry.user) {
                entry.state = State::Right;
            }
        }
    }

    /// Nobody is at once to be on the list and off it.
    fn change(&mut self, users: &[String], from: State, to: State) {
        for entry in self.entries.iter_mut().chain(&mut self.left) {
            if entry.state == from && users.contains(&entry.user) {
                entry.state = to;
            }
        }
    }
}

/// Each once; an id that no account can have is on no list (S7).
fn possible(users: &[String]) -> impl Iterator<Item = &String> {
    let mut seen = HashSet::new();
    users
        .iter()
        .filter(move |user| UserId::parse(user).is_ok() && seen.insert(user.as_str()))
}

fn wrong<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Vec<String> {
    entries
        .into_iter()
        .filter(|entry| entry.state == State::Wrong)
        .map(|entry| entry.user.clone())
        .collect()
}
