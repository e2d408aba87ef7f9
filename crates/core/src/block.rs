//! Who is hidden from whom (R2).

use crate::{UserId, Version};
use alloc::vec::Vec;

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
pub struct BlockList(Vec<Block>);

impl BlockList {
    /// How many users the account itself blocked.
    pub fn own_count(&self) -> usize {
        self.0.iter().filter(|block| block.mine).count()
    }

    /// Whether nobody is on it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What stands between the account and `user`.
    pub fn get(&self, user: &str) -> Option<&Block> {
        let place = self.find(user).ok()?;
        self.0.get(place)
    }

    /// All, by user id.
    pub fn iter(&self) -> impl Iterator<Item = &Block> {
        self.0.iter()
    }

    /// Sets what stands between the account and a user; an entry that says nothing goes.
    pub(crate) fn put(&mut self, block: Block) {
        let stays = block.mine || block.theirs;
        match (self.find(block.user.as_str()), stays) {
            (Ok(place), true) => self.0[place] = block,
            (Ok(place), false) => {
                self.0.remove(place);
                if self.0.is_empty() {
                    self.0 = Vec::new();
                }
            }
            (Err(place), true) => self.0.insert(place, block),
            (Err(_), false) => {}
        }
    }

    fn find(&self, user: &str) -> Result<usize, usize> {
        self.0
            .binary_search_by(|block| block.user.as_str().cmp(user))
    }
}
