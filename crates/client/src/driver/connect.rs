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
use tokio::sync::oneshot;
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
/// Behind what worked last, and what was not tried.
const MUTE_RANK: u8 = 2;

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
            MUTE_RANK
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
    // Ways that may lead somewhere, of those found so far.
    let promising = Arc::new(AtomicUsize::new(0));
    let lookups = (0..servers.len())
        .flat_map(|number| look_up(servers, number, memory, &promising))
        .collect();
    let raced = race(
        lookups,
        |way| memory.rank(way),
        |way| {
            let is_promising = memory.rank(way) < MUTE_RANK;
            let (opening, promising) = (open(Arc::clone(servers), *way), Arc::clone(&promising));
            Box::pin(async move {
                let opened = opening.await;
                if opened.is_err() && is_promising {
                    promising.fetch_sub(1, Ordering::Relaxed);
                }
                opened
            })
        },
    )
    .await;
    match raced {
        Ok((way, stream)) => Ok(Connected {
            stream,
            way,
            has_others: memory.rank(&way) < MUTE_RANK && promising.load(Ordering::Relaxed) > 1,
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

/// Finds a server's addresses. Where one worked last, and the answer takes its time or fails, that one is tried without.
fn look_up(
    servers: &Arc<[Server]>,
    number: usize,
    memory: &Memory,
    promising: &Arc<AtomicUsize>,
) -> Vec<Lookup<Way>> {
    let best = memory.best.filter(|best| best.server == number);
    let (answered, answer) = oneshot::channel();
    let (servers, memory) = (Arc::clone(servers), memory.clone());
    let count = Arc::clone(promising);
    let asked: Lookup<Way> = Box::pin(async move {
        let host = &servers[number].address;
        let lookup = tokio::net::lookup_host((host.host.as_str(), host.port));
        let found = timeout(LOOKUP_TIMEOUT, lookup)
            .await
            .map_err(|_| timed_out("no answer about its name"))??;
        let is_tried_already = answered.send(()).is_err();
        let ways: Vec<_> = interleaved(found.map(canonical).collect())
            .into_iter()
            .map(|address| Way {
                server: number,
                address,
            })
            .filter(|way| !(is_tried_already && best == Some(*way)))
            .collect();
        let unspent = ways.iter().filter(|way| memory.rank(way) < MUTE_RANK);
        count.fetch_add(unspent.count(), Ordering::Relaxed);
        Ok(ways)
    });
    let Some(best) = best else {
        return vec![asked];
    };
    let count = Arc::clone(promising);
    let remembered: Lookup<Way> = Box::pin(async move {
        match timeout(LOOKUP_PATIENCE, answer).await {
            Ok(Ok(())) => Ok(Vec::new()),
            // It failed, or takes longer.
            Ok(Err(_)) | Err(_) => {
                count.fetch_add(1, Ordering::Relaxed);
                Ok(vec![best])
            }
        }
    });
    vec![asked, remembered]
}

/// An IPv4 address that is written as one of IPv6 (`::ffff:192.0.2.1`) is one of IPv4: an IPv6 socket of Windows does not reach it.
fn canonical(mut address: SocketAddr) -> SocketAddr {
    address.set_ip(address.ip().to_canonical());
    address
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
    let (reason, hint) = match rustls_error(error) {
        Some(error) => (tls::reason(error), tls::hint(error)),
        None if error.kind() == io::ErrorKind::ConnectionRefused => {
            (error.to_string(), "; is userstatusd running there?")
        }
        None => (error.to_string(), ""),
    };
    let server = &server.address;
    io::Error::new(
        error.kind(),
        format!("cannot reach {server}: {reason}{hint}"),
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

    fn server(address: &str) -> Server {
        Server {
            address: address.parse().unwrap(),
            tls: None,
        }
    }

    /// Looks a server up, with what worked last; what was found, one lookup after the other.
    async fn looked_up(address: &str, best: Option<Way>) -> Vec<Vec<SocketAddr>> {
        let servers: Arc<[Server]> = Arc::new([server(address)]);
        let memory = Memory {
            best,
            ..Memory::default()
        };
        let mut found = Vec::new();
        for lookup in look_up(&servers, 0, &memory, &Arc::default()) {
            let ways = lookup.await.unwrap_or_default();
            found.push(ways.into_iter().map(|way| way.address).collect());
        }
        found
    }

    #[tokio::test]
    async fn what_worked_last_is_tried_without_an_answer_about_the_name_and_not_beside_one() {
        let address: SocketAddr = "127.0.0.1:7".parse().unwrap();
        let best = Some(Way { server: 0, address });
        assert_eq!(looked_up("127.0.0.1:7", None).await, [[address]]);
        assert_eq!(
            looked_up("127.0.0.1:7", best).await,
            [vec![address], vec![]]
        );
        // No name ends like this one (RFC 6761).
        assert_eq!(
            looked_up("nobody.invalid:7", best).await,
            [vec![], vec![address]]
        );
        let of_another = best.map(|best| Way { server: 1, ..best });
        assert_eq!(looked_up("127.0.0.1:7", of_another).await, [[address]]);
    }

    #[tokio::test]
    async fn an_ipv4_address_in_the_clothes_of_ipv6_is_reached_as_ipv4() {
        let address: SocketAddr = "127.0.0.1:7".parse().unwrap();
        assert_eq!(looked_up("[::ffff:127.0.0.1]:7", None).await, [[address]]);
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
