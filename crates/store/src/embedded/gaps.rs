//! When the server did not run. How long that was only the system's clock says, and it may have stood wrong: a start a hundred days
//! ahead makes everybody look unseen for as long.

use super::rows::Rows;
use userstatus_core::Timestamp;

/// Shorter ones are not worth a row.
const GAP_MIN_MS: u64 = 60_000;

/// Gaps remembered; of more the shortest goes.
const GAPS_MAX: usize = 64;

/// A clock that says the server was away for longer deserves a look.
const DOUBTFUL_MS: u64 = 30 * DAY_MS;

const DAY_MS: u64 = 86_400_000;

/// By how much starts moved the server's clock forward, earliest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gaps(Vec<Gap>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Gap {
    /// The start that ended it.
    pub(super) end: Timestamp,
    pub(super) length_ms: u64,
    /// By how much the server's clock was ahead of the system's then.
    pub(super) ahead_ms: u64,
}

impl Gaps {
    pub(super) fn push(&mut self, gap: Gap) {
        self.0.push(gap);
    }

    /// The server starts, after this; `rows` gets what changed.
    pub(super) fn end(&mut self, gap: Gap, rows: &mut Rows) {
        if gap.length_ms >= DOUBTFUL_MS {
            tracing::warn!(
                days = gap.length_ms / DAY_MS,
                "by the system's clock the server was away for that many days; if that is wrong, set the clock right and restart"
            );
        }
        if gap.length_ms < GAP_MIN_MS {
            return;
        }
        self.push(gap);
        let kept = Some((gap.length_ms, gap.ahead_ms));
        rows.gaps.push((gap.end.as_ms(), kept));
        while self.0.len() > GAPS_MAX {
            let shortest = (0..self.0.len()).min_by_key(|place| self.0[*place].length_ms);
            let gone = self.0.remove(shortest.unwrap_or_default());
            rows.gaps.push((gone.end.as_ms(), None));
        }
    }

    /// For how long the server ran between two times of its clock. Whoever was not seen in that time could have been; no clock that
    /// stood wrong at a start adds to it.
    pub fn ran_ms(&self, since: Timestamp, until: Timestamp) -> u64 {
        let away_ms = self.0.iter().map(|gap| {
            let begin = Timestamp::from_ms(gap.end.as_ms().saturating_sub(gap.length_ms));
            gap.end.min(until).ms_since(begin.max(since))
        });
        until.ms_since(since).saturating_sub(away_ms.sum())
    }

    /// A time of the server's clock as the system's has it, than which the server's is `ahead_ms` ahead. So much of the gaps was
    /// not: of those that the system's clock has contradicted since, most likely of the longest.
    pub fn on_the_wall(&self, at: Timestamp, ahead_ms: u64) -> Timestamp {
        let mut longest_first: Vec<_> = self.0.iter().collect();
        longest_first.sort_by_key(|gap| std::cmp::Reverse((gap.length_ms, gap.end)));
        let (mut left_ms, mut later_ms) = (ahead_ms, 0);
        for gap in longest_first {
            let contradicted_ms = ahead_ms.saturating_sub(gap.ahead_ms);
            let false_ms = gap.length_ms.min(contradicted_ms).min(left_ms);
            left_ms -= false_ms;
            if gap.end > at {
                later_ms += false_ms;
            }
        }
        // What came before a gap is not put off by it.
        Timestamp::from_ms(at.as_ms().saturating_sub(ahead_ms - later_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_ms(1_800_000_000_000);

    fn gap(end: Timestamp, length_ms: u64, ahead_ms: u64) -> Gap {
        Gap {
            end,
            length_ms,
            ahead_ms,
        }
    }

    #[test]
    fn only_time_that_the_server_ran_counts() {
        let mut gaps = Gaps::default();
        let jumped = START.plus_ms(100 * DAY_MS);
        gaps.end(gap(jumped, 100 * DAY_MS - 5, 0), &mut Rows::default());
        let now = jumped.plus_ms(7);
        assert_eq!(gaps.ran_ms(START, now), 12);
        assert_eq!(gaps.ran_ms(jumped.plus_ms(2), now), 5);
        assert_eq!(gaps.ran_ms(now, START), 0);
    }

    #[test]
    fn a_jump_that_was_contradicted_puts_off_only_what_came_after_it() {
        let mut gaps = Gaps::default();
        let ahead_ms = 100 * DAY_MS;
        // A night away, the jump, and, after it was put right, two days away.
        let night = START.plus_ms(DAY_MS / 2);
        gaps.end(gap(night, DAY_MS / 3, 0), &mut Rows::default());
        let jumped = night.plus_ms(ahead_ms + 1_000);
        gaps.end(gap(jumped, ahead_ms, 0), &mut Rows::default());
        let back = jumped.plus_ms(2 * DAY_MS);
        gaps.end(gap(back, 2 * DAY_MS, ahead_ms), &mut Rows::default());
        for (at, wall) in [
            (START, START),
            (night, night),
            (jumped, night.plus_ms(1_000)),
            (back, night.plus_ms(2 * DAY_MS + 1_000)),
        ] {
            assert_eq!(gaps.on_the_wall(at, ahead_ms), wall);
        }
        // While the clock still stands ahead nothing contradicts it.
        assert_eq!(gaps.on_the_wall(START, 0), START);
        assert_eq!(gaps.on_the_wall(jumped, 0), jumped);
    }

    #[test]
    fn of_many_gaps_the_longest_are_remembered() {
        let (mut gaps, mut rows) = (Gaps::default(), Rows::default());
        for number in 1..=200 {
            let at = START.plus_ms(number * DAY_MS);
            gaps.end(gap(at, GAP_MIN_MS + number, 0), &mut rows);
            gaps.end(gap(at.plus_ms(1), GAP_MIN_MS - 1, 0), &mut rows);
        }
        assert_eq!(gaps.0.len(), GAPS_MAX);
        assert_eq!(gaps.0[0].length_ms, GAP_MIN_MS + 137);
        let gone = rows.gaps.iter().filter(|(_, gap)| gap.is_none());
        assert_eq!(gone.count(), 200 - GAPS_MAX);
    }
}
