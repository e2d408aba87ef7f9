//! What a client tells without being asked.

use crate::{Error, UserStatus};
use std::time::Duration;

/// Something happened. Events come in order, on the client's task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Statuses of oneself, friends and users subscribed to: each newer than any told of that user before (N6).
    StatusChanged(Vec<UserStatus>),
    /// The connection to the server.
    Connection(ConnectionState),
    /// Logged out by another device (6208) or the operator (70052), or the server says why else (D1). The client does not come back
    /// by itself.
    KickedOffline(Error),
    /// The UserSig no longer lets this client in, and it is logged out: log in with a new one. The code says why: 70001 it has ended, 70002
    /// empty, 70003 malformed, 70009 its key was removed or never there, 70013 another user's, 70014 another app's; 70020: the app is gone,
    /// and no UserSig helps.
    UserSigExpired(Error),
    /// The UserSig is about to end, by the server's clock; zero: it has ended (D3). Each is told once of a UserSig. Log in as the same user
    /// with a new one: nobody notices. Without one the client stays logged in as long as its connection stands and the app's settings let it.
    UserSigExpiring {
        /// From now.
        expires_in: Duration,
    },
    /// Users who became friends, also those this client added: before the answer to that.
    FriendsAdded(Vec<String>),
    /// Users who are friends no more, also those this client deleted: before the answer to that.
    FriendsDeleted(Vec<String>),
}

/// Where login stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginStatus {
    /// Logged in, also while the connection is being made again.
    LoggedIn,
    /// A login is under way.
    LoggingIn,
    /// Not logged in.
    LoggedOut,
    /// A logout is under way.
    LoggingOut,
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
