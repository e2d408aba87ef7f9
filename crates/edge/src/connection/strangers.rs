//! What connections that have not logged in may hold, all together.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Memory for frames that are not complete yet. A login may be long (it names every status its device knows), so thousands of strangers
/// who each send all of one but its last byte must not add up.
const STRANGERS_BYTES_MAX: usize = 64 * 1024 * 1024;

/// The memory that all connections before their login share.
#[derive(Debug)]
pub(super) struct Strangers {
    held_bytes: AtomicUsize,
    bytes_max: usize,
}

/// One connection's part, given back when it is dropped.
#[derive(Debug)]
pub(super) struct Share<'s> {
    strangers: &'s Strangers,
    bytes: usize,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many logins are under way; try again in a moment")]
pub(super) struct TooMany;

impl Default for Strangers {
    fn default() -> Self {
        Self::new(STRANGERS_BYTES_MAX)
    }
}

impl Strangers {
    const fn new(bytes_max: usize) -> Self {
        Self {
            held_bytes: AtomicUsize::new(0),
            bytes_max,
        }
    }

    pub(super) const fn share(&self) -> Share<'_> {
        Share {
            strangers: self,
            bytes: 0,
        }
    }
}

impl Share<'_> {
    /// Now holds this much.
    ///
    /// # Errors
    /// It is more than before, and more than there is for all.
    pub(super) fn set(&mut self, bytes: usize) -> Result<(), TooMany> {
        let held = &self.strangers.held_bytes;
        if bytes <= self.bytes {
            held.fetch_sub(self.bytes - bytes, Ordering::Relaxed);
            self.bytes = bytes;
            return Ok(());
        }
        let more = bytes - self.bytes;
        let before = held.fetch_add(more, Ordering::Relaxed);
        self.bytes = bytes;
        if before + more > self.strangers.bytes_max {
            return Err(TooMany);
        }
        Ok(())
    }
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        self.strangers
            .held_bytes
            .fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up_to_the_limit_and_are_given_back() {
        let strangers = Strangers::new(100);
        let mut first = strangers.share();
        let mut second = strangers.share();
        assert_eq!(first.set(60), Ok(()));
        assert_eq!(second.set(40), Ok(()), "all there is");
        assert_eq!(second.set(41), Err(TooMany));
        assert_eq!(second.set(10), Ok(()), "less is always right");
        assert_eq!(first.set(90), Ok(()));
        drop((first, second));
        assert_eq!(strangers.held_bytes.load(Ordering::Relaxed), 0);
    }
}
