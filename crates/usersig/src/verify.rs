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

/// How far ahead of the server's clock a UserSig may be dated unless the operator says otherwise (D4).
pub const AHEAD_S_MAX_DEFAULT: u64 = 300;

/// A UserSig that lets its user in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// What it says.
    pub claims: Claims,
    /// Which of the keys it was signed with: the first that fits, counted from 0.
    pub key: usize,
}

/// Checks that a UserSig lets `user_id` into `app_id` at `now_s` (Unix time), dated no more than `ahead_s_max` ahead of that
/// and signed with one of the app's `keys`: two while they are rotated. The order of the checks is in the crate's documentation.
///
/// # Errors
/// The first check that failed.
pub fn verify<'k>(
    sig: &str,
    app_id: u64,
    user_id: &str,
    keys: impl IntoIterator<Item = &'k SecretKey>,
    now_s: u64,
    ahead_s_max: u64,
) -> Result<Verified, SigError> {
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
        let key = keys
            .into_iter()
            .position(|key| key.has_signed(signed_text.as_bytes(), &signature))
            .ok_or(SigError::Forged)?;
        let claims = document.into_claims();
        claims.check_time(now_s, ahead_s_max)?;
        Ok(Verified { claims, key })
    })
}
