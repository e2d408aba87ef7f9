//! `sns/friend_…`: friends (R1, R2).

pub(super) mod changes;
pub(super) mod lists;
mod said;

/// Friends in a request, but for those to add.
const USERS_MAX: usize = 1_000;
