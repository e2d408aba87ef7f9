//! Durability, as something to wait for.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use tokio::sync::Notify;

/// A commit could not be written: it must not be acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the change could not be written to disk")]
pub struct NotDurable;

/// Completes when what it stands for is on disk. Dropping it is fine.
#[derive(Clone, Debug, Default)]
#[must_use = "nothing may be acknowledged before it is durable"]
pub struct Ticket(Option<Arc<Batch>>);

impl Ticket {
    /// For what is durable already, or was never meant to be.
    pub const fn durable() -> Self {
        Self(None)
    }

    /// Waits.
    ///
    /// # Errors
    /// [`NotDurable`] if writing failed.
    pub async fn wait(self) -> Result<(), NotDurable> {
        match self.0 {
            None => Ok(()),
            Some(batch) => batch.wait().await,
        }
    }
}

/// What one transaction of the journal holds.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    state: AtomicU8,
    ended: Notify,
}

const OPEN: u8 = 0;
const DURABLE: u8 = 1;
const FAILED: u8 = 2;

impl Batch {
    pub(crate) fn ticket(self: &Arc<Self>) -> Ticket {
        Ticket(Some(Arc::clone(self)))
    }

    /// Completes every ticket of the batch.
    pub(crate) fn end(&self, result: Result<(), NotDurable>) {
        let state = if result.is_ok() { DURABLE } else { FAILED };
        self.state.store(state, Ordering::Release);
        self.ended.notify_waiters();
    }

    async fn wait(&self) -> Result<(), NotDurable> {
        loop {
            // Registered before the state is looked at: an end in between is not missed.
            let ended = self.ended.notified();
            match self.state.load(Ordering::Acquire) {
                OPEN => ended.await,
                DURABLE => return Ok(()),
                _ => return Err(NotDurable),
            }
        }
    }
}
