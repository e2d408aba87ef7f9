//! What is answered.

use super::codes::RestCode;
use super::command::Service;
use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use serde::Serialize;
use userstatus_core::{Code, Refusal};
use userstatus_gateway::{OperatorError, desc_of};
use userstatus_store::StoreError;
use userstatus_store::apps::AppError;
use utoipa::ToSchema;

/// What every answer has.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Base {
    /// `OK` or `FAIL`.
    #[schema(examples("OK"))]
    pub(super) action_status: &'static str,
    /// 0, or why it was not done.
    pub(super) error_code: i32,
    /// The same for people; empty if it was done.
    pub(super) error_info: &'static str,
}

/// It was done.
pub(super) const OK: Base = Base {
    action_status: "OK",
    error_code: 0,
    error_info: "",
};

/// What every answer about friends has.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub(super) struct FriendsBase {
    /// `OK` or `FAIL`.
    #[schema(examples("OK"))]
    pub(super) action_status: &'static str,
    /// 0, or why it was not done.
    pub(super) error_code: i32,
    /// The same for people; empty if it was done.
    pub(super) error_info: &'static str,
    /// Always empty: `ErrorInfo` says it.
    pub(super) error_display: &'static str,
}

/// It was done.
pub(super) const FRIENDS_OK: FriendsBase = FriendsBase {
    action_status: "OK",
    error_code: 0,
    error_info: "",
    error_display: "",
};

/// Nothing was done.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fail {
    pub(super) code: i32,
    pub(super) info: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Failed<'f> {
    action_status: &'static str,
    error_code: i32,
    error_info: &'f str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_display: Option<&'static str>,
}

impl Fail {
    pub(super) fn rest(code: RestCode) -> Self {
        (code.number(), code.text()).into()
    }

    pub(super) fn rest_because(code: RestCode, info: impl Into<String>) -> Self {
        Self {
            code: code.number(),
            info: info.into(),
        }
    }

    pub(super) fn bad_parameters(service: Service, info: impl Into<String>) -> Self {
        Self {
            code: service.bad_parameters().0,
            info: info.into(),
        }
    }

    pub(super) fn refused(service: Service, refusal: &Refusal) -> Self {
        Self {
            code: service.code(refusal.code),
            info: desc_of(refusal),
        }
    }

    pub(super) fn store(service: Service, error: &StoreError) -> Self {
        Self {
            code: service.code(Code::Internal),
            info: error.to_string(),
        }
    }

    pub(super) fn operator(service: Service, error: &OperatorError) -> Self {
        let code = match error {
            OperatorError::Refused(refusal) => refusal.code,
            OperatorError::App(AppError::NoSuchApp(_)) => Code::UnknownApp,
            OperatorError::App(_) | OperatorError::Store(_) => Code::Internal,
        };
        Self {
            code: service.code(code),
            info: error.to_string(),
        }
    }

    pub(super) fn response(&self, service: Service) -> Response {
        json(self.body(service))
    }

    /// What is answered, as it is sent.
    pub(super) fn body(&self, service: Service) -> String {
        let failed = Failed {
            action_status: "FAIL",
            error_code: self.code,
            error_info: &self.info,
            error_display: (service == Service::Friends).then_some(""),
        };
        serde_json::to_string(&failed).expect("it is texts and a number")
    }
}

impl From<(i32, &'static str)> for Fail {
    fn from((code, info): (i32, &'static str)) -> Self {
        Self {
            code,
            info: info.to_owned(),
        }
    }
}

/// An answer as it goes out.
pub(super) type Answer = Result<Vec<u8>, Fail>;

/// The bytes of an answer.
pub(super) fn to_bytes(answer: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(answer).expect("an answer is texts, numbers and lists of them")
}

pub(super) fn json(bytes: impl Into<Body>) -> Response {
    let mut response = Response::new(bytes.into());
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    response
}

/// What became of one of several users.
#[derive(Serialize, ToSchema)]
pub(super) struct ResultItem<'a> {
    /// Who.
    #[serde(rename = "To_Account")]
    pub(super) to_account: &'a str,
    /// 0, or why not.
    #[serde(rename = "ResultCode")]
    pub(super) result_code: i32,
    /// The same for people.
    #[serde(rename = "ResultInfo")]
    pub(super) result_info: String,
}

/// Code and text of what became of one of several users.
pub(super) fn result(service: Service, result: &Result<(), Refusal>) -> (i32, String) {
    match result {
        Ok(()) => (0, String::new()),
        Err(refusal) => (service.code(refusal.code), desc_of(refusal)),
    }
}
