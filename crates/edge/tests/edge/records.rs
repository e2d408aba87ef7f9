//! Changes of friends wait for the disk. Nothing else waits for them.

use crate::client::Client;
use crate::server::Server;
use userstatus_core::{AppId, UserId};
use userstatus_store::{AccountKey, Store};
use userstatus_testing::APP;
use userstatus_wire::v1::{self, NormalStatus, request, response};

async fn friends(server: &Server, name: &str) -> Vec<String> {
    let key = AccountKey::new(AppId::new(APP).unwrap(), UserId::parse(name).unwrap());
    let friends = server
        .gateway
        .store()
        .friends(&key, None, 1_000)
        .await
        .unwrap();
    friends
        .iter()
        .map(|friend| friend.user.as_str().to_owned())
        .collect()
}

/// Alice watches, and the users are there to be added.
async fn alice_and(server: &Server, count: usize) -> (Client, Vec<String>) {
    let names: Vec<_> = (0..count)
        .map(|number| format!("friend{number:03}"))
        .collect();
    for name in &names {
        Client::logged_in(server, name).await;
    }
    (Client::logged_in(server, "alice").await, names)
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_record_waits_for_the_disk_pings_pushes_and_presence_go_on() {
    let server = Server::start().await;
    let (mut alice, names) = alice_and(&server, 3).await;
    alice.subscribe(&["bob".to_owned()]).await;
    server.disk.set_hanging(true);
    let mut added = Vec::new();
    for name in &names {
        added.push(alice.add_friend(name).await);
    }
    alice.pong(1).await;
    let seen = alice.query(&["alice"]).await;
    assert_eq!(seen[0].normal, NormalStatus::Online as i32);
    let set = request::Body::SetSelfStatus(v1::SetSelfStatus {
        custom_status: "here".to_owned(),
    });
    assert_eq!(alice.ask(set).await.code, 0);
    alice.subscribe(&["carol".to_owned()]).await;
    let _bob = Client::logged_in(&server, "bob").await;
    alice.pushed("bob", NormalStatus::Online).await;
    alice.pong(2).await;

    server.disk.set_hanging(false);
    for id in added {
        let answer = alice.any_answer().await;
        assert_eq!(answer.id, id, "in order among themselves");
        let Some(response::Body::FriendResults(results)) = answer.body else {
            panic!("{answer:?}")
        };
        assert_eq!(results.results[0].code, 0);
    }
    assert_eq!(friends(&server, "alice").await, names);
}

#[tokio::test(flavor = "multi_thread")]
async fn records_beyond_those_that_may_wait_are_refused_while_the_disk_hangs() {
    let server = Server::start().await;
    let (mut alice, names) = alice_and(&server, 1).await;
    server.disk.set_hanging(true);
    let first = alice.add_friend(&names[0]).await;
    for _ in 0..64 {
        alice.add_friend(&names[0]).await;
    }
    let too_many = alice.add_friend(&names[0]).await;
    let refused = alice.any_answer().await;
    assert_eq!((refused.id, refused.code), (too_many, 70500));
    assert!(
        refused.desc.contains("64 requests about friends"),
        "{}",
        refused.desc
    );
    // From now on at once, and between them what needs no disk.
    for nonce in 0..10 {
        let too_many = alice.add_friend(&names[0]).await;
        assert_eq!(alice.any_answer().await.id, too_many);
        alice.pong(nonce).await;
    }
    server.disk.set_hanging(false);
    assert_eq!(alice.any_answer().await.id, first);
    for _ in 0..64 {
        alice.any_answer().await;
    }
    // And then there is room again.
    let again = alice.add_friend("nobody").await;
    assert_eq!(alice.any_answer().await.id, again);
}

#[tokio::test(flavor = "multi_thread")]
async fn more_records_at_once_than_may_wait_are_all_carried_out_by_a_disk_that_works() {
    let server = Server::start().await;
    let (mut alice, names) = alice_and(&server, 200).await;
    let mut ids = Vec::new();
    for name in &names {
        ids.push(alice.add_friend(name).await);
    }
    for id in ids {
        let answer = alice.any_answer().await;
        assert_eq!((answer.id, answer.code), (id, 0), "{}", answer.desc);
    }
    assert_eq!(friends(&server, "alice").await.len(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_ends_is_announced_at_once_and_its_record_is_carried_out() {
    let server = Server::start().await;
    let (mut alice, names) = alice_and(&server, 1).await;
    let mut watcher = Client::logged_in(&server, "watcher").await;
    watcher.subscribe(&["alice".to_owned()]).await;
    server.disk.set_hanging(true);
    alice.add_friend(&names[0]).await;
    alice.pong(1).await;
    drop(alice);
    watcher.pushed("alice", NormalStatus::Offline).await;
    // Its place is taken until the end: who comes again and again takes no more than he may.
    assert_eq!(server.slots.count().connections, 2);
    server.disk.set_hanging(false);
    server
        .until("the free place", |server| {
            server.slots.count().connections == 1
        })
        .await;
    assert_eq!(friends(&server, "alice").await, names);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_adds_a_friend_and_logs_out_is_told_of_the_friend_first() {
    let server = Server::start().await;
    let (mut alice, names) = alice_and(&server, 1).await;
    let added = alice.add_friend(&names[0]).await;
    let logout = alice.request(request::Body::Logout(v1::Logout {})).await;
    assert_eq!(alice.any_answer().await.id, added);
    assert_eq!(alice.any_answer().await.id, logout);
    alice.ended().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_asked_for_after_a_friend_was_added_has_the_friend() {
    let server = Server::start().await;
    let (mut alice, names) = alice_and(&server, 20).await;
    for name in &names {
        alice.add_friend(name).await;
    }
    let list = request::Body::ListFriends(v1::ListFriends::default());
    let Some(response::Body::Friends(list)) = alice.ask(list).await.body else {
        panic!("no list")
    };
    assert_eq!(list.friends.len(), 20);
}
