//! C strings, in and out.

use super::constants::TIMResult;
use crate::refused::Refused;
use core::ffi::c_char;

/// Longest text taken, in bytes, without the NUL.
const TEXT_BYTES_MAX: usize = 1 << 20;
/// Bytes the caller of `TIMGetLoginUserID` provides.
const USER_ID_BUFFER_BYTES: usize = 128;

/// What is wrong with a text that is not UTF-8.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// JSON is UTF-8 by definition.
    Json,
    /// Any other.
    Plain,
}

/// A text that must be there and not be empty.
///
/// # Safety
/// See [`optional`].
pub(super) unsafe fn required<'a>(text: *const c_char, kind: Kind) -> Result<&'a str, Refused> {
    // SAFETY: the caller's promise is the same.
    let text = unsafe { optional(text, kind) }?;
    match text {
        "" => Err(TIMResult::TIM_ERR_PARAM.into()),
        text => Ok(text),
    }
}

/// A text that may be NULL, which is the same as empty.
///
/// # Safety
/// `text` must be NULL or point to bytes that stay unchanged for `'a`, of which one is 0, or more than [`TEXT_BYTES_MAX`].
pub(super) unsafe fn optional<'a>(text: *const c_char, kind: Kind) -> Result<&'a str, Refused> {
    if text.is_null() {
        return Ok("");
    }
    // SAFETY: `text` is not NULL, and the caller vouches for the bytes up to a 0 or to the longest text taken, and one more.
    let length = unsafe { libc::strnlen(text, TEXT_BYTES_MAX + 1) };
    if length > TEXT_BYTES_MAX {
        return Err(TIMResult::TIM_ERR_PARAM.into());
    }
    // SAFETY: these bytes were just read, and the caller vouches that they stay unchanged for `'a`.
    let bytes = unsafe { std::slice::from_raw_parts(text.cast::<u8>(), length) };
    std::str::from_utf8(bytes).map_err(|_| match kind {
        Kind::Json => TIMResult::TIM_ERR_JSON.into(),
        Kind::Plain => TIMResult::TIM_ERR_PARAM.into(),
    })
}

/// Writes a user id and a NUL.
///
/// # Safety
/// `buffer` must be NULL or have room for [`USER_ID_BUFFER_BYTES`] bytes.
pub(super) unsafe fn write_user_id(buffer: *mut c_char, user_id: &str) -> Result<(), Refused> {
    if buffer.is_null() || user_id.len() >= USER_ID_BUFFER_BYTES {
        return Err(TIMResult::TIM_ERR_PARAM.into());
    }
    // SAFETY: the buffer is not NULL and has room, the id and its NUL fit, and a Rust string does not lie in a buffer of C's.
    unsafe { std::ptr::copy_nonoverlapping(user_id.as_ptr().cast(), buffer, user_id.len()) };
    // SAFETY: the id is shorter than the buffer, so this byte is inside it.
    let end = unsafe { buffer.add(user_id.len()) };
    // SAFETY: as above.
    unsafe { end.write(0) };
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_1_mib_is_taken_and_one_byte_more_is_not() {
        let mut text = vec![b'x'; TEXT_BYTES_MAX];
        text.push(0);
        // SAFETY: the bytes end with a NUL and outlive the call.
        let taken = unsafe { required(text.as_ptr().cast(), Kind::Plain) };
        assert_eq!(taken.map(str::len), Ok(TEXT_BYTES_MAX));
        text.insert(0, b'x');
        // SAFETY: as above.
        let refused = unsafe { required(text.as_ptr().cast(), Kind::Plain) };
        assert_eq!(refused, Err(TIMResult::TIM_ERR_PARAM.into()));
    }

    #[test]
    fn a_user_id_is_written_with_its_end_and_nothing_behind_it() {
        let mut buffer = [0x55_u8; USER_ID_BUFFER_BYTES];
        // SAFETY: the buffer has the size asked for.
        let written = unsafe { write_user_id(buffer.as_mut_ptr().cast(), "alice") };
        assert_eq!(written, Ok(()));
        assert_eq!(&buffer[..7], b"alice\0\x55");
    }
}
