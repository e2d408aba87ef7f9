//! One connection: hello, login, then frames both ways until it ends.
//!
//! A connection is one task. Everything it needs only while it logs in is boxed and gone afterwards; what it reads passes
//! through a buffer of the thread; what it writes exists only until the socket has taken it. So an idle one costs little.

mod arrival;
mod farewell;
mod greeting;
mod intake;
mod live;
mod metered;
mod transport;
mod websocket;

use crate::handshakes::Handshakes;
use crate::listener::Entrance;
use crate::origin_budgets::OriginBudgets;
use crate::settings::Connections;
use crate::slots::{Refused, Slot, Slots};
use crate::stopping::Stopping;
use crate::strangers::Strangers;
use crate::throttle::Throttle;
use bytes::BytesMut;
use farewell::{Farewell, LINGERING_MAX};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use transport::Transport;
use userstatus_core::{Code, Timestamp};
use userstatus_gateway::{Closed, ConnectionMeters, Gateway, LogGate};
use userstatus_store::Store;
use userstatus_wire::{encode_server_frame, v1};

/// Connections that are told at once why there is no place for them; more are closed without a word.
const REFUSALS_MAX: usize = 128;

/// What all connections share.
pub struct Shared<S: Store> {
    gateway: Arc<Gateway<S>>,
    throttle: Throttle,
    settings: Connections,
    reconnect_spread_ms: u32,
    slots: Arc<Slots>,
    stopping: Stopping,
    log_gate: LogGate,
    /// What clients do uses up the other one.
    listening_gate: LogGate,
    refusals: Arc<Semaphore>,
    lingering: Arc<Semaphore>,
    strangers: Strangers,
    origin_budgets: OriginBudgets,
    handshakes: Handshakes,
}

impl<S: Store> Shared<S> {
    /// Puts together what all connections share.
    pub fn new(
        gateway: Arc<Gateway<S>>,
        throttle: Throttle,
        settings: Connections,
        reconnect_spread_ms: u32,
        slots: Arc<Slots>,
        stopping: Stopping,
    ) -> Arc<Self> {
        Arc::new(Self {
            gateway,
            throttle,
            settings,
            reconnect_spread_ms,
            slots,
            stopping,
            log_gate: LogGate::new("clients' connections"),
            listening_gate: LogGate::new("taking connections"),
            refusals: Arc::new(Semaphore::new(REFUSALS_MAX)),
            lingering: Arc::new(Semaphore::new(LINGERING_MAX)),
            strangers: Strangers::default(),
            origin_budgets: OriginBudgets::default(),
            handshakes: Handshakes::default(),
        })
    }

    /// The places for connections.
    pub const fn slots(&self) -> &Arc<Slots> {
        &self.slots
    }

    pub(crate) fn meters(&self) -> &ConnectionMeters {
        self.slots.meters()
    }

    /// A connection has ended.
    pub(crate) fn count_closed(&self, reason: Closed) {
        self.meters().closed.count(reason);
    }

    pub(crate) const fn stopping(&self) -> &Stopping {
        &self.stopping
    }

    pub(crate) const fn listening_gate(&self) -> &LogGate {
        &self.listening_gate
    }

    pub(crate) const fn log_gate(&self) -> &LogGate {
        &self.log_gate
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.gateway.clock().now()
    }

    /// What certificates go by, and what clients are told.
    pub(crate) fn wall_clock(&self) -> Timestamp {
        self.gateway.clock().wall()
    }

    pub(crate) fn pong(&self, ping: v1::Ping) -> v1::Pong {
        v1::Pong {
            nonce: ping.nonce,
            server_time_ms: self.wall_clock().as_ms(),
        }
    }
}

/// Serves a connection until it ends.
pub(crate) async fn run<S: Store>(
    shared: Arc<Shared<S>>,
    stream: TcpStream,
    peer: SocketAddr,
    entrance: Arc<Entrance>,
    mut slot: Slot,
) {
    slot.enter(entrance.entry);
    let greeted = Box::pin(greeting::greet(shared, stream, peer, &entrance, &mut slot)).await;
    drop(entrance);
    if let Some(live) = greeted {
        live.run().await;
    }
    drop(slot);
}

/// Tells a connection that there is no place for it, and closes it.
pub(crate) fn refuse<S: Store>(shared: &Shared<S>, stream: TcpStream, refused: &Refused) {
    refuse_with(shared, Transport::plain(stream), refused.closing());
}

fn refuse_with<S: Store>(shared: &Shared<S>, transport: Transport, closing: v1::Closing) {
    let Ok(permit) = Arc::clone(&shared.refusals).try_acquire_owned() else {
        return;
    };
    let lingering = Arc::clone(&shared.lingering);
    tokio::spawn(async move {
        Farewell::new(transport, BytesMut::new(), &lingering)
            .say(closing)
            .await;
        drop(permit);
    });
}

impl Refused {
    fn closing(&self) -> v1::Closing {
        v1::Closing::new(Code::Internal.number(), self.to_string())
    }
}

/// The client broke the protocol.
fn protocol_broken(reason: impl Into<String>) -> v1::Closing {
    v1::Closing::new(Code::BadParameters.number(), reason)
}

/// Appends a frame.
fn put_frame(frame: impl Into<v1::ServerFrame>, out: &mut BytesMut) {
    // Every answer is far below the cap: the limits of an app see to it.
    if let Err(error) = encode_server_frame(&frame.into(), out) {
        tracing::error!(%error, "a frame was not sent");
    }
}
