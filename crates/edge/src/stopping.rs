//! Stopping: how everybody hears of it.

use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// Says once that the server is stopping.
#[derive(Debug)]
pub struct Stopper(watch::Sender<Option<Instant>>);

/// Hears it.
#[derive(Clone, Debug)]
pub struct Stopping(watch::Receiver<Option<Instant>>);

impl Stopper {
    /// Both ends.
    pub fn new() -> (Self, Stopping) {
        let (stopper, stopping) = watch::channel(None);
        (Self(stopper), Stopping(stopping))
    }

    /// From now on no connection is let in; those that are there have this long to go.
    pub fn stop_within(&self, drain: Duration) -> Instant {
        let deadline = Instant::now() + drain;
        self.0.send_replace(Some(deadline));
        deadline
    }
}

impl Stopping {
    /// When connections that are still there are closed, if the server is stopping.
    pub fn deadline(&self) -> Option<Instant> {
        *self.0.borrow()
    }

    /// Waits until the server is stopping.
    pub async fn begun(&self) -> Instant {
        let mut stopping = self.0.clone();
        match stopping.wait_for(Option::is_some).await.as_deref() {
            Ok(Some(deadline)) => *deadline,
            // Without a stopper the server is gone already.
            Ok(None) | Err(_) => Instant::now(),
        }
    }
}
