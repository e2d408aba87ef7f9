//! Latencies, recorded from many threads.

use hdrhistogram::Histogram;
use serde::Serialize;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// So many that two threads rarely meet at one.
const SHARDS: usize = 64;
const US_MAX: u64 = 120_000_000;

/// A histogram of microseconds.
pub(crate) struct Latencies(Vec<Mutex<Histogram<u64>>>);

/// What is said of a histogram.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Percentiles {
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) p99_9_ms: f64,
    pub(crate) max_ms: f64,
}

fn empty() -> Histogram<u64> {
    Histogram::new_with_bounds(1, US_MAX, 3).expect("the bounds are constants and in order")
}

impl Latencies {
    pub(crate) fn new() -> Self {
        Self((0..SHARDS).map(|_| Mutex::new(empty())).collect())
    }

    /// `recorder` tells those who record apart.
    pub(crate) fn record(&self, recorder: usize, latency: Duration) {
        let us = u64::try_from(latency.as_micros()).unwrap_or(US_MAX);
        self.0[recorder % SHARDS]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .saturating_record(us.max(1));
    }

    /// What was recorded since the last time.
    pub(crate) fn take(&self) -> Histogram<u64> {
        let mut all = empty();
        for shard in &self.0 {
            let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            all.add(&*shard).expect("all have the same bounds");
            shard.reset();
        }
        all
    }
}

impl Percentiles {
    pub(crate) fn of(histogram: &Histogram<u64>) -> Self {
        let ms = |us: u64| us as f64 / 1_000.0;
        Self {
            p50_ms: ms(histogram.value_at_quantile(0.5)),
            p99_ms: ms(histogram.value_at_quantile(0.99)),
            p99_9_ms: ms(histogram.value_at_quantile(0.999)),
            max_ms: ms(histogram.max()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_those_of_all_recorders_and_taken_once() {
        let latencies = Latencies::new();
        for ms in 1..=1_000 {
            latencies.record(ms as usize, Duration::from_millis(ms));
        }
        let percentiles = Percentiles::of(&latencies.take());
        assert!((percentiles.p50_ms - 500.0).abs() < 5.0, "{percentiles:?}");
        assert!((percentiles.p99_ms - 990.0).abs() < 5.0, "{percentiles:?}");
        assert!(
            (percentiles.max_ms - 1_000.0).abs() < 5.0,
            "{percentiles:?}"
        );
        assert_eq!(latencies.take().len(), 0);
    }
}
