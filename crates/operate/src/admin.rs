//! The operator's port: HTTP and JSON behind a bearer token, on loopback unless told otherwise.
//!
//! The token is in a header, which no page in a browser can make it send: neither a forged request nor a name that is bound to
//! loopback gets anywhere without it.

mod accounts;
pub mod api;
mod apps;
mod authorize;
mod body;
mod erasure;
pub(crate) mod failure;
mod friends;
mod openapi;
mod routes;
pub mod settings;
mod token;
mod trace;
mod upkeep;

use crate::guessing::Guessing;
use crate::health::Health;
use crate::http::HttpPort;
use crate::metrics::{HostCount, Metrics, ProcessUse};
use api::Reloaded;
pub use openapi::document;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
pub use token::{
    ADMIN_TOKEN_BYTES_MIN, AdminToken, Token, TokenError, TokenSource, read_token_file,
};
use userstatus_gateway::{Census, Gateway, LogGate};
use userstatus_store::embedded::EmbeddedStore;

/// Operators' connections at once. Each is an open file that no client has.
pub const ADMIN_CONNECTIONS_MAX: usize = 64;

/// Why operators cannot connect.
#[derive(Debug, thiserror::Error)]
#[error(
    "cannot listen for operators on {address}: {source}; choose another address with admin.listen or --admin-listen (port 0 is any free one)"
)]
pub struct AdminError {
    address: SocketAddr,
    source: io::Error,
}

/// The process the server runs in.
pub trait Host: Send + Sync {
    /// Reads the configuration again. May block.
    fn reload(&self) -> Reloaded;

    /// What it has done besides serving.
    fn count(&self) -> HostCount;

    /// What it uses.
    fn process(&self) -> ProcessUse;
}

/// What operators ask about.
pub struct Parts {
    /// Apps, accounts, and who is told what.
    pub gateway: Arc<Gateway<EmbeddedStore>>,
    /// Counts of connections.
    pub census: Arc<Census>,
    /// What balancers are told.
    pub health: Arc<Health>,
    /// What monitoring reads.
    pub metrics: Arc<Metrics>,
    /// What operators show.
    pub token: Arc<AdminToken>,
    /// The process.
    pub host: Arc<dyn Host>,
}

/// What handlers work on.
pub(crate) struct Admin {
    gateway: Arc<Gateway<EmbeddedStore>>,
    census: Arc<Census>,
    health: Arc<Health>,
    metrics: Arc<Metrics>,
    token: Arc<AdminToken>,
    host: Arc<dyn Host>,
    guessing: Guessing,
    guesses_gate: LogGate,
}

/// An admin port that is open.
pub struct RunningAdmin {
    port: HttpPort,
    token: Arc<AdminToken>,
}

/// Opens the admin port.
///
/// # Errors
/// [`AdminError`].
pub async fn listen(address: SocketAddr, parts: Parts) -> Result<RunningAdmin, AdminError> {
    let Parts {
        gateway,
        census,
        health,
        metrics,
        token,
        host,
    } = parts;
    let admin = Arc::new(Admin {
        gateway,
        census,
        health,
        metrics,
        token: Arc::clone(&token),
        host,
        guessing: Guessing::default(),
        guesses_gate: LogGate::new("wrong admin tokens"),
    });
    let port = HttpPort::open(address, routes::router(admin), ADMIN_CONNECTIONS_MAX)
        .await
        .map_err(|source| AdminError { address, source })?;
    Ok(RunningAdmin { port, token })
}

impl RunningAdmin {
    /// Where it listens; the port is the real one.
    pub const fn address(&self) -> SocketAddr {
        self.port.address()
    }

    /// What operators have to show. Never for a log.
    pub fn token(&self) -> String {
        self.token.expose()
    }

    /// Closes it; requests being answered may take a second.
    pub async fn close(self) {
        self.port.close().await;
    }
}
