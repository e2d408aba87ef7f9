//! Why a request of an operator was not done.

use super::api::ErrorBody;
use axum::extract::rejection::QueryRejection;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use userstatus_core::Code;
use userstatus_gateway::OperatorError;
use userstatus_store::StoreError;
use userstatus_store::apps::AppError;

/// A request that was not done.
pub(crate) struct Failure {
    status: StatusCode,
    code: Code,
    message: String,
}

impl Failure {
    pub(crate) fn new(status: StatusCode, code: Code, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
        }
    }

    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, Code::InvalidParameters, message)
    }
}

impl Failure {
    /// What is answered, as it is sent.
    pub(crate) fn body(self) -> String {
        let body = ErrorBody {
            code: self.code.number(),
            message: self.message,
        };
        serde_json::to_string(&body).expect("a number and a text can be written as JSON")
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let json = [(header::CONTENT_TYPE, "application/json")];
        (self.status, json, self.body()).into_response()
    }
}

impl From<QueryRejection> for Failure {
    fn from(error: QueryRejection) -> Self {
        Self::invalid(error.body_text())
    }
}

impl From<AppError> for Failure {
    fn from(error: AppError) -> Self {
        let (status, code) = match &error {
            AppError::NoSuchApp(_) => (StatusCode::NOT_FOUND, Code::UnknownApp),
            AppError::NoSuchKey(..) => (StatusCode::NOT_FOUND, Code::BadParameters),
            AppError::Exists(_)
            | AppError::TooManyKeys(_)
            | AppError::KeyExists(_)
            | AppError::LastKey(..)
            | AppError::TooManyApps => (StatusCode::CONFLICT, Code::InvalidOperation),
            AppError::NameTooLong(_) | AppError::KeyTooShort(_) | AppError::Settings(_) => {
                (StatusCode::BAD_REQUEST, Code::InvalidParameters)
            }
            AppError::NotDurable(_) | AppError::Store(_) => {
                (StatusCode::INTERNAL_SERVER_ERROR, Code::Internal)
            }
        };
        Self::new(status, code, error.to_string())
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        OperatorError::Store(error).into()
    }
}

impl From<OperatorError> for Failure {
    fn from(error: OperatorError) -> Self {
        match error {
            OperatorError::App(error) => error.into(),
            OperatorError::Refused(refusal) => {
                let status = match refusal.code {
                    Code::NoSuchAccount => StatusCode::NOT_FOUND,
                    Code::Internal => StatusCode::INTERNAL_SERVER_ERROR,
                    _ => StatusCode::BAD_REQUEST,
                };
                let code = refusal.code;
                Self::new(status, code, OperatorError::Refused(refusal).to_string())
            }
            OperatorError::Store(_) => Self::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                Code::Internal,
                error.to_string(),
            ),
        }
    }
}
