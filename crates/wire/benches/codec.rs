//! What a frame costs: `cargo bench -p userstatus-wire`.
#![allow(missing_docs, reason = "criterion's macros make public items")]

use bytes::BytesMut;
use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use userstatus_wire::v1::{self, request};
use userstatus_wire::{
    CLIENT_FRAME_BYTES_MAX, FrameDecoder, SERVER_FRAME_BYTES_MAX, decode_client_frame,
    decode_server_frame, encode_client_frame, encode_status_entry, write_status_push,
};

fn status() -> v1::UserStatus {
    v1::UserStatus {
        user_id: "player-000001".into(),
        version: 1_843_200_000_001_024,
        normal: v1::NormalStatus::Online as i32,
        custom_status: "x".repeat(64),
        online_platforms: vec![v1::Platform::Windows as u32],
    }
}

fn pushes(criterion: &mut Criterion) {
    let status = status();
    criterion.bench_function("encode_status_entry", |bencher| {
        bencher.iter(|| encode_status_entry(black_box(&status)));
    });
    let entry = encode_status_entry(&status);
    for count in [1, 100] {
        let entries = vec![entry.clone(); count];
        let mut out = BytesMut::with_capacity(64 * 1024);
        criterion.bench_function(&format!("write_status_push, {count} entries"), |bencher| {
            bencher.iter(|| {
                out.clear();
                write_status_push(&mut out, black_box(&entries))
            });
        });
        criterion.bench_function(&format!("frame and decode, {count} entries"), |bencher| {
            let mut decoder = FrameDecoder::new(SERVER_FRAME_BYTES_MAX);
            bencher.iter(|| {
                let mut chunk = &out[..];
                let body = decoder.next_frame(&mut chunk);
                let body = body.expect("a good frame").expect("a whole frame");
                decode_server_frame(&body).expect("a good message")
            });
        });
    }
}

fn queries(criterion: &mut Criterion) {
    let user_ids = (0..100)
        .map(|number| format!("player-{number:06}"))
        .collect();
    let get = request::Body::GetUserStatus(v1::GetUserStatus { user_ids });
    let mut out = BytesMut::new();
    encode_client_frame(
        &v1::Request::new(1, get).into(),
        CLIENT_FRAME_BYTES_MAX,
        &mut out,
    )
    .expect("it is short");
    criterion.bench_function("decode a query of 100", |bencher| {
        bencher.iter(|| decode_client_frame(black_box(&out[4..])).expect("a good message"));
    });
}

criterion_group!(benches, pushes, queries);
criterion_main!(benches);
