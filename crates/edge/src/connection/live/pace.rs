//! How fast a connection is read.

use crate::budget::Budget;
use crate::connection::intake::Frame;
use crate::price::{PER_CONNECTION, Price};
use std::time::Duration;
use tokio::time::Instant;

/// Frames handled in a row; then other connections get their turn.
const FRAMES_IN_A_ROW_MAX: u32 = 32;

const SECOND: Duration = Duration::from_secs(1);

/// Counts frames, and charges for them. Whoever spends more than there is gets read more slowly, and is told nothing of it.
pub(super) struct Pace {
    budget: Budget,
    frames_in_a_row: u32,
    /// 0: no such limit.
    frames_per_s_max: u32,
    frames_in_second: u32,
    second_began_at: Instant,
}

impl Pace {
    /// With what is left of the budget after the login.
    pub(super) const fn new(budget: Budget, frames_per_s_max: u32, now: Instant) -> Self {
        Self {
            budget,
            frames_in_a_row: 0,
            frames_per_s_max,
            frames_in_second: 0,
            second_began_at: now,
        }
    }

    /// A frame came.
    pub(super) fn came(&mut self, frame: &Frame, now: Instant) {
        let price = Price::of(&frame.message, frame.bytes);
        self.budget.charge(price, PER_CONNECTION, now);
        self.frames_in_a_row += 1;
        if now.duration_since(self.second_began_at) >= SECOND {
            self.second_began_at = now;
            self.frames_in_second = 0;
        }
        self.frames_in_second = self.frames_in_second.saturating_add(1);
    }

    /// No frame is there.
    pub(super) const fn nothing_came(&mut self) {
        self.frames_in_a_row = 0;
    }

    /// Whether so many came in a row that others are to have their turn.
    pub(super) const fn is_others_turn(&mut self) -> bool {
        let is_turn = self.frames_in_a_row >= FRAMES_IN_A_ROW_MAX;
        if is_turn {
            self.frames_in_a_row = 0;
        }
        is_turn
    }

    /// Until when no frame is read, if none is now.
    pub(super) fn waits_until(&self, now: Instant) -> Option<Instant> {
        let has_read_its_share = self.frames_per_s_max != 0
            && self.frames_in_second >= self.frames_per_s_max
            && now.duration_since(self.second_began_at) < SECOND;
        let second_ends_at = has_read_its_share.then(|| self.second_began_at + SECOND);
        second_ends_at.max(self.budget.spent_until(PER_CONNECTION, now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use userstatus_wire::v1;

    fn ping() -> Frame {
        Frame {
            message: v1::Ping { nonce: 1 }.into(),
            bytes: 4,
        }
    }

    fn pace(frames_per_s_max: u32) -> Pace {
        Pace::new(
            Budget::full(Instant::now()),
            frames_per_s_max,
            Instant::now(),
        )
    }

    #[tokio::test(start_paused = true)]
    async fn so_many_frames_are_read_in_a_second_and_then_the_next_begins() {
        let mut pace = pace(50);
        let begin = Instant::now();
        for _ in 0..50 {
            assert_eq!(pace.waits_until(begin), None);
            pace.came(&ping(), begin);
        }
        assert_eq!(pace.waits_until(begin), Some(begin + SECOND));
        assert_eq!(pace.waits_until(begin + SECOND), None);
    }

    #[tokio::test(start_paused = true)]
    async fn without_that_limit_work_has_one_all_the_same() {
        let mut pace = pace(0);
        let begin = Instant::now();
        let at_once = (0..10_000_000)
            .take_while(|_| {
                pace.came(&ping(), begin);
                pace.waits_until(begin).is_none()
            })
            .count();
        assert_eq!(at_once, 50_000);
        assert!(pace.waits_until(begin).unwrap() < begin + SECOND);
    }

    #[tokio::test(start_paused = true)]
    async fn others_have_their_turn_after_32_frames_in_a_row() {
        let mut pace = pace(0);
        let mut turns = Vec::new();
        for number in 1..=100 {
            pace.came(&ping(), Instant::now());
            if number == 40 {
                pace.nothing_came();
            }
            if pace.is_others_turn() {
                turns.push(number);
            }
        }
        assert_eq!(turns, [32, 72]);
    }
}
