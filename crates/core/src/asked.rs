//! The users a request names.

use crate::UserId;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;

/// Whom a request is about: each once, in the order asked. Made before an account is locked, as naming thousands is work.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    users: Vec<UserId>,
    count: usize,
}

impl Asked {
    /// Of ids that were parsed. `impossible` more were named that no account can have (S7); they count as well.
    pub fn new(mut users: Vec<UserId>, impossible: usize) -> Self {
        let mut seen = BTreeSet::new();
        users.retain(|user| seen.insert(user.clone()));
        let count = users.len() + impossible;
        Self { users, count }
    }

    /// Of so many that nobody looks at them: for a request that is refused for its size.
    pub const fn too_many(count: usize) -> Self {
        Self {
            users: Vec::new(),
            count,
        }
    }

    /// Those an account can be.
    pub fn users(&self) -> &[UserId] {
        &self.users
    }

    /// How many different ones were named, those included that no account can have.
    pub const fn count(&self) -> usize {
        self.count
    }
}
