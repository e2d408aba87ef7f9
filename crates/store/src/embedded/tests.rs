//! The embedded store, and what is left of it after a crash.

mod durability;
mod faults;
mod files;
mod restarts;

use super::EmbeddedStore;
use crate::account_key::AccountKey;
use crate::conformance::{execute, login, store_conformance};
use crate::testing::{CrashDisk, START, key, user};
use crate::{Commit, CommitSink, Store};
use parking_lot::Mutex;
use std::sync::{Arc, mpsc};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn in_memory_it_does_what_a_store_must() {
    store_conformance(|| async { EmbeddedStore::open(None).unwrap() }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn on_disk_it_does_what_a_store_must() {
    store_conformance(|| async { open(&CrashDisk::default()).unwrap() }).await;
}

/// The store on this disk.
fn open(disk: &CrashDisk) -> Result<Arc<EmbeddedStore>, super::OpenError> {
    let disk = disk.clone();
    EmbeddedStore::open_on("crash.redb".as_ref(), move || Ok(disk.clone()))
}

/// Takes its time over one account, as one with very many watchers does.
struct SlowSink {
    slow: AccountKey,
    entered: mpsc::SyncSender<()>,
    leave: Mutex<mpsc::Receiver<()>>,
}

impl CommitSink for SlowSink {
    fn publish(&self, commit: &Commit, _: std::time::Instant) {
        if commit.account == self.slow {
            self.entered.send(()).unwrap();
            self.leave.lock().recv().unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_fan_out_holds_up_neither_reads_nor_other_accounts() {
    let store = EmbeddedStore::open(None).unwrap();
    let (entered, has_entered) = mpsc::sync_channel(1);
    let (leave, may_leave) = mpsc::sync_channel(1);
    let slow = key("star");
    let sink = SlowSink {
        slow: slow.clone(),
        entered,
        leave: Mutex::new(may_leave),
    };
    store.publish_to(Arc::new(sink));
    let fan_out = tokio::spawn({
        let (store, slow) = (Arc::clone(&store), slow.clone());
        async move { execute(&*store, &slow, login("star", 1), START).await }
    });
    tokio::task::spawn_blocking(move || has_entered.recv())
        .await
        .unwrap()
        .unwrap();

    let lane = |account: &AccountKey| std::ptr::from_ref(store.lanes.of(account.hash_value()));
    let others = (0..100).map(|number| key(&format!("u{number}")));
    let others: Vec<_> = others.filter(|other| lane(other) != lane(&slow)).collect();
    assert!(others.len() > 90, "{} in other lanes", others.len());
    for other in &others {
        execute(&*store, other, login(other.user.as_str(), 1), START).await;
    }
    let statuses = store
        .statuses(slow.app, None, &[user("star")])
        .await
        .unwrap();
    assert_eq!(statuses[0].normal, userstatus_core::NormalStatus::Online);
    assert!(!fan_out.is_finished());
    leave.send(()).unwrap();
    fan_out.await.unwrap();
}
