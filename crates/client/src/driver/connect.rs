//! Reaching the server: of several servers and addresses, the first that answers.

use super::race::{Attempt, Lookup, race};
use super::tcp::Tcp;
use super::tls::{self, Trust};
use crate::{ConfigError, ServerAddress};
use rustls::pki_types::ServerName;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// How long one attempt to connect may take, all its addresses together. A login waits 30 s.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);
/// How long finding a host's addresses may take.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(10);
/// And before the address that worked last is tried without: bad networks lose questions about names, too.
const LOOKUP_PATIENCE: Duration = Duration::from_secs(1);
/// Addresses of one host tried in one attempt to connect.
const ADDRESSES_MAX: usize = 8;
/// Servers a client may be given.
pub const SERVERS_MAX: usize = 8;
/// Ways remembered that were of no use.
const MUTE_MAX: usize = 32;

/// An attempt to connect.
pub(super) type Connecting = Pin<Box<dyn Future<Output = io::Result<Connected>> + Send>>;

/// A connection that stands, TLS included. Whether the server behind it says anything is not known yet.
pub(super) struct Connected {
    pub(super) stream: Stream,
    pub(super) way: Way,
    /// Whether there is another way that may be better, if the server says nothing.
    pub(super) has_others: bool,
}

/// One address of one server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Way {
    server: usize,
    address: SocketAddr,
}

/// Knows where to connect and how.
pub(crate) struct Connector {
    servers: Arc<[Server]>,
    memory: Memory,
}

struct Server {
    address: ServerAddress,
    /// Whom TLS is spoken with, and how.
    tls: Option<(TlsConnector, ServerName<'static>)>,
}

/// What became of earlier connections.
#[derive(Clone, Default)]
struct Memory {
    /// The way by which a server was last heard.
    best: Option<Way>,
    /// Those that took a connection and said nothing, as a process does that hangs: they come last.
    mute: Vec<Way>,
}

impl Memory {
    fn rank(&self, way: &Way) -> u8 {
        if self.mute.contains(way) {
            2
        } else {
            u8::from(self.best != Some(*way))
        }
    }
}

impl Connector {
    pub(crate) fn new(servers: &[ServerAddress], trust: Trust<'_>) -> Result<Self, ConfigError> {
        if servers.is_empty() || servers.len() > SERVERS_MAX {
            return Err(ConfigError::Servers(servers.len()));
        }
        let servers = servers.iter().map(|server| {
            let tls = if server.tls {
                let name = ServerName::try_from(server.host.clone())
                    .map_err(|_| ConfigError::ServerName(server.host.clone()))?;
                Some((TlsConnector::from(tls::config(trust)?), name))
            } else {
                None
            };
            Ok(Server {
                address: server.clone(),
                tls,
            })
        });
        Ok(Self {
            servers: servers.collect::<Result<_, ConfigError>>()?,
            memory: Memory::default(),
        })
    }

    pub(super) fn connect(&self) -> Connecting {
        let (servers, memory) = (Arc::clone(&self.servers), self.memory.clone());
        Box::pin(async move {
            timeout(CONNECT_TIMEOUT, reach(&servers, &memory))
                .await
                .unwrap_or_else(|_| {
                    let failure = timed_out("no answer");
                    Err(explained(&servers[0], &failure))
                })
        })
    }

    /// A server was heard by this way: it is tried first from now on.
    pub(super) fn heard(&mut self, way: Way) {
        self.memory.best = Some(way);
        self.memory.mute.retain(|mute| *mute != way);
    }

    /// The connection by this way ended before anything was heard.
    pub(super) fn was_mute(&mut self, way: Way) {
        let mute = &mut self.memory.mute;
        if !mute.contains(&way) {
            let excess = (mute.len() + 1).saturating_sub(MUTE_MAX);
            mute.drain(..excess);
            mute.push(way);
        }
    }
}

async fn reach(servers: &Arc<[Server]>, memory: &Memory) -> io::Result<Connected> {
    let promising = Arc::new(AtomicUsize::new(0));
    let lookups = (0..servers.len())
        .map(|number| look_up(servers, number, memory, &promising))
        .collect();
    let raced = race(
        lookups,
        |way| memory.rank(way),
        |way| open(Arc::clone(servers), *way),
    )
    .await;
    match raced {
        Ok((way, stream)) => Ok(Connected {
            stream,
            way,
            has_others: memory.rank(&way) < 2 && promising.load(Ordering::Relaxed) > 1,
        }),
        Err(failures) => {
            for (way, error) in &failures {
                tracing::debug!(?way, %error, "no connection");
            }
            // A server that is there and refused says more than an address without an answer; a name that is not known, least.
            let told = failures.iter().min_by_key(|(way, error)| match way {
                Some(_) if rustls_error(error).is_some() => 0,
                Some(_) if error.kind() == io::ErrorKind::TimedOut => 2,
                Some(_) => 1,
                None => 3,
            });
            Err(match told {
                Some((way, error)) => explained(&servers[way.map_or(0, |way| way.server)], error),
                None => explained(&servers[0], &io::Error::other("the host has no address")),
            })
        }
    }
}

/// Finds a server's addresses; `promising` counts those that were not mute.
fn look_up(
    servers: &Arc<[Server]>,
    number: usize,
    memory: &Memory,
    promising: &Arc<AtomicUsize>,
) -> Lookup<Way> {
    let (servers, memory, promising) = (Arc::clone(servers), memory.clone(), Arc::clone(promising));
    Box::pin(async move {
        let known = memory.best.filter(|best| best.server == number);
        let host = &servers[number].address;
        let lookup = async {
            let found = tokio::net::lookup_host((host.host.as_str(), host.port));
            match timeout(LOOKUP_TIMEOUT, found).await {
                Ok(found) => found.map(|found| interleaved(found.collect())),
                Err(_) => Err(timed_out("no answer about its name")),
            }
        };
        let found = match known {
            None => lookup.await?,
            Some(known) => match timeout(LOOKUP_PATIENCE, lookup).await {
                Ok(Ok(found)) => found,
                Ok(Err(_)) | Err(_) => vec![known.address],
            },
        };
        let ways: Vec<_> = found
            .into_iter()
            .map(|address| Way {
                server: number,
                address,
            })
            .collect();
        let unspent = ways.iter().filter(|way| memory.rank(way) < 2).count();
        promising.fetch_add(unspent, Ordering::Relaxed);
        Ok(ways)
    })
}

/// The families take turns, that of the first address first (RFC 8305, section 4): where one of them leads nowhere, every second
/// address still leads somewhere.
fn interleaved(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let Some(first) = addresses.first().map(SocketAddr::is_ipv6) else {
        return addresses;
    };
    let (same, other): (Vec<_>, Vec<_>) = addresses
        .into_iter()
        .partition(|address| address.is_ipv6() == first);
    let (mut same, mut other) = (same.into_iter(), other.into_iter());
    std::iter::from_fn(|| Some([same.next(), other.next()]))
        .take_while(|pair| pair.iter().any(Option::is_some))
        .flatten()
        .flatten()
        .take(ADDRESSES_MAX)
        .collect()
}

/// TLS is part of it: something on the way that takes every connection, and cannot know the server's key, does not win.
fn open(servers: Arc<[Server]>, way: Way) -> Attempt<Stream> {
    Box::pin(async move {
        let stream = Tcp::connect(way.address).await?;
        Ok(match &servers[way.server].tls {
            None => Stream::Plain(stream),
            Some((connector, name)) => {
                Stream::Tls(Box::new(connector.connect(name.clone(), stream).await?))
            }
        })
    })
}

fn rustls_error(error: &io::Error) -> Option<&rustls::Error> {
    error.get_ref().and_then(|inner| inner.downcast_ref())
}

/// With what to do about it.
fn explained(server: &Server, error: &io::Error) -> io::Error {
    let hint = match rustls_error(error) {
        Some(error) => tls::hint(error),
        None if error.kind() == io::ErrorKind::ConnectionRefused => {
            "; is userstatusd running there?"
        }
        None => "",
    };
    let server = &server.address;
    io::Error::new(
        error.kind(),
        format!("cannot reach {server}: {error}{hint}"),
    )
}

fn timed_out(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, what)
}

/// A connection to the server.
pub(super) enum Stream {
    Plain(Tcp),
    Tls(Box<TlsStream<Tcp>>),
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(context),
            Self::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_take_turns() {
        let addresses = |texts: &[&str]| -> Vec<SocketAddr> {
            texts.iter().map(|text| text.parse().unwrap()).collect()
        };
        let found = addresses(&["[::1]:1", "[::2]:1", "[::3]:1", "1.1.1.1:1", "2.2.2.2:1"]);
        let order = addresses(&["[::1]:1", "1.1.1.1:1", "[::2]:1", "2.2.2.2:1", "[::3]:1"]);
        assert_eq!(interleaved(found), order);
        assert_eq!(interleaved(Vec::new()), []);
        let many: Vec<SocketAddr> = (1..=20)
            .map(|port| SocketAddr::from(([127, 0, 0, 1], port)))
            .collect();
        assert_eq!(interleaved(many.clone()), many[..ADDRESSES_MAX]);
    }

    #[test]
    fn who_was_heard_comes_first_and_who_was_mute_last() {
        let way = |port| Way {
            server: 0,
            address: SocketAddr::from(([127, 0, 0, 1], port)),
        };
        let mut connector = Connector {
            servers: Arc::new([]),
            memory: Memory::default(),
        };
        connector.heard(way(1));
        for port in 2..100 {
            connector.was_mute(way(port));
        }
        let rank = |connector: &Connector, port| connector.memory.rank(&way(port));
        assert_eq!(rank(&connector, 1), 0);
        assert_eq!(rank(&connector, 99), 2);
        assert_eq!(connector.memory.mute.len(), MUTE_MAX);
        assert_eq!(rank(&connector, 2), 1, "forgotten");
        // It hangs now; and then it does not.
        connector.was_mute(way(1));
        assert_eq!(rank(&connector, 1), 2);
        connector.heard(way(1));
        assert_eq!(rank(&connector, 1), 0);
    }
}
