use super::*;

const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// A client's frame.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match payload.len() {
        length @ ..126 => frame.push(MASKED | length as u8),
        length @ ..=0xffff => {
            frame.push(MASKED | 126);
            frame.extend_from_slice(&(length as u16).to_be_bytes());
        }
        length => {
            frame.push(MASKED | 127);
            frame.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    frame.extend_from_slice(&MASK);
    let masked = payload.iter().zip(MASK.iter().cycle());
    frame.extend(masked.map(|(byte, mask)| byte ^ mask));
    frame
}

/// What became of what came.
#[derive(Debug, Default, PartialEq, Eq)]
struct Seen {
    bytes: Vec<u8>,
    idle_words: u32,
    pings: Vec<Vec<u8>>,
    closes: Vec<Option<u16>>,
}

/// Takes it in parts of so many bytes.
fn taken(bytes: &[u8], part_bytes: usize) -> Result<Seen, Broken> {
    let mut incoming = Incoming::default();
    let mut seen = Seen::default();
    for part in bytes.chunks(part_bytes) {
        let mut part = part.to_vec();
        let (mut pings, mut closes) = (Vec::new(), Vec::new());
        let mut control = |control: Control<'_>| match control {
            Control::Ping(payload) => pings.push(payload.to_vec()),
            Control::Close(code) => closes.push(code),
        };
        let (count, idle_words) = incoming.take(&mut part, &mut control)?;
        seen.bytes.extend_from_slice(&part[..count]);
        seen.idle_words += idle_words;
        seen.pings.append(&mut pings);
        seen.closes.append(&mut closes);
        assert!(incoming.held_bytes() <= 2 * CONTROL_BYTES_MAX);
    }
    assert_eq!(incoming.is_closed(), !seen.closes.is_empty());
    Ok(seen)
}

fn refused(bytes: &[u8]) -> CloseCode {
    let code = taken(bytes, bytes.len()).unwrap_err().code;
    assert_eq!(taken(bytes, 1).unwrap_err().code, code, "byte by byte");
    code
}

#[test]
fn what_is_in_messages_is_the_same_however_they_and_their_bytes_are_cut() {
    let long: Vec<_> = (0..70_000_u32).map(|number| number as u8).collect();
    let sent = [
        frame(0x82, b"hello"),
        frame(0x02, b"in "),
        frame(0x89, b"are you there"),
        frame(0x00, b"three "),
        frame(0x8a, b"unasked"),
        frame(0x80, b"parts"),
        frame(0x82, &[]),
        frame(0x82, &long[..200]),
        frame(0x82, &long),
        frame(0x88, &[0x03, 0xe8, b'b', b'y', b'e']),
        b"not looked at any more".to_vec(),
    ]
    .concat();
    let expected = Seen {
        bytes: [b"helloin three parts", &long[..200], &long].concat(),
        // A ping, a pong that nobody asked for, an empty message, and the close.
        idle_words: 4,
        pings: vec![b"are you there".to_vec()],
        closes: vec![Some(1000)],
    };
    for part_bytes in [1, 2, 3, 5, 7, 13, 100, 1_000, 16_384, sent.len()] {
        assert_eq!(
            taken(&sent, part_bytes).as_ref(),
            Ok(&expected),
            "{part_bytes}"
        );
    }
}

#[test]
fn frames_that_bring_nothing_are_counted() {
    let sent = [
        frame(0x02, &[]),
        frame(0x00, &[]),
        frame(0x00, &[]),
        frame(0x80, b"x"),
    ]
    .concat();
    assert_eq!(taken(&sent, 4).unwrap().idle_words, 3);
}

#[test]
fn what_a_client_may_not_send_is_refused_with_the_code_for_it() {
    let unmasked = [0x82, 0x01, b'x', 0, 0, 0, 0];
    assert_eq!(refused(&unmasked), CloseCode::Protocol);
    for (first, payload, code) in [
        (0xc2, &b"compressed"[..], CloseCode::Protocol),
        (0x83, b"", CloseCode::Protocol),
        (0x8b, b"", CloseCode::Protocol),
        (0x81, b"text", CloseCode::Unsupported),
        (0x80, b"of no message", CloseCode::Protocol),
        (0x09, b"a ping in parts", CloseCode::Protocol),
        (0x89, &[0; 126], CloseCode::Protocol),
        (0x88, b"x", CloseCode::Protocol),
        (0x88, &[0x03, 0xed], CloseCode::Protocol),
        (0x88, &[0, 0], CloseCode::Protocol),
        (0x88, &[0x03, 0xe8, 0xff], CloseCode::NotUtf8),
    ] {
        assert_eq!(refused(&frame(first, payload)), code, "{first:x}");
    }
    let twice = [frame(0x02, b"begun"), frame(0x82, b"another")].concat();
    assert_eq!(refused(&twice), CloseCode::Protocol);
}

#[test]
fn a_message_is_as_long_as_the_longest_frame_of_ours_at_most() {
    let longest = vec![7; MESSAGE_BYTES_MAX as usize];
    let seen = taken(&frame(0x82, &longest), 16_384).unwrap();
    assert_eq!(seen.bytes, longest);
    let in_parts = [frame(0x02, &longest[1..]), frame(0x80, &[7])].concat();
    assert!(taken(&in_parts, 16_384).is_ok());
    let too_long = [frame(0x02, &longest), frame(0x80, &[7])].concat();
    let mut head = vec![0x82, MASKED | 127];
    head.extend_from_slice(&u64::MAX.to_be_bytes());
    head.extend_from_slice(&MASK);
    for sent in [too_long, head] {
        assert_eq!(taken(&sent, 16_384).unwrap_err().code, CloseCode::TooLong);
    }
}
