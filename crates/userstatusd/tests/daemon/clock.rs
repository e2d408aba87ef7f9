//! A clock that stood wrong once.

use crate::client::Client;
use crate::process::{Daemon, now_s, serve_command, shim, temp_dir};
use rustix::process::Signal;

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
    let _alice = Client::logged_in(&daemon, "alice");
    let shown = daemon.ctl(&["account", "show", &app, "alice"]);
    assert!(is_now(&shown["devices"][0]["logged_in_at_ms"]), "{shown}");
}
