//! The rest of the mirrored API, so that a program written for all of it links and runs.
//!
//! `others.tsv` lists the functions; build.rs makes an export of each, which does nothing but hand its name and callback to one of
//! the functions here. They are not in the header: who calls them has the SDK's own.

use super::boundary;
use super::callback::{CommCallback, TIMCommCallback};
use super::text::{self, Kind};
use crate::dispatch::default_dispatcher;
use crate::json::{Payload, batch_failures};
use crate::refused::Refused;
use core::ffi::{c_char, c_int, c_void};
use parking_lot::Mutex;
use std::collections::BTreeSet;
use userstatus_core::Code;

/// `TIMMsgGroupMessageReadMemberListCallback`: the one one-shot callback that is told no code.
type MemberListCallback = Option<
    unsafe extern "C" fn(
        json_group_member_array: *const c_char,
        next_seq: u64,
        is_finished: bool,
        user_data: *const c_void,
    ),
>;

/// A callback of whatever kind that nobody will call.
type AnyCallback = Option<unsafe extern "C" fn()>;

include!(concat!(env!("OUT_DIR"), "/others.rs"));

/// Answers 7013, asynchronously, as everything that is asked for here is answered, and with the JSON that a failure of this function hands
/// over. Also before `TIMInit`: it does not depend on it.
fn refuse(
    function: &'static str,
    on_failure: &'static str,
    callback: TIMCommCallback,
    user_data: *const c_void,
) -> c_int {
    boundary::call(function, || {
        fail(
            function,
            Payload::Ready(on_failure.into()),
            callback,
            user_data,
        )
    })
}

/// As [`refuse`], with a failure for each receiver that the argument names.
///
/// # Safety
/// `param` is NULL or a NUL-ended string.
unsafe fn refuse_batch(
    function: &'static str,
    param: *const c_char,
    callback: TIMCommCallback,
    user_data: *const c_void,
) -> c_int {
    boundary::call(function, || {
        // SAFETY: promised by the caller.
        let param = unsafe { text::optional(param, Kind::Json) }.unwrap_or_default();
        let failures = batch_failures(param, Code::NeedsPremium.number(), &refusal(function));
        fail(function, failures, callback, user_data)
    })
}

fn fail(
    function: &'static str,
    on_failure: Payload,
    callback: TIMCommCallback,
    user_data: *const c_void,
) -> Result<(), Refused> {
    note(function);
    let callback = CommCallback::new(callback, user_data);
    let completer = default_dispatcher().promise(callback, on_failure)?;
    completer.fail_with(Code::NeedsPremium.number(), refusal(function).into());
    Ok(())
}

fn refusal(function: &str) -> String {
    format!("{function} is not part of this library, which has user status, login and friends only")
}

/// As [`refuse`]: an empty list, which is all of it.
fn refuse_members(
    function: &'static str,
    callback: MemberListCallback,
    user_data: *const c_void,
) -> c_int {
    boundary::call(function, || {
        note(function);
        let callback = CommCallback::member_list(callback, user_data);
        let completer = default_dispatcher().promise(callback, Payload::Empty)?;
        completer.fail(Code::NeedsPremium);
        Ok(())
    })
}

/// For a function without a callback: accepted, and nothing is done.
fn ignore(function: &'static str) -> c_int {
    boundary::call(function, || {
        note(function);
        Ok(())
    })
}

/// For a function that sets or removes a callback: what it would be told of does not happen here.
fn ignore_callback(function: &'static str) {
    boundary::value(function, (), || note(function));
}

/// Says so in the log, once per function: a game may call it each frame.
fn note(function: &'static str) {
    static NOTED: Mutex<BTreeSet<&str>> = Mutex::new(BTreeSet::new());
    // Before TIMInit there may be no log yet: then the next call says it.
    if tracing::event_enabled!(tracing::Level::WARN) && NOTED.lock().insert(function) {
        tracing::warn!(function, "not part of this library; the call does nothing");
    }
}

/// Writes "": there is no id.
///
/// # Safety
/// `buffer` is NULL or has room for a byte.
unsafe fn write_empty(buffer: *mut c_char) {
    if !buffer.is_null() {
        // SAFETY: promised by the caller.
        unsafe { buffer.write(0) }
    }
}
