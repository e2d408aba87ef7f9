//! Work is paid for by those who cause it, and nobody else waits for it.

use crate::client::{Client, encoded};
use crate::process::Daemon;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use userstatus_wire::v1::{self, request, server_frame};

/// Sends the same as fast as it is taken and reads whatever comes, until it is dropped.
struct Flood {
    socket: TcpStream,
    threads: Vec<JoinHandle<()>>,
}

impl Flood {
    fn of(client: &Client, bytes: Vec<u8>) -> Self {
        let socket = client.socket();
        let (mut writer, mut reader) = (client.socket(), client.socket());
        let writing = std::thread::spawn(move || while writer.write_all(&bytes).is_ok() {});
        let reading = std::thread::spawn(move || {
            let mut chunk = [0; 65_536];
            loop {
                match reader.read(&mut chunk) {
                    Ok(0) => return,
                    Ok(_) => {}
                    Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                    Err(_) => return,
                }
            }
        });
        Self {
            socket,
            threads: vec![writing, reading],
        }
    }
}

impl Drop for Flood {
    fn drop(&mut self) {
        // It may be closed already.
        _ = self.socket.shutdown(Shutdown::Both);
        for thread in self.threads.drain(..) {
            thread.join().unwrap();
        }
    }
}

fn p99(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() * 99 / 100]
}

#[test]
fn requests_that_are_refused_for_naming_thousands_delay_no_bystander() {
    let daemon = Daemon::dev(&[]);
    let user_ids: Vec<_> = (0..8_190).map(|number| format!("{number:02}")).collect();
    let dear = encoded(v1::Request::new(
        1,
        request::Body::Subscribe(v1::Subscribe { user_ids }),
    ));
    let clients = ["one", "two"].map(|name| Client::logged_in(&daemon, name));
    let _floods = clients
        .each_ref()
        .map(|client| Flood::of(client, dear.clone()));
    let mut bystander = Client::logged_in(&daemon, "bystander");
    // What they may spend at first is spent.
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(1) {
        bystander.query(&["bystander"]);
    }
    let times = (0..1_000)
        .map(|_| {
            let asked_at = Instant::now();
            assert_eq!(bystander.query(&["bystander"]).code, 0);
            asked_at.elapsed()
        })
        .collect();
    let p99 = p99(times);
    assert!(p99 < Duration::from_millis(80), "{p99:?}");
}

#[test]
fn c5_a_client_that_sets_its_status_2500_times_a_second_is_not_slowed() {
    const SETS: u32 = 7_500;
    let daemon = Daemon::dev(&[]);
    let mut client = Client::logged_in(&daemon, "busy");
    let mut writer = client.socket();
    let begin = Instant::now();
    let writing = std::thread::spawn(move || {
        for id in 0..SETS {
            let custom_status = format!("{id:064}");
            let set = request::Body::SetSelfStatus(v1::SetSelfStatus { custom_status });
            let set = encoded(v1::Request::new(u64::from(id) + 10, set));
            writer.write_all(&set).unwrap();
        }
    });
    let mut answered = 0;
    while answered < SETS {
        if let server_frame::Body::Response(response) = client.body() {
            assert_eq!(response.code, 0, "{}", response.desc);
            answered += 1;
        }
    }
    writing.join().unwrap();
    let took = begin.elapsed();
    // At 5,000 a second, the first of which are not counted, and on a machine that does other things.
    assert!(took < Duration::from_secs(5), "{took:?}");
}

#[test]
fn who_asks_more_than_he_may_is_read_more_slowly_and_neither_refused_nor_closed() {
    let daemon = Daemon::dev(&[]);
    let mut client = Client::logged_in(&daemon, "greedy");
    let user_ids: Vec<_> = (0..8_190).map(|number| format!("{number:02}")).collect();
    let begin = Instant::now();
    let mut writer = client.socket();
    let writing = std::thread::spawn(move || {
        for id in 1..=10 {
            let user_ids = user_ids.clone();
            let dear = request::Body::GetUserStatus(v1::GetUserStatus { user_ids });
            writer
                .write_all(&encoded(v1::Request::new(100 + id, dear)))
                .unwrap();
        }
    });
    for id in 101..=110 {
        assert_eq!(client.answer(id).code, 6017);
    }
    writing.join().unwrap();
    // Each is a third of what a second gives; three were in stock, and the last is a debt.
    let took = begin.elapsed();
    assert!(took > Duration::from_millis(1_500), "{took:?}");
    assert_eq!(client.pong(1).nonce, 1);
}
