//! Why a call is refused on the spot: its callback never runs.

use crate::ffi::{TIMResult, USResult};
use crate::json::JsonError;

/// What the function returns instead of 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refused(pub(crate) i32);

impl From<TIMResult> for Refused {
    fn from(result: TIMResult) -> Self {
        Self(result as i32)
    }
}

impl From<USResult> for Refused {
    fn from(result: USResult) -> Self {
        Self(result as i32)
    }
}

impl From<JsonError> for Refused {
    fn from(_: JsonError) -> Self {
        TIMResult::TIM_ERR_JSON.into()
    }
}
