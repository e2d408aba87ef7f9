//! SIGHUP and `userstatusd reload`.

use crate::client::Client;
use crate::process::{Daemon, temp_dir, text};
use crate::tls::Certificate;
use rustix::process::Signal;
use serde_json::json;
use std::fs;

const CONFIG: &str = "[[listeners]]\nplain_tcp = true\n";

#[test]
fn sighup_reads_the_configuration_again_and_says_what_became_of_each_setting() {
    let dir = temp_dir();
    let data = dir.path().join("data");
    let mut daemon = Daemon::serve(CONFIG, &data);
    let mut alice = Client::logged_in(&daemon, "alice");
    let changed =
        format!("{CONFIG}[shutdown]\ndrain_timeout_ms = 200\n[connections]\ncount_max = 7\n");
    fs::write(data.with_extension("toml"), changed).unwrap();
    daemon.signal(Signal::HUP);
    let now = daemon.wait_for_log("setting changed: it holds now");
    assert!(now.contains("shutdown.drain_timeout_ms"), "{now}");
    let later = daemon.wait_for_log("when the server is started again");
    assert!(later.contains("connections.count_max"), "{later}");
    assert_eq!(alice.pong(1).nonce, 1);
    // What waits for the next start is said again, what holds is not.
    let again = daemon.ctl(&["reload"]);
    assert_eq!(
        again,
        json!({"reloaded": true, "settings": [
            {"setting": "connections.count_max", "takes_effect": "at_the_next_start"},
        ]})
    );
    daemon.signal(Signal::TERM);
    alice.goaway();
    alice.ended();
    assert!(daemon.wait().success());
}

#[test]
fn a_configuration_that_is_wrong_changes_nothing() {
    let dir = temp_dir();
    let data = dir.path().join("data");
    let mut daemon = Daemon::serve(CONFIG, &data);
    fs::write(
        data.with_extension("toml"),
        "[[listeners]]\nplain_tcp = true\n[admin]\ntoken = \"short\"\n[shutdown]\ndrain_timeout_ms = 9999999\n",
    )
    .unwrap();
    daemon.signal(Signal::HUP);
    let line = daemon.wait_for_log("the configuration was not reloaded");
    assert!(line.contains("drain_timeout_ms"), "{line}");
    assert!(
        line.contains("admin.token"),
        "all of it is in one line: {line}"
    );
    let refused = daemon.try_ctl(&["reload"]);
    assert_eq!(refused.status.code(), Some(1));
    let answer: serde_json::Value = serde_json::from_slice(&refused.stdout).unwrap();
    assert_eq!(answer["reloaded"], false);
    assert!(!text(&refused.stdout).contains("short\""));
    let mut alice = Client::logged_in(&daemon, "alice");
    assert_eq!(alice.pong(1).nonce, 1);
}

#[test]
fn a_fault_of_syntax_is_said_in_one_line() {
    let dir = temp_dir();
    let data = dir.path().join("data");
    let mut daemon = Daemon::serve(CONFIG, &data);
    fs::write(data.with_extension("toml"), "[log]\n\n  levle = \"info\"\n").unwrap();
    daemon.signal(Signal::HUP);
    let line = daemon.wait_for_log("the configuration was not reloaded");
    assert!(
        line.contains("line 3, column 3") && line.contains("levle"),
        "{line}"
    );
}

#[test]
fn an_admin_token_is_changed_without_a_restart() {
    let dir = temp_dir();
    let data = dir.path().join("data");
    let mut daemon = Daemon::serve(CONFIG, &data);
    let old = daemon.token.clone();
    fs::write(data.join("admin-token"), "another-token-of-some-length\n").unwrap();
    daemon.signal(Signal::HUP);
    daemon.wait_for_log("admin.token_file");
    assert_eq!(daemon.try_ctl(&["app", "list"]).status.code(), Some(1));
    daemon.token = "another-token-of-some-length".to_owned();
    daemon.ctl(&["app", "list"]);
    daemon.signal(Signal::TERM);
    daemon.wait();
    let log = daemon.whole_log();
    assert!(
        !log.contains(&old) && !log.contains("another-token"),
        "{log}"
    );
}

#[test]
fn sighup_does_not_end_a_server_that_has_no_configuration() {
    let mut daemon = Daemon::dev(&[]);
    daemon.signal(Signal::HUP);
    daemon.wait_for_log("the configuration was not reloaded");
    let mut alice = Client::logged_in(&daemon, "alice");
    assert_eq!(alice.pong(1).nonce, 1);
}

#[test]
fn certificates_are_read_again_with_the_configuration() {
    let dir = temp_dir();
    let old = Certificate::new(dir.path());
    let config = format!("{CONFIG}{}", old.listener(dir.path()));
    let daemon = Daemon::serve(&config, &dir.path().join("data"));
    let new = Certificate::new(dir.path());
    let answer = daemon.ctl(&["reload"]);
    assert_eq!(
        answer["settings"],
        json!([{"setting": "the certificate of listeners.1", "takes_effect": "now"}])
    );
    let mut alice = new.connect(crate::tls::address(&daemon));
    let login = alice.login_of(&daemon, "alice");
    alice.login(login).unwrap();

    fs::write(dir.path().join("cert.pem"), "nothing").unwrap();
    let refused = daemon.try_ctl(&["reload"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        text(&refused.stderr).contains("cert.pem"),
        "{}",
        text(&refused.stderr)
    );
    assert_eq!(alice.pong(1).nonce, 1);
    new.connect(crate::tls::address(&daemon));
    let path = "/readyz";
    let (_, readiness) = crate::admin_port::http(&daemon, "GET", path, "", None);
    let certificates = readiness["checks"]["certificates"].as_array().unwrap();
    assert_eq!(certificates.len(), 1);
    assert!(certificates[0]["days_left"].as_i64().unwrap() > 300);
    assert_eq!(certificates[0]["files"], "unusable");
    let strict = "/readyz?strict=true";
    let (status, _) = crate::admin_port::http(&daemon, "GET", strict, "", None);
    assert_eq!(status, 503, "a renewal that is broken needs a look");
    Certificate::new(dir.path());
    daemon.ctl(&["reload"]);
    let (status, _) = crate::admin_port::http(&daemon, "GET", strict, "", None);
    assert_eq!(status, 200);
}
