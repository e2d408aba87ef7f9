//! Naming a server's key.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;

/// Pins a client may be given.
pub(crate) const PINS_MAX: usize = 16;

/// The SHA-256 of a key, as its certificate holds it (the subjectPublicKeyInfo, in DER): written as base64, with or without `sha256/`
/// before it. A certificate that is made anew with the same key keeps it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CertificatePin([u8; 32]);

/// Why a text is no pin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} is no pin: write the SHA-256 of the key as base64, 44 characters with the = at their end"
)]
pub struct PinError {
    text: String,
}

impl CertificatePin {
    pub(crate) fn of_key(subject_public_key_info: &[u8]) -> Self {
        Self(Sha256::digest(subject_public_key_info).into())
    }
}

impl FromStr for CertificatePin {
    type Err = PinError;

    fn from_str(text: &str) -> Result<Self, PinError> {
        let digest = STANDARD.decode(text.strip_prefix("sha256/").unwrap_or(text));
        let digest = digest.ok().and_then(|digest| digest.try_into().ok());
        digest.map(Self).ok_or_else(|| PinError {
            text: text.chars().take(80).collect(),
        })
    }
}

impl fmt::Display for CertificatePin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256/{}", STANDARD.encode(self.0))
    }
}

impl fmt::Debug for CertificatePin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pins_are_read_with_and_without_their_prefix() {
        // Of nothing at all: the best known digest there is.
        let text = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
        let pin: CertificatePin = text.parse().expect("a pin");
        assert_eq!(pin, CertificatePin::of_key(b""));
        assert_eq!(pin.to_string(), format!("sha256/{text}"));
        assert_eq!(pin.to_string().parse(), Ok(pin));
    }

    #[test]
    fn what_is_no_pin_is_refused() {
        for text in [
            "",
            "sha256/",
            "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU",
            "sha1/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "AAAA",
        ] {
            assert!(text.parse::<CertificatePin>().is_err(), "{text}");
        }
    }
}
