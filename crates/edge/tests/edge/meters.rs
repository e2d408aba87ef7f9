//! What operators see of connections.

use crate::client::Client;
use crate::server::Server;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use userstatus_core::Code;
use userstatus_edge::settings::Connections;
use userstatus_gateway::{Closed, ConnectionMeters};
use userstatus_wire::v1::{self, request};

fn meters(server: &Server) -> &ConnectionMeters {
    server.slots.meters()
}

/// So many that ended for each reason that there was.
fn closed(server: &Server) -> Vec<(Closed, u64)> {
    let each = meters(server).closed.each();
    each.filter(|(_, count)| *count > 0).collect()
}

async fn until_closed(server: &Server, reason: Closed) {
    server
        .until("the end of a connection", |server| {
            meters(server).closed.of(reason) > 0
        })
        .await;
}

#[tokio::test]
async fn each_connection_is_counted_once_with_why_it_ended() {
    let server = Server::start_with(Connections {
        hello_timeout_ms: 300,
        login_timeout_ms: 600,
        ..Connections::default()
    })
    .await;
    // By the client.
    drop(Client::logged_in(&server, "alice").await);
    until_closed(&server, Closed::ByClient).await;
    // By a logout.
    let mut bob = Client::logged_in(&server, "bob").await;
    bob.ask(request::Body::Logout(v1::Logout {})).await;
    bob.ended().await;
    // By another device of its kind.
    let mut first = Client::logged_in(&server, "carol").await;
    let second = Client::logged_in(&server, "carol").await;
    assert_eq!(first.kicked().await.code, Code::KickedOffline.number());
    first.ended().await;
    drop(second);
    // Before a login: gone, too late with the hello, too late with the login, and no protocol.
    drop(TcpStream::connect(server.address).await.unwrap());
    until_closed(&server, Closed::BeforeLogin).await;
    let late = TcpStream::connect(server.address).await.unwrap();
    Client::over(Box::new(late)).ended().await;
    let late = TcpStream::connect(server.address).await.unwrap();
    let mut late = Client::over(Box::new(late));
    late.send(v1::Hello::new("test", "1.0")).await;
    late.ended().await;
    let mut stranger = TcpStream::connect(server.address).await.unwrap();
    stranger.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    Client::over(Box::new(stranger)).ended().await;
    server
        .until("the end of all", |server| {
            server.slots.count().connections == 0
        })
        .await;
    assert_eq!(
        closed(&server),
        [
            (Closed::ByClient, 2),
            (Closed::LoggedOut, 1),
            (Closed::Kicked, 1),
            (Closed::Protocol, 1),
            (Closed::BeforeLogin, 1),
            (Closed::NoHello, 1),
            (Closed::NoLogin, 1),
        ]
    );
    let kicks: Vec<_> = meters(&server).kicks.each().collect();
    assert_eq!(kicks, [(Code::KickedOffline, 1)]);
    assert_eq!(
        server.slots.count().accepted,
        meters(&server).closed.total()
    );
    assert!(meters(&server).entered.each().all(|(_, count)| count == 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_takes_nothing_is_seen_with_what_waits_for_it_until_it_does_or_goes() {
    let server = Server::start().await;
    let names: Vec<_> = (0..500).map(|number| format!("user{number}")).collect();
    let mut sessions = Vec::new();
    for name in &names {
        sessions.push(server.session(name).await);
    }
    let mut watcher = Client::logged_in(&server, "watcher").await;
    watcher.subscribe(&names).await;
    let waiting = || {
        let outboxes = &server.gateway.hub().meters().waiting_bytes;
        (
            meters(&server).blocked.now(),
            meters(&server).blocked_bytes.now(),
            outboxes.now(),
        )
    };
    // More than a socket takes that nobody reads.
    for round in 0..3 {
        for session in &sessions {
            let custom_status = format!("{round:x>4096}");
            let set = request::Body::SetSelfStatus(v1::SetSelfStatus { custom_status });
            let answer = server.gateway.request(session, v1::Request::new(1, set));
            assert_eq!(answer.await.code, 0);
        }
    }
    server
        .until("a socket that takes no more", |_| waiting().0 == 1)
        .await;
    let (_, socket, outbox) = waiting();
    assert!(socket > 0 && outbox > 0, "{socket}, {outbox}");
    drop(watcher);
    server
        .until("its end", |_| waiting().0 == 0 && waiting().1 == 0)
        .await;
    for session in sessions {
        server
            .gateway
            .connection_lost(session, userstatus_core::LossCause::Closed)
            .await;
    }
    server.until("the end of all", |_| waiting().2 == 0).await;
}

#[tokio::test]
async fn what_was_turned_away_is_counted_by_reason() {
    let server = Server::start_with_places(1).await;
    let _alice = Client::logged_in(&server, "alice").await;
    let stream = TcpStream::connect(server.address).await.unwrap();
    let mut second = Client::over(Box::new(stream));
    second.closing().await;
    let turned_away: Vec<_> = meters(&server)
        .turned_away
        .each()
        .map(|(reason, count)| (userstatus_meters::Kind::name(reason), count))
        .collect();
    assert_eq!(
        turned_away,
        [("full", 0), ("per_address", 1), ("no_balancer", 0)]
    );
}
