use super::open;
use crate::Store;
use crate::account_key::AccountKey;
use crate::apps::{App, AppRegistry, NewApp};
use crate::conformance::{befriend, execute, login, set};
use crate::embedded::EmbeddedStore;
use crate::testing::{APP, CrashDisk, START, key, premium, user};
use std::sync::Arc;
use userstatus_core::{AppId, AppSettings, Command, DevicePolicy, SessionId};

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
    let store = open(&disk).unwrap();
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
        let after = open(&disk.after_a_crash())
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
    let store = open(&disk).unwrap();
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
        let after = open(&disk.after_a_crash()).unwrap();
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
    let store = open(&disk).unwrap();
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
async fn apps_and_keys_come_back_after_a_crash() {
    let disk = CrashDisk::default();
    let store = open(&disk).unwrap();
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
    let after = AppRegistry::load(open(&disk.after_a_crash()).unwrap() as _).unwrap();
    assert_eq!(after.list(), apps.list());
    assert_eq!(after.get(created.id).unwrap().keys.len(), 2);
}

#[tokio::test]
async fn a_removed_app_takes_its_rows_with_it() {
    let disk = CrashDisk::default();
    let store = open(&disk).unwrap();
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
    let after = open(&disk.after_a_crash()).unwrap();
    assert_eq!(after.accounts_count(), 2);
    for id in [APP - 1, APP + 1] {
        let friends = after
            .friends(&AccountKey::new(app(id), user("a")))
            .await
            .unwrap();
        assert_eq!(friends.len(), 1);
    }
}

/// The server stopped after it had removed the app, and before it had removed the accounts.
#[tokio::test]
async fn accounts_of_an_app_that_is_gone_go_at_the_next_start() {
    let disk = CrashDisk::default();
    let store = open(&disk).unwrap();
    let gone = AppId::new(APP + 1).unwrap();
    let orphan = AccountKey::new(gone, user("a"));
    acknowledged(&store, &orphan, Command::Import).await;
    acknowledged(&store, &key("a"), Command::Import).await;
    let after = open(&disk.after_a_crash()).unwrap();
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
