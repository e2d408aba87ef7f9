//! What is not the protocol closes its own connection with a reason, and harms no other.

use crate::client::{Client, NOTHING_KNOWN, encoded};
use crate::process::{Daemon, temp_dir, until};
use std::io::Write;
use std::net::TcpStream;
use userstatus_wire::v1::{self, request, server_frame};
use userstatus_wire::{CLIENT_FRAME_BYTES_MAX, HELLO_BYTES_MAX};

const BROKEN: i32 = 70402;

#[test]
fn what_is_no_frame_closes_its_connection_with_a_reason_and_harms_no_other() {
    let daemon = Daemon::dev(&[]);
    let mut other = Client::logged_in(&daemon, "alice");
    let too_long = u32::try_from(HELLO_BYTES_MAX + 1).unwrap().to_be_bytes();
    for (bytes, reason) in [
        (&b"GET / HTTP/1.1\r\n\r\n"[..], "this looks like HTTP"),
        (&too_long, "1025 bytes"),
        (&[0, 0, 0, 0], "length 0"),
        (&[0, 0, 0, 2, 0xff, 0xff], "cannot be read"),
        (&encoded(v1::Ping { nonce: 1 }), "no hello"),
        (
            &encoded(v1::Request::new(1, request::Body::Logout(v1::Logout {}))),
            "no hello",
        ),
    ] {
        let mut client = Client::connect(daemon.server);
        client.send_bytes(bytes);
        let closing = client.closed();
        assert_eq!(closing.code, BROKEN);
        assert!(closing.desc.contains(reason), "{}", closing.desc);
    }
    assert_eq!(other.pong(7).nonce, 7);
}

#[test]
fn a_logged_in_connection_that_breaks_the_protocol_is_told_so_and_goes_offline() {
    let daemon = Daemon::dev(&[]);
    let mut alice = Client::logged_in(&daemon, "alice");
    alice.subscribe(&["bob"]);
    let too_long = u32::try_from(CLIENT_FRAME_BYTES_MAX + 1)
        .unwrap()
        .to_be_bytes();
    let mut bob = Client::logged_in(&daemon, "bob");
    alice.pushed("bob", crate::client::ONLINE, "");
    for (bytes, reason) in [
        (too_long.to_vec(), "262145 bytes"),
        (vec![0, 0, 0, 3, 1, 2, 3], "cannot be read"),
        (encoded(v1::Hello::new("test", "1.0")), "a second hello"),
    ] {
        bob.send_bytes(&bytes);
        let closing = bob.closed();
        assert_eq!(closing.code, BROKEN);
        assert!(closing.desc.contains(reason), "{}", closing.desc);
        alice.pushed("bob", crate::client::OFFLINE, "");
        bob = Client::logged_in(&daemon, "bob");
        alice.pushed("bob", crate::client::ONLINE, "");
    }
}

#[test]
fn a_second_login_is_answered_7014_and_closes_nothing() {
    let daemon = Daemon::dev(&[]);
    let mut alice = Client::logged_in(&daemon, "alice");
    for user in ["alice", "bob"] {
        let login = alice.login_of(&daemon, user);
        assert_eq!(alice.login(login).unwrap_err().code, 7014);
    }
    assert_eq!(alice.set_status("still here").code, 0);
}

#[test]
fn the_reason_arrives_although_the_client_goes_on_sending() {
    let daemon = Daemon::dev(&[]);
    let mut client = Client::connect(daemon.server);
    // More than the server reads before it closes: were the rest unread in its socket, a reset would swallow the reason.
    let mut garbage = vec![0; 200_000];
    garbage[..4].copy_from_slice(b"\xff\xff\xff\xff");
    client.send_bytes(&garbage);
    client.finish();
    assert_eq!(client.closed().code, BROKEN);
}

#[test]
fn versions_without_overlap_are_refused_with_both_ranges() {
    let daemon = Daemon::dev(&[]);
    let mut client = Client::connect(daemon.server);
    client.send(v1::Hello {
        protocol_min: 2,
        protocol_max: 5,
        ..v1::Hello::default()
    });
    let closing = client.closed();
    assert_eq!(closing.code, BROKEN);
    assert!(
        closing.desc.contains("versions 2 to 5, this server 1 to 1"),
        "{}",
        closing.desc
    );
}

#[test]
fn what_is_newer_than_this_server_is_ignored_or_refused_but_closes_nothing() {
    let daemon = Daemon::dev(&[]);
    let mut client = Client::connect(daemon.server);
    let mut hello = v1::Hello::new("test", "9.9");
    hello.protocol_max = 7;
    hello.features = vec!["something-new".to_owned()];
    client.send(hello);
    let server_frame::Body::Welcome(welcome) = client.body() else {
        panic!("no welcome")
    };
    assert_eq!(welcome.protocol, 1);
    assert_eq!(welcome.features, Vec::<String>::new());
    assert_eq!(welcome.frame_bytes_max as usize, CLIENT_FRAME_BYTES_MAX);

    // An unknown field 99 only.
    client.send_bytes(&[0, 0, 0, 3, 0x98, 0x06, 1]);
    let login = client.login_of(&daemon, "alice");
    client.login(login).unwrap();
    client.send_bytes(&[0, 0, 0, 3, 0x98, 0x06, 1]);
    assert!(
        encoded_len(&NOTHING_KNOWN) == 0,
        "it cannot be sent as a frame"
    );
    client.send(v1::Request {
        id: 77,
        ..v1::Request::default()
    });
    assert_eq!(client.answer(77).code, 6017);
    assert_eq!(client.pong(1).nonce, 1);
}

fn encoded_len(frame: &v1::ClientFrame) -> usize {
    prost::Message::encoded_len(frame)
}

#[test]
fn hello_login_and_requests_may_come_in_one_write_and_are_answered_in_order() {
    let daemon = Daemon::dev(&[]);
    let mut client = Client::connect(daemon.server);
    let mut bytes = encoded(v1::Hello::new("test", "1.0"));
    bytes.extend(encoded(v1::Request::new(
        1,
        request::Body::Login(client.login_of(&daemon, "alice")),
    )));
    for id in 2..=200 {
        let custom_status = format!("status {id}");
        let set = request::Body::SetSelfStatus(v1::SetSelfStatus { custom_status });
        bytes.extend(encoded(v1::Request::new(id, set)));
    }
    client.send_bytes(&bytes);
    assert!(matches!(client.body(), server_frame::Body::Welcome(_)));
    let mut answered = Vec::new();
    while answered.len() < 200 {
        if let server_frame::Body::Response(response) = client.body() {
            assert_eq!(response.code, 0, "{}", response.desc);
            answered.push(response.id);
        }
    }
    assert_eq!(answered, (1..=200).collect::<Vec<_>>());
    let response = client.query(&["alice"]);
    let Some(v1::response::Body::Statuses(list)) = response.body else {
        panic!("{response:?}")
    };
    assert_eq!(list.statuses[0].custom_status, "status 200");
}

#[test]
fn frames_are_read_however_they_are_cut() {
    let daemon = Daemon::dev(&[]);
    let mut client = Client::connect(daemon.server);
    for byte in encoded(v1::Hello::new("test", "1.0")) {
        client.send_bytes(&[byte]);
    }
    assert!(matches!(client.body(), server_frame::Body::Welcome(_)));
    let login = client.login_of(&daemon, "alice");
    for part in encoded(v1::Request::new(1, request::Body::Login(login))).chunks(7) {
        client.send_bytes(part);
    }
    assert_eq!(client.answer(1).code, 0);
}

#[test]
fn before_the_login_nothing_is_answered_but_pings() {
    let daemon = Daemon::dev(&[]);
    let mut client = Client::greeted(daemon.server);
    assert_eq!(client.set_status("hi").code, 6014);
    assert_eq!(client.pong(5).nonce, 5);
    let login = client.login_of(&daemon, "alice");
    assert!(client.login(login).is_ok());
}

#[test]
fn half_a_hello_and_then_silence_ends_at_the_deadline_and_so_does_one_byte_at_a_time() {
    let dir = temp_dir();
    let config = "[[listeners]]\nplain_tcp = true\n[connections]\nhello_timeout_ms = 300\nlogin_timeout_ms = 600\n";
    let daemon = Daemon::serve(config, &dir.path().join("data"));

    let mut half = Client::connect(daemon.server);
    half.send_bytes(&[0, 0, 0]);
    assert_eq!(half.closed().desc, "no hello within 300 ms");

    let mut greeted = Client::greeted(daemon.server);
    assert_eq!(greeted.closed().desc, "no login within 600 ms");

    // Whoever sends something all the time gains no time by it.
    let mut slow = TcpStream::connect(daemon.server).unwrap();
    slow.write_all(&[0, 0, 4, 0]).unwrap();
    until("the end of a slow hello", || {
        slow.write_all(&[0]).is_err().then_some(())
    });

    // Those who are in stay in.
    let mut alice = Client::logged_in(&daemon, "alice");
    assert_eq!(greeted_later(&daemon).desc, "no hello within 300 ms");
    assert_eq!(alice.pong(1).nonce, 1);
}

fn greeted_later(daemon: &Daemon) -> v1::Closing {
    Client::connect(daemon.server).closed()
}
