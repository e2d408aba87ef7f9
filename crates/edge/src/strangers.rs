//! The memory of those who have not logged in.

use hashbrown::HashMap;
use parking_lot::Mutex;
use std::task::{Context, Waker};
use userstatus_gateway::Origin;

/// Memory for frames that are not complete yet, and for TLS handshakes. A login may be long (it names every status its device
/// knows), so thousands of strangers who each send all of one but its last byte must not add up.
const STRANGERS_BYTES_MAX: usize = 64 * 1024 * 1024;

/// What all connections before their login hold together. When it is too much, the origin that holds most gives up what holds
/// most of it, so that nobody who holds little is kept out by others, be they many.
#[derive(Debug)]
pub(crate) struct Strangers {
    bytes_max: usize,
    held: Mutex<Held>,
}

/// One connection's part, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Share<'s> {
    strangers: &'s Strangers,
    origin: Origin,
    /// Once it has held something.
    number: Option<u64>,
}

/// This connection has to go.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many logins are under way, and your address has most of them; try again in a moment")]
pub(crate) struct TooMany;

#[derive(Debug, Default)]
struct Held {
    bytes: usize,
    by_origin: HashMap<Origin, OfOrigin>,
    next_number: u64,
}

#[derive(Debug, Default)]
struct OfOrigin {
    bytes: usize,
    /// By number: the later, the newer.
    holders: HashMap<u64, Holder>,
}

#[derive(Debug)]
struct Holder {
    bytes: usize,
    /// Woken to hear that it has to go.
    waker: Waker,
}

impl Default for Strangers {
    fn default() -> Self {
        Self::new(STRANGERS_BYTES_MAX)
    }
}

impl Strangers {
    fn new(bytes_max: usize) -> Self {
        Self {
            bytes_max,
            held: Mutex::default(),
        }
    }

    pub(crate) const fn share(&self, origin: Origin) -> Share<'_> {
        Share {
            strangers: self,
            origin,
            number: None,
        }
    }
}

impl Share<'_> {
    /// Now holds this much. The task of `context` is woken when it has to go, and then asks again.
    ///
    /// # Errors
    /// It has to go.
    pub(crate) fn hold(&mut self, context: &Context<'_>, bytes: usize) -> Result<(), TooMany> {
        if bytes == 0 && self.number.is_none() {
            return Ok(());
        }
        let mut held = self.strangers.held.lock();
        let number = match self.number {
            Some(number) => held.change(self.origin, number, bytes, context.waker())?,
            None => held.add(self.origin, bytes, context.waker()),
        };
        self.number = Some(number);
        let mut evicted = Vec::new();
        let mut has_to_go = false;
        while held.bytes > self.strangers.bytes_max {
            let Some((victim, waker)) = held.evict() else {
                break;
            };
            has_to_go |= victim == number;
            evicted.push(waker);
        }
        drop(held);
        evicted.into_iter().for_each(Waker::wake);
        if has_to_go { Err(TooMany) } else { Ok(()) }
    }
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            self.strangers.held.lock().remove(self.origin, number);
        }
    }
}

impl Held {
    fn add(&mut self, origin: Origin, bytes: usize, waker: &Waker) -> u64 {
        let number = self.next_number;
        self.next_number += 1;
        let waker = waker.clone();
        let of_origin = self.by_origin.entry(origin).or_default();
        of_origin.holders.insert(number, Holder { bytes, waker });
        of_origin.bytes += bytes;
        self.bytes += bytes;
        number
    }

    fn change(
        &mut self,
        origin: Origin,
        number: u64,
        bytes: usize,
        waker: &Waker,
    ) -> Result<u64, TooMany> {
        let of_origin = self.by_origin.get_mut(&origin).ok_or(TooMany)?;
        let holder = of_origin.holders.get_mut(&number).ok_or(TooMany)?;
        let before = std::mem::replace(&mut holder.bytes, bytes);
        holder.waker.clone_from(waker);
        of_origin.bytes = of_origin.bytes - before + bytes;
        self.bytes = self.bytes - before + bytes;
        Ok(number)
    }

    fn remove(&mut self, origin: Origin, number: u64) -> Option<Waker> {
        let of_origin = self.by_origin.get_mut(&origin)?;
        let holder = of_origin.holders.remove(&number)?;
        of_origin.bytes -= holder.bytes;
        self.bytes -= holder.bytes;
        if of_origin.holders.is_empty() {
            self.by_origin.remove(&origin);
        }
        Some(holder.waker)
    }

    /// Of the origin that holds most: what holds most, and of several the newest.
    fn evict(&mut self) -> Option<(u64, Waker)> {
        let (origin, fattest) = self.by_origin.iter().max_by_key(|(_, held)| held.bytes)?;
        let (number, _) = fattest
            .holders
            .iter()
            .max_by_key(|(number, holder)| (holder.bytes, **number))?;
        let (origin, number) = (*origin, *number);
        let waker = self.remove(origin, number)?;
        Some((number, waker))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    #[derive(Default)]
    struct Wakes(AtomicUsize);

    impl Wake for Wakes {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn origin(last: u8) -> Origin {
        Origin::of(Ipv4Addr::new(192, 0, 2, last).into())
    }

    fn ignored() -> Context<'static> {
        Context::from_waker(Waker::noop())
    }

    #[test]
    fn shares_add_up_to_the_limit_and_are_given_back() {
        let strangers = Strangers::new(100);
        let mut first = strangers.share(origin(1));
        let mut second = strangers.share(origin(1));
        assert_eq!(first.hold(&ignored(), 0), Ok(()));
        assert_eq!(first.hold(&ignored(), 60), Ok(()));
        assert_eq!(second.hold(&ignored(), 40), Ok(()), "all there is");
        assert_eq!(first.hold(&ignored(), 61), Err(TooMany));
        assert_eq!(second.hold(&ignored(), 100), Ok(()));
        drop((first, second));
        let held = strangers.held.lock();
        assert_eq!((held.bytes, held.by_origin.len()), (0, 0));
    }

    #[test]
    fn the_origin_that_holds_most_gives_up_its_newest_and_a_newcomer_stays() {
        let strangers = Strangers::new(1_000);
        let wakes = Arc::new(Wakes::default());
        let waker = Waker::from(Arc::clone(&wakes));
        let mut many: Vec<_> = (0..4).map(|_| strangers.share(origin(1))).collect();
        for share in &mut many {
            share.hold(&Context::from_waker(&waker), 240).unwrap();
        }
        let mut newcomer = strangers.share(origin(2));
        assert_eq!(newcomer.hold(&ignored(), 30), Ok(()));
        assert_eq!(newcomer.hold(&ignored(), 60), Ok(()));
        assert_eq!(wakes.0.load(Ordering::Relaxed), 1);
        let told: Vec<_> = many
            .iter_mut()
            .map(|share| share.hold(&ignored(), 240).is_err())
            .collect();
        assert_eq!(told, [false, false, false, true]);
    }

    #[test]
    fn one_large_holder_goes_before_many_small_ones_of_another_origin() {
        let strangers = Strangers::new(1_000);
        let mut small: Vec<_> = (0..40).map(|_| strangers.share(origin(1))).collect();
        for share in &mut small {
            share.hold(&ignored(), 10).unwrap();
        }
        let mut large = strangers.share(origin(2));
        assert_eq!(large.hold(&ignored(), 600), Ok(()));
        assert_eq!(large.hold(&ignored(), 601), Err(TooMany));
        assert!(
            small
                .iter_mut()
                .all(|share| share.hold(&ignored(), 10).is_ok())
        );
    }
}
