//! An account's friends.

use crate::fingerprint::Fingerprint;
use crate::{Timestamp, UserId};
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use core::ops::Bound;

/// One friend, as the account that has it sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Friend {
    /// Who.
    pub user: UserId,
    /// The account's own note about the friend.
    pub remark: Box<str>,
    /// The group the account put the friend in.
    pub group_name: Box<str>,
    /// Where the friend was added from.
    pub add_source: Box<str>,
    /// What was said when adding.
    pub add_wording: Box<str>,
    /// When.
    pub added_at: Timestamp,
}

/// Friends by user id. Its limit is the app's (D0).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FriendList(BTreeMap<UserId, Friend>);

impl FriendList {
    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `user` is one.
    pub fn contains(&self, user: &str) -> bool {
        self.0.contains_key(user)
    }

    /// One friend.
    pub fn get(&self, user: &str) -> Option<&Friend> {
        self.0.get(user)
    }

    /// All, by user id.
    pub fn iter(&self) -> impl Iterator<Item = &Friend> {
        self.0.values()
    }

    /// Those behind `user`, by user id.
    pub fn after(&self, user: Option<&UserId>) -> impl Iterator<Item = &Friend> {
        let start = user.map_or(Bound::Unbounded, Bound::Excluded);
        self.0
            .range::<UserId, _>((start, Bound::Unbounded))
            .map(|(_, friend)| friend)
    }

    /// A number that is another one after a change, but for one in 2^31.
    pub fn fingerprint(&self) -> u32 {
        let mut fingerprint = Fingerprint::default();
        for friend in self.iter() {
            for text in [
                friend.user.as_str(),
                &friend.remark,
                &friend.group_name,
                &friend.add_source,
                &friend.add_wording,
            ] {
                fingerprint.add(text.as_bytes());
            }
            fingerprint.add(&friend.added_at.as_ms().to_be_bytes());
        }
        fingerprint.end()
    }

    pub(crate) fn put(&mut self, friend: Friend) {
        self.0.insert(friend.user.clone(), friend);
    }

    pub(crate) fn remove(&mut self, user: &str) {
        self.0.remove(user);
    }
}
