//! What is written from entries encoded once is what the schema says.
#![allow(clippy::unwrap_used, reason = "tests, and what helps them")]

use bytes::{Bytes, BytesMut};
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::VecDeque;
use userstatus_wire::v1::{self, server_frame};
use userstatus_wire::{
    FrameDecoder, PUSH_BYTES_MAX, PUSH_ENTRIES_MAX, SERVER_FRAME_BYTES_MAX, decode_server_frame,
    encode_server_frame, encode_status_entry, write_status_push,
};

fn status() -> impl Strategy<Value = v1::UserStatus> {
    let platforms = vec(0u32..10, 0..4);
    ("[!-~]{0,32}", any::<u64>(), 0i32..4, ".{0,40}", platforms).prop_map(
        |(user_id, version, normal, custom_status, online_platforms)| v1::UserStatus {
            user_id,
            version,
            normal,
            custom_status,
            online_platforms,
        },
    )
}

fn entries_of(statuses: &[v1::UserStatus]) -> Vec<Bytes> {
    statuses.iter().map(encode_status_entry).collect()
}

/// The statuses of each frame in a stream of pushes.
fn pushed(mut stream: &[u8]) -> Vec<Vec<v1::UserStatus>> {
    let mut decoder = FrameDecoder::new(SERVER_FRAME_BYTES_MAX);
    let mut pushes = Vec::new();
    while let Some(body) = decoder.next_frame(&mut stream).unwrap() {
        match decode_server_frame(&body).unwrap().body {
            Some(server_frame::Body::StatusPush(push)) => pushes.push(push.statuses),
            other => panic!("not a push: {other:?}"),
        }
    }
    assert!(decoder.is_between_frames());
    pushes
}

proptest! {
    #[test]
    fn a_push_is_byte_for_byte_what_prost_writes(statuses in vec(status(), 1..20)) {
        let mut ours = BytesMut::new();
        prop_assert_eq!(write_status_push(&mut ours, entries_of(&statuses)), 1);
        let mut prosts = BytesMut::new();
        encode_server_frame(&v1::StatusPush { statuses }.into(), &mut prosts).unwrap();
        prop_assert_eq!(ours, prosts);
    }

    #[test]
    fn split_pushes_lose_and_reorder_nothing(
        statuses in vec(status(), 0..40),
        lengths in vec(0..30_000usize, 40),
    ) {
        let statuses: Vec<_> = statuses
            .into_iter()
            .zip(lengths)
            .map(|(status, length)| v1::UserStatus { custom_status: "x".repeat(length), ..status })
            .collect();
        let mut stream = BytesMut::new();
        let frames = write_status_push(&mut stream, entries_of(&statuses));
        let pushes = pushed(&stream);
        prop_assert_eq!(pushes.len(), frames);
        prop_assert_eq!(pushes.concat(), statuses);
    }
}

#[test]
fn no_entries_make_no_frame() {
    let mut out = BytesMut::new();
    assert_eq!(write_status_push(&mut out, &[] as &[Bytes]), 0);
    assert!(out.is_empty());
}

#[test]
fn a_frame_holds_1024_entries_at_most() {
    let entry = encode_status_entry(&v1::UserStatus::default());
    for (count, frames) in [(1_023, 1), (1_024, 1), (1_025, 2), (3_000, 3)] {
        let mut out = BytesMut::new();
        assert_eq!(write_status_push(&mut out, vec![&entry; count]), frames);
        let pushes = pushed(&out);
        assert_eq!(pushes.concat().len(), count);
        assert!(pushes.iter().all(|push| push.len() <= PUSH_ENTRIES_MAX));
    }
}

#[test]
fn a_frame_holds_64_kib_of_entries_at_most() {
    // Entries of 1,024 bytes each, with key and lengths.
    let custom_status = "x".repeat(1_024 - 6);
    let entry = encode_status_entry(&v1::UserStatus {
        custom_status,
        ..Default::default()
    });
    assert_eq!(entry.len(), 1_024);
    for (count, frames) in [(63, 1), (64, 1), (65, 2), (129, 3)] {
        let mut out = BytesMut::new();
        let entries: VecDeque<_> = std::iter::repeat_n(entry.clone(), count).collect();
        assert_eq!(write_status_push(&mut out, &entries), frames);
        assert_eq!(pushed(&out).concat().len(), count);
    }
}

#[test]
fn an_entry_longer_than_a_push_goes_alone() {
    let long = v1::UserStatus {
        custom_status: "x".repeat(PUSH_BYTES_MAX + 1),
        ..Default::default()
    };
    let short = v1::UserStatus::default();
    let mut out = BytesMut::new();
    let statuses = [short.clone(), long, short];
    assert_eq!(write_status_push(&mut out, entries_of(&statuses)), 3);
    assert_eq!(pushed(&out).concat(), statuses);
}
