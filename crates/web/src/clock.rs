//! The page's clock, as the session knows time.

use std::time::Duration;
use userstatus_client::Instant;

/// A page that is open for a century is none; more could not be added to every platform's time.
const NOW_MS_MAX: f64 = 100.0 * 366.0 * 86_400_000.0;

/// Turns milliseconds, counted from wherever the page begins to count, into instants. They never fall, whatever the page says.
#[derive(Debug)]
pub(crate) struct Clock {
    start: Instant,
    latest: Duration,
}

impl Clock {
    pub(crate) fn new() -> Self {
        #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
        let start = Instant::START;
        // Tests run where there is a clock; it is asked for a place to count from, and never again.
        #[cfg(not(all(target_arch = "wasm32", target_os = "unknown")))]
        let start = Instant::now();
        Self {
            start,
            latest: Duration::ZERO,
        }
    }

    pub(crate) fn at(&mut self, now_ms: f64) -> Instant {
        let now_s = now_ms.clamp(0.0, NOW_MS_MAX) / 1_000.0;
        // What is no number is no time either.
        let now = Duration::try_from_secs_f64(now_s).unwrap_or_default();
        self.latest = self.latest.max(now);
        self.start + self.latest
    }

    pub(crate) fn ms(&self, instant: Instant) -> f64 {
        instant.duration_since(self.start).as_secs_f64() * 1_000.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_handed_back_as_it_was_given() {
        let mut clock = Clock::new();
        let at = clock.at(1_234.5);
        assert!((clock.ms(at) - 1_234.5).abs() < 0.001);
        assert!((clock.ms(at + Duration::from_millis(500)) - 1_734.5).abs() < 0.001);
    }

    #[test]
    fn time_never_falls_and_is_never_absurd() {
        let mut clock = Clock::new();
        let at = clock.at(50.0);
        for absurd in [f64::NAN, f64::NEG_INFINITY, -1.0, 0.0, 49.0] {
            assert_eq!(clock.at(absurd), at, "{absurd}");
        }
        let last = clock.at(f64::INFINITY);
        assert!((clock.ms(last) - NOW_MS_MAX).abs() < 1.0);
        assert_eq!(clock.at(f64::MAX), last);
    }
}
