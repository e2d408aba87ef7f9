//! Those who have not logged in share memory fairly.

use crate::balancer::behind_a_balancer;
use crate::client::Client;
use crate::process::{Daemon, temp_dir, until};
use crate::tls::Certificate;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;
use userstatus_wire::v1::{self, request};

/// All of a long login but its last byte.
fn half_a_login(bytes: usize) -> Vec<u8> {
    let prefix = u32::try_from(bytes).unwrap().to_be_bytes();
    [&prefix[..], &vec![0; bytes - 1]].concat()
}

/// Whether something was said to it, or it was closed.
fn is_told(client: &Client) -> bool {
    let socket = client.socket();
    socket
        .set_read_timeout(Some(Duration::from_millis(1)))
        .unwrap();
    socket.peek(&mut [0]).is_ok()
}

#[test]
fn half_logins_of_one_origin_keep_nobody_else_out() {
    const LOGIN_BYTES: usize = 250 * 1024;
    /// As many as fit in the memory for strangers, and more.
    const MANY: usize = 64 * 1024 * 1024 / LOGIN_BYTES + 40;
    let (_dir, daemon) = behind_a_balancer("");
    let half = half_a_login(LOGIN_BYTES);
    let strangers: Vec<_> = (0..MANY)
        .map(|number| {
            let address = format!("192.0.2.1:{}", 1_000 + number);
            let mut stranger = Client::proxied(daemon.server, &address);
            stranger.hello();
            // It may be closed before it has sent all.
            _ = stranger.socket().write_all(&half);
            stranger
        })
        .collect();
    until("some of them to be turned away", || {
        let told = strangers.iter().filter(|client| is_told(client)).count();
        (told >= 30).then_some(())
    });

    // In two segments, from elsewhere, and from the same address.
    for (number, address) in ["198.51.100.1:1", "192.0.2.1:1", "198.51.100.2:1"]
        .iter()
        .enumerate()
    {
        let mut alice = Client::proxied(daemon.server, address);
        alice.hello();
        let login = alice.login_of(&daemon, &format!("alice{number}"));
        let login = crate::client::encoded(v1::Request::new(1, request::Body::Login(login)));
        let (first, second) = login.split_at(login.len() / 2);
        alice.send_bytes(first);
        // What has come of it is looked at before the rest is there.
        Client::proxied(daemon.server, "203.0.113.1:1").hello();
        alice.send_bytes(second);
        assert_eq!(alice.answer(1).code, 0);
    }
}

/// The first 48 KiB of a TLS ClientHello that promises 60.
fn half_a_client_hello() -> Vec<u8> {
    let record = |body: &[u8]| {
        let length = u16::try_from(body.len()).unwrap().to_be_bytes();
        [&[0x16, 3, 1], &length[..], body].concat()
    };
    let mut first = vec![0; 16 * 1024];
    first[..4].copy_from_slice(&[1, 0, 0xf0, 0]);
    [record(&first), record(&[0; 16 * 1024]).repeat(2)].concat()
}

#[test]
fn half_handshakes_of_one_origin_hold_up_nobody_else_and_end_in_time() {
    const MANY: usize = 800;
    let dir = temp_dir();
    let certificate = Certificate::new(dir.path());
    let config = format!(
        "[[listeners]]\nplain_tcp = true\n\
         {}proxy_protocol = true\nproxy_trusted = [\"127.0.0.1\"]\n\
         [connections]\ntls_handshake_timeout_ms = 5000\n",
        certificate.listener(dir.path())
    );
    let daemon = Daemon::serve(&config, &dir.path().join("data"));
    let address = crate::tls::address(&daemon);
    let connect = |client: &str| {
        let mut socket = TcpStream::connect(address).unwrap();
        let header = format!("PROXY TCP4 {client} 192.0.2.9 1 7700\r\n");
        socket.write_all(header.as_bytes()).unwrap();
        socket
    };
    let half = half_a_client_hello();
    let mut strangers: Vec<_> = (0..MANY)
        .map(|_| {
            let mut socket = connect("192.0.2.1");
            socket.write_all(&half).unwrap();
            socket
        })
        .collect();
    let mut bob = certificate.over(connect("198.51.100.1"));
    let login = bob.login_of(&daemon, "bob");
    bob.login(login).unwrap();
    // Behind all of those in the line of its own address, and let in all the same.
    let mut alice = certificate.over(connect("192.0.2.1"));
    let login = alice.login_of(&daemon, "alice");
    alice.login(login).unwrap();
    for socket in &mut strangers {
        socket
            .set_read_timeout(Some(Duration::from_secs(30)))
            .unwrap();
        // The end, or a reset because of what was not read.
        assert!(matches!(socket.read(&mut [0]), Ok(0) | Err(_)));
    }
    assert_eq!(bob.pong(1).nonce, 1);
}
