//! Sockets that listen, and what comes in by them.

use crate::connection::{self, Shared};
use crate::settings::{Listener as Settings, Network};
use crate::slots::{Refused, Slot, Slots};
use socket2::{Domain, Protocol, Socket, Type};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use userstatus_gateway::{Entry, Origin, TurnedAway};
use userstatus_store::Store;
use userstatus_tls::{self as tls, ReloadHandle, TlsAcceptor, TlsError};

/// After an error that closing a connection may cure, such as too many open files, accepting goes on when one was closed, or
/// after this long.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// What the kernel takes of a connection's answers and pushes before anybody has read them; Linux doubles it. Left to itself it grows to
/// 4 MiB for each connection that does not read, in memory that no limit of ours bounds. A push to a client 200 ms away may still
/// go on at more than a megabyte a second.
const SEND_BUFFER_BYTES: usize = 128 * 1024;

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
    scheme: Scheme,
    entrance: Arc<Entrance>,
    certificate: Option<ReloadHandle>,
}

/// What clients speak, as their addresses say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Frames in plain TCP.
    Tcp,
    /// Frames in TLS.
    Tls,
    /// Frames in messages of a WebSocket.
    Ws,
    /// The same in TLS.
    Wss,
}

impl Scheme {
    /// What it is called where connections are counted.
    const fn entry(self) -> Entry {
        match self {
            Self::Tcp => Entry::Tcp,
            Self::Tls => Entry::Tls,
            Self::Ws => Entry::Websocket,
            Self::Wss => Entry::WebsocketTls,
        }
    }

    /// Whether it is for web pages, and no other client speaks it.
    pub const fn is_websocket(self) -> bool {
        matches!(self, Self::Ws | Self::Wss)
    }

    /// An address as clients are given it.
    pub fn address(self, address: SocketAddr) -> String {
        match self {
            Self::Tcp => address.to_string(),
            Self::Tls => format!("tls://{address}"),
            Self::Ws => format!("ws://{address}"),
            Self::Wss => format!("wss://{address}"),
        }
    }
}

/// How connections come in by a listener.
pub(crate) struct Entrance {
    pub(crate) tls: Option<TlsAcceptor>,
    /// If they come through balancers: where those are.
    pub(crate) proxies: Option<Vec<Network>>,
    /// If they are WebSockets.
    pub(crate) web: Option<Web>,
    pub(crate) entry: Entry,
}

/// Which WebSockets come in.
pub(crate) struct Web {
    /// Of web pages of these origins; none: of all.
    pub(crate) origins: Vec<String>,
    /// HTTP balancers that are believed whose connection they hand on.
    pub(crate) forwarded_by: Vec<Network>,
}

impl Entrance {
    /// Whether a balancer's connection is somebody else's, as it will say.
    pub(crate) fn is_handed_on(&self, peer: IpAddr) -> bool {
        self.web.as_ref().is_some_and(|web| web.trusts(peer))
    }
}

impl Web {
    pub(crate) fn lets_in(&self, origin: &[u8]) -> bool {
        let mut origins = self.origins.iter();
        // Scheme and host of an origin have no case.
        self.origins.is_empty()
            || origins.any(|allowed| allowed.as_bytes().eq_ignore_ascii_case(origin))
    }

    pub(crate) fn trusts(&self, peer: IpAddr) -> bool {
        self.forwarded_by
            .iter()
            .any(|network| network.contains(peer))
    }
}

impl Listener {
    /// Binds the socket, and reads certificate and key.
    ///
    /// # Errors
    /// [`ListenError`].
    pub fn bind(settings: &Settings) -> Result<Self, ListenError> {
        let (tls, certificate) = match settings.tls_files() {
            Some((cert, key)) => {
                let (acceptor, certificate) = tls::acceptor(cert, key)?;
                (Some(acceptor), Some(certificate))
            }
            None => (None, None),
        };
        let proxies = settings
            .proxy_protocol
            .then(|| settings.proxy_trusted.clone());
        let forwarded_by = match settings.forwarded_for {
            true => settings.proxy_trusted.clone(),
            false => Vec::new(),
        };
        let web = settings.websocket.then(|| Web {
            origins: settings.websocket_origins.clone(),
            forwarded_by,
        });
        let failed = |source| ListenError::Socket {
            address: settings.address,
            source,
        };
        let scheme = match (web.is_some(), tls.is_some()) {
            (false, false) => Scheme::Tcp,
            (false, true) => Scheme::Tls,
            (true, false) => Scheme::Ws,
            (true, true) => Scheme::Wss,
        };
        let socket = listen(settings).map_err(failed)?;
        let address = socket.local_addr().map_err(failed)?;
        Ok(Self {
            socket,
            address,
            scheme,
            entrance: Arc::new(Entrance {
                tls,
                proxies,
                web,
                entry: scheme.entry(),
            }),
            certificate,
        })
    }

    /// Where it listens; the port is the real one.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    fn is_tls(&self) -> bool {
        self.entrance.tls.is_some()
    }

    /// What a client's address of it begins with.
    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }

    fn is_websocket(&self) -> bool {
        self.entrance.web.is_some()
    }

    /// Its certificate, if it speaks TLS: to read it anew at once, and to see when it ends.
    pub const fn certificate(&self) -> Option<&ReloadHandle> {
        self.certificate.as_ref()
    }

    /// Takes connections until the server stops, and the certificates that come to be in its files.
    pub async fn run<S: Store>(self, shared: Arc<Shared<S>>) {
        let following = async {
            match &self.certificate {
                Some(certificate) => certificate.follow_files(|| shared.wall_clock()).await,
                None => std::future::pending().await,
            }
        };
        let listeners = &shared.slots().meters().listeners;
        listeners.rise(self.entrance.entry);
        tokio::select! {
            () = self.accept(&shared) => {}
            () = following => {}
        }
        listeners.fall(self.entrance.entry);
    }

    async fn accept<S: Store>(&self, shared: &Arc<Shared<S>>) {
        let stopping = shared.stopping().clone();
        let mut stopped = std::pin::pin!(stopping.begun());
        loop {
            let accepted = tokio::select! {
                biased;
                _ = &mut stopped => return,
                accepted = self.socket.accept() => accepted,
            };
            match accepted {
                Ok((stream, peer)) => self.take(shared, stream, peer),
                Err(error) if is_of_one_connection(&error) => {
                    tracing::debug!(address = %self.address, %error, "a connection was gone before it was taken");
                }
                Err(error) => {
                    shared.slots().meters().accept_failures.count();
                    if shared.listening_gate().opens(shared.now()) {
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
        match self.place(shared, peer) {
            Ok(slot) => {
                let entrance = Arc::clone(&self.entrance);
                tokio::spawn(connection::run(
                    Arc::clone(shared),
                    stream,
                    peer,
                    entrance,
                    slot,
                ));
            }
            Err(refused) => {
                if shared.log_gate().opens(shared.now()) {
                    tracing::warn!(%peer, %refused, "connection refused");
                }
                // The reason could only be given after a handshake there: too dear for a server that is full.
                if !self.is_tls() && !self.is_websocket() {
                    connection::refuse(shared, stream, &refused);
                }
            }
        }
    }

    /// A place for a connection. Whose share it is of a balancer's header says.
    fn place<S: Store>(&self, shared: &Shared<S>, peer: SocketAddr) -> Result<Slot, Refused> {
        let slots = shared.slots();
        match &self.entrance.proxies {
            Some(trusted) if trusted.iter().any(|network| network.contains(peer.ip())) => {
                Slots::take(slots)
            }
            Some(_) => {
                slots.count_refused(TurnedAway::NoBalancer);
                Err(Refused::NoBalancer)
            }
            None if self.entrance.is_handed_on(peer.ip()) => Slots::take(slots),
            None => {
                let mut slot = Slots::take(slots)?;
                slot.claim(Origin::of(peer.ip()))?;
                Ok(slot)
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
    // A server that is started again need not wait until the connections of the last one are forgotten. On Windows it need not anyway,
    // and the option would let any other program take the port.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    // What is accepted has it from here.
    socket.set_send_buffer_size(SEND_BUFFER_BYTES)?;
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
