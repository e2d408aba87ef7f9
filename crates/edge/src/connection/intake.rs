//! From bytes that come in to frames.

use super::transport::Transport;
use std::cell::RefCell;
use std::io;
use std::task::{Context, Poll, ready};
use tokio::io::ReadBuf;
use userstatus_wire::{
    CLIENT_FRAME_BYTES_MAX, FrameDecoder, HELLO_BYTES_MAX, WireError, decode_client_frame, v1,
};

/// Bytes read at once.
const CHUNK_BYTES_MAX: usize = 16 * 1024;

thread_local! {
    // One for all connections of the thread: it is emptied before another reads.
    static CHUNK: RefCell<Box<[u8]>> = RefCell::new(vec![0; CHUNK_BYTES_MAX].into_boxed_slice());
}

/// Reads frames one by one. Between two it holds at most what came in the same chunk, idle it holds nothing.
pub(super) struct Intake {
    decoder: FrameDecoder,
    /// What came behind the last frame, from `unread_from` on.
    unread: Vec<u8>,
    unread_from: usize,
    has_heard: bool,
}

/// A frame, and how long it was.
pub(super) struct Frame {
    pub(super) message: v1::ClientFrame,
    pub(super) bytes: usize,
}

pub(super) enum Incoming {
    Frame(Frame),
    End,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum IntakeError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Wire(#[from] WireError),
}

impl Frame {
    fn decode(body: &[u8]) -> Result<Self, WireError> {
        Ok(Self {
            message: decode_client_frame(body)?,
            bytes: body.len(),
        })
    }
}

impl Intake {
    /// At the start of a connection, where only a hello may come.
    pub(super) const fn new() -> Self {
        Self {
            decoder: FrameDecoder::new(HELLO_BYTES_MAX),
            unread: Vec::new(),
            unread_from: 0,
            has_heard: false,
        }
    }

    /// The hello was valid: longer frames may come.
    pub(super) const fn expect_requests(&mut self) {
        self.decoder.set_frame_bytes_max(CLIENT_FRAME_BYTES_MAX);
    }

    /// A frame that is here already.
    pub(super) fn buffered(&mut self) -> Result<Option<Frame>, IntakeError> {
        if self.unread.is_empty() {
            return Ok(None);
        }
        let mut rest = &self.unread[self.unread_from..];
        let frame = match self.decoder.next_frame(&mut rest)? {
            Some(body) => Some(Frame::decode(&body)?),
            None => None,
        };
        self.unread_from = self.unread.len() - rest.len();
        if self.unread_from == self.unread.len() {
            self.unread = Vec::new();
            self.unread_from = 0;
        }
        Ok(frame)
    }

    /// The next frame, or the end of the stream.
    pub(super) fn poll_frame(
        &mut self,
        context: &mut Context<'_>,
        transport: &mut Transport,
    ) -> Poll<Result<Incoming, IntakeError>> {
        if let Some(frame) = self.buffered()? {
            return Poll::Ready(Ok(Incoming::Frame(frame)));
        }
        CHUNK.with_borrow_mut(|chunk| {
            loop {
                let mut buffer = ReadBuf::new(chunk);
                ready!(transport.poll_read(context, &mut buffer))?;
                let mut rest = buffer.filled();
                if rest.is_empty() {
                    return Poll::Ready(Ok(Incoming::End));
                }
                self.has_heard = true;
                if let Some(body) = self.decoder.next_frame(&mut rest)? {
                    let frame = Frame::decode(&body)?;
                    self.unread = rest.to_vec();
                    return Poll::Ready(Ok(Incoming::Frame(frame)));
                }
            }
        })
    }

    /// Memory held for what has come and was not handed on.
    pub(super) const fn held_bytes(&self) -> usize {
        self.decoder.buffer_bytes() + self.unread.capacity()
    }

    /// Whether anything came since this was last asked, be it half a frame.
    pub(super) const fn take_heard(&mut self) -> bool {
        std::mem::replace(&mut self.has_heard, false)
    }
}
