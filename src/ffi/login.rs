//! Logging in and out.

use super::boundary;
use super::callback::{CommCallback, TIMCommCallback};
use super::constants::TIMLoginStatus;
use super::text::{self, Kind};
use crate::refused::Refused;
use crate::sdk::{Sdk, sdk};
use core::ffi::{c_char, c_int, c_void};

/// Logs a user in. From then on the library keeps the connection by itself, until TIMLogout, TIMUninit, or a kick.
///
/// - `user_id`: 1 to 32 bytes of printable ASCII without space; the first login registers the user.
/// - `user_sig`: what the game's server minted for this user (TLSSigAPIv2).
/// - `cb`, `user_data`: told 0 when logged in. Else 6013 not initialised; 6015 a login or logout is under way; 6017 no user id; 7014
///   logged in as somebody else; 700xx what is wrong with the UserSig, 70003 also, and without asking the server, for more than 2,048
///   bytes; 60018 too many logins of this user; 9508 nobody said where the server is, or its address or CA
///   file cannot be used; 9523 it cannot be reached within 30 s; 9520 no answer; 6208 kicked
///   meanwhile; 7009 ended by TIMUninit or TIMLogout.
///
/// Logged in as the same user it renews the UserSig (D3): the server checks it like any login's, and nothing else is noticed of it. Told 0, the
/// new one serves from now on; told anything else, the old one stays, and so does the login. While a lost connection is being restored, the
/// attempt that succeeds within 30 s uses the new one and is the answer. 6015: the renewal before is not answered; 6017: the server
/// is too old to renew, log out and in instead.
///
/// Returns TIM_SUCC; TIM_ERR_PARAM: one is NULL, empty, longer than 1 MiB or not UTF-8; US_ERR_TOO_MANY_PENDING.
///
/// Thread: any. Ownership: the texts are copied; `user_data` is used last by the callback.
///
/// # Safety
/// `user_id` and `user_sig` are NULL or NUL-ended strings; `cb` is NULL or a function of this type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn TIMLogin(
    user_id: *const c_char,
    user_sig: *const c_char,
    cb: TIMCommCallback,
    user_data: *const c_void,
) -> c_int {
    boundary::call("TIMLogin", || {
        // SAFETY: promised by the caller.
        unsafe { log_in(sdk(), user_id, user_sig, cb, user_data) }
    })
}

/// # Safety
/// See [`TIMLogin`].
pub(super) unsafe fn log_in(
    sdk: &Sdk,
    user_id: *const c_char,
    user_sig: *const c_char,
    cb: TIMCommCallback,
    user_data: *const c_void,
) -> Result<(), Refused> {
    // SAFETY: promised by the caller.
    let user_id = unsafe { text::required(user_id, Kind::Plain) }?;
    // SAFETY: promised by the caller.
    let user_sig = unsafe { text::required(user_sig, Kind::Plain) }?;
    sdk.log_in(CommCallback::new(cb, user_data), user_id, user_sig)
}

/// Logs out: the user's status becomes UNLOGINED once no other device is logged in. Calls under way end with 7009.
///
/// - `cb`, `user_data`: told 0 when logged out, also when nobody was logged in or the server cannot be reached; else 6013 not
///   initialised, 6015 a logout is under way.
///
/// Returns TIM_SUCC; US_ERR_TOO_MANY_PENDING.
///
/// Thread: any. Ownership: `user_data` is used last by the callback.
///
/// # Safety
/// `cb` is NULL or a function of this type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn TIMLogout(cb: TIMCommCallback, user_data: *const c_void) -> c_int {
    boundary::call("TIMLogout", || log_out(sdk(), cb, user_data))
}

pub(super) fn log_out(
    sdk: &Sdk,
    cb: TIMCommCallback,
    user_data: *const c_void,
) -> Result<(), Refused> {
    sdk.log_out(CommCallback::new(cb, user_data))
}

/// Writes the id of the user who is logged in, or "" if nobody is, and a NUL.
///
/// - `user_id_buffer`: room for 128 bytes.
///
/// Returns TIM_SUCC; TIM_ERR_PARAM: NULL.
///
/// Thread: any. Ownership: the buffer is the caller's, and written only on success.
///
/// # Safety
/// `user_id_buffer` is NULL or has room for 128 bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn TIMGetLoginUserID(user_id_buffer: *mut c_char) -> c_int {
    boundary::call("TIMGetLoginUserID", || {
        // SAFETY: promised by the caller.
        unsafe { login_user_id(sdk(), user_id_buffer) }
    })
}

/// # Safety
/// See [`TIMGetLoginUserID`].
pub(super) unsafe fn login_user_id(sdk: &Sdk, user_id_buffer: *mut c_char) -> Result<(), Refused> {
    let user_id = sdk.login_user();
    // SAFETY: promised by the caller.
    unsafe { text::write_user_id(user_id_buffer, &user_id) }
}

/// Whether somebody is logged in. While a lost connection is being restored, yes.
///
/// Thread: any.
#[unsafe(no_mangle)]
pub extern "C" fn TIMGetLoginStatus() -> TIMLoginStatus {
    let on_panic = TIMLoginStatus::kTIMLoginStatus_UnLogined;
    boundary::value("TIMGetLoginStatus", on_panic, || sdk().login_status())
}
