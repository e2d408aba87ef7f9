//! The bytes in `docs/protocol.md` are those the encoder writes, and the caps there are the constants here.
#![allow(clippy::unwrap_used, reason = "tests, and what helps them")]

use bytes::BytesMut;
use userstatus_wire::v1::{self, request, response};
use userstatus_wire::{CLIENT_FRAME_BYTES_MAX, encode_client_frame, encode_server_frame};

const DOCUMENT: &str = include_str!("../../../docs/protocol.md");

/// The bytes of each `hex` block: comments behind `#` dropped.
fn hex_blocks() -> Vec<Vec<u8>> {
    DOCUMENT
        .split("```hex\n")
        .skip(1)
        .map(|rest| {
            let (block, _) = rest.split_once("```").unwrap();
            block
                .lines()
                .flat_map(|line| line.split('#').next().unwrap().split_whitespace())
                .map(|byte| u8::from_str_radix(byte, 16).unwrap())
                .collect()
        })
        .collect()
}

fn from_client(frame: impl Into<v1::ClientFrame>) -> Vec<u8> {
    let mut out = BytesMut::new();
    encode_client_frame(&frame.into(), CLIENT_FRAME_BYTES_MAX, &mut out).unwrap();
    out.to_vec()
}

fn from_server(frame: impl Into<v1::ServerFrame>) -> Vec<u8> {
    let mut out = BytesMut::new();
    encode_server_frame(&frame.into(), &mut out).unwrap();
    out.to_vec()
}

#[test]
fn the_worked_example_is_what_the_encoder_writes() {
    let login = v1::Login {
        app_id: 1_400_000_000,
        user_id: "alice".into(),
        user_sig: "SIG".into(),
        platform: v1::Platform::Linux as u32,
        instance_id: (0..16).collect(),
        ..Default::default()
    };
    let welcome = v1::Welcome {
        protocol: 1,
        features: Vec::new(),
        server_version: "0.1.0".into(),
        server_time_ms: 1_800_000_000_000,
        frame_bytes_max: u32::try_from(CLIENT_FRAME_BYTES_MAX).unwrap(),
        heartbeat_interval_ms: userstatus_wire::HEARTBEAT_INTERVAL_MS,
    };
    let online = |user_id: &str, version, platform, custom_status: &str| v1::UserStatus {
        user_id: user_id.into(),
        version,
        normal: v1::NormalStatus::Online as i32,
        custom_status: custom_status.into(),
        online_platforms: vec![platform as u32],
    };
    let login_result = v1::LoginResult {
        server_time_ms: 1_800_000_000_001,
        subscriptions_kept: false,
        limits: Some(v1::Limits {
            requests_per_window: 20,
            window_ms: 5_000,
            query_users_max: 500,
            subscribe_users_max: 100,
            subscriptions_max: 200,
            custom_status_bytes_max: 100,
            heartbeat_interval_ms: userstatus_wire::HEARTBEAT_INTERVAL_MS,
            subscriptions_keep_ms: 600_000,
        }),
        self_: Some(online(
            "alice",
            1_843_200_000_001_024,
            v1::Platform::Linux,
            "",
        )),
        subscriptions_version: 0,
        subscriptions: Vec::new(),
        subscriptions_lost: false,
    };
    let subscribe = request::Body::Subscribe(v1::Subscribe {
        user_ids: vec!["bob".into()],
    });
    let unheard = v1::UserStatus {
        user_id: "bob".into(),
        ..Default::default()
    };
    let subscribed = response::Body::Statuses(v1::StatusList {
        statuses: vec![unheard],
    });
    let bob = online(
        "bob",
        1_843_200_004_096_000,
        v1::Platform::Android,
        "in a match",
    );
    let encoded = [
        ("hello", from_client(v1::Hello::new("example", "1.0"))),
        (
            "login",
            from_client(v1::Request::new(1, request::Body::Login(login))),
        ),
        ("welcome", from_server(welcome)),
        (
            "login result",
            from_server(v1::Response::with(1, response::Body::Login(login_result))),
        ),
        ("subscribe", from_client(v1::Request::new(2, subscribe))),
        ("subscribed", from_server(v1::Response::with(2, subscribed))),
        (
            "push",
            from_server(v1::StatusPush {
                statuses: vec![bob],
            }),
        ),
    ];
    let documented = hex_blocks();
    assert_eq!(documented.len(), encoded.len());
    for ((name, encoded), documented) in encoded.iter().zip(documented) {
        assert_eq!(hex(&documented), hex(encoded), "{name}");
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x} ")).collect()
}

#[test]
fn the_caps_in_the_document_are_the_constants() {
    let (_, caps) = DOCUMENT.split_once("\n## Caps\n").unwrap();
    let (caps, _) = caps.split_once("\n## ").unwrap();
    let caps = caps.replace(',', "");
    let number_after = |text: &str| -> usize {
        let (_, rest) = caps.split_once(text).unwrap_or_else(|| panic!("{text}"));
        let digits = rest.trim_start_matches(|c: char| !c.is_ascii_digit());
        digits
            .split(|c: char| !c.is_ascii_digit())
            .next()
            .unwrap()
            .parse()
            .unwrap()
    };
    for (text, constant) in [
        ("(`Hello`)", userstatus_wire::HELLO_BYTES_MAX),
        ("frames from a client", CLIENT_FRAME_BYTES_MAX),
        (
            "frames from a server",
            userstatus_wire::SERVER_FRAME_BYTES_MAX,
        ),
        (
            "list entries in one frame",
            userstatus_wire::CLIENT_FRAME_ENTRIES_MAX,
        ),
        ("UserSig", userstatus_wire::USER_SIG_BYTES_MAX),
        ("instance id", userstatus_wire::INSTANCE_ID_BYTES),
        (
            "user-defined data",
            userstatus_wire::USER_DEFINED_DATA_BYTES_MAX,
        ),
        ("remark", userstatus_wire::FRIEND_REMARK_BYTES_MAX),
        ("group name", userstatus_wire::FRIEND_GROUP_NAME_BYTES_MAX),
        ("add source", userstatus_wire::FRIEND_ADD_SOURCE_BYTES_MAX),
        ("add wording", userstatus_wire::FRIEND_ADD_WORDING_BYTES_MAX),
    ] {
        assert_eq!(number_after(text), constant, "{text}");
    }
    assert_eq!(
        number_after("8192 from a client"),
        userstatus_wire::SERVER_FRAME_ENTRIES_MAX
    );
}
