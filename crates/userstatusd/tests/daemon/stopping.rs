//! SIGTERM: nobody is surprised.

use crate::client::{Client, ONLINE};
use crate::process::{Daemon, KEY, temp_dir, until};
use rustix::process::Signal;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

const CONFIG: &str = "[[listeners]]\nplain_tcp = true\n";

#[test]
fn sigterm_says_goaway_waits_for_those_who_leave_and_exits_0() {
    let dir = temp_dir();
    let data = dir.path().join("data");
    let config = format!("{CONFIG}[shutdown]\ndrain_timeout_ms = 60000\n");
    let mut daemon = Daemon::serve(&config, &data);
    let mut alice = Client::logged_in(&daemon, "alice");
    let mut bob = Client::logged_in(&daemon, "bob");
    alice.subscribe(&["bob"]);
    bob.set_status("mid-match");
    alice.pushed("bob", ONLINE, "mid-match");
    let greeted = &mut Client::greeted(daemon.server);

    let started_at = Instant::now();
    daemon.signal(Signal::TERM);
    let delays = [&mut alice, &mut bob, greeted].map(|client| client.goaway().reconnect_after_ms);
    assert!(delays.iter().all(|delay| *delay <= 10_000), "{delays:?}");
    assert!(
        TcpStream::connect(daemon.server).is_err(),
        "it listens no more"
    );
    // It serves those who have not left yet.
    assert_eq!(alice.pong(3).nonce, 3);
    assert_eq!(alice.set_status("packing").code, 0);
    let instance = bob.instance;
    drop((alice, bob));
    assert!(daemon.wait().success());
    assert!(
        started_at.elapsed() < Duration::from_secs(8),
        "all had left: no need to wait for the deadline"
    );

    // Nobody went offline: it was the server that left.
    let daemon = Daemon::serve(CONFIG, &data);
    let app = daemon.app_id.to_string();
    let shown = daemon.ctl(&["account", "show", &app, "alice"]);
    assert_eq!(
        (shown["status"].as_str(), shown["custom_status"].as_str()),
        (Some("online"), Some("packing"))
    );
    let mut bob = Client::greeted(daemon.server);
    bob.instance = instance;
    let mut login = bob.login_of(&daemon, "bob");
    login.reconnect = true;
    let own = bob.login(login).unwrap().self_.unwrap();
    assert_eq!(
        (own.normal, own.custom_status.as_str()),
        (ONLINE, "mid-match")
    );
}

#[test]
fn those_who_do_not_leave_are_cut_at_the_deadline() {
    let dir = temp_dir();
    let config = format!("{CONFIG}[shutdown]\ndrain_timeout_ms = 300\nreconnect_spread_ms = 0\n");
    let mut daemon = Daemon::serve(&config, &dir.path().join("data"));
    let mut alice = Client::logged_in(&daemon, "alice");
    daemon.signal(Signal::INT);
    assert_eq!(alice.goaway().reconnect_after_ms, 0);
    alice.ended();
    drop(alice);
    assert!(daemon.wait().success());
}

#[test]
fn whoever_has_not_come_in_yet_delays_no_stop() {
    let dir = temp_dir();
    let certificate = crate::tls::Certificate::new(dir.path());
    let behind = crate::balancer::BEHIND_A_BALANCER.replace("plain_tcp = true\n", "");
    let behind = behind.trim_start_matches("[[listeners]]\n");
    let config = format!("{CONFIG}{}{behind}", certificate.listener(dir.path()));
    let mut daemon = Daemon::serve(&config, &dir.path().join("data"));
    let mut silent = TcpStream::connect(crate::tls::address(&daemon)).unwrap();
    let mut half_a_header = TcpStream::connect(crate::tls::address(&daemon)).unwrap();
    half_a_header.write_all(b"PROXY TCP4").unwrap();
    let mut half_a_handshake = TcpStream::connect(crate::tls::address(&daemon)).unwrap();
    half_a_handshake
        .write_all(b"PROXY UNKNOWN\r\n\x16\x03\x01")
        .unwrap();
    let _greeted = Client::greeted(daemon.server);
    let mut half_a_hello = TcpStream::connect(daemon.server).unwrap();
    half_a_hello.write_all(&[0, 0]).unwrap();
    until("all of them", || {
        (crate::capacity::stats(&daemon)["connections"] == 5).then_some(())
    });
    let begin = Instant::now();
    daemon.signal(Signal::TERM);
    assert!(daemon.wait().success());
    assert!(begin.elapsed() < Duration::from_secs(4));
    for socket in [&mut silent, &mut half_a_header, &mut half_a_handshake] {
        assert!(matches!(socket.read(&mut [0]), Ok(0) | Err(_)));
    }
}

#[test]
fn a_second_signal_does_not_wait() {
    let dir = temp_dir();
    let config = format!("{CONFIG}[shutdown]\ndrain_timeout_ms = 3600000\n");
    let mut daemon = Daemon::serve(&config, &dir.path().join("data"));
    let mut alice = Client::logged_in(&daemon, "alice");
    daemon.signal(Signal::TERM);
    alice.goaway();
    daemon.signal(Signal::TERM);
    assert_eq!(daemon.wait().code(), Some(1));
}

#[test]
fn nothing_secret_is_in_the_log() {
    let mut daemon = Daemon::dev(&["--secret-key", KEY, "--log-level", "trace"]);
    let sig = daemon.sig("alice");
    let mut alice = Client::logged_in(&daemon, "alice");
    alice.set_status("a private matter");
    let mut refused = Client::greeted(daemon.server);
    let mut login = refused.login_of(&daemon, "bob");
    login.user_sig.clone_from(&sig);
    refused.login(login).unwrap_err();
    let app = daemon.app_id.to_string();
    daemon.ctl(&["app", "show", &app, "--secrets"]);
    drop((alice, refused));
    daemon.signal(Signal::TERM);
    daemon.wait();
    let token = daemon.token.clone();
    let log = daemon.whole_log();
    assert!(log.contains("login refused"), "{log}");
    for secret in [KEY, &sig[..40], "a private matter", &token] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
}

#[test]
fn by_default_a_stop_with_a_client_that_stays_takes_less_than_docker_allows() {
    let dir = temp_dir();
    let mut daemon = Daemon::serve(CONFIG, &dir.path().join("data"));
    let mut alice = Client::logged_in(&daemon, "alice");
    let started_at = Instant::now();
    daemon.signal(Signal::TERM);
    alice.goaway();
    assert!(daemon.wait().success());
    assert!(
        started_at.elapsed() < Duration::from_secs(8),
        "{:?}",
        started_at.elapsed()
    );
    drop(alice);
}
