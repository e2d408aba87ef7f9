//! The inside of a sig: what it says, and what of it is signed.

use crate::SigError;
use crate::envelope::JSON_BYTES_MAX;
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
    /// The user it was minted for: 1 to 32 bytes of printable ASCII without space.
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

    /// Checks that `now_s` (Unix time) is within its time, which may begin up to `ahead_s_max` later.
    ///
    /// # Errors
    /// [`SigError::DatedAhead`] or [`SigError::Expired`].
    pub const fn check_time(&self, now_s: u64, ahead_s_max: u64) -> Result<(), SigError> {
        let ahead_s = self.issued_at_s.saturating_sub(now_s);
        let expired_at_s = self.expires_at_s();
        if ahead_s > ahead_s_max {
            return Err(SigError::DatedAhead { ahead_s });
        }
        if now_s >= expired_at_s {
            return Err(SigError::Expired { expired_at_s });
        }
        Ok(())
    }
}

/// Longest user id, in bytes (D0).
const USER_ID_BYTES_MAX: usize = 32;

/// Whether it is a user id (D0). Nothing else may stand in the signed text: a newline would begin another field of it.
pub(crate) fn is_user_id(text: &str) -> bool {
    (1..=USER_ID_BYTES_MAX).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The JSON in a sig. Unknown members are refused: the signature does not cover them, and other readers of JSON may take one
/// in another case for the real one.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
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
    /// Permissions for rooms, in base64, of no meaning here; signed with the rest when it is there.
    #[serde(
        rename = "TLS.userbuf",
        default,
        deserialize_with = "present",
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
        const NOT_ONE: SigError = SigError::Malformed("what is in it is not a UserSig's JSON");
        // serde would take an array for the members in order.
        if !json.trim_ascii_start().starts_with(b"{") {
            return Err(NOT_ONE);
        }
        let document: Self = serde_json::from_slice(json).map_err(|_| NOT_ONE)?;
        if document.version != FORMAT_VERSION {
            return Err(SigError::Malformed("its TLS.ver is not 2.0"));
        }
        if !is_user_id(&document.user_id) {
            return Err(SigError::Malformed(
                "its TLS.identifier is not 1 to 32 bytes of printable ASCII without space",
            ));
        }
        if !document.user_buffer.as_deref().is_none_or(is_base64) {
            return Err(SigError::Malformed("its TLS.userbuf is not base64"));
        }
        Ok(document)
    }

    /// What the signature is over. Neither a user id nor a number nor base64 holds a newline, so it can be read in one way only.
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

/// In the one spelling that each sequence of bytes has.
fn is_base64(text: &str) -> bool {
    let mut bytes = [0; JSON_BYTES_MAX / 4 * 3];
    STANDARD.decode_slice(text, &mut bytes).is_ok()
}

/// A member that is there has a value: null is none.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    String::deserialize(deserializer).map(Some)
}

/// A number, or a text of its digits: some minters write whatever they were handed. Only as it stands in the signed text.
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
            if text.starts_with('+') || (text.len() > 1 && text.starts_with('0')) {
                return Err(E::invalid_value(serde::de::Unexpected::Str(text), &self));
            }
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
            "-0",
            "+7",
            "07",
            "7e3",
            "7E0",
            "0x7",
            "null",
            "true",
            "[7]",
            r#""""#,
            r#""7 ""#,
            r#"" 7""#,
            r#""-7""#,
            r#""+7""#,
            r#""07""#,
            r#""00""#,
            r#""7.0""#,
            r#""7e0""#,
            r#""7\n""#,
            r#""７""#,
            "18446744073709551616",
            r#""18446744073709551616""#,
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
    fn d2_unknown_and_repeated_members_are_refused() {
        for other in [
            r#""TLS.new":{"a":[1]}"#,
            r#""tls.identifier":"admin""#,
            r#""TLS.Identifier":"admin""#,
            r#""TLS.identifier ":"admin""#,
            r#""TLS.time":1"#,
            r#""TLS.time":1800"#,
            r#""TLS\u002etime":1800"#,
            r#""TLS.identifier":"alice""#,
            r#""TLS.userbuf":"","TLS.userbuf":"""#,
            r#""comment":"""#,
            r#""":"""#,
        ] {
            let more = with(r#""TLS.time""#, &format!(r#"{other},"TLS.time""#));
            assert!(more.is_err(), "{other}");
        }
    }

    #[test]
    fn d2_a_document_is_one_object_and_nothing_else() {
        let members = r#""TLS.ver":"2.0","TLS.identifier":"alice","TLS.sdkappid":7,"TLS.expire":60,"TLS.time":1800,"TLS.sig":"c2ln""#;
        for good in [format!("{{{members}}}"), format!(" {{{members}}}\n")] {
            assert!(Document::parse(good.as_bytes()).is_ok(), "{good}");
        }
        for other in [
            r#"["2.0","alice",7,60,1800,"","c2ln"]"#.to_owned(),
            format!("[{{{members}}}]"),
            format!("{{{members}}}{{{members}}}"),
            format!("{{{members}}}\0"),
            format!("{{{members},}}"),
            format!("{{{members}}}//"),
            format!("\u{feff}{{{members}}}"),
            "null".to_owned(),
            String::new(),
        ] {
            assert!(Document::parse(other.as_bytes()).is_err(), "{other}");
        }
    }

    #[test]
    fn d2_an_identifier_is_a_user_id() {
        for good in ["a", "!~", &"x".repeat(32), r"\u0041"] {
            assert!(with("alice", good).is_ok(), "{good}");
        }
        for other in [
            "",
            &"x".repeat(33),
            "a b",
            r"alice\n",
            r"\nalice",
            r"alice\r",
            r"alice\u0000",
            r"alice\u0085",
            r"alice\u2028",
            r"alice\u007f",
            r"alice\t",
            "älice",
            r"admin\nTLS.sdkappid:7",
        ] {
            assert!(
                matches!(with("alice", other), Err(SigError::Malformed(_))),
                "{other}"
            );
        }
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
    fn d2_a_user_buffer_is_base64_in_its_one_spelling() {
        for (buffer, good) in [
            (r#""YQ==""#, true),
            (r#""YWI=""#, true),
            (r#""+\/+\/""#, true),
            (r#""YQ""#, false),
            (r#""YQ=""#, false),
            (r#""YQ===""#, false),
            (r#""YR==""#, false),
            (r#""YWJ=""#, false),
            (r#""YQ==YQ==""#, false),
            (r#""-_-_""#, false),
            (r#""YWJj\n""#, false),
            (r#""YWJj\nTLS.userbuf:YWJj""#, false),
            (r#""YWJj\r\nYWJj""#, false),
            (r#"" YWJj""#, false),
            (r#""x""#, false),
            ("null", false),
            ("7", false),
            ("[1,2]", false),
        ] {
            let document = with(
                r#""TLS.time""#,
                &format!(r#""TLS.userbuf":{buffer},"TLS.time""#),
            );
            assert_eq!(document.is_ok(), good, "{buffer}");
        }
        let longest = "A".repeat(JSON_BYTES_MAX);
        assert!(is_base64(&longest));
    }

    #[test]
    fn other_versions_of_the_format_are_refused() {
        for version in [
            "1.0",
            "2.1",
            "2",
            "2.00",
            "02.0",
            "2.0 ",
            "201512300000",
            "",
        ] {
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
