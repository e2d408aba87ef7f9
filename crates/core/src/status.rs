//! What watchers see of an account.

use crate::{Platform, Timestamp, UserId};
use alloc::boxed::Box;
use alloc::vec::Vec;

/// The normal status, kept by the system (S1, S3). The numbers are those of the C ABI and never move.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum NormalStatus {
    /// Never heard of (S7).
    Unknown = 0,
    /// Logged in.
    Online = 1,
    /// Did not log out, but the long connection is gone.
    Offline = 2,
    /// Registered and never logged in, or logged out.
    UnLogined = 3,
}

impl NormalStatus {
    /// The number.
    pub const fn number(self) -> i32 {
        self as i32
    }
}

/// The string a user sets (S1). Its length limit is the app's (C5) and is checked where it is set; empty means none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct CustomStatus(Box<str>);

impl CustomStatus {
    /// Wraps a text.
    pub fn new(text: &str) -> Self {
        Self(Box::from(text))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether none is set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Orders the changes of one account: of two statuses of a user the higher version is the later (N6). Not a count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u64);

impl Version {
    /// The version of a change made at `now` to an account that stands at `self`.
    ///
    /// It rises with every change, and also with time, so that it never falls back after a crash that lost the newest
    /// changes, or when an account is deleted and comes again.
    #[must_use]
    pub const fn next(self, now: Timestamp) -> Self {
        // 1,024 versions a millisecond: a burst of changes stays close to the clock, and 2^54 ms are 570,000 years.
        let (by_clock, by_count) = (Self::first_at(now), Self(self.0.saturating_add(1)));
        if by_clock.0 > by_count.0 {
            by_clock
        } else {
            by_count
        }
    }

    /// Above every version handed out before `at` by a clock that was right.
    pub const fn first_at(at: Timestamp) -> Self {
        Self(at.as_ms().saturating_mul(1024))
    }

    /// Whether somebody may honestly know this version: what a clock that was years ahead handed out is possible, what would leave
    /// no room for later ones is not.
    pub const fn is_plausible(self, now: Timestamp) -> bool {
        self.0 <= Self::first_at(now.plus_ms(PLAUSIBLE_AHEAD_MS)).0
    }
}

/// Ten years.
const PLAUSIBLE_AHEAD_MS: u64 = 10 * 366 * 86_400_000;

/// The whole status of one user at one version, never a delta (N1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserStatus {
    /// Whose.
    pub user: UserId,
    /// Which of several is the later.
    pub version: Version,
    /// Kept by the system.
    pub normal: NormalStatus,
    /// Set by the user.
    pub custom: CustomStatus,
    /// Where the user is online, ascending, each platform once. Changes of this alone are not announced.
    pub platforms: Vec<Platform>,
}

impl UserStatus {
    /// What is said of a user to somebody who may not see them (R2).
    pub fn hidden(user: UserId, since: Version) -> Self {
        Self {
            version: since,
            normal: NormalStatus::Offline,
            ..Self::unknown(user)
        }
    }

    /// What is said of a user never heard of (S7).
    pub fn unknown(user: UserId) -> Self {
        Self {
            user,
            version: Version(0),
            normal: NormalStatus::Unknown,
            custom: CustomStatus::default(),
            platforms: Vec::new(),
        }
    }
}
