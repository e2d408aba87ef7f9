//! What balancers are told.

use crate::admin_port::http;
use crate::client::Client;
use crate::process::{Daemon, temp_dir, until};
use rustix::process::Signal;
use serde_json::Value;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

fn ask(address: SocketAddr, path: &str) -> Option<(u16, Value)> {
    let mut stream = TcpStream::connect(address).ok()?;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    )
    .ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some((status, serde_json::from_str(body).unwrap_or(Value::Null)))
}

#[test]
fn health_is_told_without_a_token_and_nothing_else_is() {
    let daemon = Daemon::dev(&[]);
    assert_eq!(ask(daemon.admin, "/livez").unwrap().0, 200);
    let (status, readiness) = ask(daemon.admin, "/readyz").unwrap();
    assert_eq!(status, 200);
    assert_eq!(readiness["status"], "ready");
    assert_eq!(readiness["checks"]["listening"], "ok");
    assert_eq!(readiness["checks"]["store"]["status"], "ok");
    assert!(!readiness.to_string().contains(&daemon.token));
    assert_eq!(http(&daemon, "GET", "/v1/stats", "", None).0, 401);
}

#[test]
fn a_health_port_of_its_own_tells_health_and_nothing_else_and_sees_the_drain() {
    let dir = temp_dir();
    let config = "[[listeners]]\nplain_tcp = true\n[health]\nlisten = \"127.0.0.1:0\"\n[shutdown]\ndrain_timeout_ms = 60000\n";
    let mut daemon = Daemon::serve(config, &dir.path().join("data"));
    let health = daemon.announced["health"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!(ask(health, "/livez").unwrap().0, 200);
    assert_eq!(ask(health, "/readyz?strict=true").unwrap().0, 200);
    assert_eq!(ask(health, "/v1/stats").unwrap().0, 404);
    let mut alice = Client::logged_in(&daemon, "alice");
    daemon.signal(Signal::TERM);
    alice.goaway();
    let (_, readiness) = until("not ready", || {
        ask(health, "/readyz").filter(|(status, _)| *status == 503)
    });
    assert_eq!(readiness["checks"]["listening"], "draining");
    assert_eq!(ask(health, "/livez").unwrap().0, 200);
    drop(alice);
    assert!(daemon.wait().success());
}
