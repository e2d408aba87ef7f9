//! A socket that counts what was read from it, below TLS or WebSocket.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// How many bytes came, and the first of them. TLS keeps what a handshake has sent until it makes sense, and says of neither.
#[derive(Debug, Default)]
pub(super) struct Meter {
    bytes: AtomicUsize,
    first: AtomicU32,
}

impl Meter {
    pub(super) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// The first four bytes, zeros if they came one by one.
    pub(super) fn first_bytes(&self) -> [u8; 4] {
        self.first.load(Ordering::Relaxed).to_be_bytes()
    }

    fn read(&self, bytes: &[u8]) {
        if self.bytes.fetch_add(bytes.len(), Ordering::Relaxed) == 0
            && let Some(first) = bytes.first_chunk()
        {
            let first = u32::from_be_bytes(*first);
            self.first.store(first, Ordering::Relaxed);
        }
    }
}

pub(super) struct Metered<S = TcpStream> {
    stream: S,
    meter: Arc<Meter>,
}

impl<S> Metered<S> {
    pub(super) fn new(stream: S) -> (Self, Arc<Meter>) {
        let meter = Arc::<Meter>::default();
        let metered = Self {
            stream,
            meter: Arc::clone(&meter),
        };
        (metered, meter)
    }

    pub(super) fn into_inner(self) -> S {
        self.stream
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Metered<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        self.meter.read(&buffer.filled()[before..]);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Metered<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
