//! Request quotas: a true sliding window (G3, W1).

use crate::Timestamp;
use alloc::collections::VecDeque;

/// The times of the last requests allowed. In any window of the length asked about there are at most as many as asked for:
/// unlike a token bucket or fixed windows, no burst at a boundary lets twice as many through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SlidingWindow {
    allowed_at: VecDeque<Timestamp>,
}

impl SlidingWindow {
    /// Whether one more request at `now` keeps within `max` in any `window_ms`. Does not count it: see [`Self::record`].
    ///
    /// Requests at `t` and `t + window_ms` are in different windows.
    pub fn allows(&self, max: u32, window_ms: u32, now: Timestamp) -> bool {
        let recent = self
            .allowed_at
            .iter()
            .filter(|at| now.ms_since(**at) < u64::from(window_ms))
            .count();
        recent < max as usize
    }

    /// Counts a request that was allowed, and forgets those that no window of `window_ms` from now on can hold.
    pub fn record(&mut self, window_ms: u32, now: Timestamp) {
        while let Some(oldest) = self.allowed_at.front() {
            if now.ms_since(*oldest) < u64::from(window_ms) {
                break;
            }
            self.allowed_at.pop_front();
        }
        self.allowed_at.push_back(now);
    }
}

/// An account's windows, counted apart (G3, W1, R1). Kept in memory only: a restart forgives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Quotas {
    /// Queries.
    pub query: SlidingWindow,
    /// Subscribe requests.
    pub subscribe: SlidingWindow,
    /// Unsubscribe requests.
    pub unsubscribe: SlidingWindow,
    /// Requests about friends and blocks.
    pub friends: SlidingWindow,
}
