//! The embedded store, and what is left of it after a crash.

mod crash_disk;
mod durability;
mod files;

use super::EmbeddedStore;
use crate::store::conformance::store_conformance;
use crash_disk::CrashDisk;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn in_memory_it_does_what_a_store_must() {
    store_conformance(|| async { EmbeddedStore::open(None).unwrap() }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn on_disk_it_does_what_a_store_must() {
    store_conformance(|| async { CrashDisk::default().open().unwrap() }).await;
}
