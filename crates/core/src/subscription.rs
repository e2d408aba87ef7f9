//! Whom an account watches.

use crate::UserId;
use alloc::vec::Vec;

/// The users an account subscribed to, oldest first (W2). Its limit is the app's and is applied when something is added.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SubscriptionList(Vec<UserId>);

impl SubscriptionList {
    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `user` is on it.
    pub fn contains(&self, user: &str) -> bool {
        self.0.iter().any(|entry| entry.as_str() == user)
    }

    /// All, earliest subscribed first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &UserId> + ExactSizeIterator {
        self.0.iter()
    }

    /// Adds at the end; who is on it keeps their place (W2).
    pub fn add(&mut self, user: UserId) {
        if !self.contains(user.as_str()) {
            self.0.push(user);
        }
    }

    /// Takes off the list; nothing happens if not on it.
    pub fn remove(&mut self, user: &str) {
        self.0.retain(|entry| entry.as_str() != user);
    }

    /// Drops the earliest until at most `max` are left, and says whom (W2).
    pub fn evict_to(&mut self, max: usize) -> Vec<UserId> {
        let excess = self.0.len().saturating_sub(max);
        self.0.drain(..excess).collect()
    }

    /// Empties it.
    pub fn clear(&mut self) {
        self.0 = Vec::new();
    }
}
