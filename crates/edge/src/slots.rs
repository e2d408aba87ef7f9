//! How many connections there are, and may be.

use hashbrown::HashMap;
use parking_lot::Mutex;
use std::sync::Arc;
use tokio::sync::Notify;
use userstatus_gateway::Origin;
use userstatus_gateway::{Census, CensusCount, ConnectionMeters, Entry, TurnedAway};

/// Of one origin's share, where nobody set it: so many parts of all places make one.
const SHARES: u32 = 4;

/// And no fewer than this: behind one address there may be a provider's customers.
const SHARE_MIN: u32 = 500;

/// Places for connections.
#[derive(Debug)]
pub struct Slots {
    census: Arc<Census>,
    per_origin_max: u32,
    /// Whether this machine's own connections may take every place.
    spares_loopback: bool,
    by_origin: Mutex<HashMap<Origin, u32>>,
    freed: Notify,
}

/// A connection's place, free again when dropped.
#[derive(Debug)]
pub(crate) struct Slot {
    slots: Arc<Slots>,
    /// Whose share it counts to.
    origin: Option<Origin>,
    /// Where it came in.
    entry: Option<Entry>,
}

/// There is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    #[error("this server is full: it has {0} connections; try another, or later")]
    Full(u32),
    #[error("there are {0} connections from this address already; close some first")]
    PerAddress(u32),
    #[error(
        "this port takes connections from its balancers only, and this address is none of them"
    )]
    NoBalancer,
}

impl Slots {
    /// All free. One origin may have `per_origin_max` of them; if that is 0, a quarter, but 500 at least, and this machine
    /// itself may have all.
    pub fn new(census: Arc<Census>, per_origin_max: u32) -> Arc<Self> {
        let share = census.count().connections_max / SHARES;
        Arc::new(Self {
            per_origin_max: match per_origin_max {
                0 => share.max(SHARE_MIN),
                chosen => chosen,
            },
            spares_loopback: per_origin_max == 0,
            census,
            by_origin: Mutex::default(),
            freed: Notify::new(),
        })
    }

    /// Takes a place, of nobody's share yet.
    pub(crate) fn take(slots: &Arc<Self>) -> Result<Slot, Refused> {
        if !slots.census.enter() {
            slots.census.count_refused(TurnedAway::Full);
            return Err(Refused::Full(slots.census.count().connections_max));
        }
        Ok(Slot {
            slots: Arc::clone(slots),
            origin: None,
            entry: None,
        })
    }

    /// Somebody was turned away for another reason than a want of places.
    pub(crate) fn count_refused(&self, reason: TurnedAway) {
        self.census.count_refused(reason);
    }

    /// What is counted of connections besides.
    pub fn meters(&self) -> &ConnectionMeters {
        self.census.meters()
    }

    fn claim(&self, origin: Origin) -> Result<Option<Origin>, Refused> {
        if self.spares_loopback && origin.is_loopback() {
            return Ok(None);
        }
        let mut by_origin = self.by_origin.lock();
        let count = by_origin.entry(origin).or_default();
        if *count >= self.per_origin_max {
            return Err(Refused::PerAddress(self.per_origin_max));
        }
        *count += 1;
        Ok(Some(origin))
    }

    /// How many there are.
    pub fn count(&self) -> CensusCount {
        self.census.count()
    }

    /// Waits until a place becomes free.
    pub(crate) async fn one_freed(&self) {
        self.freed.notified().await;
    }

    /// Waits until all are free.
    pub async fn all_free(&self) {
        loop {
            let freed = self.freed.notified();
            if self.census.count().connections == 0 {
                return;
            }
            freed.await;
        }
    }

    fn free(&self) {
        self.census.leave();
        self.freed.notify_waiters();
    }
}

impl Slot {
    /// The place is one of this origin's share from now on: who it is was not known before.
    ///
    /// # Errors
    /// It has used up its share.
    pub(crate) fn claim(&mut self, origin: Origin) -> Result<(), Refused> {
        let claimed = self.slots.claim(origin);
        match claimed {
            Ok(_) => self.slots.census.count_accepted(),
            Err(_) => self.slots.census.count_refused(TurnedAway::PerAddress),
        }
        self.origin = claimed?;
        Ok(())
    }

    /// The connection is there, and speaks this.
    pub(crate) fn enter(&mut self, entry: Entry) {
        self.slots.meters().entered.rise(entry);
        self.entry = Some(entry);
    }

    /// The place is nobody's share: a balancer's own.
    pub(crate) fn claim_for_nobody(&self) {
        self.slots.census.count_accepted();
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if let Some(entry) = self.entry {
            self.slots.meters().entered.fall(entry);
        }
        if let Some(origin) = self.origin {
            let mut by_origin = self.slots.by_origin.lock();
            if let Some(count) = by_origin.get_mut(&origin) {
                *count -= 1;
                if *count == 0 {
                    by_origin.remove(&origin);
                }
            }
        }
        self.slots.free();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FULL: Refused = Refused::Full(2);

    fn origin(address: &str) -> Origin {
        Origin::of(address.parse().unwrap())
    }

    fn slots(places: u32, per_origin_max: u32) -> Arc<Slots> {
        Slots::new(Arc::new(Census::new(places)), per_origin_max)
    }

    fn take(slots: &Arc<Slots>, address: &str) -> Result<Slot, Refused> {
        let mut slot = Slots::take(slots)?;
        slot.claim(origin(address))?;
        Ok(slot)
    }

    #[test]
    fn there_are_as_many_places_as_said_and_a_freed_one_is_taken_again() {
        let slots = slots(2, 0);
        let first = take(&slots, "192.0.2.1").unwrap();
        let _second = take(&slots, "192.0.2.1").unwrap();
        assert_eq!(take(&slots, "192.0.2.1").unwrap_err(), FULL);
        drop(first);
        assert!(take(&slots, "192.0.2.1").is_ok());
        assert_eq!((slots.count().accepted, slots.count().refused), (3, 1));
    }

    #[test]
    fn an_address_has_its_own_limit_and_one_refused_takes_no_place() {
        let slots = slots(3, 2);
        let first = take(&slots, "192.0.2.1").unwrap();
        let _second = take(&slots, "192.0.2.1").unwrap();
        let refused = Refused::PerAddress(2);
        assert_eq!(take(&slots, "192.0.2.1").unwrap_err(), refused);
        assert_eq!(slots.count().connections, 2);
        let elsewhere = take(&slots, "192.0.2.2").unwrap();
        drop(first);
        assert!(take(&slots, "192.0.2.1").is_ok());
        drop(elsewhere);
        assert_eq!(slots.by_origin.lock().len(), 1);
    }

    #[test]
    fn one_address_never_takes_every_place_unless_it_is_this_machine() {
        let slots = slots(4_000, 0);
        let taken: Vec<_> = (0..1_000)
            .map(|_| take(&slots, "192.0.2.1").unwrap())
            .collect();
        let refused = Refused::PerAddress(1_000);
        assert_eq!(take(&slots, "192.0.2.1").unwrap_err(), refused);
        assert!(take(&slots, "192.0.2.2").is_ok());
        let local: Vec<_> = (0..3_000)
            .map(|_| take(&slots, "127.0.0.1").unwrap())
            .collect();
        assert_eq!(take(&slots, "::1").unwrap_err(), Refused::Full(4_000));
        drop((taken, local));
    }

    #[test]
    fn a_limit_that_was_set_holds_for_this_machine_too() {
        let slots = slots(10, 1);
        let _one = take(&slots, "127.0.0.1").unwrap();
        assert!(take(&slots, "127.0.0.1").is_err());
    }

    #[test]
    fn a_small_server_leaves_one_address_some_hundreds() {
        let slots = slots(600, 0);
        let taken: Vec<_> = (0..500)
            .map(|_| take(&slots, "192.0.2.1").unwrap())
            .collect();
        assert!(take(&slots, "192.0.2.1").is_err());
        drop(taken);
    }

    #[tokio::test]
    async fn all_free_waits_for_the_last() {
        let slots = slots(2, 0);
        let slot = take(&slots, "192.0.2.1").unwrap();
        let waiting = tokio::spawn({
            let slots = Arc::clone(&slots);
            async move { slots.all_free().await }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        drop(slot);
        waiting.await.unwrap();
    }
}
