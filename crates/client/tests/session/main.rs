//! The session on virtual time, against a server played by the test, frame by frame.

mod connection;
mod histories;
mod logins;
mod play;
mod requests;
mod watching;
