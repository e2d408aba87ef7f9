//! What a login pays for its UserSig: `cargo bench -p userstatus-usersig`.
#![allow(missing_docs, reason = "criterion's macros make public items")]

use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use userstatus_usersig::{AHEAD_S_MAX_DEFAULT, SecretKey, inspect, mint, verify};

fn usersig(criterion: &mut Criterion) {
    let keys = ["5bd2850fff3ecb11", "d7c805251c51ee46"]
        .map(|text| SecretKey::new(text).expect("neither empty nor too long"));
    let minted = |key: &SecretKey| {
        mint(key, 1_400_000_000, "alice", 1_800_000_000, 86_400).expect("alice is a user id")
    };
    let by_first = minted(&keys[0]);
    let by_second = minted(&keys[1]);
    let check = |sig: &str| {
        verify(
            black_box(sig),
            1_400_000_000,
            "alice",
            &keys,
            1_800_000_001,
            AHEAD_S_MAX_DEFAULT,
        )
    };
    assert!(check(&by_first).is_ok() && check(&by_second).is_ok());
    criterion.bench_function("verify, first key", |bencher| {
        bencher.iter(|| check(&by_first))
    });
    criterion.bench_function("verify, second key", |bencher| {
        bencher.iter(|| check(&by_second))
    });
    criterion.bench_function("verify, forged", |bencher| {
        let forged = minted(&SecretKey::new("other").expect("neither empty nor too long"));
        bencher.iter(|| check(&forged));
    });
    criterion.bench_function("verify, 300,000 bytes", |bencher| {
        let long = "A".repeat(300_000);
        bencher.iter(|| check(&long));
    });
    criterion.bench_function("inspect", |bencher| {
        bencher.iter(|| inspect(black_box(&by_first)))
    });
    criterion.bench_function("mint", |bencher| {
        bencher.iter(|| minted(black_box(&keys[0])))
    });
}

criterion_group!(benches, usersig);
criterion_main!(benches);
