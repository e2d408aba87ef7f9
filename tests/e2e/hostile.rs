//! Connections that mean harm, beside two players who must not notice.

use crate::harness::{Puppet, Server, eventually, online};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

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

/// Connections of the crowd: with the server's own files and those of the tests beside this one below 20,000 open files.
const CROWD: usize = 19_000;
/// Of the crowd and the two players.
const OPEN_FILES_MIN: u64 = 20_000;

/// Makes room for the crowd's sockets in this process; the server, started later, gets the same limit.
fn raise_open_files() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    assert!(
        maximum.is_none_or(|maximum| maximum >= OPEN_FILES_MIN),
        "this test needs {OPEN_FILES_MIN} open files; the hard limit is {maximum:?}: raise it (ulimit -Hn)"
    );
    let raised = Rlimit {
        current: maximum,
        maximum,
    };
    setrlimit(Resource::Nofile, raised).expect("up to the hard limit anybody may");
}

#[test]
fn nineteen_thousand_strangers_at_once_leave_the_players_alone_and_one_more_is_told_so() {
    raise_open_files();
    let server = Server::serve(&format!(
        "[connections]\ncount_max = {}\nhello_timeout_ms = 120000\nlogin_timeout_ms = 120000\n",
        CROWD + 2
    ));
    let (alice, bob) = players(&server);
    let crowd: Vec<_> = (0..CROWD)
        .map(|_| {
            let stream = server.connect();
            // Closed without TIME_WAIT: the next run finds its ports free.
            socket2::SockRef::from(&stream)
                .set_linger(Some(Duration::ZERO))
                .expect("a socket");
            stream
        })
        .collect();
    they_play_on(&alice, &bob, "in a crowd");
    let said = read_to_the_end(&server.connect());
    assert!(
        String::from_utf8_lossy(&said).contains("full"),
        "one too many is told why: {said:02x?}"
    );
    drop(crowd);
    they_play_on(&alice, &bob, "after the crowd");
    eventually("there is room again", || {
        let mut stream = server.connect();
        // A hello of protocol version 1: who is let in is welcomed.
        stream
            .write_all(&[0, 0, 0, 6, 0x0a, 0x04, 0x08, 0x01, 0x10, 0x01])
            .ok()?;
        let mut prefix = [0; 5];
        stream.read_exact(&mut prefix).ok()?;
        (prefix[4] == 0x0a).then_some(())
    });
    assert_eq!(
        alice.count("network") + bob.count("network"),
        4,
        "connecting and connected, each"
    );
}
