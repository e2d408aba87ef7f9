//! A disk that is full, fails, or does not answer.

use super::open;
use crate::conformance::{befriend, erase, execute, login, set};
use crate::embedded::EmbeddedStore;
use crate::testing::{CrashDisk, START, key, premium, user};
use crate::{Commit, CommitSink, Executed, Execution, NotDurable, Store, StoreError, StoreHealth};
use parking_lot::Mutex;
use std::sync::Arc;
use userstatus_core::{
    Block, BlockedUser, Code, Command, Edit, NormalStatus, Outcome, SessionId, Version,
};

async fn record(
    store: &EmbeddedStore,
    name: &str,
    command: Command,
) -> Result<Executed, StoreError> {
    let execution = Execution {
        account: &key(name),
        settings: &premium(),
        command,
        origin: None,
        now: START,
    };
    store.record(execution).await
}

fn block(name: &str) -> Command {
    Command::Block {
        users: vec![BlockedUser {
            user: user(name),
            version: Some(Version(1)),
        }],
    }
}

fn records() -> [(&'static str, Command); 5] {
    let both = match befriend("b") {
        Command::AddFriend {
            friend,
            peer,
            resent,
            ..
        } => Command::AddFriend {
            friend,
            both: true,
            peer,
            resent,
        },
        other => other,
    };
    let block = block("c");
    [
        ("a", befriend("c")),
        ("a", both),
        ("a", block),
        ("new", Command::Import),
        (
            "a",
            Command::KickAll {
                now: START,
                unless_set: START,
            },
        ),
    ]
}

async fn with_three(disk: &CrashDisk) -> Arc<EmbeddedStore> {
    let store = open(disk).unwrap();
    for (number, name) in ["a", "b", "c"].into_iter().enumerate() {
        execute(&*store, &key(name), login(name, number as u64), START).await;
    }
    store.flush().await.unwrap();
    store
}

#[tokio::test]
async fn a_record_that_the_disk_refuses_changes_nothing_and_works_when_it_writes_again() {
    let disk = CrashDisk::default();
    let store = with_three(&disk).await;
    let names = ["a", "b", "c", "new"];
    for (name, command) in records() {
        disk.set_full(true);
        let mut before = Vec::new();
        for name in names {
            before.push(store.account(&key(name)).await.unwrap());
        }
        let refused = record(&store, name, command.clone()).await;
        assert_eq!(
            refused.unwrap_err(),
            StoreError::NotDurable(NotDurable::Failed),
            "{command:?}"
        );
        for (name, before) in names.iter().zip(before) {
            assert_eq!(
                store.account(&key(name)).await.unwrap(),
                before,
                "{command:?}"
            );
        }
        assert!(matches!(store.health(), StoreHealth::Failing { .. }));
        disk.set_full(false);
        let done = record(&store, name, command.clone()).await.unwrap();
        assert!(
            !matches!(done.commit.outcome, Outcome::Refused(_) | Outcome::Nothing),
            "{command:?}: {:?}",
            done.commit.outcome
        );
        assert_eq!(store.health(), StoreHealth::Well);
    }
    let after = open(&disk.after_a_crash()).unwrap();
    assert_eq!(after.friends(&key("a"), None, 9).await.unwrap().len(), 2);
    assert_eq!(after.friends(&key("b"), None, 9).await.unwrap().len(), 1);
    assert_eq!(
        after.blocked(&key("a"), None, 9).await.unwrap(),
        [user("c")]
    );
    assert!(after.account(&key("new")).await.unwrap().is_some());
}

#[tokio::test]
async fn what_the_disk_refuses_or_keeps_waiting_is_counted() {
    let disk = CrashDisk::default();
    let store = with_three(&disk).await;
    let well = store.journal().unwrap();
    assert!(well.commits.total() > 0 && well.rows_written >= 3);
    assert_eq!((well.commits_failed, well.accounts_unwritten), (0, 0));
    assert_eq!(well.lag, std::time::Duration::ZERO);
    disk.set_full(true);
    record(&store, "a", befriend("c")).await.unwrap_err();
    execute(&*store, &key("a"), set(0, "still here"), START).await;
    store.flush().await.unwrap_err();
    let failing = store.journal().unwrap();
    assert!(failing.commits_failed >= 1);
    assert!(failing.lag > std::time::Duration::ZERO);
    disk.set_full(false);
    while store.flush().await.is_err() {}
    let well_again = store.journal().unwrap();
    assert_eq!(well_again.accounts_unwritten, 0);
    assert!(well_again.commits.total() > well.commits.total());
    assert!(EmbeddedStore::open(None).unwrap().journal().is_none());
}

#[tokio::test]
async fn presence_goes_on_whatever_the_disk_does_and_is_there_later() {
    for hangs in [false, true] {
        let disk = CrashDisk::default();
        let store = with_three(&disk).await;
        if hangs {
            disk.set_hanging(true);
        } else {
            disk.set_full(true);
        }
        execute(&*store, &key("d"), login("d", 9), START).await;
        execute(&*store, &key("a"), set(0, "still here"), START).await;
        let account = store.account(&key("a")).await.unwrap().unwrap();
        assert_eq!(account.custom.as_str(), "still here");
        let new = store.account(&key("d")).await.unwrap().unwrap();
        assert_eq!(new.normal(), NormalStatus::Online);
        disk.set_full(false);
        disk.set_hanging(false);
        while store.flush().await.is_err() {}
        let after = open(&disk.after_a_crash()).unwrap();
        let account = after.account(&key("a")).await.unwrap().unwrap();
        assert_eq!(account.custom.as_str(), "still here");
        assert!(after.account(&key("d")).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn a_record_that_the_disk_takes_after_all_is_taken_back() {
    let disk = CrashDisk::default();
    let store = with_three(&disk).await;
    disk.set_hanging(true);
    let refused = record(&store, "a", befriend("c")).await;
    assert_eq!(
        refused.unwrap_err(),
        StoreError::NotDurable(NotDurable::Stalled)
    );
    // Others hear it at once: they do not wait for what is known not to answer.
    let begin = std::time::Instant::now();
    let refused = record(&store, "b", befriend("c")).await;
    assert_eq!(
        refused.unwrap_err(),
        StoreError::NotDurable(NotDurable::Stalled)
    );
    assert!(begin.elapsed().as_secs() < 2, "{:?}", begin.elapsed());
    assert!(matches!(store.health(), StoreHealth::Stalled { .. }));
    disk.set_hanging(false);
    store.flush().await.unwrap();
    let is_empty = async |disk: &CrashDisk| {
        let after = open(&disk.after_a_crash()).unwrap();
        after.friends(&key("a"), None, 9).await.unwrap().is_empty()
    };
    let begin = std::time::Instant::now();
    while !is_empty(&disk).await {
        assert!(begin.elapsed().as_secs() < 10, "it is never taken back");
        tokio::task::yield_now().await;
    }
    assert!(store.friends(&key("a"), None, 9).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_record_dropped_half_way_has_happened_wholly_or_not_at_all() {
    let disk = CrashDisk::default();
    let store = with_three(&disk).await;
    disk.set_hanging(true);
    let dropped = tokio::time::timeout(
        std::time::Duration::from_millis(20),
        record(&store, "a", befriend("c")),
    );
    assert!(dropped.await.is_err());
    disk.set_hanging(false);
    // The next one of this account waits for nobody.
    record(&store, "a", befriend("b")).await.unwrap();
    store.flush().await.unwrap();
    let after = open(&disk.after_a_crash()).unwrap();
    let names = |friends: Vec<userstatus_core::Friend>| -> Vec<_> {
        friends.into_iter().map(|friend| friend.user).collect()
    };
    let on_disk = names(after.friends(&key("a"), None, 9).await.unwrap());
    let in_memory = names(store.friends(&key("a"), None, 9).await.unwrap());
    assert_eq!(on_disk, in_memory);
}

#[tokio::test]
async fn a_store_whose_disk_hangs_can_be_closed() {
    let disk = CrashDisk::default();
    let store = with_three(&disk).await;
    disk.set_hanging(true);
    execute(&*store, &key("a"), set(0, "x"), START).await;
    let begin = std::time::Instant::now();
    drop(store);
    assert!(begin.elapsed().as_secs() < 5, "{:?}", begin.elapsed());
    disk.set_hanging(false);
}

/// Which sessions were logged out by others.
#[derive(Default)]
struct LoggedOut(Mutex<Vec<SessionId>>);

impl CommitSink for LoggedOut {
    fn publish(&self, commit: &Commit, _: std::time::Instant) {
        if let Outcome::KickedAll { sessions } = &commit.outcome {
            self.0.lock().extend(sessions);
        }
    }
}

#[tokio::test]
async fn who_comes_in_while_the_account_is_being_erased_is_logged_out() {
    let disk = CrashDisk::default();
    let store = with_three(&disk).await;
    let logged_out = Arc::new(LoggedOut::default());
    store.publish_to(Arc::clone(&logged_out) as _);
    disk.set_hanging(true);
    let account = key("a");
    let erasing = erase(&*store, &account, None);
    let coming_in = async {
        execute(&*store, &key("a"), login("a", 7), START).await;
        disk.set_hanging(false);
    };
    let (erased, ()) = tokio::join!(erasing, coming_in);
    assert_eq!(erased, Ok(true));
    assert_eq!(*logged_out.0.lock(), [SessionId(7)]);
    store.flush().await.unwrap();
    for store in [store, open(&disk.after_a_crash()).unwrap()] {
        assert!(store.account(&key("a")).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn who_comes_back_while_an_unused_account_is_being_erased_keeps_it() {
    let disk = CrashDisk::default();
    let store = with_three(&disk).await;
    record(&store, "guest", Command::Import).await.unwrap();
    record(&store, "a", befriend("guest")).await.unwrap();
    disk.set_hanging(true);
    let account = key("guest");
    let erasing = erase(&*store, &account, Some(START));
    let coming_back = async {
        execute(&*store, &key("guest"), login("guest", 7), START).await;
        disk.set_hanging(false);
    };
    let (erased, ()) = tokio::join!(erasing, coming_back);
    assert_eq!(erased, Ok(false));
    store.flush().await.unwrap();
    for store in [store, open(&disk.after_a_crash()).unwrap()] {
        assert!(store.account(&key("guest")).await.unwrap().is_some());
        assert_eq!(store.friends(&key("a"), None, 9).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn what_waits_to_be_written_of_a_removed_app_is_not_written_behind_its_removal() {
    let disk = CrashDisk::default();
    let store = with_three(&disk).await;
    execute(&*store, &key("a"), set(0, "still here"), START).await;
    store.remove_app(key("a").app).await.unwrap();
    store.flush().await.unwrap();
    for store in [store, open(&disk.after_a_crash()).unwrap()] {
        assert_eq!(store.accounts_count(), 0);
    }
}

#[tokio::test]
async fn nothing_of_an_erased_account_is_left_anywhere() {
    let disk = CrashDisk::default();
    let store = with_three(&disk).await;
    record(&store, "a", befriend("b")).await.unwrap();
    record(&store, "c", befriend("a")).await.unwrap();
    let block = block("a");
    record(&store, "b", block).await.unwrap();
    let watch = Command::Subscribe {
        session: userstatus_core::SessionId(2),
        users: userstatus_core::Asked::new(vec![user("a")], 0),
    };
    execute(&*store, &key("c"), watch, START).await;

    disk.set_full(true);
    let refused = erase(&*store, &key("a"), None).await;
    assert_eq!(refused, Err(StoreError::NotDurable(NotDurable::Failed)));
    assert!(store.account(&key("a")).await.unwrap().is_some());
    disk.set_full(false);
    assert_eq!(erase(&*store, &key("a"), None).await, Ok(true));
    assert_eq!(erase(&*store, &key("a"), None).await, Ok(false));
    store.flush().await.unwrap();
    for store in [store, open(&disk.after_a_crash()).unwrap()] {
        assert!(store.account(&key("a")).await.unwrap().is_none());
        let b = store.account(&key("b")).await.unwrap().unwrap();
        let c = store.account(&key("c")).await.unwrap().unwrap();
        assert!(b.blocks.is_empty() && c.friends.is_empty() && c.subscriptions.is_empty());
        assert!(store.friends(&key("a"), None, 9).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn who_was_erased_before_a_block_gets_to_the_store_leaves_no_block() {
    let disk = CrashDisk::default();
    let store = with_three(&disk).await;
    assert_eq!(erase(&*store, &key("a"), None).await, Ok(true));
    for (name, other, expected) in [
        ("b", "a", Code::FriendNoSuchAccount),
        ("a", "b", Code::NoSuchAccount),
    ] {
        let done = record(&store, name, block(other)).await.unwrap();
        let Outcome::Refused(refusal) = &done.commit.outcome else {
            panic!("{:?}", done.commit.outcome);
        };
        assert_eq!(refusal.code, expected);
    }
    store.flush().await.unwrap();
    for store in [store, open(&disk.after_a_crash()).unwrap()] {
        for name in ["a", "b"] {
            let blocked = store.blocked(&key(name), None, 9).await.unwrap();
            assert!(blocked.is_empty(), "{name}");
        }
    }
}

#[tokio::test]
async fn a_block_is_shown_as_offline_to_a_viewer() {
    let disk = CrashDisk::default();
    let store = with_three(&disk).await;
    let block = block("a");
    let done = record(&store, "b", block).await.unwrap();
    let expected = Block {
        user: user("a"),
        mine: true,
        theirs: false,
        since: Version(1 + (1 << 14)).next(START),
    };
    assert_eq!(done.commit.edits[0], Edit::PutBlock(expected));
    for (viewer, user_seen) in [("a", "b"), ("b", "a")] {
        let viewer = user(viewer);
        let asked = [user(user_seen)];
        let statuses = store.statuses(key("a").app, Some(&viewer), &asked);
        assert_eq!(statuses.await.unwrap()[0].normal, NormalStatus::Offline);
        let statuses = store.statuses(key("a").app, None, &asked).await.unwrap();
        assert_eq!(statuses[0].normal, NormalStatus::Online);
    }
}
