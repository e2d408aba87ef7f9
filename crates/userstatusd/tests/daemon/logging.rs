//! Lines that nobody reads, and lines that anybody can cause.

use crate::capacity::stats;
use crate::client::Client;
use crate::process::{Daemon, temp_dir, until};
use rustix::process::Signal;
use std::time::{Duration, Instant};

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
