//! `userstatusd trace`.

use crate::client::{Client, ONLINE};
use crate::process::{Daemon, command, text, until};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

/// More than a test makes.
const LINES_MAX: usize = 1_000;

/// A trace that runs.
struct Trace {
    child: Child,
    lines: Receiver<String>,
}

impl Trace {
    fn begin(daemon: &mut Daemon, user: &str, arguments: &[&str]) -> Self {
        let mut child = command()
            .args(["trace", &daemon.app_id.to_string(), user, "--json"])
            .args(["--admin", &daemon.admin.to_string()])
            .args(["--token", &daemon.token])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = child.stdout.take().unwrap();
        let (sender, lines) = sync_channel(LINES_MAX);
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                // The test may have ended.
                _ = sender.send(line);
            }
        });
        daemon.wait_for_log(&format!("user=\"{user}\" for_s="));
        Self { child, lines }
    }

    fn until(&self, event: &str, is_it: impl Fn(&Value) -> bool) -> (Value, Vec<String>) {
        let mut seen = Vec::new();
        let found = until(event, || {
            let line = self.lines.try_recv().ok()?;
            let read: Value = serde_json::from_str(&line).unwrap();
            seen.push(line);
            (read["event"] == event && is_it(&read)).then_some(read)
        });
        (found, seen)
    }
}

impl Drop for Trace {
    fn drop(&mut self) {
        // It may have ended by itself.
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

#[test]
fn what_one_account_asks_and_is_told_is_seen_and_nobody_elses() {
    let mut daemon = Daemon::dev(&[]);
    let trace = Trace::begin(&mut daemon, "alice", &["--for-s", "60"]);
    let mut bob = Client::logged_in(&daemon, "bob");
    let mut alice = Client::connect(daemon.server);
    alice.hello();
    let mut forged = alice.login_of(&daemon, "alice");
    forged.user_sig = "a-secret-text".to_owned();
    alice.login(forged).unwrap_err();
    let login = alice.login_of(&daemon, "alice");
    let sig = login.user_sig.clone();
    alice.login(login).unwrap();
    alice.subscribe(&["bob"]);
    bob.set_status("bob's own text");
    alice.pushed("bob", ONLINE, "bob's own text");
    alice.set_status("alice's own text");
    drop(alice);

    let mut all = Vec::new();
    let mut next = |event: &str, is_it: &dyn Fn(&Value) -> bool| {
        let (found, seen) = trace.until(event, is_it);
        all.extend(seen);
        found
    };
    let refused = next("login", &|line| line["code"] != 0);
    assert!(refused["message"].as_str().is_some());
    let login = next("login", &|line| line["code"] == 0);
    assert!(login["session"].as_u64().is_some(), "{login}");
    assert_eq!(login["platform"], "Linux");
    let subscribe = next("request", &|line| line["request"] == "subscribe");
    assert_eq!(subscribe["users"]["first"][0], "bob");
    next("told", &|line| {
        line["users"]["first"]
            .as_array()
            .unwrap()
            .contains(&"bob".into())
    });
    let set = next("request", &|line| line["request"] == "set_self_status");
    assert_eq!(set["text"]["bytes"], 16);
    assert_eq!(set["session"], login["session"]);
    next("ended", &|_| true);
    let all = all.join("\n");
    for secret in ["own text", "a-secret-text", &sig, "\"get_user_status\""] {
        assert!(!all.contains(secret), "{secret}: {all}");
    }
}

#[test]
fn texts_are_shown_where_they_are_asked_for_and_a_trace_ends_by_itself() {
    let mut daemon = Daemon::dev(&[]);
    let mut alice = Client::logged_in(&daemon, "alice");
    let mut trace = Trace::begin(&mut daemon, "alice", &["--for-s", "2", "--texts"]);
    alice.set_status("in a match");
    let (set, _) = trace.until("request", |_| true);
    assert_eq!(set["text"]["text"], "in a match");
    trace.until("end", |_| true);
    let status = until("the end of the command", || trace.child.try_wait().unwrap());
    assert!(status.success());
    daemon.wait_for_log("an account is not traced any more");
}

#[test]
fn so_many_are_traced_at_once_and_whoever_goes_makes_room() {
    let mut daemon = Daemon::dev(&[]);
    let traces: Vec<_> = (0..8)
        .map(|number| Trace::begin(&mut daemon, &format!("user{number}"), &["--for-s", "60"]))
        .collect();
    let app_id = daemon.app_id.to_string();
    let refused = || daemon.try_ctl(&["trace", &app_id, "bob", "--for-s", "1"]);
    assert!(text(&refused().stderr).contains("8 accounts are being traced already"));
    drop(traces);
    until("room", || refused().status.success().then_some(()));
    let unknown = daemon.try_ctl(&["trace", "5", "bob", "--for-s", "1"]);
    assert!(text(&unknown.stderr).contains("there is no app 5"));
    let too_long = daemon.try_ctl(&["trace", &app_id, "bob", "--for-s", "100000"]);
    assert!(text(&too_long.stderr).contains("1 to 3600"));
}
