//! Any stream, cut in any way, gives the same frames and the same error, and no more memory than it may.
#![no_main]

use libfuzzer_sys::fuzz_target;
use userstatus_wire::{FrameDecoder, WireError};

const FRAME_BYTES_MAX: usize = 300;

fuzz_target!(|input: &[u8]| {
    // The first bytes say how to cut the rest.
    let Some((cuts, stream)) = input.split_at_checked(4) else {
        return;
    };
    let whole = frames_of(std::iter::once(stream));
    let mut rest = stream;
    let mut lengths = cuts.iter().map(|cut| usize::from(*cut) + 1).cycle();
    let chunks = std::iter::from_fn(|| {
        let length = lengths.next()?.min(rest.len());
        let (chunk, after) = rest.split_at(length);
        rest = after;
        (!chunk.is_empty()).then_some(chunk)
    });
    assert_eq!(whole, frames_of(chunks));
});

fn frames_of<'c>(chunks: impl Iterator<Item = &'c [u8]>) -> (Vec<Vec<u8>>, Option<WireError>) {
    let mut decoder = FrameDecoder::new(FRAME_BYTES_MAX);
    let mut frames = Vec::new();
    for mut chunk in chunks {
        loop {
            match decoder.next_frame(&mut chunk) {
                Ok(Some(frame)) => {
                    assert!((1..=FRAME_BYTES_MAX).contains(&frame.len()));
                    frames.push(frame.to_vec());
                }
                Ok(None) => break,
                Err(error) => return (frames, Some(error)),
            }
            assert!(decoder.buffer_bytes() <= FRAME_BYTES_MAX);
        }
        assert!(chunk.is_empty());
    }
    (frames, None)
}
