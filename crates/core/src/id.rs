//! Who and what is meant: users, apps, client instances, sessions, platforms. Each exists only if it is valid.

use alloc::sync::Arc;
use core::fmt;

/// Longest user id, in bytes (D0).
pub const USER_ID_BYTES_MAX: usize = 32;

/// Why a text is no user id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Nothing there.
    #[error("a user id is empty; it needs 1 to 32 bytes of printable ASCII without space")]
    Empty,
    /// More than [`USER_ID_BYTES_MAX`] bytes.
    #[error("a user id is longer than 32 bytes")]
    TooLong,
    /// A byte outside 0x21 to 0x7e.
    #[error("a user id holds a byte that is not printable ASCII (0x21 to 0x7e)")]
    NotPrintableAscii,
}

/// A user's name within an app: 1 to 32 bytes of printable ASCII without space (D0). Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId(Arc<str>);

impl UserId {
    /// Parses a user id.
    ///
    /// # Errors
    /// [`IdError`] says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        if text.is_empty() {
            return Err(IdError::Empty);
        }
        if text.len() > USER_ID_BYTES_MAX {
            return Err(IdError::TooLong);
        }
        if !text.bytes().all(|byte| (0x21..=0x7e).contains(&byte)) {
            return Err(IdError::NotPrintableAscii);
        }
        Ok(Self(Arc::from(text)))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl core::borrow::Borrow<str> for UserId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An app: one studio's game, with its own accounts, keys and settings. Never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AppId(core::num::NonZeroU64);

impl AppId {
    /// `None` for 0.
    pub const fn new(id: u64) -> Option<Self> {
        match core::num::NonZeroU64::new(id) {
            Some(id) => Some(Self(id)),
            None => None,
        }
    }

    /// The number.
    pub const fn get(self) -> u64 {
        self.0.get()
    }
}

impl fmt::Display for AppId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// One client instance: 16 random bytes it keeps for its life, so that its reconnect is told from a second device (S6, D1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstanceId(pub [u8; 16]);

/// One logged-in connection, as the server numbers it. A device that reconnects gets a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub u64);

/// What a device runs on (D1). The numbers are those of the wire protocol and never move.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Platform {
    /// Not told, or not known to this version.
    Unspecified = 0,
    /// Windows.
    Windows = 1,
    /// macOS.
    Mac = 2,
    /// Linux.
    Linux = 3,
    /// iPhone.
    IPhone = 4,
    /// iPad.
    IPad = 5,
    /// Android.
    Android = 6,
    /// A browser.
    Web = 7,
    /// A game console.
    Console = 8,
}

impl Platform {
    /// Every platform, in order of number.
    pub const ALL: [Self; 9] = [
        Self::Unspecified,
        Self::Windows,
        Self::Mac,
        Self::Linux,
        Self::IPhone,
        Self::IPad,
        Self::Android,
        Self::Web,
        Self::Console,
    ];

    /// The platform of a wire number; numbers not known here are [`Platform::Unspecified`].
    pub fn from_number(number: u32) -> Self {
        Self::ALL
            .into_iter()
            .find(|platform| platform.number() == number)
            .unwrap_or(Self::Unspecified)
    }

    /// The wire number.
    pub const fn number(self) -> u32 {
        self as u32
    }

    /// The name used in JSON and REST.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unspecified => "Unknown",
            Self::Windows => "Windows",
            Self::Mac => "Mac",
            Self::Linux => "Linux",
            Self::IPhone => "iPhone",
            Self::IPad => "iPad",
            Self::Android => "Android",
            Self::Web => "Web",
            Self::Console => "Console",
        }
    }

    /// The platform of a name, in any case.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|platform| platform.name().eq_ignore_ascii_case(name))
    }
}
