//! What the server holds for a client that reads nothing.

use crate::client::Client;
use crate::server::Server;
use std::collections::HashSet;
use userstatus_edge::settings::Connections;
use userstatus_gateway::Session;
use userstatus_wire::v1::{self, request};

const USERS: usize = 1_000;
const STATUS_BYTES: usize = 4_096;

async fn set_all(server: &Server, sessions: &[Session], text: &str) {
    for session in sessions {
        let custom_status = format!("{text:x>STATUS_BYTES$}");
        let set = request::Body::SetSelfStatus(v1::SetSelfStatus { custom_status });
        let answer = server.gateway.request(session, v1::Request::new(1, set));
        assert_eq!(answer.await.code, 0);
    }
}

/// Four MiB of statuses wait for one connection at once, as after a reconnect. What the socket does not take stays where it merges.
#[tokio::test(flavor = "multi_thread")]
async fn n6_of_thousands_of_statuses_that_wait_only_what_the_socket_takes_is_made_ready() {
    let server = Server::start_with(Connections {
        push_coalesce_ms: 3_000,
        ..Connections::default()
    })
    .await;
    let names: Vec<_> = (0..USERS).map(|number| format!("user{number}")).collect();
    let mut sessions = Vec::new();
    for name in &names {
        sessions.push(server.session(name).await);
    }
    let mut watcher = Client::logged_in(&server, "watcher").await;
    watcher.subscribe(&names).await;
    set_all(&server, &sessions[..1], "begin").await;
    // It was pushed, and the rest is held back for three seconds, until all of it is there.
    watcher.push().await;
    let before = watcher.bytes_read;
    set_all(&server, &sessions, "old").await;
    let mut looks = tokio::time::interval(std::time::Duration::from_millis(3_500));
    looks.tick().await;
    looks.tick().await;
    set_all(&server, &sessions, "new").await;

    let mut seen = HashSet::new();
    while seen.len() < USERS {
        for status in watcher.push().await.statuses {
            if status.custom_status.ends_with("new") {
                seen.insert(status.user_id);
            }
        }
    }
    let stale_bytes = watcher.bytes_read - before - USERS * STATUS_BYTES;
    assert!(stale_bytes < 2 * 1024 * 1024, "{stale_bytes}");
}
