//! How many connections there are: counted where they come in, read by operators.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// Counts of connections.
#[derive(Debug)]
pub struct Census {
    connections: AtomicU32,
    connections_max: u32,
    accepted: AtomicU64,
    refused: AtomicU64,
}

/// What a [`Census`] says at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CensusCount {
    /// There now.
    pub connections: u32,
    /// May be.
    pub connections_max: u32,
    /// Let in since the start.
    pub accepted: u64,
    /// Turned away since the start, because there were too many.
    pub refused: u64,
}

impl Census {
    /// Nobody is there yet.
    pub const fn new(connections_max: u32) -> Self {
        Self {
            connections: AtomicU32::new(0),
            connections_max,
            accepted: AtomicU64::new(0),
            refused: AtomicU64::new(0),
        }
    }

    /// The counts.
    pub fn count(&self) -> CensusCount {
        CensusCount {
            connections: self.connections.load(Ordering::Acquire),
            connections_max: self.connections_max,
            accepted: self.accepted.load(Ordering::Relaxed),
            refused: self.refused.load(Ordering::Relaxed),
        }
    }

    /// Takes a place, if there is one.
    pub fn enter(&self) -> bool {
        let take = |count| (count < self.connections_max).then_some(count + 1);
        self.connections
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, take)
            .is_ok()
    }

    /// Gives a place back.
    pub fn leave(&self) {
        self.connections.fetch_sub(1, Ordering::AcqRel);
    }

    /// Counts a connection that was let in.
    pub fn count_accepted(&self) {
        self.accepted.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a connection that was turned away.
    pub fn count_refused(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }
}
