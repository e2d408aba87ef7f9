//! One transaction after the other.

use super::{PRESENCE_DELAY, RETRY_AFTER, Repair, Shared, Snapshot};
use crate::AccountKey;
use crate::embedded::accounts::{Accounts, Going, Parts};
use crate::embedded::disk::Disk;
use crate::embedded::record::{
    account_row, encode_account, encode_block, encode_friend, encode_revocation,
    encode_subscriptions, pair_row,
};
use crate::embedded::rows::Rows;
use crate::ticket::Batch;
use hashbrown::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Instant, SystemTime, UNIX_EPOCH};
use tokio::sync::oneshot;
use userstatus_core::Timestamp;

pub(super) struct Writer {
    shared: Arc<Shared>,
    accounts: Arc<Accounts>,
    disk: Disk,
    /// Gaps that are not on disk yet: without them a wrong clock would count.
    gaps: Vec<(u64, Option<(u64, u64)>)>,
}

/// What goes in one transaction.
struct Work {
    rows: Rows,
    repairs: HashSet<Repair>,
    presence: Vec<(AccountKey, Parts)>,
    snapshots: Vec<oneshot::Sender<Snapshot>>,
    batch: Arc<Batch>,
}

/// The writer has ended, however it did: nobody waits for it any more.
pub(super) struct Ending(pub(super) Arc<Shared>);

impl Drop for Ending {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let reason = "the journal's thread panicked; restart the server".to_owned();
            self.0.health.written(Err(reason));
        }
        let mut pending = self.0.pending.lock();
        pending.has_ended = true;
        pending.batch.end(false);
        // Still there only if the thread panicked.
        if let Some(writing) = pending.writing.take() {
            writing.end(false);
        }
        pending.snapshots.clear();
        drop(pending);
        self.0.ended.notify_all();
    }
}

impl Writer {
    pub(super) const fn new(shared: Arc<Shared>, accounts: Arc<Accounts>, disk: Disk) -> Self {
        Self {
            shared,
            accounts,
            disk,
            gaps: Vec::new(),
        }
    }

    pub(super) fn run(mut self) {
        while let Some(mut work) = self.next() {
            self.shared.health.writing();
            let began_at = Instant::now();
            // A panic in the database is a failed write: who waits must not wait for ever.
            let written = catch_unwind(AssertUnwindSafe(|| self.disk.write(&work.rows)))
                .unwrap_or_else(|_| {
                    Err(redb::Error::Corrupted("the database panicked".to_owned()))
                });
            let is_written = written.is_ok();
            match is_written {
                true => {
                    let meters = &self.shared.meters;
                    meters.committed(work.rows.count(), began_at.elapsed());
                    meters.look_at(self.disk.path());
                }
                false => self.shared.meters.failed(),
            }
            self.shared
                .health
                .written(written.map_err(|error| error.to_string()));
            for wanted in work.snapshots.drain(..) {
                // Who asked may have gone.
                _ = wanted.send(self.disk.snapshot());
            }
            if self.finish(work, is_written) {
                return;
            }
        }
    }

    /// Waits for work and takes it; `None` when there is none left and the journal is closing.
    fn next(&mut self) -> Option<Work> {
        let mut pending = self.shared.pending.lock();
        loop {
            let has_presence = self.shared.has_presence.load(Ordering::Acquire);
            if !pending.is_empty() {
                break;
            }
            if has_presence {
                let due_at = pending.presence_since.map(|since| since + PRESENCE_DELAY);
                let is_due = due_at.is_none_or(|due_at| due_at <= Instant::now());
                if is_due || pending.is_flush_wanted || pending.is_closing {
                    break;
                }
                if let Some(due_at) = due_at {
                    self.shared.work.wait_until(&mut pending, due_at);
                }
                continue;
            }
            if pending.is_closing {
                return None;
            }
            if std::mem::take(&mut pending.is_flush_wanted) {
                // Written by the transaction before.
                std::mem::take(&mut pending.batch).end(true);
            }
            self.shared.work.wait(&mut pending);
        }
        let batch = std::mem::take(&mut pending.batch);
        pending.writing = Some(Arc::clone(&batch));
        pending.is_flush_wanted = false;
        pending.presence_since = None;
        let apps = pending.encoded_apps();
        pending.apps.clear();
        let records = std::mem::take(&mut pending.records);
        let repairs = std::mem::take(&mut pending.repairs);
        let snapshots = std::mem::take(&mut pending.snapshots);
        drop(pending);
        // Of several values for one row the last stays: what was given up, then what is to be, then what stands in memory by now.
        let mut rows = Rows {
            apps,
            gaps: std::mem::take(&mut self.gaps),
            ..Rows::default()
        };
        // Not let go before all is gathered: what begins to go meanwhile is written without it in a later transaction.
        let going = self.accounts.going();
        self.gather_repairs(&repairs, &going, &mut rows);
        rows.append(records);
        // Before what is not written is gathered: a change that comes after that begins a new wait.
        self.shared.has_presence.swap(false, Ordering::AcqRel);
        let presence = self.gather_presence(&going, &mut rows);
        drop(going);
        rows.commit_time = Timestamp::from_ms(self.shared.commit_ms.load(Ordering::Relaxed));
        rows.wall_time = wall_time();
        rows.sort();
        Some(Work {
            rows,
            repairs,
            presence,
            snapshots,
            batch,
        })
    }

    /// Tells who waits. After a failure: puts what was not written back, and gives the disk a moment. Says whether to give up.
    fn finish(&mut self, work: Work, is_written: bool) -> bool {
        if !is_written {
            self.gaps = work.rows.gaps;
            for (key, parts) in &work.presence {
                let mut guard = self.accounts.lock(key, key.hash_value());
                if guard.get().is_some() {
                    guard.mark_unwritten(*parts);
                }
            }
            if !work.presence.is_empty() {
                self.shared.has_presence.store(true, Ordering::Release);
            }
        }
        let mut pending = self.shared.pending.lock();
        pending.writing = None;
        if !is_written {
            pending.repairs.extend(work.repairs);
            if !work.presence.is_empty() {
                pending.presence_since.get_or_insert_with(Instant::now);
            }
        }
        work.batch.end(is_written);
        if is_written {
            return false;
        }
        let retry_at = Instant::now() + RETRY_AFTER;
        // A record that comes meanwhile is tried at once: who asked is waiting.
        while !pending.is_closing && pending.records.is_empty() && pending.apps.is_empty() {
            if self
                .shared
                .work
                .wait_until(&mut pending, retry_at)
                .timed_out()
            {
                return false;
            }
        }
        pending.is_closing
    }

    /// Adds what stands in memory of everything that differs from what is on disk, but for what is going: who makes it go has it
    /// written again at the end.
    fn gather_presence(&self, going: &Going, rows: &mut Rows) -> Vec<(AccountKey, Parts)> {
        let mut taken = Vec::new();
        self.accounts.take_unwritten(|key, account, parts| {
            if going.has(key) {
                return;
            }
            let row = account_row(key);
            if parts.subscriptions {
                let list = encode_subscriptions(key.app, account, going);
                rows.subscriptions.push((row.clone(), list));
            }
            if parts.account {
                rows.accounts.push((row, Some(encode_account(account))));
            }
            taken.push((key.clone(), parts));
        });
        taken
    }

    fn gather_repairs(&self, repairs: &HashSet<Repair>, going: &Going, rows: &mut Rows) {
        for repair in repairs {
            match repair {
                Repair::Account(key) | Repair::Subscriptions(key) if going.has(key) => {}
                Repair::Friend(key, friend) => {
                    let value = self.read(key, |account| {
                        account.friends.get(friend.as_str()).map(encode_friend)
                    });
                    rows.friends.push((pair_row(key, friend), value));
                }
                Repair::Block(key, user) => {
                    let value = self.read(key, |account| {
                        account.blocks.get(user.as_str()).map(encode_block)
                    });
                    rows.blocks.push((pair_row(key, user), value));
                }
                Repair::Revocation(key) => {
                    let value = self.read(key, encode_revocation);
                    rows.revocations.push((account_row(key), value));
                }
                Repair::Account(key) => {
                    let value = self.read(key, |account| {
                        account.registered.then(|| encode_account(account))
                    });
                    rows.accounts.push((account_row(key), value));
                }
                Repair::Subscriptions(key) => {
                    let value =
                        self.read(key, |account| encode_subscriptions(key.app, account, going));
                    rows.subscriptions.push((account_row(key), value));
                }
            }
        }
    }

    fn read<T>(
        &self,
        key: &AccountKey,
        read: impl FnOnce(&userstatus_core::Account) -> Option<T>,
    ) -> Option<T> {
        self.accounts.read(key.app, &key.user, read).flatten()
    }
}

/// By the system's clock, as it is: to tell at the next start how long the server was away.
fn wall_time() -> Timestamp {
    let since_epoch = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp::from_ms(u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX))
}
