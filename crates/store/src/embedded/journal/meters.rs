//! What operators see of the journal.

use super::Journal;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use userstatus_meters::{Counter, Histogram, HistogramCount};

/// Bounds of what a transaction takes, in microseconds.
const COMMIT_BOUNDS: &[u64] = &[
    250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000,
    2_500_000, 5_000_000, 10_000_000,
];

/// What a journal says at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalCount {
    /// Transactions that are on disk, by how long they took, in microseconds.
    pub commits: HistogramCount,
    /// Transactions that the disk refused.
    pub commits_failed: u64,
    /// Rows in those that are on disk.
    pub rows_written: u64,
    /// The size of the data file after the last of them.
    pub file_bytes: u64,
    /// Accounts whose presence differs from what is on disk.
    pub accounts_unwritten: u64,
    /// For how long, at least, something has been waiting that is not on disk.
    pub lag: Duration,
}

pub(super) struct Meters {
    commits: Histogram,
    failed: Counter,
    rows: Counter,
    file_bytes: AtomicU64,
}

impl Default for Meters {
    fn default() -> Self {
        Self {
            commits: Histogram::new(COMMIT_BOUNDS),
            failed: Counter::default(),
            rows: Counter::default(),
            file_bytes: AtomicU64::new(0),
        }
    }
}

impl Meters {
    pub(super) fn committed(&self, rows: usize, took: Duration) {
        self.commits.add_time(took);
        self.rows.add(rows as u64);
    }

    pub(super) fn failed(&self) {
        self.failed.count();
    }

    /// Not while the disk hangs: whoever looks would, too.
    pub(super) fn look_at(&self, file: &Path) {
        // What is no file has no size.
        if let Ok(file) = std::fs::metadata(file) {
            self.file_bytes.store(file.len(), Ordering::Relaxed);
        }
    }
}

impl Journal {
    /// What it says now.
    pub(in crate::embedded) fn count(&self, accounts_unwritten: u64) -> JournalCount {
        let meters = &self.shared.meters;
        let presence_since = self.shared.pending.lock().presence_since;
        let presence_waits = presence_since.map(|since| since.elapsed());
        let disk_waits = self.shared.health.waits_for();
        JournalCount {
            commits: meters.commits.count(),
            commits_failed: meters.failed.total(),
            rows_written: meters.rows.total(),
            file_bytes: meters.file_bytes.load(Ordering::Relaxed),
            accounts_unwritten,
            lag: presence_waits.max(disk_waits).unwrap_or_default(),
        }
    }
}
