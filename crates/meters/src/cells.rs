//! Cells, once for each of so many threads.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Threads that have cells of their own; more share them, which is as right and a little slower.
const SHARDS: usize = 16;

/// Cells that lie together in memory.
const LINE: usize = 8;

/// What one core writes no other has to fetch.
#[derive(Debug, Default)]
#[repr(align(64))]
struct Line([AtomicU64; LINE]);

/// Some cells, once for each shard.
#[derive(Debug)]
pub(crate) struct Cells {
    lines: Box<[Line]>,
    lines_per_shard: usize,
}

impl Cells {
    pub(crate) fn new(count: usize) -> Self {
        let lines_per_shard = count.div_ceil(LINE);
        Self {
            lines: (0..SHARDS * lines_per_shard)
                .map(|_| Line::default())
                .collect(),
            lines_per_shard,
        }
    }

    /// Adds to a cell of this thread.
    pub(crate) fn add(&self, cell: usize, count: u64) {
        self.of(shard(), cell).fetch_add(count, Ordering::Relaxed);
    }

    /// Adds to two of them.
    pub(crate) fn add_both(&self, [first, second]: [(usize, u64); 2]) {
        let shard = shard();
        for (cell, count) in [first, second] {
            self.of(shard, cell).fetch_add(count, Ordering::Relaxed);
        }
    }

    /// What all threads have added to a cell.
    pub(crate) fn sum(&self, cell: usize) -> u64 {
        (0..SHARDS)
            .map(|shard| self.of(shard, cell).load(Ordering::Relaxed))
            .fold(0, u64::wrapping_add)
    }

    fn of(&self, shard: usize, cell: usize) -> &AtomicU64 {
        &self.lines[shard * self.lines_per_shard + cell / LINE].0[cell % LINE]
    }
}

/// This thread's.
fn shard() -> usize {
    static THREADS: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static SHARD: usize = THREADS.fetch_add(1, Ordering::Relaxed) % SHARDS;
    }
    // A thread that ends still counts, in whichever cell.
    SHARD.try_with(|shard| *shard).unwrap_or_default()
}
