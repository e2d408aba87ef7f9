//! Where clients come in: listeners, TLS, the connections themselves, and who is kept out.
//!
//! It reads and writes; what is asked is answered by [`userstatus_gateway::Gateway`].
#![forbid(unsafe_code)]

mod connection;
mod listener;
pub mod settings;
mod slots;
mod stopping;
mod throttle;
mod tls;

pub use connection::Shared;
pub use listener::{ListenError, Listener};
pub use slots::Slots;
pub use stopping::{Stopper, Stopping};
pub use throttle::Throttle;
pub use tls::{TlsError, acceptor};

/// What clients are told when the server stops.
pub const STOPPING: &str = "this server is stopping; come back after the delay";
