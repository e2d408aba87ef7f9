//! The HTTP request a WebSocket begins with.

use super::{Metered, Socket, WebSocket};
use crate::listener::Web;
use hyper::body::Incoming;
use hyper::header::{
    AsHeaderName, CONNECTION, CONTENT_TYPE, HeaderMap, HeaderValue, ORIGIN, SEC_WEBSOCKET_PROTOCOL,
    SEC_WEBSOCKET_VERSION, UPGRADE,
};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::future::{poll_fn, ready};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::OnceLock;
use tokio_tungstenite::tungstenite;
use tokio_tungstenite::tungstenite::handshake::server::create_response_with_body;

/// The longest request: the least that the HTTP library can be told.
pub(in crate::connection) const HEAD_BYTES_MAX: usize = 8 * 1024;

/// What a client that names subprotocols has to name.
const SUBPROTOCOL: &str = "userstatus.v1";

/// Each balancer on the way adds its own.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// A WebSocket, and whose it is.
pub(in crate::connection) struct Upgraded {
    pub(in crate::connection) socket: WebSocket,
    /// As a trusted balancer says, else as the socket does.
    pub(in crate::connection) client: SocketAddr,
}

/// Reads the request, and answers it. An error says why it is no WebSocket: the other side has been told.
pub(in crate::connection) async fn upgrade(
    socket: Box<dyn Socket>,
    peer: SocketAddr,
    web: &Web,
) -> io::Result<Upgraded> {
    let (socket, meter) = Metered::new(socket);
    let verdict = OnceLock::new();
    let service = service_fn(|request: Request<Incoming>| {
        let (head, _) = request.into_parts();
        let (answer, judged) = match judge(&Request::from_parts(head, ()), peer, web) {
            Ok((answer, client)) => (answer, Ok(client)),
            Err(refused) => (refused.answer(), Err(refused)),
        };
        // There is one request: what comes behind it is no HTTP, or the connection ends.
        _ = verdict.set(judged);
        ready(Ok::<_, Infallible>(answer))
    });
    let mut connection = http1::Builder::new()
        .max_buf_size(HEAD_BYTES_MAX)
        .header_read_timeout(None)
        .serve_connection(TokioIo::new(socket), service);
    poll_fn(|context| connection.poll_without_shutdown(context))
        .await
        .map_err(io::Error::other)?;
    let http1::Parts { io, read_buf, .. } = connection.into_parts();
    match verdict.into_inner() {
        Some(Ok(client)) => Ok(Upgraded {
            socket: WebSocket::new(io.into_inner(), meter, read_buf.to_vec()).await,
            client,
        }),
        Some(Err(refused)) => Err(io::Error::new(io::ErrorKind::InvalidData, refused)),
        None => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

/// Why a request does not become a WebSocket.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error(
        "this port speaks WebSocket, and this request does not ask for one ({0}); a client's address has to begin with ws:// or wss://"
    )]
    NoWebSocket(tungstenite::Error),
    #[error(
        "web pages of this origin may not connect; whoever runs this server can add it to websocket_origins of the listener"
    )]
    Origin,
    #[error("the client names subprotocols, and {SUBPROTOCOL} is not among them")]
    Subprotocol,
    #[error("there is something in X-Forwarded-For that is no address")]
    ForwardedFor,
}

impl Refused {
    fn answer(&self) -> Response<String> {
        let mut answer = Response::new(format!("{self}\n"));
        *answer.status_mut() = match self {
            Self::NoWebSocket(_) => StatusCode::UPGRADE_REQUIRED,
            Self::Origin => StatusCode::FORBIDDEN,
            Self::Subprotocol | Self::ForwardedFor => StatusCode::BAD_REQUEST,
        };
        let headers = answer.headers_mut();
        for (name, value) in [
            (CONNECTION, "close"),
            (CONTENT_TYPE, "text/plain; charset=utf-8"),
            (UPGRADE, "websocket"),
            (SEC_WEBSOCKET_VERSION, "13"),
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
    let mut answer =
        create_response_with_body(request, String::new).map_err(Refused::NoWebSocket)?;
    // Who names none is no web page.
    if let Some(origin) = headers.get(ORIGIN)
        && !web.lets_in(origin.as_bytes())
    {
        return Err(Refused::Origin);
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

/// Whose connection it is. Each balancer adds the address it was connected from at the end: the last that is none of ours is the client's,
/// and what stands before it anybody may have written there.
fn client(headers: &HeaderMap, peer: SocketAddr, web: &Web) -> Result<SocketAddr, Refused> {
    let mut client = peer;
    if !web.trusts(peer.ip()) {
        return Ok(client);
    }
    let named: Vec<_> = words(headers, FORWARDED_FOR).collect();
    for named in named.into_iter().rev() {
        client = address(named).ok_or(Refused::ForwardedFor)?;
        if !web.trusts(client.ip()) {
            break;
        }
    }
    Ok(client)
}

/// With or without a port, as balancers write it.
fn address(text: &str) -> Option<SocketAddr> {
    let ip = text.strip_prefix('[').and_then(|ip| ip.strip_suffix(']'));
    match ip.unwrap_or(text).parse::<IpAddr>() {
        Ok(ip) => Some(SocketAddr::new(ip, 0)),
        Err(_) => text.parse().ok(),
    }
}

/// What a header lists, between commas and over several lines.
fn words(headers: &HeaderMap, name: impl AsHeaderName) -> impl Iterator<Item = &str> {
    let lines = headers.get_all(name).into_iter();
    // What is no text is no word that anybody looks for.
    let lines = lines.map(|line| line.to_str().unwrap_or("?"));
    lines.flat_map(|line| line.split(',')).map(str::trim)
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
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let judged = judge(&request.body(()).unwrap(), BALANCER.parse().unwrap(), web);
        judged
            .map(|(answer, client)| {
                assert_eq!(answer.status(), StatusCode::SWITCHING_PROTOCOLS);
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
                .map(|line| (FORWARDED_FOR, *line))
                .collect();
            assert_eq!(judged(&headers, &behind), Ok(client.parse().unwrap()));
        }
        assert_eq!(judged(&[], &behind), Ok(BALANCER.parse().unwrap()));
        let forwarded = [(FORWARDED_FOR, "198.51.100.7, unknown")];
        assert_eq!(judged(&forwarded, &behind), Err(StatusCode::BAD_REQUEST));
        // From anybody else it is worth nothing.
        let in_front = web(&[], &["192.0.2.0/24"]);
        assert_eq!(judged(&forwarded, &in_front), Ok(BALANCER.parse().unwrap()));
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
