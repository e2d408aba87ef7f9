//! A WebSocket as a stream of bytes (RFC 6455): the same frames as on TCP, cut into binary messages anywhere.
//!
//! What is in a message is handed on as it comes: nothing is held but the head of a frame, and a ping or a close that is not complete.

mod incoming;
mod upgrade;

pub(super) use upgrade::{HEAD_BYTES_MAX, Upgraded, upgrade};

use crate::budget::Budget;
use crate::price::{IDLE_TALK, IDLE_WORD};
use bytes::{Buf, BufMut, BytesMut};
use incoming::{Broken, Control, Incoming};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

/// The longest message that is sent. More goes in several.
const SENT_MESSAGE_BYTES_MAX: usize = 16 * 1024;

/// Answers to pings are left out while more than this waits for the socket.
const UNSENT_PONG_BYTES_MAX: usize = 64 * 1024;

/// Of a reason that goes with a close: a control frame has 125 bytes, two of them for the code.
const REASON_BYTES_MAX: usize = 123;

const FINAL: u8 = 0x80;

/// What a frame holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Opcode {
    Continuation = 0,
    Text = 1,
    Binary = 2,
    Close = 8,
    Ping = 9,
    Pong = 10,
}

/// Why a WebSocket is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CloseCode {
    Normal = 1000,
    Protocol = 1002,
    Unsupported = 1003,
    NotUtf8 = 1007,
    Policy = 1008,
    TooLong = 1009,
}

/// What a WebSocket runs over.
pub(super) trait Socket: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Socket for T {}

pub(super) struct WebSocket {
    socket: Box<dyn Socket>,
    /// What was read with the HTTP request.
    early: Vec<u8>,
    incoming: Incoming,
    /// What the socket has not taken yet: whole frames, but for the first.
    unsent: BytesMut,
    is_unflushed: bool,
    is_close_sent: bool,
    /// What may still come to no purpose.
    idle_talk: Budget,
}

impl WebSocket {
    /// Takes a socket over after the handshake, with what was read of it already.
    fn new(socket: Box<dyn Socket>, early: &[u8]) -> Self {
        Self {
            socket,
            // Not the buffer it stands in: the connection would keep all of that.
            early: early.to_vec(),
            incoming: Incoming::default(),
            unsent: BytesMut::new(),
            is_unflushed: false,
            is_close_sent: false,
            idle_talk: Budget::full(Instant::now()),
        }
    }

    /// Memory held for what has come and was not handed on.
    pub(super) fn held_bytes(&self) -> usize {
        self.early.len() + self.incoming.held_bytes()
    }

    /// Whether all that was handed over has left.
    pub(super) fn is_flushed(&self) -> bool {
        self.unsent.is_empty() && !self.is_unflushed
    }

    /// What comes next in binary messages. Nothing: the other side has closed.
    pub(super) fn poll_read(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let begin = buffer.filled().len();
        loop {
            if self.incoming.is_closed() {
                // The answer to the close goes first; then it is for the server to end the connection (RFC 6455, 7.1.1).
                _ = self.poll_shutdown(context)?;
                return Poll::Ready(Ok(()));
            }
            if self.early.is_empty() {
                ready!(Pin::new(&mut self.socket).poll_read(context, buffer))?;
            } else {
                let count = self.early.len().min(buffer.remaining());
                buffer.put_slice(&self.early[..count]);
                self.early.drain(..count);
                if self.early.is_empty() {
                    self.early = Vec::new();
                }
            }
            let came = &mut buffer.filled_mut()[begin..];
            if came.is_empty() {
                return Poll::Ready(Ok(()));
            }
            let mut control =
                |control: Control<'_>| self.unsent.control(control, &mut self.is_close_sent);
            let taken = self.incoming.take(came, &mut control);
            let (bytes, idle_words) = match taken {
                Ok(taken) => taken,
                Err(broken) => return Poll::Ready(Err(self.close_for(context, &broken))),
            };
            buffer.set_filled(begin + bytes);
            if self.is_idle_talk(idle_words) {
                let broken = Broken::new(
                    CloseCode::Policy,
                    "too many pings or empty frames; a heartbeat is a frame of the protocol",
                );
                return Poll::Ready(Err(self.close_for(context, &broken)));
            }
            // What is answered leaves now, if the socket takes it.
            if !self.is_flushed() {
                _ = self.poll_flush(context)?;
            }
            if bytes > 0 {
                return Poll::Ready(Ok(()));
            }
        }
    }

    /// Writes until nothing is left in `unsent`; what was written is taken from its front, and its memory given back at the end.
    pub(super) fn poll_write_all(
        &mut self,
        context: &mut Context<'_>,
        unsent: &mut BytesMut,
    ) -> Poll<io::Result<()>> {
        loop {
            ready!(self.poll_flush(context))?;
            if unsent.is_empty() {
                *unsent = BytesMut::new();
                return Poll::Ready(Ok(()));
            }
            let count = unsent.len().min(SENT_MESSAGE_BYTES_MAX);
            self.unsent.frame(Opcode::Binary, &unsent.split_to(count));
        }
    }

    /// Closes, and says that no more will be written.
    pub(super) fn poll_shutdown(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !std::mem::replace(&mut self.is_close_sent, true) {
            self.unsent.close(CloseCode::Normal as u16, "");
        }
        ready!(self.poll_flush(context))?;
        Pin::new(&mut self.socket).poll_shutdown(context)
    }

    fn poll_flush(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.unsent.is_empty() {
            let written = ready!(Pin::new(&mut self.socket).poll_write(context, &self.unsent))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.unsent.advance(written);
            self.is_unflushed = true;
        }
        self.unsent = BytesMut::new();
        if self.is_unflushed {
            ready!(Pin::new(&mut self.socket).poll_flush(context))?;
            self.is_unflushed = false;
        }
        Poll::Ready(Ok(()))
    }

    /// Whether more came to no purpose than anybody may send.
    fn is_idle_talk(&mut self, words: u32) -> bool {
        if words == 0 {
            return false;
        }
        let now = Instant::now();
        self.idle_talk
            .charge(IDLE_WORD.times(words), IDLE_TALK, now);
        self.idle_talk.spent_until(IDLE_TALK, now).is_some()
    }

    /// Says why the connection ends, if the socket takes it at once.
    fn close_for(&mut self, context: &mut Context<'_>, broken: &Broken) -> io::Error {
        if !std::mem::replace(&mut self.is_close_sent, true) {
            self.unsent.close(broken.code as u16, broken.reason);
        }
        // It ends all the same.
        _ = self.poll_flush(context);
        io::Error::new(io::ErrorKind::InvalidData, broken.reason)
    }
}

/// Frames of a server, which are not masked.
trait Frames {
    fn frame(&mut self, opcode: Opcode, payload: &[u8]);
    fn close(&mut self, code: u16, reason: &str);
    fn control(&mut self, control: Control<'_>, is_close_sent: &mut bool);
}

impl Frames for BytesMut {
    fn frame(&mut self, opcode: Opcode, payload: &[u8]) {
        self.put_u8(FINAL | opcode as u8);
        match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
            (Ok(length @ ..126), _) => self.put_u8(length),
            (_, Ok(length)) => {
                self.put_u8(126);
                self.put_u16(length);
            }
            (_, Err(_)) => unreachable!("what is sent is cut into shorter messages"),
        }
        self.put_slice(payload);
    }

    fn close(&mut self, code: u16, reason: &str) {
        let reason = &reason[..reason.floor_char_boundary(REASON_BYTES_MAX)];
        self.frame(
            Opcode::Close,
            &[&code.to_be_bytes()[..], reason.as_bytes()].concat(),
        );
    }

    /// Answers what is to be answered.
    fn control(&mut self, control: Control<'_>, is_close_sent: &mut bool) {
        match control {
            Control::Ping(payload) if self.len() < UNSENT_PONG_BYTES_MAX => {
                self.frame(Opcode::Pong, payload);
            }
            Control::Ping(_) => {}
            Control::Close(code) => {
                if !std::mem::replace(is_close_sent, true) {
                    match code {
                        Some(code) => self.close(code, ""),
                        None => self.frame(Opcode::Close, &[]),
                    }
                }
            }
        }
    }
}
