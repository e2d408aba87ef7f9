//! The inside of a sig: what it says, and what of it is signed.

use crate::SigError;
use base64::engine::{Engine, general_purpose::STANDARD};
use serde::{Deserialize, Deserializer, Serialize};
use std::borrow::Cow;
use std::fmt::{self, Write};

/// The only version of the format that is signed with an HMAC.
const FORMAT_VERSION: &str = "2.0";

/// What a UserSig says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// The app it was minted for.
    pub app_id: u64,
    /// The user it was minted for. Not necessarily a valid user id.
    pub user_id: String,
    /// When, in seconds of Unix time.
    pub issued_at_s: u64,
    /// For how many seconds it is valid.
    pub expire_s: u64,
}

impl Claims {
    /// The first second it is no longer valid.
    pub const fn expires_at_s(&self) -> u64 {
        self.issued_at_s.saturating_add(self.expire_s)
    }
}

/// The JSON in a sig.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Document<'a> {
    #[serde(rename = "TLS.ver", borrow)]
    pub(crate) version: Cow<'a, str>,
    #[serde(rename = "TLS.identifier", borrow)]
    pub(crate) user_id: Cow<'a, str>,
    #[serde(rename = "TLS.sdkappid", deserialize_with = "number")]
    pub(crate) app_id: u64,
    #[serde(rename = "TLS.expire", deserialize_with = "number")]
    pub(crate) expire_s: u64,
    #[serde(rename = "TLS.time", deserialize_with = "number")]
    pub(crate) issued_at_s: u64,
    /// Permissions for rooms, of no meaning here; signed with the rest when it is there.
    #[serde(
        rename = "TLS.userbuf",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub(crate) user_buffer: Option<String>,
    #[serde(rename = "TLS.sig", borrow)]
    pub(crate) signature: Cow<'a, str>,
}

impl<'a> Document<'a> {
    /// A document without its signature.
    pub(crate) fn unsigned(app_id: u64, user_id: &'a str, issued_at_s: u64, expire_s: u64) -> Self {
        Self {
            version: Cow::Borrowed(FORMAT_VERSION),
            user_id: Cow::Borrowed(user_id),
            app_id,
            expire_s,
            issued_at_s,
            user_buffer: None,
            signature: Cow::Borrowed(""),
        }
    }

    pub(crate) fn parse(json: &'a [u8]) -> Result<Self, SigError> {
        let document: Self = serde_json::from_slice(json)
            .map_err(|_| SigError::Malformed("what is in it is not a UserSig's JSON"))?;
        if document.version != FORMAT_VERSION {
            return Err(SigError::Malformed("its TLS.ver is not 2.0"));
        }
        Ok(document)
    }

    /// What the signature is over.
    pub(crate) fn signed_text(&self) -> String {
        let mut text = String::with_capacity(256);
        let Self {
            user_id,
            app_id,
            issued_at_s,
            expire_s,
            ..
        } = self;
        write!(
            text,
            "TLS.identifier:{user_id}\nTLS.sdkappid:{app_id}\nTLS.time:{issued_at_s}\nTLS.expire:{expire_s}\n"
        )
        .expect("writing to a String does not fail");
        if let Some(user_buffer) = &self.user_buffer {
            text.push_str("TLS.userbuf:");
            text.push_str(user_buffer);
            text.push('\n');
        }
        text
    }

    /// The signature's bytes.
    pub(crate) fn signature_bytes(&self) -> Result<[u8; 32], SigError> {
        const NOT_ONE: SigError = SigError::Malformed("its TLS.sig is not the base64 of 32 bytes");
        let mut bytes = [0; 33];
        match STANDARD.decode_slice(self.signature.as_bytes(), &mut bytes) {
            Ok(32) => Ok(std::array::from_fn(|index| bytes[index])),
            _ => Err(NOT_ONE),
        }
    }

    pub(crate) fn sign(&mut self, signature: [u8; 32]) {
        self.signature = Cow::Owned(STANDARD.encode(signature));
    }

    pub(crate) fn into_claims(self) -> Claims {
        Claims {
            app_id: self.app_id,
            user_id: self.user_id.into_owned(),
            issued_at_s: self.issued_at_s,
            expire_s: self.expire_s,
        }
    }
}

/// A number, or a text of its digits: some minters write whatever they were handed.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    struct Visitor;

    impl serde::de::Visitor<'_> for Visitor {
        type Value = u64;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a whole number, not negative")
        }

        fn visit_u64<E>(self, number: u64) -> Result<u64, E> {
            Ok(number)
        }

        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<u64, E> {
            text.parse().map_err(E::custom)
        }
    }

    deserializer.deserialize_any(Visitor)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A document as minters write it, with one part replaced.
    fn with(part: &str, other: &str) -> Result<Document<'static>, SigError> {
        let json = r#"{"TLS.ver":"2.0","TLS.identifier":"alice","TLS.sdkappid":7,"TLS.expire":60,"TLS.time":1800,"TLS.sig":"c2ln"}"#;
        assert!(json.contains(part), "{part}");
        Document::parse(json.replace(part, other).leak().as_bytes())
    }

    const SIGNED: &str = "TLS.identifier:alice\nTLS.sdkappid:7\nTLS.time:1800\nTLS.expire:60\n";

    #[test]
    fn numbers_may_be_written_as_text() {
        for (number, text) in [("7,", r#""7","#), ("60", r#""60""#), ("1800", r#""1800""#)] {
            assert_eq!(with(number, text).unwrap().signed_text(), SIGNED);
        }
    }

    #[test]
    fn nothing_but_whole_numbers_is_one() {
        for other in [
            "7.0",
            "-7",
            "7e3",
            "null",
            "[7]",
            r#""""#,
            r#""7 ""#,
            r#""-7""#,
            "18446744073709551616",
        ] {
            assert!(with("7", other).is_err(), "{other}");
        }
    }

    #[test]
    fn escapes_are_read_as_what_they_mean() {
        // PHP writes / so, and some escape more than they need.
        let document = with("c2ln", r"a\/b\u002b").unwrap();
        assert_eq!(document.signature, "a/b+");
        assert_eq!(with("alice", r"\u0061lice").unwrap().signed_text(), SIGNED);
    }

    #[test]
    fn unknown_members_are_skipped_and_repeated_ones_refused() {
        let document = with(r#""TLS.time""#, r#""TLS.new":{"a":[1]},"TLS.time""#).unwrap();
        assert_eq!(document.signed_text(), SIGNED);
        assert!(with(r#""TLS.time""#, r#""TLS.time":1,"TLS.time""#).is_err());
    }

    #[test]
    fn every_member_but_the_user_buffer_is_needed() {
        for member in ["ver", "identifier", "sdkappid", "expire", "time", "sig"] {
            assert!(
                with(&format!("TLS.{member}"), "TLS.other").is_err(),
                "{member}"
            );
        }
    }

    #[test]
    fn a_user_buffer_is_signed_too_even_an_empty_one() {
        for buffer in ["", "YWJj"] {
            let document = with(
                r#""TLS.time""#,
                &format!(r#""TLS.userbuf":"{buffer}","TLS.time""#),
            )
            .unwrap();
            assert_eq!(
                document.signed_text(),
                format!("{SIGNED}TLS.userbuf:{buffer}\n")
            );
        }
    }

    #[test]
    fn other_versions_of_the_format_are_refused() {
        for version in ["1.0", "2.1", "201512300000", ""] {
            assert!(with("2.0", version).is_err(), "{version}");
        }
    }

    #[test]
    fn a_signature_is_the_base64_of_32_bytes() {
        for (bytes, good) in [
            (0, false),
            (31, false),
            (32, true),
            (33, false),
            (34, false),
            (100, false),
        ] {
            let mut document = with("c2ln", "").unwrap();
            document.signature = STANDARD.encode(vec![0xa5; bytes]).into();
            assert_eq!(document.signature_bytes().is_ok(), good, "{bytes}");
        }
    }
}
