//! userstatusd, the presence backend: sockets at one edge, operators at the other, the rules of `userstatus-core` in between.
#![forbid(unsafe_code)]

pub mod account_key;
pub mod admin;
pub mod apps;
pub mod cli;
pub mod clock;
pub mod config;
mod connection;
mod deadlines;
pub mod gateway;
pub mod hub;
mod listener;
pub mod logging;
pub mod open_files;
pub mod outbox;
pub mod server;
pub mod shutdown;
pub mod store;
#[cfg(test)]
mod testing;
mod throttle;
mod tls;
