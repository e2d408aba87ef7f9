//! From the accept to the login.

use super::arrival::Arrival;
use super::farewell::Farewell;
use super::intake::{Frame, Incoming, Intake, IntakeError};
use super::live::Live;
use super::transport::Transport;
use super::{Shared, protocol_broken, put_frame};
use crate::budget::Budget;
use crate::listener::Entrance;
use crate::price::{PER_CONNECTION, Price};
use crate::proxy;
use crate::settings::ms;
use crate::slots::Slot;
use bytes::BytesMut;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::Poll;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until, timeout_at};
use userstatus_core::{Code, Refusal};
use userstatus_gateway::{Closed, Origin};
use userstatus_gateway::{Session, desc_of};
use userstatus_store::Store;
use userstatus_wire::v1::{self, client_frame, request, response};
use userstatus_wire::{
    CLIENT_FRAME_BYTES_MAX, FEATURES, HEARTBEAT_INTERVAL_MS, negotiate_version, shared_features,
};

/// Lets a connection in, or closes it. Deadlines count from here and not from the last byte: sending slowly gains nothing.
pub(super) async fn greet<S: Store>(
    shared: Arc<Shared<S>>,
    stream: TcpStream,
    peer: SocketAddr,
    entrance: &Entrance,
    slot: &mut Slot,
) -> Option<Box<Live<S>>> {
    let accepted_at = Instant::now();
    let hello_by = accepted_at + ms(shared.settings.hello_timeout_ms);
    let login_by = accepted_at + ms(shared.settings.login_timeout_ms);
    let stopping = shared.stopping.clone();
    let arrival = Arrival {
        shared: &*shared,
        entrance,
        slot,
        hello_by: hello_by.min(login_by),
    };
    let (transport, peer) = tokio::select! {
        admitted = arrival.admit(stream, peer) => admitted?,
        _ = stopping.begun() => {
            shared.count_closed(Closed::Stopping);
            return None;
        }
    };
    let mut greeting = Greeting {
        shared,
        peer,
        origin: Origin::of(peer.ip()),
        budget: Budget::full(accepted_at),
        transport,
        intake: Intake::new(),
        unsent: BytesMut::new(),
    };
    let outcome = tokio::select! {
        outcome = greeting.converse(hello_by, login_by) => outcome,
        _ = stopping.begun() => Err(End::Stopping),
    };
    match outcome {
        Ok(session) => Some(greeting.into_live(session)),
        Err(end) => {
            greeting.end(end).await;
            None
        }
    }
}

/// Requests a connection may have refused before its login. Each costs a look at a signature, whatever the reason.
const LOGINS_MAX: u32 = 64;

struct Greeting<S: Store> {
    shared: Arc<Shared<S>>,
    /// The client's, whoever handed its connection on.
    peer: SocketAddr,
    origin: Origin,
    /// What this connection may still cause.
    budget: Budget,
    transport: Transport,
    intake: Intake,
    unsent: BytesMut,
}

/// Why nobody is let in.
enum End {
    Gone,
    Closing(Closed, v1::Closing),
    Stopping,
}

impl<S: Store> Greeting<S> {
    async fn converse(&mut self, hello_by: Instant, login_by: Instant) -> Result<Session, End> {
        let settings = &self.shared.settings;
        let (hello_ms, login_ms) = (settings.hello_timeout_ms, settings.login_timeout_ms);
        match timeout_at(hello_by, self.hello()).await {
            Ok(result) => result?,
            Err(_) => return Err(not_in_time("hello", hello_ms, Closed::NoHello)),
        }
        match timeout_at(login_by, self.login()).await {
            Ok(result) => result,
            Err(_) => Err(not_in_time("login", login_ms, Closed::NoLogin)),
        }
    }

    async fn hello(&mut self) -> Result<(), End> {
        let Some(client_frame::Body::Hello(hello)) = self.next_frame().await?.body else {
            return Err(broken(
                "the first frame is no hello; does the client speak this protocol?",
            ));
        };
        let protocol = negotiate_version(hello.protocol_min, hello.protocol_max)
            .map_err(|error| broken(error.to_string()))?;
        tracing::debug!(
            peer = %self.peer, protocol, sdk = %hello.sdk_name.escape_debug(), version = %hello.sdk_version.escape_debug(),
            "hello"
        );
        self.intake.expect_requests();
        let welcome = v1::Welcome {
            protocol,
            features: shared_features(&hello.features, FEATURES),
            server_version: env!("CARGO_PKG_VERSION").to_owned(),
            server_time_ms: self.shared.wall_clock().as_ms(),
            frame_bytes_max: u32::try_from(CLIENT_FRAME_BYTES_MAX).expect("256 KiB fit in 32 bits"),
            heartbeat_interval_ms: HEARTBEAT_INTERVAL_MS,
        };
        put_frame(welcome, &mut self.unsent);
        Ok(())
    }

    async fn login(&mut self) -> Result<Session, End> {
        let mut refused = 0;
        while refused < LOGINS_MAX {
            match self.next_frame().await?.body {
                Some(client_frame::Body::Request(request)) => {
                    if let Some(session) = self.request(request).await {
                        return Ok(session);
                    }
                    refused += 1;
                }
                Some(client_frame::Body::Ping(ping)) => {
                    put_frame(self.shared.pong(ping), &mut self.unsent);
                }
                Some(client_frame::Body::Hello(_)) => {
                    return Err(broken("a second hello"));
                }
                // Something newer.
                None => {}
            }
        }
        Err(broken(
            "too many requests without a login; open another connection",
        ))
    }

    /// Answers a request; a login that succeeds gives a session.
    async fn request(&mut self, request: v1::Request) -> Option<Session> {
        let id = request.id;
        let Some(request::Body::Login(login)) = request.body else {
            let refused =
                v1::Response::refused(id, Code::NotLoggedIn.number(), Code::NotLoggedIn.text());
            put_frame(refused, &mut self.unsent);
            return None;
        };
        let (app_id, user_id) = (login.app_id, login.user_id.clone());
        match self.shared.gateway.login(self.peer, login).await {
            Ok((session, result)) => {
                let answer = v1::Response::with(id, response::Body::Login(result));
                put_frame(answer, &mut self.unsent);
                Some(session)
            }
            Err(refusal) => {
                let refused = match self.forgeries_wait_ms(&refusal, app_id, &user_id) {
                    None => v1::Response::refused(id, refusal.code.number(), desc_of(&refusal)),
                    Some(wait_ms) => {
                        let wait_s = wait_ms.div_ceil(1_000);
                        let desc = format!(
                            "too many UserSigs that were not signed with a key of this app; wait {wait_s} s"
                        );
                        v1::Response::refused(id, Code::TooManyFailures.number(), desc)
                    }
                };
                put_frame(refused, &mut self.unsent);
                None
            }
        }
    }

    /// Forgeries alone are counted, and only how the next one is answered depends on it: expired, mistaken or revoked UserSigs, and
    /// what is the server's own fault, happen to honest clients by the thousand behind one address.
    fn forgeries_wait_ms(&self, refusal: &Refusal, app_id: u64, user_id: &str) -> Option<u64> {
        if refusal.code != Code::SigForged {
            return None;
        }
        let throttle = &self.shared.throttle;
        let wait_ms = throttle
            .forged(self.origin, app_id, user_id, self.shared.now())
            .err();
        if wait_ms.is_some() {
            self.shared.meters().forgeries_throttled.count();
        }
        wait_ms
    }

    /// The next frame, once it has been paid for.
    async fn next_frame(&mut self) -> Result<v1::ClientFrame, End> {
        let frame = self.read_frame().await?;
        let now = Instant::now();
        let price = Price::of(&frame.message, frame.bytes);
        self.budget.charge(price, PER_CONNECTION, now);
        let paid_at = [
            self.budget.spent_until(PER_CONNECTION, now),
            self.shared.origin_budgets.charge(self.origin, price, now),
        ];
        if let Some(paid_at) = paid_at.into_iter().flatten().max() {
            sleep_until(paid_at).await;
        }
        Ok(frame.message)
    }

    /// The next frame. What is to be said is said before waiting for one.
    async fn read_frame(&mut self) -> Result<Frame, End> {
        if let Some(frame) = self.intake.buffered().map_err(ended)? {
            return Ok(frame);
        }
        let Self {
            transport, unsent, ..
        } = self;
        let written = poll_fn(|context| transport.poll_write_all(context, unsent)).await;
        written.map_err(|error| ended(error.into()))?;
        let mut share = self.shared.strangers.share(self.origin);
        let incoming = poll_fn(|context| {
            let polled = self.intake.poll_frame(context, &mut self.transport);
            if polled.is_pending()
                && let Err(too_many) = share.hold(
                    context,
                    self.intake.held_bytes() + self.transport.held_bytes(),
                )
            {
                return Poll::Ready(Err(End::Closing(
                    Closed::TooManyLogins,
                    v1::Closing::new(Code::Internal.number(), too_many.to_string()),
                )));
            }
            polled.map_err(ended)
        })
        .await;
        match incoming? {
            Incoming::Frame(frame) => Ok(frame),
            Incoming::End => Err(End::Gone),
        }
    }

    fn into_live(self, session: Session) -> Box<Live<S>> {
        Box::new(Live::new(
            self.shared,
            self.peer,
            session,
            self.budget,
            self.transport,
            self.intake,
            self.unsent,
        ))
    }

    async fn end(self, end: End) {
        // What it sent is no longer counted, and may be large.
        drop(self.intake);
        self.shared.count_closed(end.closed());
        let farewell = Farewell::new(self.transport, self.unsent, &self.shared.lingering);
        match end {
            End::Gone => tracing::debug!(peer = %self.peer, "gone before a login"),
            End::Closing(_, closing) => {
                if self.shared.log_gate.opens(self.shared.now()) {
                    tracing::info!(peer = %self.peer, reason = closing.desc, "connection closed before a login");
                }
                farewell.say(closing).await;
            }
            End::Stopping => {
                let goaway = v1::Goaway {
                    reconnect_after_ms: rand::random_range(0..=self.shared.reconnect_spread_ms),
                    desc: crate::STOPPING.to_owned(),
                };
                farewell.say(goaway).await;
            }
        }
    }
}

impl End {
    const fn closed(&self) -> Closed {
        match self {
            Self::Gone => Closed::BeforeLogin,
            Self::Closing(reason, _) => *reason,
            Self::Stopping => Closed::Stopping,
        }
    }
}

fn broken(reason: impl Into<String>) -> End {
    End::Closing(Closed::Protocol, protocol_broken(reason))
}

fn not_in_time(what: &str, timeout_ms: u32, reason: Closed) -> End {
    let closing = protocol_broken(format!("no {what} within {timeout_ms} ms"));
    End::Closing(reason, closing)
}

fn ended(error: IntakeError) -> End {
    match error {
        IntakeError::Io(_) => End::Gone,
        IntakeError::Wire(error) => broken(match proxy::advice(&error) {
            Some(advice) => advice.to_owned(),
            None => error.to_string(),
        }),
    }
}
