//! Status pushes, encoded once per change however many watch.

use crate::frame::put_prefix;
use crate::{PUSH_BYTES_MAX, PUSH_ENTRIES_MAX, v1};
use bytes::{Bytes, BytesMut};
use prost::Message;
use prost::encoding::{WireType, encode_key, encode_varint, encoded_len_varint, key_len};

/// Number of `StatusPush.statuses`.
const STATUSES: u32 = 1;

/// Number of `ServerFrame.status_push`.
const STATUS_PUSH: u32 = 3;

/// One entry of `StatusPush.statuses`, as it stands in the frame: key, length, status. Done once per change; the bytes are
/// shared by all who are told.
pub fn encode_status_entry(status: &v1::UserStatus) -> Bytes {
    let bytes = status.encoded_len();
    let mut entry =
        BytesMut::with_capacity(key_len(STATUSES) + encoded_len_varint(bytes as u64) + bytes);
    prost::encoding::message::encode(STATUSES, status, &mut entry);
    entry.freeze()
}

/// Appends push frames with these entries, in order: one frame unless they exceed [`PUSH_ENTRIES_MAX`] or [`PUSH_BYTES_MAX`].
/// No entries, no frame. Says how many frames it wrote.
pub fn write_status_push<I>(out: &mut BytesMut, entries: I) -> usize
where
    I: IntoIterator<Item: AsRef<[u8]>, IntoIter: Clone>,
{
    let mut rest = entries.into_iter();
    let mut frames = 0;
    loop {
        let (count, bytes) = first_frame(rest.clone());
        if count == 0 {
            return frames;
        }
        put_header(bytes, out);
        for entry in rest.by_ref().take(count) {
            out.extend_from_slice(entry.as_ref());
        }
        frames += 1;
    }
}

/// How many of the entries go in one frame, and their bytes.
fn first_frame(entries: impl Iterator<Item: AsRef<[u8]>>) -> (usize, usize) {
    let (mut count, mut bytes) = (0, 0);
    for entry in entries.take(PUSH_ENTRIES_MAX) {
        let with_entry = bytes + entry.as_ref().len();
        if count > 0 && with_entry > PUSH_BYTES_MAX {
            break;
        }
        count += 1;
        bytes = with_entry;
    }
    (count, bytes)
}

/// Everything before the entries: the frame's length, and key and length of the `StatusPush`.
fn put_header(entry_bytes: usize, out: &mut BytesMut) {
    let frame_bytes = key_len(STATUS_PUSH) + encoded_len_varint(entry_bytes as u64) + entry_bytes;
    out.reserve(crate::FRAME_PREFIX_BYTES + frame_bytes);
    put_prefix(frame_bytes, out);
    encode_key(STATUS_PUSH, WireType::LengthDelimited, out);
    encode_varint(entry_bytes as u64, out);
}
