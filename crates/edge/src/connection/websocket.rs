//! A WebSocket as a stream of bytes: the same frames as on TCP, cut into binary messages anywhere.

mod upgrade;

pub(super) use upgrade::{HEAD_BYTES_MAX, Upgraded, upgrade};

use super::metered::{Meter, Metered};
use crate::budget::{Allowance, Budget};
use crate::price::Price;
use bytes::{Buf, Bytes, BytesMut};
use futures_core::Stream;
use futures_sink::Sink;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};
use userstatus_wire::{CLIENT_FRAME_BYTES_MAX, FRAME_PREFIX_BYTES};

/// The longest message from a client: one that holds the longest frame.
const MESSAGE_BYTES_MAX: usize = FRAME_PREFIX_BYTES + CLIENT_FRAME_BYTES_MAX;

/// What is sent goes in messages of at most so many bytes: a connection keeps the memory of its longest.
const SENT_MESSAGE_BYTES_MAX: usize = 4 * 1024;

/// Each connection has it, also an idle one.
const READ_BUFFER_BYTES: usize = 1024;

/// What a client may send that carries nothing: pings, answers to pings that nobody sent, empty messages. Browsers send none.
const IDLE_TALK: Allowance = Allowance {
    units_per_s: 10,
    fills_in: Duration::from_secs(10),
};

/// One such message.
const IDLE_WORD: Price = Price::new(1);

/// What a WebSocket runs over.
pub(super) trait Socket: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Socket for T {}

pub(super) struct WebSocket {
    stream: WebSocketStream<Metered<Box<dyn Socket>>>,
    meter: Arc<Meter>,
    /// Bytes that had come when the last message was complete.
    complete_at: usize,
    /// What is left of a message that was not read to its end.
    unread: Bytes,
    /// Whether there may be bytes that the socket has not taken.
    is_unflushed: bool,
    /// What it may still send to no purpose.
    idle_talk: Budget,
}

impl WebSocket {
    /// Takes a socket over after the handshake, with what was read of it already.
    pub(super) async fn new(
        socket: Metered<Box<dyn Socket>>,
        meter: Arc<Meter>,
        read: Vec<u8>,
    ) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER_BYTES)
            .write_buffer_size(0)
            .max_message_size(Some(MESSAGE_BYTES_MAX))
            .max_frame_size(Some(MESSAGE_BYTES_MAX));
        let complete_at = meter.bytes() - read.len();
        Self {
            stream: WebSocketStream::from_partially_read(socket, read, Role::Server, Some(config))
                .await,
            meter,
            complete_at,
            unread: Bytes::new(),
            is_unflushed: false,
            idle_talk: Budget::full(Instant::now()),
        }
    }

    /// Memory held for what has come and was not handed on.
    pub(super) fn held_bytes(&self) -> usize {
        self.unread.len() + self.meter.bytes() - self.complete_at
    }

    pub(super) const fn is_flushed(&self) -> bool {
        !self.is_unflushed
    }

    pub(super) fn poll_read(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        while self.unread.is_empty() {
            match ready!(Pin::new(&mut self.stream).poll_next(context)) {
                Some(Ok(message)) => {
                    self.complete_at = self.meter.bytes();
                    match message {
                        Message::Binary(bytes) if !bytes.is_empty() => self.unread = bytes,
                        Message::Close(_) => return Poll::Ready(Ok(())),
                        Message::Text(_) => {
                            return Poll::Ready(Err(self.close_for(
                                CloseCode::Unsupported,
                                "this is a text message; frames come in binary messages",
                            )));
                        }
                        Message::Binary(_)
                        | Message::Ping(_)
                        | Message::Pong(_)
                        | Message::Frame(_) => self.came_to_no_purpose()?,
                    }
                }
                Some(Err(error)) => return Poll::Ready(self.failed(error)),
                None => return Poll::Ready(Ok(())),
            }
        }
        let count = self.unread.len().min(buffer.remaining());
        buffer.put_slice(&self.unread[..count]);
        self.unread.advance(count);
        if self.unread.is_empty() {
            self.unread = Bytes::new();
        }
        Poll::Ready(Ok(()))
    }

    pub(super) fn poll_write_all(
        &mut self,
        context: &mut Context<'_>,
        unsent: &mut BytesMut,
    ) -> Poll<io::Result<()>> {
        loop {
            if self.is_unflushed {
                ready!(Pin::new(&mut self.stream).poll_flush(context)).map_err(io_error)?;
                self.is_unflushed = false;
            }
            if unsent.is_empty() {
                *unsent = BytesMut::new();
                return Poll::Ready(Ok(()));
            }
            let count = unsent.len().min(SENT_MESSAGE_BYTES_MAX);
            let message = Message::Binary(unsent.split_to(count).freeze());
            Pin::new(&mut self.stream)
                .start_send(message)
                .map_err(io_error)?;
            self.is_unflushed = true;
        }
    }

    /// Says that no more will be written.
    pub(super) fn poll_shutdown(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream)
            .poll_close(context)
            .map_err(io_error)
    }

    fn came_to_no_purpose(&mut self) -> io::Result<()> {
        let now = Instant::now();
        self.idle_talk.charge(IDLE_WORD, IDLE_TALK, now);
        match self.idle_talk.spent_until(IDLE_TALK, now) {
            None => Ok(()),
            Some(_) => Err(self.close_for(
                CloseCode::Policy,
                "too many pings or empty messages; a heartbeat is a frame of the protocol",
            )),
        }
    }

    fn failed(&mut self, error: Error) -> io::Result<()> {
        let code = match &error {
            Error::ConnectionClosed | Error::AlreadyClosed => return Ok(()),
            Error::Io(_) => return Err(io_error(error)),
            Error::Capacity(_) => CloseCode::Size,
            _ => CloseCode::Protocol,
        };
        Err(self.close_for(code, &error.to_string()))
    }

    /// Says why the connection ends, if the socket takes it at once.
    fn close_for(&mut self, code: CloseCode, reason: &str) -> io::Error {
        let frame = CloseFrame {
            code,
            reason: reason.into(),
        };
        // It ends all the same.
        _ = Pin::new(&mut self.stream).start_send(Message::Close(Some(frame)));
        io::Error::new(io::ErrorKind::InvalidData, reason)
    }
}

fn io_error(error: Error) -> io::Error {
    match error {
        Error::Io(error) => error,
        error => io::Error::other(error),
    }
}
