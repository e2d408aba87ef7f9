//! The thread that writes. Records are written at once, all that wait in one transaction; presence is written behind, in the next
//! transaction or some hundred milliseconds later.

mod health;
mod meters;
mod writer;

use super::accounts::Accounts;
use super::disk::Disk;
use super::place::Place;
use super::record::encode_app;
use super::rows::Rows;
use crate::apps::App;
use crate::ticket::Batch;
use crate::{AccountKey, NotDurable, RECORD_TIMEOUT, StoreHealth, Ticket};
use hashbrown::{HashMap, HashSet};
use health::Health;
pub use meters::JournalCount;
use meters::Meters;
use parking_lot::{Condvar, Mutex};
use redb::ReadTransaction;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;
use userstatus_core::{AppId, Timestamp, UserId};
use writer::{Ending, Writer};

/// How long presence may wait for its transaction: what comes together in that time is written once.
const PRESENCE_DELAY: Duration = Duration::from_millis(200);

/// How long after a failed write the next is tried.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// At the end of the store the last write may take this long.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// The writer, and what it has still to write.
pub(super) struct Journal {
    shared: Arc<Shared>,
    writer: JoinHandle<()>,
}

struct Shared {
    pending: Mutex<Pending>,
    work: Condvar,
    /// The writer has ended.
    ended: Condvar,
    /// Some account has parts that are not on disk. Looked at without a lock: it is true nearly always when there is traffic.
    has_presence: AtomicBool,
    /// The latest time of a commit, in milliseconds.
    commit_ms: AtomicU64,
    health: Health,
    meters: Meters,
    /// Where the file has to be, if it is one.
    place: Option<Arc<Place>>,
}

#[derive(Default)]
struct Pending {
    records: Rows,
    /// Apps to be written, or to be removed.
    apps: HashMap<AppId, Option<App>>,
    /// Rows that may be otherwise on disk than what stands in memory.
    repairs: HashSet<Repair>,
    presence_since: Option<Instant>,
    is_flush_wanted: bool,
    /// Completes when all of the above is on disk.
    batch: Arc<Batch>,
    /// Who wants to see all that stands once it is on disk.
    snapshots: Vec<oneshot::Sender<Snapshot>>,
    /// The batch being written.
    writing: Option<Arc<Batch>>,
    is_closing: bool,
    has_ended: bool,
}

/// What stood on disk at one moment.
pub(super) type Snapshot = Result<ReadTransaction, redb::Error>;

/// A row that a record which was given up may have changed: it is written again as it stands in memory.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Repair {
    Friend(AccountKey, UserId),
    Block(AccountKey, UserId),
    Revocation(AccountKey),
    Account(AccountKey),
    Subscriptions(AccountKey),
}

/// A record on its way. One that is dropped before its end is repaired: what stands in memory is what stands on disk at last.
pub(super) struct Attempt<'a> {
    journal: &'a Journal,
    repairs: Vec<Repair>,
}

impl Journal {
    pub(super) fn start(disk: Disk, accounts: Arc<Accounts>) -> std::io::Result<Self> {
        let shared = Arc::new(Shared {
            pending: Mutex::default(),
            work: Condvar::new(),
            ended: Condvar::new(),
            has_presence: AtomicBool::new(false),
            commit_ms: AtomicU64::new(0),
            health: Health::default(),
            meters: Meters::default(),
            place: disk.place(),
        });
        shared.meters.look_at(disk.path());
        let writer = Writer::new(Arc::clone(&shared), accounts, disk);
        let ending = Ending(Arc::clone(&shared));
        let writer = std::thread::Builder::new()
            .name("journal".to_owned())
            .spawn(move || {
                // Dropped last: the file is closed when others hear of the end.
                let _ending = ending;
                writer.run();
            })?;
        health::watch(&shared)?;
        Ok(Self { shared, writer })
    }

    /// Where the file is, if it is one.
    pub(super) fn data_dir(&self) -> Option<PathBuf> {
        let place = self.shared.place.as_ref()?;
        place.path().parent().map(Path::to_owned)
    }

    /// A commit was made at `now`.
    pub(super) fn committed(&self, now: Timestamp) {
        self.shared
            .commit_ms
            .fetch_max(now.as_ms(), Ordering::Relaxed);
    }

    /// Accounts have parts that are not on disk. To be called after they were marked.
    pub(super) fn presence_changed(&self) {
        if self.shared.has_presence.swap(true, Ordering::AcqRel) {
            return;
        }
        let mut pending = self.shared.pending.lock();
        pending.presence_since.get_or_insert_with(Instant::now);
        drop(pending);
        self.shared.work.notify_one();
    }

    /// Writes a record and waits until it is on disk. `repairs` names its rows; the attempt is to be ended with
    /// [`Attempt::succeeded`] when the record has taken effect.
    pub(super) async fn write(
        &self,
        rows: Rows,
        repairs: Vec<Repair>,
    ) -> Result<Attempt<'_>, NotDurable> {
        // Who asks while the disk hangs hears it now, and not after the time-out.
        if self.shared.health.is_stalled() {
            return Err(NotDurable::Stalled);
        }
        let attempt = Attempt {
            journal: self,
            repairs,
        };
        let ticket = {
            let mut pending = self.shared.pending.lock();
            pending.records.append(rows);
            pending.batch.ticket()
        };
        self.shared.work.notify_one();
        ticket.wait_within(RECORD_TIMEOUT).await?;
        Ok(attempt)
    }

    /// Writes rows that nobody waits for; should the disk refuse them, they are lost.
    pub(super) fn write_behind(&self, rows: Rows) {
        self.shared.pending.lock().records.append(rows);
        self.shared.work.notify_one();
    }

    /// Writes rows again as they stand in memory.
    pub(super) fn repair(&self, repairs: Vec<Repair>) {
        self.shared.pending.lock().repairs.extend(repairs);
        self.shared.work.notify_one();
    }

    pub(super) fn put_app(&self, app: &App) -> Ticket {
        self.queue_app(app.id, Some(app.clone()))
    }

    pub(super) fn remove_app(&self, app: AppId) -> Ticket {
        self.queue_app(app, None)
    }

    fn queue_app(&self, id: AppId, app: Option<App>) -> Ticket {
        let mut pending = self.shared.pending.lock();
        pending.apps.insert(id, app);
        let ticket = pending.batch.ticket();
        drop(pending);
        self.shared.work.notify_one();
        ticket
    }

    /// All that has been committed so far, as it stands on disk.
    pub(super) fn snapshot(&self) -> oneshot::Receiver<Snapshot> {
        let (wanted, snapshot) = oneshot::channel();
        self.shared.pending.lock().snapshots.push(wanted);
        self.shared.work.notify_one();
        snapshot
    }

    /// A ticket for everything so far.
    pub(super) fn everything(&self) -> Ticket {
        let mut pending = self.shared.pending.lock();
        if pending.is_empty() && !self.shared.has_presence.load(Ordering::Acquire) {
            return pending
                .writing
                .as_ref()
                .map_or_else(Ticket::durable, Batch::ticket);
        }
        pending.is_flush_wanted = true;
        let ticket = pending.batch.ticket();
        drop(pending);
        self.shared.work.notify_one();
        ticket
    }

    pub(super) fn health(&self) -> StoreHealth {
        self.shared.health.now()
    }
}

impl Drop for Journal {
    /// Writes what is pending, and ends; a disk that hangs is not waited for.
    fn drop(&mut self) {
        let mut pending = self.shared.pending.lock();
        pending.is_closing = true;
        self.shared.work.notify_one();
        let deadline = Instant::now() + CLOSE_TIMEOUT;
        while !pending.has_ended && !self.writer.is_finished() {
            if self
                .shared
                .ended
                .wait_until(&mut pending, deadline)
                .timed_out()
            {
                tracing::error!("the disk does not answer: what was changed last is not on it");
                return;
            }
        }
    }
}

impl Attempt<'_> {
    /// The record has taken effect: memory and disk say the same.
    pub(super) fn succeeded(mut self) {
        self.repairs = Vec::new();
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if self.repairs.is_empty() {
            return;
        }
        let repairs = std::mem::take(&mut self.repairs);
        let mut pending = self.journal.shared.pending.lock();
        // Rows of these keys that wait are its own: whoever makes a record holds its accounts until then.
        pending.records.remove(&repairs);
        pending.repairs.extend(repairs);
        drop(pending);
        self.journal.shared.work.notify_one();
    }
}

impl Pending {
    fn is_empty(&self) -> bool {
        self.records.is_empty()
            && self.apps.is_empty()
            && self.repairs.is_empty()
            && self.snapshots.is_empty()
    }

    fn encoded_apps(&self) -> Vec<(u64, Option<Vec<u8>>)> {
        self.apps
            .iter()
            .map(|(id, app)| (id.get(), app.as_ref().map(encode_app)))
            .collect()
    }
}
