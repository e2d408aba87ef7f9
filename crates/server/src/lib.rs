//! userstatusd, the presence backend: sockets at one edge, operators at the other, the rules of `userstatus-core` in between.

pub mod account_key;
pub mod apps;
pub mod clock;
mod deadlines;
pub mod gateway;
pub mod hub;
pub mod outbox;
pub mod store;
#[cfg(test)]
mod testing;
