//! Small constructors for the generated messages.

use crate::v1::{self, client_frame, request, response, server_frame};
use crate::{FEATURES, PROTOCOL_MAX, PROTOCOL_MIN};
use std::fmt;

/// `$message` as the body `$variant` of the frame or body enum `$into`.
macro_rules! bodies {
    ($frame:ty, $body:path: $($variant:ident($message:ty)),+ $(,)?) => {
        $(impl From<$message> for $frame {
            fn from(message: $message) -> Self {
                Self { body: Some(<$body>::$variant(message)) }
            }
        })+
    };
}

bodies!(v1::ClientFrame, client_frame::Body:
    Hello(v1::Hello), Request(v1::Request), Ping(v1::Ping));
bodies!(v1::ServerFrame, server_frame::Body:
    Welcome(v1::Welcome), Response(v1::Response), StatusPush(v1::StatusPush), Pong(v1::Pong), Goaway(v1::Goaway),
    Kicked(v1::Kicked), Closing(v1::Closing), FriendsChanged(v1::FriendsChanged), SigExpiring(v1::SigExpiring));

impl v1::Hello {
    /// A hello that offers all this crate speaks.
    pub fn new(sdk_name: impl Into<String>, sdk_version: impl Into<String>) -> Self {
        Self {
            protocol_min: PROTOCOL_MIN,
            protocol_max: PROTOCOL_MAX,
            features: FEATURES.iter().map(|name| (*name).to_owned()).collect(),
            sdk_name: sdk_name.into(),
            sdk_version: sdk_version.into(),
        }
    }
}

impl v1::Request {
    /// A request sent for the first time.
    pub const fn new(id: u64, body: request::Body) -> Self {
        Self {
            id,
            resent: false,
            body: Some(body),
        }
    }
}

impl v1::Response {
    /// Done, with nothing to hand over.
    pub const fn done(id: u64) -> Self {
        Self {
            id,
            code: 0,
            desc: String::new(),
            body: None,
            version: 0,
        }
    }

    /// Done, with a result.
    pub const fn with(id: u64, body: response::Body) -> Self {
        Self {
            id,
            code: 0,
            desc: String::new(),
            body: Some(body),
            version: 0,
        }
    }

    /// The same, with the version of what the request changed.
    #[must_use]
    pub fn at_version(self, version: u64) -> Self {
        Self { version, ..self }
    }

    /// Refused, and why.
    pub fn refused(id: u64, code: i32, desc: impl Into<String>) -> Self {
        Self {
            id,
            code,
            desc: desc.into(),
            body: None,
            version: 0,
        }
    }
}

impl v1::Closing {
    /// The connection ends, and why.
    pub fn new(code: i32, desc: impl Into<String>) -> Self {
        Self {
            code,
            desc: desc.into(),
        }
    }
}

impl v1::Kicked {
    /// Logged out by someone else, and why.
    pub fn new(code: i32, desc: impl Into<String>) -> Self {
        Self {
            code,
            desc: desc.into(),
        }
    }
}

/// Without the UserSig: whoever has it can log in as the user.
impl fmt::Debug for v1::Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login")
            .field("app_id", &self.app_id)
            .field("user_id", &self.user_id)
            .field("platform", &self.platform)
            .field("reconnect", &self.reconnect)
            .field("known", &self.known.len())
            .finish_non_exhaustive()
    }
}

/// Without the UserSig.
impl fmt::Debug for v1::RenewSig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RenewSig").finish_non_exhaustive()
    }
}
