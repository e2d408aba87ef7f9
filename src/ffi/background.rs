//! The application's way to the background and back.

use super::boundary;
use super::callback::{CommCallback, TIMCommCallback};
use crate::refused::Refused;
use crate::sdk::{Sdk, sdk};
use core::ffi::{c_int, c_void};

/// Says that the application went to the background. The status does not change: while process and connection live the user is
/// ONLINE (S5).
///
/// - `unread_count`: ignored; there are no messages here.
/// - `cb`, `user_data`: told 0; 6013 not initialised, 6014 not logged in.
///
/// Returns TIM_SUCC; US_ERR_TOO_MANY_PENDING.
///
/// Thread: any. Ownership: `user_data` is used last by the callback.
///
/// # Safety
/// `cb` is NULL or a function of this type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn TIMMsgDoBackground(
    unread_count: u32,
    cb: TIMCommCallback,
    user_data: *const c_void,
) -> c_int {
    let _ = unread_count;
    boundary::call("TIMMsgDoBackground", || {
        enter_background(sdk(), cb, user_data)
    })
}

pub(super) fn enter_background(
    sdk: &Sdk,
    cb: TIMCommCallback,
    user_data: *const c_void,
) -> Result<(), Refused> {
    sdk.enter_background(CommCallback::new(cb, user_data))
}

/// Says that the application is in the foreground again. The library finds out at once whether the connection still stands, and makes
/// it again if not.
///
/// - `cb`, `user_data`: told 0 at once; 6013 not initialised, 6014 not logged in.
///
/// Returns TIM_SUCC; US_ERR_TOO_MANY_PENDING.
///
/// Thread: any. Ownership: `user_data` is used last by the callback.
///
/// # Safety
/// `cb` is NULL or a function of this type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn TIMMsgDoForeground(
    cb: TIMCommCallback,
    user_data: *const c_void,
) -> c_int {
    boundary::call("TIMMsgDoForeground", || {
        enter_foreground(sdk(), cb, user_data)
    })
}

pub(super) fn enter_foreground(
    sdk: &Sdk,
    cb: TIMCommCallback,
    user_data: *const c_void,
) -> Result<(), Refused> {
    sdk.enter_foreground(CommCallback::new(cb, user_data))
}
