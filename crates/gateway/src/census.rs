//! How many connections there are, and what became of those there were: counted where they come in, read by operators.

use crate::gateway::CodeCounters;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use userstatus_meters::{Counter, Counters, Level, Levels, kinds};

kinds! {
    /// What clients speak at a listener.
    pub enum Entry {
        /// Frames in plain TCP.
        Tcp = "tcp",
        /// Frames in TLS.
        Tls = "tls",
        /// Frames in messages of a WebSocket.
        Websocket = "websocket",
        /// The same in TLS.
        WebsocketTls = "websocket_tls",
    }
}

kinds! {
    /// Why a connection was turned away.
    pub enum TurnedAway {
        /// There was no place.
        Full = "full",
        /// Its address had its share.
        PerAddress = "per_address",
        /// It came from no balancer.
        NoBalancer = "no_balancer",
    }
}

kinds! {
    /// Why a connection ended that had a place.
    pub enum Closed {
        /// By the client, or by the network.
        ByClient = "client",
        /// Nothing came of it, or went to it, for too long (S6).
        Silent = "silent",
        /// It logged out.
        LoggedOut = "logout",
        /// The same client is back on another connection.
        Replaced = "replaced",
        /// It was told to go: [`ConnectionMeters::kicks`] says why.
        Kicked = "kicked",
        /// What it said is no protocol.
        Protocol = "protocol",
        /// The server stops.
        Stopping = "stopping",
        /// It was gone before it logged in.
        BeforeLogin = "before_login",
        /// Its hello did not come in time.
        NoHello = "hello_timeout",
        /// Its login did not come in time.
        NoLogin = "login_timeout",
        /// Too many logins were under way, and its address had most of them.
        TooManyLogins = "too_many_logins",
        /// No TLS handshake.
        NoTls = "tls_handshake",
        /// No handshake of a WebSocket.
        NoWebsocket = "websocket_handshake",
        /// No header of a balancer.
        NoProxyHeader = "proxy_header",
    }
}

kinds! {
    /// What became of a handshake.
    pub enum Handshake {
        /// It was made.
        Made = "ok",
        /// One side did not like it.
        Failed = "failed",
        /// It took too long.
        TimedOut = "timeout",
        /// The other side was gone before it began: mostly a balancer that looks whether somebody listens.
        NotBegun = "not_begun",
    }
}

/// Counts of connections.
#[derive(Debug)]
pub struct Census {
    connections: AtomicU32,
    connections_max: u32,
    accepted: AtomicU64,
    meters: ConnectionMeters,
}

/// What is counted besides.
#[derive(Debug, Default)]
pub struct ConnectionMeters {
    /// Listeners that take connections.
    pub listeners: Levels<Entry>,
    /// Connections that are there.
    pub entered: Levels<Entry>,
    /// Connections that were turned away.
    pub turned_away: Counters<TurnedAway>,
    /// Connections that ended.
    pub closed: Counters<Closed>,
    /// Those that were kicked, by the code they were told.
    pub kicks: CodeCounters,
    /// TLS handshakes.
    pub tls_handshakes: Counters<Handshake>,
    /// Handshakes of WebSockets.
    pub websocket_handshakes: Counters<Handshake>,
    /// Connections that could not be taken from the system.
    pub accept_failures: Counter,
    /// Connections whose socket takes no more.
    pub blocked: Level,
    /// What waits for those, without what is in their outboxes.
    pub blocked_bytes: Level,
    /// Forged logins that were told to wait.
    pub forgeries_throttled: Counter,
}

/// What a [`Census`] says at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CensusCount {
    /// There now.
    pub connections: u32,
    /// May be.
    pub connections_max: u32,
    /// Let in since the start.
    pub accepted: u64,
    /// Turned away since the start, because there were too many.
    pub refused: u64,
}

impl Census {
    /// Nobody is there yet.
    pub fn new(connections_max: u32) -> Self {
        Self {
            connections: AtomicU32::new(0),
            connections_max,
            accepted: AtomicU64::new(0),
            meters: ConnectionMeters::default(),
        }
    }

    /// The counts.
    pub fn count(&self) -> CensusCount {
        CensusCount {
            connections: self.connections.load(Ordering::Acquire),
            connections_max: self.connections_max,
            accepted: self.accepted.load(Ordering::Relaxed),
            refused: self.meters.turned_away.total(),
        }
    }

    /// What is counted besides.
    pub const fn meters(&self) -> &ConnectionMeters {
        &self.meters
    }

    /// Takes a place, if there is one.
    pub fn enter(&self) -> bool {
        let take = |count| (count < self.connections_max).then_some(count + 1);
        self.connections
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, take)
            .is_ok()
    }

    /// Gives a place back.
    pub fn leave(&self) {
        self.connections.fetch_sub(1, Ordering::AcqRel);
    }

    /// Counts a connection that was let in.
    pub fn count_accepted(&self) {
        self.accepted.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a connection that was turned away.
    pub fn count_refused(&self, reason: TurnedAway) {
        self.meters.turned_away.count(reason);
    }
}
