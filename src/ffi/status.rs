//! Setting one's status, asking for others', watching them.

use super::boundary;
use super::callback::{CommCallback, TIMCommCallback};
use super::text::{self, Kind};
use crate::json::{self, Payload, SelfStatus};
use crate::refused::Refused;
use crate::sdk::{Sdk, sdk};
use core::ffi::{c_char, c_int, c_void};
use userstatus_client::Request;

/// Sets the custom status of the user logged in, for all to see (C1 to C5).
///
/// - `json_current_user_status`: a user status, of which only kTIMUserStatusCustomStatus counts: at most 100 bytes of UTF-8 unless
///   the app says otherwise; "", or none at all, clears it.
/// - `cb`, `user_data`: told 0 when it is set, and the status-changed callback of every device of the user runs. Else 6013 not
///   initialised, 6014 not logged in, 6017 too long, 9508, 9520 or 9523 the server did not answer, 6208, 7009.
///
/// Returns TIM_SUCC; TIM_ERR_JSON; TIM_ERR_PARAM: NULL, empty or longer than 1 MiB; US_ERR_TOO_MANY_PENDING.
///
/// Thread: any. Ownership: the text is copied; `user_data` is used last by the callback.
///
/// # Safety
/// `json_current_user_status` is NULL or a NUL-ended string; `cb` is NULL or a function of this type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn TIMSetSelfStatus(
    json_current_user_status: *const c_char,
    cb: TIMCommCallback,
    user_data: *const c_void,
) -> c_int {
    boundary::call("TIMSetSelfStatus", || {
        // SAFETY: promised by the caller.
        unsafe { set_self_status(sdk(), json_current_user_status, cb, user_data) }
    })
}

/// # Safety
/// See [`TIMSetSelfStatus`].
pub(super) unsafe fn set_self_status(
    sdk: &Sdk,
    json_current_user_status: *const c_char,
    cb: TIMCommCallback,
    user_data: *const c_void,
) -> Result<(), Refused> {
    // SAFETY: promised by the caller.
    let status = unsafe { text::required(json_current_user_status, Kind::Json) }?;
    let SelfStatus { custom_status } = json::parse_object(status)?;
    let callback = CommCallback::new(cb, user_data);
    sdk.ask(callback, Payload::Empty, || {
        Request::SetSelfStatus(custom_status)
    })
}

/// Asks for users' statuses (G1 to G3).
///
/// - `json_identifier_array`: array of user ids, at most 500; [] and null ask about nobody.
/// - `cb`, `user_data`: told 0 and an array of user statuses, in the order asked, each user once; whoever the server never heard of
///   has status 0. Else "[]" and 6013 not initialised, 6014 not logged in, 6017 too many, 7008 or 60018 more than 20 in 5 s, 7013 the
///   app has not the premium plan, 72001 its switch is off, 9508, 9520 or 9523 the server did not answer, 6208, 7009.
///
/// Returns TIM_SUCC; TIM_ERR_JSON: not an array of strings; TIM_ERR_PARAM: NULL, empty, or longer than 1 MiB;
/// US_ERR_TOO_MANY_PENDING.
///
/// Thread: any. Ownership: the text is copied; `user_data` is used last by the callback.
///
/// # Safety
/// `json_identifier_array` is NULL or a NUL-ended string; `cb` is NULL or a function of this type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn TIMGetUserStatus(
    json_identifier_array: *const c_char,
    cb: TIMCommCallback,
    user_data: *const c_void,
) -> c_int {
    boundary::call("TIMGetUserStatus", || {
        // SAFETY: promised by the caller.
        unsafe { get_user_status(sdk(), json_identifier_array, cb, user_data) }
    })
}

/// # Safety
/// See [`TIMGetUserStatus`].
pub(super) unsafe fn get_user_status(
    sdk: &Sdk,
    json_identifier_array: *const c_char,
    cb: TIMCommCallback,
    user_data: *const c_void,
) -> Result<(), Refused> {
    let on_failure = Payload::Ready("[]".into());
    let request = Request::GetUserStatus;
    // SAFETY: promised by the caller.
    unsafe {
        ask_about(
            sdk,
            json_identifier_array,
            cb,
            user_data,
            on_failure,
            request,
        )
    }
}

/// Watches users: from now on each change of theirs is told to the status-changed callback (W1 to W8). A user watches at most 200;
/// the earliest goes.
///
/// - `json_identifier_array`: array of user ids, at most 100; none may be one's own. [] and null are nobody.
/// - `cb`, `user_data`: told 0 and an array of these users' present statuses; an id that no user can have has status 0 there, and the rest
///   is subscribed to. Else 6013 not initialised, 6014 not logged in, 6017 too many, 7014 oneself, 7008 or 60018 more than 20 in 5 s, 7013 the app has not the premium plan, 72001 its switch is
///   off, 9508, 9520 or 9523 the server did not answer, 6208, 7009.
///
/// Returns TIM_SUCC; TIM_ERR_JSON: not an array of strings; TIM_ERR_PARAM: NULL, empty, or longer than 1 MiB;
/// US_ERR_TOO_MANY_PENDING.
///
/// Thread: any. Ownership: the text is copied; `user_data` is used last by the callback.
///
/// # Safety
/// `json_identifier_array` is NULL or a NUL-ended string; `cb` is NULL or a function of this type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn TIMSubscribeUserStatus(
    json_identifier_array: *const c_char,
    cb: TIMCommCallback,
    user_data: *const c_void,
) -> c_int {
    boundary::call("TIMSubscribeUserStatus", || {
        // SAFETY: promised by the caller.
        unsafe { subscribe(sdk(), json_identifier_array, cb, user_data) }
    })
}

/// # Safety
/// See [`TIMSubscribeUserStatus`].
pub(super) unsafe fn subscribe(
    sdk: &Sdk,
    json_identifier_array: *const c_char,
    cb: TIMCommCallback,
    user_data: *const c_void,
) -> Result<(), Refused> {
    let request = Request::Subscribe;
    // SAFETY: promised by the caller.
    unsafe {
        ask_about(
            sdk,
            json_identifier_array,
            cb,
            user_data,
            Payload::Empty,
            request,
        )
    }
}

/// Watches users no more (W1, W6).
///
/// - `json_identifier_array`: array of user ids, at most 100; NULL, "", null or an empty array: all. An id that no user can have is ignored.
/// - `cb`, `user_data`: told 0 when it is done. Else as TIMSubscribeUserStatus, but for 7014.
///
/// Returns TIM_SUCC; TIM_ERR_JSON: not an array of strings; TIM_ERR_PARAM: longer than 1 MiB; US_ERR_TOO_MANY_PENDING.
///
/// Thread: any. Ownership: the text is copied; `user_data` is used last by the callback.
///
/// # Safety
/// `json_identifier_array` is NULL or a NUL-ended string; `cb` is NULL or a function of this type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn TIMUnsubscribeUserStatus(
    json_identifier_array: *const c_char,
    cb: TIMCommCallback,
    user_data: *const c_void,
) -> c_int {
    boundary::call("TIMUnsubscribeUserStatus", || {
        // SAFETY: promised by the caller.
        unsafe { unsubscribe(sdk(), json_identifier_array, cb, user_data) }
    })
}

/// # Safety
/// See [`TIMUnsubscribeUserStatus`].
pub(super) unsafe fn unsubscribe(
    sdk: &Sdk,
    json_identifier_array: *const c_char,
    cb: TIMCommCallback,
    user_data: *const c_void,
) -> Result<(), Refused> {
    // SAFETY: promised by the caller.
    let users = match unsafe { text::optional(json_identifier_array, Kind::Json) }? {
        "" => Vec::new(),
        users => json::parse_users(users)?,
    };
    let callback = CommCallback::new(cb, user_data);
    sdk.ask(callback, Payload::Empty, || Request::Unsubscribe(users))
}

/// How many users an account can be subscribed to at a time (W2): what the server said at the last login; before the first, and while not
/// initialised, 200. Of more the earliest is dropped.
///
/// Thread: any.
#[unsafe(no_mangle)]
pub extern "C" fn USGetSubscriptionsMax() -> u32 {
    boundary::value("USGetSubscriptionsMax", 200, || sdk().subscriptions_max())
}

/// Asks the server something about the users of a JSON array, which must be there and may name nobody.
///
/// # Safety
/// `json_identifier_array` is NULL or a NUL-ended string; `cb` is NULL or a function of this type.
pub(super) unsafe fn ask_about(
    sdk: &Sdk,
    json_identifier_array: *const c_char,
    cb: TIMCommCallback,
    user_data: *const c_void,
    on_failure: Payload,
    request: impl FnOnce(Vec<String>) -> Request,
) -> Result<(), Refused> {
    // SAFETY: promised by the caller.
    let users = unsafe { text::required(json_identifier_array, Kind::Json) }?;
    let users = json::parse_users(users)?;
    let callback = CommCallback::new(cb, user_data);
    sdk.ask(callback, on_failure, || request(users))
}
