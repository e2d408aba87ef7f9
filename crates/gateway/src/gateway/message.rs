//! Core's types as wire messages.

use userstatus_core::{Friend, Limits, Platform, UserStatus};
use userstatus_wire::v1;

pub(crate) fn status_message(status: &UserStatus) -> v1::UserStatus {
    v1::UserStatus {
        user_id: status.user.as_str().to_owned(),
        version: status.version.0,
        normal: status.normal.number(),
        custom_status: status.custom.as_str().to_owned(),
        online_platforms: status
            .platforms
            .iter()
            .copied()
            .map(Platform::number)
            .collect(),
    }
}

pub(crate) fn limits_message(limits: &Limits) -> v1::Limits {
    v1::Limits {
        requests_per_window: limits.requests_per_window,
        window_ms: limits.window_ms,
        query_users_max: limits.query_users_max,
        subscribe_users_max: limits.subscribe_users_max,
        subscriptions_max: limits.subscriptions_max,
        custom_status_bytes_max: limits.custom_status_bytes_max,
        heartbeat_interval_ms: limits.heartbeat_interval_ms,
        subscriptions_keep_ms: limits.subscriptions_keep_ms,
    }
}

pub(crate) fn friend_message(friend: &Friend) -> v1::Friend {
    v1::Friend {
        user_id: friend.user.as_str().to_owned(),
        remark: friend.remark.to_string(),
        group_name: friend.group_name.to_string(),
        add_source: friend.add_source.to_string(),
        add_wording: friend.add_wording.to_string(),
        add_time_s: friend.added_at.as_s(),
    }
}
