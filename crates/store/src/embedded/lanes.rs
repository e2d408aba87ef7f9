//! Publishing commits in order, without holding up reads or other accounts.

use crate::{Commit, CommitSink};
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

/// An account's commits all go through one lane. A fan-out to many watchers holds up the commits of its lane: one account in so
/// many.
const LANES: usize = 1_024;

/// Commits on their way to the sink.
pub(super) struct Lanes(Box<[Lane]>);

/// A queue filled while the account is locked, and emptied, after that, by one thread at a time.
#[derive(Default)]
pub(super) struct Lane {
    queue: Mutex<Queue>,
    /// How many were published; held while publishing.
    published: Mutex<u64>,
}

#[derive(Default)]
struct Queue {
    commits: VecDeque<(Arc<Commit>, Instant)>,
    pushed: u64,
}

/// A commit's place in its lane.
#[derive(Clone, Copy)]
pub(super) struct Place(u64);

impl Lanes {
    pub(super) fn new() -> Self {
        Self((0..LANES).map(|_| Lane::default()).collect())
    }

    pub(super) fn of(&self, hash: u64) -> &Lane {
        &self.0[(hash >> 40) as usize % LANES]
    }
}

impl Lane {
    /// Queues a commit. To be called with the account locked: that makes the order.
    pub(super) fn push(&self, commit: Arc<Commit>) -> Place {
        let mut queue = self.queue.lock();
        queue.commits.push_back((commit, Instant::now()));
        queue.pushed += 1;
        Place(queue.pushed)
    }

    /// Returns when the commit at `place` has been published, by this thread or another. To be called with nothing locked.
    pub(super) fn publish(&self, place: Place, sink: &dyn CommitSink) {
        let mut published = self.published.lock();
        while *published < place.0 {
            let Some((commit, made_at)) = self.queue.lock().commits.pop_front() else {
                return;
            };
            *published += 1;
            sink.publish(&commit, made_at);
        }
    }
}
