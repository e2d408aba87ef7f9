//! The beginning and the end, and what can be asked at any time.

use super::boundary;
use super::callback::{CommCallback, TIMCommCallback};
use super::text::{self, Kind};
use crate::refused::Refused;
use crate::sdk::{Sdk, sdk};
use core::ffi::{CStr, c_char, c_int, c_void};

/// The newest version all of whose functions are exported.
const MIRRORED_VERSION: &CStr = c"8.6.0";

/// Initialises the library. It connects at the first TIMLogin.
///
/// - `sdk_app_id`: the app's number on the server; not 0.
/// - `json_sdk_config`: object of the kTIMSdkConfig… and kUSSdkConfig… keys, all optional; unknown keys are ignored. NULL or "": all
///   defaults.
///
/// The server's address is, in this order: what callExperimentalAPI set, kUSSdkConfigServerAddress, the environment variable
/// USERSTATUS_SERVER. Without one, or if it, the CA or a pin cannot be used, TIMInit succeeds and TIMLogin's callback says what is wrong.
///
/// Returns TIM_SUCC, also when initialised already with the same app and configuration; TIM_ERR_JSON: the configuration is not a JSON
/// object or a known key has the wrong type; TIM_ERR_PARAM: the app id is 0, the callback mode or the platform is none, the
/// heartbeat interval is out of bounds, the configuration is longer than 1 MiB, or the library is initialised with another app or configuration; US_ERR_INTERNAL: no thread
/// could be started.
///
/// Thread: any. With callback mode "pump" callbacks run inside USPump from now on, else on one thread of the library's named
/// "userstatus-cb", which the first callback starts and TIMUninit ends. Before the first TIMInit they run there too; after TIMUninit the mode
/// stays as it was. A process that forked must not use the library in the child.
///
/// Ownership: the text is copied.
///
/// # Safety
/// `json_sdk_config` is NULL or a NUL-ended string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn TIMInit(sdk_app_id: u64, json_sdk_config: *const c_char) -> c_int {
    boundary::call("TIMInit", || {
        // SAFETY: promised by the caller.
        let config = unsafe { text::optional(json_sdk_config, Kind::Json) }?;
        sdk().init(sdk_app_id, config)
    })
}

/// Ends everything: the connection is closed without a logout, calls under way end with 7009, all listener callbacks are forgotten.
///
/// When it returns, no callback of a call made before, and no listener callback, is running or will run. Called inside a callback, the
/// callbacks still owed run before it returns, inside that callback, which alone is then still running.
///
/// Returns TIM_SUCC, also when the library was not initialised.
///
/// Thread: any, also inside a callback. It waits for a callback that is running on another thread: do not call it while that callback
/// waits for you. In pump mode the callbacks still owed run here, on the caller's thread.
///
/// Ownership: no user data is used after it returns.
#[unsafe(no_mangle)]
pub extern "C" fn TIMUninit() -> c_int {
    boundary::call("TIMUninit", || {
        sdk().uninit();
        Ok(())
    })
}

/// The version of the IM SDK whose ABI the library has, as in "8.6.0": for programs that ask it what there is. USGetVersion is the
/// library's own.
///
/// Thread: any. Ownership: the string is the library's and lives as long as the process.
#[unsafe(no_mangle)]
pub extern "C" fn TIMGetSDKVersion() -> *const c_char {
    MIRRORED_VERSION.as_ptr()
}

/// The version of the library, as in "0.1.0".
///
/// Thread: any. Ownership: the string is the library's and lives as long as the process.
#[unsafe(no_mangle)]
pub extern "C" fn USGetVersion() -> *const c_char {
    const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "\0");
    VERSION.as_ptr().cast()
}

/// The server's clock, in seconds since 1970, UTC; this machine's until the first connection to the server since TIMInit.
///
/// Thread: any.
#[unsafe(no_mangle)]
pub extern "C" fn TIMGetServerTime() -> u64 {
    boundary::value("TIMGetServerTime", 0, || sdk().server_time_s())
}

/// Changes settings, at any time, also before TIMInit. They last as long as the process.
///
/// - `json_config`: object of the kTIMSetConfig… keys; what is absent stays as it is, unknown keys are ignored.
/// - `cb`, `user_data`: told 0 when it is done, and `json_config` as it was given; NULL if nobody wants to know. While logged in,
///   user-defined data goes to the server first, whose answer it then is; if that is a failure, it comes with `json_config` as well.
///
/// Returns TIM_SUCC; TIM_ERR_JSON; TIM_ERR_PARAM: NULL, empty, longer than 1 MiB, a level above 7, or more than 64 bytes of
/// user-defined data; US_ERR_TOO_MANY_PENDING.
///
/// Thread: any. Ownership: the text is copied; `user_data` is used last by the callback.
///
/// # Safety
/// `json_config` is NULL or a NUL-ended string; `cb` is NULL or a function of this type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn TIMSetConfig(
    json_config: *const c_char,
    cb: TIMCommCallback,
    user_data: *const c_void,
) -> c_int {
    boundary::call("TIMSetConfig", || {
        // SAFETY: promised by the caller.
        unsafe { set_config(sdk(), json_config, cb, user_data) }
    })
}

/// # Safety
/// See [`TIMSetConfig`].
pub(super) unsafe fn set_config(
    sdk: &Sdk,
    json_config: *const c_char,
    cb: TIMCommCallback,
    user_data: *const c_void,
) -> Result<(), Refused> {
    // SAFETY: promised by the caller.
    let config = unsafe { text::required(json_config, Kind::Json) }?;
    sdk.set_config(CommCallback::new(cb, user_data), config)
}
