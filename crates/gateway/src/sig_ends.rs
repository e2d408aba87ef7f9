//! When the UserSigs of sessions end, and what happens then (D3).

use crate::clock::Clock;
use crate::outbox::Outbox;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use userstatus_core::{SessionId, Timestamp};

/// The clock that UserSigs go by may be set: it is looked at this often.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// What is due for a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Its UserSig ends soon.
    Notice,
    /// It has ended.
    End,
    /// It has ended some time ago, and the app closes such sessions.
    Close,
}

/// A session whose stage is due.
#[derive(Debug)]
pub(crate) struct Due {
    pub(crate) outbox: Arc<Outbox>,
    pub(crate) stage: Stage,
    /// When its UserSig ends, or ended.
    pub(crate) expires_at: Timestamp,
}

/// One entry per session, by the clock that others stamp UserSigs with.
#[derive(Debug, Default)]
pub(crate) struct SigEnds {
    schedule: Mutex<Schedule>,
    earlier: Notify,
}

#[derive(Debug, Default)]
struct Schedule {
    due: BTreeMap<(Timestamp, SessionId), Due>,
}

impl SigEnds {
    /// What happens next to this session, in place of what was to happen before.
    pub(crate) fn schedule(&self, at: Timestamp, due: Due) {
        let is_next = self.schedule.lock().put(at, due);
        if is_next {
            self.earlier.notify_one();
        }
    }

    /// What comes after the stage that [`SigEnds::due`] handed out, unless the session has a new UserSig since, or is over.
    pub(crate) fn schedule_next_stage(&self, at: Timestamp, due: Due) {
        let mut schedule = self.schedule.lock();
        let is_next = schedule.has_handed_out(&due.outbox) && schedule.put(at, due);
        drop(schedule);
        if is_next {
            self.earlier.notify_one();
        }
    }

    /// The app's grace, or what it does at the end, has changed: a session whose UserSig has ended goes by it from now on (P2).
    pub(crate) fn go_by_grace(&self, outbox: &Arc<Outbox>, grace_ms: u64, now: Timestamp) {
        let mut schedule = self.schedule.lock();
        let Some(expires_at) = outbox.sig_expires_at() else {
            return;
        };
        if expires_at > now || schedule.is_before_close(outbox) {
            return;
        }
        let due = Due {
            outbox: Arc::clone(outbox),
            stage: Stage::Close,
            expires_at,
        };
        let is_next = schedule.put(expires_at.plus_ms(grace_ms).max(now), due);
        drop(schedule);
        if is_next {
            self.earlier.notify_one();
        }
    }

    /// The session is over.
    pub(crate) fn forget(&self, outbox: &Outbox) {
        let mut schedule = self.schedule.lock();
        schedule.remove(outbox);
        outbox.set_sig_expires_at(None);
    }

    /// Waits until something is due and takes it. One task at a time waits.
    pub(crate) async fn due(&self, clock: &Clock) -> Due {
        loop {
            let now = clock.wall();
            let next = self.schedule.lock().take_due(now);
            let wait = match next {
                Ok(due) => return due,
                Err(Some(at)) => Duration::from_millis(at.ms_since(now)).min(LOOK_EVERY),
                Err(None) => {
                    self.earlier.notified().await;
                    continue;
                }
            };
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.earlier.notified() => {}
            }
        }
    }
}

impl Schedule {
    /// Says whether it is the next of all.
    fn put(&mut self, at: Timestamp, due: Due) -> bool {
        self.remove(&due.outbox);
        let is_next = self
            .due
            .first_key_value()
            .is_none_or(|((next, _), _)| at < *next);
        due.outbox.set_sig_due_at(Some(at));
        due.outbox.set_sig_expires_at(Some(due.expires_at));
        self.due.insert((at, due.outbox.session()), due);
        is_next
    }

    /// Whether what was noted for the session was taken, and nothing has been noted since.
    fn has_handed_out(&self, outbox: &Outbox) -> bool {
        outbox
            .sig_due_at()
            .is_some_and(|at| !self.due.contains_key(&(at, outbox.session())))
    }

    /// Whether it is still to be told of the end.
    fn is_before_close(&self, outbox: &Outbox) -> bool {
        outbox
            .sig_due_at()
            .and_then(|at| self.due.get(&(at, outbox.session())))
            .is_some_and(|due| due.stage != Stage::Close)
    }

    fn remove(&mut self, outbox: &Outbox) {
        if let Some(at) = outbox.set_sig_due_at(None) {
            self.due.remove(&(at, outbox.session()));
        }
    }

    /// What is due, or when something will be.
    fn take_due(&mut self, now: Timestamp) -> Result<Due, Option<Timestamp>> {
        let Some((&(at, session), _)) = self.due.first_key_value() else {
            return Err(None);
        };
        if at > now {
            return Err(Some(at));
        }
        // It stays noted with the session: by that the next stage knows whether it still follows.
        self.due.remove(&(at, session)).ok_or(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::key;

    const START: Timestamp = Timestamp::from_ms(1_000_000);

    fn due(session: u64, stage: Stage) -> Due {
        Due {
            outbox: Arc::new(Outbox::new(key("a"), SessionId(session))),
            stage,
            expires_at: START,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn d3_each_session_is_due_once_at_its_latest_time() {
        let clock = Clock::starting_at(START);
        let ends = SigEnds::default();
        let first = due(1, Stage::Notice);
        let outbox = Arc::clone(&first.outbox);
        ends.schedule(START.plus_ms(50_000), first);
        ends.schedule(START.plus_ms(70_000), due(2, Stage::End));
        let renewed = Due {
            outbox: Arc::clone(&outbox),
            stage: Stage::Notice,
            expires_at: START,
        };
        ends.schedule(START.plus_ms(90_000), renewed);
        assert_eq!(ends.due(&clock).await.outbox.session(), SessionId(2));
        assert_eq!(clock.now(), START.plus_ms(70_000));
        assert_eq!(ends.due(&clock).await.outbox.session(), SessionId(1));
        assert_eq!(clock.now(), START.plus_ms(90_000));
        ends.forget(&outbox);
        assert!(ends.schedule.lock().due.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn d3_the_next_stage_of_an_old_usersig_does_not_take_the_place_of_a_new_one() {
        let clock = Clock::starting_at(START);
        let ends = SigEnds::default();
        let stage = |outbox: &Arc<Outbox>, stage| Due {
            outbox: Arc::clone(outbox),
            stage,
            expires_at: START,
        };
        for outcome in ["follows", "renewed", "over"] {
            let first = due(1, Stage::Notice);
            let outbox = Arc::clone(&first.outbox);
            ends.schedule(START, first);
            let handed_out = ends.due(&clock).await;
            match outcome {
                "renewed" => ends.schedule(START.plus_ms(90_000), stage(&outbox, Stage::Notice)),
                "over" => ends.forget(&outbox),
                _ => {}
            }
            ends.schedule_next_stage(START.plus_ms(10), stage(&handed_out.outbox, Stage::End));
            let schedule = ends.schedule.lock();
            let stands: Vec<_> = schedule.due.values().map(|due| due.stage).collect();
            drop(schedule);
            let expected: &[Stage] = match outcome {
                "follows" => &[Stage::End],
                "renewed" => &[Stage::Notice],
                _ => &[],
            };
            assert_eq!(stands, expected, "{outcome}");
            ends.forget(&outbox);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn d3_a_session_that_is_over_is_never_due() {
        let ends = SigEnds::default();
        let gone = due(1, Stage::Notice);
        let outbox = Arc::clone(&gone.outbox);
        ends.schedule(START.plus_ms(10), gone);
        ends.forget(&outbox);
        assert_eq!(Arc::strong_count(&outbox), 1, "nor is it kept");
    }
}
