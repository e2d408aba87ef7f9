//! Who on this machine watches whom, and the way of a change to them.

use crate::apps::AppRegistry;
use crate::outbox::Outbox;
use crate::store::{Commit, CommitSink};
use std::sync::Arc;

/// Counts since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HubCounters {
    /// Changes encoded: one each, however many watch.
    pub encodes: u64,
    /// Statuses put in outboxes.
    pub deliveries: u64,
    /// Statuses made superfluous by newer ones before they were written (N6).
    pub merges: u64,
    /// Sessions attached now.
    pub sessions: u64,
}

/// The index of watchers, and the outboxes of this machine's sessions.
pub struct Hub {
    apps: Arc<AppRegistry>,
}

impl Hub {
    /// An empty hub.
    pub fn new(apps: Arc<AppRegistry>) -> Arc<Self> {
        Arc::new(Self { apps })
    }

    /// Counts since the start.
    pub fn counters(&self) -> HubCounters {
        HubCounters::default()
    }

    /// Tells every session to go elsewhere, each after a delay of its own up to `spread_ms`.
    pub fn say_goaway(&self, spread_ms: u32, desc: &str) {
        let _ = (spread_ms, desc);
    }

    pub(crate) fn attach(&self, outbox: Arc<Outbox>) {
        let _ = (outbox, &self.apps);
    }
}

impl CommitSink for Hub {
    fn publish(&self, commit: &Commit) {
        let _ = commit;
    }
}
