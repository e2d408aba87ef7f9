//! No text is a UserSig unless the key's holder made it.
#![no_main]

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::{Compression, write::ZlibEncoder};
use libfuzzer_sys::fuzz_target;
use std::io::Write;
use std::sync::LazyLock;
use userstatus_usersig::{SecretKey, inspect, mint, verify};

/// Signs nothing in the seeds.
static KEYS: LazyLock<[SecretKey; 2]> =
    LazyLock::new(|| ["one", "two"].map(|text| SecretKey::new(text).expect("a good key")));

fuzz_target!(|input: &[u8]| {
    let sig = match input {
        // A checksum keeps mutations of a whole sig outside: what is to be read inside is packed here.
        [b'{', ..] => seal(input),
        _ => String::from_utf8_lossy(input).into_owned(),
    };
    match inspect(&sig) {
        Ok(claims) => {
            let refused = verify(&sig, claims.app_id, &claims.user_id, &*KEYS, 0, u64::MAX);
            assert!(refused.is_err(), "{claims:?} was let in");
            let minted = mint(
                &KEYS[0],
                claims.app_id,
                &claims.user_id,
                claims.issued_at_s,
                claims.expire_s,
            );
            let read = minted.map(|sig| inspect(&sig));
            assert_eq!(
                read,
                Ok(Ok(claims)),
                "what can be read can be minted, and says the same"
            );
        }
        Err(error) => assert_eq!(
            verify(&sig, 1, "alice", &*KEYS, 0, u64::MAX).map(|verified| verified.claims),
            Err(error)
        ),
    }
});

fn seal(json: &[u8]) -> String {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder
        .write_all(json)
        .expect("writing to memory does not fail");
    let packed = encoder.finish().expect("writing to memory does not fail");
    STANDARD
        .encode(packed)
        .replace('+', "*")
        .replace('/', "-")
        .replace('=', "_")
}
