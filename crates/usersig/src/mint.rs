//! Minting.

use crate::claims::Document;
use crate::{SecretKey, envelope};

/// Mints a UserSig: who holds it can log in as `user_id` for `expire_s` seconds from `issued_at_s` (Unix time).
///
/// The user id is taken as it is; one that is no valid user id makes a sig that logs nobody in.
pub fn mint(
    key: &SecretKey,
    app_id: u64,
    user_id: &str,
    issued_at_s: u64,
    expire_s: u64,
) -> String {
    let mut document = Document::unsigned(app_id, user_id, issued_at_s, expire_s);
    document.sign(key.sign(document.signed_text().as_bytes()));
    let json = serde_json::to_vec(&document).expect("texts and numbers can be written as JSON");
    envelope::seal(&json)
}
