//! What clients and operators ask, without sockets.
mod restart;

mod friends;
mod logins;
mod meters;
mod requests;
mod settings;
mod time;
