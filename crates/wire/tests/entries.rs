//! A frame within its cap on bytes cannot unfold into much more memory than it took.
#![allow(clippy::unwrap_used, reason = "tests, and what helps them")]

use bytes::BytesMut;
use userstatus_wire::v1::{self, request, response};
use userstatus_wire::{
    CLIENT_FRAME_BYTES_MAX, CLIENT_FRAME_ENTRIES_MAX, SERVER_FRAME_ENTRIES_MAX, WireError,
    decode_client_frame, decode_server_frame, encode_client_frame, encode_server_frame,
};

/// Makes a frame with a list of so many entries.
type Make<F> = fn(usize) -> F;

fn decode_client(frame: &v1::ClientFrame) -> Result<v1::ClientFrame, WireError> {
    let mut out = BytesMut::new();
    encode_client_frame(frame, CLIENT_FRAME_BYTES_MAX, &mut out)?;
    decode_client_frame(&out[4..])
}

fn decode_server(frame: &v1::ServerFrame) -> Result<v1::ServerFrame, WireError> {
    let mut out = BytesMut::new();
    encode_server_frame(frame, &mut out)?;
    decode_server_frame(&out[4..])
}

#[test]
fn every_list_of_a_client_is_counted() {
    // With a field more: a scalar beside the entries counts as one.
    let lists: [(&str, Make<v1::ClientFrame>); 6] = [
        ("features", |count| {
            v1::Hello {
                features: vec![String::new(); count],
                ..Default::default()
            }
            .into()
        }),
        ("known", |count| {
            let known = vec![v1::KnownVersion::default(); count];
            let login = v1::Login {
                known,
                ..Default::default()
            };
            v1::Request::new(1, request::Body::Login(login)).into()
        }),
        ("get", |count| {
            let user_ids = vec![String::new(); count];
            let get = v1::GetUserStatus { user_ids };
            v1::Request::new(1, request::Body::GetUserStatus(get)).into()
        }),
        ("subscribe", |count| {
            let user_ids = vec![String::new(); count];
            let subscribe = v1::Subscribe { user_ids };
            v1::Request::new(1, request::Body::Subscribe(subscribe)).into()
        }),
        ("unsubscribe", |count| {
            let user_ids = vec![String::new(); count];
            let unsubscribe = v1::Unsubscribe { user_ids };
            v1::Request::new(1, request::Body::Unsubscribe(unsubscribe)).into()
        }),
        ("delete friends", |count| {
            let user_ids = vec![String::new(); count];
            let delete = v1::DeleteFriends {
                user_ids,
                both: false,
            };
            v1::Request::new(1, request::Body::DeleteFriends(delete)).into()
        }),
    ];
    for (name, of) in lists {
        for count in [1, CLIENT_FRAME_ENTRIES_MAX - 1, CLIENT_FRAME_ENTRIES_MAX] {
            assert_eq!(decode_client(&of(count)), Ok(of(count)), "{name}");
        }
        for count in [CLIENT_FRAME_ENTRIES_MAX + 1, 100_000] {
            let error = WireError::TooManyEntries {
                entries: count,
                entries_max: CLIENT_FRAME_ENTRIES_MAX,
            };
            assert_eq!(decode_client(&of(count)), Err(error), "{name}");
        }
    }
}

#[test]
fn every_list_of_a_server_is_counted() {
    let lists: [(&str, Make<v1::ServerFrame>); 7] = [
        ("welcome", |count| {
            v1::Welcome {
                features: vec![String::new(); count],
                ..Default::default()
            }
            .into()
        }),
        ("statuses", |count| {
            let statuses = vec![v1::UserStatus::default(); count];
            let body = response::Body::Statuses(v1::StatusList { statuses });
            v1::Response::with(1, body).into()
        }),
        ("friend results", |count| {
            let results = vec![v1::FriendResult::default(); count];
            let body = response::Body::FriendResults(v1::FriendResults { results });
            v1::Response::with(1, body).into()
        }),
        ("friends", |count| {
            let friends = vec![v1::Friend::default(); count];
            let body = response::Body::Friends(v1::FriendList {
                friends,
                more: false,
            });
            v1::Response::with(1, body).into()
        }),
        ("push", |count| {
            v1::StatusPush {
                statuses: vec![v1::UserStatus::default(); count],
            }
            .into()
        }),
        ("friends added", |count| {
            v1::FriendsChanged {
                added: vec![String::new(); count],
                deleted: Vec::new(),
            }
            .into()
        }),
        ("friends deleted", |count| {
            v1::FriendsChanged {
                added: Vec::new(),
                deleted: vec![String::new(); count],
            }
            .into()
        }),
    ];
    for (name, of) in lists {
        for count in [1, SERVER_FRAME_ENTRIES_MAX - 1, SERVER_FRAME_ENTRIES_MAX] {
            assert_eq!(decode_server(&of(count)), Ok(of(count)), "{name}");
        }
        let count = SERVER_FRAME_ENTRIES_MAX + 1;
        let error = WireError::TooManyEntries {
            entries: count,
            entries_max: SERVER_FRAME_ENTRIES_MAX,
        };
        assert_eq!(decode_server(&of(count)), Err(error), "{name}");
    }
}

#[test]
fn entries_are_counted_over_repeated_bodies() {
    // One request in the frame, given as two parts that merge: half of the entries in each.
    let half = v1::Subscribe {
        user_ids: vec![String::new(); CLIENT_FRAME_ENTRIES_MAX / 2 + 1],
    };
    let mut frame = BytesMut::new();
    let part = v1::Request::new(1, request::Body::Subscribe(half)).into();
    encode_client_frame(&part, CLIENT_FRAME_BYTES_MAX, &mut frame).unwrap();
    let body = &frame[4..];
    assert!(decode_client_frame(body).is_ok());
    let twice = [body, body].concat();
    assert!(matches!(
        decode_client_frame(&twice),
        Err(WireError::TooManyEntries { .. })
    ));
}

#[test]
fn a_long_text_is_not_mistaken_for_entries() {
    // The text reads like fields, if one reads it as fields.
    let custom_status = "\u{8}\u{1}".repeat(50_000);
    let set = v1::SetSelfStatus { custom_status };
    let frame = v1::Request::new(1, request::Body::SetSelfStatus(set)).into();
    assert_eq!(decode_client(&frame), Ok(frame));
}

#[test]
fn the_largest_answers_the_limits_allow_fit_their_frame() {
    // 10,000 friends is the most an app can be set to.
    let friend = v1::Friend {
        user_id: "u".repeat(32),
        remark: "r".repeat(userstatus_wire::FRIEND_REMARK_BYTES_MAX),
        group_name: "g".repeat(userstatus_wire::FRIEND_GROUP_NAME_BYTES_MAX),
        add_source: "s".repeat(userstatus_wire::FRIEND_ADD_SOURCE_BYTES_MAX),
        add_wording: "w".repeat(userstatus_wire::FRIEND_ADD_WORDING_BYTES_MAX),
        add_time_s: u64::MAX,
    };
    let friends = response::Body::Friends(v1::FriendList {
        friends: vec![friend; 10_000],
        more: true,
    });
    let frame = v1::Response::with(u64::MAX, friends).into();
    assert_eq!(decode_server(&frame), Ok(frame));
    // So are 1,000 users in a query, with custom statuses of 4,096 bytes.
    let status = v1::UserStatus {
        user_id: "u".repeat(32),
        version: u64::MAX,
        normal: 1,
        custom_status: "c".repeat(4_096),
        online_platforms: (0..=8).collect(),
    };
    let statuses = response::Body::Statuses(v1::StatusList {
        statuses: vec![status; 1_000],
    });
    let frame = v1::Response::with(u64::MAX, statuses).into();
    assert_eq!(decode_server(&frame), Ok(frame));
}

#[test]
fn the_largest_requests_the_limits_allow_fit_their_frame() {
    let user_ids = vec!["u".repeat(32); 1_000];
    let get = request::Body::GetUserStatus(v1::GetUserStatus { user_ids });
    let frame = v1::Request::new(u64::MAX, get).into();
    assert_eq!(decode_client(&frame), Ok(frame));
    let known = v1::KnownVersion {
        user_id: "u".repeat(32),
        version: u64::MAX,
        watched: 2,
    };
    let login = v1::Login {
        app_id: u64::MAX,
        user_id: "u".repeat(32),
        user_sig: "s".repeat(userstatus_wire::USER_SIG_BYTES_MAX),
        platform: 8,
        instance_id: vec![0xff; userstatus_wire::INSTANCE_ID_BYTES],
        reconnect: true,
        known: vec![known; 5_000],
        user_defined_data: vec![0xff; userstatus_wire::USER_DEFINED_DATA_BYTES_MAX],
        custom_status: "c".repeat(4_096),
        custom_status_version: u64::MAX,
        subscriptions_version: u64::MAX,
        subscriptions_may_have_ended: true,
    };
    let frame = v1::Request::new(u64::MAX, request::Body::Login(login)).into();
    assert_eq!(decode_client(&frame), Ok(frame));
}
