//! Keeps panics of this library inside it: they must neither unwind into C nor end the process.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Payloads dropped at most: what was thrown may itself panic while it is dropped, and so may what that throws.
const PAYLOADS_MAX: usize = 3;

/// Runs `body`. After a panic there is no result, and the log says where it was.
pub(crate) fn contain<T>(place: &str, body: impl FnOnce() -> T) -> Option<T> {
    let mut payload = match catch_unwind(AssertUnwindSafe(body)) {
        Ok(value) => return Some(value),
        Err(payload) => payload,
    };
    let log = || crate::log::assert_failed(&format!("a panic in {place}"));
    let _ = catch_unwind(AssertUnwindSafe(log));
    for _ in 0..PAYLOADS_MAX {
        match catch_unwind(AssertUnwindSafe(|| drop(payload))) {
            Ok(()) => return None,
            Err(again) => payload = again,
        }
    }
    // Leaked: beside a bug of this kind that is the lesser evil.
    std::mem::forget(payload);
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_leaves_no_result() {
        assert_eq!(contain("a test", || 7), Some(7));
        assert_eq!(contain("a test", || -> i32 { panic!("meant to") }), None);
    }

    #[test]
    fn a_panic_whose_payload_panics_is_contained_too() {
        struct Nasty;
        impl Drop for Nasty {
            fn drop(&mut self) {
                panic!("again");
            }
        }
        assert_eq!(
            contain("a test", || -> i32 { std::panic::panic_any(Nasty) }),
            None
        );
    }
}
