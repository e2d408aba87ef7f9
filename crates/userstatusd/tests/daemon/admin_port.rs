//! The operator's port, with and without the command line.

use crate::client::Client;
use crate::process::{Daemon, PATIENCE, temp_dir, text};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;

/// A request as simple as can be: status and body.
pub fn http(
    daemon: &Daemon,
    method: &str,
    path: &str,
    body: &str,
    token: Option<&str>,
) -> (u16, Value) {
    let mut stream = TcpStream::connect(daemon.admin).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let authorization = token.map_or_else(String::new, |token| {
        format!("Authorization: bearer {token}\r\n")
    });
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{authorization}Content-Length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(body).unwrap_or(Value::Null))
}

#[test]
fn without_the_token_nothing_is_told() {
    let daemon = Daemon::dev(&[]);
    let short = &daemon.token[1..];
    for token in [None, Some(""), Some("wrong"), Some(short)] {
        for path in ["/v1/apps", "/v1/stats", "/nowhere"] {
            let (status, body) = http(&daemon, "GET", path, "", token);
            assert_eq!(status, 401);
            assert_eq!(body["code"], 70403);
        }
    }
    assert_eq!(
        http(&daemon, "GET", "/v1/apps", "", Some(&daemon.token)).0,
        200
    );
}

#[test]
fn what_cannot_be_done_is_json_with_a_code_and_a_reason() {
    let daemon = Daemon::dev(&[]);
    let app = format!("/v1/apps/{}", daemon.app_id);
    let at = |rest: &str| format!("{app}{rest}");
    for (method, path, body, status, code, reason) in [
        ("GET", "/v1/apps/5".to_owned(), "", 404, 70020, "no app 5"),
        (
            "GET",
            "/v1/apps/zero".to_owned(),
            "",
            400,
            6017,
            "whole number",
        ),
        (
            "GET",
            "/v2/apps".to_owned(),
            "",
            404,
            70402,
            "no such endpoint",
        ),
        ("GET", at("?secrets=maybe"), "", 400, 6017, "secrets"),
        ("GET", at("?secret=true"), "", 400, 6017, "secret"),
        (
            "GET",
            "/readyz?strict=1".to_owned(),
            "",
            400,
            6017,
            "strict",
        ),
        (
            "GET",
            "/readyz?strikt=true".to_owned(),
            "",
            400,
            6017,
            "strikt",
        ),
        ("PUT", app.clone(), "", 405, 70402, "no such method"),
        ("GET", at("/accounts/%ff"), "", 400, 6017, "UTF-8"),
        ("PATCH", app.clone(), "{", 400, 6017, "EOF"),
        (
            "PATCH",
            app.clone(),
            r#"{"settings":{"plann":"basic"}}"#,
            400,
            6017,
            "plann",
        ),
        (
            "PATCH",
            app.clone(),
            r#"{"settings":{"window_ms":1}}"#,
            400,
            6017,
            "window_ms is 1",
        ),
        (
            "POST",
            "/v1/apps".to_owned(),
            r#"{"id":0}"#,
            400,
            6017,
            "not 0",
        ),
        ("DELETE", at("/keys/1"), "", 409, 7014, "only one"),
        ("DELETE", at("/keys/9"), "", 404, 70402, "no key 9"),
        (
            "GET",
            at("/accounts/nobody"),
            "",
            404,
            70107,
            "no account nobody",
        ),
        (
            "GET",
            at("/accounts/no%20space"),
            "",
            400,
            6017,
            "printable ASCII",
        ),
        (
            "POST",
            at("/accounts"),
            r#"{"user_ids":["ok","not ok"]}"#,
            400,
            6017,
            "printable ASCII",
        ),
    ] {
        let (got, answer) = http(&daemon, method, &path, body, Some(&daemon.token));
        assert_eq!(
            (got, &answer["code"]),
            (status, &json!(code)),
            "{method} {path} {answer}"
        );
        let message = answer["message"].as_str().unwrap();
        assert!(message.contains(reason), "{message}");
    }
    let (status, _) = http(&daemon, "GET", &at("/accounts/ok"), "", Some(&daemon.token));
    assert_eq!(status, 404, "of a list with a mistake nobody is imported");
}

#[test]
fn apps_are_created_shown_changed_and_deleted() {
    let mut daemon = Daemon::dev(&[]);
    let created = daemon.ctl(&["app", "create", "--app-id", "7", "--name", "my game"]);
    assert_eq!(created["settings"]["plan"], "basic");
    assert_eq!(created["settings"]["user_status"], false);
    assert_eq!(created["settings"]["friend_status_notification"], false);
    assert!(created["keys"][0]["secret_key"].as_str().unwrap().len() >= 32);
    let shown = daemon.ctl(&["app", "show", "7"]);
    assert_eq!(
        shown["keys"][0]["secret_key"],
        Value::Null,
        "only when asked for"
    );
    let changed = daemon.ctl(&[
        "app",
        "set",
        "7",
        "--devices",
        "up-to:3",
        "--subscriptions-max",
        "9",
    ]);
    assert_eq!(changed["settings"]["devices"], "up-to:3");
    assert_eq!(changed["settings"]["subscriptions_max"], 9);
    assert_eq!(changed["name"], "my game");
    let line = daemon.wait_for_log("app changed");
    assert!(
        line.contains("one-per-platform") && line.contains("subscriptions_max 200 → 9"),
        "{line}"
    );
    assert_eq!(
        daemon.ctl(&["app", "list"])["apps"]
            .as_array()
            .unwrap()
            .len(),
        2
    );

    daemon.ctl(&["app", "key-add", "7", "--secret-key", &"second".repeat(6)]);
    let third = daemon.try_ctl(&["app", "key-add", "7"]);
    assert_eq!(third.status.code(), Some(1));
    assert!(
        text(&third.stderr).contains("2 keys already"),
        "{}",
        text(&third.stderr)
    );

    let unsure = daemon.try_ctl(&["app", "delete", "7"]);
    assert_eq!(unsure.status.code(), Some(2));
    daemon.ctl(&["app", "delete", "7", "--yes"]);
    assert_eq!(
        daemon.ctl(&["app", "list"])["apps"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn clients_of_a_deleted_app_are_sent_away() {
    let daemon = Daemon::dev(&[]);
    let mut alice = Client::logged_in(&daemon, "alice");
    let app = daemon.app_id.to_string();
    daemon.ctl(&["app", "delete", &app, "--yes"]);
    assert_eq!(alice.kicked().code, 70020);
}

#[test]
fn accounts_are_imported_and_shown() {
    let mut daemon = Daemon::dev(&[]);
    let app = daemon.app_id.to_string();
    let strange = "a/b?c#d%e.f~";
    assert_eq!(
        daemon.ctl(&["account", "import", &app, "carol", strange])["accounts"],
        2
    );
    let line = daemon.wait_for_log("accounts imported");
    assert!(line.contains("carol") && line.contains(strange), "{line}");
    let shown = daemon.ctl(&["account", "show", &app, strange]);
    assert_eq!(shown["user_id"], strange);
    assert_eq!(shown["status"], "unlogined");
    let mut alice = Client::logged_in(&daemon, "alice");
    alice.set_status("busy");
    let shown = daemon.ctl(&["account", "show", &app, "alice"]);
    assert_eq!(shown["status"], "online");
    assert_eq!(shown["custom_status"], "busy");
    assert_eq!(shown["devices"][0]["platform"], "Linux");
}

#[test]
fn the_token_is_kept_where_only_its_owner_reads_it() {
    let dir = temp_dir();
    let data = dir.path().join("data");
    let daemon = Daemon::dev(&["--data-dir", data.to_str().unwrap()]);
    let file = data.join("admin-token");
    assert_eq!(std::fs::read_to_string(&file).unwrap().trim(), daemon.token);
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let output = crate::process::command()
        .args([
            "app",
            "list",
            "--admin",
            &format!("http://{}/", daemon.admin),
        ])
        .args(["--token-file".as_ref(), file.as_os_str()])
        .output()
        .unwrap();
    assert!(output.status.success());
    assert!(text(&output.stdout).contains(&daemon.app_id.to_string()));
}
