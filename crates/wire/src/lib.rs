//! The userstatus protocol: frames, versions, limits, codec. `docs/protocol.md` describes it for people who write a client.
//!
//! A connection reads into a scratch buffer, hands each chunk to a [`FrameDecoder`], and decodes what comes out:
//!
//! ```
//! use userstatus_wire::{FrameDecoder, HELLO_BYTES_MAX, decode_client_frame, encode_client_frame, v1};
//! # let mut sent = bytes::BytesMut::new();
//! # let hello = v1::Hello::new("docs", "1.0");
//! # encode_client_frame(&hello.into(), HELLO_BYTES_MAX, &mut sent)?;
//! let mut decoder = FrameDecoder::new(HELLO_BYTES_MAX);
//! let mut chunk: &[u8] = &sent; // what one read gave
//! while let Some(body) = decoder.next_frame(&mut chunk)? {
//!     let frame = decode_client_frame(&body)?;
//!     assert!(matches!(frame.body, Some(v1::client_frame::Body::Hello(_))));
//! }
//! # Ok::<(), userstatus_wire::WireError>(())
//! ```
//!
//! This crate knows no rules: it neither checks user ids nor knows what a code means.
#![forbid(unsafe_code)]

mod entries;
mod error;
mod frame;
mod limits;
mod message;
mod page;
mod push;
mod version;

pub use error::WireError;
pub use frame::{
    FrameBody, FrameDecoder, decode_client_frame, decode_server_frame, encode_client_frame,
    encode_server_frame,
};
pub use limits::{
    CLIENT_FRAME_BYTES_MAX, CLIENT_FRAME_ENTRIES_MAX, FRAME_PREFIX_BYTES,
    FRIEND_ADD_SOURCE_BYTES_MAX, FRIEND_ADD_WORDING_BYTES_MAX, FRIEND_GROUP_NAME_BYTES_MAX,
    FRIEND_REMARK_BYTES_MAX, HEARTBEAT_INTERVAL_MS, HELLO_BYTES_MAX, INSTANCE_ID_BYTES,
    LIST_PAGE_BYTES_MAX, LIST_PAGE_ENTRIES_MAX, PUSH_BYTES_MAX, PUSH_ENTRIES_MAX,
    SERVER_FRAME_BYTES_MAX, SERVER_FRAME_ENTRIES_MAX, SILENCE_TIMEOUT_MS,
    USER_DEFINED_DATA_BYTES_MAX, USER_SIG_BYTES_MAX,
};
pub use page::take_page;
pub use push::{encode_status_entry, write_status_push};
pub use version::{FEATURES, PROTOCOL_MAX, PROTOCOL_MIN, negotiate_version, shared_features};

/// The messages, generated from `proto/userstatus/v1/protocol.proto`, which documents them.
// Generated code: its docs are the comments of the schema, written for people who read that.
#[allow(missing_docs, clippy::all, clippy::pedantic, reason = "generated")]
pub mod v1 {
    include!(concat!(env!("OUT_DIR"), "/userstatus.v1.rs"));
}
