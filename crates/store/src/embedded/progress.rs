//! How far a start is.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoadPhase {
    /// The file is opened and checked.
    Checking,
    /// Accounts are read.
    Accounts,
    /// Subscription lists, blocks and revocations are read.
    Subscriptions,
    /// Friends are read.
    Friends,
    /// All is read.
    Loaded,
}

/// How far a start is: written by the thread that reads, read by any other.
#[derive(Debug, Default)]
pub struct LoadProgress {
    phase: AtomicU8,
    rows: AtomicU64,
}

const PHASES: [LoadPhase; 5] = [
    LoadPhase::Checking,
    LoadPhase::Accounts,
    LoadPhase::Subscriptions,
    LoadPhase::Friends,
    LoadPhase::Loaded,
];

impl LoadProgress {
    /// What is being done, and how many rows of it have been.
    pub fn now(&self) -> (LoadPhase, u64) {
        let phase = usize::from(self.phase.load(Ordering::Acquire));
        (PHASES[phase], self.rows.load(Ordering::Relaxed))
    }

    pub(super) fn enter(&self, phase: LoadPhase) {
        self.rows.store(0, Ordering::Relaxed);
        self.phase.store(phase as u8, Ordering::Release);
    }

    pub(super) fn count_row(&self) {
        self.rows.fetch_add(1, Ordering::Relaxed);
    }
}

impl LoadPhase {
    /// For people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Checking => "checking the file",
            Self::Accounts => "accounts",
            Self::Subscriptions => "subscription lists, blocks and revocations",
            Self::Friends => "friends",
            Self::Loaded => "done",
        }
    }
}
