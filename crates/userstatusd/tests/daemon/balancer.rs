//! Behind a balancer that speaks the PROXY protocol.

use crate::client::{Client, ONLINE};
use crate::process::{Daemon, PATIENCE, temp_dir};
use std::io::Write;
use std::net::TcpStream;
use tempfile::TempDir;

pub const BEHIND_A_BALANCER: &str =
    "[[listeners]]\nplain_tcp = true\nproxy_protocol = true\nproxy_trusted = [\"127.0.0.0/8\"]\n";

pub fn behind_a_balancer(more: &str) -> (TempDir, Daemon) {
    let dir = temp_dir();
    let config = format!("{BEHIND_A_BALANCER}{more}");
    let daemon = Daemon::serve(&config, &dir.path().join("data"));
    (dir, daemon)
}

/// A header of version 2.
fn v2(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
    let length = u16::try_from(rest.len()).unwrap().to_be_bytes();
    let beginning = b"\r\n\r\n\0\r\nQUIT\n";
    [&beginning[..], &[command, family], &length, rest].concat()
}

#[test]
fn both_versions_of_the_header_let_clients_in_and_the_log_names_their_own_addresses() {
    let (_dir, mut daemon) = behind_a_balancer("");
    let mut alice = Client::proxied(daemon.server, "192.0.2.7:5001").let_in(&daemon, "alice");
    let line = daemon.wait_for_log("logged in");
    assert!(line.contains("192.0.2.7:5001"), "{line}");

    let mut bob = Client::connect(daemon.server);
    let addresses = [203, 0, 113, 9, 10, 0, 0, 1, 0x13, 0x8a, 0x1e, 0x14];
    // One byte at a time, and something behind the addresses.
    for byte in v2(0x21, 0x11, &[&addresses[..], &[0xea, 0, 1, 7]].concat()) {
        bob.send_bytes(&[byte]);
    }
    let mut bob = bob.let_in(&daemon, "bob");
    daemon.wait_for_log("203.0.113.9:5002");
    alice.subscribe(&["bob"]);
    bob.set_status("here");
    alice.pushed("bob", ONLINE, "here");
}

#[test]
fn a_balancers_own_connections_are_taken_for_its_own_and_looking_in_is_not_logged() {
    let (_dir, mut daemon) = behind_a_balancer("");
    // It looks whether somebody listens.
    drop(TcpStream::connect(daemon.server).unwrap());
    let line = daemon.wait_for_log("gone before a PROXY protocol header");
    assert!(line.contains("DEBUG"), "{line}");
    for header in [v2(0x20, 0, &[]), b"PROXY UNKNOWN\r\n".to_vec()] {
        let mut local = Client::connect(daemon.server);
        local.send_bytes(&header);
        let _local = local.let_in(&daemon, "watchdog");
    }
    // Half of a header, and the end.
    let mut half = TcpStream::connect(daemon.server).unwrap();
    half.write_all(b"PROXY TC").unwrap();
    drop(half);
    daemon.signal(rustix::process::Signal::TERM);
    daemon.wait();
    let log = daemon.whole_log();
    assert!(!log.contains("connection closed before"), "{log}");
}

#[test]
fn who_sends_no_header_or_a_broken_one_is_told_so() {
    let (_dir, daemon) = behind_a_balancer("");
    for (bytes, reason) in [
        (&b"\0\0\0\x14\x0a\x12"[..], "does the balancer send one?"),
        (b"PROXY TCP4 here there 1 2\r\n", "cannot be read"),
        (&v2(0x21, 0x12, &[0; 12]), "UDP"),
        (&v2(0x20, 0, &[0; 4_000]), "4016 bytes long"),
    ] {
        let mut client = Client::connect(daemon.server);
        client.send_bytes(bytes);
        let closing = client.closed();
        assert!(closing.desc.contains(reason), "{}", closing.desc);
    }
}

#[test]
fn who_sends_half_a_header_and_waits_is_closed_in_time() {
    let (_dir, daemon) = behind_a_balancer("[connections]\nhello_timeout_ms = 300\n");
    let mut slow = Client::connect(daemon.server);
    slow.send_bytes(b"PROXY TCP4 192.0");
    let closing = slow.closed();
    assert!(closing.desc.contains("header within"), "{}", closing.desc);
}

#[test]
fn only_the_balancers_come_in() {
    let dir = temp_dir();
    let config = BEHIND_A_BALANCER.replace("127.0.0.0/8", "10.0.0.0/8");
    let mut daemon = Daemon::serve(&config, &dir.path().join("data"));
    let mut stranger = Client::proxied(daemon.server, "192.0.2.7:5001");
    let closing = stranger.closed();
    assert!(
        closing.desc.contains("from its balancers only"),
        "{}",
        closing.desc
    );
    daemon.wait_for_log("connection refused");
}

#[test]
fn a_header_that_nobody_expects_is_recognised_in_plain_tcp_and_in_tls() {
    let dir = temp_dir();
    let certificate = crate::tls::Certificate::new(dir.path());
    let config = format!(
        "[[listeners]]\nplain_tcp = true\n{}",
        certificate.listener(dir.path())
    );
    let mut daemon = Daemon::serve(&config, &dir.path().join("data"));
    for header in [
        b"PROXY TCP4 1.2.3.4 1.2.3.4 5 6\r\n".to_vec(),
        v2(0x20, 0, &[]),
    ] {
        let mut client = Client::connect(daemon.server);
        client.send_bytes(&header);
        let desc = client.closed().desc;
        assert!(
            desc.contains("set proxy_protocol and proxy_trusted"),
            "{desc}"
        );
    }
    let mut tls = Client::connect(daemon.server);
    tls.send_bytes(&[0x16, 3, 1, 2, 0, 1]);
    let desc = tls.closed().desc;
    assert!(
        desc.starts_with("this looks like TLS; this listener speaks plain TCP"),
        "{desc}"
    );
    let mut lost = TcpStream::connect(crate::tls::address(&daemon)).unwrap();
    lost.set_read_timeout(Some(PATIENCE)).unwrap();
    lost.write_all(&v2(0x20, 0, &[])).unwrap();
    daemon.wait_for_log("no TLS handshake; this looks like a PROXY protocol header");
    // Its last words are an alert.
    crate::admin_flood::assert_ended(&mut lost);
}

#[test]
fn the_header_comes_before_tls() {
    let dir = temp_dir();
    let certificate = crate::tls::Certificate::new(dir.path());
    let config = format!(
        "[[listeners]]\nplain_tcp = true\n{}proxy_protocol = true\nproxy_trusted = [\"127.0.0.1\"]\n",
        certificate.listener(dir.path())
    );
    let mut daemon = Daemon::serve(&config, &dir.path().join("data"));
    let mut socket = TcpStream::connect(crate::tls::address(&daemon)).unwrap();
    socket
        .write_all(b"PROXY TCP6 2001:db8::7 2001:db8::1 5001 7700\r\n")
        .unwrap();
    let mut alice = certificate.over(socket);
    let login = alice.login_of(&daemon, "alice");
    alice.login(login).unwrap();
    let line = daemon.wait_for_log("logged in");
    assert!(line.contains("[2001:db8::7]:5001"), "{line}");
}

#[test]
fn limits_go_by_the_clients_address_and_not_by_the_balancers() {
    let (_dir, daemon) = behind_a_balancer("[connections]\nper_address_max = 1\n");
    let _one = Client::proxied(daemon.server, "192.0.2.7:5001").let_in(&daemon, "alice");
    let mut two = Client::proxied(daemon.server, "192.0.2.7:5002");
    let closing = two.closed();
    assert!(
        closing.desc.contains("from this address"),
        "{}",
        closing.desc
    );
    Client::proxied(daemon.server, "192.0.2.8:5001").let_in(&daemon, "bob");
    let _here = Client::proxied(daemon.server, "[2001:db8::1]:1").let_in(&daemon, "carol");
    let mut same_64 = Client::proxied(daemon.server, "[2001:db8::2]:1");
    assert!(same_64.closed().desc.contains("from this address"));
}
