//! Keeps those who can cause a log line at will from filling the disk.

use parking_lot::Mutex;
use std::sync::Arc;
use tokio::runtime::Handle;
use tokio::time::{Duration, sleep};
use userstatus_core::Timestamp;

/// Lines a [`LogGate`] lets through in a second.
const LINES_PER_S_MAX: u64 = 20;

/// How long after the first line that was suppressed it is said how many were.
const REPORT_AFTER: Duration = Duration::from_secs(1);

/// Lets so many lines a second through. What it holds back is counted, and a line says so, a second later at the latest.
#[derive(Debug)]
pub struct LogGate {
    /// What the lines are about.
    about: &'static str,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    second: u64,
    lines: u64,
    suppressed: u64,
    is_report_due: bool,
}

impl LogGate {
    /// A gate for lines about one thing.
    pub fn new(about: &'static str) -> Self {
        Self {
            about,
            state: Arc::default(),
        }
    }

    /// Whether one more line may be written. Inside a runtime the gate itself says later how many were not.
    pub fn opens(&self, now: Timestamp) -> bool {
        let mut state = self.state.lock();
        if state.second != now.as_s() {
            state.second = now.as_s();
            state.lines = 0;
        }
        state.lines += 1;
        if state.lines <= LINES_PER_S_MAX {
            return true;
        }
        state.suppressed += 1;
        if !state.is_report_due
            && let Ok(runtime) = Handle::try_current()
        {
            state.is_report_due = true;
            let (about, state) = (self.about, Arc::clone(&self.state));
            runtime.spawn(async move {
                sleep(REPORT_AFTER).await;
                report(about, take_suppressed(&state));
            });
        }
        false
    }
}

fn take_suppressed(state: &Mutex<State>) -> u64 {
    let mut state = state.lock();
    state.is_report_due = false;
    std::mem::take(&mut state.suppressed)
}

fn report(about: &str, suppressed: u64) {
    tracing::warn!(
        about,
        suppressed,
        "{suppressed} more such lines were suppressed"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Timestamp {
        Timestamp::from_ms(ms)
    }

    #[test]
    fn it_lets_20_lines_a_second_through() {
        let gate = LogGate::new("tests");
        let opened = (0..1_000).filter(|ms| gate.opens(at(5_000 + ms))).count();
        assert_eq!(opened, 20);
        assert!(gate.opens(at(6_000)));
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_suppressed_is_counted_and_said_once() {
        let gate = LogGate::new("tests");
        for ms in 0..100 {
            gate.opens(at(5_000 + ms));
        }
        assert_eq!(gate.state.lock().suppressed, 80);
        assert!(gate.state.lock().is_report_due);
        sleep(REPORT_AFTER * 2).await;
        let state = gate.state.lock();
        assert_eq!((state.suppressed, state.is_report_due), (0, false));
    }
}
