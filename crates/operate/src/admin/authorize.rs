//! Who may ask: whoever shows the token.

use super::routes::{At, Failure};
use crate::http::Connection;
use axum::body::{self, Body};
use axum::extract::{Extension, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http_body_util::LengthLimitError;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;
use userstatus_core::Code;

/// Bytes of a request's body: a thousand user ids, and room to spare.
const BODY_BYTES_MAX: usize = 512 * 1024;

/// A body has to be there this long after its head.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// When somebody who was sent away may ask again.
const RETRY_AFTER_S: HeaderValue = HeaderValue::from_static("1");

pub(super) async fn authorize(
    State(admin): At,
    Extension(connection): Extension<Arc<Connection>>,
    headers: HeaderMap,
    request: Request,
    next: Next,
) -> Response {
    let shown = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        // The scheme has no case (RFC 9110, 11.1).
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim());
    let Some(shown) = shown else {
        let message = "the header `Authorization: Bearer TOKEN` is missing";
        return refused(message);
    };
    let peer = connection.peer;
    // Before the token is looked at: who guesses learns no sooner than others that one is right.
    if admin.guessing.wait(peer).await.is_err() {
        let message = "too many wrong admin tokens came from this address; try again in a second";
        let failure = Failure::new(StatusCode::TOO_MANY_REQUESTS, Code::NotAdmin, message);
        let mut response = failure.into_response();
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, RETRY_AFTER_S);
        return response;
    }
    if !admin.token.is(shown) {
        let failures = admin.guessing.failed(peer);
        admin.metrics.wrong_tokens.count();
        if admin.guesses_gate.opens(admin.gateway.clock().now()) {
            tracing::warn!(%peer, failures, "a wrong admin token was shown");
        }
        return refused(
            "the admin token is wrong; it is in the server's configuration or in `admin-token` in its data directory",
        );
    }
    let receiving = connection.receive();
    let request = match whole(request).await {
        Ok(request) => request,
        Err(failure) => return failure.into_response(),
    };
    let work = connection.work();
    drop(receiving);
    // Carried out to its end, also if whoever asked does not wait for it: half of a change is none.
    let carried_out = tokio::spawn(async move {
        let response = next.run(request).await;
        drop(work);
        response
    });
    match carried_out.await {
        Ok(response) => response,
        Err(error) => {
            tracing::error!(%error, "a request of an operator failed");
            let message = "the server failed; its log says why";
            Failure::new(StatusCode::INTERNAL_SERVER_ERROR, Code::Internal, message).into_response()
        }
    }
}

/// The request with all of its body.
async fn whole(request: Request) -> Result<Request, Failure> {
    let (head, body) = request.into_parts();
    match timeout(BODY_TIMEOUT, body::to_bytes(body, BODY_BYTES_MAX)).await {
        Ok(Ok(body)) => Ok(Request::from_parts(head, Body::from(body))),
        Ok(Err(error)) if is_too_long(&error) => Err(Failure::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            Code::InvalidParameters,
            format!("the body is longer than {BODY_BYTES_MAX} bytes"),
        )),
        Ok(Err(_)) => Err(Failure::invalid("the body did not come whole")),
        Err(_) => Err(Failure::new(
            StatusCode::REQUEST_TIMEOUT,
            Code::InvalidParameters,
            format!("the body did not come within {} s", BODY_TIMEOUT.as_secs()),
        )),
    }
}

fn is_too_long(error: &axum::Error) -> bool {
    error
        .source()
        .is_some_and(<dyn Error>::is::<LengthLimitError>)
}

fn refused(message: &str) -> Response {
    Failure::new(StatusCode::UNAUTHORIZED, Code::NotAdmin, message).into_response()
}
