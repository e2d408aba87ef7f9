//! Frames: a length and one message.

use crate::entries::{check_client_entries, check_server_entries};
use crate::{FRAME_PREFIX_BYTES, SERVER_FRAME_BYTES_MAX, WireError, v1};
use bytes::{BufMut, BytesMut};
use prost::Message;
use std::ops::Deref;

/// Cuts a byte stream into frames. Holds memory only for a frame that is cut by the end of a chunk, and only as much as
/// has arrived of it, whatever its length prefix promises.
#[derive(Debug)]
pub struct FrameDecoder {
    frame_bytes_max: usize,
    prefix: [u8; FRAME_PREFIX_BYTES],
    prefix_len: usize,
    body: Vec<u8>,
}

/// The bytes of one complete frame, without its prefix: a part of the chunk, or put together from several.
#[derive(Debug, PartialEq, Eq)]
pub enum FrameBody<'c> {
    /// The frame lay within one chunk: nothing was copied.
    Borrowed(&'c [u8]),
    /// The frame came in several chunks.
    Owned(Vec<u8>),
}

impl Deref for FrameBody<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Borrowed(bytes) => bytes,
            Self::Owned(bytes) => bytes,
        }
    }
}

impl FrameDecoder {
    /// A decoder at the start of a stream whose frames are at most `frame_bytes_max` long.
    pub const fn new(frame_bytes_max: usize) -> Self {
        Self {
            frame_bytes_max,
            prefix: [0; FRAME_PREFIX_BYTES],
            prefix_len: 0,
            body: Vec::new(),
        }
    }

    /// Changes the cap, from the next frame on: a server raises it after a valid hello.
    pub const fn set_frame_bytes_max(&mut self, frame_bytes_max: usize) {
        self.frame_bytes_max = frame_bytes_max;
    }

    /// The next complete frame. Takes what it needs off the front of `chunk`; `None` means that it took all of it and
    /// that the next frame is not complete yet. To be called until then.
    ///
    /// # Errors
    /// A length of 0 or beyond the cap, as soon as the prefix is there. A stream cannot be read on after that: the error stays.
    pub fn next_frame<'c>(
        &mut self,
        chunk: &mut &'c [u8],
    ) -> Result<Option<FrameBody<'c>>, WireError> {
        let prefix_part = take(chunk, FRAME_PREFIX_BYTES - self.prefix_len);
        let prefix_end = self.prefix_len + prefix_part.len();
        self.prefix[self.prefix_len..prefix_end].copy_from_slice(prefix_part);
        self.prefix_len = prefix_end;
        if self.prefix_len < FRAME_PREFIX_BYTES {
            return Ok(None);
        }
        let length = self.checked_length()?;
        if self.body.is_empty() && chunk.len() >= length {
            self.prefix_len = 0;
            return Ok(Some(FrameBody::Borrowed(take(chunk, length))));
        }
        let body_part = take(chunk, length - self.body.len());
        self.grow_for(body_part.len(), length);
        self.body.extend_from_slice(body_part);
        if self.body.len() < length {
            return Ok(None);
        }
        self.prefix_len = 0;
        Ok(Some(FrameBody::Owned(std::mem::take(&mut self.body))))
    }

    /// Whether the stream stands between two frames: it may end here.
    pub const fn is_between_frames(&self) -> bool {
        self.prefix_len == 0
    }

    /// Bytes of memory held for a frame that is not complete.
    pub const fn buffer_bytes(&self) -> usize {
        self.body.capacity()
    }

    fn checked_length(&self) -> Result<usize, WireError> {
        let bytes = u32::from_be_bytes(self.prefix) as usize;
        if bytes == 0 {
            return Err(WireError::EmptyFrame);
        }
        if bytes > self.frame_bytes_max && self.body.is_empty() {
            return Err(WireError::FrameTooLong {
                bytes,
                bytes_max: self.frame_bytes_max,
            });
        }
        Ok(bytes)
    }

    /// Doubles, so that a frame in many chunks is copied few times, but never beyond the frame.
    fn grow_for(&mut self, more: usize, length: usize) {
        let needed = self.body.len() + more;
        if needed > self.body.capacity() {
            let target = needed.max(self.body.capacity() * 2).min(length);
            self.body.reserve_exact(target - self.body.len());
        }
    }
}

/// Appends a frame from a client.
///
/// # Errors
/// [`WireError::FrameTooLong`] if it is longer than `frame_bytes_max`, which is what `Welcome` said; `out` is unchanged then.
pub fn encode_client_frame(
    frame: &v1::ClientFrame,
    frame_bytes_max: usize,
    out: &mut BytesMut,
) -> Result<(), WireError> {
    encode(frame, frame_bytes_max, out)
}

/// Appends a frame from a server.
///
/// # Errors
/// [`WireError::FrameTooLong`] if it is longer than [`SERVER_FRAME_BYTES_MAX`]; `out` is unchanged then.
pub fn encode_server_frame(frame: &v1::ServerFrame, out: &mut BytesMut) -> Result<(), WireError> {
    encode(frame, SERVER_FRAME_BYTES_MAX, out)
}

/// Reads a client's frame. One whose body this version does not know has `body: None`.
///
/// # Errors
/// It is malformed, or holds more than [`crate::CLIENT_FRAME_ENTRIES_MAX`] list entries.
pub fn decode_client_frame(body: &[u8]) -> Result<v1::ClientFrame, WireError> {
    check_client_entries(body)?;
    Ok(v1::ClientFrame::decode(body)?)
}

/// Reads a server's frame. One whose body this version does not know has `body: None`.
///
/// # Errors
/// It is malformed, or holds more than [`crate::SERVER_FRAME_ENTRIES_MAX`] list entries.
pub fn decode_server_frame(body: &[u8]) -> Result<v1::ServerFrame, WireError> {
    check_server_entries(body)?;
    Ok(v1::ServerFrame::decode(body)?)
}

fn encode<M: Message>(frame: &M, bytes_max: usize, out: &mut BytesMut) -> Result<(), WireError> {
    let bytes = frame.encoded_len();
    if bytes > bytes_max {
        return Err(WireError::FrameTooLong { bytes, bytes_max });
    }
    if bytes == 0 {
        return Err(WireError::EmptyFrame);
    }
    out.reserve(FRAME_PREFIX_BYTES + bytes);
    put_prefix(bytes, out);
    frame.encode_raw(out);
    Ok(())
}

/// The prefix of a frame of `bytes`, which a cap has bounded.
pub(crate) fn put_prefix(bytes: usize, out: &mut BytesMut) {
    out.put_u32(u32::try_from(bytes).expect("every cap on frames is below 4 GiB"));
}

/// Up to `count` bytes off the front.
fn take<'c>(chunk: &mut &'c [u8], count: usize) -> &'c [u8] {
    let (taken, rest) = chunk.split_at(count.min(chunk.len()));
    *chunk = rest;
    taken
}
