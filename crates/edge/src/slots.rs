//! How many connections there are, and may be.

use crate::throttle::Origin;
use hashbrown::HashMap;
use parking_lot::Mutex;
use std::net::IpAddr;
use std::sync::Arc;
use tokio::sync::Notify;
use userstatus_gateway::{Census, CensusCount};

/// Places for connections.
#[derive(Debug)]
pub struct Slots {
    census: Arc<Census>,
    /// 0: no limit, nothing is counted.
    per_origin_max: u32,
    by_origin: Mutex<HashMap<Origin, u32>>,
    freed: Notify,
}

/// A connection's place, free again when dropped.
#[derive(Debug)]
pub(crate) struct Slot {
    slots: Arc<Slots>,
    origin: Option<Origin>,
}

/// There is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    #[error("this server is full: it has {0} connections; try another, or later")]
    Full(u32),
    #[error("there are {0} connections from this address already; close some first")]
    PerAddress(u32),
}

impl Slots {
    /// All free; `per_origin_max` 0: one address may take them all.
    pub fn new(census: Arc<Census>, per_origin_max: u32) -> Arc<Self> {
        Arc::new(Self {
            census,
            per_origin_max,
            by_origin: Mutex::default(),
            freed: Notify::new(),
        })
    }

    pub(crate) fn take(slots: &Arc<Self>, address: IpAddr) -> Result<Slot, Refused> {
        let taken = slots.try_take(address);
        match taken {
            Ok(_) => slots.census.count_accepted(),
            Err(_) => slots.census.count_refused(),
        }
        taken.map(|origin| Slot {
            slots: Arc::clone(slots),
            origin,
        })
    }

    fn try_take(&self, address: IpAddr) -> Result<Option<Origin>, Refused> {
        if !self.census.enter() {
            return Err(Refused::Full(self.census.count().connections_max));
        }
        if self.per_origin_max == 0 {
            return Ok(None);
        }
        let origin = Origin::of(address);
        let mut by_origin = self.by_origin.lock();
        let count = by_origin.entry(origin).or_default();
        if *count >= self.per_origin_max {
            drop(by_origin);
            self.free();
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

impl Drop for Slot {
    fn drop(&mut self) {
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

    const HOME: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
    const ELSEWHERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 2));

    #[test]
    fn there_are_as_many_places_as_said_and_a_freed_one_is_taken_again() {
        let slots = Slots::new(Arc::new(Census::new(2)), 0);
        let first = Slots::take(&slots, HOME).unwrap();
        let _second = Slots::take(&slots, HOME).unwrap();
        assert_eq!(Slots::take(&slots, HOME).unwrap_err(), Refused::Full(2));
        drop(first);
        assert!(Slots::take(&slots, HOME).is_ok());
        assert_eq!((slots.count().accepted, slots.count().refused), (3, 1));
    }

    #[test]
    fn an_address_has_its_own_limit_and_one_refused_takes_no_place() {
        let slots = Slots::new(Arc::new(Census::new(3)), 2);
        let first = Slots::take(&slots, HOME).unwrap();
        let _second = Slots::take(&slots, HOME).unwrap();
        assert_eq!(
            Slots::take(&slots, HOME).unwrap_err(),
            Refused::PerAddress(2)
        );
        assert_eq!(slots.count().connections, 2);
        let elsewhere = Slots::take(&slots, ELSEWHERE).unwrap();
        drop(first);
        assert!(Slots::take(&slots, HOME).is_ok());
        drop(elsewhere);
        assert_eq!(slots.by_origin.lock().len(), 1);
    }

    #[tokio::test]
    async fn all_free_waits_for_the_last() {
        let slots = Slots::new(Arc::new(Census::new(2)), 0);
        let slot = Slots::take(&slots, HOME).unwrap();
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
