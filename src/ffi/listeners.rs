//! The listener callbacks: at most one of each kind.

use super::boundary;
use super::callback::{
    Listener, TIMKickedOfflineCallback, TIMLogCallback, TIMNetworkStatusListenerCallback,
    TIMOnAddFriendCallback, TIMOnDeleteFriendCallback, TIMUserSigExpiredCallback,
    TIMUserStatusChangedCallback, USUserSigExpiringCallback,
};
use crate::dispatch::Slot;
use crate::sdk::sdk;
use core::ffi::c_void;

/// Sets who is told of changes of status. What happened before is not told.
///
/// - `cb`: the callback; NULL: none. It replaces the one there is.
/// - `user_data`: handed to it, untouched.
///
/// Thread: any, at any time, also before TIMInit; TIMUninit forgets it. Returns when the callback replaced is not running any more: do
/// not call it while that callback waits for you. Inside a callback it returns at once, and the callback replaced runs at most to its
/// end.
///
/// Ownership: the user data of the callback replaced is not used after this returns.
///
/// # Safety
/// `cb` is NULL or a function of this type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn TIMSetUserStatusChangedCallback(
    cb: TIMUserStatusChangedCallback,
    user_data: *const c_void,
) {
    boundary::value("TIMSetUserStatusChangedCallback", (), || {
        sdk().listen(Slot::StatusChanged, Listener::json(cb, user_data));
    });
}

/// Sets who is told how the connection to the server stands.
///
/// - `cb`: the callback; NULL: none. It replaces the one there is.
/// - `user_data`: handed to it, untouched.
///
/// Thread: any, at any time, also before TIMInit; TIMUninit forgets it. Returns when the callback replaced is not running any more: do
/// not call it while that callback waits for you. Inside a callback it returns at once, and the callback replaced runs at most to its
/// end.
///
/// Ownership: the user data of the callback replaced is not used after this returns.
///
/// # Safety
/// `cb` is NULL or a function of this type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn TIMSetNetworkStatusListenerCallback(
    cb: TIMNetworkStatusListenerCallback,
    user_data: *const c_void,
) {
    boundary::value("TIMSetNetworkStatusListenerCallback", (), || {
        sdk().listen(Slot::Network, Listener::network(cb, user_data));
    });
}

/// Sets who is told that this device was logged out from elsewhere.
///
/// - `cb`: the callback; NULL: none. It replaces the one there is.
/// - `user_data`: handed to it, untouched.
///
/// Thread: any, at any time, also before TIMInit; TIMUninit forgets it. Returns when the callback replaced is not running any more: do
/// not call it while that callback waits for you. Inside a callback it returns at once, and the callback replaced runs at most to its
/// end.
///
/// Ownership: the user data of the callback replaced is not used after this returns.
///
/// # Safety
/// `cb` is NULL or a function of this type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn TIMSetKickedOfflineCallback(
    cb: TIMKickedOfflineCallback,
    user_data: *const c_void,
) {
    boundary::value("TIMSetKickedOfflineCallback", (), || {
        sdk().listen(Slot::KickedOffline, Listener::bare(cb, user_data));
    });
}

/// Sets who is told that the UserSig is about to end. What happened before is not told.
///
/// - `cb`: the callback; NULL: none. It replaces the one there is.
/// - `user_data`: handed to it, untouched.
///
/// Thread: any, at any time, also before TIMInit; TIMUninit forgets it. Returns when the callback replaced is not running any more: do
/// not call it while that callback waits for you. Inside a callback it returns at once, and the callback replaced runs at most to its
/// end.
///
/// Ownership: the user data of the callback replaced is not used after this returns.
///
/// # Safety
/// `cb` is NULL or a function of this type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn USSetUserSigExpiringCallback(
    cb: USUserSigExpiringCallback,
    user_data: *const c_void,
) {
    boundary::value("USSetUserSigExpiringCallback", (), || {
        sdk().listen(Slot::SigExpiring, Listener::milliseconds(cb, user_data));
    });
}

/// Sets who is told that a new UserSig is needed.
///
/// - `cb`: the callback; NULL: none. It replaces the one there is.
/// - `user_data`: handed to it, untouched.
///
/// Thread: any, at any time, also before TIMInit; TIMUninit forgets it. Returns when the callback replaced is not running any more: do
/// not call it while that callback waits for you. Inside a callback it returns at once, and the callback replaced runs at most to its
/// end.
///
/// Ownership: the user data of the callback replaced is not used after this returns.
///
/// # Safety
/// `cb` is NULL or a function of this type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn TIMSetUserSigExpiredCallback(
    cb: TIMUserSigExpiredCallback,
    user_data: *const c_void,
) {
    boundary::value("TIMSetUserSigExpiredCallback", (), || {
        sdk().listen(Slot::SigExpired, Listener::bare(cb, user_data));
    });
}

/// Sets who is told the lines of the log. Which lines is up to kTIMSetConfigCallbackLogLevel.
///
/// - `cb`: the callback; NULL: none. It replaces the one there is.
/// - `user_data`: handed to it, untouched.
///
/// Thread: any, at any time, also before TIMInit; TIMUninit forgets it. Returns when the callback replaced is not running any more: do
/// not call it while that callback waits for you. Inside a callback it returns at once, and the callback replaced runs at most to its
/// end.
///
/// Ownership: the user data of the callback replaced is not used after this returns.
///
/// # Safety
/// `cb` is NULL or a function of this type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn TIMSetLogCallback(cb: TIMLogCallback, user_data: *const c_void) {
    boundary::value("TIMSetLogCallback", (), || {
        sdk().listen(Slot::Log, Listener::log(cb, user_data));
    });
}

/// Sets who is told of new friends.
///
/// - `cb`: the callback; NULL: none. It replaces the one there is.
/// - `user_data`: handed to it, untouched.
///
/// Thread: any, at any time, also before TIMInit; TIMUninit forgets it. Returns when the callback replaced is not running any more: do
/// not call it while that callback waits for you. Inside a callback it returns at once, and the callback replaced runs at most to its
/// end.
///
/// Ownership: the user data of the callback replaced is not used after this returns.
///
/// # Safety
/// `cb` is NULL or a function of this type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn TIMSetOnAddFriendCallback(
    cb: TIMOnAddFriendCallback,
    user_data: *const c_void,
) {
    boundary::value("TIMSetOnAddFriendCallback", (), || {
        sdk().listen(Slot::FriendAdded, Listener::json(cb, user_data));
    });
}

/// Sets who is told of friends that are friends no more.
///
/// - `cb`: the callback; NULL: none. It replaces the one there is.
/// - `user_data`: handed to it, untouched.
///
/// Thread: any, at any time, also before TIMInit; TIMUninit forgets it. Returns when the callback replaced is not running any more: do
/// not call it while that callback waits for you. Inside a callback it returns at once, and the callback replaced runs at most to its
/// end.
///
/// Ownership: the user data of the callback replaced is not used after this returns.
///
/// # Safety
/// `cb` is NULL or a function of this type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn TIMSetOnDeleteFriendCallback(
    cb: TIMOnDeleteFriendCallback,
    user_data: *const c_void,
) {
    boundary::value("TIMSetOnDeleteFriendCallback", (), || {
        sdk().listen(Slot::FriendDeleted, Listener::json(cb, user_data));
    });
}
