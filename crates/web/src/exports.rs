//! What the page calls. An export is three steps: convert, call, convert; there is nothing else here.
//!
//! - A **client** is a number above 0, from [`us_new`]. A number that is none is answered -6013, one that was freed too.
//! - **What goes in** is written to the place that [`us_input`] hands out; the next call that takes an input uses it.
//! - **What comes out** stands at [`us_output_at`] until the next call; its length is what the call returned.
//! - **Calls that fail** return a code of `docs/protocol.md` below 0, and have changed nothing.
//! - **Time** is in milliseconds, from wherever the page begins to count; it never falls.
//!
//! After each call that may have changed something the page asks [`us_output`], [`us_action`] and [`us_transmit`] until there is nothing
//! more, and sets one timer to [`us_next_timeout`].
#![allow(
    unsafe_code,
    reason = "an export's name is a promise that no other symbol has it; nothing else here is unsafe"
)]

use crate::page::{Page, Refused};
use std::cell::RefCell;
use userstatus_client::session::Action;
use userstatus_client::{LoginStatus, NetworkChange};
use userstatus_core::Code;

/// What page and module have to agree on; another number is another set of exports, or another JSON.
pub const VERSION: i32 = 1;

thread_local! {
    // A module has one thread.
    static PAGE: RefCell<Page> = RefCell::new(Page::new());
}

/// [`VERSION`] of this module.
#[unsafe(no_mangle)]
pub extern "C" fn us_version() -> i32 {
    VERSION
}

/// Where the next call's input is to be written, for so many bytes; NULL if that is more than [`INPUT_BYTES_MAX`](crate::INPUT_BYTES_MAX).
#[unsafe(no_mangle)]
pub extern "C" fn us_input(bytes: usize) -> *mut u8 {
    with(|page| {
        page.input(bytes)
            .map_or(std::ptr::null_mut(), <[u8]>::as_mut_ptr)
    })
}

/// Where the last call's output stands.
#[unsafe(no_mangle)]
pub extern "C" fn us_output_at() -> *const u8 {
    with(|page| page.output().as_ptr())
}

/// Makes a client; input: `{"appId": 1400000001, "random": [24 bytes], "heartbeatIntervalMs": 30000}`, the last one optional. -6017: that is
/// not what the input is; -7008: there are [`CLIENTS_MAX`](crate::CLIENTS_MAX) already.
#[unsafe(no_mangle)]
pub extern "C" fn us_new() -> i32 {
    number(with(Page::open).map(|handle| i32::try_from(handle).unwrap_or(i32::MAX)))
}

/// Forgets a client, without another word.
#[unsafe(no_mangle)]
pub extern "C" fn us_free(client: u32) -> i32 {
    done(with(|page| page.free(client)))
}

/// Hands in a request; input: `{"subscribe": ["bob"]}`, `"logout"` and so on. Returns its number, above 0, with which its answer comes; perhaps at
/// once. -6017: the input is no request.
#[unsafe(no_mangle)]
pub extern "C" fn us_submit(client: u32, now_ms: f64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "nobody makes 2^53 requests")]
    match with(|page| page.submit(client, now_ms)) {
        Ok(id) => id.0 as f64,
        Err(refused) => f64::from(code(refused)),
    }
}

/// The socket is open.
#[unsafe(no_mangle)]
pub extern "C" fn us_connected(client: u32, now_ms: f64) -> i32 {
    done(with(|page| page.connected(client, now_ms)))
}

/// The socket is closed, or could not be opened; input: why, as text.
#[unsafe(no_mangle)]
pub extern "C" fn us_disconnected(client: u32, now_ms: f64) -> i32 {
    done(with(|page| page.disconnected(client, now_ms)))
}

/// Something came; input: the bytes. A long message may be handed in in parts.
#[unsafe(no_mangle)]
pub extern "C" fn us_received(client: u32, now_ms: f64) -> i32 {
    done(with(|page| page.received(client, now_ms)))
}

/// Time has passed.
#[unsafe(no_mangle)]
pub extern "C" fn us_timeout(client: u32, now_ms: f64) -> i32 {
    done(with(|page| page.timed_out(client, now_ms)))
}

/// When [`us_timeout`] is next due; infinity: never.
#[unsafe(no_mangle)]
pub extern "C" fn us_next_timeout(client: u32) -> f64 {
    match with(|page| page.next_timeout_ms(client)) {
        Ok(at_ms) => at_ms.unwrap_or(f64::INFINITY),
        Err(refused) => f64::from(code(refused)),
    }
}

/// The browser says something of the network: 0 it is gone, 1 it is another, 2 it is back. -6017: another number.
#[unsafe(no_mangle)]
pub extern "C" fn us_network_changed(client: u32, change: u32, now_ms: f64) -> i32 {
    let change = match change {
        0 => NetworkChange::Gone,
        1 => NetworkChange::Changed,
        2 => NetworkChange::Back,
        _ => return code(Refused(Code::InvalidParameters)),
    };
    done(with(|page| page.network_changed(client, change, now_ms)))
}

/// The page is in the foreground again: find out whether the connection stands.
#[unsafe(no_mangle)]
pub extern "C" fn us_probe(client: u32, now_ms: f64) -> i32 {
    done(with(|page| page.probe(client, now_ms)))
}

/// What to do with the socket next: 0 nothing, 1 connect, 2 drop it after writing what [`us_transmit`] hands out, and say nothing of its end.
#[unsafe(no_mangle)]
pub extern "C" fn us_action(client: u32) -> i32 {
    number(with(|page| page.action(client)).map(|action| match action {
        None => 0,
        Some(Action::Connect) => 1,
        Some(Action::Close) => 2,
    }))
}

/// Output: bytes to be sent; returns how many, 0: none. They may be cut anywhere.
#[unsafe(no_mangle)]
pub extern "C" fn us_transmit(client: u32, now_ms: f64) -> i32 {
    number(with(|page| page.transmit(client, now_ms)).map(length))
}

/// Output: the next answer or event, as JSON; returns its length, 0: there is none.
#[unsafe(no_mangle)]
pub extern "C" fn us_output(client: u32) -> i32 {
    number(with(|page| page.tell(client)).map(length))
}

/// Where login stands, by the numbers of the C ABI: 1 logged in, 2 logging in, 3 logged out, 4 logging out.
#[unsafe(no_mangle)]
pub extern "C" fn us_login_status(client: u32) -> i32 {
    number(
        with(|page| page.login_status(client)).map(|status| match status {
            LoginStatus::LoggedIn => 1,
            LoginStatus::LoggingIn => 2,
            LoginStatus::LoggedOut => 3,
            LoginStatus::LoggingOut => 4,
        }),
    )
}

/// Output: who is logged in; returns its length, 0: nobody.
#[unsafe(no_mangle)]
pub extern "C" fn us_login_user(client: u32) -> i32 {
    number(with(|page| page.login_user(client)).map(length))
}

/// The server's clock, in milliseconds since the Unix epoch; 0 before the first connection.
#[unsafe(no_mangle)]
pub extern "C" fn us_server_time_ms(client: u32, now_ms: f64) -> f64 {
    match with(|page| page.server_time_ms(client, now_ms)) {
        Ok(server_ms) => server_ms.unwrap_or_default(),
        Err(refused) => f64::from(code(refused)),
    }
}

/// Ends everything, without a logout: what is pending is answered 7009, the connection is to be closed. [`us_free`] comes after that.
#[unsafe(no_mangle)]
pub extern "C" fn us_shut_down(client: u32) -> i32 {
    done(with(|page| page.shut_down(client)))
}

fn with<T>(call: impl FnOnce(&mut Page) -> T) -> T {
    PAGE.with_borrow_mut(call)
}

fn done(result: Result<(), Refused>) -> i32 {
    number(result.map(|()| 0))
}

fn number(result: Result<i32, Refused>) -> i32 {
    result.unwrap_or_else(code)
}

fn code(refused: Refused) -> i32 {
    -refused.0.number()
}

/// A module's memory ends at 4 GiB, and nothing in it is half as long.
fn length(bytes: usize) -> i32 {
    i32::try_from(bytes).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CLIENTS_MAX, INPUT_BYTES_MAX};
    use bytes::BytesMut;
    use serde_json::{Value, json};
    use userstatus_wire::{
        CLIENT_FRAME_BYTES_MAX, FrameDecoder, decode_client_frame, encode_server_frame, v1,
    };

    const INVALID: i32 = -6017;
    const NO_CLIENT: i32 = -6013;

    fn hand_in(bytes: &[u8]) {
        with(|page| {
            page.input(bytes.len())
                .expect("it is short enough")
                .copy_from_slice(bytes);
        });
    }

    fn handed_out(length: i32) -> Vec<u8> {
        let output = with(|page| page.output().to_vec());
        assert_eq!(i32::try_from(output.len()), Ok(length));
        output
    }

    fn open() -> u32 {
        hand_in(
            json!({"appId": 14, "random": vec![1; 24]})
                .to_string()
                .as_bytes(),
        );
        u32::try_from(us_new()).expect("a client")
    }

    fn ask(client: u32, request: &Value, now_ms: f64) -> f64 {
        hand_in(request.to_string().as_bytes());
        us_submit(client, now_ms)
    }

    fn told(client: u32) -> Vec<Value> {
        std::iter::from_fn(|| match us_output(client) {
            0 => None,
            length => Some(serde_json::from_slice(&handed_out(length)).expect("it is JSON")),
        })
        .collect()
    }

    fn sent(client: u32, now_ms: f64) -> Vec<v1::client_frame::Body> {
        let bytes = handed_out(us_transmit(client, now_ms));
        let mut chunk = &*bytes;
        let mut decoder = FrameDecoder::new(CLIENT_FRAME_BYTES_MAX);
        let mut frames = Vec::new();
        while let Some(body) = decoder.next_frame(&mut chunk).expect("frames") {
            let frame = decode_client_frame(&body).expect("a frame");
            frames.push(frame.body.expect("a known one"));
        }
        frames
    }

    fn frame(body: v1::server_frame::Body) -> Vec<u8> {
        let mut bytes = BytesMut::new();
        let frame = v1::ServerFrame { body: Some(body) };
        encode_server_frame(&frame, &mut bytes).expect("it is short");
        bytes.to_vec()
    }

    fn receive(client: u32, bytes: &[u8], now_ms: f64) {
        hand_in(bytes);
        assert_eq!(us_received(client, now_ms), 0);
    }

    /// A client that is logged in as alice.
    fn logged_in() -> u32 {
        let client = open();
        let login = json!({"login": {"userId": "alice", "userSig": "sig"}});
        let id = ask(client, &login, 1.0);
        assert!(id > 0.0);
        assert_eq!(us_action(client), 1);
        assert_eq!(us_action(client), 0);
        assert_eq!(us_connected(client, 2.0), 0);
        let frames = sent(client, 2.0);
        let [
            v1::client_frame::Body::Hello(_),
            v1::client_frame::Body::Request(request),
        ] = &*frames
        else {
            panic!("not a hello and a login: {frames:?}");
        };
        let welcome = v1::Welcome {
            server_time_ms: 1_800_000_000_000,
            ..v1::Welcome::default()
        };
        let answer = v1::Response {
            id: request.id,
            body: Some(v1::response::Body::Login(v1::LoginResult {
                server_time_ms: 1_800_000_000_500,
                ..v1::LoginResult::default()
            })),
            ..v1::Response::default()
        };
        let mut bytes = frame(v1::server_frame::Body::Welcome(welcome));
        bytes.extend(frame(v1::server_frame::Body::Response(answer)));
        for byte in bytes {
            receive(client, &[byte], 3.0);
        }
        let expected = [
            json!({"event": "connectionChanged", "value": {"state": "connecting", "reason": ""}}),
            json!({"event": "connectionChanged", "value": {"state": "connected", "reason": ""}}),
            json!({"done": request.id, "answer": null}),
        ];
        assert_eq!(told(client), expected);
        client
    }

    #[test]
    fn a_page_logs_in_asks_and_is_told() {
        let client = logged_in();
        assert_eq!(us_login_status(client), 1);
        assert_eq!(handed_out(us_login_user(client)), b"alice");
        assert!((us_server_time_ms(client, 103.0) - 1_800_000_000_600.0).abs() < 1.0);

        let id = ask(client, &json!({"setSelfStatus": "中文"}), 110.0);
        let frames = sent(client, 110.0);
        let [v1::client_frame::Body::Request(request)] = &*frames else {
            panic!("not one request: {frames:?}");
        };
        let set = v1::SetSelfStatus {
            custom_status: "中文".to_owned(),
        };
        assert_eq!(request.body, Some(v1::request::Body::SetSelfStatus(set)));
        let answer = v1::Response {
            id: request.id,
            code: 7013,
            desc: "no".to_owned(),
            ..v1::Response::default()
        };
        receive(
            client,
            &frame(v1::server_frame::Body::Response(answer)),
            111.0,
        );
        let error = json!({"code": 7013, "message": "no"});
        #[expect(clippy::cast_possible_truncation, reason = "a small number")]
        let expected = json!({"done": id as i64, "error": error});
        assert_eq!(told(client), [expected]);

        assert_eq!(us_shut_down(client), 0);
        assert_eq!(us_action(client), 2);
        assert_eq!(us_free(client), 0);
    }

    #[test]
    fn a_lost_connection_is_made_again_when_the_time_has_come() {
        let client = logged_in();
        hand_in(b"gone \xff\xfe");
        assert_eq!(us_disconnected(client, 1_000.0), 0);
        let reason = "gone \u{fffd}\u{fffd}";
        let expected = json!({"event": "connectionChanged", "value": {"state": "disconnected", "reason": reason}});
        assert_eq!(told(client), [expected]);
        let at_ms = us_next_timeout(client);
        assert!((1_050.0..=1_501.0).contains(&at_ms), "{at_ms}");
        assert_eq!(us_timeout(client, at_ms - 1.0), 0);
        assert_eq!(us_action(client), 0, "too early");
        assert_eq!(us_timeout(client, at_ms + 0.001), 0);
        assert_eq!(us_action(client), 1);
        assert_eq!(us_login_status(client), 1);
    }

    #[test]
    fn the_network_and_the_page_are_listened_to() {
        let client = logged_in();
        assert_eq!(us_probe(client, 10.0), 0);
        let frames = sent(client, 10.0);
        assert!(
            matches!(&*frames, [v1::client_frame::Body::Ping(_)]),
            "{frames:?}"
        );
        assert_eq!(us_network_changed(client, 0, 20.0), 0);
        assert_eq!(us_action(client), 2);
        assert_eq!(us_network_changed(client, 2, 30.0), 0);
        assert_eq!(us_action(client), 1);
        assert_eq!(us_network_changed(client, 3, 40.0), INVALID);
    }

    #[test]
    fn what_is_no_frame_ends_the_connection() {
        for bytes in [&[0, 0, 0, 0][..], &[0xff; 4], &[0, 0, 0, 2, 0xff, 0xff]] {
            let client = logged_in();
            receive(client, bytes, 5.0);
            assert_eq!(us_action(client), 2, "{bytes:?}");
            let reason = &told(client)[0]["value"]["reason"];
            let reason = reason.as_str().unwrap_or_default();
            assert!(
                reason.starts_with("the server broke the protocol"),
                "{reason}"
            );
        }
    }

    #[test]
    fn input_that_is_no_json_is_refused_and_changes_nothing() {
        let client = open();
        let deep = "[".repeat(INPUT_BYTES_MAX);
        for text in [
            &b""[..],
            b"{",
            b"\xff\xfe",
            b"{\"login\":1}",
            deep.as_bytes(),
        ] {
            hand_in(text);
            assert_eq!(us_new(), INVALID);
            hand_in(text);
            assert!((us_submit(client, 1.0) - f64::from(INVALID)).abs() < 0.1);
        }
        for config in [
            json!({"appId": 0, "random": vec![1; 24]}),
            json!({"appId": 14, "random": vec![1; 23]}),
            json!({"appId": 14, "random": vec![1; 24], "heartbeatIntervalMs": 4_999}),
        ] {
            hand_in(config.to_string().as_bytes());
            assert_eq!(us_new(), INVALID, "{config}");
        }
        assert_eq!((us_output(client), us_action(client)), (0, 0));
        assert!(us_next_timeout(client).is_infinite());
    }

    #[test]
    fn input_has_a_limit() {
        assert!(!us_input(0).is_null());
        assert!(!us_input(INPUT_BYTES_MAX).is_null());
        assert!(us_input(INPUT_BYTES_MAX + 1).is_null());
        assert!(us_input(usize::MAX).is_null());
        let client = open();
        let long = "x".repeat(INPUT_BYTES_MAX - 20);
        let id = ask(client, &json!({"setSelfStatus": long}), 1.0);
        assert!(id > 0.0, "a request, though one that is refused");
        assert_eq!(told(client)[0]["error"]["code"], 6014);
    }

    #[test]
    fn a_number_that_is_no_client_is_refused() {
        let freed = open();
        assert_eq!(us_free(freed), 0);
        for client in [0, freed, freed + 1, u32::MAX] {
            hand_in(b"\"logout\"");
            for answer in [
                us_free(client),
                us_connected(client, 1.0),
                us_disconnected(client, 1.0),
                us_received(client, 1.0),
                us_timeout(client, 1.0),
                us_network_changed(client, 0, 1.0),
                us_probe(client, 1.0),
                us_action(client),
                us_transmit(client, 1.0),
                us_output(client),
                us_login_status(client),
                us_login_user(client),
                us_shut_down(client),
            ] {
                assert_eq!(answer, NO_CLIENT, "{client}");
            }
            for answer in [
                us_submit(client, 1.0),
                us_next_timeout(client),
                us_server_time_ms(client, 1.0),
            ] {
                assert!(
                    (answer - f64::from(NO_CLIENT)).abs() < 0.1,
                    "{client}: {answer}"
                );
            }
        }
    }

    #[test]
    fn a_page_has_so_many_clients_and_no_more() {
        let clients: Vec<_> = (0..CLIENTS_MAX).map(|_| open()).collect();
        let refused = -Code::CalledTooOften.number();
        hand_in(
            json!({"appId": 14, "random": vec![1; 24]})
                .to_string()
                .as_bytes(),
        );
        assert_eq!(us_new(), refused);
        assert_eq!(us_free(clients[7]), 0);
        let another = open();
        assert!(!clients.contains(&another), "no handle is used twice");
        assert_eq!(us_free(another), 0);
    }
}
