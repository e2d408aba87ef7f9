//! One logged-in connection, as the gateway and its connection see it.

use crate::outbox::Outbox;
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::Notify;
use userstatus_core::SessionId;
use userstatus_store::AccountKey;

/// A logged-in connection. To be handed back with [`Gateway::connection_lost`](super::Gateway::connection_lost) when the
/// connection ends; one that is dropped instead, by a panic or a cancelled task, is treated as lost.
#[derive(Debug)]
pub struct Session {
    outbox: Arc<Outbox>,
    /// Where to be left when dropped, unless it has ended.
    abandoned: Arc<Abandoned>,
    has_ended: AtomicBool,
}

impl Session {
    pub(super) const fn new(outbox: Arc<Outbox>, abandoned: Arc<Abandoned>) -> Self {
        Self {
            outbox,
            abandoned,
            has_ended: AtomicBool::new(false),
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

    /// The session is over in good order. What it asked for may still be under way.
    pub(super) fn end(&self) -> &Outbox {
        self.has_ended.store(true, Ordering::Release);
        &self.outbox
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if !*self.has_ended.get_mut() {
            self.abandoned.leave(Arc::clone(&self.outbox));
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
