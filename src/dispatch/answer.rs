//! The answer to one call, and the promise that there will be exactly one.

use super::Dispatcher;
use crate::ffi::CommCallback;
use crate::json::Payload;
use std::borrow::Cow;
use std::sync::Arc;
use userstatus_core::Code;

/// What a one-shot callback is called with.
pub(crate) struct Answer {
    pub(crate) callback: CommCallback,
    pub(crate) code: i32,
    pub(crate) desc: Cow<'static, str>,
    pub(crate) json: Payload,
}

/// Owes the caller of a function its callback: exactly one answer, whatever happens.
#[derive(Debug)]
pub(crate) struct Completer {
    dispatcher: Arc<Dispatcher>,
    callback: Option<CommCallback>,
    /// The JSON that goes with a failure.
    on_failure: Payload,
    answered: bool,
}

impl Completer {
    /// Only for [`Dispatcher::promise`], which has counted it.
    pub(super) fn new(
        dispatcher: Arc<Dispatcher>,
        callback: Option<CommCallback>,
        on_failure: Payload,
    ) -> Self {
        Self {
            dispatcher,
            callback,
            on_failure,
            answered: false,
        }
    }

    /// Answers that it is done.
    pub(crate) fn succeed(self, json: Payload) {
        self.answer(Code::Ok.number(), Cow::Borrowed(Code::Ok.text()), json);
    }

    /// Answers with a code and what it means.
    pub(crate) fn fail(self, code: Code) {
        self.fail_with(code.number(), Cow::Borrowed(code.text()));
    }

    /// Answers with a code and words that say more.
    pub(crate) fn fail_with(mut self, code: i32, desc: Cow<'static, str>) {
        let json = std::mem::replace(&mut self.on_failure, Payload::Empty);
        self.answer(code, desc, json);
    }

    fn answer(mut self, code: i32, desc: Cow<'static, str>, json: Payload) {
        self.answered = true;
        self.post(code, desc, json);
    }

    fn post(&mut self, code: i32, desc: Cow<'static, str>, json: Payload) {
        match self.callback.take() {
            Some(callback) => self.dispatcher.post(Answer {
                callback,
                code,
                desc,
                json,
            }),
            None => self.dispatcher.forget_promise(),
        }
    }
}

impl Drop for Completer {
    fn drop(&mut self) {
        if self.answered {
            return;
        }
        // A request lost its way inside the library. The caller gets its callback nevertheless, and the log says there is a bug.
        let json = std::mem::replace(&mut self.on_failure, Payload::Empty);
        let code = Code::EndedByShutdown;
        self.post(code.number(), Cow::Borrowed(code.text()), json);
        crate::log::assert_failed("a call was dropped unanswered");
    }
}
