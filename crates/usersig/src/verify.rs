//! Checking.

use crate::claims::Document;
use crate::{Claims, SecretKey, SigError, envelope};

/// What a UserSig says, whoever signed it: to explain one, not to let anybody in.
///
/// # Errors
/// [`SigError::Empty`] or [`SigError::Malformed`].
pub fn inspect(sig: &str) -> Result<Claims, SigError> {
    envelope::open(sig, |json| Ok(Document::parse(json)?.into_claims()))
}

/// Checks that a UserSig lets `user_id` into `app_id` at `now_s` (Unix time), signed with one of the app's `keys`: two while
/// they are rotated. The order of the checks is in the crate's documentation.
///
/// # Errors
/// The first check that failed.
pub fn verify<'k>(
    sig: &str,
    app_id: u64,
    user_id: &str,
    keys: impl IntoIterator<Item = &'k SecretKey>,
    now_s: u64,
) -> Result<Claims, SigError> {
    envelope::open(sig, |json| {
        let document = Document::parse(json)?;
        let signature = document.signature_bytes()?;
        if document.app_id != app_id {
            return Err(SigError::OtherApp {
                minted_for: document.app_id,
            });
        }
        if document.user_id != user_id {
            return Err(SigError::OtherUser);
        }
        let signed_text = document.signed_text();
        if !keys
            .into_iter()
            .any(|key| key.has_signed(signed_text.as_bytes(), &signature))
        {
            return Err(SigError::Forged);
        }
        let claims = document.into_claims();
        if now_s >= claims.expires_at_s() {
            return Err(SigError::Expired {
                expired_at_s: claims.expires_at_s(),
            });
        }
        Ok(claims)
    })
}
