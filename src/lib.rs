//! The C ABI of userstatus: the library that Unity and native code link.
//!
//! Its interface is `include/userstatus.h`, which is generated from the documentation of the exports in `ffi`. There is no Rust API
//! here: Rust programs use the crate `userstatus-client`.
//!
//! - `ffi` is the boundary: C types, pointers, panics. The only place of `unsafe`.
//! - `sdk` is a client as the ABI has it: configuration, and between `TIMInit` and `TIMUninit` an instance with its network thread. A process
//!   has a default one, and the numbered ones it opens.
//! - `dispatch` runs a client's callbacks: in order, on one thread, bounded.
//! - `json` and `keys` are the forms in which arguments come and answers go; `log` is the log.

pub mod ffi;

mod dispatch;
mod json;
mod keys;
mod log;
mod panics;
mod refused;
mod sdk;
