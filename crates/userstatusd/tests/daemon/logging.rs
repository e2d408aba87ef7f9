//! Lines that nobody reads, and lines that anybody can cause.

use crate::capacity::stats;
use crate::client::Client;
use crate::process::{Daemon, command, run, temp_dir, text, until};
use rustix::process::Signal;
use std::fs;
use std::time::{Duration, Instant};
use userstatus_wire::v1;

const CONFIG: &str = "[[listeners]]\nplain_tcp = true\n";

/// Whatever a server does at once takes less, on a machine with much else to do.
const SOON: Duration = Duration::from_secs(5);

/// Strangers cause lines until the pipe is full, and the queue before it.
fn flood(daemon: &Daemon) {
    until("dropped lines", || {
        for _ in 0..500 {
            drop(Client::greeted(daemon.server));
        }
        (stats(daemon)["log_lines_dropped"] != 0).then_some(())
    });
}

#[test]
fn a_log_that_nobody_reads_holds_nobody_up() {
    let dir = temp_dir();
    let mut daemon = Daemon::serve_unread(CONFIG, &dir.path().join("data"));
    flood(&daemon);
    let flooded_at = Instant::now();
    let mut alice = Client::logged_in(&daemon, "alice");
    assert_eq!(alice.set_status("heard").code, 0);
    let app = daemon.app_id.to_string();
    assert_eq!(
        daemon.ctl(&["account", "show", &app, "alice"])["custom_status"],
        "heard"
    );
    assert!(flooded_at.elapsed() < SOON);
    let stopped_at = Instant::now();
    drop(alice);
    daemon.signal(Signal::TERM);
    assert!(daemon.wait().success());
    assert!(stopped_at.elapsed() < SOON, "{:?}", stopped_at.elapsed());
}

#[test]
fn whoever_reads_again_is_told_how_many_lines_were_dropped() {
    let dir = temp_dir();
    let mut daemon = Daemon::serve_unread(CONFIG, &dir.path().join("data"));
    flood(&daemon);
    daemon.read_log();
    daemon.wait_for_log("log lines were dropped");
}

#[test]
fn lines_that_are_suppressed_are_counted() {
    let mut daemon = Daemon::dev(&["--log-level", "info"]);
    for number in 0..60 {
        let mut stranger = Client::greeted(daemon.server);
        let mut login = stranger.login_of(&daemon, &format!("user{number}"));
        login.user_sig = "forged".to_owned();
        stranger.login(login).unwrap_err();
    }
    daemon.wait_for_log("more such lines were suppressed");
    daemon.signal(Signal::TERM);
    daemon.wait();
    let log = daemon.whole_log();
    let written = log
        .lines()
        .filter(|line| line.contains("login refused"))
        .count();
    let suppressed: usize = log
        .lines()
        .filter(|line| line.contains("about=\"refused logins\""))
        .filter_map(|line| line.split_once("suppressed=")?.1.split(' ').next())
        .map(|number| number.parse::<usize>().unwrap())
        .sum();
    assert_eq!(written + suppressed, 60, "{log}");
}

/// What clears a terminal, turns the line round and begins another one.
const NASTY: &str = "a\u{1b}[2J\u{9b}2J\u{202e}b\u{2028}c\u{85}d\u{7f}";

/// Whether it does nothing to a terminal but begin lines.
fn is_plain(text: &str) -> bool {
    text.chars().all(|letter| {
        letter == '\n' || !(letter.is_control() || NASTY.contains(letter) && !letter.is_ascii())
    })
}

#[test]
fn what_clients_and_files_are_called_does_nothing_to_whoever_reads_the_log() {
    for format in ["text", "json"] {
        let dir = temp_dir();
        let data = dir.path().join("data");
        let config = format!("{CONFIG}[log]\nformat = \"{format}\"\nlevel = \"debug\"\n");
        let mut daemon = Daemon::serve(&config, &data);
        let mut client = Client::connect(daemon.server);
        client.send(v1::Hello::new(NASTY, NASTY));
        daemon.wait_for_log("hello");
        let mut stranger = Client::greeted(daemon.server);
        let mut login = stranger.login_of(&daemon, "alice");
        login.user_id = NASTY.to_owned();
        stranger.login(login).unwrap_err();
        let wrong_key = format!("{config}\"x\\u001b[2J\\u009b\\u202e\\u2028y\" = 1\n");
        fs::write(data.with_extension("toml"), wrong_key).unwrap();
        let refused = daemon.try_ctl(&["reload"]);
        assert_eq!(refused.status.code(), Some(1));
        for output in [&refused.stdout, &refused.stderr] {
            assert!(is_plain(&text(output)), "{:?}", text(output));
        }
        daemon.wait_for_log("the configuration was not reloaded");
        daemon.signal(Signal::TERM);
        daemon.wait();
        let log = daemon.whole_log();
        assert!(is_plain(&log), "{log:?}");
        if format == "json" {
            for line in log.lines() {
                serde_json::from_str::<serde_json::Value>(line).unwrap();
            }
        }
    }
}

#[test]
fn what_a_command_quotes_does_nothing_to_the_terminal() {
    let dir = temp_dir();
    let config = dir.path().join("u\u{1b}[2J\u{202e}.toml");
    let name = config.to_str().unwrap();
    fs::write(&config, "\"x\\u001b[2J\\u202ey\" = 1\n").unwrap();
    for arguments in [
        &["check-config", "--config", name][..],
        &["check-config", "--config", &name[1..]],
        &["check-config", NASTY],
        &["serve", "--config", name],
        &[NASTY],
    ] {
        let output = run(arguments);
        assert!(!output.status.success());
        assert!(!output.stderr.is_empty());
        assert!(is_plain(&text(&output.stderr)), "{output:?}");
    }
    fs::write(&config, CONFIG).unwrap();
    let output = command()
        .args(["check-config", "--config", name])
        .env("USERSTATUSD_STORAGE_DATA_DIR", dir.path())
        .output()
        .unwrap();
    assert!(is_plain(&text(&output.stdout)), "{output:?}");
}
