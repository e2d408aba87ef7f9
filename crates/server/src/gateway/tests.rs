//! What clients and operators ask, without sockets.

mod friends;
mod logins;
mod requests;
mod time;
