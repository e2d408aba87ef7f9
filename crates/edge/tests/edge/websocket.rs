//! Clients that come by WebSocket, as web pages do.

use crate::client::{Client, Socket};
use crate::server::{Server, login};
use bytes::BytesMut;
use futures_util::{SinkExt, StreamExt};
use rcgen::generate_simple_self_signed;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use std::fs;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{WebSocketStream, client_async};
use userstatus_core::{AppId, UserId};
use userstatus_edge::settings::{Connections, Listener as Settings};
use userstatus_store::AccountKey;
use userstatus_testing::APP;
use userstatus_wire::v1::{self, NormalStatus, request};
use userstatus_wire::{CLIENT_FRAME_BYTES_MAX, encode_client_frame};

const ORIGIN: &str = "https://game.example";

type Web<S = TcpStream> = WebSocketStream<S>;

fn websocket() -> Settings {
    Settings {
        websocket: true,
        ..Settings::default()
    }
}

async fn connect_over<S: Socket>(
    stream: S,
    headers: &[(&'static str, &str)],
) -> Result<Web<S>, tungstenite::Error> {
    let mut request = "ws://localhost/".into_client_request()?;
    for (name, value) in headers {
        request.headers_mut().append(*name, value.parse().unwrap());
    }
    client_async(request, stream)
        .await
        .map(|(socket, _)| socket)
}

async fn connect(address: SocketAddr, headers: &[(&'static str, &str)]) -> Web {
    let stream = TcpStream::connect(address).await.unwrap();
    connect_over(stream, headers).await.unwrap()
}

/// Hands the bytes of a stream on by a WebSocket, in messages of so many bytes.
fn relayed<S: Socket + 'static>(mut web: Web<S>, message_bytes: usize) -> DuplexStream {
    let (near, mut far) = duplex(1024 * 1024);
    tokio::spawn(async move {
        let mut chunk = vec![0; message_bytes];
        loop {
            tokio::select! {
                read = far.read(&mut chunk) => {
                    let count = read.unwrap();
                    if count == 0 {
                        _ = web.close(None).await;
                        return;
                    }
                    web.send(Message::Binary(chunk[..count].to_vec().into())).await.unwrap();
                }
                message = web.next() => match message {
                    Some(Ok(Message::Binary(bytes))) => far.write_all(&bytes).await.unwrap(),
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => return,
                },
            }
        }
    });
    near
}

async fn logged_in(address: SocketAddr, name: &str) -> Client {
    let web = connect(address, &[("origin", ORIGIN)]).await;
    Client::logged_in_over(Box::new(relayed(web, 16 * 1024)), name).await
}

fn set(text: &str) -> request::Body {
    request::Body::SetSelfStatus(v1::SetSelfStatus {
        custom_status: text.to_owned(),
    })
}

fn frame(frame: impl Into<v1::ClientFrame>) -> BytesMut {
    let mut bytes = BytesMut::new();
    encode_client_frame(&frame.into(), CLIENT_FRAME_BYTES_MAX, &mut bytes).unwrap();
    bytes
}

/// How the server closes a WebSocket.
async fn closed<S: Socket>(web: &mut Web<S>) -> (CloseCode, String) {
    while let Some(message) = web.next().await {
        if let Message::Close(Some(close)) = message.unwrap() {
            return (close.code, close.reason.to_string());
        }
    }
    panic!("it was closed without a word");
}

#[tokio::test(flavor = "multi_thread")]
async fn those_on_a_websocket_and_those_on_tcp_see_each_other() {
    let server = Server::start().await;
    let address = server.listen(websocket());
    let mut alice = Client::logged_in(&server, "alice").await;
    let mut bob = logged_in(address, "bob").await;
    alice.subscribe(&["bob".to_owned()]).await;
    bob.subscribe(&["alice".to_owned()]).await;

    assert_eq!(bob.ask(set("in a match")).await.code, 0);
    alice.pushed("bob", NormalStatus::Online).await;
    assert_eq!(alice.ask(set("watching")).await.code, 0);
    bob.pushed("alice", NormalStatus::Online).await;
    let seen = bob.query(&["alice", "bob"]).await;
    let texts: Vec<_> = seen.iter().map(|status| &*status.custom_status).collect();
    assert_eq!(texts, ["watching", "in a match"]);
    bob.pong(7).await;

    // A page that is left closes its WebSocket.
    drop(bob);
    alice.pushed("bob", NormalStatus::Offline).await;
}

/// Frames are cut from the stream wherever messages happen to end, and what is longer than a message of ours comes in several.
#[tokio::test(flavor = "multi_thread")]
async fn messages_end_anywhere() {
    let server = Server::start().await;
    let address = server.listen(websocket());
    let web = connect(address, &[]).await;
    let mut byte_by_byte = Client::logged_in_over(Box::new(relayed(web, 1)), "bob").await;
    let long = "x".repeat(4_096);
    let mut sessions = Vec::new();
    for name in ["ann", "ben", "cat"] {
        let session = server.session(name).await;
        let request = v1::Request::new(1, set(&long));
        assert_eq!(server.gateway.request(&session, request).await.code, 0);
        sessions.push(session);
    }
    let seen = byte_by_byte.query(&["ann", "ben", "cat"]).await;
    assert!(seen.iter().all(|status| status.custom_status == long));

    let mut near = relayed(connect(address, &[]).await, 16 * 1024);
    let login = v1::Request::new(1, request::Body::Login(login("eve")));
    let both = [frame(v1::Hello::new("test", "1.0")), frame(login)].concat();
    near.write_all(&both).await.unwrap();
    assert_eq!(Client::over(Box::new(near)).any_answer().await.code, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_not_come_in_is_told_in_http() {
    let server = Server::start().await;
    let address = server.listen(Settings {
        websocket_origins: vec![ORIGIN.to_owned()],
        ..websocket()
    });
    logged_in(address, "bob").await;
    let stream = TcpStream::connect(address).await.unwrap();
    match connect_over(stream, &[("origin", "https://evil.example")]).await {
        Err(tungstenite::Error::Http(answer)) => assert_eq!(answer.status(), 403),
        other => panic!("{other:?}"),
    }
    for (sent, begins_with) in [
        (&b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"[..], "HTTP/1.1 426 "),
        (b"\0\0\0\x14\x0a\x12", ""),
        // The rest of it is not read: the answer may be lost with the connection.
        (&[b'x'; 20_000], ""),
    ] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        // It may have been refused before all of it is sent.
        _ = stream.write_all(sent).await;
        _ = stream.shutdown().await;
        let mut answer = Vec::new();
        _ = stream.read_to_end(&mut answer).await;
        let answer = String::from_utf8_lossy(&answer);
        assert!(
            answer.starts_with(begins_with),
            "{answer:?} to {}",
            sent.escape_ascii()
        );
    }
    // What does not become a client takes no place.
    server
        .until("the end of all", |server| {
            server.slots.count().connections == 0
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_request_has_the_time_of_a_hello() {
    let server = Server::start_with(Connections {
        hello_timeout_ms: 300,
        ..Connections::default()
    })
    .await;
    let address = server.listen(websocket());
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost:").await.unwrap();
    assert_eq!(stream.read(&mut [0; 16]).await.unwrap_or(0), 0);
    // And so has a WebSocket that says nothing.
    let mut client = Client::over(Box::new(relayed(connect(address, &[]).await, 1_024)));
    let closing = client.closing().await;
    assert!(closing.desc.contains("no hello"), "{}", closing.desc);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_frame_of_ours_closes_the_websocket_with_the_reason() {
    let server = Server::start().await;
    let address = server.listen(websocket());

    let mut web = connect(address, &[]).await;
    web.send(Message::text("hello")).await.unwrap();
    let (code, reason) = closed(&mut web).await;
    assert_eq!(code, CloseCode::Unsupported);
    assert!(reason.contains("binary"), "{reason}");

    let mut web = connect(address, &[]).await;
    let too_long = vec![0; CLIENT_FRAME_BYTES_MAX + 5];
    // The server reads the beginning and closes.
    _ = web.send(Message::Binary(too_long.into())).await;
    assert_eq!(closed(&mut web).await.0, CloseCode::Size);

    // A browser answers pings by itself and sends none. Who sends some is answered, who sends nothing else is not kept.
    let mut web = connect(address, &[]).await;
    web.send(Message::Ping("are you there".into()))
        .await
        .unwrap();
    let pong = web.next().await.unwrap().unwrap();
    assert_eq!(pong, Message::Pong("are you there".into()));
    for _ in 0..1_000 {
        if web.feed(Message::Binary(Vec::new().into())).await.is_err() {
            break;
        }
    }
    _ = web.flush().await;
    assert_eq!(closed(&mut web).await.0, CloseCode::Policy);
}

#[tokio::test(flavor = "multi_thread")]
async fn d1_who_is_kicked_is_told_before_the_websocket_closes() {
    let server = Server::start().await;
    let mut bob = logged_in(server.listen(websocket()), "bob").await;
    let key = AccountKey::new(AppId::new(APP).unwrap(), UserId::parse("bob").unwrap());
    assert_eq!(server.gateway.kick_all(&key).await.unwrap(), 1);
    assert_eq!(bob.kicked().await.code, 70052);
    bob.ended().await;
}

/// TLS, a PROXY protocol header before it, and a WebSocket in it.
#[tokio::test(flavor = "multi_thread")]
async fn it_runs_in_tls_behind_a_balancer() {
    let dir = tempfile::tempdir().unwrap();
    let made = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let [cert, key] = ["cert.pem", "key.pem"].map(|name| dir.path().join(name));
    fs::write(&cert, made.cert.pem()).unwrap();
    fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let server = Server::start().await;
    let address = server.listen(Settings {
        tls_cert_file: cert,
        tls_key_file: key,
        proxy_protocol: true,
        proxy_trusted: vec!["127.0.0.0/8".parse().unwrap()],
        ..websocket()
    });

    let mut stream = TcpStream::connect(address).await.unwrap();
    let header = b"PROXY TCP4 198.51.100.7 10.0.0.1 5555 443\r\n";
    stream.write_all(header).await.unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let tls = TlsConnector::from(Arc::new(config)).connect(name, stream);
    let web = connect_over(tls.await.unwrap(), &[("origin", ORIGIN)])
        .await
        .unwrap();
    let mut bob = Client::logged_in_over(Box::new(relayed(web, 16 * 1024)), "bob").await;
    bob.pong(1).await;
}

/// Behind an HTTP balancer all come from one address: its header says whose share they take.
#[tokio::test(flavor = "multi_thread")]
async fn an_http_balancer_says_whose_connection_it_is() {
    let server = Server::start_with_places(2).await;
    let address = server.listen(Settings {
        forwarded_for: true,
        proxy_trusted: vec!["127.0.0.0/8".parse().unwrap()],
        ..websocket()
    });
    let from = |client| [("x-forwarded-for", client)];
    let mut stay = Vec::new();
    for client in ["198.51.100.7", "198.51.100.7", "198.51.100.8"] {
        let mut web = connect(address, &from(client)).await;
        let hello = frame(v1::Hello::new("test", "1.0"));
        web.send(Message::Binary(hello.into())).await.unwrap();
        assert!(matches!(web.next().await, Some(Ok(Message::Binary(_)))));
        stay.push(web);
    }
    let third = connect(address, &from("198.51.100.7")).await;
    let closing = Client::over(Box::new(relayed(third, 1_024)))
        .closing()
        .await;
    assert!(closing.desc.contains("address"), "{}", closing.desc);
}

/// A client's frame of a WebSocket, masked with zeros.
fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() as u64).to_be_bytes();
    let head = match payload.len() {
        length @ ..126 => vec![first, 0x80 | length as u8],
        _ => [&[first, 0x80 | 127][..], &length].concat(),
    };
    [&head[..], &[0; 4], payload].concat()
}

/// Half a frame of very many strangers is memory, whatever it is wrapped in. A ping in between changes nothing of it.
#[tokio::test(flavor = "multi_thread")]
async fn half_frames_of_strangers_count_as_what_they_hold() {
    let server = Server::start().await;
    let address = server.listen(websocket());
    let length = u32::try_from(CLIENT_FRAME_BYTES_MAX).unwrap().to_be_bytes();
    let half = [&length[..], &vec![0; CLIENT_FRAME_BYTES_MAX - 1]].concat();
    let sent = [
        masked(0x82, &frame(v1::Hello::new("test", "1.0"))),
        masked(0x02, &half),
        masked(0x89, b"ping"),
    ]
    .concat();
    let mut strangers = Vec::new();
    for _ in 0..400 {
        let mut web = connect(address, &[]).await.into_inner();
        // Who has to go does not take all of it.
        _ = web.write_all(&sent).await;
        strangers.push(web);
    }
    // 64 MiB hold fewer than these.
    server
        .until("that some had to go", |server| {
            let connections = server.slots.count().connections;
            (200..=260).contains(&connections)
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_close_is_answered_with_its_code() {
    let server = Server::start().await;
    let address = server.listen(websocket());
    let mut web = connect(address, &[]).await;
    let going_away = CloseFrame {
        code: CloseCode::Away,
        reason: "the page is left".into(),
    };
    web.close(Some(going_away)).await.unwrap();
    assert_eq!(closed(&mut web).await.0, CloseCode::Away);
    assert!(web.next().await.is_none());
}

/// Pings, and frames with nothing in them, in a message that never ends: neither frame of ours nor anything to read.
#[tokio::test(flavor = "multi_thread")]
async fn who_sends_frames_with_nothing_in_them_without_end_is_not_kept() {
    let server = Server::start().await;
    let address = server.listen(websocket());
    for nothing in [masked(0x00, &[]), masked(0x89, b"x"), masked(0x8a, &[])] {
        let mut web = connect(address, &[]).await;
        let sent = [masked(0x02, &[]), nothing.repeat(1_000)].concat();
        // It may have been closed before all of it is sent.
        _ = web.get_mut().write_all(&sent).await;
        assert_eq!(closed(&mut web).await.0, CloseCode::Policy);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s6_each_byte_is_heard_also_in_the_middle_of_a_message() {
    let server = Server::start().await;
    server.set_silence_timeout_ms(2_000).await;
    let address = server.listen(websocket());
    let web = connect(address, &[]).await;
    let (mut socket, hello) = (web.into_inner(), frame(v1::Hello::new("test", "1.0")));
    let login = v1::Request::new(1, request::Body::Login(login("bob")));
    let set = v1::Request::new(2, set(&"x".repeat(4_000)));
    socket.write_all(&masked(0x82, &hello)).await.unwrap();
    socket
        .write_all(&masked(0x82, &frame(login)))
        .await
        .unwrap();
    // Longer in coming than anybody may be silent.
    let mut beats = tokio::time::interval(Duration::from_millis(500));
    for part in masked(0x82, &frame(set)).chunks(500) {
        beats.tick().await;
        socket.write_all(part).await.unwrap();
    }
    let mut alice = Client::logged_in(&server, "alice").await;
    let seen = alice.query(&["bob"]).await;
    assert_eq!(seen[0].custom_status.len(), 4_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_says_so_to_web_pages_too() {
    let server = Server::start().await;
    let mut bob = logged_in(server.listen(websocket()), "bob").await;
    server.stop();
    bob.goaway().await;
}
