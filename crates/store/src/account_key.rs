//! Names one account on this server: an app and a user of it.

use hashbrown::DefaultHashBuilder;
use std::hash::BuildHasher;
use std::sync::OnceLock;
use userstatus_core::{AppId, UserId};

/// One account: user ids are unique within their app only. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountKey {
    /// The app.
    pub app: AppId,
    /// The user.
    pub user: UserId,
}

impl AccountKey {
    /// Names an account.
    pub const fn new(app: AppId, user: UserId) -> Self {
        Self { app, user }
    }

    /// The hash that shards and tables of accounts go by.
    pub fn hash_value(&self) -> u64 {
        account_hash(self.app, self.user.as_str())
    }
}

/// The hash that shards and tables of accounts go by. Seeded per process: nobody can choose ids that collide.
pub fn account_hash(app: AppId, user: &str) -> u64 {
    static SEEDED: OnceLock<DefaultHashBuilder> = OnceLock::new();
    SEEDED
        .get_or_init(DefaultHashBuilder::default)
        .hash_one((app, user))
}
