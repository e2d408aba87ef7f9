//! UserSig (TLSSigAPIv2, rule D2): minting and checking the token a user logs in with.
//!
//! A studio's own server mints it with the app's secret key; userstatusd checks it with the same key. It is JSON, compressed
//! with zlib, in a base64 whose `+`, `/`, `=` are `*`, `-`, `_`; its signature is an HMAC-SHA256 over the claims as text.
//!
//! ```
//! use userstatus_usersig::{SecretKey, SigError, mint, verify};
//! let key = SecretKey::new("5bd2850fff3ecb11").expect("neither empty nor too long");
//! let sig = mint(&key, 1400000000, "alice", 1_800_000_000, 86_400);
//! let claims = verify(&sig, 1400000000, "alice", std::slice::from_ref(&key), 1_800_000_001)?;
//! assert_eq!(claims.expires_at_s(), 1_800_086_400);
//! # Ok::<(), SigError>(())
//! ```
//!
//! # What is checked, in this order
//! 1. **empty** (70002), **malformed** (70003): it can be read at all.
//! 2. **other app** (70014), **other user** (70013): whom it names, before any key is tried. Its holder can read that
//!    anyway, and a mixed-up configuration is the most frequent mistake: it should not look like a forgery.
//! 3. **forged** (70009): its signature.
//! 4. **expired** (70001), last: only a sig that is genuine has a time worth talking about. Otherwise anybody could have
//!    claims of their own making judged, and a sig of a wrong key would look like an old one of the right key.
//!
//! The time of minting is not compared with the clock: the studio's server may be ahead of ours.
#![forbid(unsafe_code)]

mod claims;
mod envelope;
mod error;
mod key;
mod mint;
mod verify;

pub use claims::Claims;
pub use envelope::SIG_BYTES_MAX;
pub use error::SigError;
pub use key::{SECRET_KEY_BYTES_MAX, SecretKey, SecretKeyError};
pub use mint::mint;
pub use verify::{inspect, verify};
