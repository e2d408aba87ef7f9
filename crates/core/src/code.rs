//! The one table of codes: number, name, text. Numbers never move; they are those of the IM SDK whose ABI is mirrored.

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $text:literal;)*) => {
        /// A result code as callers see it: through the C ABI, on the wire, over REST. 0 is success.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(i32)]
        pub enum Code {
            $(#[doc = $text] $(#[$doc])* $name = $number,)*
        }

        impl Code {
            /// Every code, in order of number.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The code of a number, if it is one of ours.
            pub const fn from_number(number: i32) -> Option<Self> {
                match number {
                    $($number => Some(Self::$name),)*
                    _ => None,
                }
            }

            /// Its name in code and logs.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }

            /// What it means, for people; a `desc` that knows more says more.
            pub const fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

codes! {
    Ok = 0, "ok";
    RequestTimeout = 6012, "request timed out";
    NotInitialized = 6013, "not initialized";
    NotLoggedIn = 6014, "not login";
    InProgress = 6015, "the same operation is already in progress";
    InvalidParameters = 6017, "invalid parameters";
    UserSigExpiredLocally = 6206, "the UserSig has expired; mint a new one and log in again";
    KickedOffline = 6208, "kicked by a login on another device; log in again to come back";
    CalledTooOften = 7008, "called too often; wait a moment";
    EndedByShutdown = 7009, "ended by uninit or logout before it was answered";
    NeedsPremium = 7013, "needs the premium plan; ask the operator to set it with `userstatusd app set`";
    InvalidOperation = 7014, "invalid operation";
    NoConnection = 9508, "no network connection";
    NoAnswer = 9520, "sent, but no answer in time";
    NeverSent = 9523, "never sent in time";
    FriendRequestInvalid = 30001, "friend request invalid";
    FriendNoSuchAccount = 30003, "no such account; it is registered by its first login";
    FriendsFull = 30010, "too many friends";
    PeerFriendsFull = 30014, "the other user has too many friends";
    AlreadyFriends = 30015, "already a friend";
    FriendBlocked = 30515, "you have blocked this user; unblock first";
    BlockedByFriend = 30525, "this user has blocked you";
    NotAFriend = 31704, "not a friend";
    TooFrequent = 60018, "too frequent; wait a moment";
    SigExpired = 70001, "the UserSig has expired; mint a new one";
    SigEmpty = 70002, "the UserSig is empty";
    SigMalformed = 70003, "the UserSig is malformed or cut short";
    SigForged = 70009, "the UserSig was not signed with a key of this app";
    SigOtherUser = 70013, "the UserSig was minted for another user";
    SigOtherApp = 70014, "the UserSig was minted for another app";
    UnknownApp = 70020, "no such app on this server; check the app id";
    TooManyFailures = 70050, "too many forged UserSigs; wait a minute";
    SigRevoked = 70052, "the UserSig was revoked by a kick; mint a new one";
    NoSuchAccount = 70107, "no such account";
    BadParameters = 70402, "bad parameters";
    NotAdmin = 70403, "not an app admin";
    Internal = 70500, "internal error of the server; try again";
    StatusSwitchOff = 72001, "the user-status switch is off for this app; turn it on with `userstatusd app set`";
}

impl Code {
    /// The number.
    pub const fn number(self) -> i32 {
        self as i32
    }
}
