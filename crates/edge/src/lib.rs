//! Where clients come in: listeners, TLS, the connections themselves, and who is kept out.
//!
//! It reads and writes; what is asked is answered by [`userstatus_gateway::Gateway`].
#![forbid(unsafe_code)]

mod budget;
mod connection;
mod handshakes;
mod listener;
mod origin_budgets;
mod price;
mod proxy;
pub mod settings;
mod slots;
mod stopping;
mod strangers;
mod throttle;

pub use connection::Shared;
pub use listener::{ListenError, Listener, Scheme};
pub use slots::Slots;
pub use stopping::{Stopper, Stopping};
pub use throttle::Throttle;

/// What clients are told when the server stops.
pub const STOPPING: &str = "this server is stopping; come back after the delay";
