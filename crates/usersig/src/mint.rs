//! Minting.

use crate::claims::{Document, is_user_id};
use crate::{MintError, SecretKey, envelope};

/// Mints a UserSig: who holds it can log in as `user_id` for `expire_s` seconds from `issued_at_s` (Unix time).
///
/// # Errors
/// [`MintError`] if `user_id` is none.
pub fn mint(
    key: &SecretKey,
    app_id: u64,
    user_id: &str,
    issued_at_s: u64,
    expire_s: u64,
) -> Result<String, MintError> {
    if !is_user_id(user_id) {
        return Err(MintError::NotAUserId);
    }
    let mut document = Document::unsigned(app_id, user_id, issued_at_s, expire_s);
    document.sign(key.sign(document.signed_text().as_bytes()));
    let json = serde_json::to_vec(&document).expect("texts and numbers can be written as JSON");
    Ok(envelope::seal(&json))
}
