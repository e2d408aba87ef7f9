//! Accounts by the page and by the batch.

use crate::admin_port::http;
use crate::client::Client;
use crate::process::Daemon;
use serde_json::json;

#[test]
fn accounts_are_listed_by_name_in_pages_and_by_prefix() {
    let daemon = Daemon::dev(&[]);
    let app = daemon.app_id.to_string();
    let guests: Vec<_> = (0..25).map(|number| format!("guest{number:02}")).collect();
    let names: Vec<_> = guests.iter().map(String::as_str).collect();
    daemon.ctl(&[&["account", "import", &app, "zoe"][..], &names].concat());
    let _alice = Client::logged_in(&daemon, "alice");
    let listed = |arguments: &[&str]| {
        let list = daemon.ctl(&[&["account", "list", &app], arguments].concat());
        let accounts = list["accounts"].as_array().unwrap();
        accounts
            .iter()
            .map(|account| account["user_id"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(listed(&[]).len(), 27);
    assert_eq!(listed(&["--prefix", "guest"]), guests);
    assert_eq!(listed(&["--after", "guest23"]), ["guest24", "zoe"]);
    assert_eq!(listed(&["--limit", "1"]), ["alice"]);
    let path = format!("/v1/apps/{app}/accounts?prefix=guest&limit=10");
    let (_, first) = http(&daemon, "GET", &path, "", Some(&daemon.token));
    assert_eq!(first["next_after"], "guest09");
    let next = format!("{path}&after=guest19");
    let (_, last) = http(&daemon, "GET", &next, "", Some(&daemon.token));
    assert_eq!(last["accounts"].as_array().unwrap().len(), 5);
    assert_eq!(last["next_after"], json!(null));
    for wrong in [
        "limit=0",
        "limit=10001",
        "limit=x",
        "after=no%20space",
        "befor=a",
    ] {
        let path = format!("/v1/apps/{app}/accounts?{wrong}");
        let (status, answer) = http(&daemon, "GET", &path, "", Some(&daemon.token));
        assert_eq!((status, &answer["code"]), (400, &json!(6017)), "{wrong}");
    }
    let (status, _) = http(
        &daemon,
        "GET",
        "/v1/apps/5/accounts",
        "",
        Some(&daemon.token),
    );
    assert_eq!(status, 404);
}

#[test]
fn many_accounts_are_asked_for_in_one_request() {
    let daemon = Daemon::dev(&[]);
    let app = daemon.app_id.to_string();
    daemon.ctl(&["account", "import", &app, "bob"]);
    let mut alice = Client::logged_in(&daemon, "alice");
    alice.set_status("busy");
    let queried = daemon.ctl(&[
        "account", "query", &app, "bob", "no space", "nobody", "alice",
    ]);
    let of = |user: &str, status: &str, custom: &str| json!({"user_id": user, "status": status, "custom_status": custom});
    assert_eq!(
        queried["accounts"],
        json!([
            of("bob", "unlogined", ""),
            of("no space", "unknown", ""),
            of("nobody", "unknown", ""),
            of("alice", "online", "busy"),
        ])
    );
    let many: Vec<_> = (0..1_001).map(|number| format!("u{number}")).collect();
    let body = json!({"user_ids": many}).to_string();
    let path = format!("/v1/apps/{app}/accounts/query");
    let (status, answer) = http(&daemon, "POST", &path, &body, Some(&daemon.token));
    assert_eq!((status, &answer["code"]), (400, &json!(6017)));
    let many: Vec<_> = many.iter().map(String::as_str).collect();
    let queried = daemon.ctl(&[&["account", "query", &app][..], &many].concat());
    assert_eq!(queried["accounts"].as_array().unwrap().len(), 1_001);
}

#[test]
fn settings_that_contradict_each_other_are_refused_in_words() {
    let daemon = Daemon::dev(&[]);
    let app = daemon.app_id.to_string();
    for arguments in [
        &["app", "set", &app, "--silence-timeout-ms", "1000"][..],
        &["app", "set", &app, "--heartbeat-interval-ms", "200001"],
        &["app", "create", "--silence-timeout-ms", "200000"],
    ] {
        let refused = daemon.try_ctl(arguments);
        assert_eq!(refused.status.code(), Some(1), "{arguments:?}");
        let said = crate::process::text(&refused.stderr);
        assert!(said.contains("at least twice"), "{said}");
    }
}
