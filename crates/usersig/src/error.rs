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
    /// 70003: the minter's clock or ours is wrong, and no new UserSig helps before that is put right (D4).
    #[error(
        "the UserSig is dated {ahead_s} s ahead of this server's clock, which is more than it allows: either its minter's clock or this one is wrong"
    )]
    DatedAhead {
        /// By how many seconds.
        ahead_s: u64,
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

/// Why a UserSig was not minted: no server would take it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MintError {
    /// Signed, another text could be read as further fields.
    #[error("a UserSig is minted for a user id: 1 to 32 bytes of printable ASCII without space")]
    NotAUserId,
}
