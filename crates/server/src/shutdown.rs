//! Stopping: who asks for it, and how everybody hears.

use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::time::Instant;

/// Says once that the server is stopping.
#[derive(Debug)]
pub(crate) struct Stopper(watch::Sender<Option<Instant>>);

/// Hears it.
#[derive(Clone, Debug)]
pub(crate) struct Stopping(watch::Receiver<Option<Instant>>);

impl Stopper {
    pub(crate) fn new() -> (Self, Stopping) {
        let (stopper, stopping) = watch::channel(None);
        (Self(stopper), Stopping(stopping))
    }

    /// From now on no connection is let in; those that are there have this long to go.
    pub(crate) fn stop_within(&self, drain: Duration) -> Instant {
        let deadline = Instant::now() + drain;
        self.0.send_replace(Some(deadline));
        deadline
    }
}

impl Stopping {
    /// When connections that are still there are closed, if the server is stopping.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        *self.0.borrow()
    }

    /// Waits until the server is stopping.
    pub(crate) async fn begun(&self) -> Instant {
        let mut stopping = self.0.clone();
        match stopping.wait_for(Option::is_some).await.as_deref() {
            Ok(Some(deadline)) => *deadline,
            // Without a stopper the server is gone already.
            Ok(None) | Err(_) => Instant::now(),
        }
    }
}

/// SIGTERM and SIGINT.
#[derive(Debug)]
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// From now on these signals do not end the process by themselves.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn catch() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Waits for the next one and names it.
    pub async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}
