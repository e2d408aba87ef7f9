//! What is checked and counted of the statuses a client is told.

use crate::latency::Latencies;
use crate::stamp::{Clock, Stamp};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use userstatus_client::{Event, UserStatus};

/// What all watchers of a run count together.
pub(crate) struct Tally {
    clock: Clock,
    latencies: Latencies,
    is_recording: AtomicBool,
    delivered: AtomicU64,
    out_of_order: AtomicU64,
}

/// One client that is told of others.
#[derive(Clone)]
pub(crate) struct Watcher {
    index: u32,
    tally: Arc<Tally>,
    /// Of each user the newest status seen, by its sequence.
    newest: Arc<Mutex<HashMap<u32, u32>>>,
}

impl Tally {
    pub(crate) fn new(clock: Clock) -> Arc<Self> {
        Arc::new(Self {
            clock,
            latencies: Latencies::new(),
            is_recording: AtomicBool::new(false),
            delivered: AtomicU64::new(0),
            out_of_order: AtomicU64::new(0),
        })
    }

    /// Latencies are recorded from now on, or no more. Deliveries are counted all the time.
    pub(crate) fn record(&self, is_recording: bool) {
        self.is_recording.store(is_recording, Ordering::Relaxed);
    }

    pub(crate) const fn latencies(&self) -> &Latencies {
        &self.latencies
    }

    /// Statuses of others seen so far.
    pub(crate) fn delivered(&self) -> u64 {
        self.delivered.load(Ordering::Relaxed)
    }

    /// Statuses that came after a newer one of the same user (N6): none.
    pub(crate) fn out_of_order(&self) -> u64 {
        self.out_of_order.load(Ordering::Relaxed)
    }
}

impl Watcher {
    /// `index` is its own number in stamps: what it says itself is not counted.
    pub(crate) fn new(index: u32, tally: &Arc<Tally>) -> Self {
        Self {
            index,
            tally: Arc::clone(tally),
            newest: Arc::default(),
        }
    }

    pub(crate) fn on_event(&self, event: &Event) {
        if let Event::StatusChanged(statuses) = event {
            self.told(statuses);
        }
    }

    fn told(&self, statuses: &[UserStatus]) {
        let now = self.tally.clock.now();
        let is_recording = self.tally.is_recording.load(Ordering::Relaxed);
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        let mut delivered = 0;
        for status in statuses {
            let Some(stamp) = Stamp::read(&status.custom_status) else {
                continue;
            };
            if stamp.user == self.index {
                continue;
            }
            delivered += 1;
            let before = newest.insert(stamp.user, stamp.sequence);
            if before.is_some_and(|before| before >= stamp.sequence) {
                self.tally.out_of_order.fetch_add(1, Ordering::Relaxed);
            }
            if is_recording {
                let latency = now.saturating_sub(stamp.at);
                self.tally.latencies.record(self.index as usize, latency);
            }
        }
        self.tally.delivered.fetch_add(delivered, Ordering::Relaxed);
    }

    /// Of these users and their last sequences, how many it has not seen the last of.
    pub(crate) fn behind(&self, last: impl Iterator<Item = (u32, u32)>) -> usize {
        let newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        last.filter(|(user, sequence)| newest.get(user) != Some(sequence))
            .count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use userstatus_core::NormalStatus;

    fn told(user: u32, sequence: u32) -> Event {
        let stamp = Stamp {
            user,
            sequence,
            at: Duration::ZERO,
        };
        Event::StatusChanged(vec![UserStatus {
            user_id: user.to_string(),
            version: 1,
            normal: NormalStatus::Online,
            custom_status: stamp.write(),
            platforms: Vec::new(),
        }])
    }

    #[test]
    fn what_comes_late_or_not_at_all_is_noticed() {
        let tally = Tally::new(Clock::start());
        let watcher = Watcher::new(0, &tally);
        watcher.on_event(&told(1, 1));
        watcher.on_event(&told(1, 3));
        assert_eq!((tally.delivered(), tally.out_of_order()), (2, 0));
        assert_eq!(watcher.behind([(1, 3)].into_iter()), 0);
        assert_eq!(watcher.behind([(1, 4), (2, 1)].into_iter()), 2);
        watcher.on_event(&told(1, 2));
        watcher.on_event(&told(1, 2));
        assert_eq!((tally.delivered(), tally.out_of_order()), (4, 2));
    }

    #[test]
    fn ones_own_status_is_no_delivery() {
        let tally = Tally::new(Clock::start());
        Watcher::new(5, &tally).on_event(&told(5, 1));
        assert_eq!(tally.delivered(), 0);
    }
}
