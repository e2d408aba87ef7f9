//! What operators see of requests.

use std::time::Duration;
use userstatus_core::Code;
use userstatus_meters::{Counter, Counters, Histogram, Kind, kinds};
use userstatus_store::{NotDurable, StoreError};
use userstatus_wire::v1::request;

/// Bounds of what a request takes, in microseconds.
const REQUEST_BOUNDS: &[u64] = &[
    10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000,
    1_000_000, 5_000_000,
];

kinds! {
    /// What clients ask.
    pub enum Asked {
        /// To be let in.
        Login = "login",
        /// To be logged out.
        Logout = "logout",
        /// To change one's custom status.
        SetSelfStatus = "set_self_status",
        /// What others are at.
        GetUserStatus = "get_user_status",
        /// To be told of others.
        Subscribe = "subscribe",
        /// Not to be told any more.
        Unsubscribe = "unsubscribe",
        /// A new UserSig for a session.
        RenewSig = "renew_sig",
        /// A friend more.
        AddFriend = "add_friend",
        /// Friends less.
        DeleteFriends = "delete_friends",
        /// A page of friends.
        ListFriends = "list_friends",
        /// Not to be seen by somebody.
        Block = "block",
        /// To be seen again.
        Unblock = "unblock",
        /// A page of those blocked.
        ListBlocked = "list_blocked",
        /// Data for webhooks.
        SetUserDefinedData = "set_user_defined_data",
        /// Something newer than this server.
        Unknown = "unknown",
    }
}

kinds! {
    /// What became of a request.
    pub enum Answered {
        /// It was done.
        Ok = "ok",
        /// The rules say no.
        Refused = "refused",
        /// The server could not.
        Failed = "failed",
    }
}

kinds! {
    /// Why a record was not made although the rules allow it.
    pub enum RecordFailure {
        /// The disk refused.
        Failed = "disk_failed",
        /// The disk does not answer.
        Stalled = "disk_stalled",
        /// Others changed the account all the time.
        Contended = "contended",
        /// The store cannot be reached.
        Unreachable = "unreachable",
    }
}

/// Requests of one kind.
#[derive(Debug)]
pub struct RequestMeters {
    /// By what became of them.
    pub answered: Counters<Answered>,
    /// How long they took, in microseconds.
    pub took: Histogram,
}

/// What the gateway counts.
#[derive(Debug)]
pub struct GatewayMeters {
    requests: Box<[RequestMeters]>,
    /// Requests that were refused, or failed, but for logins.
    pub requests_refused: CodeCounters,
    /// Logins that were.
    pub logins_refused: CodeCounters,
    /// Records that were not made although the rules allow them.
    pub records_failed: Counters<RecordFailure>,
}

/// A counter for each code.
#[derive(Debug)]
pub struct CodeCounters(Box<[Counter]>);

impl Default for GatewayMeters {
    fn default() -> Self {
        Self {
            requests: Asked::ALL
                .iter()
                .map(|_| RequestMeters {
                    answered: Counters::default(),
                    took: Histogram::new(REQUEST_BOUNDS),
                })
                .collect(),
            requests_refused: CodeCounters::default(),
            logins_refused: CodeCounters::default(),
            records_failed: Counters::default(),
        }
    }
}

impl GatewayMeters {
    /// Requests of each kind.
    pub fn requests(&self) -> impl Iterator<Item = (Asked, &RequestMeters)> {
        Asked::ALL.iter().copied().zip(&self.requests)
    }

    /// Requests of one kind.
    pub fn of(&self, asked: Asked) -> &RequestMeters {
        &self.requests[asked.place()]
    }

    /// A request was answered with this code.
    pub(super) fn answered(&self, asked: Asked, code: Code, took: Duration) {
        let meters = self.of(asked);
        meters.answered.count(Answered::of(code));
        meters.took.add_time(took);
        match (asked, code) {
            (_, Code::Ok) => {}
            (Asked::Login, _) => self.logins_refused.count(code),
            _ => self.requests_refused.count(code),
        }
    }

    pub(super) fn record_failed(&self, error: &StoreError) {
        self.records_failed.count(match error {
            StoreError::NotDurable(NotDurable::Failed) => RecordFailure::Failed,
            StoreError::NotDurable(NotDurable::Stalled) => RecordFailure::Stalled,
            StoreError::Contended => RecordFailure::Contended,
            StoreError::Unreachable(_) => RecordFailure::Unreachable,
        });
    }
}

impl Answered {
    const fn of(code: Code) -> Self {
        match code {
            Code::Ok => Self::Ok,
            Code::Internal => Self::Failed,
            _ => Self::Refused,
        }
    }
}

impl Asked {
    pub(super) const fn by(request: Option<&request::Body>) -> Self {
        match request {
            Some(request::Body::Login(_)) => Self::Login,
            Some(request::Body::Logout(_)) => Self::Logout,
            Some(request::Body::SetSelfStatus(_)) => Self::SetSelfStatus,
            Some(request::Body::GetUserStatus(_)) => Self::GetUserStatus,
            Some(request::Body::Subscribe(_)) => Self::Subscribe,
            Some(request::Body::Unsubscribe(_)) => Self::Unsubscribe,
            Some(request::Body::RenewSig(_)) => Self::RenewSig,
            Some(request::Body::AddFriend(_)) => Self::AddFriend,
            Some(request::Body::DeleteFriends(_)) => Self::DeleteFriends,
            Some(request::Body::ListFriends(_)) => Self::ListFriends,
            Some(request::Body::Block(_)) => Self::Block,
            Some(request::Body::Unblock(_)) => Self::Unblock,
            Some(request::Body::ListBlocked(_)) => Self::ListBlocked,
            Some(request::Body::SetUserDefinedData(_)) => Self::SetUserDefinedData,
            None => Self::Unknown,
        }
    }
}

impl Default for CodeCounters {
    fn default() -> Self {
        Self(Code::ALL.iter().map(|_| Counter::default()).collect())
    }
}

impl CodeCounters {
    /// One more.
    pub fn count(&self, code: Code) {
        let place = Code::ALL.iter().position(|other| *other == code);
        // Every code is one of all.
        if let Some(counter) = place.and_then(|place| self.0.get(place)) {
            counter.count();
        }
    }

    /// Those of which there were any.
    pub fn each(&self) -> impl Iterator<Item = (Code, u64)> {
        let all = Code::ALL.iter().zip(&self.0);
        all.map(|(code, counter)| (*code, counter.total()))
            .filter(|(_, count)| *count > 0)
    }
}
