//! A session on a tokio task: sockets, timers, and the way in from other threads.

mod connect;
mod race;
mod shared;
mod tcp;
mod tls;

use crate::Event;
use crate::session::{Action, Output, RequestId, Session};
use bytes::{Buf, BytesMut};
pub(crate) use connect::Connector;
pub use connect::SERVERS_MAX;
use connect::{Connected, Connecting, Stream, Way};
use shared::Inbox;
pub(crate) use shared::{Completer, Shared};
use std::cell::RefCell;
use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
pub(crate) use tls::Trust;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;
use userstatus_wire::{FrameDecoder, SERVER_FRAME_BYTES_MAX, decode_server_frame};

/// Bytes one read takes at most. One buffer a thread: ten thousand idle clients hold none.
const READ_BYTES: usize = 64 * 1024;
/// Times round, a read in each, before other tasks get their turn.
const TURNS: usize = 8;
/// How long a server may say nothing after the connection was made, while there is another way to try. Without one it has longer.
const FIRST_WORD_PATIENCE: Duration = Duration::from_secs(3);
/// A table of requests larger than this is given back when it is empty.
const COMPLETERS_KEPT: usize = 16;

thread_local! {
    static SCRATCH: RefCell<Box<[u8]>> = RefCell::new(vec![0; READ_BYTES].into_boxed_slice());
}

type EventSink = Box<dyn FnMut(Event) + Send>;

/// The task of one client.
pub(crate) struct Driver {
    session: Session,
    connector: Connector,
    inbox: Arc<Inbox>,
    events: EventSink,
    completers: HashMap<RequestId, Completer>,
    socket: Socket,
    sleep: Option<Pin<Box<Sleep>>>,
    slept_until: Option<Instant>,
}

enum Socket {
    None,
    Connecting(Connecting),
    Open(Box<Connection>),
}

struct Connection {
    stream: Stream,
    way: Way,
    /// Whether the server said something.
    is_heard: bool,
    decoder: FrameDecoder,
    out: BytesMut,
    /// To be dropped once `out` is written, as far as that goes at once.
    closing: bool,
}

impl Driver {
    pub(crate) fn new(
        session: Session,
        connector: Connector,
        shared: &Arc<Shared>,
        events: EventSink,
    ) -> Self {
        Self {
            session,
            connector,
            inbox: shared.inbox(),
            events,
            completers: HashMap::new(),
            socket: Socket::None,
            sleep: None,
            slept_until: None,
        }
    }

    /// Takes what other threads handed in. `false`: the client is to end.
    fn take_wanted(&mut self, context: &Context<'_>) -> bool {
        let wanted = self.inbox.take(context.waker());
        let now = now();
        for (request, completer) in wanted.requests {
            let id = self.session.submit(request, now);
            self.completers.insert(id, completer);
            self.hand_out();
        }
        if wanted.probe {
            self.session.probe(now);
        }
        for change in wanted.network.into_iter().flatten() {
            self.session.network_changed(change, now);
        }
        !wanted.stop
    }

    /// Tells what the session has to tell.
    fn hand_out(&mut self) {
        while let Some(output) = self.session.poll_output() {
            // Whoever is told may ask at once how things stand.
            self.inbox.publish(&self.session);
            match output {
                Output::Event(event) => (self.events)(event),
                Output::Done(id, reply) => {
                    let completer = self.completers.remove(&id);
                    debug_assert!(completer.is_some(), "a request ends once");
                    if let Some(completer) = completer {
                        completer.complete(reply);
                    }
                }
            }
        }
        if self.completers.is_empty() && self.completers.capacity() > COMPLETERS_KEPT {
            self.completers = HashMap::new();
        }
    }

    fn act(&mut self) {
        while let Some(action) = self.session.poll_action() {
            match action {
                Action::Connect => {
                    self.socket = Socket::Connecting(self.connector.connect());
                }
                Action::Close => match &mut self.socket {
                    Socket::Open(connection) => connection.closing = true,
                    _ => self.socket = Socket::None,
                },
            }
        }
    }

    /// Moves the socket on. `true`: something happened that the session has to deal with.
    fn poll_socket(&mut self, context: &mut Context<'_>) -> bool {
        match &mut self.socket {
            Socket::None => false,
            Socket::Connecting(connecting) => match connecting.as_mut().poll(context) {
                Poll::Pending => false,
                Poll::Ready(Ok(connected)) => {
                    let Connected {
                        stream,
                        way,
                        has_others,
                    } = connected;
                    self.socket = Socket::Open(Box::new(Connection {
                        stream,
                        way,
                        is_heard: false,
                        decoder: FrameDecoder::new(SERVER_FRAME_BYTES_MAX),
                        out: BytesMut::new(),
                        closing: false,
                    }));
                    self.session.handle_connected(now());
                    if has_others {
                        self.session
                            .expect_welcome_within(FIRST_WORD_PATIENCE, now());
                    }
                    true
                }
                Poll::Ready(Err(error)) => {
                    self.socket = Socket::None;
                    self.session.handle_disconnected(&error.to_string(), now());
                    true
                }
            },
            Socket::Open(connection) => {
                if connection.closing {
                    // Best effort: the last frame and TLS's own goodbye may still leave; nobody waits for more.
                    if let Poll::Ready(Ok(())) = connection.poll_write(context) {
                        let _ = Pin::new(&mut connection.stream).poll_shutdown(context);
                    }
                    self.drop_connection();
                    return false;
                }
                self.session.transmit(&mut connection.out, now());
                if let Poll::Ready(Err(error)) = connection.poll_write(context) {
                    return self.lost(&error);
                }
                let read = connection.poll_read(context, &mut self.session);
                if !connection.is_heard && self.session.is_welcomed() {
                    connection.is_heard = true;
                    self.connector.heard(connection.way);
                }
                match read {
                    Poll::Pending => false,
                    Poll::Ready(Ok(())) => true,
                    Poll::Ready(Err(error)) => self.lost(&error),
                }
            }
        }
    }

    fn drop_connection(&mut self) {
        if let Socket::Open(connection) = std::mem::replace(&mut self.socket, Socket::None)
            && !connection.is_heard
        {
            self.connector.was_mute(connection.way);
        }
    }

    fn lost(&mut self, error: &io::Error) -> bool {
        self.drop_connection();
        self.session.handle_disconnected(&error.to_string(), now());
        true
    }

    /// `true`: the session's time has come.
    fn poll_timer(&mut self, context: &mut Context<'_>) -> bool {
        let Some(at) = self.session.next_timeout() else {
            self.slept_until = None;
            return false;
        };
        if self.slept_until != Some(at) {
            self.slept_until = Some(at);
            match &mut self.sleep {
                Some(sleep) => sleep.as_mut().reset(at.into()),
                None => self.sleep = Some(Box::pin(tokio::time::sleep_until(at.into()))),
            }
        }
        let due = self
            .sleep
            .as_mut()
            .is_some_and(|sleep| sleep.as_mut().poll(context).is_ready());
        if due {
            self.slept_until = None;
            // A timer may fire a moment early by the session's clock; it must not be asked in vain.
            self.session.handle_timeout(now().max(at));
        }
        due
    }
}

/// Tokio's clock, which tests may stop.
fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

impl Future for Driver {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        for _ in 0..TURNS {
            let goes_on = this.take_wanted(context);
            if !goes_on {
                this.session.shut_down();
                this.hand_out();
                this.act();
                let _ = this.poll_socket(context);
                return Poll::Ready(());
            }
            this.hand_out();
            this.act();
            let moved = this.poll_socket(context);
            let due = this.poll_timer(context);
            this.hand_out();
            this.inbox.publish(&this.session);
            if !moved && !due && !this.session.has_work() {
                return Poll::Pending;
            }
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

impl Drop for Driver {
    /// However the task ends, also when the runtime goes down under it: every request ends, and whoever waits for the end is told
    /// when nothing will be called and nothing is held any more.
    fn drop(&mut self) {
        self.session.shut_down();
        self.hand_out();
        self.inbox.close(&self.session);
        self.socket = Socket::None;
        self.completers.clear();
        self.events = Box::new(|_| {});
        self.inbox.end();
    }
}

impl Connection {
    fn poll_write(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.out.is_empty() {
            match Pin::new(&mut self.stream).poll_write(context, &self.out) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(written)) => self.out.advance(written),
            }
        }
        // Ten thousand idle clients hold no buffer; one is made for the next write, which costs little beside it.
        self.out = BytesMut::new();
        Pin::new(&mut self.stream).poll_flush(context)
    }

    /// Reads once and gives the session the frames that are complete.
    fn poll_read(
        &mut self,
        context: &mut Context<'_>,
        session: &mut Session,
    ) -> Poll<io::Result<()>> {
        SCRATCH.with_borrow_mut(|scratch| {
            let mut buffer = ReadBuf::new(scratch);
            match Pin::new(&mut self.stream).poll_read(context, &mut buffer) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Ready(Ok(())) => {}
            }
            if buffer.filled().is_empty() {
                let text = "the server closed the connection";
                return Poll::Ready(Err(io::Error::new(io::ErrorKind::UnexpectedEof, text)));
            }
            let now = now();
            let mut chunk = buffer.filled();
            loop {
                let frame = match self.decoder.next_frame(&mut chunk) {
                    Ok(None) => return Poll::Ready(Ok(())),
                    Ok(Some(body)) => decode_server_frame(&body),
                    Err(error) => Err(error),
                };
                match frame {
                    Ok(frame) => session.handle_frame(frame, now),
                    Err(error) => {
                        session.handle_malformed(&error, now);
                        return Poll::Ready(Ok(()));
                    }
                }
            }
        })
    }
}
