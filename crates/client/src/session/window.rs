//! What the server would refuse as too frequent, known beforehand (G3, W1, R1).

use super::RequestId;
use crate::{Instant, Request};
use std::collections::VecDeque;
use std::time::Duration;
use userstatus_core::Limits;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Query,
    Subscribe,
    Unsubscribe,
    /// About friends and blocks. Of a list in pages the first counts.
    Friends,
}

impl Kind {
    pub(super) const fn of(request: &Request) -> Option<Self> {
        match request {
            Request::GetUserStatus(_) => Some(Self::Query),
            Request::Subscribe(_) => Some(Self::Subscribe),
            Request::Unsubscribe(_) => Some(Self::Unsubscribe),
            Request::AddFriend(_)
            | Request::DeleteFriends { .. }
            | Request::ListFriends
            | Request::Block(_)
            | Request::Unblock(_)
            | Request::ListBlocked => Some(Self::Friends),
            Request::Login { .. }
            | Request::Logout
            | Request::SetSelfStatus(_)
            | Request::SetUserDefinedData(_) => None,
        }
    }
}

/// The requests of each kind that the server has counted or will count. It counts those it grants, so one that fails is
/// taken out again. The server counts a request when it arrives, later than here: by the limits of the last login, what is refused
/// here it would refuse too.
#[derive(Debug, Default)]
pub(super) struct Windows([VecDeque<(Instant, RequestId)>; 4]);

impl Windows {
    /// Whether one more fits; if so, it is counted.
    pub(super) fn admit(
        &mut self,
        kind: Kind,
        id: RequestId,
        limits: &Limits,
        now: Instant,
    ) -> bool {
        let window = &mut self.0[kind as usize];
        let length = Duration::from_millis(u64::from(limits.window_ms));
        while window
            .front()
            .is_some_and(|(at, _)| now.duration_since(*at) >= length)
        {
            window.pop_front();
        }
        if window.len() >= limits.requests_per_window as usize {
            return false;
        }
        window.push_back((now, id));
        true
    }

    pub(super) fn forget(&mut self, kind: Kind, id: RequestId) {
        self.0[kind as usize].retain(|(_, counted)| *counted != id);
    }
}
