//! How long to wait before the next attempt to connect.

use crate::Instant;
use std::time::Duration;

/// The first wait is up to this long: most losses are a switch between networks.
const FIRST_MS: u64 = 500;
/// No wait is longer.
const LONGEST_MS: u64 = 30_000;
/// No wait is shorter: a server that refuses at once must not be hammered.
const SHORTEST_MS: u64 = 50;

/// Who was logged in for this long begins anew with the first wait. A server that lets clients in and drops them at once is not
/// asked faster than one that does not let them in.
const STABLE_AFTER: Duration = Duration::from_secs(5);

/// Exponential backoff with full jitter: clients that lost the same server do not come back all at once.
#[derive(Debug)]
pub(super) struct Backoff {
    attempts: u32,
    state: u64,
    logged_in_at: Option<Instant>,
}

impl Backoff {
    pub(super) const fn new(seed: u64) -> Self {
        Self {
            attempts: 0,
            state: seed,
            logged_in_at: None,
        }
    }

    pub(super) const fn reset(&mut self) {
        self.attempts = 0;
        self.logged_in_at = None;
    }

    /// The server let this client in.
    pub(super) const fn succeeded(&mut self, now: Instant) {
        self.logged_in_at = Some(now);
    }

    /// The connection is gone.
    pub(super) fn lost(&mut self, now: Instant) {
        if let Some(at) = self.logged_in_at.take()
            && now.duration_since(at) >= STABLE_AFTER
        {
            self.reset();
        }
    }

    pub(super) fn next(&mut self) -> Duration {
        let longest = FIRST_MS
            .saturating_mul(1 << self.attempts.min(16))
            .min(LONGEST_MS);
        self.attempts = self.attempts.saturating_add(1);
        Duration::from_millis(SHORTEST_MS + self.random() % (longest - SHORTEST_MS + 1))
    }

    /// SplitMix64 (Steele, Lea and Flood, 2014): spread is all that jitter needs.
    fn random(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_the_longest_and_start_anew_after_a_reset() {
        let mut backoff = Backoff::new(7);
        for attempt in 0..40 {
            let longest = (FIRST_MS << attempt.min(16)).min(LONGEST_MS);
            let wait = backoff.next().as_millis() as u64;
            assert!(
                (SHORTEST_MS..=longest).contains(&wait),
                "attempt {attempt}: {wait}"
            );
        }
        backoff.reset();
        assert!(backoff.next().as_millis() as u64 <= FIRST_MS);
    }

    #[test]
    fn two_clients_do_not_wait_alike() {
        let waits = |seed| {
            let mut backoff = Backoff::new(seed);
            (0..8).map(|_| backoff.next()).collect::<Vec<_>>()
        };
        assert_ne!(waits(1), waits(2));
    }
}
