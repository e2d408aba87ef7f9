//! REST as studios' back ends call it.

mod accounts;
mod friends;
mod gate;
mod status;

use crate::process::{Daemon, PATIENCE, now_s};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use userstatus_usersig::mint;

/// A back end of a daemon's app, and its UserSig.
pub struct BackEnd {
    pub app_id: u64,
    pub address: SocketAddr,
    pub sig: String,
}

pub fn dev(arguments: &[&str]) -> Daemon {
    Daemon::dev(&[&["--rest-listen", "127.0.0.1:0"], arguments].concat())
}

impl BackEnd {
    pub fn of(daemon: &Daemon) -> Self {
        let url = daemon.announced["rest"].as_str().unwrap();
        Self {
            app_id: daemon.app_id,
            address: url.strip_prefix("http://").unwrap().parse().unwrap(),
            sig: daemon.sig("administrator"),
        }
    }

    /// What a request for the app shows.
    pub fn query(&self) -> String {
        query(self.app_id, "administrator", &self.sig)
    }

    /// Calls a command, such as `sns/friend_add`.
    pub fn call(&self, command: &str, body: &Value) -> Value {
        self.raw(
            "POST",
            &format!("/v4/{command}?{}", self.query()),
            &body.to_string(),
        )
    }

    /// The same; it is to be done.
    pub fn done(&self, command: &str, body: &Value) -> Value {
        let answer = self.call(command, body);
        assert_eq!(answer["ErrorCode"], 0, "{command} {body}: {answer}");
        assert_eq!(answer["ActionStatus"], "OK");
        answer
    }

    /// The code it is refused with.
    pub fn refused(&self, command: &str, body: &Value) -> i64 {
        code(&self.call(command, body))
    }

    pub fn raw(&self, method: &str, path: &str, body: &str) -> Value {
        send(self.address, method, path, "", body)
    }

    pub fn import(&self, users: &[&str]) {
        let answer = self.done(
            "im_open_login_svc/multiaccount_import",
            &json!({"Accounts": users}),
        );
        assert_eq!(answer["FailAccounts"], json!([]));
    }

    /// What an account says of its friends, all pages together.
    pub fn friends(&self, user: &str) -> Vec<Value> {
        let (mut friends, mut start) = (Vec::new(), json!(0));
        loop {
            let page = self.done(
                "sns/friend_get",
                &json!({"From_Account": user, "StartIndex": start}),
            );
            friends.extend(page["UserDataItem"].as_array().unwrap().iter().cloned());
            if page["CompleteFlag"] != 0 {
                assert_eq!(page["FriendNum"], friends.len());
                return friends;
            }
            start = page["NextStartIndex"].clone();
        }
    }
}

pub fn query(app: u64, identifier: &str, sig: &str) -> String {
    format!("sdkappid={app}&identifier={identifier}&usersig={sig}&random=99999999&contenttype=json")
}

/// Why a request was not done.
pub fn code(answer: &Value) -> i64 {
    assert_eq!(answer["ActionStatus"], "FAIL", "{answer}");
    assert!(
        !answer["ErrorInfo"].as_str().unwrap().is_empty(),
        "{answer}"
    );
    answer["ErrorCode"].as_i64().unwrap()
}

/// A request as simple as can be. Whatever comes of it, it is answered with 200 and JSON.
pub fn send(address: SocketAddr, method: &str, path: &str, headers: &str, body: &str) -> Value {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: console.tim.qq.com\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    json_of(&answer)
}

pub fn json_of(answer: &str) -> Value {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    assert!(
        head.to_ascii_lowercase()
            .contains("content-type: application/json"),
        "{head}"
    );
    serde_json::from_str(body).unwrap()
}

/// A UserSig of somebody, minted at a time of one's own.
pub fn sig_of(daemon: &Daemon, user: &str, ago_s: u64, expire_s: u64) -> String {
    mint(&daemon.key, daemon.app_id, user, now_s() - ago_s, expire_s).unwrap()
}
