use crate::testing::{CrashDisk, START, Server, key, open, premium, premium_with, told};
use userstatus_core::{LossCause, NormalStatus, Timestamp};
use userstatus_store::apps::{AppError, NewApp};
use userstatus_store::{NotDurable, Store};

#[tokio::test]
async fn a_full_disk_is_not_acknowledged_and_made_up_for_later() {
    let disk = CrashDisk::default();
    let server = Server::on(open(&disk).unwrap(), premium(), START).await;
    let alice = server.login("alice").await;
    disk.set_full(true);
    let set = |custom: &str| {
        let custom_status = custom.to_owned();
        userstatus_wire::v1::request::Body::SetSelfStatus(userstatus_wire::v1::SetSelfStatus {
            custom_status,
        })
    };
    let response = server.ask(&alice, set("x")).await;
    assert_eq!(response.code, 70500, "{}", response.desc);
    let apps = server.gateway.apps();
    let error = apps.create(NewApp::default(), START).await.unwrap_err();
    assert_eq!(error, AppError::NotDurable(NotDurable));
    assert_eq!(
        apps.list().len(),
        1,
        "what could not be written has no effect"
    );
    let refused = server
        .try_login(server.login_message("bob"))
        .await
        .unwrap_err();
    assert_eq!(refused.code.number(), 70500);
    assert_eq!(
        server.status("bob").await.normal,
        NormalStatus::Offline.number(),
        "not let in"
    );

    disk.set_full(false);
    // The first try may have been on its way.
    while server.gateway.flush().await.is_err() {}
    let after = open(&disk.after_a_crash()).unwrap();
    assert_eq!(
        after
            .account(&key("alice"))
            .await
            .unwrap()
            .unwrap()
            .custom
            .as_str(),
        "x"
    );
    assert_eq!(server.ask(&alice, set("y")).await.code, 0);
}

#[tokio::test]
async fn s6_after_a_restart_devices_are_held_for_400_s() {
    let disk = CrashDisk::default();
    let server = Server::on(open(&disk).unwrap(), premium(), START).await;
    let (alice, bob) = (server.login("alice").await, server.login("bob").await);
    server.subscribe(&alice, &["bob"]).await;
    server.set(&bob, "in a match").await;

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
