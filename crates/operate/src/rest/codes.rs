//! The codes that only REST has, and which code a service has for what.
//!
//! All others are those of [`userstatus_core::Code`].

use super::command::Service;
use userstatus_core::Code;

macro_rules! codes {
    ($($name:ident = $number:literal, $text:literal;)*) => {
        /// A code that only REST has.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(i32)]
        pub(super) enum RestCode {
            $(#[doc = $text] $name = $number,)*
        }

        impl RestCode {
            /// What it means, for people.
            pub(super) const fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            #[cfg(test)]
            pub(super) const ALL: &'static [Self] = &[$(Self::$name,)*];
        }
    };
}

codes! {
    FriendsNotAdmin = 30004, "only a REST admin of the app may ask this; `userstatusd app set --rest-admins` says who they are";
    FriendsInternal = 30006, "internal error of the server; try again";
    FriendsTimeout = 30007, "it took too long; ask again";
    BadJson = 60003, "the body is no JSON object";
    BadCredentials = 60004, "identifier or usersig is missing, or is none";
    BadAppId = 60006, "sdkappid is no app id";
    TooFast = 60007, "too many calls of this command; wait a second";
    BadHttp = 60008, "the request did not come whole, or is no request that this server takes";
    WrongResource = 60009, "there is no such command here; check the URL";
    NotAdmin = 60010, "only a REST admin of the app may ask this; `userstatusd app set --rest-admins` says who they are";
    NoAppId = 60012, "sdkappid is missing";
    AccountNotText = 60015, "an account has to be a text";
    NotFromHere = 60021, "the app's REST admins may not call from this address; `userstatusd app set --rest-networks` says from where they may";
    AccountTimeout = 70169, "it took too long; ask again";
}

impl RestCode {
    /// The number.
    pub(super) const fn number(self) -> i32 {
        self as i32
    }
}

/// The code of a service for something that others have another code for.
impl Service {
    pub(super) const fn not_admin(self) -> (i32, &'static str) {
        match self {
            Self::Friends => of_rest(RestCode::FriendsNotAdmin),
            Self::Accounts => (Code::NotAdmin.number(), RestCode::NotAdmin.text()),
            Self::Status | Self::Ours => of_rest(RestCode::NotAdmin),
        }
    }

    pub(super) const fn internal(self) -> (i32, &'static str) {
        match self {
            Self::Friends => of_rest(RestCode::FriendsInternal),
            Self::Accounts | Self::Status | Self::Ours => of(Code::Internal),
        }
    }

    pub(super) const fn timeout(self) -> (i32, &'static str) {
        match self {
            Self::Friends => of_rest(RestCode::FriendsTimeout),
            Self::Accounts => of_rest(RestCode::AccountTimeout),
            Self::Status | Self::Ours => of_rest(RestCode::BadHttp),
        }
    }

    pub(super) const fn bad_parameters(self) -> (i32, &'static str) {
        match self {
            Self::Friends => of(Code::FriendRequestInvalid),
            Self::Accounts | Self::Status | Self::Ours => of(Code::BadParameters),
        }
    }

    pub(super) const fn no_such_account(self) -> (i32, &'static str) {
        match self {
            Self::Friends => of(Code::FriendNoSuchAccount),
            Self::Accounts | Self::Status | Self::Ours => of(Code::NoSuchAccount),
        }
    }

    /// What a service calls a code of the rules.
    pub(super) const fn code(self, code: Code) -> i32 {
        match code {
            Code::Internal => self.internal().0,
            Code::NoSuchAccount => self.no_such_account().0,
            Code::InvalidParameters | Code::BadParameters => self.bad_parameters().0,
            code => code.number(),
        }
    }
}

const fn of(code: Code) -> (i32, &'static str) {
    (code.number(), code.text())
}

const fn of_rest(code: RestCode) -> (i32, &'static str) {
    (code.number(), code.text())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_number_means_two_things() {
        let mut numbers: Vec<_> = RestCode::ALL.iter().map(|code| code.number()).collect();
        numbers.extend(Code::ALL.iter().map(|code| code.number()));
        let count = numbers.len();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), count);
    }
}
