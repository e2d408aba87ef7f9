//! Group commit: what changed since the last transaction is written in the next, and then everybody who waits is told.

use super::accounts::Accounts;
use super::disk::{Disk, Rows};
use super::record::{
    account_row, encode_account, encode_app, encode_friend, encode_subscriptions, friend_row,
};
use crate::account_key::AccountKey;
use crate::apps::App;
use crate::ticket::Batch;
use crate::{Commit, NotDurable, Ticket};
use hashbrown::{HashMap, HashSet};
use parking_lot::{Condvar, Mutex};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use userstatus_core::{AppId, Edit, Timestamp, UserId};

/// How long after a failed write the next is tried.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The thread that writes, and what it has still to write.
pub(super) struct Journal {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    pending: Mutex<Pending>,
    work: Condvar,
}

#[derive(Default)]
struct Pending {
    dirty: Dirty,
    /// Apps to be written, or to be removed. Unlike accounts these are not tried again: what could not be written has not
    /// taken effect.
    apps: HashMap<AppId, Option<App>>,
    /// Completes when all of the above is on disk.
    batch: Arc<Batch>,
    /// The batch being written.
    writing: Option<Arc<Batch>>,
    closing: bool,
}

/// What differs between memory and disk. Names only: what is written is what stands in memory by then.
#[derive(Default)]
struct Dirty {
    accounts: HashMap<AccountKey, Parts>,
    friends: HashSet<(AccountKey, UserId)>,
    removed_apps: HashSet<AppId>,
    time: Timestamp,
}

/// Parts of an account that have rows of their own.
#[derive(Clone, Copy, Default)]
struct Parts {
    account: bool,
    subscriptions: bool,
}

impl Journal {
    pub(super) fn start(disk: Disk, accounts: Arc<Accounts>) -> std::io::Result<Self> {
        let shared = Arc::new(Shared {
            pending: Mutex::default(),
            work: Condvar::new(),
        });
        let writer = Writer {
            shared: Arc::clone(&shared),
            accounts,
            disk,
        };
        let thread = std::thread::Builder::new()
            .name("journal".to_owned())
            .spawn(move || writer.run())?;
        Ok(Self {
            shared,
            thread: Some(thread),
        })
    }

    /// Marks what a commit changed.
    pub(super) fn mark(&self, commit: &Commit, now: Timestamp) -> Ticket {
        let mut parts = Parts::default();
        let mut pending = self.shared.pending.lock();
        for edit in commit.edits.iter().filter(|edit| edit.is_durable()) {
            match edit {
                Edit::AddSubscription(_)
                | Edit::RemoveSubscription(_)
                | Edit::ClearSubscriptions => {
                    parts.subscriptions = true;
                }
                Edit::PutFriend(friend) => pending.dirty.mark_friend(&commit.account, &friend.user),
                Edit::RemoveFriend(friend) => pending.dirty.mark_friend(&commit.account, friend),
                _ => parts.account = true,
            }
        }
        pending.dirty.mark(&commit.account, parts);
        pending.dirty.time = pending.dirty.time.max(now);
        self.queued(&pending)
    }

    pub(super) fn put_app(&self, app: &App) -> Ticket {
        let mut pending = self.shared.pending.lock();
        pending.apps.insert(app.id, Some(app.clone()));
        self.queued(&pending)
    }

    pub(super) fn remove_app(&self, app: AppId) -> Ticket {
        let mut pending = self.shared.pending.lock();
        pending.apps.insert(app, None);
        self.queued(&pending)
    }

    pub(super) fn remove_accounts(&self, app: AppId) -> Ticket {
        let mut pending = self.shared.pending.lock();
        pending.dirty.removed_apps.insert(app);
        self.queued(&pending)
    }

    /// A ticket for everything marked so far.
    pub(super) fn everything(&self) -> Ticket {
        let pending = self.shared.pending.lock();
        if !pending.is_empty() {
            return pending.batch.ticket();
        }
        pending
            .writing
            .as_ref()
            .map_or_else(Ticket::durable, Batch::ticket)
    }

    fn queued(&self, pending: &Pending) -> Ticket {
        self.shared.work.notify_one();
        pending.batch.ticket()
    }
}

impl Drop for Journal {
    /// Writes what is pending, and ends.
    fn drop(&mut self) {
        self.shared.pending.lock().closing = true;
        self.shared.work.notify_one();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the journal's thread has panicked");
        }
    }
}

impl Pending {
    fn is_empty(&self) -> bool {
        self.dirty.is_empty() && self.apps.is_empty()
    }
}

impl Dirty {
    fn is_empty(&self) -> bool {
        self.accounts.is_empty() && self.friends.is_empty() && self.removed_apps.is_empty()
    }

    fn mark(&mut self, account: &AccountKey, parts: Parts) {
        if !parts.account && !parts.subscriptions {
            return;
        }
        let marked = self.accounts.entry_ref(account).or_default();
        marked.account |= parts.account;
        marked.subscriptions |= parts.subscriptions;
    }

    fn mark_friend(&mut self, account: &AccountKey, friend: &UserId) {
        // An account that has a friend has a row of its own.
        self.mark(
            account,
            Parts {
                account: true,
                subscriptions: false,
            },
        );
        self.friends.insert((account.clone(), friend.clone()));
    }

    /// Takes back what could not be written.
    fn mark_all(&mut self, failed: Self) {
        for (account, parts) in &failed.accounts {
            self.mark(account, *parts);
        }
        self.friends.extend(failed.friends);
        self.removed_apps.extend(failed.removed_apps);
        self.time = self.time.max(failed.time);
    }
}

/// What goes in one transaction.
struct Work {
    dirty: Dirty,
    apps: HashMap<AppId, Option<App>>,
    batch: Arc<Batch>,
}

struct Writer {
    shared: Arc<Shared>,
    accounts: Arc<Accounts>,
    disk: Disk,
}

impl Writer {
    fn run(mut self) {
        let mut failing = false;
        while let Some(work) = self.next() {
            let rows = self.rows(&work);
            // A panic in the database is a failed write: who waits must not wait for ever.
            let written =
                catch_unwind(AssertUnwindSafe(|| self.disk.write(&rows))).unwrap_or_else(|_| {
                    Err(redb::Error::Corrupted("the database panicked".to_owned()))
                });
            let result = match written {
                Ok(()) => {
                    if std::mem::take(&mut failing) {
                        tracing::info!(
                            "the journal is writing again; everything in memory is on disk"
                        );
                    }
                    Ok(())
                }
                Err(error) => {
                    failing = true;
                    tracing::error!(%error, accounts = work.dirty.accounts.len(), "THE JOURNAL CANNOT WRITE: nothing is acknowledged until it can; check the disk");
                    Err(NotDurable)
                }
            };
            if self.finish(work, result) {
                return;
            }
        }
    }

    /// Waits for work and takes it; `None` when there is none left and the journal is closing.
    fn next(&self) -> Option<Work> {
        let mut pending = self.shared.pending.lock();
        while pending.is_empty() {
            if pending.closing {
                return None;
            }
            self.shared.work.wait(&mut pending);
        }
        let batch = std::mem::take(&mut pending.batch);
        pending.writing = Some(Arc::clone(&batch));
        Some(Work {
            dirty: std::mem::take(&mut pending.dirty),
            apps: std::mem::take(&mut pending.apps),
            batch,
        })
    }

    /// Tells who waits. After a failure: puts what was not written back, and gives the disk a moment. Says whether to give up.
    fn finish(&self, work: Work, result: Result<(), NotDurable>) -> bool {
        let mut pending = self.shared.pending.lock();
        pending.writing = None;
        if result.is_err() {
            pending.dirty.mark_all(work.dirty);
        }
        work.batch.end(result);
        if result.is_ok() {
            return false;
        }
        let retry_at = std::time::Instant::now() + RETRY_AFTER;
        while !pending.closing {
            if self
                .shared
                .work
                .wait_until(&mut pending, retry_at)
                .timed_out()
            {
                return false;
            }
        }
        pending.batch.end(Err(NotDurable));
        true
    }

    /// What stands in memory now of everything that is dirty.
    fn rows(&self, work: &Work) -> Rows {
        let Work { dirty, apps, .. } = work;
        let mut rows = Rows {
            removed_apps: dirty.removed_apps.iter().copied().collect(),
            apps: apps
                .iter()
                .map(|(id, app)| (id.get(), app.as_ref().map(encode_app)))
                .collect(),
            time: dirty.time,
            ..Rows::default()
        };
        for (key, parts) in &dirty.accounts {
            let row = account_row(key);
            let (account, subscriptions) = self
                .accounts
                .read(key.app, &key.user, |account| {
                    (
                        parts.account.then(|| encode_account(account)),
                        parts
                            .subscriptions
                            .then(|| encode_subscriptions(account))
                            .flatten(),
                    )
                })
                .unwrap_or_default();
            if parts.subscriptions {
                rows.subscriptions.push((row.clone(), subscriptions));
            }
            if parts.account {
                rows.accounts.push((row, account));
            }
        }
        for (key, friend) in &dirty.friends {
            let value = self
                .accounts
                .read(key.app, &key.user, |account| {
                    account.friends.get(friend.as_str()).map(encode_friend)
                })
                .flatten();
            rows.friends.push((friend_row(key, friend), value));
        }
        // In the order of the tree: neighbours share pages.
        rows.accounts.sort_unstable();
        rows.subscriptions.sort_unstable();
        rows.friends.sort_unstable();
        rows
    }
}
