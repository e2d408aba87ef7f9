//! Memory of this process per idle logged-in client. The server is a listener that says yes and holds nothing but sockets.

use bytes::BytesMut;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use userstatus_client::{Client, ClientConfig};
use userstatus_wire::{encode_server_frame, v1};
use v1::server_frame::Body;

/// Two descriptors each.
const CLIENTS: usize = 400;

#[allow(clippy::print_stdout, reason = "a bench has nobody else to tell")]
fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("bound").to_string();
    std::thread::spawn(move || say_yes(&listener));
    runtime.block_on(async {
        // The first ones pay for what all share.
        let _first = log_in(&address, 20).await;
        let before = pss_bytes();
        let clients = log_in(&address, CLIENTS).await;
        let each = pss_bytes().saturating_sub(before) / CLIENTS;
        println!("{} idle clients: {each} bytes of PSS each", clients.len());
    });
}

async fn log_in(address: &str, count: usize) -> Vec<Client> {
    let mut clients = Vec::with_capacity(count);
    for number in 0..count {
        let config = ClientConfig::new(address.parse().expect("an address"), 7);
        let client = Client::new(config, &tokio::runtime::Handle::current(), |_| {});
        let client = client.expect("a client");
        client
            .login(&format!("user{number}"), "sig")
            .await
            .expect("let in");
        clients.push(client);
    }
    clients
}

/// A client's first request, which is its login, has id 1: what comes need not be read to be answered.
fn say_yes(listener: &TcpListener) {
    let mut yes = BytesMut::new();
    let welcome = Body::Welcome(v1::Welcome {
        protocol: 1,
        ..v1::Welcome::default()
    });
    let response = Body::Response(v1::Response {
        id: 1,
        body: Some(v1::response::Body::Login(v1::LoginResult::default())),
        ..v1::Response::default()
    });
    for body in [welcome, response] {
        encode_server_frame(&v1::ServerFrame { body: Some(body) }, &mut yes).expect("it fits");
    }
    let mut held: Vec<TcpStream> = Vec::with_capacity(CLIENTS + 20);
    while let Ok((mut stream, _)) = listener.accept() {
        stream.write_all(&yes).expect("the client reads");
        held.push(stream);
    }
}

fn pss_bytes() -> usize {
    let rollup = std::fs::read_to_string("/proc/self/smaps_rollup").expect("this is Linux");
    let kib = rollup
        .lines()
        .find_map(|line| line.strip_prefix("Pss:"))
        .and_then(|rest| rest.trim().strip_suffix(" kB"))
        .and_then(|kib| kib.trim().parse::<usize>().ok());
    kib.expect("the kernel says so") * 1024
}
