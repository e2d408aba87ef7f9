//! Status changes at a steady rate, however the answers come.

use crate::herd::Member;
use crate::stamp::{Clock, Stamp};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use userstatus_client::Request;

/// Changes of one user on the way at once. More are held back, and counted: an overloaded server must not be answered with a
/// queue without end.
const ON_THE_WAY_MAX: u32 = 32;
const TICK: Duration = Duration::from_millis(1);

/// A user who changes its status.
pub(crate) struct Publisher {
    member: Member,
    /// Its number in stamps.
    user: u32,
    /// How many are told of each change.
    audience: u64,
    sequence: AtomicU32,
    on_the_way: Arc<AtomicU32>,
}

/// What has been handed in since the beginning.
#[derive(Default)]
pub(crate) struct Offered {
    changes: AtomicU64,
    deliveries: AtomicU64,
    held_back: AtomicU64,
    failed: AtomicU64,
}

/// The same, at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct OfferedCount {
    pub(crate) changes: u64,
    /// Those told of the changes, added up.
    pub(crate) deliveries: u64,
    /// Changes not made since too many of the same user were on the way.
    pub(crate) held_back: u64,
    /// Changes answered with an error.
    pub(crate) failed: u64,
}

impl Publisher {
    pub(crate) fn new(member: Member, user: u32, audience: u64) -> Self {
        Self {
            member,
            user,
            audience,
            sequence: AtomicU32::new(0),
            on_the_way: Arc::default(),
        }
    }

    /// Its number and the last sequence it handed in; `None` if it never did.
    pub(crate) fn last(&self) -> Option<(u32, u32)> {
        let sequence = self.sequence.load(Ordering::Relaxed);
        (sequence > 0).then_some((self.user, sequence))
    }

    pub(crate) fn is_answered(&self) -> bool {
        self.on_the_way.load(Ordering::Acquire) == 0
    }

    fn publish(&self, clock: Clock, offered: &Arc<Offered>) {
        if self.on_the_way.load(Ordering::Acquire) >= ON_THE_WAY_MAX {
            offered.held_back.fetch_add(1, Ordering::Relaxed);
            return;
        }
        self.on_the_way.fetch_add(1, Ordering::AcqRel);
        offered.changes.fetch_add(1, Ordering::Relaxed);
        offered
            .deliveries
            .fetch_add(self.audience, Ordering::Relaxed);
        let sequence = self.sequence.fetch_add(1, Ordering::Relaxed) + 1;
        let (on_the_way, offered) = (Arc::clone(&self.on_the_way), Arc::clone(offered));
        let stamp = Stamp {
            user: self.user,
            sequence,
            at: clock.now(),
        };
        self.member
            .client
            .submit(Request::SetSelfStatus(stamp.write()), move |reply| {
                if reply.is_err() {
                    offered.failed.fetch_add(1, Ordering::Relaxed);
                }
                on_the_way.fetch_sub(1, Ordering::AcqRel);
            });
    }
}

impl Offered {
    pub(crate) fn count(&self) -> OfferedCount {
        OfferedCount {
            changes: self.changes.load(Ordering::Relaxed),
            deliveries: self.deliveries.load(Ordering::Relaxed),
            held_back: self.held_back.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
        }
    }
}

/// Hands in changes for a while, each user in turn. Blocks: it has a thread of its own, so that clients at their limit do not
/// slow it.
pub(crate) fn offer(
    publishers: &[Publisher],
    clock: Clock,
    changes_per_s: f64,
    duration: Duration,
    offered: &Arc<Offered>,
) {
    let begin = Instant::now();
    let mut turns = publishers.iter().cycle();
    let mut done = 0;
    loop {
        let elapsed = begin.elapsed().min(duration);
        let due = (elapsed.as_secs_f64() * changes_per_s) as u64;
        for publisher in turns.by_ref().take((due - done) as usize) {
            publisher.publish(clock, offered);
        }
        done = due;
        if elapsed == duration {
            return;
        }
        // Nobody unparks: it is the tick.
        std::thread::park_timeout(TICK);
    }
}
