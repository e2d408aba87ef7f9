//! The ABI's back door.

use super::boundary;
use super::callback::{CommCallback, TIMCommCallback};
use super::text::{self, Kind};
use crate::json;
use crate::sdk::sdk;
use core::ffi::{c_char, c_int, c_void};

/// Asks for an internal operation.
///
/// - `json_param`: object with kTIMRequestInternalOperation and what the operation takes.
///   internal_operation_set_custom_server_info, before TIMInit, says where the server is: 1 to 8 addresses, of which the first that answers is used,
///   without TLS, which kUSSdkConfigServerAddress has. It comes before any other way to say so and lasts as long as the process. internal_operation_write_log writes a line into the log. internal_operation_set_ui_platform and
///   others that mean nothing here are accepted and ignored.
/// - `cb`, `user_data`: told 0 when it is done; 6017 what the operation takes is missing or wrong, 7014 the server was set after
///   TIMInit, 7013 there is no such operation here.
///
/// Returns TIM_SUCC; TIM_ERR_JSON; TIM_ERR_PARAM: NULL, empty, longer than 1 MiB, or no operation; US_ERR_TOO_MANY_PENDING.
///
/// Thread: any, also before TIMInit. Ownership: the text is copied; `user_data` is used last by the callback.
///
/// # Safety
/// `json_param` is NULL or a NUL-ended string; `cb` is NULL or a function of this type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn callExperimentalAPI(
    json_param: *const c_char,
    cb: TIMCommCallback,
    user_data: *const c_void,
) -> c_int {
    boundary::call("callExperimentalAPI", || {
        // SAFETY: promised by the caller.
        let operation = unsafe { text::required(json_param, Kind::Json) }?;
        let operation = json::parse_object(operation)?;
        sdk().operate(CommCallback::new(cb, user_data), &operation)
    })
}
