//! The bytes of a connection: plain or TLS, and on either a WebSocket.

use super::metered::Metered;
use super::websocket::{Socket, WebSocket};
use bytes::{Buf, BytesMut};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

/// A connected socket.
pub(super) enum Transport {
    Plain(TcpStream),
    Tls(Box<Tls>),
    Web(Box<WebSocket>),
}

pub(super) struct Tls {
    stream: TlsStream<Metered>,
    /// Whether there may be encrypted bytes that the socket has not taken.
    is_unflushed: bool,
}

impl Transport {
    pub(super) const fn plain(stream: TcpStream) -> Self {
        Self::Plain(stream)
    }

    pub(super) fn tls(stream: TlsStream<Metered>) -> Self {
        Self::Tls(Box::new(Tls {
            stream,
            is_unflushed: false,
        }))
    }

    pub(super) fn web(socket: WebSocket) -> Self {
        Self::Web(Box::new(socket))
    }

    /// What a WebSocket can be made of.
    pub(super) fn into_socket(self) -> Box<dyn Socket> {
        match self {
            Self::Plain(stream) => Box::new(stream),
            Self::Tls(tls) => Box::new(tls.stream),
            Self::Web(_) => unreachable!("a WebSocket runs over no other"),
        }
    }

    /// Memory held for what has come and was not handed on. TLS holds up to a record more, as it does on all connections.
    pub(super) fn held_bytes(&self) -> usize {
        match self {
            Self::Plain(_) | Self::Tls(_) => 0,
            Self::Web(socket) => socket.held_bytes(),
        }
    }

    pub(super) fn poll_read(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Tls(tls) => Pin::new(&mut tls.stream).poll_read(context, buffer),
            Self::Web(socket) => socket.poll_read(context, buffer),
        }
    }

    /// Whether all that was handed over has left.
    pub(super) fn is_flushed(&self) -> bool {
        match self {
            Self::Plain(_) => true,
            Self::Tls(tls) => !tls.is_unflushed,
            Self::Web(socket) => socket.is_flushed(),
        }
    }

    /// Writes until nothing is left in `unsent`; what was written is taken from its front, and its memory given back at the end.
    pub(super) fn poll_write_all(
        &mut self,
        context: &mut Context<'_>,
        unsent: &mut BytesMut,
    ) -> Poll<io::Result<()>> {
        while !unsent.is_empty() {
            let written = match self {
                Self::Plain(stream) => ready!(Pin::new(stream).poll_write(context, unsent))?,
                Self::Tls(tls) => {
                    let written = ready!(Pin::new(&mut tls.stream).poll_write(context, unsent))?;
                    tls.is_unflushed = true;
                    written
                }
                // It keeps what it has begun to send.
                Self::Web(socket) => {
                    ready!(socket.poll_write_all(context, unsent))?;
                    break;
                }
            };
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            unsent.advance(written);
        }
        *unsent = BytesMut::new();
        match self {
            Self::Tls(tls) if tls.is_unflushed => {
                ready!(Pin::new(&mut tls.stream).poll_flush(context))?;
                tls.is_unflushed = false;
            }
            Self::Web(socket) => ready!(socket.poll_write_all(context, unsent))?,
            Self::Plain(_) | Self::Tls(_) => {}
        }
        Poll::Ready(Ok(()))
    }

    /// Says that no more will be written.
    pub(super) fn poll_shutdown(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Tls(tls) => Pin::new(&mut tls.stream).poll_shutdown(context),
            Self::Web(socket) => socket.poll_shutdown(context),
        }
    }
}
