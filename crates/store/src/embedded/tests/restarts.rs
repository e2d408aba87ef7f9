//! What a restart, or many, make of who was connected (S6, S7), and of time.

use super::open;
use crate::Store;
use crate::apps::App;
use crate::conformance::{execute, login};
use crate::embedded::EmbeddedStore;
use crate::testing::{APP, CrashDisk, START, key, premium, user};
use std::sync::Arc;
use userstatus_core::{AppId, Asked, Command, NormalStatus, SessionId, Timestamp};

const SILENCE_MS: u64 = 10_000;

fn app() -> Arc<App> {
    let mut settings = premium();
    settings.limits.silence_timeout_ms = 10_000;
    settings.limits.heartbeat_interval_ms = 3_000;
    Arc::new(App {
        id: AppId::new(APP).unwrap(),
        name: String::new(),
        settings,
        keys: Vec::new(),
        created_at: START,
    })
}

async fn restarted(disk: &CrashDisk, session: u64, now: Timestamp) -> Arc<EmbeddedStore> {
    let store = open(&disk.after_a_crash()).unwrap();
    let found = store.recover(|_| Some(app()), SessionId(session), now);
    found.await.unwrap();
    store
}

/// The disk of a store in use is its own: a crash leaves a copy.
async fn start_on(
    disk: CrashDisk,
    session: u64,
    now: Timestamp,
) -> (CrashDisk, Arc<EmbeddedStore>) {
    let store = open(&disk).unwrap();
    store
        .recover(|_| Some(app()), SessionId(session), now)
        .await
        .unwrap();
    store.flush().await.unwrap();
    (disk, store)
}

#[tokio::test]
async fn s7_a_lease_ends_when_it_was_first_to_end_however_often_the_server_starts() {
    let (mut disk, store) = start_on(CrashDisk::default(), 100, START).await;
    execute(&*store, &key("a"), login("a", 100), START).await;
    store.flush().await.unwrap();
    // Every 6 s, with a silence time-out of 10 s.
    for number in 1..=5_u64 {
        let now = START.plus_ms(number * 6_000);
        let (crashed, store) = start_on(disk.after_a_crash(), 100 + number * 100, now).await;
        let account = store.account(&key("a")).await.unwrap().unwrap();
        let lease = account.devices[0].lease_until;
        assert_eq!(lease, Some(START.plus_ms(6_000 + SILENCE_MS)), "{number}");
        disk = crashed;
    }
    let store = restarted(&disk, 900, START.plus_ms(36_000)).await;
    let commit = execute(&*store, &key("a"), Command::Expire, START.plus_ms(36_000)).await;
    let change = commit.commit.change.clone().unwrap();
    assert_eq!(change.normal, NormalStatus::Offline);
}

#[tokio::test]
async fn s7_who_came_back_after_a_restart_is_measured_by_the_next() {
    let (disk, store) = start_on(CrashDisk::default(), 100, START).await;
    execute(&*store, &key("a"), login("a", 100), START).await;
    store.flush().await.unwrap();
    let (disk, store) = start_on(disk.after_a_crash(), 200, START.plus_ms(6_000)).await;
    execute(&*store, &key("a"), login("a", 201), START.plus_ms(7_000)).await;
    store.flush().await.unwrap();
    let store = restarted(&disk, 300, START.plus_ms(12_000)).await;
    let account = store.account(&key("a")).await.unwrap().unwrap();
    let lease = account.devices[0].lease_until;
    assert_eq!(lease, Some(START.plus_ms(12_000 + SILENCE_MS)));
}

#[tokio::test]
async fn a_long_time_away_counts() {
    let (disk, store) = start_on(CrashDisk::default(), 100, START).await;
    execute(&*store, &key("a"), login("a", 100), START).await;
    store.flush().await.unwrap();
    let (disk, _store) = start_on(disk.after_a_crash(), 200, START.plus_ms(1_000)).await;
    let three_days = START.plus_ms(3 * 86_400_000);
    let store = restarted(&disk, 300, three_days).await;
    let account = store.account(&key("a")).await.unwrap().unwrap();
    let lease = account.devices[0].lease_until;
    assert_eq!(lease, Some(START.plus_ms(1_000 + SILENCE_MS)));
}

#[tokio::test]
async fn a_clock_that_was_ahead_is_not_gone_behind_and_goes_on_by_the_time_that_passed() {
    let disk = CrashDisk::default();
    let store = open(&disk).unwrap();
    let year_ahead = wall().plus_ms(400 * DAY_MS);
    execute(&*store, &key("a"), login("a", 1), year_ahead).await;
    store.flush().await.unwrap();
    let after = open(&disk.after_a_crash()).unwrap();
    // The system's clock now is what the writer stamped, or later.
    let wall = wall();
    let floor = after.time_floor(wall);
    assert!(floor > year_ahead);
    assert!(floor.ms_since(year_ahead) < 60_000);
    assert!(after.time_floor(wall.plus_ms(3_600_000)).ms_since(floor) >= 3_600_000);
    assert_eq!(
        open(&CrashDisk::default()).unwrap().time_floor(wall),
        Timestamp::default()
    );
}

const DAY_MS: u64 = 86_400_000;

/// What the writer stamps commits with.
fn wall() -> Timestamp {
    let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    Timestamp::from_ms(u64::try_from(since_epoch.unwrap().as_millis()).unwrap())
}

/// A start while the system's clock shows `wall`. Says what the server's clock shows.
async fn start_at(
    disk: CrashDisk,
    session: u64,
    wall: Timestamp,
) -> (CrashDisk, Arc<EmbeddedStore>, Timestamp) {
    let store = open(&disk).unwrap();
    let now = store.time_floor(wall).max(wall);
    let started = store.recover(|_| Some(app()), SessionId(session), now);
    started.await.unwrap();
    store.flush().await.unwrap();
    (disk, store, now)
}

/// Somebody logs in and out.
async fn visit(store: &EmbeddedStore, name: &str, at: Timestamp) {
    execute(store, &key(name), login(name, 1), at).await;
    let session = SessionId(1);
    execute(store, &key(name), Command::Logout { session }, at).await;
    store.flush().await.unwrap();
}

/// Since when somebody is away.
async fn away_since(store: &EmbeddedStore, name: &str) -> Timestamp {
    let account = store.account(&key(name)).await.unwrap().unwrap();
    account.away_since
}

/// By the system's clock when it was right: the commits of the test stand by it.
fn stamp_wall(disk: &CrashDisk, wall: Timestamp) -> CrashDisk {
    let disk = disk.after_a_crash();
    let database = redb::Database::builder()
        .create_with_backend(disk.clone())
        .unwrap();
    let transaction = database.begin_write().unwrap();
    let meta: redb::TableDefinition<'_, &str, u64> = redb::TableDefinition::new("meta");
    let mut meta = transaction.open_table(meta).unwrap();
    meta.insert("wall_ms", wall.as_ms()).unwrap();
    drop(meta);
    transaction.commit().unwrap();
    disk
}

#[tokio::test]
async fn a_start_with_the_clock_far_ahead_makes_nobody_look_unseen() {
    let (disk, store, now) = start_at(CrashDisk::default(), 100, START).await;
    visit(&store, "alice", now).await;
    let wrong = START.plus_ms(100 * DAY_MS);
    let disk = stamp_wall(&disk, START);
    let (disk, store, now) = start_at(disk, 200, wrong).await;
    assert_eq!(now, wrong);
    let since = away_since(&store, "alice").await;
    assert_eq!(store.gaps().ran_ms(since, now), 0, "not even now");
    visit(&store, "bob", now.plus_ms(500)).await;
    let right = START.plus_ms(2_000);
    let (_, store, now) = start_at(stamp_wall(&disk, wrong), 300, right).await;
    assert!(now > wrong, "order goes on");
    let ahead_ms = now.ms_since(right);
    let gaps = store.gaps();
    let seen = |at| gaps.on_the_wall(at, ahead_ms).ms_since(START);
    let alice = away_since(&store, "alice").await;
    assert_eq!(seen(alice), 0);
    assert!(gaps.ran_ms(alice, now) < 1_000);
    let bob = away_since(&store, "bob").await;
    assert!(seen(bob) <= 2_000, "{}", seen(bob));
}

#[tokio::test]
async fn a_clock_that_stood_in_1970_and_is_put_right_moves_nobody_56_years() {
    let (disk, store, now) = start_at(CrashDisk::default(), 100, START).await;
    visit(&store, "alice", now).await;
    let born = Timestamp::from_ms(100_000);
    let (disk, _store, now) = start_at(stamp_wall(&disk, START), 200, born).await;
    assert_eq!(now.ms_since(START), 1);
    let right = START.plus_ms(2_000);
    let (_, store, now) = start_at(stamp_wall(&disk, born), 300, right).await;
    assert_eq!(now, right);
    let since = away_since(&store, "alice").await;
    assert!(store.gaps().ran_ms(since, now) <= 2_000);
    assert_eq!(store.gaps().on_the_wall(since, 0), START);
}

#[tokio::test]
async fn a_clock_that_was_set_back_while_running_and_put_right_at_a_start_counts_for_nothing() {
    let (disk, store, now) = start_at(CrashDisk::default(), 100, START).await;
    visit(&store, "alice", now).await;
    let behind = Timestamp::from_ms(START.as_ms() - 100 * DAY_MS);
    let right = START.plus_ms(2_000);
    let (_, store, now) = start_at(stamp_wall(&disk, behind), 200, right).await;
    assert_eq!(now, right);
    let since = away_since(&store, "alice").await;
    assert_eq!(store.gaps().on_the_wall(since, 0), START);
}

#[tokio::test]
async fn time_the_server_did_not_run_is_remembered_over_starts() {
    let (mut disk, store, now) = start_at(CrashDisk::default(), 100, START).await;
    visit(&store, "alice", now).await;
    for number in 1..=3 {
        let wall = START.plus_ms(number * 40 * DAY_MS);
        let before = START.plus_ms((number - 1) * 40 * DAY_MS);
        let started = start_at(stamp_wall(&disk, before), 100 + number * 100, wall).await;
        let (since, now) = (away_since(&started.1, "alice").await, started.2);
        assert_eq!(now, wall);
        assert_eq!(started.1.gaps().ran_ms(since, now), 0, "{number}");
        disk = started.0;
    }
}

#[tokio::test]
async fn w7_time_the_server_did_not_run_clears_no_list() {
    let (disk, store, now) = start_at(CrashDisk::default(), 100, START).await;
    execute(&*store, &key("a"), login("a", 1), now).await;
    let subscribe = Command::Subscribe {
        session: SessionId(1),
        users: Asked::new(vec![user("b")], 0),
    };
    execute(&*store, &key("a"), subscribe, now).await;
    visit(&store, "a", now).await;
    let (mut disk, keep_ms) = (stamp_wall(&disk, START), 600_000);
    // Twice: what was put off is written.
    for number in 1..=2 {
        let wall = START.plus_ms(number * 100 * DAY_MS);
        let (crashed, store, now) = start_at(disk, 100 + number * 100, wall).await;
        let at = now.plus_ms(keep_ms - 1);
        execute(&*store, &key("a"), Command::Expire, at).await;
        let account = store.account(&key("a")).await.unwrap().unwrap();
        assert_eq!(account.subscriptions.len(), 1, "{number}");
        assert_eq!(
            account.subscriptions_clear_at,
            Some(now.plus_ms(keep_ms)),
            "{number}"
        );
        disk = stamp_wall(&crashed, wall);
    }
}

#[tokio::test]
async fn a_file_of_the_first_format_is_taken_over() {
    let disk = CrashDisk::default();
    let store = open(&disk).unwrap();
    execute(&*store, &key("a"), login("a", 1), START).await;
    let now = START;
    execute(
        &*store,
        &key("a"),
        Command::KickAll {
            now,
            unless_set: now,
        },
        START,
    )
    .await;
    store.flush().await.unwrap();
    drop(store);
    let old = disk.after_a_crash();
    {
        let database = redb::Database::builder()
            .create_with_backend(old.clone())
            .unwrap();
        let transaction = database.begin_write().unwrap();
        for table in ["blocks", "revocations"] {
            let table: redb::TableDefinition<'_, &[u8], &[u8]> = redb::TableDefinition::new(table);
            assert!(transaction.delete_table(table).unwrap());
        }
        let starts: redb::TableDefinition<'_, u64, u64> = redb::TableDefinition::new("starts");
        assert!(transaction.delete_table(starts).unwrap());
        let meta: redb::TableDefinition<'_, &str, u64> = redb::TableDefinition::new("meta");
        transaction
            .open_table(meta)
            .unwrap()
            .insert("format", 1)
            .unwrap();
        transaction.commit().unwrap();
    }
    let store = open(&old).unwrap();
    let account = store.account(&key("a")).await.unwrap().unwrap();
    assert_eq!(
        account.sigs_valid_from,
        START.plus_ms(1_000),
        "revoked all the same"
    );
}
