use super::*;
use crate::gateway::Session;
use crate::testing::{Server, key, premium, premium_with, told, told_customs};
use std::collections::HashMap;
use std::sync::atomic::AtomicBool;
use userstatus_wire::v1::{self, request};

fn unsubscribe(name: &str) -> request::Body {
    request::Body::Unsubscribe(v1::Unsubscribe {
        user_ids: vec![name.to_owned()],
    })
}

#[tokio::test]
async fn a_change_to_1000_watchers_is_encoded_once() {
    let server = Server::in_memory(premium()).await;
    let bob = server.login("bob").await;
    let mut watchers = Vec::new();
    for number in 0..1_000 {
        let watcher = server.login(&format!("watcher{number}")).await;
        server.subscribe(&watcher, &["bob"]).await;
        told(&watcher);
        watchers.push(watcher);
    }
    let before = server.gateway.hub().counters();
    server.set(&bob, "in a match").await;
    let after = server.gateway.hub().counters();
    assert_eq!(after.encodes - before.encodes, 1);
    assert_eq!(
        after.deliveries - before.deliveries,
        1_001,
        "bob's own device too"
    );
    for watcher in &watchers {
        assert_eq!(
            told_customs(watcher),
            [("bob".to_owned(), "in a match".to_owned())]
        );
    }
}

#[tokio::test]
async fn a_change_nobody_is_told_of_is_not_encoded() {
    let server = Server::in_memory(premium()).await;
    let before = server.gateway.hub().counters();
    server.gateway.import(&key("bob")).await.unwrap();
    assert_eq!(server.gateway.hub().counters(), before);
}

#[tokio::test]
async fn n2_n5_own_devices_are_told_once_each() {
    let server = Server::in_memory(premium()).await;
    let phone = server.login_device("bob", 4).await;
    let desk = server.login_device("bob", 1).await;
    told(&phone);
    told(&desk);
    server.set(&phone, "x").await;
    for device in [&phone, &desk] {
        assert_eq!(told_customs(device), [("bob".to_owned(), "x".to_owned())]);
    }
}

#[tokio::test]
async fn p2_switches_hold_at_once_for_those_connected() {
    let server = Server::in_memory(premium()).await;
    let (bob, subscriber, friend) = (
        server.login("bob").await,
        server.login("sub").await,
        server.login("friend").await,
    );
    server.subscribe(&subscriber, &["bob"]).await;
    server.befriend(&friend, "bob").await;
    let heard = |session: &Session| told(session).iter().any(|status| status.user_id == "bob");
    heard(&subscriber);
    heard(&friend);
    for (user_status, friend_status) in [(true, true), (false, true), (true, false), (false, false)]
    {
        let change = |app: &mut userstatus_store::apps::App| {
            app.settings.user_status = user_status;
            app.settings.friend_status_notification = friend_status;
        };
        server
            .gateway
            .apps()
            .update(server.app.id, change)
            .await
            .unwrap();
        server
            .set(&bob, &format!("{user_status} {friend_status}"))
            .await;
        assert_eq!(heard(&subscriber), user_status);
        assert_eq!(heard(&friend), friend_status);
    }
}

#[tokio::test]
async fn n3_a_friend_who_is_subscribed_to_is_told_once_and_still_after_unsubscribing() {
    let server = Server::in_memory(premium()).await;
    let (bob, alice) = (server.login("bob").await, server.login("alice").await);
    server.befriend(&alice, "bob").await;
    server.subscribe(&alice, &["bob"]).await;
    told(&alice);
    server.set(&bob, "one").await;
    assert_eq!(told_customs(&alice), [("bob".to_owned(), "one".to_owned())]);
    server.done(&alice, unsubscribe("bob")).await;
    server.set(&bob, "two").await;
    assert_eq!(told_customs(&alice), [("bob".to_owned(), "two".to_owned())]);
}

#[tokio::test]
async fn the_index_is_empty_when_everybody_is_gone() {
    let server = Server::in_memory(premium()).await;
    let hub = server.gateway.hub();
    let names: Vec<String> = (0..20).map(|number| format!("u{number}")).collect();
    let mut sessions = Vec::new();
    for name in &names {
        let session = server.login(name).await;
        let others: Vec<&str> = names
            .iter()
            .filter(|other| *other != name)
            .map(String::as_str)
            .collect();
        server.subscribe(&session, &others).await;
        server.befriend(&session, "u0").await;
        sessions.push(session);
    }
    assert_eq!(hub.index.watched_users(), names.len());
    for session in sessions {
        server
            .gateway
            .connection_lost(session, userstatus_core::LossCause::Closed)
            .await;
    }
    assert_eq!(hub.index.watched_users(), 0);
    assert!(
        names
            .iter()
            .all(|name| hub.roster.get(&key(name)).is_none())
    );
    assert_eq!(hub.counters().sessions, 0);
}

#[tokio::test]
async fn w7_a_list_kept_on_the_account_is_watched_again_at_the_next_login() {
    let server = Server::in_memory(premium()).await;
    let (bob, alice) = (server.login("bob").await, server.login("alice").await);
    server.subscribe(&alice, &["bob"]).await;
    server
        .gateway
        .connection_lost(alice, userstatus_core::LossCause::Closed)
        .await;
    let alice = server.login("alice").await;
    told(&alice);
    server.set(&bob, "x").await;
    assert_eq!(told_customs(&alice), [("bob".to_owned(), "x".to_owned())]);
}

#[tokio::test]
async fn goaway_reaches_every_session_with_a_delay_of_its_own() {
    let server = Server::in_memory(premium()).await;
    let mut delays = std::collections::HashSet::new();
    let mut sessions = Vec::new();
    for number in 0..50 {
        sessions.push(server.login(&format!("u{number}")).await);
    }
    server.gateway.hub().say_goaway(1_000_000, "stopping");
    for session in &sessions {
        match session
            .outbox()
            .take_some(&mut Vec::new(), usize::MAX)
            .close
        {
            Some(CloseOrder::Goaway {
                reconnect_after_ms, ..
            }) => {
                assert!(reconnect_after_ms <= 1_000_000);
                delays.insert(reconnect_after_ms);
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(delays.len() > 40, "{} different delays", delays.len());
}

/// Several threads change the same accounts as fast as they can. Each watcher must see versions of one user rise, and the
/// last version of each in the end; one watcher empties its outbox all the time, one never until the end.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn n6_watchers_see_versions_rise_and_the_last_one() {
    const CHANGES: usize = 400;
    let server = Arc::new(
        Server::in_memory(premium_with(|limits| {
            limits.subscribe_users_max = 1_000;
            limits.changes_per_s = 10_000;
        }))
        .await,
    );
    // One account that all threads change, from devices of its own, and some that one thread each changes.
    let names = ["shared", "solo0", "solo1", "solo2", "solo3"];
    let mut writers = Vec::new();
    for number in 0..4_u8 {
        let shared = server.login_device("shared", number + 1).await;
        let solo = server.login(&format!("solo{number}")).await;
        writers.push((shared, solo));
    }
    let (fast, slow) = (server.login("fast").await, server.login("slow").await);
    server.subscribe(&fast, &names).await;
    server.subscribe(&slow, &names).await;

    let writing = Arc::new(AtomicBool::new(true));
    let reader = tokio::task::spawn_blocking({
        let writing = Arc::clone(&writing);
        move || {
            let mut newest: HashMap<String, u64> = HashMap::new();
            let mut seen = 0;
            loop {
                let is_last_look = !writing.load(Ordering::SeqCst);
                for status in told(&fast) {
                    seen += 1;
                    let known = newest.entry(status.user_id.clone()).or_default();
                    assert!(
                        status.version > *known,
                        "{} fell to {}",
                        status.user_id,
                        status.version
                    );
                    *known = status.version;
                }
                if is_last_look {
                    return (newest, seen);
                }
            }
        }
    });
    let mut tasks = Vec::new();
    for (number, (shared, solo)) in writers.into_iter().enumerate() {
        let server = Arc::clone(&server);
        tasks.push(tokio::spawn(async move {
            for change in 0..CHANGES {
                server.set(&shared, &format!("{number} {change}")).await;
                server.set(&solo, &format!("{change}")).await;
            }
            (shared, solo)
        }));
    }
    let mut writers = Vec::new();
    for task in tasks {
        writers.push(task.await.unwrap());
    }
    // The last of changes that came fast is told when it is time (N6).
    let owed = async || {
        let mut owed = false;
        for name in names {
            let account = server.gateway.account(&key(name)).await.unwrap();
            owed |= account.is_some_and(|account| account.owes_announcement);
        }
        owed
    };
    while owed().await {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    writing.store(false, Ordering::SeqCst);
    let (mut newest, seen) = reader.await.unwrap();
    newest.retain(|name, _| names.contains(&name.as_str()));
    assert!(seen > names.len(), "{seen} seen");

    let mut last = HashMap::new();
    for name in names {
        last.insert(name.to_owned(), server.status(name).await.version);
    }
    assert_eq!(newest, last, "the fast watcher saw the last of each");
    let merged: HashMap<_, _> = told(&slow)
        .into_iter()
        .map(|status| (status.user_id, status.version))
        .collect();
    let merged_watched: HashMap<_, _> = merged
        .into_iter()
        .filter(|(name, _)| last.contains_key(name))
        .collect();
    assert_eq!(merged_watched, last, "and so did the slow one, merged");
    assert!(server.gateway.hub().counters().merges > 0);
}

/// Watchers come and go while a user changes: nobody who stays may miss the last change.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn w8_no_change_is_missed_between_the_answer_and_the_first_notification() {
    const ROUNDS: usize = 100;
    let settings = premium_with(|limits| limits.requests_per_window = 1_000);
    let server = Arc::new(Server::in_memory(settings).await);
    let bob = server.login("bob").await;
    let mut watchers = Vec::new();
    for number in 0..3 {
        let server = Arc::clone(&server);
        watchers.push(tokio::spawn(async move {
            let alice = server.login(&format!("alice{number}")).await;
            let mut newest = 0;
            for round in 0..ROUNDS {
                newest = server.subscribe(&alice, &["bob"]).await[0]
                    .version
                    .max(newest);
                for status in told(&alice).iter().filter(|status| status.user_id == "bob") {
                    newest = status.version.max(newest);
                }
                if round + 1 < ROUNDS {
                    server.done(&alice, unsubscribe("bob")).await;
                }
            }
            (alice, newest)
        }));
    }
    let mut changes = 0;
    while watchers.iter().any(|watcher| !watcher.is_finished()) {
        server.set(&bob, &format!("{changes}")).await;
        changes += 1;
    }
    let last = server.status("bob").await.version;
    for watcher in watchers {
        let (alice, mut newest) = watcher.await.unwrap();
        while newest != last {
            alice.outbox().ready().await;
            for status in told(&alice).iter().filter(|status| status.user_id == "bob") {
                newest = status.version.max(newest);
            }
        }
    }
    assert!(changes > 10, "{changes} changes");
}
