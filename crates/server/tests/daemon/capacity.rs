//! Many connections, slow ones, and greedy ones.

use crate::client::{Client, ONLINE, encoded};
use crate::process::{Daemon, temp_dir, until};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;
use userstatus_wire::v1::{self, request};

#[test]
fn a_full_server_says_so_and_takes_the_next_when_one_has_left() {
    let dir = temp_dir();
    let config = "[[listeners]]\nplain_tcp = true\n[connections]\ncount_max = 2\n";
    let mut daemon = Daemon::serve(config, &dir.path().join("data"));
    let mut alice = Client::logged_in(&daemon, "alice");
    let bob = Client::logged_in(&daemon, "bob");
    let closing = Client::connect(daemon.server).closed();
    assert!(
        closing.desc.contains("full: it has 2 connections"),
        "{}",
        closing.desc
    );
    daemon.wait_for_log("connection refused");
    drop(bob);
    until("a free place", || {
        let mut client = Client::connect(daemon.server);
        client.send(v1::Hello::new("test", "1.0"));
        matches!(client.body(), v1::server_frame::Body::Welcome(_)).then_some(())
    });
    assert_eq!(alice.pong(1).nonce, 1);
}

#[test]
fn an_address_may_have_a_limit_of_its_own() {
    let dir = temp_dir();
    let config = "[[listeners]]\nplain_tcp = true\n[connections]\nper_address_max = 1\n";
    let daemon = Daemon::serve(config, &dir.path().join("data"));
    let _alice = Client::logged_in(&daemon, "alice");
    let closing = Client::connect(daemon.server).closed();
    assert!(
        closing.desc.contains("from this address"),
        "{}",
        closing.desc
    );
}

#[test]
fn n6_who_does_not_read_gets_the_newest_of_each_and_delays_nobody() {
    let daemon = Daemon::dev(&[]);
    daemon.set(&["--custom-status-bytes-max", "4096"]);
    let mut slow = Client::logged_in(&daemon, "slow");
    let mut quick = Client::logged_in(&daemon, "quick");
    let mut star = Client::logged_in(&daemon, "star");
    slow.subscribe(&["star"]);
    quick.subscribe(&["star"]);
    // Until one who reads nothing at all has had statuses merged: more than any socket buffer holds.
    let mut number = 0;
    until("a merge", || {
        for _ in 0..200 {
            number += 1;
            let text = format!("{number:04096}");
            assert_eq!(star.set_status(&text).code, 0);
            quick.pushed("star", ONLINE, &text);
        }
        let stats = stats(&daemon);
        (stats["merges"].as_u64().unwrap() > 0).then_some(())
    });
    assert_eq!(star.set_status("the last").code, 0);
    let mut versions = Vec::new();
    loop {
        let status = slow.next_push("star");
        versions.push(status.version);
        if status.custom_status == "the last" {
            break;
        }
    }
    assert!(versions.is_sorted(), "in order");
    assert!(versions.len() < number, "fewer than there were");
}

#[test]
fn who_reads_no_answers_is_read_no_requests_from_and_lives_on_when_he_does() {
    let daemon = Daemon::dev(&[]);
    let mut client = Client::logged_in(&daemon, "greedy");
    let mut socket = client.socket();
    socket
        .set_write_timeout(Some(Duration::from_millis(500)))
        .unwrap();
    let id = |number: u64| 1_000 + number;
    let frame = |number| {
        let body = request::Body::GetUserStatus(v1::GetUserStatus {
            user_ids: vec!["greedy".to_owned()],
        });
        encoded(v1::Request::new(id(number), body))
    };
    // Until the server takes no more: the socket's buffers are full both ways.
    let (mut sent, mut rest) = (0, Vec::new());
    loop {
        if rest.is_empty() {
            rest = frame(sent);
            sent += 1;
        }
        match socket.write(&rest) {
            Ok(count) => drop(rest.drain(..count)),
            Err(_) => break,
        }
        assert!(sent < 10_000_000, "the server reads without end");
    }
    let stats = stats(&daemon);
    assert_eq!(stats["connections"], 1, "{stats}");
    socket.set_write_timeout(None).unwrap();
    let writer = std::thread::spawn(move || socket.write_all(&rest).unwrap());
    for number in 0..sent {
        assert_eq!(client.answer(id(number)).code, 0);
    }
    writer.join().unwrap();
}

#[test]
fn a_flood_on_one_connection_leaves_the_others_their_turn() {
    let daemon = Daemon::dev(&[]);
    let mut flood = Client::logged_in(&daemon, "flood").socket();
    let mut reader = flood.try_clone().unwrap();
    let ping = encoded(v1::Ping { nonce: 1 }).repeat(2_000);
    let writing = std::thread::spawn(move || while flood.write_all(&ping).is_ok() {});
    let reading = std::thread::spawn(move || {
        let mut chunk = [0; 65_536];
        while matches!(reader.read(&mut chunk), Ok(1..)) {}
    });
    let mut alice = Client::logged_in(&daemon, "alice");
    for nonce in 0..100 {
        assert_eq!(alice.pong(nonce).nonce, nonce);
    }
    drop(daemon);
    writing.join().unwrap();
    reading.join().unwrap();
}

#[test]
fn frames_a_second_may_be_limited() {
    let dir = temp_dir();
    let config = "[[listeners]]\nplain_tcp = true\n[connections]\nframes_per_s_max = 50\n";
    let daemon = Daemon::serve(config, &dir.path().join("data"));
    let mut client = Client::logged_in(&daemon, "alice");
    let started_at = std::time::Instant::now();
    for nonce in 0..120 {
        client.send(v1::Ping { nonce });
    }
    for _ in 0..120 {
        assert!(matches!(
            client.body(),
            v1::server_frame::Body::Pong(_) | v1::server_frame::Body::StatusPush(_)
        ));
    }
    client.pong(1);
    assert!(
        started_at.elapsed() >= Duration::from_secs(1),
        "50 in the first second, 50 in the next"
    );
}

#[test]
fn two_thousand_connections_come_and_go() {
    let daemon = Daemon::dev(&[]);
    let connections: Vec<_> = (0..2_000)
        .map(|_| TcpStream::connect(daemon.server).unwrap())
        .collect();
    until("all of them", || {
        (stats(&daemon)["connections"] == 2_000).then_some(())
    });
    let mut alice = Client::logged_in(&daemon, "alice");
    drop(connections);
    until("all but one to be gone", || {
        (stats(&daemon)["connections"] == 1).then_some(())
    });
    assert_eq!(alice.pong(1).nonce, 1);
}

pub fn stats(daemon: &Daemon) -> serde_json::Value {
    let (_, body) = crate::admin_port::http(daemon, "GET", "/v1/stats", "", Some(&daemon.token));
    body
}
