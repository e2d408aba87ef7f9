//! The app's limits, as the server named them at the last login (P3).

use crate::{Error, Request};
use std::collections::HashSet;
use userstatus_core::{Code, Limits};
use userstatus_wire::v1;

/// Those a server does not name are taken to be the defaults.
pub(super) fn limits_of(message: Option<&v1::Limits>) -> Limits {
    let mut limits = Limits::default();
    let Some(message) = message else {
        return limits;
    };
    for (limit, named) in [
        (&mut limits.requests_per_window, message.requests_per_window),
        (&mut limits.window_ms, message.window_ms),
        (&mut limits.query_users_max, message.query_users_max),
        (&mut limits.subscribe_users_max, message.subscribe_users_max),
        (&mut limits.subscriptions_max, message.subscriptions_max),
        (
            &mut limits.custom_status_bytes_max,
            message.custom_status_bytes_max,
        ),
    ] {
        if named != 0 {
            *limit = named;
        }
    }
    // Not the default: a server that does not say may have another, and what is read from it is whether a list can have ended.
    limits.subscriptions_keep_ms = message.subscriptions_keep_ms;
    limits
}

/// Refuses what is longer than the server takes (C5, G3, W1).
pub(super) fn check_limits(request: &Request, limits: &Limits) -> Result<(), Error> {
    let (count, max, what) = match request {
        Request::SetSelfStatus(custom) => (
            custom.len(),
            limits.custom_status_bytes_max,
            "bytes of custom status",
        ),
        Request::GetUserStatus(users) => (
            distinct(users),
            limits.query_users_max,
            "users in one request",
        ),
        Request::Subscribe(users) | Request::Unsubscribe(users) => (
            distinct(users),
            limits.subscribe_users_max,
            "users in one request",
        ),
        Request::Login { .. }
        | Request::Logout
        | Request::AddFriend(_)
        | Request::DeleteFriends { .. }
        | Request::ListFriends
        | Request::Block(_)
        | Request::Unblock(_)
        | Request::ListBlocked
        | Request::SetUserDefinedData(_) => return Ok(()),
    };
    if count > max as usize {
        let desc = format!("{count} {what}; at most {max} are allowed");
        return Err(Error::with(Code::InvalidParameters, desc));
    }
    Ok(())
}

fn distinct(users: &[String]) -> usize {
    users.iter().collect::<HashSet<_>>().len()
}
