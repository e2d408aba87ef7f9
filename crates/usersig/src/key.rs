//! An app's secret key.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt;

/// Longest secret key.
pub const SECRET_KEY_BYTES_MAX: usize = 256;

/// Shortest secret key an app is given anew. A shorter one could be found by trying, from any one UserSig.
pub const SECRET_KEY_BYTES_MIN: usize = 32;

/// A key that UserSigs of an app are signed with. Its text is used as it stands, also when it looks like hexadecimal.
#[derive(Clone)]
pub struct SecretKey {
    text: Box<str>,
    // What HMAC makes of the key, once and not for each sig.
    mac: Hmac<Sha256>,
}

/// Why a text is no secret key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretKeyError {
    /// With an empty key anybody could mint.
    #[error("a secret key is empty")]
    Empty,
    /// More than [`SECRET_KEY_BYTES_MAX`] bytes.
    #[error("a secret key is longer than {SECRET_KEY_BYTES_MAX} bytes")]
    TooLong,
}

impl SecretKey {
    /// A key from its text.
    ///
    /// # Errors
    /// [`SecretKeyError`] if it is empty or too long.
    pub fn new(text: &str) -> Result<Self, SecretKeyError> {
        if text.is_empty() {
            return Err(SecretKeyError::Empty);
        }
        if text.len() > SECRET_KEY_BYTES_MAX {
            return Err(SecretKeyError::TooLong);
        }
        let mac = Hmac::new_from_slice(text.as_bytes()).expect("HMAC takes a key of any length");
        Ok(Self {
            text: Box::from(text),
            mac,
        })
    }

    /// Whether it is shorter than keys are by now ([`SECRET_KEY_BYTES_MIN`]). Those from before are used all the same.
    pub fn is_short(&self) -> bool {
        self.text.len() < SECRET_KEY_BYTES_MIN
    }

    /// The text, for storing it and for showing it to the operator who asks for it. Never for a log.
    pub fn expose(&self) -> &str {
        &self.text
    }

    pub(crate) fn sign(&self, signed_text: &[u8]) -> [u8; 32] {
        self.mac
            .clone()
            .chain_update(signed_text)
            .finalize()
            .into_bytes()
            .into()
    }

    /// In constant time.
    pub(crate) fn has_signed(&self, signed_text: &[u8], signature: &[u8]) -> bool {
        self.mac
            .clone()
            .chain_update(signed_text)
            .verify_slice(signature)
            .is_ok()
    }
}

impl PartialEq for SecretKey {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for SecretKey {}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_1_to_256_bytes() {
        assert_eq!(SecretKey::new("").unwrap_err(), SecretKeyError::Empty);
        assert!(SecretKey::new("k").is_ok());
        assert!(SecretKey::new(&"k".repeat(256)).is_ok());
        assert_eq!(
            SecretKey::new(&"k".repeat(257)).unwrap_err(),
            SecretKeyError::TooLong
        );
    }

    #[test]
    fn a_key_of_less_than_32_bytes_is_short() {
        assert!(SecretKey::new(&"k".repeat(31)).unwrap().is_short());
        assert!(!SecretKey::new(&"k".repeat(32)).unwrap().is_short());
    }

    #[test]
    fn debug_never_prints_the_key() {
        let key = SecretKey::new("sesame").unwrap();
        assert_eq!(format!("{key:?}"), "SecretKey(hidden)");
        assert_eq!(key.expose(), "sesame");
    }
}
