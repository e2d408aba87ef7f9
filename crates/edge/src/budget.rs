//! How much work somebody may cause in a time.

use crate::price::Price;
use std::time::Duration;
use tokio::time::Instant;

/// Nobody waits longer than this for what others of his origin took, or for a frame of his own.
const DEBT_MAX: Duration = Duration::from_secs(2);

/// A stock of units that fills up again by itself. Whoever has used it up, and more, waits until something is left: what one
/// frame takes beyond the stock is a debt, so that no frame is too dear ever to be read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget {
    /// When the stock will be full if nothing more is taken from it.
    full_at: Instant,
}

/// How large a stock is, and how fast it fills.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Allowance {
    pub(crate) units_per_s: u32,
    /// How long an empty stock takes to fill.
    pub(crate) fills_in: Duration,
}

impl Budget {
    /// With a full stock.
    pub(crate) const fn full(now: Instant) -> Self {
        Self { full_at: now }
    }

    /// Takes what something costs.
    pub(crate) fn charge(&mut self, price: Price, allowance: Allowance, now: Instant) {
        let ns = u64::from(price.units()) * 1_000_000_000 / u64::from(allowance.units_per_s);
        let full_at = self.full_at.max(now) + Duration::from_nanos(ns);
        self.full_at = full_at.min(now + allowance.fills_in + DEBT_MAX);
    }

    /// When there will be something left, if nothing is now.
    pub(crate) fn spent_until(&self, allowance: Allowance, now: Instant) -> Option<Instant> {
        let empty_from = now + allowance.fills_in;
        (self.full_at > empty_from).then(|| now + (self.full_at - empty_from))
    }

    /// Whether it is as good as new.
    pub(crate) fn is_full(&self, now: Instant) -> bool {
        self.full_at <= now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALLOWANCE: Allowance = Allowance {
        units_per_s: 1_000,
        fills_in: Duration::from_secs(2),
    };

    #[tokio::test(start_paused = true)]
    async fn a_stock_is_used_up_goes_into_debt_once_and_fills_with_time() {
        let begin = Instant::now();
        let mut budget = Budget::full(begin);
        budget.charge(Price::new(2_000), ALLOWANCE, begin);
        assert_eq!(budget.spent_until(ALLOWANCE, begin), None, "exactly all");
        budget.charge(Price::new(1), ALLOWANCE, begin);
        let later = begin + Duration::from_millis(1);
        assert_eq!(budget.spent_until(ALLOWANCE, begin), Some(later));
        assert_eq!(budget.spent_until(ALLOWANCE, later), None);
        assert!(!budget.is_full(later));
        assert!(budget.is_full(begin + Duration::from_millis(2_001)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_debt_has_a_limit() {
        let begin = Instant::now();
        let mut budget = Budget::full(begin);
        for _ in 0..100 {
            budget.charge(Price::new(5_000), ALLOWANCE, begin);
        }
        let until = begin + Duration::from_secs(2);
        assert_eq!(budget.spent_until(ALLOWANCE, begin), Some(until));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_not_used_is_not_saved_beyond_the_stock() {
        let begin = Instant::now();
        let mut budget = Budget::full(begin);
        let much_later = begin + Duration::from_secs(3_600);
        budget.charge(Price::new(3_000), ALLOWANCE, much_later);
        let in_debt_until = much_later + Duration::from_secs(1);
        assert_eq!(
            budget.spent_until(ALLOWANCE, much_later),
            Some(in_debt_until)
        );
    }
}
