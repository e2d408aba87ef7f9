//! Many connections, slow ones, and greedy ones.

use crate::client::{Client, ONLINE, encoded};
use crate::process::{Daemon, temp_dir, until};
use std::collections::HashMap;
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
    /// Changes of one user that follow each other closely may be merged for everybody; these are many users.
    const STARS: usize = 20;
    let daemon = Daemon::dev(&[]);
    daemon.set(&[
        "--custom-status-bytes-max",
        "4096",
        "--changes-per-s",
        "10000",
    ]);
    let mut slow = Client::logged_in(&daemon, "slow");
    let mut quick = Client::logged_in(&daemon, "quick");
    let names: Vec<_> = (0..STARS).map(|star| format!("star{star}")).collect();
    let users: Vec<_> = names.iter().map(String::as_str).collect();
    let mut stars: Vec<_> = users
        .iter()
        .map(|name| Client::logged_in(&daemon, name))
        .collect();
    slow.subscribe(&users);
    quick.subscribe(&users);
    // Until of those who read nothing at all nearly every status is merged: their socket's buffer is full. Two that are pushed
    // together merge as well, which is rare.
    let mut rounds = 0;
    until("merges", || {
        let merges_before = merges(&daemon);
        for _ in 0..10 {
            rounds += 1;
            let text = format!("{rounds:04096}");
            for (star, name) in stars.iter_mut().zip(&users) {
                assert_eq!(star.set_status(&text).code, 0);
                quick.pushed(name, ONLINE, &text);
            }
        }
        (merges(&daemon) - merges_before > 100).then_some(())
    });
    for (star, name) in stars.iter_mut().zip(&users) {
        assert_eq!(star.set_status("the last").code, 0);
        quick.pushed(name, ONLINE, "the last");
    }
    let mut told = 0;
    let mut newest = HashMap::new();
    let mut left = STARS;
    while left > 0 {
        for status in slow.next_statuses() {
            if status.user_id == "slow" {
                continue;
            }
            told += 1;
            left -= usize::from(status.custom_status == "the last");
            let before = newest.insert(status.user_id, status.version);
            assert!(
                before < Some(status.version),
                "an older one after a newer one"
            );
        }
    }
    assert!(told < (rounds + 1) * STARS, "fewer than there were");
}

fn merges(daemon: &Daemon) -> u64 {
    stats(daemon)["merges"].as_u64().unwrap()
}

#[test]
fn who_reads_no_answers_is_read_no_requests_from_and_lives_on_when_he_does() {
    let daemon = Daemon::dev(&[]);
    let mut client = Stuffed::client(&daemon, "greedy");
    let mut stuffed = Stuffed::until_the_server_takes_no_more(client.socket(), "greedy");
    assert_eq!(stats(&daemon)["connections"], 1);
    let sent = stuffed.sent;
    let writer = std::thread::spawn(move || stuffed.finish());
    for number in 0..sent {
        assert_eq!(client.answer(Stuffed::id(number)).code, 0);
    }
    writer.join().unwrap();
    assert_eq!(client.pong(1).nonce, 1);
}

/// Bytes that wait in the kernel for whoever is at the other end of a socket.
fn kernel_bytes_for(client: &TcpStream) -> u64 {
    let port = |address: &str| u16::from_str_radix(address.rsplit(':').next().unwrap(), 16);
    // The server's end of it; others may have been on one of the two ports.
    let ends = (
        Ok(client.peer_addr().unwrap().port()),
        Ok(client.local_addr().unwrap().port()),
    );
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let row = table.lines().skip(1).find(|row| {
        let mut columns = row.split_whitespace().skip(1);
        let (local, remote) = (columns.next().unwrap(), columns.next().unwrap());
        (port(local), port(remote)) == ends
    });
    let queues = row.unwrap().split_whitespace().nth(4).unwrap();
    u64::from_str_radix(queues.split(':').next().unwrap(), 16).unwrap()
}

#[test]
fn who_reads_nothing_takes_little_of_the_kernels_memory() {
    let daemon = Daemon::dev(&[]);
    let client = Stuffed::client(&daemon, "deaf");
    let socket = client.socket();
    Stuffed::until_the_server_takes_no_more(client.socket(), "deaf");
    let bytes = kernel_bytes_for(&socket);
    assert!((1..512 * 1024).contains(&bytes), "{bytes}");
}

#[test]
fn s6_a_connection_on_which_nothing_moves_is_gone() {
    let daemon = Daemon::dev(&[]);
    let client = Stuffed::client(&daemon, "stuck");
    Stuffed::until_the_server_takes_no_more(client.socket(), "stuck");
    daemon.set(&[
        "--heartbeat-interval-ms",
        "150",
        "--silence-timeout-ms",
        "300",
    ]);
    until("the end of the connection", || {
        (stats(&daemon)["connections"] == 0).then_some(())
    });
    let app = daemon.app_id.to_string();
    let shown = daemon.ctl(&["account", "show", &app, "stuck"]);
    assert_eq!(shown["status"], "offline");
}

/// A connection that was sent requests whose answers nobody reads. Both are long, or too many would fit in the sockets.
struct Stuffed {
    socket: TcpStream,
    sent: u64,
    /// Of the last request.
    unsent: Vec<u8>,
}

impl Stuffed {
    fn id(number: u64) -> u64 {
        1_000 + number
    }

    /// A user whose status is long asks for it.
    fn client(daemon: &Daemon, user: &str) -> Client {
        daemon.set(&["--custom-status-bytes-max", "4096"]);
        let mut client = Client::logged_in(daemon, user);
        assert_eq!(client.set_status(&"x".repeat(4_096)).code, 0);
        client
    }

    /// With a field that the server does not know, and skips.
    fn request(number: u64, user: &str) -> Vec<u8> {
        let user_ids = vec![user.to_owned()];
        let body = request::Body::GetUserStatus(v1::GetUserStatus { user_ids });
        let short = encoded(v1::Request::new(Self::id(number), body));
        let unknown = [&[0x9a, 0x06, 0xb8, 0x17][..], &[0; 3_000]].concat();
        let length = u32::try_from(short.len() - 4 + unknown.len()).unwrap();
        [&length.to_be_bytes()[..], &short[4..], &unknown].concat()
    }

    /// Until the socket's buffers are full both ways.
    fn until_the_server_takes_no_more(socket: TcpStream, user: &str) -> Self {
        let patience = Some(Duration::from_millis(500));
        socket.set_write_timeout(patience).unwrap();
        let mut stuffed = Self {
            socket,
            sent: 0,
            unsent: Vec::new(),
        };
        loop {
            if stuffed.unsent.is_empty() {
                stuffed.unsent = Self::request(stuffed.sent, user);
                stuffed.sent += 1;
            }
            match stuffed.socket.write(&stuffed.unsent) {
                Ok(count) => drop(stuffed.unsent.drain(..count)),
                Err(_) => return stuffed,
            }
            assert!(stuffed.sent < 10_000_000, "the server reads without end");
        }
    }

    fn finish(&mut self) {
        self.socket.set_write_timeout(None).unwrap();
        self.socket.write_all(&self.unsent).unwrap();
    }
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
