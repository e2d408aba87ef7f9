//! Sockets that listen, and what comes in by them.

use crate::connection::{self, Shared};
use crate::settings::Listener as Settings;
use crate::slots::Slots;
use crate::tls::{self, TlsError};
use socket2::{Domain, Protocol, Socket, Type};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use userstatus_store::Store;

/// After an error that closing a connection may cure, such as too many open files, accepting goes on when one was closed, or
/// after this long.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// Why a listener cannot listen.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The system refused.
    #[error("cannot listen on {address}: {source}{}", hint(.source))]
    Socket {
        /// Where.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// Certificate or key.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

fn hint(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            "; something listens there already, perhaps another userstatusd: stop it, or choose another port (port 0 is any free one)"
        }
        io::ErrorKind::PermissionDenied => "; ports below 1024 need a privilege",
        io::ErrorKind::AddrNotAvailable => "; this machine has no such address",
        _ => "",
    }
}

/// A socket that listens. Nothing is taken from it before [`Listener::run`].
pub struct Listener {
    socket: TcpListener,
    address: SocketAddr,
    tls: Option<TlsAcceptor>,
}

impl Listener {
    /// Binds the socket, and reads certificate and key.
    ///
    /// # Errors
    /// [`ListenError`].
    pub fn bind(settings: &Settings) -> Result<Self, ListenError> {
        let tls = match settings.tls_files() {
            Some((cert, key)) => Some(tls::acceptor(cert, key)?),
            None => None,
        };
        let failed = |source| ListenError::Socket {
            address: settings.address,
            source,
        };
        let socket = listen(settings).map_err(failed)?;
        let address = socket.local_addr().map_err(failed)?;
        Ok(Self {
            socket,
            address,
            tls,
        })
    }

    /// Where it listens; the port is the real one.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether clients have to speak TLS.
    pub const fn is_tls(&self) -> bool {
        self.tls.is_some()
    }

    /// Takes connections until the server stops.
    pub async fn run<S: Store>(self, shared: Arc<Shared<S>>) {
        let stopping = shared.stopping().clone();
        let mut stopped = std::pin::pin!(stopping.begun());
        loop {
            let accepted = tokio::select! {
                biased;
                _ = &mut stopped => return,
                accepted = self.socket.accept() => accepted,
            };
            match accepted {
                Ok((stream, peer)) => self.take(&shared, stream, peer),
                Err(error) if is_of_one_connection(&error) => {
                    tracing::debug!(address = %self.address, %error, "a connection was gone before it was taken");
                }
                Err(error) => {
                    if shared.log_gate().opens(shared.now()) {
                        tracing::warn!(
                            address = %self.address, %error, connections = shared.slots().count().connections,
                            "cannot take connections for now; is the limit on open files too low?"
                        );
                    }
                    tokio::select! {
                        _ = &mut stopped => return,
                        () = shared.slots().one_freed() => {}
                        () = tokio::time::sleep(ACCEPT_PAUSE) => {}
                    }
                }
            }
        }
    }

    fn take<S: Store>(&self, shared: &Arc<Shared<S>>, stream: TcpStream, peer: SocketAddr) {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%peer, %error, "TCP_NODELAY was not set");
        }
        match Slots::take(shared.slots(), peer.ip()) {
            Ok(slot) => {
                let tls = self.tls.clone();
                tokio::spawn(connection::run(Arc::clone(shared), stream, peer, tls, slot));
            }
            Err(refused) => {
                if shared.log_gate().opens(shared.now()) {
                    tracing::warn!(%peer, %refused, "connection refused");
                }
                // In TLS the reason could only be given after a handshake: too dear for a server that is full.
                if self.tls.is_none() {
                    connection::refuse(shared, stream, &refused);
                }
            }
        }
    }
}

fn listen(settings: &Settings) -> io::Result<TcpListener> {
    let address = settings.address;
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    // A server that is started again need not wait until the connections of the last one are forgotten.
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(i32::try_from(settings.backlog).unwrap_or(i32::MAX))?;
    TcpListener::from_std(socket.into())
}

/// Errors that say nothing about the next connection.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::Interrupted
    )
}
