//! One logged-in device of an account.

use crate::{InstanceId, Platform, SessionId, Timestamp};

/// How many kicked instances an account remembers, newest kept (D1): enough that no reconnect of a kicked device slips in.
pub const KICKED_INSTANCES_MAX: usize = 16;

/// A device that counts for its account's status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Device {
    /// The client instance; its next login replaces this entry (S6).
    pub instance: InstanceId,
    /// The connection it is on, or was on last.
    pub session: SessionId,
    /// What it runs on.
    pub platform: Platform,
    /// When this instance logged in; a reconnect keeps it, so that "the oldest is kicked" means the oldest login (D1).
    pub logged_in_at: Timestamp,
    /// `None` while connected. Otherwise when it counts as gone unless it comes back: grace (S8), or the lease after a restart (S6).
    pub lease_until: Option<Timestamp>,
}
