//! A TCP connection that finds out that nobody is there any more, and raises no signal.

use socket2::{SockRef, TcpKeepalive};
use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;

/// Writing to a connection that the other side has reset raises SIGPIPE, which ends a process that does not expect it. The standard
/// library asks for none when it writes one buffer, and forgets to when it writes several, as TLS does. Where there is no such flag
/// (Apple's systems) the socket was made with the option of the same meaning.
#[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
const NO_SIGNAL: libc::c_int = libc::MSG_NOSIGNAL;
#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
const NO_SIGNAL: libc::c_int = 0;

/// What was written and not acknowledged for so long has nobody to read it (Linux, Android). The default is a quarter of an hour.
#[cfg(any(target_os = "linux", target_os = "android"))]
const UNACKNOWLEDGED_MAX: Duration = Duration::from_secs(15);
/// When nothing was heard for so long the system asks the other side's system whether it is there. On phones not before a heartbeat
/// would: each time wakes the radio.
const KEEPALIVE_AFTER: Duration = if cfg!(any(target_os = "android", target_os = "ios")) {
    Duration::from_secs(120)
} else {
    Duration::from_secs(30)
};
/// And asks again so often,
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(5);
/// so many times.
const KEEPALIVE_RETRIES: u32 = 3;

/// See the module.
pub(super) struct Tcp(TcpStream);

impl Tcp {
    pub(super) async fn connect(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        // Frames are small, and somebody waits for each.
        stream.set_nodelay(true)?;
        if let Err(error) = watch(SockRef::from(&stream)) {
            // It works all the same; heartbeats find out later.
            tracing::debug!(%error, "the system does not watch the connection");
        }
        Ok(Self(stream))
    }
}

fn watch(socket: SockRef<'_>) -> io::Result<()> {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    socket.set_tcp_user_timeout(Some(UNACKNOWLEDGED_MAX))?;
    let keepalive = TcpKeepalive::new()
        .with_time(KEEPALIVE_AFTER)
        .with_interval(KEEPALIVE_INTERVAL)
        .with_retries(KEEPALIVE_RETRIES);
    socket.set_tcp_keepalive(&keepalive)
}

impl AsyncRead for Tcp {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_read(context, buffer)
    }
}

impl AsyncWrite for Tcp {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(context, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let stream = &self.0;
        loop {
            ready!(stream.poll_write_ready(context))?;
            let sent = stream.try_io(Interest::WRITABLE, || {
                SockRef::from(stream).send_vectored_with_flags(pieces, NO_SIGNAL)
            });
            match sent {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                sent => return Poll::Ready(sent),
            }
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_shutdown(context)
    }
}
