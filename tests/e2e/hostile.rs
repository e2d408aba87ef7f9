//! Connections that mean harm, beside two players who must not notice.

use crate::harness::{Puppet, Server, eventually, online};
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};

/// Reads until the server closes.
fn read_to_the_end(mut stream: &TcpStream) -> Vec<u8> {
    let (mut read, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return read,
            Ok(length) => read.extend_from_slice(&buffer[..length]),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => return read,
            Err(error) => panic!("the server did not close: {error}"),
        }
    }
}

/// Two players, one watching the other.
fn players(server: &Server) -> (Puppet, Puppet) {
    let (alice, bob) = (server.enter("alice"), server.enter("bob"));
    alice.subscribe(&["bob"]);
    (alice, bob)
}

fn they_play_on(alice: &Puppet, bob: &Puppet, round: &str) {
    bob.set_status(round);
    alice.hears(&online("bob").saying(round));
}

#[test]
fn garbage_closes_its_own_connection_with_a_reason_and_no_other() {
    let server = Server::start();
    let (alice, bob) = players(&server);
    let too_long = [0xff, 0xff, 0xff, 0xff, 0x00];
    let http = b"GET / HTTP/1.1\r\nHost: presence.example\r\n\r\n";
    let no_hello = [0, 0, 0, 4, 0x1a, 0x02, 0x08, 0x01];
    let malformed = [0, 0, 0, 3, 0x0a, 0x7f, 0x00];
    let empty = [0, 0, 0, 0];
    let garbage: [&[u8]; 5] = [&too_long, http, &no_hello, &malformed, &empty];
    for (number, bytes) in garbage.into_iter().enumerate() {
        let mut stream = server.connect();
        stream.write_all(bytes).expect("it was just connected");
        let said = read_to_the_end(&stream);
        // A length, and a Closing: its code 70402 as a varint.
        assert!(
            said.windows(4)
                .any(|bytes| bytes == [0x08, 0x82, 0xa6, 0x04]),
            "garbage {number}: {said:02x?}"
        );
        they_play_on(&alice, &bob, &format!("round {number}"));
    }
    assert_eq!(
        alice.count("network") + bob.count("network"),
        4,
        "connecting and connected, each"
    );
}

#[test]
fn a_slow_loris_is_closed_in_time_and_half_open_connections_harm_nobody() {
    let server = Server::serve("[connections]\nhello_timeout_ms = 1500\nlogin_timeout_ms = 2000\n");
    let (alice, bob) = players(&server);
    // They connect and say nothing; some say that they are done.
    let silent: Vec<_> = (0..200).map(|_| server.connect()).collect();
    for stream in silent.iter().step_by(2) {
        stream
            .shutdown(Shutdown::Write)
            .expect("it was just connected");
    }
    // They promise a hello and send a byte of it now and then.
    let mut loris: Vec<_> = (0..50).map(|_| server.connect()).collect();
    for stream in &mut loris {
        stream
            .write_all(&[0, 0, 3, 0xff, 0x0a])
            .expect("it was just connected");
    }
    they_play_on(&alice, &bob, "beside 250 who are up to no good");
    let mut round = 0;
    eventually("the last slow loris is closed", || {
        round += 1;
        they_play_on(&alice, &bob, &format!("round {round}"));
        loris.retain_mut(|stream| stream.write_all(&[0x55]).is_ok());
        loris.is_empty().then_some(())
    });
    for stream in &silent {
        read_to_the_end(stream);
    }
    they_play_on(&alice, &bob, "alone again");
    assert_eq!(
        alice.count("network") + bob.count("network"),
        4,
        "connecting and connected, each"
    );
}

#[test]
fn a_thousand_connections_that_come_and_go_harm_nobody() {
    let server = Server::start();
    let (alice, bob) = players(&server);
    for round in 0..10 {
        let streams: Vec<_> = (0..100).map(|_| server.connect()).collect();
        they_play_on(&alice, &bob, &format!("round {round}"));
        drop(streams);
    }
    assert_eq!(
        alice.count("network") + bob.count("network"),
        4,
        "connecting and connected, each"
    );
}
