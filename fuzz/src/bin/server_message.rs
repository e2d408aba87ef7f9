//! Whatever is taken for a server's message survives being written and read again.
#![no_main]

use bytes::BytesMut;
use libfuzzer_sys::fuzz_target;
use userstatus_wire::{FRAME_PREFIX_BYTES, decode_server_frame, encode_server_frame};

fuzz_target!(|body: &[u8]| {
    let Ok(frame) = decode_server_frame(body) else {
        return;
    };
    if frame.body.is_none() {
        return;
    }
    let mut again = BytesMut::new();
    encode_server_frame(&frame, &mut again).expect("what was read can be written");
    assert_eq!(decode_server_frame(&again[FRAME_PREFIX_BYTES..]), Ok(frame));
});
