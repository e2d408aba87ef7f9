//! How a connection is closed so that the other side learns why.

use super::put_frame;
use super::transport::Transport;
use bytes::BytesMut;
use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::ReadBuf;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use userstatus_wire::v1;

/// The last words have to leave within this time.
const WRITE_TIMEOUT: Duration = Duration::from_secs(1);

/// The other side may take this long to close as well.
const LINGER_TIMEOUT: Duration = Duration::from_secs(1);

/// And send no more than this meanwhile.
const LINGER_BYTES_MAX: usize = 1024 * 1024;

/// Connections whose other side is waited for at once; more are closed when the last words have left.
pub(super) const LINGERING_MAX: usize = 1_024;

/// A connection that is to be closed in good order.
pub(super) struct Farewell<'l> {
    transport: Transport,
    unsent: BytesMut,
    lingering: &'l Semaphore,
}

impl<'l> Farewell<'l> {
    pub(super) const fn new(
        transport: Transport,
        unsent: BytesMut,
        lingering: &'l Semaphore,
    ) -> Self {
        Self {
            transport,
            unsent,
            lingering,
        }
    }

    /// Closes with a last frame.
    pub(super) async fn say(mut self, last: impl Into<v1::ServerFrame>) {
        put_frame(last, &mut self.unsent);
        self.say_nothing().await;
    }

    /// Closes after what is still to be written.
    pub(super) async fn say_nothing(mut self) {
        let written = timeout(WRITE_TIMEOUT, poll_fn(|context| self.poll_written(context)));
        if let Ok(Ok(())) = written.await
            && let Ok(_permit) = self.lingering.try_acquire()
        {
            // A socket that is closed with unread bytes in it sends a reset, and a reset throws away what the other side
            // has not read yet: the last words. So it is read empty until the other side has closed.
            let mut bytes_left = LINGER_BYTES_MAX;
            let closed = poll_fn(|context| self.poll_closed(context, &mut bytes_left));
            // Not in time is in order, too: it was given the time.
            _ = timeout(LINGER_TIMEOUT, closed).await;
        }
    }

    fn poll_written(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.transport.poll_write_all(context, &mut self.unsent))?;
        self.transport.poll_shutdown(context)
    }

    fn poll_closed(&mut self, context: &mut Context<'_>, bytes_left: &mut usize) -> Poll<()> {
        let mut discarded = [0; 1024];
        while *bytes_left > 0 {
            let mut buffer = ReadBuf::new(&mut discarded);
            match ready!(self.transport.poll_read(context, &mut buffer)) {
                Ok(()) if !buffer.filled().is_empty() => {
                    *bytes_left = bytes_left.saturating_sub(buffer.filled().len());
                }
                Ok(()) | Err(_) => break,
            }
        }
        Poll::Ready(())
    }
}
