//! Accounts by the page and by the batch.

use crate::admin_port::http;
use crate::client::Client;
use crate::process::{Daemon, now_s, serve_command, shim, temp_dir};
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
fn more_accounts_than_fit_in_one_request_are_imported_in_several() {
    let daemon = Daemon::dev(&[]);
    let app = daemon.app_id.to_string();
    let guests: Vec<_> = (0..1_001).map(|number| format!("guest{number}")).collect();
    let names: Vec<_> = guests.iter().map(String::as_str).collect();
    let imported = daemon.ctl(&[&["account", "import", &app][..], &names].concat());
    assert_eq!(imported["accounts"], 1_001);
    daemon.ctl(&["account", "show", &app, "guest1000"]);
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

#[test]
fn an_erased_account_is_gone_also_after_a_restart_and_its_devices_are_sent_away() {
    let dir = temp_dir();
    let (config, data) = ("[[listeners]]\nplain_tcp = true\n", dir.path().join("data"));
    let daemon = Daemon::serve(config, &data);
    let app = daemon.app_id.to_string();
    let users: Vec<_> = (0..200).map(|number| format!("guest{number}")).collect();
    let users: Vec<_> = users.iter().map(String::as_str).collect();
    daemon.ctl(&[&["account", "import", &app, "bob"][..], &users].concat());
    let mut alice = Client::logged_in(&daemon, "alice");
    alice.subscribe(&["bob"]);
    let path = format!("/v1/apps/{app}/accounts/alice");
    assert_eq!(
        http(&daemon, "DELETE", &path, "", Some(&daemon.token)).0,
        204
    );
    alice.kicked();
    assert_eq!(
        http(&daemon, "DELETE", &path, "", Some(&daemon.token)).0,
        404
    );
    let unsure = daemon.try_ctl(&["account", "delete", &app, "guest0"]);
    assert_eq!(unsure.status.code(), Some(2));
    let mistaken = [
        &["account", "delete", &app, "--yes", "no space"][..],
        &users,
    ]
    .concat();
    assert_eq!(daemon.try_ctl(&mistaken).status.code(), Some(1));
    let left = |daemon: &Daemon| {
        daemon.ctl(&["account", "list", &app])["accounts"]
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!(
        left(&daemon),
        201,
        "of a list with a mistake nobody is erased"
    );
    let deleted =
        daemon.ctl(&[&["account", "delete", &app, "--yes", "nobody"][..], &users].concat());
    assert_eq!(deleted["accounts"], 200);
    daemon.kill();
    let daemon = Daemon::serve(config, &data);
    let list = daemon.ctl(&["account", "list", &app]);
    assert_eq!(left(&daemon), 1, "{list}");
}

#[test]
fn a_purge_asks_first_and_leaves_alone_who_was_seen_lately() {
    let daemon = Daemon::dev(&[]);
    let app = daemon.app_id.to_string();
    daemon.ctl(&["account", "import", &app, "guest1"]);
    let alice = Client::logged_in(&daemon, "alice");
    drop(alice);
    let purge = |more: &[&str]| {
        let arguments = ["account", "purge", &app, "--not-seen-for-days", "1"];
        daemon.try_ctl(&[&arguments[..], more].concat())
    };
    assert_eq!(purge(&[]).status.code(), Some(2));
    for sure in ["--dry-run", "--yes"] {
        let output = purge(&[sure]);
        let purged: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(purged["looked_at"], 2);
        assert_eq!(purged["user_ids"], json!([]));
    }
    let body = r#"{"not_seen_for_days":0}"#;
    let path = format!("/v1/apps/{app}/accounts/purge");
    assert_eq!(
        http(&daemon, "POST", &path, body, Some(&daemon.token)).0,
        400
    );
}

#[test]
fn a_purge_erases_who_was_not_seen_for_long() {
    let dir = temp_dir();
    let (config, data) = ("[[listeners]]\nplain_tcp = true\n", dir.path().join("data"));
    let leap = dir.path().join("leap");
    let mut command = serve_command(config, &data);
    command
        .env("LD_PRELOAD", shim(dir.path(), crate::clock::LEAP))
        .env("LEAP_WHILE", &leap);
    let daemon = Daemon::serve_by(&mut command, &data);
    let app = daemon.app_id.to_string();
    daemon.ctl(&["account", "import", &app, "guest-imported"]);
    for user in ["guest-1", "guest-2", "alice"] {
        let mut client = Client::logged_in(&daemon, user);
        assert_eq!(client.logout().code, 0);
        client.ended();
    }
    let listed = daemon.ctl(&["account", "list", &app]);
    let seen_at_ms = listed["accounts"][0]["last_seen_at_ms"].as_u64().unwrap();
    assert!(seen_at_ms.abs_diff(now_s() * 1_000) < 60_000, "{listed}");

    // More than a year later.
    std::fs::write(&leap, "").unwrap();
    let purge = |days: &str, sure: &str| {
        let arguments = ["account", "purge", &app, "--not-seen-for-days", days];
        daemon.ctl(&[&arguments[..], &["--prefix", "guest-", sure]].concat())
    };
    assert_eq!(purge("401", "--dry-run")["user_ids"], json!([]));
    let would = purge("90", "--dry-run");
    let guests = json!(["guest-1", "guest-2", "guest-imported"]);
    assert_eq!(
        (&would["user_ids"], &would["deleted"]),
        (&guests, &json!(0))
    );
    assert_eq!(purge("90", "--yes")["deleted"], 3);
    let left = daemon.ctl(&["account", "list", &app]);
    let left: Vec<_> = left["accounts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|account| &account["user_id"])
        .collect();
    assert_eq!(left, ["alice"]);
}
