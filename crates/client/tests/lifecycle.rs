//! What becomes of a client's requests, events and handles when it begins and ends; no server is needed.

use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Handle};
use tokio::time::{Instant, timeout};
use userstatus_client::{Client, ClientConfig, ConnectionState, Event, LoginStatus, Request};

/// Nothing here takes this long unless it is broken.
const PATIENCE: Duration = Duration::from_secs(20);

/// An address where nobody listens.
fn nobody() -> ClientConfig {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("bound").to_string();
    ClientConfig::new(address.parse().expect("an address"), 7)
}

fn login() -> Request {
    Request::Login {
        user_id: "alice".to_owned(),
        user_sig: "sig".to_owned(),
    }
}

#[tokio::test]
async fn a_login_counts_from_the_moment_it_is_handed_in() {
    let client = Client::new(nobody(), &Handle::current(), |_| {}).expect("a client");
    assert_eq!(client.login_status(), LoginStatus::LoggedOut);
    client.submit(login(), |_| {});
    assert_eq!(client.login_status(), LoginStatus::LoggingIn);
    client.shutdown().await;
    assert_eq!(client.login_status(), LoginStatus::LoggedOut);
}

#[tokio::test]
async fn a_login_refused_before_it_is_sent_leaves_nobody_logging_in() {
    let client = Client::new(nobody(), &Handle::current(), |_| {}).expect("a client");
    let too_long = "x".repeat(1_000_000);
    let error = client.login("alice", &too_long).await.expect_err("refused");
    assert_eq!(error.code, 70003);
    assert_eq!(client.login_status(), LoginStatus::LoggedOut);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_cannot_be_reached_is_tried_for_30_s() {
    let attempts = Arc::new(AtomicI32::new(0));
    let client = Client::new(nobody(), &Handle::current(), {
        let attempts = Arc::clone(&attempts);
        move |event| {
            if let Event::Connection(ConnectionState::ConnectFailed(reason)) = event {
                assert!(reason.contains("cannot reach 127.0.0.1"), "{reason}");
                attempts.fetch_add(1, Ordering::Relaxed);
            }
        }
    })
    .expect("a client");
    let start = Instant::now();
    let error = client
        .login("alice", "sig")
        .await
        .expect_err("nobody is there");
    assert_eq!(error.code, 9523);
    let took = start.elapsed();
    assert!(
        (Duration::from_secs(30)..Duration::from_secs(31)).contains(&took),
        "{took:?}"
    );
    assert!(attempts.load(Ordering::Relaxed) > 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_shutdown_resolves_and_after_any_nothing_is_held() {
    for _ in 0..100 {
        let held = Arc::new(());
        let client = Client::new(nobody(), &Handle::current(), {
            let held = Arc::clone(&held);
            move |_| drop(Arc::clone(&held))
        })
        .expect("a client");
        client.submit(login(), {
            let held = Arc::clone(&held);
            move |_| drop(held)
        });
        let shutdowns: Vec<_> = (0..4)
            .map(|_| {
                let (client, held) = (client.clone(), Arc::downgrade(&held));
                tokio::spawn(async move {
                    client.shutdown().await;
                    held.strong_count()
                })
            })
            .collect();
        for shutdown in shutdowns {
            let holders = timeout(PATIENCE, shutdown).await.expect("in time");
            assert_eq!(holders.expect("no panic"), 1, "only the test holds it");
        }
        timeout(PATIENCE, client.shutdown()).await.expect("at once");
    }
}

#[test]
fn a_runtime_that_goes_down_ends_every_request_once() {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let codes = Arc::new(Mutex::new(Vec::new()));
    let note = || {
        let codes = Arc::clone(&codes);
        move |reply: userstatus_client::Reply| {
            let code = reply.map_or_else(|error| error.code, |_| 0);
            codes.lock().expect("not poisoned").push(code);
        }
    };
    let client = Client::new(nobody(), runtime.handle(), |_| {}).expect("a client");
    client.submit(login(), note());
    drop(runtime);
    assert_eq!(*codes.lock().expect("not poisoned"), [7009]);
    client.submit(Request::Logout, note());
    assert_eq!(*codes.lock().expect("not poisoned"), [7009, 7009]);
    assert_eq!(client.login_status(), LoginStatus::LoggedOut);
}

#[tokio::test]
async fn the_last_handle_may_be_dropped_by_what_it_calls() {
    let (told, mut calls) = tokio::sync::mpsc::channel(1);
    let client = Client::new(nobody(), &Handle::current(), |_| {}).expect("a client");
    let last = client.clone();
    client.submit(Request::ListFriends, move |reply| {
        assert_eq!(reply.expect_err("nobody is logged in").code, 6014);
        drop(last);
        // The test waits for this one only.
        let _ = told.try_send(());
    });
    drop(client);
    timeout(PATIENCE, calls.recv())
        .await
        .expect("in time")
        .expect("called");
    assert_eq!(
        timeout(PATIENCE, calls.recv()).await.expect("in time"),
        None,
        "and never again"
    );
}

#[tokio::test]
async fn a_server_that_closes_at_once_is_told_as_such() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound").to_string();
    let (told, mut events) = tokio::sync::mpsc::channel(100);
    let config = ClientConfig::new(address.parse().expect("an address"), 7);
    let client = Client::new(config, &Handle::current(), move |event| {
        // Nobody reads them all.
        let _ = told.try_send(event);
    })
    .expect("a client");
    client.submit(login(), |_| {});
    drop(
        timeout(PATIENCE, listener.accept())
            .await
            .expect("in time")
            .expect("accepted"),
    );
    loop {
        let event = timeout(PATIENCE, events.recv()).await.expect("in time");
        match event.expect("the client lives") {
            Event::Connection(ConnectionState::Connecting) => {}
            Event::Connection(ConnectionState::ConnectFailed(_)) => break,
            other => panic!("{other:?}"),
        }
    }
}
