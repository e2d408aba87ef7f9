//! How often something may happen: bursts at once, then evenly.

use crate::Timestamp;

/// When one more may happen. One number of memory, unlike a window of times: every account has some.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pace {
    /// When the next would be due if all came evenly.
    due_at: Timestamp,
}

/// What a [`Pace`] goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaceLimit {
    interval_ms: u64,
    /// How far ahead of an even pace one may be.
    allowance_ms: u64,
}

impl PaceLimit {
    /// No window of this length holds more than `count`: a quarter of them may come in one burst, the rest evenly.
    pub const fn strict(count: u32, window_ms: u32) -> Self {
        let burst = count / 4;
        let evenly = count - burst;
        let interval_ms = (window_ms as u64).div_ceil(if evenly == 0 { 1 } else { evenly as u64 });
        Self {
            interval_ms,
            allowance_ms: burst as u64 * interval_ms,
        }
    }

    /// `count` in a window of this length in the long run, and `burst` at once.
    pub const fn bursting(count: u32, window_ms: u32, burst: u32) -> Self {
        let interval_ms = (window_ms as u64).div_ceil(if count == 0 { 1 } else { count as u64 });
        Self {
            interval_ms,
            allowance_ms: burst.saturating_sub(1) as u64 * interval_ms,
        }
    }
}

impl Pace {
    /// When one more may happen at the earliest.
    pub const fn ready_at(self, limit: PaceLimit) -> Timestamp {
        Timestamp::from_ms(self.due_at.as_ms().saturating_sub(limit.allowance_ms))
    }

    /// One happened at `now`.
    #[must_use]
    pub const fn after_one(self, limit: PaceLimit, now: Timestamp) -> Self {
        let from = if self.due_at.as_ms() > now.as_ms() {
            self.due_at
        } else {
            now
        };
        Self {
            due_at: from.plus_ms(limit.interval_ms),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    fn times(limit: PaceLimit, asked_every_ms: u64, until_ms: u64) -> Vec<u64> {
        let mut pace = Pace::default();
        let mut allowed = Vec::new();
        let mut at = 1_000_000;
        while at < 1_000_000 + until_ms {
            let now = Timestamp::from_ms(at);
            if pace.ready_at(limit) <= now {
                pace = pace.after_one(limit, now);
                allowed.push(at);
            }
            at += asked_every_ms;
        }
        allowed
    }

    #[test]
    fn n6_no_second_holds_more_than_its_share_and_none_is_wasted_for_long() {
        for per_second in [1, 2, 3, 4, 7, 20, 999] {
            let allowed = times(PaceLimit::strict(per_second, 1_000), 1, 5_000);
            for from in &allowed {
                let in_second = allowed
                    .iter()
                    .filter(|at| (*from..from + 1_000).contains(*at))
                    .count();
                assert!(
                    in_second <= per_second as usize,
                    "{in_second} of {per_second}"
                );
            }
            assert!(
                allowed.len() as u32 >= 5 * per_second / 2,
                "{} in 5 s at {per_second} a second",
                allowed.len()
            );
        }
    }

    #[test]
    fn n6_what_comes_alone_comes_at_once() {
        let limit = PaceLimit::strict(20, 1_000);
        assert_eq!(times(limit, 100, 2_000).len(), 20, "ten a second: each");
        assert_eq!(times(limit, 1, 6).len(), 6, "and a few together");
    }

    #[test]
    fn a_burst_comes_at_once_and_then_the_long_run_counts() {
        let limit = PaceLimit::bursting(20, 5_000, 20);
        assert_eq!(times(limit, 1, 100).len(), 20);
        let in_a_minute = times(limit, 1, 60_000).len();
        assert!((259..=260).contains(&in_a_minute), "{in_a_minute}");
    }
}
