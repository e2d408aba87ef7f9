//! The exports, one noun per file. Each is three steps: enter the boundary, convert the arguments, call [`crate::sdk`].
//!
//! Conventions, stated once:
//! - Every export runs inside [`boundary`]: a panic becomes a return value.
//! - A text is NUL-ended UTF-8 of at most 1 MiB, lives for the call only, and is copied if it is needed longer.
//! - NULL is an error code where a text is needed, never undefined behaviour. Out-parameters are written only on success.
//! - A callback may be NULL.
// The names are those of the C ABI.
#![allow(non_snake_case, non_camel_case_types, unsafe_code)]

mod background;
mod boundary;
mod callback;
mod clients;
mod constants;
mod experimental;
mod friends;
mod lifecycle;
mod listeners;
mod login;
mod network;
mod others;
mod pump;
mod signals;
mod status;
mod text;

pub use background::*;
pub use callback::{
    TIMCommCallback, TIMKickedOfflineCallback, TIMLogCallback, TIMNetworkStatusListenerCallback,
    TIMOnAddFriendCallback, TIMOnDeleteFriendCallback, TIMUserSigExpiredCallback,
    TIMUserStatusChangedCallback, USUserSigExpiringCallback,
};
pub use clients::*;
pub use constants::*;
pub use experimental::*;
pub use friends::*;
pub use lifecycle::*;
pub use listeners::*;
pub use login::*;
pub use network::*;
pub use others::*;
pub use pump::*;
pub use status::*;

pub(crate) use callback::{Arguments, CommCallback, Listener};
pub(crate) use signals::without_sigpipe;
