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
