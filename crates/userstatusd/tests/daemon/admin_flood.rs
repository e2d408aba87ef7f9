//! Half requests, slow ones, and wrong tokens: they harm nobody.

use crate::admin_port::http;
use crate::client::Client;
use crate::process::{Daemon, PATIENCE};
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

fn connected(daemon: &Daemon) -> TcpStream {
    let stream = TcpStream::connect(daemon.admin).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Waits until the other side has closed or reset it.
pub fn assert_ended(stream: &mut TcpStream) {
    if let Err(error) = stream.read_to_end(&mut Vec::new()) {
        let is_late = matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut);
        assert!(!is_late, "it is open still");
    }
}

/// Open files of a process that are sockets.
fn sockets(daemon: &Daemon) -> usize {
    std::fs::read_dir(format!("/proc/{}/fd", daemon.id()))
        .unwrap()
        .filter_map(|file| std::fs::read_link(file.ok()?.path()).ok())
        .filter(|file| file.to_string_lossy().starts_with("socket:"))
        .count()
}

#[test]
fn a_thousand_half_requests_harm_nobody() {
    let daemon = Daemon::dev(&[]);
    let half: Vec<_> = (0..1_000)
        .map(|_| {
            let mut stream = connected(&daemon);
            // It may have been closed already to make room.
            _ = stream.write_all(b"GET /v1/stats HTTP/1.1\r\nHost:");
            stream
        })
        .collect();
    let asked_at = Instant::now();
    let (status, _) = http(&daemon, "GET", "/v1/stats", "", Some(&daemon.token));
    assert_eq!(status, 200);
    let mut alice = Client::logged_in(&daemon, "alice");
    assert_eq!(alice.pong(1).nonce, 1);
    assert!(asked_at.elapsed() < Duration::from_secs(5));
    assert!(sockets(&daemon) < 120, "{} sockets", sockets(&daemon));
    // And those that have a place are closed when their time is over.
    for mut stream in half {
        assert_ended(&mut stream);
    }
}

#[test]
fn a_body_that_is_too_long_or_does_not_come_is_refused_in_words() {
    let daemon = Daemon::dev(&[]);
    let authorization = format!("Authorization: Bearer {}\r\n", daemon.token);
    let mut slow = connected(&daemon);
    write!(
        slow,
        "POST /v1/apps HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{authorization}Content-Length: 9\r\n\r\n{{"
    )
    .unwrap();
    let long = "x".repeat(600 * 1024);
    let (status, body) = http(&daemon, "POST", "/v1/apps", &long, Some(&daemon.token));
    assert_eq!(status, 413);
    assert!(body["message"].as_str().unwrap().contains("longer than"));
    let mut answer = String::new();
    slow.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
}

#[test]
fn wrong_tokens_are_slowed_down_and_written_down_and_the_right_one_gets_in() {
    let mut daemon = Daemon::dev(&[]);
    let began_at = Instant::now();
    for _ in 0..24 {
        let (status, _) = http(&daemon, "GET", "/v1/apps", "", Some("not-the-token"));
        assert_eq!(status, 401);
    }
    assert!(began_at.elapsed() > Duration::from_secs(1));
    let (status, _) = http(&daemon, "GET", "/v1/apps", "", Some(&daemon.token));
    assert_eq!(status, 200);
    let line = daemon.wait_for_log("a wrong admin token was shown");
    assert!(line.contains("peer=127.0.0.1:"), "{line}");
    assert!(line.contains("failures="), "{line}");
    assert!(!line.contains("not-the-token"), "{line}");
}
