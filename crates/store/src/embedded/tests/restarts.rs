//! What a restart, or many, make of who was connected (S6, S7), and of time.

use super::open;
use crate::Store;
use crate::apps::App;
use crate::conformance::{execute, login};
use crate::embedded::EmbeddedStore;
use crate::testing::{APP, CrashDisk, START, key, premium};
use std::sync::Arc;
use userstatus_core::{AppId, Command, NormalStatus, SessionId, Timestamp};

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
    let year_ahead = Timestamp::from_ms(START.as_ms() + 400 * 86_400_000);
    execute(&*store, &key("a"), login("a", 1), year_ahead).await;
    store.flush().await.unwrap();
    let after = open(&disk.after_a_crash()).unwrap();
    // The system's clock now is what the writer stamped, or later.
    let wall = Timestamp::from_ms(
        u64::try_from(
            std::time::SystemTime::now()
                .duration_since(std::time::UNIX_EPOCH)
                .unwrap()
                .as_millis(),
        )
        .unwrap(),
    );
    let floor = after.time_floor(wall);
    assert!(floor > year_ahead);
    assert!(floor.ms_since(year_ahead) < 60_000);
    assert!(after.time_floor(wall.plus_ms(3_600_000)).ms_since(floor) >= 3_600_000);
    assert_eq!(
        open(&CrashDisk::default()).unwrap().time_floor(wall),
        Timestamp::default()
    );
}

#[tokio::test]
async fn a_file_of_the_first_format_is_taken_over() {
    let disk = CrashDisk::default();
    let store = open(&disk).unwrap();
    execute(&*store, &key("a"), login("a", 1), START).await;
    let now = START;
    execute(&*store, &key("a"), Command::KickAll { now }, START).await;
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
