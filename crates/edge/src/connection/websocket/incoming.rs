//! From the bytes of a socket to what is in binary messages, in place.

use super::{CloseCode, FINAL, Opcode};
use userstatus_wire::{CLIENT_FRAME_BYTES_MAX, FRAME_PREFIX_BYTES};

/// The longest message from a client: one that holds the longest frame.
const MESSAGE_BYTES_MAX: u64 = (FRAME_PREFIX_BYTES + CLIENT_FRAME_BYTES_MAX) as u64;

/// The longest payload of a ping, a pong or a close (RFC 6455, 5.5).
const CONTROL_BYTES_MAX: usize = 125;

/// Two bytes, up to eight of a length, and four of a mask.
const HEAD_BYTES_MAX: usize = 14;

const RESERVED: u8 = 0x70;
const MASKED: u8 = 0x80;

/// What a client's frames have come to.
#[derive(Debug, Default)]
pub(super) struct Incoming {
    /// The head of a frame, as much as has come.
    head: [u8; HEAD_BYTES_MAX],
    head_bytes: usize,
    /// Of a frame whose head is complete.
    frame: Option<Frame>,
    /// What has come of a ping, a pong or a close.
    control: Vec<u8>,
    /// Bytes of a message that more frames belong to.
    message_bytes: Option<u64>,
    is_closed: bool,
}

#[derive(Clone, Copy, Debug)]
struct Frame {
    opcode: Opcode,
    bytes_left: u64,
    mask: [u8; 4],
    /// Where in the mask the next byte is.
    mask_at: usize,
}

/// What concerns the connection and no message.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Control<'c> {
    /// To be answered with the same.
    Ping(&'c [u8]),
    /// With a code, if the other side gave one.
    Close(Option<u16>),
}

/// What is no WebSocket of ours.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Broken {
    pub(super) code: CloseCode,
    pub(super) reason: &'static str,
}

impl Broken {
    pub(super) const fn new(code: CloseCode, reason: &'static str) -> Self {
        Self { code, reason }
    }

    const fn protocol(reason: &'static str) -> Self {
        Self::new(CloseCode::Protocol, reason)
    }
}

impl Incoming {
    /// Takes all of `bytes`, and leaves at its beginning what was in binary messages. Says how much that is, and how many frames brought
    /// nothing.
    pub(super) fn take(
        &mut self,
        bytes: &mut [u8],
        control: &mut impl FnMut(Control<'_>),
    ) -> Result<(usize, u32), Broken> {
        let (mut read, mut written, mut idle_words) = (0, 0, 0);
        while read < bytes.len() && !self.is_closed {
            let Some(mut frame) = self.frame else {
                let wanted = self.head_bytes_wanted() - self.head_bytes;
                let count = wanted.min(bytes.len() - read);
                let end = self.head_bytes + count;
                self.head[self.head_bytes..end].copy_from_slice(&bytes[read..read + count]);
                self.head_bytes = end;
                read += count;
                if self.head_bytes == self.head_bytes_wanted() {
                    let frame = self.begin_frame()?;
                    idle_words += u32::from(frame.bytes_left == 0 || frame.is_control());
                    self.frame = Some(frame);
                    self.end_frame(control)?;
                }
                continue;
            };
            let left = usize::try_from(frame.bytes_left).unwrap_or(usize::MAX);
            let count = left.min(bytes.len() - read);
            let part = read..read + count;
            frame.unmask(&mut bytes[part.clone()]);
            if frame.is_control() {
                self.control.extend_from_slice(&bytes[part]);
            } else {
                bytes.copy_within(part, written);
                written += count;
            }
            read += count;
            self.frame = Some(frame);
            self.end_frame(control)?;
        }
        Ok((written, idle_words))
    }

    /// Whether the other side has closed: nothing comes any more.
    pub(super) const fn is_closed(&self) -> bool {
        self.is_closed
    }

    pub(super) const fn held_bytes(&self) -> usize {
        self.control.capacity()
    }

    /// How long the head is, as far as what has come of it says.
    const fn head_bytes_wanted(&self) -> usize {
        if self.head_bytes < 2 {
            return 2;
        }
        // The mask counts also where there is none: that is refused.
        match self.head[1] & !MASKED {
            126 => 2 + 2 + 4,
            127 => 2 + 8 + 4,
            _ => 2 + 4,
        }
    }

    /// The head is complete.
    fn begin_frame(&mut self) -> Result<Frame, Broken> {
        let [first, second, ..] = self.head;
        let is_final = first & FINAL != 0;
        if first & RESERVED != 0 {
            return Err(Broken::protocol(
                "a reserved bit is set, and no extension was agreed on",
            ));
        }
        if second & MASKED == 0 {
            return Err(Broken::protocol("a client's frame has to be masked"));
        }
        let end = self.head_bytes;
        let mask = [end - 4, end - 3, end - 2, end - 1].map(|at| self.head[at]);
        let length = self.head[2..end - 4].iter();
        let bytes = match second & !MASKED {
            126 | 127 => length.fold(0, |length, byte| length << 8 | u64::from(*byte)),
            length => u64::from(length),
        };
        let opcode = match first & 0x0f {
            0 => Opcode::Continuation,
            1 => Opcode::Text,
            2 => Opcode::Binary,
            8 => Opcode::Close,
            9 => Opcode::Ping,
            10 => Opcode::Pong,
            _ => return Err(Broken::protocol("there is no such opcode")),
        };
        self.head_bytes = 0;
        let frame = Frame {
            opcode,
            bytes_left: bytes,
            mask,
            mask_at: 0,
        };
        if frame.is_control() {
            return match is_final && bytes <= CONTROL_BYTES_MAX as u64 {
                true => Ok(frame),
                false => Err(Broken::protocol(
                    "a ping, pong or close is one frame of at most 125 bytes",
                )),
            };
        }
        let before = match (opcode, self.message_bytes) {
            (Opcode::Text, _) => {
                return Err(Broken::new(
                    CloseCode::Unsupported,
                    "this is a text message; frames of the protocol come in binary messages",
                ));
            }
            (Opcode::Continuation, Some(before)) => before,
            (Opcode::Continuation, None) => {
                return Err(Broken::protocol(
                    "there is no message that this frame goes on with",
                ));
            }
            (_, Some(_)) => return Err(Broken::protocol("the message before is not complete")),
            (_, None) => 0,
        };
        let message_bytes = before.saturating_add(bytes);
        if message_bytes > MESSAGE_BYTES_MAX {
            return Err(Broken::new(
                CloseCode::TooLong,
                "the message is longer than the longest frame of the protocol",
            ));
        }
        self.message_bytes = (!is_final).then_some(message_bytes);
        Ok(frame)
    }

    /// If all of a frame has come, the next one begins.
    fn end_frame(&mut self, control: &mut impl FnMut(Control<'_>)) -> Result<(), Broken> {
        let Some(frame) = self.frame.take_if(|frame| frame.bytes_left == 0) else {
            return Ok(());
        };
        // Given back: most connections never have one.
        let payload = std::mem::take(&mut self.control);
        match frame.opcode {
            Opcode::Ping => control(Control::Ping(&payload)),
            Opcode::Close => {
                control(Control::Close(close_code(&payload)?));
                self.is_closed = true;
            }
            Opcode::Continuation | Opcode::Text | Opcode::Binary | Opcode::Pong => {}
        }
        Ok(())
    }
}

impl Frame {
    const fn is_control(&self) -> bool {
        matches!(self.opcode, Opcode::Close | Opcode::Ping | Opcode::Pong)
    }

    /// Reads the next bytes of it.
    fn unmask(&mut self, bytes: &mut [u8]) {
        let mut mask = self.mask;
        mask.rotate_left(self.mask_at);
        for part in bytes.chunks_mut(4) {
            for (byte, mask) in part.iter_mut().zip(mask) {
                *byte ^= mask;
            }
        }
        self.mask_at = (self.mask_at + bytes.len()) % 4;
        self.bytes_left -= bytes.len() as u64;
    }
}

/// What a close says (RFC 6455, 5.5.1 and 7.4).
fn close_code(payload: &[u8]) -> Result<Option<u16>, Broken> {
    let Some((code, reason)) = payload.split_first_chunk() else {
        return match payload {
            [] => Ok(None),
            _ => Err(Broken::protocol("the code of a close has two bytes")),
        };
    };
    let code = u16::from_be_bytes(*code);
    if !matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999) {
        return Err(Broken::protocol("there is no such code of a close"));
    }
    if std::str::from_utf8(reason).is_err() {
        return Err(Broken::new(
            CloseCode::NotUtf8,
            "the reason of a close is not UTF-8",
        ));
    }
    Ok(Some(code))
}

#[cfg(test)]
mod tests;
