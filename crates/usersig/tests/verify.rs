//! What is let in and what is not.
#![allow(clippy::unwrap_used, reason = "tests, and what helps them")]

use proptest::prelude::*;
use serde::Deserialize;
use userstatus_usersig::{
    AHEAD_S_MAX_DEFAULT, Claims, MintError, SecretKey, SigError, Verified, inspect, mint,
};

const APP: u64 = 1_400_000_000;
const NOW_S: u64 = 1_800_000_000;

#[derive(Deserialize)]
struct Minted {
    minter: String,
    app_id: u64,
    secret_key: String,
    user_id: String,
    user_sig: String,
}

fn minted_by_others() -> Vec<Minted> {
    serde_json::from_str(include_str!("fixtures/public_minters.json")).unwrap()
}

fn key(text: &str) -> SecretKey {
    SecretKey::new(text).unwrap()
}

fn minted(key: &SecretKey, app_id: u64, user_id: &str, issued_at_s: u64, expire_s: u64) -> String {
    mint(key, app_id, user_id, issued_at_s, expire_s).unwrap()
}

/// With the default of what may be ahead.
fn verify(
    sig: &str,
    app_id: u64,
    user_id: &str,
    keys: &[SecretKey],
    now_s: u64,
) -> Result<Claims, SigError> {
    userstatus_usersig::verify(sig, app_id, user_id, keys, now_s, AHEAD_S_MAX_DEFAULT)
        .map(|verified| verified.claims)
}

fn check(sig: &str) -> Result<Claims, SigError> {
    verify(sig, APP, "alice", &[key("k")], NOW_S)
}

#[test]
fn d2_what_the_public_minters_mint_is_accepted() {
    let minted = minted_by_others();
    assert!(minted.iter().any(|sig| sig.minter.starts_with("npm")));
    assert!(minted.iter().any(|sig| sig.minter.starts_with("PyPI")));
    assert!(minted.iter().any(|sig| sig.minter.contains("userbuf")));
    for Minted {
        minter,
        app_id,
        secret_key,
        user_id,
        user_sig,
    } in minted
    {
        let keys = [key(&secret_key)];
        let claims = verify(&user_sig, app_id, &user_id, &keys, NOW_S)
            .unwrap_or_else(|error| panic!("{minter}, {user_id}: {error}"));
        assert_eq!(
            (claims.app_id, claims.user_id.as_str()),
            (app_id, user_id.as_str())
        );
        assert_eq!(claims.expire_s, 3_153_600_000, "{minter}");
        assert_eq!(inspect(&user_sig), Ok(claims));
        let forged = verify(&user_sig, app_id, &user_id, &[key("another key")], NOW_S);
        assert_eq!(forged, Err(SigError::Forged), "{minter}");
    }
}

#[test]
fn d2_each_fault_has_its_error() {
    let sig = minted(&key("k"), APP, "alice", NOW_S, 60);
    assert_eq!(check(&sig).unwrap().user_id, "alice");
    assert_eq!(check(""), Err(SigError::Empty));
    assert!(matches!(check("hello"), Err(SigError::Malformed(_))));
    assert!(matches!(
        check(&sig[..sig.len() - 1]),
        Err(SigError::Malformed(_))
    ));
    let forged = minted(&key("other"), APP, "alice", NOW_S, 60);
    assert_eq!(check(&forged), Err(SigError::Forged));
    let other_user = minted(&key("k"), APP, "bob", NOW_S, 60);
    assert_eq!(check(&other_user), Err(SigError::OtherUser));
    let other_app = minted(&key("k"), 7, "alice", NOW_S, 60);
    assert_eq!(check(&other_app), Err(SigError::OtherApp { minted_for: 7 }));
}

#[test]
fn d2_a_sig_is_valid_until_its_last_second() {
    let sig = minted(&key("k"), APP, "alice", NOW_S, 60);
    let at = |now_s| verify(&sig, APP, "alice", &[key("k")], now_s);
    assert!(at(NOW_S).is_ok());
    assert!(at(NOW_S + 59).is_ok());
    let expired = Err(SigError::Expired {
        expired_at_s: NOW_S + 60,
    });
    assert_eq!(at(NOW_S + 60), expired);
    assert_eq!(at(u64::MAX), expired);
}

#[test]
fn the_end_of_time_does_not_overflow() {
    for (issued_at_s, ahead_s_max) in [(NOW_S, 0), (u64::MAX, u64::MAX)] {
        let sig = minted(&key("k"), APP, "alice", issued_at_s, u64::MAX);
        let keys = [key("k")];
        let verified =
            userstatus_usersig::verify(&sig, APP, "alice", &keys, NOW_S, ahead_s_max).unwrap();
        assert_eq!(verified.claims.expires_at_s(), u64::MAX);
    }
    let at_once = minted(&key("k"), APP, "alice", NOW_S, 0);
    assert_eq!(
        check(&at_once),
        Err(SigError::Expired {
            expired_at_s: NOW_S
        })
    );
}

#[test]
fn d4_a_sig_dated_more_than_the_bound_ahead_is_refused_and_says_by_how_much() {
    let sig = minted(&key("k"), APP, "alice", NOW_S, 60);
    let at = |now_s, ahead_s_max| {
        userstatus_usersig::verify(&sig, APP, "alice", &[key("k")], now_s, ahead_s_max)
            .map(|verified| verified.key)
    };
    assert_eq!(at(NOW_S - 300, 300), Ok(0));
    assert_eq!(
        at(NOW_S - 301, 300),
        Err(SigError::DatedAhead { ahead_s: 301 })
    );
    assert_eq!(at(NOW_S, 0), Ok(0));
    assert_eq!(at(NOW_S - 1, 0), Err(SigError::DatedAhead { ahead_s: 1 }));
    assert_eq!(at(0, u64::MAX), Ok(0));
    let refused = at(0, 300).unwrap_err();
    assert_eq!(refused, SigError::DatedAhead { ahead_s: NOW_S });
    let said = refused.to_string();
    for part in ["1800000000 s ahead", "minter's clock", "wrong"] {
        assert!(said.contains(part), "{said}");
    }
}

#[test]
fn d3_the_key_that_it_was_signed_with_is_told() {
    let keys = ["newest", "new", "old", "new"].map(key);
    for (index, signed_with) in keys[..3].iter().enumerate() {
        let sig = minted(signed_with, APP, "alice", NOW_S, 60);
        let verified = userstatus_usersig::verify(&sig, APP, "alice", &keys, NOW_S, 0);
        let claims = Claims {
            app_id: APP,
            user_id: "alice".to_owned(),
            issued_at_s: NOW_S,
            expire_s: 60,
        };
        assert_eq!(
            verified,
            Ok(Verified { claims, key: index }),
            "the first that fits"
        );
    }
}

#[test]
fn d2_nothing_is_minted_that_would_be_refused() {
    for user_id in [
        "",
        &"x".repeat(33),
        "a b",
        "alice\n",
        "älice",
        "alice\u{7f}",
        "admin\nTLS.sdkappid:7",
    ] {
        let refused = mint(&key("k"), APP, user_id, NOW_S, 60);
        assert_eq!(refused, Err(MintError::NotAUserId), "{user_id:?}");
    }
}

#[test]
fn a_forged_sig_is_not_judged_by_its_time() {
    let ahead_and_forged = minted(&key("other"), APP, "alice", u64::MAX, 1);
    assert_eq!(check(&ahead_and_forged), Err(SigError::Forged));
    let old_and_forged = minted(&key("other"), APP, "alice", 0, 1);
    assert_eq!(check(&old_and_forged), Err(SigError::Forged));
}

#[test]
fn other_app_and_other_user_are_told_before_any_key_is_tried() {
    let sig = minted(&key("other"), 7, "bob", 0, 1);
    assert_eq!(
        verify(&sig, APP, "alice", &[], NOW_S),
        Err(SigError::OtherApp { minted_for: 7 })
    );
    assert_eq!(
        verify(&sig, 7, "alice", &[], NOW_S),
        Err(SigError::OtherUser)
    );
    assert_eq!(verify(&sig, 7, "bob", &[], NOW_S), Err(SigError::Forged));
}

#[test]
fn d2_either_of_two_keys_will_do_while_they_are_rotated() {
    let keys = [key("new"), key("old")];
    for signed_with in &keys {
        let sig = minted(signed_with, APP, "alice", NOW_S, 60);
        assert!(verify(&sig, APP, "alice", &keys, NOW_S).is_ok());
        let others: Vec<_> = keys
            .iter()
            .filter(|key| *key != signed_with)
            .cloned()
            .collect();
        assert_eq!(
            verify(&sig, APP, "alice", &others, NOW_S),
            Err(SigError::Forged)
        );
    }
}

proptest! {
    #[test]
    fn what_is_minted_verifies(
        user in "[!-~]{1,32}", app in 1u64.., issued in 0u64..u64::MAX, expire in 1u64.., secret in ".{1,20}",
    ) {
        let keys = [key(&secret)];
        let sig = minted(&keys[0], app, &user, issued, expire);
        let claims = Claims { app_id: app, user_id: user.clone(), issued_at_s: issued, expire_s: expire };
        prop_assert_eq!(inspect(&sig), Ok(claims.clone()));
        let now_s = claims.expires_at_s() - 1;
        prop_assert_eq!(verify(&sig, app, &user, &keys, now_s), Ok(claims));
    }

    #[test]
    fn d2_what_is_minted_can_be_read_and_the_rest_is_not_minted(user in any::<String>(), app: u64, issued: u64, expire: u64) {
        match mint(&key("k"), app, &user, issued, expire) {
            Ok(sig) => prop_assert_eq!(inspect(&sig).unwrap().user_id, user),
            Err(MintError::NotAUserId) => prop_assert!(
                !(1..=32).contains(&user.len()) || user.bytes().any(|byte| !(0x21..=0x7e).contains(&byte))
            ),
        }
    }

    #[test]
    fn anything_else_is_refused_without_a_panic(text in ".{0,3000}", ascii in "[A-Za-z0-9*_-]{0,3000}") {
        prop_assert!(check(&text).is_err());
        prop_assert!(check(&ascii).is_err());
    }
}

#[test]
fn no_truncation_verifies() {
    for Minted {
        app_id,
        secret_key,
        user_id,
        user_sig,
        ..
    } in minted_by_others()
    {
        for end in 0..user_sig.len() {
            let cut = verify(
                &user_sig[..end],
                app_id,
                &user_id,
                &[key(&secret_key)],
                NOW_S,
            );
            assert!(
                matches!(cut, Err(SigError::Empty | SigError::Malformed(_))),
                "{end}: {cut:?}"
            );
        }
    }
}

#[test]
fn no_flipped_bit_changes_what_verifies() {
    for Minted {
        app_id,
        secret_key,
        user_id,
        user_sig,
        ..
    } in minted_by_others()
    {
        let keys = [key(&secret_key)];
        let genuine = verify(&user_sig, app_id, &user_id, &keys, NOW_S);
        let mut verified = 0;
        for bit in 0..user_sig.len() * 8 {
            let mut bytes = user_sig.clone().into_bytes();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let Ok(flipped) = String::from_utf8(bytes) else {
                continue;
            };
            let claims = verify(&flipped, app_id, &user_id, &keys, NOW_S);
            if claims.is_ok() {
                assert_eq!(claims, genuine);
                verified += 1;
            }
        }
        // Compressed data may end within a byte: up to seven bits of it mean nothing and are all that may differ.
        assert!(verified <= 7, "{verified} bits of {user_sig} do not count");
    }
}
