//! The session on virtual time, against a server played by the test, frame by frame.

mod connection;
mod histories;
mod lists;
mod logins;
mod own_status;
mod play;
mod renewal;
mod requests;
mod watching;
