//! What a client tells without being asked.

use crate::{Error, UserStatus};

/// Something happened. Events come in order, on the client's task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Statuses of oneself, friends and users subscribed to: each newer than any told of that user before (N6).
    StatusChanged(Vec<UserStatus>),
    /// The connection to the server.
    Connection(ConnectionState),
    /// Logged out by another device or the operator (D1). The client does not come back by itself.
    KickedOffline(Error),
    /// The UserSig no longer lets this client in; it is logged out. Log in with a new one.
    UserSigExpired(Error),
    /// Users who became friends.
    FriendsAdded(Vec<String>),
    /// Users who are friends no more.
    FriendsDeleted(Vec<String>),
}

/// How the connection stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConnectionState {
    /// Trying to reach the server.
    Connecting,
    /// The server answered.
    Connected,
    /// The connection was lost; a logged-in client tries again by itself.
    Disconnected(String),
    /// The server could not be reached; it will be tried again.
    ConnectFailed(String),
}
