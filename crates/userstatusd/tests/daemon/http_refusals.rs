//! Whatever is sent to the HTTP ports, a refusal is JSON of the one shape.

use crate::process::{Daemon, PATIENCE, temp_dir};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};

struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.head.split("\r\n").skip(1).find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    /// That it is a refusal as documented.
    fn check(&self, status: u16, what: &str) {
        assert_eq!(self.status, status, "{what}: {}", self.head);
        assert_eq!(
            self.header("content-type"),
            Some("application/json"),
            "{what}"
        );
        let body: Value = serde_json::from_slice(&self.body).unwrap();
        assert!(
            body["code"].as_i64().is_some_and(|code| code != 0),
            "{what}: {body}"
        );
        assert!(
            !body["message"].as_str().unwrap().is_empty(),
            "{what}: {body}"
        );
        assert_eq!(body.as_object().unwrap().len(), 2, "{what}: {body}");
    }
}

/// Sends bytes, and reads all answers until the server closes.
fn ask(address: SocketAddr, bytes: &[u8]) -> Vec<Answer> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    // It may be refused before all of it is taken.
    _ = stream.write_all(bytes);
    all_answers(stream)
}

fn all_answers(mut stream: TcpStream) -> Vec<Answer> {
    let mut all = Vec::new();
    _ = stream.read_to_end(&mut all);
    let mut rest = &all[..];
    let mut answers = Vec::new();
    while !rest.is_empty() {
        let end = rest
            .windows(4)
            .position(|part| part == b"\r\n\r\n")
            .unwrap();
        let head = String::from_utf8(rest[..end].to_vec()).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let mut answer = Answer {
            status,
            head,
            body: Vec::new(),
        };
        let length = answer
            .header("content-length")
            .unwrap_or("0")
            .parse()
            .unwrap();
        let body = &rest[end + 4..];
        answer.body = body[..length].to_vec();
        rest = &body[length..];
        answers.push(answer);
    }
    answers
}

fn one(address: SocketAddr, request: &[u8]) -> Answer {
    let what = String::from_utf8_lossy(&request[..request.len().min(80)]).into_owned();
    let mut answers = ask(address, request);
    assert_eq!(answers.len(), 1, "{what}");
    answers.remove(0)
}

#[test]
fn what_is_no_http_is_answered_in_json_on_both_ports() {
    let dir = temp_dir();
    let config = "[[listeners]]\nplain_tcp = true\n[health]\nlisten = \"127.0.0.1:0\"\n";
    let daemon = Daemon::serve(config, &dir.path().join("data"));
    let health = daemon.announced["health"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let long = |bytes: usize| "a".repeat(bytes);
    let many: String = (0..200)
        .map(|number| format!("X-{number}: y\r\n"))
        .collect();
    for address in [daemon.admin, health] {
        for (request, status) in [
            ("\u{0}\u{1}\u{2}\r\n\r\n".to_owned(), 400),
            ("\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\u{1}".to_owned(), 400),
            ("GET\r\n\r\n".to_owned(), 400),
            ("GET /livez\r\n\r\n".to_owned(), 400),
            ("GET /livez HTTP/9.9\r\n\r\n".to_owned(), 400),
            ("G T /livez HTTP/1.1\r\n\r\n".to_owned(), 400),
            ("GET /li vez HTTP/1.1\r\n\r\n".to_owned(), 400),
            ("GET /livez HTTP/1.1\r\nno colon\r\n\r\n".to_owned(), 400),
            ("GET /livez HTTP/1.1\r\nX: a\u{0}b\r\n\r\n".to_owned(), 400),
            (
                "POST /livez HTTP/1.1\r\nContent-Length: x\r\n\r\n".to_owned(),
                400,
            ),
            (
                "POST /livez HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n".to_owned(),
                400,
            ),
            (
                "POST /livez HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n".to_owned(),
                400,
            ),
            (
                format!("GET /livez HTTP/1.1\r\nX: {}\r\n\r\n", long(600_000)),
                431,
            ),
            (
                format!("GET /livez HTTP/1.1\r\nX: {}\r\n\r\n", long(32 * 1024)),
                431,
            ),
            (format!("GET /livez HTTP/1.1\r\n{many}\r\n"), 431),
        ] {
            let what = &request[..request.len().min(80)];
            let answer = one(address, request.as_bytes());
            answer.check(status, what);
            assert_eq!(answer.header("connection"), Some("close"), "{what}");
        }
        let too_long = one(
            address,
            format!("GET /{} HTTP/1.1\r\n\r\n", long(600_000)).as_bytes(),
        );
        too_long.check(too_long.status, "a long path");
        assert!([414, 431].contains(&too_long.status));
        let fits = format!(
            "GET /livez HTTP/1.1\r\nConnection: close\r\nX: {}\r\n\r\n",
            long(32_000)
        );
        assert_eq!(one(address, fits.as_bytes()).status, 200);
        // A good request before it is answered first.
        let answers = ask(
            address,
            b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n\x01\r\n\r\n",
        );
        assert_eq!(answers.len(), 2);
        assert_eq!(answers[0].status, 200);
        answers[1].check(400, "behind a good request");
        // Of these there is nothing to answer, or nobody who understands.
        for request in ["", "GET /livez HT", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"] {
            let mut stream = TcpStream::connect(address).unwrap();
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            stream.write_all(request.as_bytes()).unwrap();
            stream.shutdown(Shutdown::Write).unwrap();
            assert!(all_answers(stream).is_empty(), "{request}");
        }
    }
}

#[test]
fn what_the_router_refuses_is_json_too_and_says_what_is_allowed() {
    let dir = temp_dir();
    let config = "[[listeners]]\nplain_tcp = true\n[health]\nlisten = \"127.0.0.1:0\"\n";
    let daemon = Daemon::serve(config, &dir.path().join("data"));
    let health: SocketAddr = daemon.announced["health"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let shown = format!(
        "Host: x\r\nConnection: close\r\nAuthorization: Bearer {}\r\n",
        daemon.token
    );
    let ask_for = |address, line: &str, rest: &str| {
        one(
            address,
            format!("{line} HTTP/1.1\r\n{shown}{rest}").as_bytes(),
        )
    };
    let app = format!("/v1/apps/{}", daemon.app_id);
    for (address, line, status, allowed) in [
        (
            daemon.admin,
            "POST /livez".to_owned(),
            405,
            Some("GET,HEAD"),
        ),
        (health, "POST /livez".to_owned(), 405, Some("GET,HEAD")),
        (health, "DELETE /readyz".to_owned(), 405, Some("GET,HEAD")),
        (
            daemon.admin,
            format!("PUT {app}"),
            405,
            Some("GET,HEAD,PATCH,DELETE"),
        ),
        (
            daemon.admin,
            "DELETE /v1/stats".to_owned(),
            405,
            Some("GET,HEAD"),
        ),
        (daemon.admin, "GET /v1/reload".to_owned(), 405, Some("POST")),
        (health, "GET /v1/stats".to_owned(), 404, None),
        (health, "GET /%ff".to_owned(), 404, None),
        (daemon.admin, "GET /".to_owned(), 404, None),
        (daemon.admin, "OPTIONS *".to_owned(), 404, None),
        (health, "OPTIONS *".to_owned(), 404, None),
        (daemon.admin, "CONNECT x:80".to_owned(), 404, None),
        (health, "CONNECT x:80".to_owned(), 404, None),
        (daemon.admin, "GET /v1/apps/%ff".to_owned(), 400, None),
        (daemon.admin, format!("GET {app}/accounts/%ff"), 400, None),
        (
            daemon.admin,
            format!("GET {app}/accounts/%ff/friends"),
            400,
            None,
        ),
        (
            daemon.admin,
            format!("POST {app}/accounts/%ff/kick"),
            400,
            None,
        ),
        (
            daemon.admin,
            format!("DELETE {app}/accounts/%ff"),
            400,
            None,
        ),
        (daemon.admin, format!("DELETE {app}/keys/%ff"), 400, None),
        (daemon.admin, format!("GET {app}?secrets=%ff"), 400, None),
        (
            daemon.admin,
            format!("GET {app}/accounts?limit=1&limit=2"),
            400,
            None,
        ),
    ] {
        let answer = ask_for(address, &line, "\r\n");
        answer.check(status, &line);
        assert_eq!(answer.header("allow"), allowed, "{line}");
    }
    let head = ask_for_head(daemon.admin, &shown);
    assert!(head.starts_with("HTTP/1.1 404 "), "{head}");
    for (rest, status) in [
        ("Transfer-Encoding: chunked\r\n\r\nzz\r\n".to_owned(), 400),
        (
            format!("Content-Length: 600000\r\n\r\n{}", " ".repeat(600_000)),
            413,
        ),
        ("Content-Length: 3\r\n\r\n[1]".to_owned(), 400),
    ] {
        ask_for(daemon.admin, "POST /v1/apps", &rest).check(status, &rest[..rest.len().min(60)]);
    }
}

/// The head alone, for it may tell the length of a body that does not come.
fn ask_for_head(address: SocketAddr, headers: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(stream, "HEAD /nowhere HTTP/1.1\r\n{headers}\r\n").unwrap();
    let mut head = String::new();
    stream.read_to_string(&mut head).unwrap();
    assert!(head.ends_with("\r\n\r\n"), "{head}");
    head
}
