//! The client over real sockets, against a server played by the test.

use bytes::BytesMut;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use userstatus_client::{Client, ClientConfig, ConnectionState, Event, LoginStatus};
use userstatus_wire::{
    CLIENT_FRAME_BYTES_MAX, FrameDecoder, decode_client_frame, encode_server_frame, v1,
};
use v1::client_frame::Body as FromClient;
use v1::request::Body as Asked;
use v1::server_frame::Body as FromServer;

/// Nothing here takes this long unless it is broken.
const PATIENCE: Duration = Duration::from_secs(20);

/// Events a test lets pile up.
const EVENTS_MAX: usize = 1_000;

/// The server's end of one connection.
struct Peer<S> {
    stream: S,
    decoder: FrameDecoder,
    unread: Vec<FromClient>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Peer<S> {
    fn new(stream: S) -> Self {
        Self {
            stream,
            decoder: FrameDecoder::new(CLIENT_FRAME_BYTES_MAX),
            unread: Vec::new(),
        }
    }

    /// The next frame, or `None` at the end of the stream.
    async fn frame(&mut self) -> Option<FromClient> {
        while self.unread.is_empty() {
            let mut buffer = [0; 4096];
            let read = self.stream.read(&mut buffer).await.unwrap_or(0);
            if read == 0 {
                return None;
            }
            let mut chunk = &buffer[..read];
            while let Some(body) = self.decoder.next_frame(&mut chunk).expect("frames") {
                let frame = decode_client_frame(&body).expect("messages");
                self.unread.push(frame.body.expect("a body"));
            }
        }
        Some(self.unread.remove(0))
    }

    async fn request(&mut self) -> (u64, bool, Asked) {
        loop {
            match self.frame().await.expect("the client is still there") {
                FromClient::Request(request) => {
                    return (request.id, request.resent, request.body.expect("a body"));
                }
                FromClient::Hello(_) | FromClient::Ping(_) => {}
            }
        }
    }

    async fn send(&mut self, body: FromServer) {
        let mut bytes = BytesMut::new();
        encode_server_frame(&v1::ServerFrame { body: Some(body) }, &mut bytes).expect("it fits");
        self.stream
            .write_all(&bytes)
            .await
            .expect("the client reads");
        self.stream.flush().await.expect("the client reads");
    }

    async fn answer(&mut self, id: u64, body: Option<v1::response::Body>) {
        let response = v1::Response {
            id,
            code: 0,
            desc: String::new(),
            body,
            version: 0,
        };
        self.send(FromServer::Response(response)).await;
    }

    /// Lets the client in; the login it sent.
    async fn let_in(&mut self) -> v1::Login {
        let (id, _, Asked::Login(login)) = self.request().await else {
            panic!("no login")
        };
        self.send(FromServer::Welcome(v1::Welcome {
            protocol: 1,
            ..v1::Welcome::default()
        }))
        .await;
        let result = v1::LoginResult {
            subscriptions_kept: true,
            ..v1::LoginResult::default()
        };
        self.answer(id, Some(v1::response::Body::Login(result)))
            .await;
        login
    }
}

struct Setup {
    listener: TcpListener,
    client: Client,
    events: mpsc::Receiver<Event>,
}

impl Setup {
    async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let (client, events) = client(&listener, "", None);
        Self {
            listener,
            client,
            events,
        }
    }

    async fn accept(&self) -> Peer<TcpStream> {
        let (stream, _) = timeout(PATIENCE, self.listener.accept())
            .await
            .expect("in time")
            .expect("accepted");
        Peer::new(stream)
    }

    async fn event(&mut self, which: impl Fn(&Event) -> bool) -> Event {
        let found = async {
            loop {
                let event = self.events.recv().await.expect("the client lives");
                if which(&event) {
                    return event;
                }
            }
        };
        timeout(PATIENCE, found).await.expect("the event comes")
    }

    async fn log_in(&mut self) -> Peer<TcpStream> {
        let login = tokio::spawn({
            let client = self.client.clone();
            async move { client.login("alice", "sig").await }
        });
        let mut peer = self.accept().await;
        assert!(!peer.let_in().await.reconnect);
        login.await.expect("no panic").expect("let in");
        peer
    }
}

fn client(
    listener: &TcpListener,
    scheme: &str,
    ca_file: Option<std::path::PathBuf>,
) -> (Client, mpsc::Receiver<Event>) {
    let port = listener.local_addr().expect("bound").port();
    let host = if scheme.is_empty() {
        "127.0.0.1"
    } else {
        "localhost"
    };
    let address = format!("{scheme}{host}:{port}")
        .parse()
        .expect("an address");
    let config = ClientConfig {
        tls_ca_file: ca_file,
        ..ClientConfig::new(address, 7)
    };
    let (sender, events) = mpsc::channel(EVENTS_MAX);
    let client = Client::new(config, &Handle::current(), move |event| {
        // The test may be over.
        let _ = sender.try_send(event);
    });
    (client.expect("a client"), events)
}

#[tokio::test]
async fn logs_in_asks_and_is_told() {
    let mut setup = Setup::new().await;
    let mut peer = setup.log_in().await;
    assert_eq!(setup.client.login_status(), LoginStatus::LoggedIn);
    assert_eq!(setup.client.login_user().as_deref(), Some("alice"));

    let query = tokio::spawn({
        let client = setup.client.clone();
        async move { client.get_user_status(vec!["bob".to_owned()]).await }
    });
    let (id, _, body) = peer.request().await;
    assert!(matches!(body, Asked::GetUserStatus(get) if get.user_ids == ["bob"]));
    let status = v1::UserStatus {
        user_id: "bob".to_owned(),
        version: 3,
        normal: 1,
        ..v1::UserStatus::default()
    };
    let list = v1::StatusList {
        statuses: vec![status.clone()],
    };
    peer.answer(id, Some(v1::response::Body::Statuses(list)))
        .await;
    assert_eq!(query.await.expect("no panic").expect("answered").len(), 1);

    peer.send(FromServer::StatusPush(v1::StatusPush {
        statuses: vec![status],
    }))
    .await;
    let event = setup
        .event(|event| matches!(event, Event::StatusChanged(_)))
        .await;
    assert!(matches!(event, Event::StatusChanged(list) if list[0].user_id == "bob"));
}

#[tokio::test]
async fn what_is_no_frame_loses_the_connection_and_the_client_comes_back() {
    let too_long = u32::MAX.to_be_bytes().to_vec();
    let empty = vec![0; 4];
    let no_message = [&3u32.to_be_bytes()[..], &[0xff; 3]].concat();
    let cut_short = [&100u32.to_be_bytes()[..], &[0; 10]].concat();
    for garbage in [too_long, empty, no_message, cut_short] {
        let mut setup = Setup::new().await;
        let mut peer = setup.log_in().await;
        let pending = tokio::spawn({
            let client = setup.client.clone();
            async move { client.list_friends().await }
        });
        let (first_id, resent, _) = peer.request().await;
        assert!(!resent);
        peer.stream
            .write_all(&garbage)
            .await
            .expect("the client reads");
        drop(peer);
        setup
            .event(|event| matches!(event, Event::Connection(ConnectionState::Disconnected(_))))
            .await;
        let mut peer = setup.accept().await;
        assert!(peer.let_in().await.reconnect);
        let (id, resent, body) = peer.request().await;
        assert!(resent && id == first_id && matches!(body, Asked::ListFriends(_)));
        peer.answer(
            id,
            Some(v1::response::Body::Friends(v1::FriendList::default())),
        )
        .await;
        assert_eq!(
            pending
                .await
                .expect("no panic")
                .expect("answered in the end"),
            []
        );
    }
}

#[tokio::test]
async fn logout_is_said_before_the_connection_closes() {
    let mut setup = Setup::new().await;
    let mut peer = setup.log_in().await;
    let logout = tokio::spawn({
        let client = setup.client.clone();
        async move { client.logout().await }
    });
    let (id, _, body) = peer.request().await;
    assert!(matches!(body, Asked::Logout(_)));
    peer.answer(id, None).await;
    logout.await.expect("no panic").expect("logged out");
    assert_eq!(peer.frame().await, None, "the client closes");
}

#[tokio::test]
async fn shutdown_ends_what_is_pending_and_then_calls_nothing() {
    let mut setup = Setup::new().await;
    let mut peer = setup.log_in().await;
    let pending = tokio::spawn({
        let client = setup.client.clone();
        async move { client.list_friends().await }
    });
    peer.request().await;
    setup.client.shutdown().await;
    assert_eq!(
        pending.await.expect("no panic").expect_err("ended").code,
        7009
    );
    assert_eq!(peer.frame().await, None, "the client closes");
    let late = setup
        .client
        .set_self_status("late")
        .await
        .expect_err("nothing is there to do it");
    assert_eq!(late.code, 7009);
    // The event function is gone with the task.
    while setup.events.recv().await.is_some() {}
}

#[tokio::test]
async fn the_last_handle_dropped_closes_the_connection() {
    let mut setup = Setup::new().await;
    let mut peer = setup.log_in().await;
    drop(setup.client);
    assert_eq!(
        timeout(PATIENCE, peer.frame()).await.expect("in time"),
        None
    );
}

#[tokio::test]
async fn a_server_that_is_not_there_is_told_and_tried_again() {
    let mut setup = Setup::new().await;
    let peer = setup.log_in().await;
    let address = setup.listener.local_addr().expect("bound");
    let Setup {
        listener,
        client,
        events,
    } = setup;
    drop((listener, peer));
    let (_, spare) = tokio::join!(async {}, TcpListener::bind("127.0.0.1:0"));
    setup = Setup {
        listener: spare.expect("a free port"),
        client,
        events,
    };
    setup
        .event(|event| matches!(event, Event::Connection(ConnectionState::ConnectFailed(_))))
        .await;
    setup.listener = TcpListener::bind(address)
        .await
        .expect("the port is free again");
    setup.client.probe();
    let mut peer = setup.accept().await;
    assert!(peer.let_in().await.reconnect);
}

/// An address where connections are neither taken nor refused, as behind a firewall that drops everything: the system's queue for it is
/// full. As long as what comes with it lives.
fn black_hole() -> (std::net::SocketAddr, Vec<socket2::Socket>) {
    use socket2::{Domain, Socket, Type};
    let socket = || Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    let listener = socket();
    let any: std::net::SocketAddr = "127.0.0.1:0".parse().expect("an address");
    listener.bind(&any.into()).expect("a free port");
    listener.listen(0).expect("it listens");
    let address = listener.local_addr().expect("bound");
    let mut held = vec![listener];
    for _ in 0..4 {
        let filling = socket();
        filling.set_nonblocking(true).expect("it can be");
        // It is under way, and stays so.
        let _ = filling.connect(&address);
        held.push(filling);
    }
    (address.as_socket().expect("an address"), held)
}

/// A client of several servers.
fn client_of(servers: &[std::net::SocketAddr]) -> Client {
    let addresses = servers
        .iter()
        .map(|server| server.to_string().parse().expect("an address"));
    let config = ClientConfig {
        servers: addresses.collect(),
        ..ClientConfig::new("127.0.0.1:1".parse().expect("an address"), 7)
    };
    Client::new(config, &Handle::current(), |_| {}).expect("a client")
}

fn log_in(client: &Client) -> tokio::task::JoinHandle<()> {
    let client = client.clone();
    tokio::spawn(async move { client.login("alice", "sig").await.expect("let in") })
}

#[tokio::test]
async fn a_dead_first_server_costs_a_moment_and_what_worked_is_tried_first_from_then_on() {
    let (dead, _held) = black_hole();
    let mut setup = Setup::new().await;
    let living = setup.listener.local_addr().expect("bound");
    setup.client = client_of(&[dead, living]);
    let begun = std::time::Instant::now();
    let login = log_in(&setup.client);
    let mut peer = setup.accept().await;
    let first = begun.elapsed();
    assert!(
        (Duration::from_millis(200)..Duration::from_secs(3)).contains(&first),
        "{first:?}"
    );
    peer.let_in().await;
    login.await.expect("no panic");
    drop(peer);
    let lost = std::time::Instant::now();
    setup
        .client
        .network_changed(userstatus_client::NetworkChange::Back);
    let mut peer = setup.accept().await;
    assert!(peer.let_in().await.reconnect);
    println!("first {first:?}, again {:?}", lost.elapsed());
}

#[tokio::test]
async fn a_first_server_that_takes_connections_and_says_nothing_costs_little_more() {
    // A process that hangs: the system takes connections for it.
    let mute = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let mut setup = Setup::new().await;
    let living = setup.listener.local_addr().expect("bound");
    setup.client = client_of(&[mute.local_addr().expect("bound"), living]);
    let begun = std::time::Instant::now();
    let login = log_in(&setup.client);
    let mut peer = setup.accept().await;
    peer.let_in().await;
    login.await.expect("no panic");
    assert!(
        begun.elapsed() < Duration::from_secs(8),
        "{:?}",
        begun.elapsed()
    );
}

#[tokio::test]
async fn a_heartbeat_too_often_is_refused() {
    let address = "127.0.0.1:1".parse().expect("an address");
    let config = ClientConfig {
        heartbeat_interval: Some(Duration::from_millis(4_999)),
        ..ClientConfig::new(address, 7)
    };
    let error = Client::new(config, &Handle::current(), |_| {}).expect_err("too often");
    assert!(error.to_string().contains("4999"), "{error}");
}

/// A certificate for `localhost` that signs itself: the server's side, and the CA file for the client.
fn certificate(folder: &std::path::Path) -> (TlsAcceptor, std::path::PathBuf) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let ca_file = folder.join("ca.pem");
    std::fs::write(&ca_file, made.cert.pem()).expect("written");
    let key = rustls::pki_types::PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(
        rustls::crypto::ring::default_provider(),
    ))
    .with_safe_default_protocol_versions()
    .expect("versions")
    .with_no_client_auth()
    .with_single_cert(vec![made.cert.der().clone()], key.into())
    .expect("a certificate and its key");
    (TlsAcceptor::from(Arc::new(config)), ca_file)
}

#[tokio::test]
async fn tls_is_checked_against_the_ca_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let (acceptor, ca_file) = certificate(folder.path());
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");

    let (trusting, _events) = client(&listener, "tls://", Some(ca_file));
    let login = tokio::spawn(async move { trusting.login("alice", "sig").await });
    let (stream, _) = listener.accept().await.expect("accepted");
    let mut peer = Peer::new(acceptor.accept(stream).await.expect("a handshake"));
    peer.let_in().await;
    login.await.expect("no panic").expect("let in");

    let other = folder.path().join("other");
    std::fs::create_dir(&other).expect("made");
    let (_, other_ca) = certificate(&other);
    let (wary, mut events) = client(&listener, "tls://", Some(other_ca));
    let refused = tokio::spawn(async move { wary.login("alice", "sig").await });
    let (stream, _) = listener.accept().await.expect("accepted");
    assert!(
        acceptor.accept(stream).await.is_err(),
        "the client does not know this CA"
    );
    let failure = loop {
        let event = events.recv().await.expect("the client lives");
        if let Event::Connection(ConnectionState::ConnectFailed(reason)) = event {
            break reason;
        }
    };
    assert!(failure.contains("certificate"), "{failure}");
    refused.abort();
}

#[tokio::test]
async fn a_ca_file_that_is_none_is_refused_at_once() {
    let address = "tls://localhost:1".parse().expect("an address");
    let config = ClientConfig {
        tls_ca_file: Some("/does/not/exist.pem".into()),
        ..ClientConfig::new(address, 7)
    };
    let error = Client::new(config, &Handle::current(), |_| {}).expect_err("no such file");
    assert!(error.to_string().contains("/does/not/exist.pem"), "{error}");
}

#[tokio::test]
async fn only_so_many_servers_and_pins_may_be_given_and_at_least_one_server() {
    let address: userstatus_client::ServerAddress = "tls://localhost:1".parse().expect("one");
    let pin = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
        .parse()
        .expect("a pin");
    let made = |servers: usize, pins: usize| {
        let config = ClientConfig {
            servers: vec![address.clone(); servers],
            tls_pins: vec![pin; pins],
            ..ClientConfig::new(address.clone(), 7)
        };
        Client::new(config, &Handle::current(), |_| {}).map(drop)
    };
    for (servers, pins) in [(1, 0), (8, 0), (1, 16)] {
        made(servers, pins).expect("allowed");
    }
    for (servers, pins) in [(0, 0), (9, 0), (1, 17)] {
        made(servers, pins).expect_err("too many, or none");
    }
}
