//! Keeps those who can cause a log line at will from filling the disk.

use std::sync::atomic::{AtomicU64, Ordering};
use userstatus_core::Timestamp;

/// Lines a [`LogGate`] lets through in a second.
const LINES_PER_S_MAX: u64 = 20;

/// Lets so many lines a second through.
#[derive(Debug, Default)]
pub struct LogGate {
    second: AtomicU64,
    lines: AtomicU64,
}

impl LogGate {
    /// Whether one more line may be written. Counts are approximate where threads meet.
    pub fn opens(&self, now: Timestamp) -> bool {
        if self.second.swap(now.as_s(), Ordering::Relaxed) != now.as_s() {
            self.lines.store(0, Ordering::Relaxed);
        }
        self.lines.fetch_add(1, Ordering::Relaxed) < LINES_PER_S_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_lets_20_lines_a_second_through() {
        let gate = LogGate::default();
        let at = |ms| Timestamp::from_ms(ms);
        let opened = (0..1_000).filter(|ms| gate.opens(at(5_000 + ms))).count();
        assert_eq!(opened, 20);
        assert!(gate.opens(at(6_000)));
    }
}
