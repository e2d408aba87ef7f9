//! TLS handshakes under way.

use hashbrown::HashMap;
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use userstatus_gateway::Origin;

/// Handshakes of one origin that are under way at once; more wait for their turn. Each is a signature to make and some ten KiB,
/// and a client behind one address with thousands of others waits for a few round trips.
const PER_ORIGIN_MAX: usize = 512;

/// Who is not done after this gives its turn up if others wait for one: a handshake is two round trips, and those who leave it
/// half done must not keep out those they share an address with.
pub(crate) const UNDISTURBED: Duration = Duration::from_secs(1);

/// Whose turn it is, for each origin that has handshakes under way.
#[derive(Debug, Default)]
pub(crate) struct Handshakes(Mutex<HashMap<Origin, Line>>);

#[derive(Debug)]
struct Line {
    turns: Arc<Semaphore>,
    /// How many are in it, those under way included.
    length: usize,
}

/// A handshake's turn, or its place in the line.
pub(crate) struct Turn<'h> {
    handshakes: &'h Handshakes,
    origin: Origin,
    turns: Arc<Semaphore>,
}

impl Handshakes {
    pub(crate) fn queue(&self, origin: Origin) -> Turn<'_> {
        let mut lines = self.0.lock();
        let line = lines.entry(origin).or_insert_with(|| Line {
            turns: Arc::new(Semaphore::new(PER_ORIGIN_MAX)),
            length: 0,
        });
        line.length += 1;
        Turn {
            handshakes: self,
            origin,
            turns: Arc::clone(&line.turns),
        }
    }
}

impl Turn<'_> {
    /// Waits until it has come. It lasts until what is returned is dropped.
    pub(crate) async fn has_come(&self) -> Option<SemaphorePermit<'_>> {
        self.turns.acquire().await.ok()
    }

    /// Whether others of its origin wait for theirs.
    pub(crate) fn is_waited_for(&self) -> bool {
        let lines = self.handshakes.0.lock();
        lines
            .get(&self.origin)
            .is_some_and(|line| line.length > PER_ORIGIN_MAX)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut lines = self.handshakes.0.lock();
        if let Some(line) = lines.get_mut(&self.origin) {
            line.length -= 1;
            if line.length == 0 {
                lines.remove(&self.origin);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::{Future, poll_fn};
    use std::net::Ipv4Addr;
    use std::pin::pin;
    use std::task::Poll;

    #[tokio::test]
    async fn one_origin_has_so_many_at_once_and_delays_no_other() {
        let handshakes = Handshakes::default();
        let [one, other] = [1, 2].map(|last| Origin::of(Ipv4Addr::new(192, 0, 2, last).into()));
        {
            let turns: Vec<_> = (0..PER_ORIGIN_MAX).map(|_| handshakes.queue(one)).collect();
            let mut permits = Vec::new();
            for turn in &turns {
                permits.push(turn.has_come().await);
            }
            assert!(!turns[0].is_waited_for());
            let next = handshakes.queue(one);
            assert!(turns[0].is_waited_for());
            let mut waiting = pin!(next.has_come());
            poll_fn(|context| {
                assert!(waiting.as_mut().poll(context).is_pending());
                Poll::Ready(())
            })
            .await;
            assert!(handshakes.queue(other).has_come().await.is_some());
            permits.pop();
            assert!(waiting.await.is_some());
        }
        assert!(handshakes.0.lock().is_empty());
    }
}
