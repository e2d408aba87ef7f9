//! Durability, as something to wait for.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::timeout;

/// A record could not be written: it must not take effect, nor be acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotDurable {
    /// The disk refused.
    #[error("the change could not be written to disk")]
    Failed,
    /// The disk does not answer.
    #[error("the disk does not answer")]
    Stalled,
}

/// Completes when what it stands for is on disk. Dropping it is fine.
#[derive(Clone, Debug, Default)]
#[must_use = "a record may not take effect before it is durable"]
pub struct Ticket(Option<Arc<Batch>>);

impl Ticket {
    /// For what is durable already, or was never meant to be.
    pub const fn durable() -> Self {
        Self(None)
    }

    /// Waits, however long it takes.
    ///
    /// # Errors
    /// [`NotDurable::Failed`] if writing failed.
    pub async fn wait(self) -> Result<(), NotDurable> {
        match self.0 {
            None => Ok(()),
            Some(batch) => batch.wait().await,
        }
    }

    /// Waits so long at most.
    ///
    /// # Errors
    /// [`NotDurable`].
    pub async fn wait_within(self, limit: Duration) -> Result<(), NotDurable> {
        timeout(limit, self.wait())
            .await
            .unwrap_or(Err(NotDurable::Stalled))
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
    pub(crate) fn end(&self, is_written: bool) {
        let state = if is_written { DURABLE } else { FAILED };
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
                _ => return Err(NotDurable::Failed),
            }
        }
    }
}
