//! Whom this client subscribed to since its login, and whether the server still has it (W7).

use std::collections::HashSet;
use std::time::Instant;

/// In the order of the account's list (W2).
#[derive(Debug, Default)]
pub(super) struct Subscriptions {
    entries: Vec<Entry>,
    /// When to subscribe again to those lost, where that did not succeed at once.
    pub(super) retry_at: Option<Instant>,
}

#[derive(Debug)]
struct Entry {
    user: String,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// On the server's list.
    Kept,
    /// Off it, though nobody unsubscribed.
    Lost,
    /// Lost, and asked for again on the present connection.
    AskedFor,
}

impl Subscriptions {
    /// The server has these on its list, which is at most `max` long: the earliest leave first (W2).
    pub(super) fn add(&mut self, users: &[String], max: usize) {
        let mut seen = HashSet::new();
        for user in users.iter().filter(|user| seen.insert(user.as_str())) {
            match self.entries.iter_mut().find(|entry| entry.user == *user) {
                Some(entry) => entry.state = State::Kept,
                None => self.entries.push(Entry {
                    user: user.clone(),
                    state: State::Kept,
                }),
            }
            // One by one, as the server does: whom an earlier one of the request pushes off may come back with a later one.
            let excess = self.entries.len().saturating_sub(max);
            self.entries.drain(..excess);
        }
    }

    pub(super) fn remove(&mut self, users: &[String]) {
        self.entries.retain(|entry| !users.contains(&entry.user));
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// The server has none of them any more.
    pub(super) fn all_lost(&mut self) {
        for entry in &mut self.entries {
            entry.state = State::Lost;
        }
    }

    /// What was asked for on a connection that is gone may or may not have been done.
    pub(super) fn connection_lost(&mut self) {
        self.retry_at = None;
        for entry in &mut self.entries {
            if entry.state == State::AskedFor {
                entry.state = State::Lost;
            }
        }
    }

    /// Those to subscribe to again, in order.
    pub(super) fn lost(&self) -> Vec<String> {
        self.entries
            .iter()
            .filter(|entry| entry.state == State::Lost)
            .map(|entry| entry.user.clone())
            .collect()
    }

    pub(super) fn asked_for(&mut self, users: &[String]) {
        self.change(users, State::Lost, State::AskedFor);
    }

    pub(super) fn not_granted(&mut self, users: &[String]) {
        self.change(users, State::AskedFor, State::Lost);
    }

    fn change(&mut self, users: &[String], from: State, to: State) {
        for entry in &mut self.entries {
            if entry.state == from && users.contains(&entry.user) {
                entry.state = to;
            }
        }
    }
}
