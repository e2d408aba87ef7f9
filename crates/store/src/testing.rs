//! What tests of the store share.

use crate::AccountKey;
use userstatus_core::AppId;
pub(crate) use userstatus_testing::{APP, CrashDisk, START, instance, premium, premium_with, user};

pub(crate) fn key(name: &str) -> AccountKey {
    AccountKey::new(AppId::new(APP).unwrap(), user(name))
}
