//! Frames come out as they went in, however the stream is cut; anything else is refused in time.
#![allow(clippy::unwrap_used, reason = "tests, and what helps them")]

use bytes::BytesMut;
use proptest::collection::vec;
use proptest::prelude::*;
use userstatus_wire::v1::{self, client_frame, request};
use userstatus_wire::{
    CLIENT_FRAME_BYTES_MAX, FrameBody, FrameDecoder, HELLO_BYTES_MAX, SERVER_FRAME_BYTES_MAX,
    WireError, decode_client_frame, decode_server_frame, encode_client_frame, encode_server_frame,
};

fn framed(body: &[u8]) -> Vec<u8> {
    let mut frame = u32::try_from(body.len()).unwrap().to_be_bytes().to_vec();
    frame.extend_from_slice(body);
    frame
}

/// All frames of a stream handed over in these chunks, or the error it ends with.
fn frames_of<'c>(
    decoder: &mut FrameDecoder,
    chunks: impl IntoIterator<Item = &'c [u8]>,
) -> Result<Vec<Vec<u8>>, WireError> {
    let mut frames = Vec::new();
    for mut chunk in chunks {
        while let Some(frame) = decoder.next_frame(&mut chunk)? {
            frames.push(frame.to_vec());
        }
        assert!(
            chunk.is_empty(),
            "a chunk is used up before the next is asked for"
        );
    }
    Ok(frames)
}

proptest! {
    #[test]
    fn any_chunking_gives_the_same_frames(
        bodies in vec(vec(any::<u8>(), 1..100), 0..20),
        cuts in vec(1usize..50, 1..20),
    ) {
        let stream: Vec<u8> = bodies.iter().flat_map(|body| framed(body)).collect();
        let mut chunks = Vec::new();
        let mut rest = stream.as_slice();
        for cut in cuts.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (chunk, after) = rest.split_at((*cut).min(rest.len()));
            chunks.push(chunk);
            rest = after;
        }
        let mut decoder = FrameDecoder::new(100);
        prop_assert_eq!(frames_of(&mut decoder, chunks).unwrap(), bodies);
        prop_assert!(decoder.is_between_frames());
        prop_assert_eq!(decoder.buffer_bytes(), 0);
    }

    #[test]
    fn garbage_never_panics(chunks in vec(vec(any::<u8>(), 0..200), 0..10)) {
        let mut decoder = FrameDecoder::new(1_000);
        let _ = frames_of(&mut decoder, chunks.iter().map(Vec::as_slice));
        prop_assert!(decoder.buffer_bytes() <= 1_000);
    }

    #[test]
    fn a_garbage_message_is_read_or_refused(body in vec(any::<u8>(), 0..300)) {
        // What could be read is a message like any other.
        if let Ok(frame) = decode_client_frame(&body) && frame.body.is_some() {
            let mut again = BytesMut::new();
            encode_client_frame(&frame, CLIENT_FRAME_BYTES_MAX, &mut again).unwrap();
            prop_assert_eq!(decode_client_frame(&again[4..]), Ok(frame));
        }
        if let Ok(frame) = decode_server_frame(&body) && frame.body.is_some() {
            let mut again = BytesMut::new();
            encode_server_frame(&frame, &mut again).unwrap();
            prop_assert_eq!(decode_server_frame(&again[4..]), Ok(frame));
        }
    }
}

#[test]
fn a_frame_within_a_chunk_is_not_copied() {
    let stream = framed(b"one");
    let mut chunk = stream.as_slice();
    let frame = FrameDecoder::new(10).next_frame(&mut chunk).unwrap();
    assert_eq!(frame, Some(FrameBody::Borrowed(b"one")));
}

#[test]
fn a_length_of_0_is_an_error() {
    let mut decoder = FrameDecoder::new(10);
    assert_eq!(
        frames_of(&mut decoder, [&[0, 0, 0, 0][..]]),
        Err(WireError::EmptyFrame)
    );
}

#[test]
fn a_length_beyond_the_cap_is_an_error_before_any_of_the_body_is_there() {
    for (length, good) in [(9, true), (10, true), (11, false), (u32::MAX, false)] {
        let mut decoder = FrameDecoder::new(10);
        let prefix = length.to_be_bytes();
        let answer = decoder.next_frame(&mut &prefix[..]);
        if good {
            assert_eq!(answer, Ok(None));
        } else {
            let error = WireError::FrameTooLong {
                bytes: length as usize,
                bytes_max: 10,
            };
            assert_eq!(answer, Err(error.clone()));
            assert_eq!(
                decoder.next_frame(&mut &[1; 20][..]),
                Err(error),
                "the error stays"
            );
        }
        assert_eq!(decoder.buffer_bytes(), 0);
    }
}

#[test]
fn memory_is_held_for_what_arrived_not_for_what_was_promised() {
    let mut decoder = FrameDecoder::new(CLIENT_FRAME_BYTES_MAX);
    let stream = framed(&vec![7; CLIENT_FRAME_BYTES_MAX]);
    let mut arrived = 0;
    for chunk in stream.chunks(1_000) {
        arrived += chunk.len();
        let whole = decoder.next_frame(&mut &*chunk).unwrap();
        assert!(decoder.buffer_bytes() <= (2 * arrived).min(CLIENT_FRAME_BYTES_MAX));
        assert_eq!(whole.is_some(), arrived == stream.len());
    }
    assert_eq!(decoder.buffer_bytes(), 0, "nothing is kept between frames");
}

#[test]
fn the_cap_is_raised_after_the_hello_for_what_came_along_with_it() {
    let long = vec![1; HELLO_BYTES_MAX + 1];
    let stream = [framed(&[1; HELLO_BYTES_MAX]), framed(&long)].concat();
    let mut decoder = FrameDecoder::new(HELLO_BYTES_MAX);
    let mut chunk = stream.as_slice();
    assert_eq!(
        decoder.next_frame(&mut chunk).unwrap().unwrap().len(),
        HELLO_BYTES_MAX
    );
    decoder.set_frame_bytes_max(CLIENT_FRAME_BYTES_MAX);
    assert_eq!(&*decoder.next_frame(&mut chunk).unwrap().unwrap(), long);
}

#[test]
fn a_frame_begun_under_one_cap_ends_under_it() {
    let stream = framed(b"0123456789");
    let mut decoder = FrameDecoder::new(10);
    assert_eq!(decoder.next_frame(&mut &stream[..9]), Ok(None));
    assert!(!decoder.is_between_frames());
    decoder.set_frame_bytes_max(5);
    assert!(decoder.next_frame(&mut &stream[9..]).unwrap().is_some());
    assert!(decoder.next_frame(&mut &stream[..]).is_err());
}

#[test]
fn what_is_too_long_to_be_taken_is_not_sent() {
    let request = |text_bytes: usize| {
        let custom_status = "x".repeat(text_bytes);
        let body = request::Body::SetSelfStatus(v1::SetSelfStatus { custom_status });
        v1::ClientFrame::from(v1::Request::new(1, body))
    };
    let mut out = BytesMut::from("before");
    let error = encode_client_frame(&request(1_000), 1_000, &mut out).unwrap_err();
    assert_eq!(
        error,
        WireError::FrameTooLong {
            bytes: 1_011,
            bytes_max: 1_000
        }
    );
    assert_eq!(&out[..], b"before");
    assert_eq!(
        encode_client_frame(&request(1_000), 1_011, &mut out),
        Ok(())
    );
    assert_eq!(out.len(), "before".len() + 4 + 1_011);

    let closing = v1::Closing::new(1, "x".repeat(SERVER_FRAME_BYTES_MAX));
    out.clear();
    assert!(matches!(
        encode_server_frame(&closing.into(), &mut out),
        Err(WireError::FrameTooLong {
            bytes_max: SERVER_FRAME_BYTES_MAX,
            ..
        })
    ));
    assert!(out.is_empty());
}

#[test]
fn a_frame_without_a_body_cannot_be_sent() {
    let mut out = BytesMut::new();
    let nothing = v1::ClientFrame { body: None };
    assert_eq!(
        encode_client_frame(&nothing, 10, &mut out),
        Err(WireError::EmptyFrame)
    );
}

#[test]
fn a_malformed_message_says_where() {
    // Hello.sdk_name is not UTF-8.
    let error = decode_client_frame(&[0x0a, 3, 0x22, 1, 0xff]).unwrap_err();
    assert!(
        error.to_string().starts_with("a frame cannot be read: "),
        "{error}"
    );
    assert!(error.to_string().contains("sdk_name"), "{error}");
}

#[test]
fn unknown_fields_and_bodies_are_skipped() {
    // A ping (field 3) with nonce 5 and a field 99 of text, then field 100 of the frame.
    let known = [0x1a, 7, 0x08, 5, 0x9a, 0x06, 2, b'h', b'i', 0xa0, 0x06, 1];
    let frame = decode_client_frame(&known).unwrap();
    assert_eq!(
        frame.body,
        Some(client_frame::Body::Ping(v1::Ping { nonce: 5 }))
    );
    // A frame whose body is field 100; a request 7 whose body is field 100.
    assert_eq!(decode_client_frame(&[0xa2, 0x06, 0]).unwrap().body, None);
    let Some(client_frame::Body::Request(request)) =
        decode_client_frame(&[0x12, 5, 0x08, 7, 0xa2, 0x06, 0])
            .unwrap()
            .body
    else {
        panic!("it is a request");
    };
    assert_eq!((request.id, request.body), (7, None));
    assert_eq!(decode_server_frame(&[0xa2, 0x06, 0]).unwrap().body, None);
}

#[test]
fn a_login_is_printed_without_its_sig() {
    let login = v1::Login {
        user_id: "alice".into(),
        user_sig: "sesame".into(),
        user_defined_data: b"sesame".into(),
        ..Default::default()
    };
    let frame: v1::ClientFrame = v1::Request::new(1, request::Body::Login(login)).into();
    let printed = format!("{frame:?}");
    assert!(
        printed.contains("alice") && !printed.contains("sesame"),
        "{printed}"
    );
}
