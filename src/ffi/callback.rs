//! C function pointers with their user data, made safe to keep, to send between threads and to call.

use super::constants::{TIMLogLevel, TIMNetworkStatus};
use core::ffi::{CStr, c_char, c_void};

/// The one-shot callback of a call. It runs exactly once if the call returned 0, and never otherwise.
///
/// - `code`: 0, or why not: a USCode.
/// - `desc`: the code in words, for people; "ok" for 0.
/// - `json_params`: the answer, as the function says; "" if it has none, as failures have unless the function says otherwise.
/// - `user_data`: what was handed in, untouched; used for the last time in this call.
///
/// Runs on the callback thread, or inside USPump in pump mode, never inside the function it was handed to (but see TIMUninit).
/// Both strings live until it returns. It may call any function of this library. It must not throw.
pub type TIMCommCallback = Option<
    unsafe extern "C" fn(
        code: i32,
        desc: *const c_char,
        json_params: *const c_char,
        user_data: *const c_void,
    ),
>;

/// Called with each change of status one is to hear of: one's own, those of users subscribed to, those of friends if the app says so.
///
/// - `json_user_status_array`: array of user statuses, each whole (N1). While callbacks wait to be run, several changes of one user
///   become one, the newest (N6), for 8,192 users.
/// - `user_data`: as registered; used last when the callback is replaced or cleared, or TIMUninit returns.
///
/// Runs on the callback thread, or inside USPump in pump mode. The string lives until it returns. It must not throw.
pub type TIMUserStatusChangedCallback =
    Option<unsafe extern "C" fn(json_user_status_array: *const c_char, user_data: *const c_void)>;

/// Called when the connection to the server changes.
///
/// - `status`: what it is now.
/// - `code`, `desc`: 0 and "ok", or why the connection failed or was lost.
/// - `user_data`: as registered; used last when the callback is replaced or cleared, or TIMUninit returns.
///
/// Runs on the callback thread, or inside USPump in pump mode. Of a backlog the last 16 are kept. The string lives until it
/// returns. It must not throw.
pub type TIMNetworkStatusListenerCallback = Option<
    unsafe extern "C" fn(
        status: TIMNetworkStatus,
        code: i32,
        desc: *const c_char,
        user_data: *const c_void,
    ),
>;

/// Called when this device was logged out by a login of the same user elsewhere (6208), or by the operator (70052). The library does not
/// log in again by itself; TIMLogin does.
///
/// - `user_data`: as registered; used last when the callback is replaced or cleared, or TIMUninit returns.
///
/// Runs on the callback thread, or inside USPump in pump mode. Of a backlog the last one is kept. It must not throw.
pub type TIMKickedOfflineCallback = Option<unsafe extern "C" fn(user_data: *const c_void)>;

/// Called when the UserSig is about to end, by the server's clock: mint a new one and call TIMLogin, with the same user, and nobody notices.
/// Once for each UserSig.
///
/// - `expires_in_ms`: how long it is still good for, in milliseconds from when the server said so; never 0.
/// - `user_data`: as registered; used last when the callback is replaced or cleared, or TIMUninit returns.
///
/// Runs on the callback thread, or inside USPump in pump mode. Of a backlog the last one is kept. It must not throw.
pub type USUserSigExpiringCallback =
    Option<unsafe extern "C" fn(expires_in_ms: u64, user_data: *const c_void)>;

/// Called when a new UserSig is needed: mint one and call TIMLogin.
///
/// - The UserSig has ended while connected: once for each UserSig. Whether the user stays logged in, without a way back should the connection
///   break, or is logged out is up to the app's settings (D3).
/// - The user was logged out, then or at a reconnect, because the UserSig does not let this device in any more: it has ended (70001), its key
///   was removed (70009), or it is empty, malformed, another user's or another app's (70002, 70003, 70013, 70014); or the app is gone
///   (70020), which TIMLogin then says. The library does not log in again by itself. TIMGetLoginStatus tells which of the two it is.
///
/// - `user_data`: as registered; used last when the callback is replaced or cleared, or TIMUninit returns.
///
/// Runs on the callback thread, or inside USPump in pump mode. Of a backlog the last one is kept. It must not throw.
pub type TIMUserSigExpiredCallback = Option<unsafe extern "C" fn(user_data: *const c_void)>;

/// Called with users who became friends: added by this user, on whichever device, or by a user who added both ways. On the device that
/// added, before the callback of the call.
///
/// - `json_identifier_array`: array of user ids.
/// - `user_data`: as registered; used last when the callback is replaced or cleared, or TIMUninit returns.
///
/// Runs on the callback thread, or inside USPump in pump mode. A backlog keeps the newest of each user, for 4,096 users. The string
/// lives until it returns. It must not throw.
pub type TIMOnAddFriendCallback =
    Option<unsafe extern "C" fn(json_identifier_array: *const c_char, user_data: *const c_void)>;

/// Called with users who are friends no more: deleted by this user, on whichever device, or by a user who deleted both ways. On the device
/// that deleted, before the callback of the call.
///
/// - `json_identifier_array`: array of user ids.
/// - `user_data`: as registered; used last when the callback is replaced or cleared, or TIMUninit returns.
///
/// Runs on the callback thread, or inside USPump in pump mode. A backlog keeps the newest of each user, for 4,096 users. The string
/// lives until it returns. It must not throw.
pub type TIMOnDeleteFriendCallback =
    Option<unsafe extern "C" fn(json_identifier_array: *const c_char, user_data: *const c_void)>;

/// Called with each line of the log at or above the level set with TIMSetConfig.
///
/// - `level`: how grave.
/// - `log`: the line, at most 1,024 bytes, without line end. It never holds a UserSig or a status.
/// - `user_data`: as registered; used last when the callback is replaced or cleared, or TIMUninit returns.
///
/// Runs on the callback thread, or inside USPump in pump mode. Of a backlog the last 1,024 lines are kept. The string lives until it
/// returns. It must not throw.
pub type TIMLogCallback =
    Option<unsafe extern "C" fn(level: TIMLogLevel, log: *const c_char, user_data: *const c_void)>;

/// What the caller gave to get back. Never looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct UserData(*const c_void);

// SAFETY: the pointer is a number to this library: it is never dereferenced, only handed back to the C code it came from, which
// is told in the header on which thread that happens.
unsafe impl Send for UserData {}
// SAFETY: as above.
unsafe impl Sync for UserData {}

/// A one-shot callback and its user data.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CommCallback {
    function: OneShot,
    user_data: UserData,
}

#[derive(Clone, Copy, Debug)]
enum OneShot {
    Comm(unsafe extern "C" fn(i32, *const c_char, *const c_char, *const c_void)),
    /// Takes a list, where the next part of it begins, and whether there is none: no code.
    MemberList(unsafe extern "C" fn(*const c_char, u64, bool, *const c_void)),
}

impl CommCallback {
    pub(crate) fn new(callback: TIMCommCallback, user_data: *const c_void) -> Option<Self> {
        callback.map(|function| Self {
            function: OneShot::Comm(function),
            user_data: UserData(user_data),
        })
    }

    /// One that is only ever told an empty list.
    pub(crate) fn member_list(
        callback: Option<unsafe extern "C" fn(*const c_char, u64, bool, *const c_void)>,
        user_data: *const c_void,
    ) -> Option<Self> {
        callback.map(|function| Self {
            function: OneShot::MemberList(function),
            user_data: UserData(user_data),
        })
    }

    pub(crate) fn call(self, code: i32, desc: &CStr, json: &CStr) {
        let user_data = self.user_data.0;
        match self.function {
            OneShot::Comm(function) => {
                // SAFETY: the caller of the export vouched that the function may be called once with these arguments, from any
                // thread, until it is; the strings outlive the call.
                unsafe { function(code, desc.as_ptr(), json.as_ptr(), user_data) }
            }
            OneShot::MemberList(function) => {
                // SAFETY: as above.
                unsafe { function(c"[]".as_ptr(), 0, true, user_data) }
            }
        }
    }
}

/// A listener callback and its user data.
#[derive(Clone, Copy)]
pub(crate) enum Listener {
    /// Takes a JSON array.
    Json(unsafe extern "C" fn(*const c_char, *const c_void), UserData),
    /// Takes the state of the connection.
    Network(
        unsafe extern "C" fn(TIMNetworkStatus, i32, *const c_char, *const c_void),
        UserData,
    ),
    /// Takes nothing.
    Bare(unsafe extern "C" fn(*const c_void), UserData),
    /// Takes a length of time.
    Milliseconds(unsafe extern "C" fn(u64, *const c_void), UserData),
    /// Takes a log line.
    Log(
        unsafe extern "C" fn(TIMLogLevel, *const c_char, *const c_void),
        UserData,
    ),
}

/// What a listener is called with.
pub(crate) enum Arguments<'a> {
    Json(&'a CStr),
    Network(TIMNetworkStatus, i32, &'a CStr),
    Bare,
    Milliseconds(u64),
    Log(TIMLogLevel, &'a CStr),
}

impl Listener {
    pub(crate) fn json(
        function: Option<unsafe extern "C" fn(*const c_char, *const c_void)>,
        user_data: *const c_void,
    ) -> Option<Self> {
        function.map(|function| Self::Json(function, UserData(user_data)))
    }

    pub(crate) fn network(
        function: TIMNetworkStatusListenerCallback,
        user_data: *const c_void,
    ) -> Option<Self> {
        function.map(|function| Self::Network(function, UserData(user_data)))
    }

    pub(crate) fn bare(
        function: Option<unsafe extern "C" fn(*const c_void)>,
        user_data: *const c_void,
    ) -> Option<Self> {
        function.map(|function| Self::Bare(function, UserData(user_data)))
    }

    pub(crate) fn milliseconds(
        function: Option<unsafe extern "C" fn(u64, *const c_void)>,
        user_data: *const c_void,
    ) -> Option<Self> {
        function.map(|function| Self::Milliseconds(function, UserData(user_data)))
    }

    pub(crate) fn log(function: TIMLogCallback, user_data: *const c_void) -> Option<Self> {
        function.map(|function| Self::Log(function, UserData(user_data)))
    }

    /// Calls it. Arguments of another kind than the listener's are a bug and call nothing.
    pub(crate) fn call(self, arguments: &Arguments<'_>) {
        match (self, arguments) {
            (Self::Json(function, user_data), Arguments::Json(json)) => {
                // SAFETY: whoever registered the function vouched that it may be called with these arguments from any thread
                // until it is replaced, which waits for this call; the string outlives the call.
                unsafe { function(json.as_ptr(), user_data.0) }
            }
            (Self::Network(function, user_data), Arguments::Network(status, code, desc)) => {
                // SAFETY: as above.
                unsafe { function(*status, *code, desc.as_ptr(), user_data.0) }
            }
            (Self::Bare(function, user_data), Arguments::Bare) => {
                // SAFETY: as above.
                unsafe { function(user_data.0) }
            }
            (Self::Milliseconds(function, user_data), Arguments::Milliseconds(length_ms)) => {
                // SAFETY: as above.
                unsafe { function(*length_ms, user_data.0) }
            }
            (Self::Log(function, user_data), Arguments::Log(level, line)) => {
                // SAFETY: as above.
                unsafe { function(*level, line.as_ptr(), user_data.0) }
            }
            (
                Self::Json(..)
                | Self::Network(..)
                | Self::Bare(..)
                | Self::Milliseconds(..)
                | Self::Log(..),
                _,
            ) => {
                debug_assert!(false, "a slot holds listeners of one kind");
            }
        }
    }
}
