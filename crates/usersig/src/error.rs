//! What can be wrong with a UserSig.

/// Why a UserSig was refused; each has its own code (D2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SigError {
    /// 70001.
    #[error("the UserSig expired at {expired_at_s} (Unix time); mint a new one")]
    Expired {
        /// The first second it was no longer valid.
        expired_at_s: u64,
    },
    /// 70002.
    #[error("the UserSig is empty")]
    Empty,
    /// 70003.
    #[error("the UserSig is malformed or cut short: {0}")]
    Malformed(&'static str),
    /// 70009.
    #[error("the UserSig was not signed with a key of this app")]
    Forged,
    /// 70013.
    #[error("the UserSig was minted for another user")]
    OtherUser,
    /// 70014.
    #[error("the UserSig was minted for another app, {minted_for}")]
    OtherApp {
        /// The app it names.
        minted_for: u64,
    },
}
