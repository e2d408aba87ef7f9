//! userstatusd as a process, over real sockets, spoken to with nothing but the wire crate.
#![allow(
    clippy::unwrap_used,
    missing_docs,
    unreachable_pub,
    reason = "a test that cannot go on has failed"
)]

mod accounts;
mod admin_flood;
mod admin_port;
mod backups;
mod balancer;
mod capacity;
mod client;
mod clock;
mod command_line;
mod disk;
mod friends;
mod health;
mod http_refusals;
mod lease;
mod logging;
mod login;
mod monitoring;
mod presence;
mod prices;
mod process;
mod protocol;
mod ready_file;
mod reload;
mod rest;
mod stopping;
mod strangers;
mod tls;
mod top;
mod trace;
mod websocket;
