//! What people type.

use crate::admin_port::http;
use crate::client::Client;
use crate::process::{Daemon, KEY, command, now_s, run, temp_dir, text};
use serde_json::Value;
use userstatus_usersig::{AHEAD_S_MAX_DEFAULT, SecretKey, mint, verify};

const OTHER_KEY: &str = "another one, of the tests, and long enough";

#[test]
fn dev_tells_all_a_client_needs() {
    let daemon = Daemon::dev(&["--user", "carol", "--app-id", "42", "--secret-key", KEY]);
    let announced = &daemon.announced;
    assert_eq!(announced["app_id"], 42);
    assert_eq!(announced["secret_key"], KEY);
    let users: Vec<_> = announced["users"].as_array().unwrap().iter().collect();
    let names: Vec<_> = users
        .iter()
        .map(|user| user["user_id"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["alice", "bob", "carol"]);
    for user in users {
        let (name, sig) = (
            user["user_id"].as_str().unwrap(),
            user["user_sig"].as_str().unwrap(),
        );
        let keys = [SecretKey::new(KEY).unwrap()];
        verify(sig, 42, name, &keys, now_s(), AHEAD_S_MAX_DEFAULT).unwrap();
        let mut client = Client::greeted(daemon.server);
        let mut login = client.login_of(&daemon, name);
        login.user_sig = sig.to_owned();
        client.login(login).unwrap();
    }
    let app = daemon.ctl(&["app", "show", "42"]);
    assert_eq!(app["settings"]["plan"], "premium");
    assert_eq!(app["settings"]["user_status"], true);
    assert_eq!(app["settings"]["friend_status_notification"], true);
}

#[test]
fn a_key_that_could_be_found_by_trying_is_refused_whoever_gives_it() {
    let short = "k".repeat(31);
    let dev = run(&[
        "dev",
        "--listen",
        "127.0.0.1:0",
        "--admin-listen",
        "127.0.0.1:0",
        "--secret-key",
        &short,
    ]);
    assert_eq!(dev.status.code(), Some(1));
    let daemon = Daemon::dev(&[]);
    let app = daemon.app_id.to_string();
    let created = daemon.try_ctl(&["app", "create", "--secret-key", &short]);
    let added = daemon.try_ctl(&["app", "key-add", &app, "--secret-key", &short]);
    for refused in [dev, created, added] {
        assert!(!refused.status.success());
        let said = text(&refused.stderr);
        assert!(
            said.contains("at least 32") && said.contains("openssl rand -hex 32"),
            "{said}"
        );
    }
    for (path, body) in [
        (
            "/v1/apps".to_owned(),
            format!(r#"{{"secret_key":"{short}"}}"#),
        ),
        (
            format!("/v1/apps/{app}/keys"),
            format!(r#"{{"secret_key":"{short}"}}"#),
        ),
    ] {
        let (status, answer) = http(&daemon, "POST", &path, &body, Some(&daemon.token));
        assert_eq!((status, &answer["code"]), (400, &Value::from(6017)));
    }
}

#[test]
fn dev_remembers_app_and_key_in_its_data_directory() {
    let dir = temp_dir();
    let data = dir.path().to_str().unwrap();
    let first = Daemon::dev(&["--data-dir", data]);
    let (app_id, key, token) = (first.app_id, first.key.clone(), first.token.clone());
    Client::logged_in(&first, "dora");
    // A record is on disk when it is answered, and so is all presence before it.
    first.ctl(&["account", "import", &app_id.to_string(), "eve"]);
    first.kill();
    let second = Daemon::dev(&["--data-dir", data]);
    assert_eq!(
        (second.app_id, &second.key, &second.token),
        (app_id, &key, &token)
    );
    let app = app_id.to_string();
    assert_eq!(
        second.ctl(&["account", "show", &app, "dora"])["user_id"],
        "dora"
    );
    second.kill();
    let third = Daemon::dev(&["--data-dir", data, "--secret-key", OTHER_KEY]);
    assert_eq!(third.app_id, app_id);
    assert_eq!(third.key.expose(), OTHER_KEY);
    Client::logged_in(&third, "alice");
}

#[test]
fn dev_stays_on_this_machine_unless_told_otherwise() {
    for flag in ["--listen", "--admin-listen"] {
        let output = run(&["dev", flag, "0.0.0.0:0"]);
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains("--allow-remote"));
        assert!(output.stdout.is_empty());
    }
    Daemon::dev(&["--allow-remote", "--listen", "0.0.0.0:0"]);
}

#[test]
fn a_port_that_is_taken_and_a_data_directory_in_use_are_told_in_one_line() {
    let dir = temp_dir();
    let data = dir.path().to_str().unwrap();
    let daemon = Daemon::dev(&["--data-dir", data]);
    let taken = daemon.server.to_string();
    let free = ["--admin-listen", "127.0.0.1:0", "--log-level", "error"];
    for (arguments, reason) in [
        (
            ["dev", "--listen", &taken],
            "something listens there already",
        ),
        (["dev", "--data-dir", data], "in use by another userstatusd"),
    ] {
        let output = run(&[&arguments[..], &free].concat());
        assert_eq!(output.status.code(), Some(1));
        let error = text(&output.stderr);
        assert!(error.contains(reason), "{error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
}

#[test]
fn check_config_says_ok_or_everything_that_is_wrong() {
    let dir = temp_dir();
    let file = dir.path().join("userstatusd.toml");
    let check = |text: &str| {
        std::fs::write(&file, text).unwrap();
        run(&["check-config", "--config", file.to_str().unwrap()])
    };
    let good = check("[[listeners]]\nplain_tcp = true\n");
    assert_eq!(good.status.code(), Some(0));
    assert!(text(&good.stdout).ends_with(": ok\n"));

    let bad = check("[[listeners]]\n[throttle]\nwindow_ms = 0\n");
    assert_eq!(bad.status.code(), Some(2));
    let errors = text(&bad.stderr);
    assert_eq!(errors.lines().count(), 2, "{errors}");
    assert!(
        errors.contains("listeners.0") && errors.contains("throttle.window_ms"),
        "{errors}"
    );

    let dir_name = dir.path().display();
    let shared = check(&format!(
        "[[listeners]]\nplain_tcp = true\n[admin]\ntoken_file = \"{dir_name}/./userstatusd.toml\"\n"
    ));
    assert_eq!(shared.status.code(), Some(2));
    let errors = text(&shared.stderr);
    assert!(errors.contains("is --config as well"), "{errors}");

    let misspelt = check("[throttle]\nwindow = 5\n");
    assert_eq!(misspelt.status.code(), Some(2));
    assert!(text(&misspelt.stderr).contains("line 2"));

    let without_cert = check(
        "[[listeners]]\ntls_cert_file = \"/no/cert\"\ntls_key_file = \"/no/key\"\n[throttle]\nwindow_ms = 0\n",
    );
    assert_eq!(without_cert.status.code(), Some(2));
    let errors = text(&without_cert.stderr);
    for fault in ["/no/cert", "/no/key", "throttle.window_ms"] {
        assert!(errors.contains(fault), "{fault}: {errors}");
    }

    let missing = run(&["check-config", "--config", "/no/such/file"]);
    assert_eq!(missing.status.code(), Some(2));
    assert!(text(&missing.stderr).contains("/no/such/file"));
}

#[test]
fn usersigs_are_minted_and_explained() {
    let minted = run(&[
        "usersig",
        "mint",
        "--app-id",
        "7",
        "--key",
        "k",
        "--user",
        "alice",
        "--expire-s",
        "60",
    ]);
    assert!(minted.status.success());
    let sig = text(&minted.stdout).trim().to_owned();
    let keys = [SecretKey::new("k").unwrap()];
    verify(&sig, 7, "alice", &keys, now_s(), AHEAD_S_MAX_DEFAULT).unwrap();

    let explained = run(&["usersig", "explain", &sig, "--key", "k"]);
    assert_eq!(explained.status.code(), Some(0));
    let said = text(&explained.stdout);
    assert!(
        said.contains("alice") && said.contains("valid for 60 s"),
        "{said}"
    );
    let forged = run(&["usersig", "explain", &sig, "--key", "other"]);
    assert_eq!(forged.status.code(), Some(1));
    assert!(text(&forged.stdout).contains("70009"));
    let old = mint(&SecretKey::new("k").unwrap(), 7, "alice", 1, 1).unwrap();
    assert!(text(&run(&["usersig", "explain", &old]).stdout).contains("70001"));

    let output = run(&[
        "usersig", "mint", "--app-id", "7", "--key", "k", "--user", "no space",
    ]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_server_that_is_not_there_and_a_missing_token_are_told_in_one_line() {
    let missing = run(&["app", "list"]);
    assert_eq!(missing.status.code(), Some(2));
    assert!(text(&missing.stderr).contains("USERSTATUS_ADMIN_TOKEN"));
    // Nobody listens on port 1.
    let away = run(&["app", "list", "--admin", "127.0.0.1:1", "--token", "x"]);
    assert_eq!(away.status.code(), Some(1));
    let error = text(&away.stderr);
    assert!(
        error.contains("cannot be reached") && error.lines().count() == 1,
        "{error}"
    );
    let daemon = Daemon::dev(&[]);
    let wrong = run(&[
        "app",
        "list",
        "--admin",
        &daemon.admin.to_string(),
        "--token",
        "x",
    ]);
    assert_eq!(wrong.status.code(), Some(1));
    assert!(text(&wrong.stderr).contains("token is wrong"));
}

#[test]
fn the_environment_says_where_the_server_is() {
    let daemon = Daemon::dev(&[]);
    let output = command()
        .args(["app", "list", "--json"])
        .env("USERSTATUS_ADMIN", daemon.admin.to_string())
        .env("USERSTATUS_ADMIN_TOKEN", &daemon.token)
        .output()
        .unwrap();
    let list: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(list["apps"][0]["id"], daemon.app_id);
}
