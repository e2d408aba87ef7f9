//! Whatever is taken for a client's message survives being written and read again.
#![no_main]

use bytes::BytesMut;
use libfuzzer_sys::fuzz_target;
use userstatus_wire::{
    CLIENT_FRAME_BYTES_MAX, FRAME_PREFIX_BYTES, decode_client_frame, encode_client_frame,
};

fuzz_target!(|body: &[u8]| {
    let Ok(frame) = decode_client_frame(body) else {
        return;
    };
    if frame.body.is_none() {
        return;
    }
    let mut again = BytesMut::new();
    encode_client_frame(&frame, CLIENT_FRAME_BYTES_MAX, &mut again)
        .expect("what was read can be written");
    assert_eq!(decode_client_frame(&again[FRAME_PREFIX_BYTES..]), Ok(frame));
});
