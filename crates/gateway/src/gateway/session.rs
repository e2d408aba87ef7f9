//! One logged-in connection, as the gateway and its connection see it.

use crate::outbox::Outbox;
use parking_lot::Mutex;
use std::sync::Arc;
use tokio::sync::Notify;
use userstatus_core::SessionId;
use userstatus_store::AccountKey;

/// A logged-in connection. To be handed back with [`Gateway::connection_lost`](super::Gateway::connection_lost) when the
/// connection ends; one that is dropped instead, by a panic or a cancelled task, is treated as lost.
#[derive(Debug)]
pub struct Session {
    outbox: Arc<Outbox>,
    /// Where to be left when dropped; `None` once ended.
    abandoned: Option<Arc<Abandoned>>,
}

impl Session {
    pub(super) const fn new(outbox: Arc<Outbox>, abandoned: Arc<Abandoned>) -> Self {
        Self {
            outbox,
            abandoned: Some(abandoned),
        }
    }

    /// What the connection has to write, besides answers.
    pub const fn outbox(&self) -> &Arc<Outbox> {
        &self.outbox
    }

    /// Whose.
    pub fn account(&self) -> &AccountKey {
        self.outbox.account()
    }

    /// Its number.
    pub fn id(&self) -> SessionId {
        self.outbox.session()
    }

    /// The session is over in good order.
    pub(super) fn end(mut self) -> Arc<Outbox> {
        self.abandoned = None;
        Arc::clone(&self.outbox)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(abandoned) = self.abandoned.take() {
            abandoned.leave(Arc::clone(&self.outbox));
        }
    }
}

/// Sessions dropped without a word. Nobody may stay online because his connection's task died.
#[derive(Debug, Default)]
pub(super) struct Abandoned {
    outboxes: Mutex<Vec<Arc<Outbox>>>,
    some: Notify,
}

impl Abandoned {
    fn leave(&self, outbox: Arc<Outbox>) {
        self.outboxes.lock().push(outbox);
        self.some.notify_one();
    }

    /// Waits until there are some and takes them all.
    pub(super) async fn take(&self) -> Vec<Arc<Outbox>> {
        loop {
            let taken = std::mem::take(&mut *self.outboxes.lock());
            if !taken.is_empty() {
                return taken;
            }
            self.some.notified().await;
        }
    }
}
