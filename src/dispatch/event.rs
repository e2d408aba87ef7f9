//! What listeners are told, and which listener it is for.

use crate::ffi::{TIMLogLevel, TIMNetworkStatus};
use userstatus_client::UserStatus;

/// One kind of listener. There is at most one listener of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Slot {
    StatusChanged,
    Network,
    KickedOffline,
    SigExpiring,
    SigExpired,
    FriendAdded,
    FriendDeleted,
    Log,
}

impl Slot {
    pub(crate) const COUNT: usize = 8;
}

/// Something to be told to a listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// These users' statuses, oldest change first.
    StatusChanged(Vec<UserStatus>),
    /// The connection changed.
    Network(NetworkChange),
    /// Logged out from elsewhere.
    KickedOffline,
    /// The UserSig is about to end, in so many milliseconds from when it was told.
    SigExpiring(u64),
    /// The UserSig has ended, or does not let this client in.
    SigExpired,
    /// New friends.
    FriendsAdded(Vec<String>),
    /// Friends no more.
    FriendsDeleted(Vec<String>),
    /// A line of the log.
    Log(LogLine),
}

/// A change of the connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NetworkChange {
    pub(crate) status: TIMNetworkStatus,
    pub(crate) code: i32,
    pub(crate) desc: Box<str>,
}

/// A line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LogLine {
    pub(crate) level: TIMLogLevel,
    pub(crate) text: Box<str>,
}

impl Event {
    pub(crate) fn slot(&self) -> Slot {
        match self {
            Self::StatusChanged(_) => Slot::StatusChanged,
            Self::Network(_) => Slot::Network,
            Self::KickedOffline => Slot::KickedOffline,
            Self::SigExpiring(_) => Slot::SigExpiring,
            Self::SigExpired => Slot::SigExpired,
            Self::FriendsAdded(_) => Slot::FriendAdded,
            Self::FriendsDeleted(_) => Slot::FriendDeleted,
            Self::Log(_) => Slot::Log,
        }
    }
}
