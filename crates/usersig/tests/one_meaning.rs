//! One text, one meaning: what a key has signed lets in whom it was signed for, and nobody else, however it is packed.
#![allow(clippy::unwrap_used, reason = "tests, and what helps them")]

use base64::engine::{Engine, general_purpose::STANDARD};
use flate2::{Compression, write::ZlibEncoder};
use hmac::{Hmac, KeyInit, Mac};
use proptest::prelude::*;
use sha2::Sha256;
use std::io::Write;
use userstatus_usersig::{Claims, SecretKey, SigError, inspect, verify};

const KEY: &str = "k";
const APP: u64 = 1_400_000_000;
const NOW_S: u64 = 1_800_000_000;

/// The values in a sig as a minter is handed them, numbers as their text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Values {
    user_id: String,
    app_id: String,
    issued_at_s: String,
    expire_s: String,
    user_buffer: Option<String>,
}

impl Values {
    fn of(user_id: &str) -> Self {
        Self {
            user_id: user_id.to_owned(),
            app_id: APP.to_string(),
            issued_at_s: NOW_S.to_string(),
            expire_s: "60".to_owned(),
            user_buffer: None,
        }
    }

    fn signed_text(&self) -> String {
        let Self {
            user_id,
            app_id,
            issued_at_s,
            expire_s,
            user_buffer,
        } = self;
        let mut text = format!(
            "TLS.identifier:{user_id}\nTLS.sdkappid:{app_id}\nTLS.time:{issued_at_s}\nTLS.expire:{expire_s}\n"
        );
        if let Some(user_buffer) = user_buffer {
            text += &format!("TLS.userbuf:{user_buffer}\n");
        }
        text
    }

    /// All values whose signed text this is.
    fn all_with(signed_text: &str) -> Vec<Self> {
        let Some(text) = signed_text
            .strip_prefix("TLS.identifier:")
            .and_then(|text| text.strip_suffix('\n'))
        else {
            return Vec::new();
        };
        let mut found = Vec::new();
        for (user_id, after_user) in cut_each(text, "\nTLS.sdkappid:") {
            for (app_id, after_app) in cut_each(after_user, "\nTLS.time:") {
                for (issued_at_s, after_time) in cut_each(after_app, "\nTLS.expire:") {
                    let mut push = |expire_s: &str, user_buffer: Option<&str>| {
                        found.push(Self {
                            user_id: user_id.to_owned(),
                            app_id: app_id.to_owned(),
                            issued_at_s: issued_at_s.to_owned(),
                            expire_s: expire_s.to_owned(),
                            user_buffer: user_buffer.map(str::to_owned),
                        });
                    };
                    push(after_time, None);
                    for (expire_s, user_buffer) in cut_each(after_time, "\nTLS.userbuf:") {
                        push(expire_s, Some(user_buffer));
                    }
                }
            }
        }
        found
    }

    fn json(&self, signature: &str, writes_numbers_as_text: bool) -> String {
        let number = |text: &str| match writes_numbers_as_text {
            true => serde_json::to_string(text).unwrap(),
            false => text.to_owned(),
        };
        let user_buffer = self.user_buffer.as_ref().map_or_else(String::new, |text| {
            format!(r#""TLS.userbuf":{},"#, serde_json::to_string(text).unwrap())
        });
        format!(
            r#"{{"TLS.ver":"2.0","TLS.identifier":{},"TLS.sdkappid":{},"TLS.expire":{},"TLS.time":{},{user_buffer}"TLS.sig":"{signature}"}}"#,
            serde_json::to_string(&self.user_id).unwrap(),
            number(&self.app_id),
            number(&self.expire_s),
            number(&self.issued_at_s),
        )
    }
}

/// `text` cut at each place where `mark` stands.
fn cut_each<'t>(text: &'t str, mark: &str) -> Vec<(&'t str, &'t str)> {
    (0..text.len())
        .filter(|at| text.as_bytes()[*at..].starts_with(mark.as_bytes()))
        .map(|at| (&text[..at], &text[at + mark.len()..]))
        .collect()
}

/// Signs whatever it is handed, as the public minters do.
fn sign(signed_text: &str) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(KEY.as_bytes()).unwrap();
    STANDARD.encode(mac.chain_update(signed_text).finalize().into_bytes())
}

fn seal(json: &[u8]) -> String {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(json).unwrap();
    envelope(&encoder.finish().unwrap())
}

fn envelope(packed: &[u8]) -> String {
    STANDARD
        .encode(packed)
        .replace('+', "*")
        .replace('/', "-")
        .replace('=', "_")
}

/// What it says, if anybody is let in with it.
fn let_in(sig: &str) -> Result<Claims, SigError> {
    let claims = inspect(sig)?;
    let keys = [SecretKey::new(KEY).unwrap()];
    let now_s = claims.issued_at_s;
    let verified = verify(sig, claims.app_id, &claims.user_id, &keys, now_s, 0)?;
    assert_eq!(verified.claims, claims, "both read the same");
    Ok(verified.claims)
}

#[test]
fn what_a_careless_minter_signs_for_a_user_id_is_let_in() {
    let mut values = Values::of("alice");
    for user_buffer in [None, Some(""), Some("YWJj")] {
        values.user_buffer = user_buffer.map(str::to_owned);
        let signature = sign(&values.signed_text());
        for as_text in [false, true] {
            let claims = let_in(&seal(values.json(&signature, as_text).as_bytes())).unwrap();
            assert_eq!(
                (claims.user_id.as_str(), claims.app_id, claims.expire_s),
                ("alice", APP, 60)
            );
        }
    }
}

#[test]
fn d2_a_sig_for_an_identifier_that_holds_other_fields_lets_nobody_in_however_it_is_repacked() {
    let asked_for = Values::of(&format!(
        "admin\nTLS.sdkappid:{APP}\nTLS.time:{NOW_S}\nTLS.expire:999999999\nTLS.userbuf:x"
    ));
    let signed_text = asked_for.signed_text();
    let signature = sign(&signed_text);
    let readings = Values::all_with(&signed_text);
    assert!(readings.contains(&asked_for));
    assert!(readings.iter().any(|values| values.user_id == "admin"));
    for values in readings {
        let sig = seal(values.json(&signature, true).as_bytes());
        assert!(
            matches!(let_in(&sig), Err(SigError::Malformed(_))),
            "{values:?}"
        );
    }
}

#[test]
fn d2_a_user_buffer_that_holds_other_fields_lets_nobody_in() {
    let more = format!("\nTLS.sdkappid:{APP}\nTLS.time:{NOW_S}\nTLS.expire:60\nTLS.userbuf:YWJj");
    for user_buffer in [&more, &format!("YWJj{more}")] {
        let mut values = Values::of("alice");
        values.user_buffer = Some(user_buffer.clone());
        let signature = sign(&values.signed_text());
        for values in Values::all_with(&values.signed_text()) {
            let sig = seal(values.json(&signature, true).as_bytes());
            assert!(
                matches!(let_in(&sig), Err(SigError::Malformed(_))),
                "{values:?}"
            );
        }
    }
}

#[test]
fn the_compression_may_be_any_but_there_is_one_stream_of_it() {
    let values = Values::of("alice");
    let json = values.json(&sign(&values.signed_text()), false);
    for level in 0..=9 {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::new(level));
        encoder.write_all(json.as_bytes()).unwrap();
        let packed = encoder.finish().unwrap();
        assert!(let_in(&envelope(&packed)).is_ok(), "level {level}");
        let twice = [&packed[..], &packed[..]].concat();
        assert!(let_in(&envelope(&twice)).is_err(), "level {level}");
    }
}

/// Pieces that a hostile value is made of.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("\n".to_owned()),
        Just("TLS.identifier:".to_owned()),
        Just("\nTLS.sdkappid:7".to_owned()),
        Just("\nTLS.time:1800".to_owned()),
        Just("\nTLS.expire:60".to_owned()),
        Just("\nTLS.userbuf:".to_owned()),
        Just("YWJj".to_owned()),
        "[0-9]{1,3}",
        "[!-~]{1,8}",
        any::<char>().prop_map(String::from),
    ]
}

fn hostile() -> impl Strategy<Value = String> {
    prop::collection::vec(piece(), 0..8).prop_map(|pieces| pieces.concat())
}

fn number() -> impl Strategy<Value = String> {
    prop_oneof![3 => (0..2_000u64).prop_map(|number| number.to_string()), 1 => hostile()]
}

fn values() -> impl Strategy<Value = Values> {
    let user_id = prop_oneof!["[!-~]{1,8}", hostile()];
    let user_buffer = prop_oneof![
        Just(None),
        "([A-Za-z0-9+/]{4}){0,3}".prop_map(Some),
        hostile().prop_map(Some)
    ];
    (user_id, number(), number(), number(), user_buffer).prop_map(
        |(user_id, app_id, issued_at_s, expire_s, user_buffer)| Values {
            user_id,
            app_id,
            issued_at_s,
            expire_s,
            user_buffer,
        },
    )
}

/// Something done to bytes.
#[derive(Clone, Debug)]
enum Mutation {
    Replace(u8),
    Insert(Vec<u8>),
    Remove(usize),
    /// A stretch of them once more, elsewhere.
    Copy(prop::sample::Index, usize),
}

fn mutation() -> impl Strategy<Value = (prop::sample::Index, Mutation)> {
    let token = prop::sample::select(vec![
        "\\n",
        "\\u0000",
        "0",
        "+",
        "-",
        "e0",
        ".0",
        " ",
        "null",
        ",",
        "{",
        "}",
        r#"""#,
        r#""TLS.identifier":"admin","#,
        r#""TLS.identifier":"alice","#,
        r#""TLS.Identifier":"admin","#,
        r#""TLS.expire":999999999,"#,
        r#""TLS.userbuf":"YWJj","#,
        r#""TLS.userbuf":null,"#,
        r#"\nTLS.userbuf:"#,
    ]);
    let mutation = prop_oneof![
        any::<u8>().prop_map(Mutation::Replace),
        token.prop_map(|token| Mutation::Insert(token.as_bytes().to_vec())),
        (1..40usize).prop_map(Mutation::Remove),
        (any::<prop::sample::Index>(), 1..60usize)
            .prop_map(|(to, length)| Mutation::Copy(to, length)),
    ];
    (any::<prop::sample::Index>(), mutation)
}

fn mutate(bytes: &mut Vec<u8>, mutations: &[(prop::sample::Index, Mutation)]) {
    for (at, mutation) in mutations {
        if bytes.is_empty() {
            return;
        }
        let at = at.index(bytes.len());
        match mutation {
            Mutation::Replace(byte) => bytes[at] = *byte,
            Mutation::Insert(more) => drop(bytes.splice(at..at, more.iter().copied())),
            Mutation::Remove(length) => {
                let end = bytes.len().min(at + length);
                bytes.drain(at..end);
            }
            Mutation::Copy(to, length) => {
                let end = bytes.len().min(at + length);
                let stretch = bytes[at..end].to_vec();
                let to = to.index(bytes.len());
                bytes.splice(to..to, stretch);
            }
        }
    }
}

fn valid_values() -> impl Strategy<Value = Values> {
    let user_buffer = prop::option::of(
        prop::collection::vec(any::<u8>(), 0..40).prop_map(|bytes| STANDARD.encode(bytes)),
    );
    (
        "[!-~]{1,32}",
        any::<u64>(),
        0..u64::MAX,
        1..u64::MAX,
        user_buffer,
    )
        .prop_map(
            |(user_id, app_id, issued_at_s, expire_s, user_buffer)| Values {
                user_id,
                app_id: app_id.to_string(),
                issued_at_s: issued_at_s.to_string(),
                expire_s: expire_s.to_string(),
                user_buffer,
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// All the ways to read a signed text are tried, each packed as a sig with the one signature.
    #[test]
    fn d2_no_two_sets_of_values_are_let_in_with_the_same_signed_text(values in values()) {
        let signed_text = values.signed_text();
        let signature = sign(&signed_text);
        let mut let_in_with: Option<(Claims, Values)> = None;
        for reading in Values::all_with(&signed_text) {
            prop_assert_eq!(reading.signed_text(), signed_text.as_str());
            for as_text in [false, true] {
                let Ok(claims) = let_in(&seal(reading.json(&signature, as_text).as_bytes())) else { continue };
                match &let_in_with {
                    Some(first) => prop_assert_eq!(first, &(claims, reading.clone())),
                    None => let_in_with = Some((claims, reading.clone())),
                }
            }
        }
    }

    #[test]
    fn d2_a_changed_document_says_the_same_or_lets_nobody_in(
        values in valid_values(), as_text: bool, mutations in prop::collection::vec(mutation(), 1..4),
    ) {
        let mut json = values.json(&sign(&values.signed_text()), as_text).into_bytes();
        let genuine = let_in(&seal(&json)).unwrap();
        mutate(&mut json, &mutations);
        if let Ok(claims) = let_in(&seal(&json)) {
            prop_assert_eq!(claims, genuine);
        }
    }

    #[test]
    fn d2_a_changed_sig_says_the_same_or_lets_nobody_in(
        values in valid_values(), mutations in prop::collection::vec(mutation(), 1..4),
    ) {
        let mut sig = seal(values.json(&sign(&values.signed_text()), false).as_bytes()).into_bytes();
        let genuine = let_in(std::str::from_utf8(&sig).unwrap()).unwrap();
        mutate(&mut sig, &mutations);
        if let Ok(claims) = let_in(&String::from_utf8_lossy(&sig)) {
            prop_assert_eq!(claims, genuine);
        }
    }
}
