//! The server's one clock.

use std::time::{SystemTime, UNIX_EPOCH};
use tokio::time::{Duration, Instant};
use userstatus_core::Timestamp;

/// Wall-clock time that never steps back: the system's at the start, then what the monotonic clock adds. It follows tokio's
/// clock, so a test can pause it.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    started_at: Timestamp,
    origin: Instant,
    /// By how much it was moved forward.
    ahead_ms: u64,
    follows_system: bool,
}

impl Clock {
    /// Starts at the system's time.
    pub fn system() -> Self {
        Self {
            follows_system: true,
            ..Self::starting_at(Timestamp::from_ms(system_ms()))
        }
    }

    /// Starts at a given time.
    pub fn starting_at(started_at: Timestamp) -> Self {
        Self {
            started_at,
            origin: Instant::now(),
            ahead_ms: 0,
            follows_system: false,
        }
    }

    /// The same clock, moved forward if it stands before `floor`: versions handed out before a restart stay below those
    /// handed out after it, even if the system's clock was set back in between.
    #[must_use]
    pub fn not_before(self, floor: Timestamp) -> Self {
        let behind_ms = floor.ms_since(self.now());
        Self {
            started_at: self.started_at.plus_ms(behind_ms),
            ahead_ms: self.ahead_ms + behind_ms,
            ..self
        }
    }

    /// What others take the time to be: the system's clock as it stands now, set or slept over as it may have been. For what was
    /// stamped elsewhere, as UserSigs are; nothing of ours is ordered by it.
    pub fn wall(&self) -> Timestamp {
        if self.follows_system {
            Timestamp::from_ms(system_ms())
        } else {
            self.wall_unless_set()
        }
    }

    /// What the system's clock would show now if nobody had set it since the start.
    pub fn wall_unless_set(&self) -> Timestamp {
        Timestamp::from_ms(self.now().as_ms().saturating_sub(self.ahead_ms))
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        self.started_at.plus_ms(whole_ms(self.origin.elapsed()))
    }

    /// When, on tokio's clock, this one shows `at`.
    pub(crate) fn instant_of(&self, at: Timestamp) -> Instant {
        self.origin + Duration::from_millis(at.ms_since(self.started_at))
    }
}

fn system_ms() -> u64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
    whole_ms(since_epoch.unwrap_or_default())
}

fn whole_ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_follows_tokios_clock() {
        let clock = Clock::starting_at(Timestamp::from_ms(5_000));
        tokio::time::advance(Duration::from_millis(1_500)).await;
        assert_eq!(clock.now(), Timestamp::from_ms(6_500));
        let due = clock.instant_of(Timestamp::from_ms(7_000));
        tokio::time::sleep_until(due).await;
        assert_eq!(clock.now(), Timestamp::from_ms(7_000));
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_moved_forward_only() {
        let clock = Clock::starting_at(Timestamp::from_ms(5_000));
        assert_eq!(
            clock.not_before(Timestamp::from_ms(9_000)).now(),
            Timestamp::from_ms(9_000)
        );
        assert_eq!(
            clock.not_before(Timestamp::from_ms(1_000)).now(),
            Timestamp::from_ms(5_000)
        );
    }

    #[tokio::test(start_paused = true)]
    async fn d2_what_others_stamped_is_compared_with_a_clock_that_was_not_moved() {
        let clock =
            Clock::starting_at(Timestamp::from_ms(5_000)).not_before(Timestamp::from_ms(9_000));
        tokio::time::advance(Duration::from_millis(500)).await;
        assert_eq!(clock.now(), Timestamp::from_ms(9_500));
        assert_eq!(clock.wall(), Timestamp::from_ms(5_500));
    }
}
