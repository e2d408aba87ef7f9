//! UserSig (TLSSigAPIv2, rule D2): minting and checking the token a user logs in with.
//!
//! A studio's own server mints it with the app's secret key; userstatusd checks it with the same key. It is JSON, compressed
//! with zlib, in a base64 whose `+`, `/`, `=` are `*`, `-`, `_`; its signature is an HMAC-SHA256 over the claims as text.
//!
//! ```
//! use userstatus_usersig::{AHEAD_S_MAX_DEFAULT, SecretKey, SigError, mint, verify};
//! let key = SecretKey::new("5bd2850fff3ecb11").expect("neither empty nor too long");
//! let sig = mint(&key, 1400000000, "alice", 1_800_000_000, 86_400).expect("alice is a user id");
//! let keys = [key];
//! let verified = verify(&sig, 1400000000, "alice", &keys, 1_800_000_001, AHEAD_S_MAX_DEFAULT)?;
//! assert_eq!(verified.key, 0);
//! assert_eq!(verified.claims.expires_at_s(), 1_800_086_400);
//! # Ok::<(), SigError>(())
//! ```
//!
//! # What is checked, in this order
//! 1. **empty** (70002), **malformed** (70003): it can be read, in one way only.
//! 2. **other app** (70014), **other user** (70013): whom it names, before any key is tried. Its holder can read that
//!    anyway, and a mixed-up configuration is the most frequent mistake: it should not look like a forgery.
//! 3. **forged** (70009): its signature.
//! 4. **dated ahead** (70003), **expired** (70001), last: only a sig that is genuine has a time worth talking about. Otherwise
//!    anybody could have claims of their own making judged, and a sig of a wrong key would look like an old one of the right key.
//!
//! # One text, one meaning
//! The signed text is lines of `TLS.name:value`. A value with a newline in it could be cut in another place and read as other
//! values under the same signature, so no value may hold one: an identifier is a user id, numbers are their digits, a user
//! buffer is base64. Nor is there a second way to write the JSON around them that another reader could take for something
//! else: no unknown members, no repeated ones, no null, no array. [`mint`] refuses what [`verify`] would.
#![forbid(unsafe_code)]

mod claims;
mod envelope;
mod error;
mod key;
mod mint;
mod verify;

pub use claims::Claims;
pub use envelope::SIG_BYTES_MAX;
pub use error::{MintError, SigError};
pub use key::{SECRET_KEY_BYTES_MAX, SECRET_KEY_BYTES_MIN, SecretKey, SecretKeyError};
pub use mint::mint;
pub use verify::{AHEAD_S_MAX_DEFAULT, Verified, inspect, verify};
