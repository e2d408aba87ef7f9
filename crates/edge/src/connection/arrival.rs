//! From the accept to the first byte of our own protocol: whose connection it is, and TLS.

use super::metered::{Meter, Metered};
use super::transport::Transport;
use super::{Shared, protocol_broken, refuse_with, websocket};
use crate::handshakes::UNDISTURBED;
use crate::listener::{Entrance, Web};
use crate::price::{HANDSHAKE, Price, UPGRADE};
use crate::proxy::{self, Claim, HEADER_TIMEOUT, HeaderError};
use crate::settings::ms;
use crate::slots::Slot;
use std::fmt::Display;
use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::task::Poll;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until, timeout_at};
use tokio_rustls::TlsAcceptor;
use userstatus_gateway::{Closed, Handshake, Origin};
use userstatus_meters::Counters;
use userstatus_store::Store;
use userstatus_wire::{HELLO_BYTES_MAX, v1};

/// What a TLS handshake holds besides what it was sent: about what rustls allocates for it.
const HANDSHAKE_BYTES: usize = 16 * 1024;

/// A connection before it has said anything of ours.
pub(super) struct Arrival<'a, S: Store> {
    pub(super) shared: &'a Shared<S>,
    pub(super) entrance: &'a Entrance,
    pub(super) slot: &'a mut Slot,
    /// When the hello has to be there.
    pub(super) hello_by: Instant,
}

/// Who stands behind a connection, as far as is known before its first byte of HTTP.
#[derive(Clone, Copy)]
struct Caller {
    address: SocketAddr,
    /// It is an HTTP balancer, which will say whose connection it is.
    is_handed_on: bool,
}

impl<S: Store> Arrival<'_, S> {
    /// The transport, and the client's own address. `None`: it is closed, and told why if that can be said.
    pub(super) async fn admit(
        mut self,
        mut stream: TcpStream,
        peer: SocketAddr,
    ) -> Option<(Transport, SocketAddr)> {
        let mut client = peer;
        if self.entrance.proxies.is_some() {
            client = match self.claim(&mut stream, peer).await {
                Ok(client) => client,
                Err(Turned::Refused(closing)) => {
                    self.turn_away(stream, peer, closing);
                    return None;
                }
                Err(Turned::Away(closing)) => {
                    self.shared.count_closed(Closed::NoProxyHeader);
                    self.turn_away(stream, peer, closing);
                    return None;
                }
                Err(Turned::Gone) => {
                    self.shared.count_closed(Closed::BeforeLogin);
                    return None;
                }
            };
        }
        let caller = Caller {
            address: client,
            is_handed_on: self.entrance.is_handed_on(client.ip()),
        };
        let transport = match &self.entrance.tls {
            None => Transport::plain(stream),
            Some(acceptor) => self.handshake(acceptor, stream, caller).await?,
        };
        match &self.entrance.web {
            None => Some((transport, client)),
            Some(web) => self.upgrade(web, transport, caller).await,
        }
    }

    /// Reads whose connection it is, and takes its place.
    async fn claim(
        &mut self,
        stream: &mut TcpStream,
        peer: SocketAddr,
    ) -> Result<SocketAddr, Turned> {
        let header_by = self.hello_by.min(Instant::now() + HEADER_TIMEOUT);
        match timeout_at(header_by, proxy::read_header(stream)).await {
            Ok(Ok(Claim::Client(client))) => {
                tracing::debug!(peer = %client, balancer = %peer, "connected");
                let claimed = self.slot.claim(Origin::of(client.ip()));
                claimed
                    .map(|()| client)
                    .map_err(|refused| Turned::Refused(refused.closing()))
            }
            Ok(Ok(Claim::Balancer)) => {
                self.slot.claim_for_nobody();
                Ok(peer)
            }
            // A balancer that looks whether somebody listens says nothing.
            Ok(Err(HeaderError::Io(error))) => {
                tracing::debug!(%peer, %error, "gone before a PROXY protocol header");
                Err(Turned::Gone)
            }
            Ok(Err(error)) => Err(Turned::Away(protocol_broken(error.to_string()))),
            Err(_) => Err(Turned::Away(protocol_broken(format!(
                "no PROXY protocol header within {} ms",
                HEADER_TIMEOUT.as_millis()
            )))),
        }
    }

    fn turn_away(&self, stream: TcpStream, peer: SocketAddr, closing: v1::Closing) {
        self.log_turned_away(peer, &closing);
        // The reason could only be given after a handshake there.
        if self.entrance.tls.is_none() && self.entrance.web.is_none() {
            refuse_with(self.shared, Transport::plain(stream), closing);
        }
    }

    fn log_turned_away(&self, peer: SocketAddr, closing: &v1::Closing) {
        if self.shared.log_gate.opens(self.shared.now()) {
            tracing::info!(%peer, reason = closing.desc, "connection closed before a login");
        }
    }

    /// Reads the HTTP request a WebSocket begins with, and whose connection it is if a balancer sent it.
    async fn upgrade(
        &mut self,
        web: &Web,
        transport: Transport,
        caller: Caller,
    ) -> Option<(Transport, SocketAddr)> {
        let Caller {
            address: peer,
            is_handed_on,
        } = caller;
        let (socket, meter) = Metered::new(transport.into_socket());
        let shared = self.shared;
        let upgrading = async {
            if !is_handed_on {
                charge(shared, Origin::of(peer.ip()), UPGRADE).await;
            }
            let upgraded = websocket::upgrade(socket, peer, web).await?;
            if is_handed_on {
                charge(shared, Origin::of(upgraded.client.ip()), UPGRADE).await;
            }
            Ok(upgraded)
        };
        let mut share = self.shared.strangers.share(Origin::of(peer.ip()));
        let mut upgrading = pin!(upgrading);
        let upgraded = poll_fn(|context| {
            let polled = upgrading.as_mut().poll(context);
            if polled.is_pending()
                && let Err(too_many) = share.hold(context, websocket::HEAD_BYTES_MAX)
            {
                return Poll::Ready(Err(io::Error::other(too_many)));
            }
            polled
        });
        let upgraded = timeout_at(self.hello_by, upgraded).await;
        let websocket::Upgraded { socket, client } = match upgraded {
            Ok(Ok(upgraded)) => upgraded,
            Ok(Err(error)) => {
                self.no_websocket(peer, &meter, Handshake::Failed, &error);
                return None;
            }
            Err(_) => {
                self.no_websocket(peer, &meter, Handshake::TimedOut, &"not in time");
                return None;
            }
        };
        let handshakes = &self.shared.meters().websocket_handshakes;
        handshakes.count(Handshake::Made);
        let transport = Transport::web(socket);
        if is_handed_on && let Err(refused) = self.slot.claim(Origin::of(client.ip())) {
            let closing = refused.closing();
            self.log_turned_away(client, &closing);
            refuse_with(self.shared, transport, closing);
            return None;
        }
        Some((transport, client))
    }

    fn no_websocket(
        &self,
        peer: SocketAddr,
        meter: &Meter,
        became: Handshake,
        reason: &dyn Display,
    ) {
        let handshakes = &self.shared.meters().websocket_handshakes;
        self.count_no_handshake(handshakes, meter, became, Closed::NoWebsocket);
        // A balancer that looks whether somebody listens says nothing.
        if meter.bytes() == 0 {
            tracing::debug!(%peer, %reason, "gone before a WebSocket handshake");
            return;
        }
        if !self.shared.log_gate.opens(self.shared.now()) {
            return;
        }
        match meter.first_bytes() {
            first_bytes if is_frame(first_bytes) => tracing::info!(
                %peer,
                reason = "this looks like a client that is no web page; the address it is given has to be that of another listener",
                "no WebSocket handshake"
            ),
            first_bytes if proxy::is_tls(first_bytes) => tracing::info!(
                %peer,
                reason = "this looks like TLS, which this listener does not speak: ws:// instead of wss://, or give it a certificate",
                "no WebSocket handshake"
            ),
            _ => tracing::info!(%peer, %reason, "no WebSocket handshake"),
        }
    }

    async fn handshake(
        &self,
        acceptor: &TlsAcceptor,
        stream: TcpStream,
        caller: Caller,
    ) -> Option<Transport> {
        let Caller {
            address: peer,
            is_handed_on,
        } = caller;
        let origin = Origin::of(peer.ip());
        let turn = self.shared.handshakes.queue(origin);
        let its_turn = async {
            let turn = turn.has_come().await;
            // A balancer's are those of all its clients, who are not known yet.
            if !is_handed_on {
                charge(self.shared, origin, HANDSHAKE).await;
            }
            turn
        };
        let Ok(Some(_turn)) = timeout_at(self.hello_by, its_turn).await else {
            tracing::debug!(%peer, "too many TLS handshakes of this address: its turn did not come in time");
            self.shared
                .meters()
                .tls_handshakes
                .count(Handshake::TimedOut);
            self.shared.count_closed(Closed::NoTls);
            return None;
        };
        let timeout = ms(self.shared.settings.tls_handshake_timeout_ms);
        let by = self.hello_by.min(Instant::now() + timeout);
        let (metered, meter) = Metered::new(stream);
        let mut share = self.shared.strangers.share(origin);
        let mut accepting = pin!(acceptor.accept(metered));
        let shaken = poll_fn(|context| {
            let polled = accepting.as_mut().poll(context);
            if polled.is_pending()
                && let Err(too_many) = share.hold(context, HANDSHAKE_BYTES + meter.bytes())
            {
                return Poll::Ready(Err(io::Error::other(too_many)));
            }
            polled
        });
        let mut shaken = pin!(shaken);
        let undisturbed_until = by.min(Instant::now() + UNDISTURBED);
        let outcome = match timeout_at(undisturbed_until, shaken.as_mut()).await {
            Err(_) if !turn.is_waited_for() => timeout_at(by, shaken).await,
            outcome => outcome,
        };
        match outcome {
            Ok(Ok(stream)) => {
                let handshakes = &self.shared.meters().tls_handshakes;
                handshakes.count(Handshake::Made);
                Some(Transport::tls(stream))
            }
            Ok(Err(error)) => {
                self.failed_handshake(peer, &meter, Handshake::Failed, &error);
                None
            }
            Err(_) => {
                self.failed_handshake(peer, &meter, Handshake::TimedOut, &"not in time");
                None
            }
        }
    }

    fn count_no_handshake(
        &self,
        handshakes: &Counters<Handshake>,
        meter: &Meter,
        became: Handshake,
        closed: Closed,
    ) {
        let (became, closed) = match meter.bytes() {
            0 => (Handshake::NotBegun, Closed::BeforeLogin),
            _ => (became, closed),
        };
        handshakes.count(became);
        self.shared.count_closed(closed);
    }

    fn failed_handshake(
        &self,
        peer: SocketAddr,
        meter: &Meter,
        became: Handshake,
        reason: &dyn Display,
    ) {
        let handshakes = &self.shared.meters().tls_handshakes;
        self.count_no_handshake(handshakes, meter, became, Closed::NoTls);
        // A balancer that looks whether somebody listens says nothing.
        if meter.bytes() == 0 {
            tracing::debug!(%peer, %reason, "gone before a TLS handshake");
            return;
        }
        if !self.shared.log_gate.opens(self.shared.now()) {
            return;
        }
        match proxy::advice_on(meter.first_bytes()) {
            Some(advice) => tracing::warn!(%peer, "no TLS handshake; {advice}"),
            None if is_frame(meter.first_bytes()) => tracing::info!(
                %peer,
                reason = "this looks like a client without TLS; the address it is given has to begin with tls://",
                "TLS handshake failed"
            ),
            None => tracing::info!(%peer, %reason, "TLS handshake failed"),
        }
    }
}

/// Waits until an origin can afford something.
async fn charge<S: Store>(shared: &Shared<S>, origin: Origin, price: Price) {
    let charged = shared.origin_budgets.charge(origin, price, Instant::now());
    if let Some(ready_at) = charged {
        sleep_until(ready_at).await;
    }
}

/// Whether a connection began with the length of a frame and not with TLS.
fn is_frame(first_bytes: [u8; 4]) -> bool {
    let length = usize::try_from(u32::from_be_bytes(first_bytes));
    length.is_ok_and(|length| (1..=HELLO_BYTES_MAX).contains(&length))
}

/// Why a connection goes no further.
enum Turned {
    /// There is no place for it.
    Refused(v1::Closing),
    Away(v1::Closing),
    Gone,
}
