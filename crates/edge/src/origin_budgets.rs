//! What the connections of one origin may cause before their login, all together.

use crate::budget::Budget;
use crate::price::{Price, STRANGERS_PER_ORIGIN};
use hashbrown::HashMap;
use parking_lot::Mutex;
use tokio::time::Instant;
use userstatus_gateway::Origin;

/// Origins remembered before those whose budget is full again are looked for and forgotten.
const ORIGINS_MIN: usize = 1_024;

/// One budget for each origin that has used any of its own lately.
#[derive(Debug, Default)]
pub(crate) struct OriginBudgets(Mutex<Budgets>);

#[derive(Debug, Default)]
struct Budgets {
    by_origin: HashMap<Origin, Budget>,
    /// The number of origins at which the table is looked through next.
    tidy_at: usize,
}

impl OriginBudgets {
    /// Takes what a frame costs, and says until when no more of this origin is to be read. This machine itself is not limited.
    pub(crate) fn charge(&self, origin: Origin, price: Price, now: Instant) -> Option<Instant> {
        if origin.is_loopback() {
            return None;
        }
        let mut budgets = self.0.lock();
        let budget = budgets
            .by_origin
            .entry(origin)
            .or_insert_with(|| Budget::full(now));
        budget.charge(price, STRANGERS_PER_ORIGIN, now);
        let spent_until = budget.spent_until(STRANGERS_PER_ORIGIN, now);
        budgets.tidy(now);
        spent_until
    }
}

impl Budgets {
    fn tidy(&mut self, now: Instant) {
        if self.by_origin.len() > self.tidy_at.max(ORIGINS_MIN) {
            self.by_origin.retain(|_, budget| !budget.is_full(now));
            // Twice what is left: each is looked at a constant number of times.
            self.tidy_at = self.by_origin.len() * 2;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;
    use std::time::Duration;

    fn origin(number: u32) -> Origin {
        Origin::of(Ipv4Addr::from_bits(0xC000_0200 + number).into())
    }

    #[tokio::test(start_paused = true)]
    async fn who_logs_in_too_often_waits_and_others_do_not() {
        let budgets = OriginBudgets::default();
        let now = Instant::now();
        let (login, greedy) = (Price::new(500), origin(1));
        let at_once = (0..100_000)
            .take_while(|_| budgets.charge(greedy, login, now).is_none())
            .count();
        assert_eq!(at_once, 4_000);
        assert_eq!(budgets.charge(origin(2), login, now), None);
        assert_eq!(
            budgets.charge(greedy, login, now + Duration::from_secs(1)),
            None
        );
        let here = Origin::of(Ipv4Addr::LOCALHOST.into());
        assert!((0..10_000).all(|_| budgets.charge(here, login, now).is_none()));
    }

    #[tokio::test(start_paused = true)]
    async fn origins_that_are_long_gone_are_forgotten() {
        let budgets = OriginBudgets::default();
        let mut now = Instant::now();
        for number in 0..100_000 {
            now += Duration::from_millis(1);
            budgets.charge(origin(number), Price::new(1_000), now);
        }
        assert!(budgets.0.lock().by_origin.len() <= ORIGINS_MIN + 1);
    }
}
