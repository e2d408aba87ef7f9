//! The friend list, and the list of those who are blocked.

use super::boundary;
use super::callback::{CommCallback, TIMCommCallback};
use super::constants::{TIMFriendType, TIMResult};
use super::status::ask_about;
use super::text::{self, Kind};
use crate::json::{self, AddFriendParam, DeleteFriendParam, Payload};
use crate::refused::Refused;
use crate::sdk::{Sdk, sdk};
use core::ffi::{c_char, c_int, c_void};
use userstatus_client::{AddFriend, Request};

/// Lists the friends of the user logged in, by user id; at most 10,000. They come from the server in pages, each with the time of a call, and are
/// handed over whole.
///
/// - `cb`, `user_data`: told 0 and an array of friends (kTIMFriendProfile… keys). Else 6013 not initialised, 6014 not logged in, 7013 the
///   app has not the premium plan, 7008 or 60018 more than 20 calls about friends in 5 s, 9508, 9520 or 9523 the server did not answer,
///   6208, 7009.
///
/// Returns TIM_SUCC; US_ERR_TOO_MANY_PENDING.
///
/// Thread: any. Ownership: `user_data` is used last by the callback.
///
/// # Safety
/// `cb` is NULL or a function of this type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn TIMFriendshipGetFriendProfileList(
    cb: TIMCommCallback,
    user_data: *const c_void,
) -> c_int {
    boundary::call("TIMFriendshipGetFriendProfileList", || {
        list_friends(sdk(), cb, user_data)
    })
}

pub(super) fn list_friends(
    sdk: &Sdk,
    cb: TIMCommCallback,
    user_data: *const c_void,
) -> Result<(), Refused> {
    let callback = CommCallback::new(cb, user_data);
    sdk.ask(callback, Payload::Empty, || Request::ListFriends)
}

/// Adds a friend, into one's own list or both. There is no asking: the other user is told, not asked.
///
/// - `json_add_friend_param`: object of the kTIMFriendshipAddFriendParam… keys; the identifier must be there.
/// - `cb`, `user_data`: told 0 and an object of the kTIMFriendResult… keys, whose code says what became of it: 30001 oneself, 30003 no
///   such account, 30010 or 30014 too many friends, 30015 a friend already, 30515 you have blocked the user, 30525 the user has blocked
///   you. Else 6013 not initialised, 6014 not logged in, 6017 no user id or a text too long, 7013 the app has not the premium plan, 7014 in
///   this app only the studio's server makes friends (R2), 7008 or 60018 more than 20 calls about friends in 5 s, 9508, 9520 or 9523 the
///   server did not answer, 6208, 7009.
///
/// Returns TIM_SUCC; TIM_ERR_JSON; TIM_ERR_PARAM: NULL, empty, longer than 1 MiB, no identifier, or a friend type that is none;
/// US_ERR_TOO_MANY_PENDING.
///
/// Thread: any. Ownership: the text is copied; `user_data` is used last by the callback.
///
/// # Safety
/// `json_add_friend_param` is NULL or a NUL-ended string; `cb` is NULL or a function of this type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn TIMFriendshipAddFriend(
    json_add_friend_param: *const c_char,
    cb: TIMCommCallback,
    user_data: *const c_void,
) -> c_int {
    boundary::call("TIMFriendshipAddFriend", || {
        // SAFETY: promised by the caller.
        unsafe { add_friend(sdk(), json_add_friend_param, cb, user_data) }
    })
}

/// # Safety
/// See [`TIMFriendshipAddFriend`].
pub(super) unsafe fn add_friend(
    sdk: &Sdk,
    json_add_friend_param: *const c_char,
    cb: TIMCommCallback,
    user_data: *const c_void,
) -> Result<(), Refused> {
    // SAFETY: promised by the caller.
    let param = unsafe { text::required(json_add_friend_param, Kind::Json) }?;
    let AddFriendParam {
        identifier,
        friend_type,
        remark,
        group_name,
        add_source,
        add_wording,
    } = json::parse_object(param)?;
    let both = is_both(friend_type)?;
    if identifier.is_empty() {
        return Err(TIMResult::TIM_ERR_PARAM.into());
    }
    let user_id = identifier;
    let friend = AddFriend {
        user_id,
        both,
        remark,
        group_name,
        add_source,
        add_wording,
    };
    let callback = CommCallback::new(cb, user_data);
    sdk.ask(callback, Payload::Empty, || Request::AddFriend(friend))
}

/// Deletes friends, from one's own list or also from theirs.
///
/// - `json_delete_friend_param`: object of the kTIMFriendshipDeleteFriendParam… keys.
/// - `cb`, `user_data`: told 0 and an array of objects of the kTIMFriendResult… keys, in the order given, whose codes say what became
///   of each: 31704 no friend; of nobody, an empty array. Else 6013 not initialised, 6014 not logged in, 6017 too many or no user id, 7013 the app has not the premium plan,
///   7014 in this app only the studio's server ends friendships (R2), 7008 or 60018 more than 20 calls about friends in 5 s, 9508, 9520 or
///   9523 the server did not answer, 6208, 7009.
///
/// Returns TIM_SUCC; TIM_ERR_JSON; TIM_ERR_PARAM: NULL, empty, longer than 1 MiB, or a friend type that is none;
/// US_ERR_TOO_MANY_PENDING.
///
/// Thread: any. Ownership: the text is copied; `user_data` is used last by the callback.
///
/// # Safety
/// `json_delete_friend_param` is NULL or a NUL-ended string; `cb` is NULL or a function of this type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn TIMFriendshipDeleteFriend(
    json_delete_friend_param: *const c_char,
    cb: TIMCommCallback,
    user_data: *const c_void,
) -> c_int {
    boundary::call("TIMFriendshipDeleteFriend", || {
        // SAFETY: promised by the caller.
        unsafe { delete_friends(sdk(), json_delete_friend_param, cb, user_data) }
    })
}

/// # Safety
/// See [`TIMFriendshipDeleteFriend`].
pub(super) unsafe fn delete_friends(
    sdk: &Sdk,
    json_delete_friend_param: *const c_char,
    cb: TIMCommCallback,
    user_data: *const c_void,
) -> Result<(), Refused> {
    // SAFETY: promised by the caller.
    let param = unsafe { text::required(json_delete_friend_param, Kind::Json) }?;
    let DeleteFriendParam {
        friend_type,
        identifier_array: user_ids,
    } = json::parse_object(param)?;
    let both = is_both(friend_type)?;
    let callback = CommCallback::new(cb, user_data);
    sdk.ask(callback, Payload::Empty, || Request::DeleteFriends {
        user_ids,
        both,
    })
}

/// Blocks users (R2): from now on neither is told of the other, asking shows OFFLINE with no text, and neither can add the other as a friend.
///
/// - `json_identifier_array`: array of user ids, at most 1,000.
/// - `cb`, `user_data`: told 0 and an array of objects of the kTIMFriendResult… keys, in the order given, whose codes say what became of
///   each: 30001 oneself, 30003 no such account, 30010 too many are blocked. Else 6013 not initialised, 6014 not logged in, 6017 too many or
///   no user id, 7013 the app has not the premium plan, 7008 or 60018 more than 20 calls about friends in 5 s, 9508, 9520 or 9523 the
///   server did not answer, 6208, 7009.
///
/// Returns TIM_SUCC; TIM_ERR_JSON: not an array of strings; TIM_ERR_PARAM: NULL, empty, or longer than 1 MiB;
/// US_ERR_TOO_MANY_PENDING.
///
/// Thread: any. Ownership: the text is copied; `user_data` is used last by the callback.
///
/// # Safety
/// `json_identifier_array` is NULL or a NUL-ended string; `cb` is NULL or a function of this type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn TIMFriendshipAddToBlackList(
    json_identifier_array: *const c_char,
    cb: TIMCommCallback,
    user_data: *const c_void,
) -> c_int {
    boundary::call("TIMFriendshipAddToBlackList", || {
        // SAFETY: promised by the caller.
        unsafe { block(sdk(), json_identifier_array, cb, user_data) }
    })
}

/// # Safety
/// See [`TIMFriendshipAddToBlackList`].
pub(super) unsafe fn block(
    sdk: &Sdk,
    json_identifier_array: *const c_char,
    cb: TIMCommCallback,
    user_data: *const c_void,
) -> Result<(), Refused> {
    let request = Request::Block;
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

/// Blocks users no more.
///
/// - `json_identifier_array`: array of user ids, at most 1,000.
/// - `cb`, `user_data`: told 0 and an array of objects of the kTIMFriendResult… keys, in the order given. Else as
///   TIMFriendshipAddToBlackList.
///
/// Returns TIM_SUCC; TIM_ERR_JSON: not an array of strings; TIM_ERR_PARAM: NULL, empty, or longer than 1 MiB;
/// US_ERR_TOO_MANY_PENDING.
///
/// Thread: any. Ownership: the text is copied; `user_data` is used last by the callback.
///
/// # Safety
/// `json_identifier_array` is NULL or a NUL-ended string; `cb` is NULL or a function of this type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn TIMFriendshipDeleteFromBlackList(
    json_identifier_array: *const c_char,
    cb: TIMCommCallback,
    user_data: *const c_void,
) -> c_int {
    boundary::call("TIMFriendshipDeleteFromBlackList", || {
        // SAFETY: promised by the caller.
        unsafe { unblock(sdk(), json_identifier_array, cb, user_data) }
    })
}

/// # Safety
/// See [`TIMFriendshipDeleteFromBlackList`].
pub(super) unsafe fn unblock(
    sdk: &Sdk,
    json_identifier_array: *const c_char,
    cb: TIMCommCallback,
    user_data: *const c_void,
) -> Result<(), Refused> {
    let request = Request::Unblock;
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

/// Lists those whom the user logged in has blocked, by user id; as TIMFriendshipGetFriendProfileList lists friends.
///
/// - `cb`, `user_data`: told 0 and an array of objects with kTIMFriendProfileIdentifier. Else as TIMFriendshipGetFriendProfileList.
///
/// Returns TIM_SUCC; US_ERR_TOO_MANY_PENDING.
///
/// Thread: any. Ownership: `user_data` is used last by the callback.
///
/// # Safety
/// `cb` is NULL or a function of this type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn TIMFriendshipGetBlackList(
    cb: TIMCommCallback,
    user_data: *const c_void,
) -> c_int {
    boundary::call("TIMFriendshipGetBlackList", || {
        list_blocked(sdk(), cb, user_data)
    })
}

pub(super) fn list_blocked(
    sdk: &Sdk,
    cb: TIMCommCallback,
    user_data: *const c_void,
) -> Result<(), Refused> {
    let callback = CommCallback::new(cb, user_data);
    sdk.ask(callback, Payload::Empty, || Request::ListBlocked)
}

fn is_both(friend_type: u32) -> Result<bool, Refused> {
    const SINGLE: u32 = TIMFriendType::FriendTypeSingle as u32;
    const BOTH: u32 = TIMFriendType::FriendTypeBoth as u32;
    match friend_type {
        SINGLE => Ok(false),
        BOTH => Ok(true),
        _ => Err(TIMResult::TIM_ERR_PARAM.into()),
    }
}
