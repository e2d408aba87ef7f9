//! userstatusd as a process, over real sockets, spoken to with nothing but the wire crate.
#![allow(
    clippy::unwrap_used,
    missing_docs,
    unreachable_pub,
    reason = "a test that cannot go on has failed"
)]

mod admin_port;
mod balancer;
mod capacity;
mod client;
mod command_line;
mod login;
mod presence;
mod prices;
mod process;
mod protocol;
mod stopping;
mod strangers;
mod tls;
