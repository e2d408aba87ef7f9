//! What the tests of several crates share. No crate that is shipped depends on it.
#![forbid(unsafe_code)]

mod crash_disk;

pub use crash_disk::CrashDisk;

use userstatus_core::{AppSettings, Limits, Plan, Timestamp, UserId};

/// When tests begin.
pub const START: Timestamp = Timestamp::from_ms(1_700_000_000_000);

/// The app of tests that need only one.
pub const APP: u64 = 1_400_000_001;

/// A user id.
///
/// # Panics
/// It is none.
pub fn user(name: &str) -> UserId {
    UserId::parse(name).expect("the name of a test's user is valid")
}

/// An app with everything on.
pub fn premium() -> AppSettings {
    AppSettings {
        plan: Plan::Premium,
        user_status: true,
        friend_status_notification: true,
        ..AppSettings::default()
    }
}

/// The same with other limits.
pub fn premium_with(change: impl FnOnce(&mut Limits)) -> AppSettings {
    let mut settings = premium();
    change(&mut settings.limits);
    settings
}

/// The client instance of a user's device.
pub fn instance(name: &str, number: u8) -> [u8; 16] {
    let mut instance = [number; 16];
    for (byte, letter) in instance[..15].iter_mut().zip(name.bytes()) {
        *byte = letter;
    }
    instance
}
