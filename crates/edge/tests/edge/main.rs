//! The edge over real sockets, on a store whose disk can be made to hang.
#![allow(
    clippy::unwrap_used,
    missing_docs,
    unreachable_pub,
    reason = "a test that cannot go on has failed"
)]

mod client;
mod hanging_disk;
mod memory;
mod meters;
mod records;
mod server;
mod websocket;
