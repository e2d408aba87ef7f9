//! From the accept to the login.

use super::farewell::Farewell;
use super::intake::{Incoming, Intake, IntakeError};
use super::live::Live;
use super::transport::Transport;
use super::{Shared, protocol_broken, put_frame};
use crate::settings::ms;
use bytes::BytesMut;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::Poll;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsAcceptor;
use userstatus_core::Code;
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
    tls: Option<TlsAcceptor>,
) -> Option<Box<Live<S>>> {
    let accepted_at = Instant::now();
    let hello_by = accepted_at + ms(shared.settings.hello_timeout_ms);
    let login_by = accepted_at + ms(shared.settings.login_timeout_ms);
    let transport = match tls {
        None => Transport::plain(stream),
        Some(acceptor) => {
            let shaken = timeout_at(hello_by.min(login_by), acceptor.accept(stream)).await;
            match shaken {
                Ok(Ok(stream)) => Transport::tls(stream),
                Ok(Err(error)) => {
                    tracing::debug!(%peer, %error, "TLS handshake failed");
                    return None;
                }
                Err(_) => {
                    tracing::debug!(%peer, "TLS handshake not in time");
                    return None;
                }
            }
        }
    };
    let mut greeting = Greeting {
        shared,
        peer,
        transport,
        intake: Intake::new(),
        unsent: BytesMut::new(),
    };
    let stopping = greeting.shared.stopping.clone();
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
    peer: SocketAddr,
    transport: Transport,
    intake: Intake,
    unsent: BytesMut,
}

/// Why nobody is let in.
enum End {
    Gone,
    Closing(v1::Closing),
    Stopping,
}

impl<S: Store> Greeting<S> {
    async fn converse(&mut self, hello_by: Instant, login_by: Instant) -> Result<Session, End> {
        let settings = &self.shared.settings;
        let (hello_ms, login_ms) = (settings.hello_timeout_ms, settings.login_timeout_ms);
        match timeout_at(hello_by, self.hello()).await {
            Ok(result) => result?,
            Err(_) => return Err(not_in_time("hello", hello_ms)),
        }
        match timeout_at(login_by, self.login()).await {
            Ok(result) => result,
            Err(_) => Err(not_in_time("login", login_ms)),
        }
    }

    async fn hello(&mut self) -> Result<(), End> {
        let Some(client_frame::Body::Hello(hello)) = self.next_frame().await?.body else {
            return Err(End::Closing(protocol_broken(
                "the first frame is no hello; does the client speak this protocol?",
            )));
        };
        let protocol = negotiate_version(hello.protocol_min, hello.protocol_max)
            .map_err(|error| End::Closing(protocol_broken(error.to_string())))?;
        tracing::debug!(
            peer = %self.peer, protocol, sdk = %hello.sdk_name.escape_debug(), version = %hello.sdk_version.escape_debug(),
            "hello"
        );
        self.intake.expect_requests();
        let welcome = v1::Welcome {
            protocol,
            features: shared_features(&hello.features, FEATURES),
            server_version: env!("CARGO_PKG_VERSION").to_owned(),
            server_time_ms: self.shared.now().as_ms(),
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
                    let server_time_ms = self.shared.now().as_ms();
                    let pong = v1::Pong {
                        nonce: ping.nonce,
                        server_time_ms,
                    };
                    put_frame(pong, &mut self.unsent);
                }
                Some(client_frame::Body::Hello(_)) => {
                    return Err(End::Closing(protocol_broken("a second hello")));
                }
                // Something newer.
                None => {}
            }
        }
        Err(End::Closing(protocol_broken(
            "too many requests without a login; open another connection",
        )))
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
        let (app_id, user_id, address) = (login.app_id, login.user_id.clone(), self.peer.ip());
        let throttle = &self.shared.throttle;
        if let Err(wait_ms) = throttle.check(address, app_id, &user_id, self.shared.now()) {
            let desc = format!("too many failed logins; wait {} s", wait_ms.div_ceil(1_000));
            put_frame(
                v1::Response::refused(id, Code::TooManyFailures.number(), desc),
                &mut self.unsent,
            );
            return None;
        }
        match self.shared.gateway.login(self.peer, login).await {
            Ok((session, result)) => {
                throttle.record_success(address, app_id, &user_id);
                let answer = v1::Response::with(id, response::Body::Login(result));
                put_frame(answer, &mut self.unsent);
                Some(session)
            }
            Err(refusal) => {
                if counts_as_failure(refusal.code) {
                    throttle.record_failure(address, app_id, &user_id, self.shared.now());
                }
                let refused = v1::Response::refused(id, refusal.code.number(), desc_of(&refusal));
                put_frame(refused, &mut self.unsent);
                None
            }
        }
    }

    /// The next frame. What is to be said is said before waiting for one.
    async fn next_frame(&mut self) -> Result<v1::ClientFrame, End> {
        if let Some(frame) = self
            .intake
            .buffered()
            .map_err(|error| ended(error.into()))?
        {
            return Ok(frame);
        }
        let Self {
            transport, unsent, ..
        } = self;
        let written = poll_fn(|context| transport.poll_write_all(context, unsent)).await;
        written.map_err(|error| ended(error.into()))?;
        let mut share = self.shared.strangers.share();
        let incoming = poll_fn(|context| {
            let polled = self.intake.poll_frame(context, &mut self.transport);
            if polled.is_pending()
                && let Err(too_many) = share.set(self.intake.held_bytes())
            {
                return Poll::Ready(Err(End::Closing(v1::Closing::new(
                    Code::Internal.number(),
                    too_many.to_string(),
                ))));
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
            self.transport,
            self.intake,
            self.unsent,
        ))
    }

    async fn end(self, end: End) {
        let farewell = Farewell::new(self.transport, self.unsent);
        match end {
            End::Gone => tracing::debug!(peer = %self.peer, "gone before a login"),
            End::Closing(closing) => {
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

fn not_in_time(what: &str, timeout_ms: u32) -> End {
    End::Closing(protocol_broken(format!("no {what} within {timeout_ms} ms")))
}

fn ended(error: IntakeError) -> End {
    match error {
        IntakeError::Io(_) => End::Gone,
        IntakeError::Wire(error) => End::Closing(protocol_broken(error.to_string())),
    }
}

/// A server's own fault, and a device kicked while it was away, are no attempts at guessing.
const fn counts_as_failure(code: Code) -> bool {
    !matches!(code, Code::Internal | Code::KickedOffline)
}
