//! Several clients in one process. Each function does for one of them what the function it is named after does for the default client, and
//! shares with it all but how the client is found.

use super::boundary;
use super::callback::{
    Listener, TIMCommCallback, TIMKickedOfflineCallback, TIMNetworkStatusListenerCallback,
    TIMOnAddFriendCallback, TIMOnDeleteFriendCallback, TIMUserSigExpiredCallback,
    TIMUserStatusChangedCallback, USUserSigExpiringCallback,
};
use super::constants::{TIMLoginStatus, TIMResult, USResult};
use super::text::{self, Kind};
use super::{background, friends, lifecycle, login, network, pump, status};
use crate::dispatch::Slot;
use crate::refused::Refused;
use crate::sdk::{Sdk, clients};
use core::ffi::{c_char, c_int, c_void};

/// One of several clients of this process: for what has more than one player in it, as an editor that tries two, or a process of bots.
///
/// A number that USClientOpen gives. 0 is none, and a number is not used again. A function that is told a number of no open client does nothing:
/// it returns TIM_ERR_PARAM, and its callback never runs; or what it says itself.
///
/// Each function is that of the default client whose name it has, for this client: what is said there of TIMInit and TIMUninit holds here of
/// USClientOpen and USClientClose, and 6013 does not come. The default client is none of these; it can be initialised beside them, or not.
///
/// Each client has a connection, a login, listeners and threads of its own. The callbacks of one client run one after the other, in order;
/// those of two run at the same time. Two clients of one user are two devices. At most 256 are open at a time.
///
/// Of the process, so without a function here: the log, and what callExperimentalAPI does.
pub type USClient = u64;

/// Opens a client. It connects at the first USClientLogin.
///
/// - `sdk_app_id`, `json_sdk_config`: as for TIMInit, without kTIMSdkConfigLogFilePath. The server's address is kUSSdkConfigServerAddress,
///   else the environment variable USERSTATUS_SERVER; what callExperimentalAPI set is the default client's.
/// - `client`: told the number.
///
/// Returns TIM_SUCC; TIM_ERR_JSON and TIM_ERR_PARAM as TIMInit, the latter also if `client` is NULL or the configuration names a log file,
/// which is the process's; US_ERR_TOO_MANY_CLIENTS: 256 are open; US_ERR_INTERNAL: no thread could be started, or the process has no descriptor left.
///
/// Thread: any. With callback mode "pump" this client's callbacks run inside USClientPump, else on a thread of its own, named
/// "userstatus-cb" as each of them is. Ownership: the text is copied; `client` is the caller's, and written only on success. Who opens a
/// client closes it.
///
/// # Safety
/// `json_sdk_config` is NULL or a NUL-ended string; `client` is NULL or has room for a number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn USClientOpen(
    sdk_app_id: u64,
    json_sdk_config: *const c_char,
    client: *mut USClient,
) -> c_int {
    boundary::call("USClientOpen", || {
        if client.is_null() {
            return Err(TIMResult::TIM_ERR_PARAM.into());
        }
        // SAFETY: promised by the caller.
        let config = unsafe { text::optional(json_sdk_config, Kind::Json) }?;
        let number = clients::open(sdk_app_id, config)?;
        // SAFETY: not NULL, and the caller vouches for the room.
        unsafe { client.write(number) };
        Ok(())
    })
}

/// Closes a client, as TIMUninit ends the default one: the connection without a logout, calls under way with 7009. From the beginning of this
/// call the number is that of no client, also for callbacks that are still owed.
///
/// When it returns, no callback of this client is running or will run. Called inside a callback of this client, those still owed run before
/// it returns, inside that callback, which alone is then still running.
///
/// Returns TIM_SUCC; TIM_ERR_PARAM: no such client is open, or another thread is closing it.
///
/// Thread: any, also inside a callback. It waits for a callback of this client that is running on another thread: do not call it while
/// that callback waits for you. So two callbacks of two clients must not close each other's. In pump mode the callbacks still owed run
/// here, and a USClientPump that waits for callbacks returns.
///
/// Ownership: no user data of this client is used after it returns.
#[unsafe(no_mangle)]
pub extern "C" fn USClientClose(client: USClient) -> c_int {
    boundary::call("USClientClose", || clients::close(client))
}

/// As TIMSetConfig, of this client: kTIMSetConfigUserDefineData, for as long as it is open. The keys of the log are the process's and
/// refused here: TIM_ERR_PARAM.
///
/// # Safety
/// `json_config` is NULL or a NUL-ended string; `cb` is NULL or a function of this type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn USClientSetConfig(
    client: USClient,
    json_config: *const c_char,
    cb: TIMCommCallback,
    user_data: *const c_void,
) -> c_int {
    call(client, "USClientSetConfig", |sdk| {
        // SAFETY: promised by the caller.
        unsafe { lifecycle::set_config(sdk, json_config, cb, user_data) }
    })
}

/// As TIMLogin, of this client.
///
/// # Safety
/// `user_id` and `user_sig` are NULL or NUL-ended strings; `cb` is NULL or a function of this type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn USClientLogin(
    client: USClient,
    user_id: *const c_char,
    user_sig: *const c_char,
    cb: TIMCommCallback,
    user_data: *const c_void,
) -> c_int {
    call(client, "USClientLogin", |sdk| {
        // SAFETY: promised by the caller.
        unsafe { login::log_in(sdk, user_id, user_sig, cb, user_data) }
    })
}

/// As TIMLogout, of this client.
///
/// # Safety
/// `cb` is NULL or a function of this type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn USClientLogout(
    client: USClient,
    cb: TIMCommCallback,
    user_data: *const c_void,
) -> c_int {
    call(client, "USClientLogout", |sdk| {
        login::log_out(sdk, cb, user_data)
    })
}

/// As TIMGetLoginUserID, of this client.
///
/// # Safety
/// `user_id_buffer` is NULL or has room for 128 bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn USClientGetLoginUserID(
    client: USClient,
    user_id_buffer: *mut c_char,
) -> c_int {
    call(client, "USClientGetLoginUserID", |sdk| {
        // SAFETY: promised by the caller.
        unsafe { login::login_user_id(sdk, user_id_buffer) }
    })
}

/// As TIMGetLoginStatus, of this client; of none, kTIMLoginStatus_UnLogined.
#[unsafe(no_mangle)]
pub extern "C" fn USClientGetLoginStatus(client: USClient) -> TIMLoginStatus {
    let neutral = TIMLoginStatus::kTIMLoginStatus_UnLogined;
    value(client, "USClientGetLoginStatus", neutral, Sdk::login_status)
}

/// As TIMGetServerTime, of this client; of none, 0.
#[unsafe(no_mangle)]
pub extern "C" fn USClientGetServerTime(client: USClient) -> u64 {
    value(client, "USClientGetServerTime", 0, Sdk::server_time_s)
}

/// As TIMSetSelfStatus, of this client.
///
/// # Safety
/// `json_current_user_status` is NULL or a NUL-ended string; `cb` is NULL or a function of this type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn USClientSetSelfStatus(
    client: USClient,
    json_current_user_status: *const c_char,
    cb: TIMCommCallback,
    user_data: *const c_void,
) -> c_int {
    call(client, "USClientSetSelfStatus", |sdk| {
        // SAFETY: promised by the caller.
        unsafe { status::set_self_status(sdk, json_current_user_status, cb, user_data) }
    })
}

/// As TIMGetUserStatus, of this client.
///
/// # Safety
/// `json_identifier_array` is NULL or a NUL-ended string; `cb` is NULL or a function of this type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn USClientGetUserStatus(
    client: USClient,
    json_identifier_array: *const c_char,
    cb: TIMCommCallback,
    user_data: *const c_void,
) -> c_int {
    call(client, "USClientGetUserStatus", |sdk| {
        // SAFETY: promised by the caller.
        unsafe { status::get_user_status(sdk, json_identifier_array, cb, user_data) }
    })
}

/// As TIMSubscribeUserStatus, of this client.
///
/// # Safety
/// `json_identifier_array` is NULL or a NUL-ended string; `cb` is NULL or a function of this type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn USClientSubscribeUserStatus(
    client: USClient,
    json_identifier_array: *const c_char,
    cb: TIMCommCallback,
    user_data: *const c_void,
) -> c_int {
    call(client, "USClientSubscribeUserStatus", |sdk| {
        // SAFETY: promised by the caller.
        unsafe { status::subscribe(sdk, json_identifier_array, cb, user_data) }
    })
}

/// As TIMUnsubscribeUserStatus, of this client.
///
/// # Safety
/// `json_identifier_array` is NULL or a NUL-ended string; `cb` is NULL or a function of this type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn USClientUnsubscribeUserStatus(
    client: USClient,
    json_identifier_array: *const c_char,
    cb: TIMCommCallback,
    user_data: *const c_void,
) -> c_int {
    call(client, "USClientUnsubscribeUserStatus", |sdk| {
        // SAFETY: promised by the caller.
        unsafe { status::unsubscribe(sdk, json_identifier_array, cb, user_data) }
    })
}

/// As USGetSubscriptionsMax, of this client; of none, 0.
#[unsafe(no_mangle)]
pub extern "C" fn USClientGetSubscriptionsMax(client: USClient) -> u32 {
    value(
        client,
        "USClientGetSubscriptionsMax",
        0,
        Sdk::subscriptions_max,
    )
}

/// As TIMSetUserStatusChangedCallback, of this client; of none, nothing happens.
///
/// # Safety
/// `cb` is NULL or a function of this type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn USClientSetUserStatusChangedCallback(
    client: USClient,
    cb: TIMUserStatusChangedCallback,
    user_data: *const c_void,
) {
    value(client, "USClientSetUserStatusChangedCallback", (), |sdk| {
        sdk.listen(Slot::StatusChanged, Listener::json(cb, user_data));
    });
}

/// As TIMSetNetworkStatusListenerCallback, of this client; of none, nothing happens.
///
/// # Safety
/// `cb` is NULL or a function of this type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn USClientSetNetworkStatusListenerCallback(
    client: USClient,
    cb: TIMNetworkStatusListenerCallback,
    user_data: *const c_void,
) {
    value(
        client,
        "USClientSetNetworkStatusListenerCallback",
        (),
        |sdk| {
            sdk.listen(Slot::Network, Listener::network(cb, user_data));
        },
    );
}

/// As TIMSetKickedOfflineCallback, of this client; of none, nothing happens.
///
/// # Safety
/// `cb` is NULL or a function of this type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn USClientSetKickedOfflineCallback(
    client: USClient,
    cb: TIMKickedOfflineCallback,
    user_data: *const c_void,
) {
    value(client, "USClientSetKickedOfflineCallback", (), |sdk| {
        sdk.listen(Slot::KickedOffline, Listener::bare(cb, user_data));
    });
}

/// As USSetUserSigExpiringCallback, of this client; of none, nothing happens.
///
/// # Safety
/// `cb` is NULL or a function of this type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn USClientSetUserSigExpiringCallback(
    client: USClient,
    cb: USUserSigExpiringCallback,
    user_data: *const c_void,
) {
    value(client, "USClientSetUserSigExpiringCallback", (), |sdk| {
        sdk.listen(Slot::SigExpiring, Listener::milliseconds(cb, user_data));
    });
}

/// As TIMSetUserSigExpiredCallback, of this client; of none, nothing happens.
///
/// # Safety
/// `cb` is NULL or a function of this type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn USClientSetUserSigExpiredCallback(
    client: USClient,
    cb: TIMUserSigExpiredCallback,
    user_data: *const c_void,
) {
    value(client, "USClientSetUserSigExpiredCallback", (), |sdk| {
        sdk.listen(Slot::SigExpired, Listener::bare(cb, user_data));
    });
}

/// As TIMSetOnAddFriendCallback, of this client; of none, nothing happens.
///
/// # Safety
/// `cb` is NULL or a function of this type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn USClientSetOnAddFriendCallback(
    client: USClient,
    cb: TIMOnAddFriendCallback,
    user_data: *const c_void,
) {
    value(client, "USClientSetOnAddFriendCallback", (), |sdk| {
        sdk.listen(Slot::FriendAdded, Listener::json(cb, user_data));
    });
}

/// As TIMSetOnDeleteFriendCallback, of this client; of none, nothing happens.
///
/// # Safety
/// `cb` is NULL or a function of this type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn USClientSetOnDeleteFriendCallback(
    client: USClient,
    cb: TIMOnDeleteFriendCallback,
    user_data: *const c_void,
) {
    value(client, "USClientSetOnDeleteFriendCallback", (), |sdk| {
        sdk.listen(Slot::FriendDeleted, Listener::json(cb, user_data));
    });
}

/// As TIMFriendshipGetFriendProfileList, of this client.
///
/// # Safety
/// `cb` is NULL or a function of this type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn USClientFriendshipGetFriendProfileList(
    client: USClient,
    cb: TIMCommCallback,
    user_data: *const c_void,
) -> c_int {
    call(client, "USClientFriendshipGetFriendProfileList", |sdk| {
        friends::list_friends(sdk, cb, user_data)
    })
}

/// As TIMFriendshipAddFriend, of this client.
///
/// # Safety
/// `json_add_friend_param` is NULL or a NUL-ended string; `cb` is NULL or a function of this type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn USClientFriendshipAddFriend(
    client: USClient,
    json_add_friend_param: *const c_char,
    cb: TIMCommCallback,
    user_data: *const c_void,
) -> c_int {
    call(client, "USClientFriendshipAddFriend", |sdk| {
        // SAFETY: promised by the caller.
        unsafe { friends::add_friend(sdk, json_add_friend_param, cb, user_data) }
    })
}

/// As TIMFriendshipDeleteFriend, of this client.
///
/// # Safety
/// `json_delete_friend_param` is NULL or a NUL-ended string; `cb` is NULL or a function of this type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn USClientFriendshipDeleteFriend(
    client: USClient,
    json_delete_friend_param: *const c_char,
    cb: TIMCommCallback,
    user_data: *const c_void,
) -> c_int {
    call(client, "USClientFriendshipDeleteFriend", |sdk| {
        // SAFETY: promised by the caller.
        unsafe { friends::delete_friends(sdk, json_delete_friend_param, cb, user_data) }
    })
}

/// As TIMFriendshipAddToBlackList, of this client.
///
/// # Safety
/// `json_identifier_array` is NULL or a NUL-ended string; `cb` is NULL or a function of this type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn USClientFriendshipAddToBlackList(
    client: USClient,
    json_identifier_array: *const c_char,
    cb: TIMCommCallback,
    user_data: *const c_void,
) -> c_int {
    call(client, "USClientFriendshipAddToBlackList", |sdk| {
        // SAFETY: promised by the caller.
        unsafe { friends::block(sdk, json_identifier_array, cb, user_data) }
    })
}

/// As TIMFriendshipDeleteFromBlackList, of this client.
///
/// # Safety
/// `json_identifier_array` is NULL or a NUL-ended string; `cb` is NULL or a function of this type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn USClientFriendshipDeleteFromBlackList(
    client: USClient,
    json_identifier_array: *const c_char,
    cb: TIMCommCallback,
    user_data: *const c_void,
) -> c_int {
    call(client, "USClientFriendshipDeleteFromBlackList", |sdk| {
        // SAFETY: promised by the caller.
        unsafe { friends::unblock(sdk, json_identifier_array, cb, user_data) }
    })
}

/// As TIMFriendshipGetBlackList, of this client.
///
/// # Safety
/// `cb` is NULL or a function of this type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn USClientFriendshipGetBlackList(
    client: USClient,
    cb: TIMCommCallback,
    user_data: *const c_void,
) -> c_int {
    call(client, "USClientFriendshipGetBlackList", |sdk| {
        friends::list_blocked(sdk, cb, user_data)
    })
}

/// As TIMMsgDoBackground, of this client: an application tells each client it has.
///
/// # Safety
/// `cb` is NULL or a function of this type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn USClientMsgDoBackground(
    client: USClient,
    unread_count: u32,
    cb: TIMCommCallback,
    user_data: *const c_void,
) -> c_int {
    let _ = unread_count;
    call(client, "USClientMsgDoBackground", |sdk| {
        background::enter_background(sdk, cb, user_data)
    })
}

/// As TIMMsgDoForeground, of this client.
///
/// # Safety
/// `cb` is NULL or a function of this type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn USClientMsgDoForeground(
    client: USClient,
    cb: TIMCommCallback,
    user_data: *const c_void,
) -> c_int {
    call(client, "USClientMsgDoForeground", |sdk| {
        background::enter_foreground(sdk, cb, user_data)
    })
}

/// As USNetworkChanged, of this client: who is told by the platform tells each client.
#[unsafe(no_mangle)]
pub extern "C" fn USClientNetworkChanged(client: USClient, change: c_int) -> c_int {
    call(client, "USClientNetworkChanged", |sdk| {
        network::network_changed(sdk, change)
    })
}

/// As USPump, for the callbacks of this client, which must have been opened in pump mode. Of no open client: TIM_ERR_PARAM.
#[unsafe(no_mangle)]
pub extern "C" fn USClientPump(client: USClient, max_callbacks: u32, timeout_ms: u32) -> i32 {
    boundary::value(
        "USClientPump",
        USResult::US_ERR_INTERNAL as i32,
        || match clients::find(client) {
            Ok(found) => pump::pump(&found, max_callbacks, timeout_ms),
            Err(Refused(number)) => number,
        },
    )
}

/// Runs an export that is accepted or refused, on a client that is open.
fn call(
    client: USClient,
    name: &'static str,
    body: impl FnOnce(&Sdk) -> Result<(), Refused>,
) -> c_int {
    boundary::call(name, || body(&*clients::find(client)?))
}

/// Runs an export that returns something of its own; `neutral` of a client that is not open.
fn value<T: Copy>(
    client: USClient,
    name: &'static str,
    neutral: T,
    body: impl FnOnce(&Sdk) -> T,
) -> T {
    boundary::value(name, neutral, || {
        clients::find(client).map_or(neutral, |found| body(&found))
    })
}
