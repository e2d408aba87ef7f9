use crate::testing::{CrashDisk, START, Server, key, open, premium, premium_with, told};
use userstatus_core::{LossCause, NormalStatus, Timestamp};
use userstatus_store::apps::{AppError, NewApp};
use userstatus_store::{NotDurable, Store};

/// A disk that is full, and one that does not answer: players come, say what they do and go, and everybody is told.
#[tokio::test]
async fn presence_does_not_wait_for_the_disk() {
    for hangs in [false, true] {
        let disk = CrashDisk::default();
        let server = Server::on(open(&disk).unwrap(), premium(), START).await;
        let alice = server.login("alice").await;
        server.subscribe(&alice, &["bob"]).await;
        server.gateway.flush().await.unwrap();
        disk.set_hanging(hangs);
        disk.set_full(!hangs);
        let bob = server.login("bob").await;
        server.set(&bob, "in a match").await;
        let status = told(&alice).pop().unwrap();
        assert_eq!(status.custom_status, "in a match");
        server.gateway.connection_lost(bob, LossCause::Closed).await;
        let status = told(&alice).pop().unwrap();
        assert_eq!(status.normal, NormalStatus::Offline.number());
        disk.set_hanging(false);
        disk.set_full(false);
    }
}

#[tokio::test]
async fn a_record_that_is_not_on_disk_is_seen_by_nobody() {
    let disk = CrashDisk::default();
    let server = Server::on(open(&disk).unwrap(), premium(), START).await;
    let (alice, bob) = (server.login("alice").await, server.login("bob").await);
    told(&bob);
    disk.set_full(true);
    let answer = server.befriend(&alice, "bob").await;
    assert_eq!(answer.code, 70500, "{}", answer.desc);
    assert!(answer.desc.contains("disk"), "{}", answer.desc);
    assert_eq!(
        bob.outbox()
            .take_some(&mut Vec::new(), usize::MAX)
            .friends_changed,
        None
    );
    let apps = server.gateway.apps();
    let error = apps.create(NewApp::default(), START).await.unwrap_err();
    assert_eq!(error, AppError::NotDurable(NotDurable::Failed));
    assert_eq!(apps.list().len(), 1);
    let kicked = server.gateway.kick_all(&key("bob")).await;
    assert!(kicked.is_err(), "its revocation is not on disk");
    assert!(bob.outbox().is_closing(), "but his device is out");
    disk.set_full(false);
    assert_eq!(server.befriend(&alice, "bob").await.code, 0, "and no 30015");
}

/// Bob left and Alice was told; the server crashed before that was on disk. Both come back, and what Alice is told is how it is.
#[tokio::test]
async fn n7_what_was_told_before_a_crash_does_not_outlive_it() {
    let disk = CrashDisk::default();
    let server = Server::on(open(&disk).unwrap(), premium(), START).await;
    let (alice, bob) = (server.login("alice").await, server.login("bob").await);
    server.subscribe(&alice, &["bob", "carol"]).await;
    server.gateway.flush().await.unwrap();
    let crashed = disk.after_a_crash();
    told(&alice);
    server.gateway.connection_lost(bob, LossCause::Closed).await;
    let gone = told(&alice).pop().unwrap();
    assert_eq!(gone.normal, NormalStatus::Offline.number());
    // And Carol came for the first time.
    let _carol = server.login("carol").await;
    let came = told(&alice).pop().unwrap();
    let own = server.status("alice").await;

    let server = Server::on(open(&crashed).unwrap(), premium(), START.plus_ms(5_000)).await;
    let _bob = server.login("bob").await;
    let mut back = server.login_message("alice");
    back.reconnect = true;
    let known = |status: &userstatus_wire::v1::UserStatus| userstatus_wire::v1::KnownVersion {
        user_id: status.user_id.clone(),
        version: status.version,
        watched: 0,
    };
    back.known = [&gone, &came, &own].map(known).to_vec();
    let (alice, _) = server.try_login(back).await.unwrap();
    let told = told(&alice);
    let of = |name: &str| told.iter().rfind(|status| status.user_id == name);
    let bob_now = of("bob").expect("his status is told");
    assert!(bob_now.version > gone.version);
    assert_eq!(bob_now.normal, NormalStatus::Online.number());
    assert_eq!(bob_now.version, server.status("bob").await.version);
    let carol_now = of("carol").expect("nobody knows her here");
    assert!(carol_now.version > came.version);
    assert_eq!(carol_now.normal, NormalStatus::Unknown.number());
}

/// What nobody told them moves nothing.
#[tokio::test]
async fn n7_a_client_that_claims_more_than_it_was_told_moves_nobody() {
    let server = Server::in_memory(premium()).await;
    let (alice, bob) = (server.login("alice").await, server.login("bob").await);
    server.subscribe(&alice, &["bob"]).await;
    told(&bob);
    let before = server.status("bob").await.version;
    let mut back = server.login_message("alice");
    back.reconnect = true;
    back.known = vec![userstatus_wire::v1::KnownVersion {
        user_id: "bob".to_owned(),
        version: before + 1_000_000_000,
        watched: 0,
    }];
    server.try_login(back).await.unwrap();
    assert_eq!(server.status("bob").await.version, before);
    assert!(told(&bob).is_empty());
}

/// The clients that are still there bring back what a crash took: a text, a list.
#[tokio::test]
async fn s9_w7_a_reconnect_after_a_crash_brings_back_text_and_list() {
    let disk = CrashDisk::default();
    let server = Server::on(open(&disk).unwrap(), premium(), START).await;
    let bob = server.login("bob").await;
    server.gateway.flush().await.unwrap();
    let crashed = disk.after_a_crash();
    let set =
        userstatus_wire::v1::request::Body::SetSelfStatus(userstatus_wire::v1::SetSelfStatus {
            custom_status: "in a match".to_owned(),
        });
    let set_at = server.ask(&bob, set).await.version;
    assert_ne!(set_at, 0);
    let subscribe = userstatus_wire::v1::Subscribe {
        user_ids: vec!["carol".to_owned()],
    };
    let body = userstatus_wire::v1::request::Body::Subscribe(subscribe);
    let list = server.ask(&bob, body).await.version;
    assert_ne!(list, 0);

    let server = Server::on(open(&crashed).unwrap(), premium(), START.plus_ms(5_000)).await;
    let alice = server.login("alice").await;
    server.subscribe(&alice, &["bob"]).await;
    let mut back = server.login_message("bob");
    back.reconnect = true;
    back.custom_status = "in a match".to_owned();
    back.custom_status_version = set_at;
    back.subscriptions_version = list;
    let (_bob, result) = server.try_login(back).await.unwrap();
    assert!(!result.subscriptions_kept, "he subscribes again");
    let own = result.self_.unwrap();
    assert_eq!(own.custom_status, "in a match");
    assert_eq!(told(&alice).pop().unwrap().custom_status, "in a match");
}

#[tokio::test]
async fn s6_after_a_restart_devices_are_held_for_400_s() {
    let disk = CrashDisk::default();
    let server = Server::on(open(&disk).unwrap(), premium(), START).await;
    let (alice, bob) = (server.login("alice").await, server.login("bob").await);
    server.subscribe(&alice, &["bob"]).await;
    server.set(&bob, "in a match").await;
    server.gateway.flush().await.unwrap();

    let restarted_at = START.plus_ms(60_000);
    let server = Server::on(
        open(&disk.after_a_crash()).unwrap(),
        premium(),
        restarted_at,
    )
    .await;
    assert_eq!(server.status("bob").await.custom_status, "in a match");
    let mut back = server.login_message("alice");
    back.reconnect = true;
    let (alice, result) = server.try_login(back).await.unwrap();
    assert!(result.subscriptions_kept);
    told(&alice);
    // Only now: on a paused clock a wait for the disk would let all that time pass.
    tokio::time::pause();
    let begin = tokio::time::Instant::now();
    alice.outbox().ready().await;
    let waited_ms = begin.elapsed().as_millis();
    assert!((390_000..=400_010).contains(&waited_ms), "{waited_ms} ms");
    let news = told(&alice);
    assert_eq!(
        (news[0].user_id.as_str(), news[0].normal),
        ("bob", NormalStatus::Offline.number())
    );
    drop(bob);
}

#[tokio::test]
async fn n7_versions_do_not_fall_when_the_system_clock_was_set_back() {
    let disk = CrashDisk::default();
    let server = Server::on(open(&disk).unwrap(), premium(), START).await;
    let bob = server.login("bob").await;
    server.set(&bob, "x").await;
    server.gateway.flush().await.unwrap();
    let before = server.status("bob").await.version;
    let back = Timestamp::from_ms(START.as_ms() - 3_600_000);
    let server = Server::on(open(&disk.after_a_crash()).unwrap(), premium(), back).await;
    let carol = server.login("carol").await;
    assert!(server.status("carol").await.version >= before);
    assert!(carol.id() > bob.id(), "nor do session numbers");
}

#[tokio::test]
async fn a_server_that_stops_leaves_its_devices_in_place() {
    let disk = CrashDisk::default();
    let settings = premium_with(|limits| limits.disconnect_grace_ms = 0);
    let server = Server::on(open(&disk).unwrap(), settings, START).await;
    let (alice, bob) = (server.login("alice").await, server.login("bob").await);
    server.subscribe(&alice, &["bob"]).await;
    told(&alice);
    server.gateway.begin_shutdown();
    server.gateway.connection_lost(bob, LossCause::Closed).await;
    server.gateway.flush().await.unwrap();
    assert!(told(&alice).is_empty());
    let after = open(&disk.after_a_crash()).unwrap();
    assert_eq!(
        after.account(&key("bob")).await.unwrap().unwrap().normal(),
        NormalStatus::Online
    );
}
