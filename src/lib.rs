//! The C ABI of userstatus: the library that Unity and native code link.
//!
//! Its interface is `include/userstatus.h`, which is generated from the documentation of the exports in `ffi`. There is no Rust API
//! here: Rust programs use the crate `userstatus-client`.
//!
//! - `ffi` is the boundary: C types, pointers, panics. The only place of `unsafe`.
//! - `sdk` is what a process has one of: configuration, and between `TIMInit` and `TIMUninit` an instance with its client and
//!   its network thread.
//! - `dispatch` runs callbacks: in order, on one thread, bounded.
//! - `json` and `keys` are the forms in which arguments come and answers go; `log` is the log.

pub mod ffi;

mod dispatch;
mod json;
mod keys;
mod log;
mod panics;
mod refused;
mod sdk;
