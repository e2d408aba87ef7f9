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
        let session = due.outbox.session();
        let mut schedule = self.schedule.lock();
        schedule.remove(&due.outbox);
        let is_next = schedule
            .due
            .first_key_value()
            .is_none_or(|((next, _), _)| at < *next);
        due.outbox.set_sig_due_at(Some(at));
        schedule.due.insert((at, session), due);
        drop(schedule);
        if is_next {
            self.earlier.notify_one();
        }
    }

    /// The session is over.
    pub(crate) fn forget(&self, outbox: &Outbox) {
        self.schedule.lock().remove(outbox);
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
        let due = self.due.remove(&(at, session)).ok_or(None)?;
        due.outbox.set_sig_due_at(None);
        Ok(due)
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
    async fn d3_a_session_that_is_over_is_never_due() {
        let ends = SigEnds::default();
        let gone = due(1, Stage::Notice);
        let outbox = Arc::clone(&gone.outbox);
        ends.schedule(START.plus_ms(10), gone);
        ends.forget(&outbox);
        assert_eq!(Arc::strong_count(&outbox), 1, "nor is it kept");
    }
}
