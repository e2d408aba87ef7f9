//! Requests and answers as messages of the protocol.

use super::RequestId;
use crate::{Answer, Friend, FriendResult, Request, UserStatus};
use prost::Message;
use userstatus_wire::v1;

/// Two tags with lengths of up to three bytes, an id, and the flag.
const LOGIN_AROUND_BYTES: usize = 2 * 4 + 11 + 2;

pub(super) fn login_frame(id: RequestId, login: v1::Login) -> v1::ClientFrame {
    frame(id, v1::request::Body::Login(login), false)
}

pub(super) fn request_frame(id: RequestId, request: &Request, resent: bool) -> v1::ClientFrame {
    use v1::request::Body;
    let body = match request {
        // Built with the session's own data by `login_frame`.
        Request::Login { .. } => Body::Login(v1::Login::default()),
        Request::Logout => Body::Logout(v1::Logout {}),
        Request::SetSelfStatus(custom_status) => Body::SetSelfStatus(v1::SetSelfStatus {
            custom_status: custom_status.clone(),
        }),
        Request::GetUserStatus(user_ids) => Body::GetUserStatus(v1::GetUserStatus {
            user_ids: user_ids.clone(),
        }),
        Request::Subscribe(user_ids) => Body::Subscribe(v1::Subscribe {
            user_ids: user_ids.clone(),
        }),
        Request::Unsubscribe(user_ids) => Body::Unsubscribe(v1::Unsubscribe {
            user_ids: user_ids.clone(),
        }),
        Request::AddFriend(friend) => Body::AddFriend(v1::AddFriend {
            user_id: friend.user_id.clone(),
            both: friend.both,
            remark: friend.remark.clone(),
            group_name: friend.group_name.clone(),
            add_source: friend.add_source.clone(),
            add_wording: friend.add_wording.clone(),
        }),
        Request::DeleteFriends { user_ids, both } => Body::DeleteFriends(v1::DeleteFriends {
            user_ids: user_ids.clone(),
            both: *both,
        }),
        Request::ListFriends => Body::ListFriends(v1::ListFriends::default()),
        Request::Block(user_ids) => Body::Block(v1::Block {
            user_ids: user_ids.clone(),
        }),
        Request::Unblock(user_ids) => Body::Unblock(v1::Unblock {
            user_ids: user_ids.clone(),
        }),
        Request::ListBlocked => Body::ListBlocked(v1::ListBlocked::default()),
        Request::SetUserDefinedData(data) => {
            Body::SetUserDefinedData(v1::SetUserDefinedData { data: data.clone() })
        }
    };
    frame(id, body, resent)
}

/// A page of a list, behind the user `after`.
pub(super) fn page_frame(
    id: RequestId,
    request: &Request,
    after: &str,
    resent: bool,
) -> v1::ClientFrame {
    use v1::request::Body;
    let after = after.to_owned();
    let body = match request {
        Request::ListBlocked => Body::ListBlocked(v1::ListBlocked { after }),
        _ => Body::ListFriends(v1::ListFriends { after }),
    };
    frame(id, body, resent)
}

/// A new UserSig for who is logged in.
pub(super) fn renewal_frame(id: RequestId, user_sig: &str, resent: bool) -> v1::ClientFrame {
    let user_sig = user_sig.to_owned();
    frame(
        id,
        v1::request::Body::RenewSig(v1::RenewSig { user_sig }),
        resent,
    )
}

pub(super) fn encoded_len(frame: &v1::ClientFrame) -> usize {
    frame.encoded_len()
}

/// At least the length of a frame with this login, whatever its request id.
pub(super) fn login_len(login: &v1::Login) -> usize {
    login.encoded_len() + LOGIN_AROUND_BYTES
}

pub(super) fn answer(body: Option<v1::response::Body>) -> Answer {
    use v1::response::Body;
    match body {
        Some(Body::Statuses(list)) => {
            Answer::Statuses(list.statuses.into_iter().map(UserStatus::from).collect())
        }
        Some(Body::FriendResults(list)) => {
            Answer::FriendResults(list.results.into_iter().map(FriendResult::from).collect())
        }
        // Lists are made of pages.
        Some(Body::Login(_) | Body::Friends(_) | Body::Blocked(_)) | None => Answer::Done,
    }
}

/// One page of a list, of friends or of bare users.
pub(super) struct Page {
    pub(super) entries: Vec<(String, Option<Friend>)>,
    pub(super) more: bool,
}

pub(super) fn page(body: Option<v1::response::Body>) -> Page {
    use v1::response::Body;
    match body {
        Some(Body::Friends(list)) => Page {
            entries: list
                .friends
                .into_iter()
                .map(|friend| (friend.user_id.clone(), Some(Friend::from(friend))))
                .collect(),
            more: list.more,
        },
        Some(Body::Blocked(list)) => Page {
            entries: list.user_ids.into_iter().map(|user| (user, None)).collect(),
            more: list.more,
        },
        _ => Page {
            entries: Vec::new(),
            more: false,
        },
    }
}

fn frame(id: RequestId, body: v1::request::Body, resent: bool) -> v1::ClientFrame {
    v1::Request {
        id: id.0,
        resent,
        body: Some(body),
    }
    .into()
}
