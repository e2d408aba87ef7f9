//! Who is hidden from whom (R2).

use crate::fingerprint::Fingerprint;
use crate::{UserId, Version};
use alloc::collections::BTreeMap;
use core::ops::Bound;

/// One entry: neither of the two is told of the other, whoever of them wanted it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The other one.
    pub user: UserId,
    /// The account that has this entry blocked the other.
    pub mine: bool,
    /// The other one blocked this account.
    pub theirs: bool,
    /// Since when, as a version: the one under which the other is shown as OFFLINE.
    pub since: Version,
}

/// Everybody an account is hidden from, and that is hidden from it, by user id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BlockList(BTreeMap<UserId, Block>);

impl BlockList {
    /// How many users the account itself blocked.
    pub fn own_count(&self) -> usize {
        self.iter().filter(|block| block.mine).count()
    }

    /// Whether nobody is on it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What stands between the account and `user`.
    pub fn get(&self, user: &str) -> Option<&Block> {
        self.0.get(user)
    }

    /// All, by user id.
    pub fn iter(&self) -> impl Iterator<Item = &Block> {
        self.0.values()
    }

    /// Those behind `user`, by user id.
    pub fn after(&self, user: Option<&UserId>) -> impl Iterator<Item = &Block> {
        let start = user.map_or(Bound::Unbounded, Bound::Excluded);
        self.0
            .range::<UserId, _>((start, Bound::Unbounded))
            .map(|(_, block)| block)
    }

    /// A number that is another one after the account has blocked or unblocked somebody, but for one in 2^31.
    pub fn own_fingerprint(&self) -> u32 {
        let mut fingerprint = Fingerprint::default();
        for block in self.iter().filter(|block| block.mine) {
            fingerprint.add(block.user.as_str().as_bytes());
            fingerprint.add(&block.since.0.to_be_bytes());
        }
        fingerprint.end()
    }

    /// Sets what stands between the account and a user; an entry that says nothing goes.
    pub(crate) fn put(&mut self, block: Block) {
        if block.mine || block.theirs {
            self.0.insert(block.user.clone(), block);
        } else {
            self.0.remove(block.user.as_str());
        }
    }
}
