//! The HTTP request a WebSocket begins with (RFC 6455, 4.2).

use super::{Socket, WebSocket};
use crate::connection::metered::Metered;
use crate::listener::Web;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hyper::body::Incoming;
use hyper::header::{
    AsHeaderName, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderMap, HeaderName,
    HeaderValue, ORIGIN, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL,
    SEC_WEBSOCKET_VERSION, TRANSFER_ENCODING, UPGRADE,
};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode, Version};
use hyper_util::rt::TokioIo;
use sha1::{Digest, Sha1};
use std::convert::Infallible;
use std::future::{poll_fn, ready};
use std::io;
use std::net::SocketAddr;
use std::sync::OnceLock;
use userstatus_gateway::client_behind;

/// The longest request: the least that the HTTP library can be told.
pub(in crate::connection) const HEAD_BYTES_MAX: usize = 8 * 1024;

/// What a client that names subprotocols has to name.
const SUBPROTOCOL: &str = "userstatus.v1";

/// Each balancer on the way adds its own.
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Every WebSocket has this version.
const VERSION: &str = "13";

/// Goes with the key of a request into the answer, so that nothing but a WebSocket server gives it.
const ACCEPT_SUFFIX: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// Bytes of a key.
const KEY_BYTES: usize = 16;

/// Of what a client sent, as it is shown in the log.
const SHOWN_BYTES_MAX: usize = 200;

/// A WebSocket, and whose it is.
pub(in crate::connection) struct Upgraded {
    pub(in crate::connection) socket: WebSocket,
    /// As a trusted balancer says, else as the socket does.
    pub(in crate::connection) client: SocketAddr,
}

/// Reads the request, and answers it. An error says why it is no WebSocket; to what is HTTP the answer has said so.
pub(in crate::connection) async fn upgrade(
    socket: Metered<Box<dyn Socket>>,
    peer: SocketAddr,
    web: &Web,
) -> io::Result<Upgraded> {
    let verdict = OnceLock::new();
    let service = service_fn(|request: Request<Incoming>| {
        let (head, _) = request.into_parts();
        let (answer, judged) = match judge(&Request::from_parts(head, ()), peer, web) {
            Ok((answer, client)) => (answer, Ok(client)),
            Err(refused) => (refused.answer(), Err(refused)),
        };
        // Never the second: after either answer nothing more is read as HTTP.
        _ = verdict.set(judged);
        ready(Ok::<_, Infallible>(answer))
    });
    let mut connection = http1::Builder::new()
        .max_buf_size(HEAD_BYTES_MAX)
        .header_read_timeout(None)
        // Who has said all may say so, and still gets its answer.
        .half_close(true)
        .serve_connection(TokioIo::new(socket), service);
    poll_fn(|context| connection.poll_without_shutdown(context))
        .await
        .map_err(io::Error::other)?;
    let http1::Parts { io, read_buf, .. } = connection.into_parts();
    match verdict.into_inner() {
        Some(Ok(client)) => Ok(Upgraded {
            socket: WebSocket::new(io.into_inner().into_inner(), &read_buf),
            client,
        }),
        Some(Err(refused)) => Err(io::Error::new(io::ErrorKind::InvalidData, refused)),
        None => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

/// Why a request does not become a WebSocket. What the client sent is shown escaped.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error(
        "this port speaks WebSocket, and this request asks for none; a client's address begins with ws:// or wss://"
    )]
    NoWebSocket,
    #[error("the request for a WebSocket is wrong: {0}")]
    Wrong(&'static str),
    #[error("this server speaks version {VERSION} of WebSocket")]
    Version,
    #[error(
        "web pages of the origin {0} may not connect; whoever runs this server can add it to websocket_origins of the listener"
    )]
    Origin(String),
    #[error("the client names subprotocols, and {SUBPROTOCOL} is not among them")]
    Subprotocol,
    #[error("X-Forwarded-For of a trusted balancer ends in {0}, which is no address")]
    ForwardedFor(String),
}

impl Refused {
    fn answer(&self) -> Response<String> {
        let mut answer = Response::new(format!("{self}\n"));
        *answer.status_mut() = match self {
            Self::NoWebSocket | Self::Version => StatusCode::UPGRADE_REQUIRED,
            Self::Origin(_) => StatusCode::FORBIDDEN,
            Self::Wrong(_) | Self::Subprotocol | Self::ForwardedFor(_) => StatusCode::BAD_REQUEST,
        };
        let headers = answer.headers_mut();
        for (name, value) in [
            (CONNECTION, "close"),
            (CONTENT_TYPE, "text/plain; charset=utf-8"),
            (UPGRADE, "websocket"),
            (SEC_WEBSOCKET_VERSION, VERSION),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        answer
    }
}

/// The answer that makes it a WebSocket, and whose it becomes.
fn judge(
    request: &Request<()>,
    peer: SocketAddr,
    web: &Web,
) -> Result<(Response<String>, SocketAddr), Refused> {
    let headers = request.headers();
    let has_word =
        |name, word: &str| words(headers, name).any(|named| named.eq_ignore_ascii_case(word));
    if !has_word(UPGRADE, "websocket") || !has_word(CONNECTION, "upgrade") {
        return Err(Refused::NoWebSocket);
    }
    if request.method() != Method::GET || request.version() != Version::HTTP_11 {
        return Err(Refused::Wrong("it is GET, of HTTP/1.1"));
    }
    // Who takes what follows for a body and who takes it for frames must not come to differ.
    if headers.contains_key(TRANSFER_ENCODING)
        || words(headers, CONTENT_LENGTH).any(|length| length != "0")
    {
        return Err(Refused::Wrong("it has no body"));
    }
    for (name, reason) in [
        (HOST, "there is one Host"),
        (SEC_WEBSOCKET_KEY, "there is one Sec-WebSocket-Key"),
        (SEC_WEBSOCKET_VERSION, "there is one Sec-WebSocket-Version"),
    ] {
        if headers.get_all(name).iter().count() != 1 {
            return Err(Refused::Wrong(reason));
        }
    }
    if !has_word(SEC_WEBSOCKET_VERSION, VERSION) {
        return Err(Refused::Version);
    }
    let key = headers[SEC_WEBSOCKET_KEY].as_bytes();
    if BASE64_STANDARD.decode(key).map_or(0, |key| key.len()) != KEY_BYTES {
        return Err(Refused::Wrong("Sec-WebSocket-Key is 16 bytes in base64"));
    }
    // Who names none is no web page.
    let mut origins = headers.get_all(ORIGIN).iter();
    if let Some(origin) = origins.find(|origin| !web.lets_in(origin.as_bytes())) {
        return Err(Refused::Origin(shown(origin.as_bytes())));
    }
    let mut answer = Response::new(String::new());
    *answer.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let accept = HeaderValue::try_from(accept(key)).expect("base64 is ASCII");
    for (name, value) in [
        (CONNECTION, HeaderValue::from_static("Upgrade")),
        (UPGRADE, HeaderValue::from_static("websocket")),
        (SEC_WEBSOCKET_ACCEPT, accept),
    ] {
        answer.headers_mut().insert(name, value);
    }
    if headers.contains_key(SEC_WEBSOCKET_PROTOCOL) {
        if !words(headers, SEC_WEBSOCKET_PROTOCOL).any(|named| named == SUBPROTOCOL) {
            return Err(Refused::Subprotocol);
        }
        let ours = HeaderValue::from_static(SUBPROTOCOL);
        answer.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, ours);
    }
    Ok((answer, client(headers, peer, web)?))
}

fn accept(key: &[u8]) -> String {
    let hash = Sha1::new_with_prefix(key).chain_update(ACCEPT_SUFFIX);
    BASE64_STANDARD.encode(hash.finalize())
}

/// Whose connection it is.
fn client(headers: &HeaderMap, peer: SocketAddr, web: &Web) -> Result<SocketAddr, Refused> {
    let named: Vec<_> = words(headers, FORWARDED_FOR).collect();
    client_behind(peer, named.into_iter(), |ip| web.trusts(ip))
        .map_err(|named| Refused::ForwardedFor(shown(named.as_bytes())))
}

/// What a header lists, between commas and over several lines.
fn words(headers: &HeaderMap, name: impl AsHeaderName) -> impl Iterator<Item = &str> {
    let lines = headers.get_all(name).into_iter();
    // What is no text is no word that anybody looks for.
    let lines = lines.map(|line| line.to_str().unwrap_or("?"));
    lines.flat_map(|line| line.split(',')).map(str::trim)
}

fn shown(bytes: &[u8]) -> String {
    let part = &bytes[..bytes.len().min(SHOWN_BYTES_MAX)];
    format!("\"{}\"", part.escape_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    const BALANCER: &str = "10.0.0.1:5555";

    fn web(origins: &[&str], trusted: &[&str]) -> Web {
        Web {
            origins: origins.iter().map(|origin| (*origin).to_owned()).collect(),
            forwarded_by: trusted.iter().map(|net| net.parse().unwrap()).collect(),
        }
    }

    fn judged(headers: &[(&str, &str)], web: &Web) -> Result<SocketAddr, StatusCode> {
        let mut request = Request::get("/")
            .header("connection", "keep-alive, Upgrade")
            .header("upgrade", "websocket")
            .header("host", "play.example")
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let judged = judge(&request.body(()).unwrap(), BALANCER.parse().unwrap(), web);
        judged
            .map(|(answer, client)| {
                assert_eq!(answer.status(), StatusCode::SWITCHING_PROTOCOLS);
                // The example of RFC 6455, 1.3.
                let accept = &answer.headers()["sec-websocket-accept"];
                assert_eq!(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
                client
            })
            .map_err(|refused| refused.answer().status())
    }

    #[test]
    fn web_pages_of_the_listed_origins_may_connect_and_programs_that_name_none() {
        let listed = web(&["https://game.example"], &[]);
        let origin = |origin| [("origin", origin)];
        assert!(judged(&origin("https://game.example"), &listed).is_ok());
        assert!(judged(&origin("HTTPS://Game.Example"), &listed).is_ok());
        for other in [
            "https://game.example.net",
            "http://game.example",
            "https://game.example:8443",
            "null",
            "",
        ] {
            let refused = judged(&origin(other), &listed);
            assert_eq!(refused, Err(StatusCode::FORBIDDEN), "{other}");
        }
        assert!(judged(&[], &listed).is_ok());
        assert!(judged(&origin("https://any.example"), &web(&[], &[])).is_ok());
    }

    #[test]
    fn who_names_subprotocols_names_ours() {
        let any = web(&[], &[]);
        for (named, is_ours) in [
            ("userstatus.v1", true),
            ("chat, userstatus.v1", true),
            ("chat", false),
        ] {
            let judged = judged(&[("sec-websocket-protocol", named)], &any);
            assert_eq!(judged.is_ok(), is_ours, "{named}");
        }
    }

    #[test]
    fn the_client_is_the_last_that_no_balancer_of_ours_is() {
        let behind = web(&[], &["10.0.0.0/8", "fd00::/8"]);
        for (forwarded, client) in [
            (&["198.51.100.7"][..], "198.51.100.7:0"),
            (&["198.51.100.7:4711"], "198.51.100.7:4711"),
            (&["2001:db8::7"], "[2001:db8::7]:0"),
            (&["[2001:db8::7]"], "[2001:db8::7]:0"),
            (&["[2001:db8::7]:4711"], "[2001:db8::7]:4711"),
            // What the client wrote itself, then what the balancers did.
            (&["203.0.113.1, 198.51.100.7, 10.0.0.9"], "198.51.100.7:0"),
            (
                &["203.0.113.1", "198.51.100.7", "10.0.0.9"],
                "198.51.100.7:0",
            ),
            (&["nonsense, 198.51.100.7"], "198.51.100.7:0"),
            (&["10.0.0.8, 10.0.0.9"], "10.0.0.8:0"),
        ] {
            let headers: Vec<_> = forwarded
                .iter()
                .map(|line| ("x-forwarded-for", *line))
                .collect();
            assert_eq!(judged(&headers, &behind), Ok(client.parse().unwrap()));
        }
        assert_eq!(judged(&[], &behind), Ok(BALANCER.parse().unwrap()));
        let forwarded = [("x-forwarded-for", "198.51.100.7, unknown")];
        assert_eq!(judged(&forwarded, &behind), Err(StatusCode::BAD_REQUEST));
        // From anybody else it is worth nothing.
        let in_front = web(&[], &["192.0.2.0/24"]);
        assert_eq!(judged(&forwarded, &in_front), Ok(BALANCER.parse().unwrap()));
    }

    #[test]
    fn what_is_wrong_with_a_request_is_told() {
        let any = web(&[], &[]);
        for (name, value, status) in [
            ("content-length", "5", StatusCode::BAD_REQUEST),
            ("transfer-encoding", "chunked", StatusCode::BAD_REQUEST),
            ("host", "other.example", StatusCode::BAD_REQUEST),
            (
                "sec-websocket-key",
                "dGhlIHNhbXBsZSBub25jZQ==",
                StatusCode::BAD_REQUEST,
            ),
            ("sec-websocket-version", "8", StatusCode::BAD_REQUEST),
        ] {
            assert_eq!(judged(&[(name, value)], &any), Err(status), "{name}");
        }
        assert!(judged(&[("content-length", "0")], &any).is_ok());
        let two = [
            ("origin", "https://game.example"),
            ("origin", "https://evil.example"),
        ];
        let listed = web(&["https://game.example"], &[]);
        assert_eq!(judged(&two, &listed), Err(StatusCode::FORBIDDEN));
        for (name, value, status) in [
            ("sec-websocket-version", "8", StatusCode::UPGRADE_REQUIRED),
            ("sec-websocket-key", "short", StatusCode::BAD_REQUEST),
        ] {
            let mut request = Request::get("/").body(()).unwrap();
            for (name, value) in [
                ("connection", "upgrade"),
                ("upgrade", "websocket"),
                ("host", "play.example"),
                ("sec-websocket-version", "13"),
                ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
                (name, value),
            ] {
                request.headers_mut().insert(name, value.parse().unwrap());
            }
            let refused = judge(&request, BALANCER.parse().unwrap(), &any).unwrap_err();
            assert_eq!(refused.answer().status(), status, "{name}");
        }
    }

    #[test]
    fn what_is_no_websocket_is_told_so() {
        let request = Request::get("/").body(()).unwrap();
        let peer = BALANCER.parse().unwrap();
        let refused = judge(&request, peer, &web(&[], &[])).unwrap_err().answer();
        assert_eq!(refused.status(), StatusCode::UPGRADE_REQUIRED);
        assert!(refused.body().contains("ws://"), "{}", refused.body());
    }
}
