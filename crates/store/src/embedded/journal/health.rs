//! Whether the disk does what it is told.

use super::Shared;
use crate::StoreHealth;
use parking_lot::Mutex;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

/// A write that has not come back after this long has stalled.
const STALLED_AFTER: Duration = Duration::from_secs(2);

/// How often a write that is under way is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(500);

#[derive(Default)]
pub(super) struct Health(Mutex<State>);

#[derive(Default)]
struct State {
    writing_since: Option<Instant>,
    failing: Option<(Instant, String)>,
    is_stall_said: bool,
    /// The file is not at its path, or was cut off: since when, and what to do.
    missing: Option<(Instant, String)>,
}

impl Health {
    pub(super) fn writing(&self) {
        self.0.lock().writing_since = Some(Instant::now());
    }

    /// A write has come back. Says so in the log where that is news, once.
    pub(super) fn written(&self, result: Result<(), String>) {
        let mut state = self.0.lock();
        let took = state.writing_since.take().map(|since| since.elapsed());
        let was_stalled = std::mem::take(&mut state.is_stall_said);
        let was_failing = state.failing.take();
        state.failing = match (&result, was_failing.clone()) {
            (Ok(()), _) => None,
            (Err(reason), Some((since, _))) => Some((since, reason.clone())),
            (Err(reason), None) => Some((Instant::now(), reason.clone())),
        };
        drop(state);
        if was_stalled {
            let stalled_ms = took.map_or(0, whole_ms);
            tracing::info!(stalled_ms, "the disk answers again");
        }
        match (result, was_failing) {
            (Err(reason), None) => tracing::error!(
                reason,
                "THE JOURNAL CANNOT WRITE: friends, kicks and apps cannot be changed until it can, presence goes on in memory; check the disk"
            ),
            (Ok(()), Some((since, _))) => tracing::info!(
                failing_ms = whole_ms(since.elapsed()),
                "the journal is writing again; everything in memory is on disk"
            ),
            (Ok(()), None) | (Err(_), Some(_)) => {}
        }
    }

    pub(super) fn is_stalled(&self) -> bool {
        self.0.lock().stalled_for().is_some()
    }

    pub(super) fn now(&self) -> StoreHealth {
        let state = self.0.lock();
        match (
            state.stalled_for(),
            state.missing.as_ref().or(state.failing.as_ref()),
        ) {
            (Some(stalled), _) => StoreHealth::Stalled {
                for_ms: whole_ms(stalled),
            },
            (None, Some((since, reason))) => StoreHealth::Failing {
                for_ms: whole_ms(since.elapsed()),
                reason: reason.clone(),
            },
            (None, None) => StoreHealth::Well,
        }
    }

    /// Whether the file is at its path. Says so in the log where that is news.
    fn found(&self, checked: Result<(), String>) {
        let mut state = self.0.lock();
        match checked {
            Ok(()) => {
                if let Some((since, _)) = state.missing.take() {
                    drop(state);
                    let missing_ms = whole_ms(since.elapsed());
                    tracing::info!(missing_ms, "the data file is back in its place");
                }
            }
            Err(reason) if state.missing.is_none() => {
                state.missing = Some((Instant::now(), reason.clone()));
                drop(state);
                tracing::error!(
                    reason,
                    "THE DATA FILE IS GONE, OR NOT WHOLE: friends, kicks and apps cannot be changed while that is so, presence goes on in memory"
                );
            }
            Err(_) => {}
        }
    }

    /// For how long the write under way has lasted, or none has succeeded.
    pub(super) fn waits_for(&self) -> Option<Duration> {
        let state = self.0.lock();
        let failing_since = state.failing.as_ref().map(|(since, _)| *since);
        [state.writing_since, failing_since]
            .into_iter()
            .flatten()
            .map(|since| since.elapsed())
            .max()
    }

    fn is_writing(&self) -> bool {
        self.0.lock().writing_since.is_some()
    }

    /// Says once in the log that a write does not come back.
    fn look(&self) {
        let mut state = self.0.lock();
        let Some(stalled) = state.stalled_for() else {
            return;
        };
        if !std::mem::replace(&mut state.is_stall_said, true) {
            drop(state);
            tracing::error!(
                stalled_ms = whole_ms(stalled),
                "THE DISK DOES NOT ANSWER: friends, kicks and apps cannot be changed until it does, presence goes on in memory"
            );
        }
    }
}

impl State {
    fn stalled_for(&self) -> Option<Duration> {
        self.writing_since
            .map(|since| since.elapsed())
            .filter(|elapsed| *elapsed >= STALLED_AFTER)
    }
}

/// Looks now and then, for as long as there is a journal: the thread that writes cannot say that it hangs.
pub(super) fn watch(shared: &Arc<Shared>) -> std::io::Result<()> {
    let journal = Arc::downgrade(shared);
    std::thread::Builder::new()
        .name("journal-watch".to_owned())
        .spawn(move || watch_until_it_ends(&journal))?;
    Ok(())
}

fn watch_until_it_ends(journal: &Weak<Shared>) {
    while let Some(journal) = journal.upgrade() {
        journal.health.look();
        // While a write is under way the disk may hang, and with it whoever looks; the write itself looks, too.
        if let Some(place) = &journal.place
            && !journal.health.is_writing()
        {
            journal.health.found(place.check());
        }
        let mut pending = journal.pending.lock();
        if pending.has_ended {
            return;
        }
        journal.ended.wait_for(&mut pending, LOOK_EVERY);
    }
}

fn whole_ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
