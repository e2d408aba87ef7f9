//! Callbacks on the caller's thread.

use super::boundary;
use super::constants::USResult;
use crate::refused::Refused;
use crate::sdk::{Sdk, sdk};
use std::time::Duration;

/// Runs callbacks that wait, here, on the calling thread: for a game that wants them on its main thread and calls this each frame.
///
/// Only in pump mode: TIMInit with kUSSdkConfigCallbackMode "pump". What waits is bounded however long nobody pumps: 16,384 calls, of
/// each user the newest status, and so on as each callback type says.
///
/// - `max_callbacks`: how many to run at most; 0: all that wait now.
/// - `timeout_ms`: how long to wait for the first; 0: not at all.
///
/// Returns how many ran; US_ERR_NOT_PUMP_MODE; US_ERR_INTERNAL.
///
/// Thread: any, also inside a callback, which then runs further callbacks inside it. Several threads may call it: one runs callbacks
/// at a time, and the others wait for their turn as long as `timeout_ms`.
#[unsafe(no_mangle)]
pub extern "C" fn USPump(max_callbacks: u32, timeout_ms: u32) -> i32 {
    boundary::value("USPump", USResult::US_ERR_INTERNAL as i32, || {
        pump(sdk(), max_callbacks, timeout_ms)
    })
}

pub(super) fn pump(sdk: &Sdk, max_callbacks: u32, timeout_ms: u32) -> i32 {
    match sdk.pump(max_callbacks, Duration::from_millis(timeout_ms.into())) {
        Ok(ran) => i32::try_from(ran).unwrap_or(i32::MAX),
        Err(Refused(number)) => number,
    }
}
