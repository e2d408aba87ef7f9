//! A clock that stood wrong once.

use crate::client::Client;
use crate::process::{Daemon, now_s, serve_command, shim, temp_dir};
use rustix::process::Signal;
use serde_json::json;

const CONFIG: &str = "[[listeners]]\nplain_tcp = true\n";

pub const AHEAD: &str = r#"
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
int clock_gettime(clockid_t clock, struct timespec *now) {
    int result = syscall(SYS_clock_gettime, clock, now);
    if (clock == CLOCK_REALTIME) now->tv_sec += 400 * 86400;
    return result;
}
"#;

/// All clocks are far ahead while a file stands: time passes while the server runs.
pub const LEAP: &str = r#"
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
int clock_gettime(clockid_t clock, struct timespec *now) {
    int result = syscall(SYS_clock_gettime, clock, now);
    const char *file = getenv("LEAP_WHILE");
    if (file && access(file, F_OK) == 0) now->tv_sec += 400 * 86400;
    return result;
}
"#;

#[test]
fn after_a_start_with_the_clock_far_ahead_nobody_looks_unseen() {
    let dir = temp_dir();
    let data = dir.path().join("data");
    let mut daemon = Daemon::serve(CONFIG, &data);
    let app = daemon.app_id.to_string();
    let mut alice = Client::logged_in(&daemon, "alice");
    alice.subscribe(&["bob"]);
    assert_eq!(alice.logout().code, 0);
    alice.ended();
    daemon.signal(Signal::TERM);
    assert!(daemon.wait().success());

    let would_go = |daemon: &Daemon| {
        let purge = ["account", "purge", &app, "--not-seen-for-days", "1"];
        let purged = daemon.ctl(&[&purge[..], &["--dry-run"]].concat());
        assert_eq!(purged["looked_at"], 1);
        purged["user_ids"].clone()
    };
    let mut command = serve_command(CONFIG, &data);
    command.env("LD_PRELOAD", shim(dir.path(), AHEAD));
    let mut daemon = Daemon::serve_by(&mut command, &data);
    let line = daemon.wait_for_log("the server was away for that many days");
    assert!(line.contains("days=400"), "{line}");
    assert_eq!(would_go(&daemon), json!([]), "nobody could have come");
    daemon.signal(Signal::TERM);
    assert!(daemon.wait().success());

    let daemon = Daemon::serve(CONFIG, &data);
    assert_eq!(would_go(&daemon), json!([]));
    let listed = daemon.ctl(&["account", "list", &app]);
    let seen_at_ms = listed["accounts"][0]["last_seen_at_ms"].as_u64().unwrap();
    assert!(seen_at_ms.abs_diff(now_s() * 1_000) < 60_000, "{listed}");
    let shown = daemon.ctl(&["account", "show", &app, "alice"]);
    assert_eq!(shown["subscriptions"], json!(["bob"]));
}

#[test]
fn after_a_start_with_the_clock_far_ahead_people_read_the_time_of_the_wall() {
    let dir = temp_dir();
    let data = dir.path().join("data");
    let mut command = serve_command(CONFIG, &data);
    command.env("LD_PRELOAD", shim(dir.path(), AHEAD));
    let mut daemon = Daemon::serve_by(&mut command, &data);
    let app = daemon.app_id.to_string();
    daemon.ctl(&["account", "import", &app, "somebody"]);
    daemon.signal(Signal::TERM);
    assert!(daemon.wait().success());

    let mut daemon = Daemon::serve(CONFIG, &data);
    let line = daemon.wait_for_log("the system's clock stands before");
    assert!(line.contains("ahead_s=345"), "{line}");
    let is_now =
        |at_ms: &serde_json::Value| at_ms.as_u64().unwrap().abs_diff(now_s() * 1_000) < 60_000;
    let created = daemon.ctl(&["app", "create"]);
    assert!(is_now(&created["created_at_ms"]), "{created}");
    let key = daemon.ctl(&["app", "key-add", &app]);
    assert!(is_now(&key["created_at_ms"]), "{key}");
    let is_told = |at_ms: u64| is_now(&json!(at_ms));
    let mut alice = Client::connect(daemon.server);
    assert!(is_told(alice.hello().server_time_ms));
    assert!(is_told(alice.pong(1).server_time_ms));
    let login = alice.login_of(&daemon, "alice");
    assert!(is_told(alice.login(login).unwrap().server_time_ms));
    assert!(is_told(alice.pong(2).server_time_ms));
    let shown = daemon.ctl(&["account", "show", &app, "alice"]);
    assert!(is_now(&shown["devices"][0]["logged_in_at_ms"]), "{shown}");
}
