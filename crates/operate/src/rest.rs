//! REST as studios' back ends call it: `/v4/SERVICE/COMMAND`, in the shapes of the IM SDK whose rules this server keeps.
//!
//! Whatever comes of a request, the answer is HTTP 200 with `ActionStatus`, `ErrorCode` and `ErrorInfo`: client libraries look there and
//! nowhere else. Who asks shows a UserSig of one of the app's REST admins with every request.

mod accounts;
mod answer;
mod blocks;
mod body;
mod codes;
mod command;
mod custom_status;
mod friends;
mod gate;
mod named;
mod openapi;
mod rates;
mod signed;
mod status;

use crate::guessing::Guessing;
use crate::http::{HttpPort, Manner};
use axum::Router;
use rates::Rates;
use signed::Signed;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::task::JoinHandle;
use userstatus_core::Network;
use userstatus_gateway::{Gateway, LogGate};
use userstatus_store::embedded::EmbeddedStore;
use userstatus_tls::{ReloadHandle, TlsAcceptor};

pub use openapi::document;

/// Back ends' connections at once. Each is an open file that no client has.
pub const REST_CONNECTIONS_MAX: usize = 256;

/// Why back ends cannot connect.
#[derive(Debug, thiserror::Error)]
#[error(
    "cannot listen for back ends on {address}: {source}; choose another address with rest.listen or --rest-listen (port 0 is any free one)"
)]
pub struct RestError {
    address: SocketAddr,
    source: io::Error,
}

/// Where back ends connect, and how.
pub struct Listen {
    /// Where.
    pub address: SocketAddr,
    /// The certificate; none: plain.
    pub tls: Option<(TlsAcceptor, ReloadHandle)>,
    /// Balancers, which say in `X-Forwarded-For` whom they speak for.
    pub balancers: Vec<Network>,
}

/// What handlers work on.
struct Rest {
    gateway: Arc<Gateway<EmbeddedStore>>,
    balancers: Vec<Network>,
    signed: Signed,
    rates: Rates,
    guessing: Guessing,
    guesses_gate: LogGate,
}

/// A REST port that is open.
pub struct RunningRest {
    port: HttpPort,
    is_tls: bool,
    follower: Option<JoinHandle<()>>,
}

/// Opens the REST port.
///
/// # Errors
/// [`RestError`].
pub async fn listen(
    listen: Listen,
    gateway: Arc<Gateway<EmbeddedStore>>,
) -> Result<RunningRest, RestError> {
    let Listen {
        address,
        tls,
        balancers,
    } = listen;
    let (acceptor, certificate) = tls.unzip();
    let clock = *gateway.clock();
    let is_tls = acceptor.is_some();
    let port = HttpPort::open_with(
        address,
        Manner {
            tls: acceptor,
            refusal: gate::refusal,
        },
        router(gateway, balancers),
        REST_CONNECTIONS_MAX,
    )
    .await
    .map_err(|source| RestError { address, source })?;
    let follower = certificate.map(|certificate| {
        tokio::spawn(async move { certificate.follow_files(|| clock.wall()).await })
    });
    Ok(RunningRest {
        port,
        is_tls,
        follower,
    })
}

fn router(gateway: Arc<Gateway<EmbeddedStore>>, balancers: Vec<Network>) -> Router {
    let rest = Arc::new(Rest {
        gateway,
        balancers,
        signed: Signed::default(),
        rates: Rates::default(),
        guessing: Guessing::default(),
        guesses_gate: LogGate::new("wrong UserSigs of back ends"),
    });
    Router::new().fallback(gate::answer).with_state(rest)
}

impl RunningRest {
    /// Where it listens; the port is the real one.
    pub const fn address(&self) -> SocketAddr {
        self.port.address()
    }

    /// What client libraries are given.
    pub fn url(&self) -> String {
        let scheme = if self.is_tls { "https" } else { "http" };
        format!("{scheme}://{}", self.address())
    }

    /// Closes it; requests being answered may take a second.
    pub async fn close(self) {
        if let Some(follower) = self.follower {
            follower.abort();
        }
        self.port.close().await;
    }
}
