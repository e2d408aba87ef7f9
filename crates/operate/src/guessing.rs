//! Wrong tokens and UserSigs of operators and back ends: slowed down by where they come from, and written down.

use parking_lot::Mutex;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::time::{Instant, sleep};
use userstatus_gateway::Origin;

/// Wrong ones an origin may show before it is slowed down.
const FREE_MAX: u32 = 20;

/// One more is free again after this long.
const REGAINED_EVERY: Duration = Duration::from_millis(500);

/// Longest that one who is slowed down waits.
const WAIT_MAX: Duration = Duration::from_secs(1);

/// Requests of one origin that wait at a time; more are sent away.
const WAITING_MAX: u32 = 16;

/// Origins remembered; then the one that was quiet for longest is forgotten.
const ORIGINS_MAX: usize = 4_096;

/// Who showed wrong ones.
#[derive(Debug, Default)]
pub(crate) struct Guessing(Mutex<HashMap<Origin, Visitor>>);

#[derive(Debug)]
struct Visitor {
    /// When all of its free tries are there again.
    settled_at: Instant,
    waiting: u32,
    failures: u64,
}

/// Too many of one origin wait already.
pub(crate) struct Crowded;

impl Guessing {
    /// Waits for as long as this origin has to, and says how long that was.
    pub(crate) async fn wait(&self, peer: SocketAddr) -> Result<Duration, Crowded> {
        let name = Origin::of(peer.ip());
        let Some(delay) = self.begin_wait(name)? else {
            return Ok(Duration::ZERO);
        };
        let _waiting = Waiting(self, name);
        sleep(delay).await;
        Ok(delay)
    }

    fn begin_wait(&self, name: Origin) -> Result<Option<Duration>, Crowded> {
        let mut origins = self.0.lock();
        let Some(origin) = origins.get_mut(&name) else {
            return Ok(None);
        };
        let owed = origin
            .settled_at
            .saturating_duration_since(Instant::now() + REGAINED_EVERY * FREE_MAX);
        if owed.is_zero() {
            return Ok(None);
        }
        if origin.waiting >= WAITING_MAX {
            return Err(Crowded);
        }
        origin.waiting += 1;
        Ok(Some(owed.min(WAIT_MAX)))
    }

    /// A wrong one was shown. Says how many this origin has shown lately.
    pub(crate) fn failed(&self, peer: SocketAddr) -> u64 {
        let now = Instant::now();
        let mut origins = self.0.lock();
        let name = Origin::of(peer.ip());
        if origins.len() >= ORIGINS_MAX && !origins.contains_key(&name) {
            forget_one(&mut origins, now);
        }
        let origin = origins.entry(name).or_insert(Visitor {
            settled_at: now,
            waiting: 0,
            failures: 0,
        });
        if origin.settled_at <= now {
            origin.failures = 0;
        }
        origin.failures += 1;
        // Never further away than a full wait: who stops guessing is soon as good as anybody.
        let latest = now + REGAINED_EVERY * FREE_MAX + WAIT_MAX;
        origin.settled_at = (origin.settled_at.max(now) + REGAINED_EVERY).min(latest);
        origin.failures
    }
}

struct Waiting<'a>(&'a Guessing, Origin);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if let Some(origin) = self.0.0.lock().get_mut(&self.1) {
            origin.waiting = origin.waiting.saturating_sub(1);
        }
    }
}

fn forget_one(origins: &mut HashMap<Origin, Visitor>, now: Instant) {
    origins.retain(|_, origin| origin.settled_at > now || origin.waiting > 0);
    if origins.len() < ORIGINS_MAX {
        return;
    }
    let quietest = origins
        .iter()
        .min_by_key(|(_, origin)| origin.settled_at)
        .map(|(name, _)| *name);
    if let Some(quietest) = quietest {
        origins.remove(&quietest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::IpAddr;

    fn peer(text: &str) -> SocketAddr {
        SocketAddr::new(text.parse().unwrap(), 1)
    }

    #[tokio::test(start_paused = true)]
    async fn who_guesses_is_slowed_down_and_nobody_else() {
        let guessing = Guessing::default();
        let (guesser, honest) = (peer("192.0.2.1"), peer("192.0.2.2"));
        let began_at = Instant::now();
        for _ in 0..FREE_MAX {
            assert!(guessing.wait(guesser).await.is_ok());
            guessing.failed(guesser);
        }
        assert_eq!(began_at.elapsed(), Duration::ZERO, "a slip is no crime");
        for _ in 0..10 {
            guessing.failed(guesser);
        }
        assert!(guessing.wait(guesser).await.is_ok());
        assert_eq!(began_at.elapsed(), WAIT_MAX);
        assert!(guessing.wait(honest).await.is_ok());
        assert_eq!(began_at.elapsed(), WAIT_MAX);
    }

    #[tokio::test(start_paused = true)]
    async fn what_waits_is_bounded_and_who_stops_is_soon_forgiven() {
        let guessing = Guessing::default();
        let guesser = peer("2001:db8::1");
        for _ in 0..1_000 {
            guessing.failed(guesser);
        }
        let neighbour = Origin::of(peer("2001:db8::2").ip());
        for _ in 0..WAITING_MAX {
            assert!(guessing.begin_wait(neighbour).is_ok());
        }
        assert!(guessing.wait(guesser).await.is_err());
        for _ in 0..WAITING_MAX {
            drop(Waiting(&guessing, neighbour));
        }
        sleep(WAIT_MAX).await;
        let began_at = Instant::now();
        assert!(guessing.wait(guesser).await.is_ok());
        assert_eq!(began_at.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn origins_remembered_have_a_limit() {
        let guessing = Guessing::default();
        for number in 0..10_000_u32 {
            guessing.failed(SocketAddr::new(IpAddr::V4(number.into()), 1));
        }
        assert!(guessing.0.lock().len() <= ORIGINS_MAX);
    }
}
