use super::crash_disk::CrashDisk;
use crate::account_key::AccountKey;
use crate::apps::{App, AppError, AppRegistry, NewApp};
use crate::store::conformance::{befriend, execute, login, set};
use crate::store::embedded::EmbeddedStore;
use crate::store::{NotDurable, Store};
use crate::testing::{APP, START, Server, key, premium, premium_with, told, user};
use std::sync::Arc;
use userstatus_core::{
    AppId, AppSettings, Command, DevicePolicy, LossCause, NormalStatus, SessionId, Timestamp,
};

async fn acknowledged(store: &EmbeddedStore, account: &AccountKey, command: Command) {
    execute(store, account, command, START)
        .await
        .ticket
        .wait()
        .await
        .unwrap();
}

#[tokio::test]
async fn everything_of_an_account_comes_back_after_a_crash() {
    let disk = CrashDisk::default();
    let store = disk.open().unwrap();
    let subscribe = Command::Subscribe {
        session: SessionId(1),
        users: ["c", "b", "d"].map(user).to_vec(),
    };
    let unsubscribe = Command::Unsubscribe {
        session: SessionId(1),
        users: vec![user("b")],
    };
    let delete = Command::DeleteFriend {
        user: user("b"),
        both: false,
        resent: false,
    };
    for command in [
        login("a", 1),
        set(1, "x"),
        subscribe,
        befriend("b"),
        befriend("c"),
        unsubscribe,
        delete,
    ] {
        acknowledged(&store, &key("a"), command).await;
    }
    acknowledged(&store, &key("gone"), login("gone", 2)).await;
    acknowledged(&store, &key("gone"), Command::KickAll { now: START }).await;
    for name in ["a", "gone"] {
        let mut before = store.account(&key(name)).await.unwrap().unwrap();
        let after = disk
            .after_a_crash()
            .open()
            .unwrap()
            .account(&key(name))
            .await
            .unwrap()
            .unwrap();
        before.quotas = None;
        assert_eq!(after, before);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whenever_it_crashes_what_was_acknowledged_is_there() {
    let disk = CrashDisk::default();
    let store = disk.open().unwrap();
    let acked = Arc::new(parking_lot::Mutex::new(Vec::new()));
    let mut tasks = Vec::new();
    for task in 0..4 {
        let (store, acked) = (Arc::clone(&store), Arc::clone(&acked));
        tasks.push(tokio::spawn(async move {
            for number in 0..50 {
                let name = format!("u{task}-{number}");
                acknowledged(&store, &key(&name), Command::Import).await;
                acknowledged(&store, &key(&name), befriend("friend")).await;
                acked.lock().push(name);
            }
        }));
    }
    let mut checked = 0;
    loop {
        let is_last = tasks.iter().all(tokio::task::JoinHandle::is_finished);
        // First what was acknowledged, then the crash: it must be there.
        let expected = acked.lock().clone();
        let after = disk.after_a_crash().open().unwrap();
        for name in &expected {
            assert_eq!(after.friends(&key(name)).await.unwrap().len(), 1, "{name}");
        }
        checked += usize::from(!expected.is_empty());
        if is_last {
            assert_eq!(expected.len(), 200);
            break;
        }
        tokio::task::yield_now().await;
    }
    assert!(checked > 1, "crashed {checked} times");
}

#[tokio::test]
async fn changes_made_together_share_a_transaction() {
    let disk = CrashDisk::default();
    let store = disk.open().unwrap();
    let before = disk.syncs();
    let mut tickets = Vec::new();
    for number in 0..1_000 {
        tickets.push(
            execute(&*store, &key(&format!("u{number}")), Command::Import, START)
                .await
                .ticket,
        );
    }
    for ticket in tickets {
        ticket.wait().await.unwrap();
    }
    let syncs = disk.syncs() - before;
    assert!(syncs < 100, "{syncs} syncs for 1,000 changes");
}

#[tokio::test]
async fn a_full_disk_is_not_acknowledged_and_made_up_for_later() {
    let disk = CrashDisk::default();
    let server = Server::on(disk.open().unwrap(), premium(), START).await;
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
    let after = disk.after_a_crash().open().unwrap();
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
async fn apps_and_keys_come_back_after_a_crash() {
    let disk = CrashDisk::default();
    let store = disk.open().unwrap();
    let apps = AppRegistry::load(Arc::clone(&store) as _).unwrap();
    let created = apps
        .create(
            NewApp {
                name: "game".to_owned(),
                settings: premium(),
                ..NewApp::default()
            },
            START,
        )
        .await
        .unwrap();
    let removed = apps.create(NewApp::default(), START).await.unwrap();
    apps.add_key(created.id, None, START.plus_ms(1))
        .await
        .unwrap();
    apps.update(created.id, |app| {
        app.settings.devices = DevicePolicy::UpToPerPlatform(3);
        app.settings.limits.window_ms = 9_999;
        app.settings.user_status = false;
    })
    .await
    .unwrap();
    apps.delete(removed.id).await.unwrap();
    let after = AppRegistry::load(disk.after_a_crash().open().unwrap() as _).unwrap();
    assert_eq!(after.list(), apps.list());
    assert_eq!(after.get(created.id).unwrap().keys.len(), 2);
}

#[tokio::test]
async fn a_removed_app_takes_its_rows_with_it() {
    let disk = CrashDisk::default();
    let store = disk.open().unwrap();
    let app = |id| AppId::new(id).unwrap();
    for id in [APP - 1, APP, APP + 1, u64::MAX] {
        let account = AccountKey::new(app(id), user("a"));
        acknowledged(&store, &account, Command::Import).await;
        acknowledged(&store, &account, befriend("b")).await;
    }
    for id in [APP, u64::MAX] {
        store
            .remove_accounts(app(id))
            .await
            .unwrap()
            .wait()
            .await
            .unwrap();
    }
    let after = disk.after_a_crash().open().unwrap();
    assert_eq!(after.accounts_count(), 2);
    for id in [APP - 1, APP + 1] {
        let friends = after
            .friends(&AccountKey::new(app(id), user("a")))
            .await
            .unwrap();
        assert_eq!(friends.len(), 1);
    }
}

#[tokio::test]
async fn s6_after_a_restart_devices_are_held_for_400_s() {
    let disk = CrashDisk::default();
    let server = Server::on(disk.open().unwrap(), premium(), START).await;
    let (alice, bob) = (server.login("alice").await, server.login("bob").await);
    server.subscribe(&alice, &["bob"]).await;
    server.set(&bob, "in a match").await;

    let restarted_at = START.plus_ms(60_000);
    let server = Server::on(
        disk.after_a_crash().open().unwrap(),
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
    let server = Server::on(disk.open().unwrap(), premium(), START).await;
    let bob = server.login("bob").await;
    server.set(&bob, "x").await;
    let before = server.status("bob").await.version;
    let back = Timestamp::from_ms(START.as_ms() - 3_600_000);
    let server = Server::on(disk.after_a_crash().open().unwrap(), premium(), back).await;
    let carol = server.login("carol").await;
    assert!(server.status("carol").await.version >= before);
    assert!(carol.id() > bob.id(), "nor do session numbers");
}

#[tokio::test]
async fn a_server_that_stops_leaves_its_devices_in_place() {
    let disk = CrashDisk::default();
    let settings = premium_with(|limits| limits.disconnect_grace_ms = 0);
    let server = Server::on(disk.open().unwrap(), settings, START).await;
    let (alice, bob) = (server.login("alice").await, server.login("bob").await);
    server.subscribe(&alice, &["bob"]).await;
    told(&alice);
    server.gateway.begin_shutdown();
    server.gateway.connection_lost(bob, LossCause::Closed).await;
    server.gateway.flush().await.unwrap();
    assert!(told(&alice).is_empty());
    let after = disk.after_a_crash().open().unwrap();
    assert_eq!(
        after.account(&key("bob")).await.unwrap().unwrap().normal(),
        NormalStatus::Online
    );
}

/// The server stopped after it had removed the app, and before it had removed the accounts.
#[tokio::test]
async fn accounts_of_an_app_that_is_gone_go_at_the_next_start() {
    let disk = CrashDisk::default();
    let store = disk.open().unwrap();
    let gone = AppId::new(APP + 1).unwrap();
    let orphan = AccountKey::new(gone, user("a"));
    acknowledged(&store, &orphan, Command::Import).await;
    acknowledged(&store, &key("a"), Command::Import).await;
    let after = disk.after_a_crash().open().unwrap();
    let app = Arc::new(App {
        id: AppId::new(APP).unwrap(),
        name: String::new(),
        settings: AppSettings::clone(&premium()),
        keys: Vec::new(),
        created_at: START,
    });
    let apps = |id| (id == app.id).then(|| Arc::clone(&app));
    after.recover(apps, START).await.unwrap();
    assert_eq!(after.accounts_count(), 1);
    assert!(after.account(&orphan).await.unwrap().is_none());
    after.flush().await.unwrap();
}
