//! What every export runs inside.

use super::constants::{TIMResult, USResult};
use crate::panics::contain;
use crate::refused::Refused;
use core::ffi::c_int;

/// Runs an export that is accepted or refused. A panic is `US_ERR_INTERNAL`.
pub(super) fn call(name: &'static str, body: impl FnOnce() -> Result<(), Refused>) -> c_int {
    value(name, USResult::US_ERR_INTERNAL as c_int, || match body() {
        Ok(()) => TIMResult::TIM_SUCC as c_int,
        Err(Refused(number)) => number,
    })
}

/// Runs an export that returns something of its own. A panic is `on_panic`.
pub(super) fn value<T>(name: &'static str, on_panic: T, body: impl FnOnce() -> T) -> T {
    contain(name, body).unwrap_or(on_panic)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_a_return_value() {
        let panics = || -> Result<(), Refused> { panic!("meant to") };
        assert_eq!(call("TIMTest", panics), USResult::US_ERR_INTERNAL as c_int);
        assert_eq!(value("TIMTest", 7, || -> i32 { panic!("meant to") }), 7);
    }

    #[test]
    fn a_refusal_is_returned() {
        assert_eq!(call("TIMTest", || Err(TIMResult::TIM_ERR_PARAM.into())), -4);
        assert_eq!(call("TIMTest", || Ok(())), 0);
    }
}
