//! Every refusal is JSON of one shape, whoever refuses: a handler of ours, the router, or the HTTP library before either sees a request.

use crate::admin::failure::Failure;
use crate::visible::{Form, visible_lines};
use axum::body::{self, Body};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use userstatus_core::Code;

/// What the router says of a refusal is shorter.
const REASON_BYTES_MAX: usize = 4 * 1024;

/// How the end of a head stands on the wire.
const HEAD_END: &[u8] = b"\r\n\r\n";

/// The answer; in our own form, if it is a refusal that is not. What shows it does nothing but show it.
pub(super) async fn in_one_form(answer: Response) -> Response {
    let status = answer.status();
    let json = HeaderValue::from_static("application/json");
    if answer.headers().get(header::CONTENT_TYPE) == Some(&json) {
        return shown_harmless(answer).await;
    }
    if !status.is_client_error() && !status.is_server_error() {
        return answer;
    }
    let (head, body) = answer.into_parts();
    let said = body::to_bytes(body, REASON_BYTES_MAX).await;
    let said = said.unwrap_or_default();
    let said = String::from_utf8_lossy(&said);
    let mut answer = refusal(status, said.trim()).into_response();
    if let Some(allowed) = head.headers.get(header::ALLOW) {
        answer.headers_mut().insert(header::ALLOW, allowed.clone());
    }
    answer
}

/// The same JSON, with what would do something to a terminal escaped: names come from clients.
async fn shown_harmless(answer: Response) -> Response {
    let (mut head, body) = answer.into_parts();
    // It is ours, whole already and no longer than what its handler may answer.
    let body = match body::to_bytes(body, usize::MAX).await {
        Ok(body) => body,
        Err(error) => {
            tracing::error!(%error, "an answer was not written");
            let status = StatusCode::INTERNAL_SERVER_ERROR;
            return refusal(status, "").into_response();
        }
    };
    let Some(shown) = std::str::from_utf8(&body)
        .ok()
        // Some of ours has lines. Within a text of JSON there is no raw end of one.
        .map(|text| visible_lines(text, Form::Json))
        .filter(|shown| shown.len() != body.len())
        .map(String::from)
    else {
        return Response::from_parts(head, Body::from(body));
    };
    // The router knew the length before.
    head.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(head, Body::from(shown))
}

pub(super) fn refusal(status: StatusCode, said: &str) -> Failure {
    let (code, usual) = match status {
        StatusCode::NOT_FOUND => (Code::BadParameters, "there is no such endpoint"),
        StatusCode::METHOD_NOT_ALLOWED => (
            Code::BadParameters,
            "this endpoint has no such method; the header `Allow` names those it has",
        ),
        StatusCode::URI_TOO_LONG => (
            Code::InvalidParameters,
            "the path with its query is too long",
        ),
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => (
            Code::InvalidParameters,
            "the head of the request is too long, or has too many headers",
        ),
        _ if status.is_server_error() => (Code::Internal, "the server failed; its log says why"),
        _ => (
            Code::InvalidParameters,
            "this is no HTTP request that can be read",
        ),
    };
    let message = if said.is_empty() { usual } else { said };
    Failure::new(status, code, message)
}

/// A connection on which refusals of the HTTP library have a body: it gives them none, and cannot be told to. It sends such an answer
/// last, and as the end of what it writes at once.
pub(super) struct Refusing<S> {
    stream: S,
    words: Refusal,
    /// What is sent in place of what the library says, and how much of it has been.
    refusal: Option<(Vec<u8>, usize)>,
}

impl<S> Refusing<S> {
    pub(super) const fn new(stream: S, words: Refusal) -> Self {
        Self {
            stream,
            words,
            refusal: None,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Refusing<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Refusing<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        if this.refusal.is_none() {
            match library_refusal(bytes) {
                Some((0, status)) => {
                    let (status, body) = (this.words)(status);
                    this.refusal = Some((on_the_wire(status, &body), 0));
                }
                // What stands before it first.
                Some((start, _)) => {
                    return Pin::new(&mut this.stream).poll_write(context, &bytes[..start]);
                }
                None => return Pin::new(&mut this.stream).poll_write(context, bytes),
            }
        }
        while let Some((refusal, sent)) = &mut this.refusal
            && *sent < refusal.len()
        {
            match Pin::new(&mut this.stream).poll_write(context, &refusal[*sent..]) {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(count)) => *sent += count,
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => return Poll::Pending,
            }
        }
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// Where in these bytes an answer of the library's own begins, which is a head without a type and ends them.
fn library_refusal(bytes: &[u8]) -> Option<(usize, StatusCode)> {
    let text = bytes.strip_suffix(HEAD_END)?;
    let start = text.windows(7).rposition(|part| part == b"HTTP/1.")?;
    let mut lines = std::str::from_utf8(&text[start..]).ok()?.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let mut is_empty = false;
    for line in lines {
        let (name, value) = line.split_once(':')?;
        match name {
            "content-length" => is_empty = value.trim() == "0",
            "connection" | "date" => {}
            _ => return None,
        }
    }
    let is_refusal = [
        StatusCode::BAD_REQUEST,
        StatusCode::URI_TOO_LONG,
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
    ]
    .contains(&status);
    (is_refusal && is_empty).then_some((start, status))
}

/// What is said in place of a refusal of the HTTP library's: status and body.
pub(crate) type Refusal = fn(StatusCode) -> (StatusCode, String);

/// As most ports say it.
pub(super) fn usual(status: StatusCode) -> (StatusCode, String) {
    (status, refusal(status, "").body())
}

fn on_the_wire(status: StatusCode, body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    #[test]
    fn only_the_librarys_own_refusal_is_taken_for_one() {
        let refusal = "HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\ndate: Thu, 26 Nov 2026 00:00:00 GMT\r\n\r\n";
        let found = |text: &str| library_refusal(text.as_bytes());
        assert_eq!(found(refusal), Some((0, StatusCode::BAD_REQUEST)));
        let before = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
        assert_eq!(
            found(&format!("{before}{refusal}")),
            Some((before.len(), StatusCode::BAD_REQUEST))
        );
        for other in [
            "",
            "\r\n\r\n",
            before,
            "HTTP/1.1 100 Continue\r\n\r\n",
            "HTTP/1.1 204 No Content\r\ndate: x\r\n\r\n",
            "HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 40\r\n\r\n",
        ] {
            assert_eq!(found(other), None, "{other}");
        }
    }

    #[tokio::test]
    async fn a_refusal_of_the_router_becomes_ours_and_keeps_what_is_allowed() {
        let answer = Response::builder()
            .status(StatusCode::METHOD_NOT_ALLOWED)
            .header(header::ALLOW, "GET,HEAD")
            .body(Body::empty())
            .unwrap();
        let answer = in_one_form(answer).await;
        assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(answer.headers()[header::ALLOW], "GET,HEAD");
        assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/json");
        let plain = (StatusCode::BAD_REQUEST, "Invalid URL").into_response();
        let body = body::to_bytes(in_one_form(plain).await.into_body(), 1_000).await;
        let body: serde_json::Value = serde_json::from_slice(&body.unwrap()).unwrap();
        assert_eq!(body["message"], "Invalid URL");
    }

    #[tokio::test]
    async fn an_answer_does_nothing_to_what_shows_it_and_says_the_same() {
        let name = serde_json::json!({"name": "\u{202e}a\u{9b}31m\u{7f}\u{e0041}\n\u{5728}"});
        let json = [(header::CONTENT_TYPE, "application/json")];
        for status in [StatusCode::OK, StatusCode::NOT_FOUND] {
            let mut raw = (status, json.clone(), name.to_string()).into_response();
            let length = HeaderValue::from(name.to_string().len());
            raw.headers_mut().insert(header::CONTENT_LENGTH, length);
            let answer = in_one_form(raw).await;
            assert_eq!(answer.status(), status);
            assert_eq!(answer.headers().get(header::CONTENT_LENGTH), None);
            let body = body::to_bytes(answer.into_body(), 1_000).await.unwrap();
            let text = std::str::from_utf8(&body).unwrap();
            assert!(!text.contains(crate::visible::does_something), "{text}");
            assert!(text.contains('\u{5728}'), "{text}");
            let said: serde_json::Value = serde_json::from_str(text).unwrap();
            assert_eq!(said, name);
        }
        let with_lines = "{\n  \"name\": \"在\"\n}\n";
        let answer = in_one_form((json, with_lines).into_response()).await;
        let body = body::to_bytes(answer.into_body(), 1_000).await.unwrap();
        assert_eq!(body, with_lines);
    }

    #[tokio::test]
    async fn it_is_replaced_however_slowly_the_other_side_reads() {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let before = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
        let refused = "HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        let (ours, mut theirs) = tokio::io::duplex(7);
        let writing = tokio::spawn(async move {
            let mut stream = Refusing::new(ours, usual);
            let bytes = format!("{before}{refused}");
            stream.write_all(bytes.as_bytes()).await.unwrap();
            stream.shutdown().await.unwrap();
        });
        let mut read = String::new();
        theirs.read_to_string(&mut read).await.unwrap();
        writing.await.unwrap();
        let (status, body) = usual(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
        let refusal = on_the_wire(status, &body);
        let refusal = String::from_utf8(refusal).unwrap();
        assert_eq!(read, format!("{before}{refusal}"));
        let (_, body) = refusal.split_once("\r\n\r\n").unwrap();
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        assert!(body["message"].as_str().unwrap().contains("head"));
    }
}
