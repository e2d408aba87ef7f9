//! A request becomes a command, and a change reaches everybody who is to be told of it.
//!
//! No sockets and no disks here: what comes in was read by a connection, what goes out waits in its [`outbox`], and accounts are
//! kept by whatever implements [`userstatus_store::Store`].
#![forbid(unsafe_code)]

mod census;
pub mod clock;
mod deadlines;
mod gateway;
pub mod hub;
mod log_gate;
mod origin;
pub mod outbox;
mod sig_ends;
#[cfg(test)]
mod testing;
pub mod traces;

pub use census::{Census, CensusCount, Closed, ConnectionMeters, Entry, Handshake, TurnedAway};
pub use gateway::{
    Answered, Asked, CheckedSig, CodeCounters, Gateway, GatewayMeters, OperatorError,
    RecordFailure, RequestMeters, Results, Session, desc_of, sig_code,
};
pub use log_gate::LogGate;
pub use origin::{Origin, client_behind};
