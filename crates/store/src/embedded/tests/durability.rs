use super::open;
use crate::account_key::AccountKey;
use crate::apps::{App, AppRegistry, NewApp};
use crate::conformance::{befriend, erase, execute, login, set};
use crate::embedded::EmbeddedStore;
use crate::testing::{APP, CrashDisk, START, key, premium, user};
use crate::{Commit, CommitSink, Doomed, Store};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use tokio::runtime::Handle;
use userstatus_core::{AppId, AppSettings, Asked, Command, DevicePolicy, Pace, SessionId};

/// Runs a command and waits until it is on disk.
async fn on_disk(store: &EmbeddedStore, account: &AccountKey, command: Command) {
    let is_record = command.is_record();
    execute(store, account, command, START).await;
    if !is_record {
        store.flush().await.unwrap();
    }
}

#[tokio::test]
async fn everything_of_an_account_comes_back_after_a_crash() {
    let disk = CrashDisk::default();
    let store = open(&disk).unwrap();
    let subscribe = Command::Subscribe {
        session: SessionId(1),
        users: Asked::new(["c", "b", "d"].map(user).to_vec(), 0),
    };
    let unsubscribe = Command::Unsubscribe {
        session: SessionId(1),
        users: Asked::new(vec![user("b")], 0),
    };
    let delete = Command::DeleteFriends {
        users: vec![user("b")],
        both: false,
        known_by: Vec::new(),
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
        on_disk(&store, &key("a"), command).await;
    }
    on_disk(&store, &key("gone"), login("gone", 2)).await;
    on_disk(
        &store,
        &key("gone"),
        Command::KickAll {
            now: START,
            unless_set: START,
        },
    )
    .await;
    store.flush().await.unwrap();
    for name in ["a", "gone"] {
        let mut before = store.account(&key(name)).await.unwrap().unwrap();
        let after = open(&disk.after_a_crash())
            .unwrap()
            .account(&key(name))
            .await
            .unwrap()
            .unwrap();
        // Counts and paces live in memory only.
        before.quotas = None;
        before.pace = Pace::default();
        before.login_pace = Pace::default();
        before.owes_announcement = false;
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
                on_disk(&store, &key(&name), Command::Import).await;
                on_disk(&store, &key(&name), befriend("friend")).await;
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
            assert_eq!(
                after.friends(&key(name), None, 10).await.unwrap().len(),
                1,
                "{name}"
            );
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
async fn records_made_together_share_a_transaction() {
    let disk = CrashDisk::default();
    let store = open(&disk).unwrap();
    let before = disk.syncs();
    let tasks: Vec<_> = (0..1_000)
        .map(|number| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let account = key(&format!("u{number}"));
                execute(&*store, &account, Command::Import, START).await;
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let syncs = disk.syncs() - before;
    assert!(syncs < 300, "{syncs} syncs for 1,000 records");
}

#[tokio::test]
async fn presence_is_written_behind_and_what_comes_together_once() {
    let disk = CrashDisk::default();
    let store = open(&disk).unwrap();
    execute(&*store, &key("a"), login("a", 1), START).await;
    store.flush().await.unwrap();
    let (syncs, bytes) = (disk.syncs(), disk.written_bytes());
    let begin = std::time::Instant::now();
    for number in 0..5_000_u64 {
        let text = number.to_string();
        execute(&*store, &key("a"), set(1, &text), START.plus_ms(number)).await;
    }
    store.flush().await.unwrap();
    let periods = begin.elapsed().as_millis() / 200 + 2;
    // A sync of the database is two of the disk.
    let syncs = disk.syncs() - syncs;
    assert!(u128::from(syncs) <= 2 * periods, "{syncs} syncs");
    let bytes = disk.written_bytes() - bytes;
    assert!(bytes < 200_000 * periods as u64, "{bytes} bytes written");
    let after = open(&disk.after_a_crash()).unwrap();
    let account = after.account(&key("a")).await.unwrap().unwrap();
    assert_eq!(account.custom.as_str(), "4999");
}

#[tokio::test]
async fn presence_gets_to_the_disk_by_itself() {
    let disk = CrashDisk::default();
    let store = open(&disk).unwrap();
    execute(&*store, &key("a"), login("a", 1), START).await;
    let begin = std::time::Instant::now();
    let is_there = async || {
        let after = open(&disk.after_a_crash()).unwrap();
        after.account(&key("a")).await.unwrap().is_some()
    };
    while !is_there().await {
        assert!(begin.elapsed().as_secs() < 10, "it waits for ever");
        tokio::task::yield_now().await;
    }
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
        on_disk(&store, &account, Command::Import).await;
        on_disk(&store, &account, befriend("b")).await;
    }
    for id in [APP, u64::MAX] {
        store.remove_app(app(id)).await.unwrap();
    }
    let after = open(&disk.after_a_crash()).unwrap();
    assert_eq!(after.accounts_count(), 2);
    for id in [APP - 1, APP + 1] {
        let friends = after
            .friends(&AccountKey::new(app(id), user("a")), None, 10)
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
    on_disk(&store, &orphan, Command::Import).await;
    on_disk(&store, &key("a"), Command::Import).await;
    let after = open(&disk.after_a_crash()).unwrap();
    let app = Arc::new(App {
        id: AppId::new(APP).unwrap(),
        name: String::new(),
        settings: AppSettings::clone(&premium()),
        keys: Vec::new(),
        created_at: START,
    });
    let apps = |id| (id == app.id).then(|| Arc::clone(&app));
    after.recover(apps, SessionId(1), START).await.unwrap();
    assert_eq!(after.accounts_count(), 1);
    assert!(after.account(&orphan).await.unwrap().is_none());
    after.flush().await.unwrap();
}

/// While an erasure takes effect everything is written that can be; when it comes to one account, the disk hangs.
struct HangingAt {
    account: AccountKey,
    store: Arc<EmbeddedStore>,
    disk: CrashDisk,
    hangs: AtomicBool,
}

impl CommitSink for HangingAt {
    fn publish(&self, commit: &Commit, _: std::time::Instant) {
        if self.hangs.load(Ordering::Relaxed) {
            return;
        }
        let runtime = Handle::current();
        let flushed = thread::scope(|scope| {
            let flushing = scope.spawn(|| runtime.block_on(self.store.flush()));
            flushing.join().unwrap()
        });
        flushed.unwrap();
        if commit.account == self.account {
            self.hangs.store(true, Ordering::Relaxed);
            self.disk.set_hanging(true);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn accounts_that_watch_each_other_stay_erased_and_are_on_nobodys_list() {
    for hangs_at in ["a", "b", "watcher"] {
        let disk = CrashDisk::default();
        let store = open(&disk).unwrap();
        for (number, name) in ["a", "b", "watcher"].into_iter().enumerate() {
            let session = number as u64 + 1;
            on_disk(&store, &key(name), login(name, session)).await;
            let subscribe = Command::Subscribe {
                session: SessionId(session),
                users: Asked::new(["a", "b", "other"].map(user).to_vec(), 0),
            };
            on_disk(&store, &key(name), subscribe).await;
        }
        store.publish_to(Arc::new(HangingAt {
            account: key(hangs_at),
            store: Arc::clone(&store),
            disk: disk.clone(),
            hangs: AtomicBool::new(false),
        }));
        let doomed = ["a", "b"].map(|name| Doomed {
            account: key(name),
            away_since: None,
        });
        let erased = store.remove_accounts(&doomed, START).await.unwrap();
        assert_eq!(erased, [true, true]);
        let after = open(&disk.after_a_crash()).unwrap();
        disk.set_hanging(false);
        for name in ["a", "b"] {
            let back = after.account(&key(name)).await.unwrap();
            assert_eq!(back, None, "hung at {hangs_at}");
        }
        let watcher = after.account(&key("watcher")).await.unwrap().unwrap();
        let watched: Vec<_> = watcher.subscriptions.iter().collect();
        assert_eq!(watched, [&user("other")], "hung at {hangs_at}");
    }
}

#[tokio::test]
async fn an_account_erased_before_its_presence_was_written_stays_erased() {
    let disk = CrashDisk::default();
    let store = open(&disk).unwrap();
    on_disk(&store, &key("a"), login("a", 1)).await;
    execute(&*store, &key("a"), set(1, "not written yet"), START).await;
    assert_eq!(erase(&*store, &key("a"), None).await, Ok(true));
    store.flush().await.unwrap();
    let after = open(&disk.after_a_crash()).unwrap();
    assert_eq!(after.account(&key("a")).await.unwrap(), None);
}
