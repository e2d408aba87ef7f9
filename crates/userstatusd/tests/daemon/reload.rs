//! SIGHUP and `userstatusd reload`.

use crate::client::Client;
use crate::process::{Daemon, serve_command, shim, temp_dir, text, until};
use crate::tls::Certificate;
use rustix::process::Signal;
use serde_json::json;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

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

/// Opening a file that has `.hangs` beside it does not return before `.released` is there, too.
const SHIM: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>
static int stands(const char *path, const char *suffix) {
    char beside[4096];
    snprintf(beside, sizeof beside, "%s%s", path, suffix);
    return access(beside, F_OK) == 0;
}
int open64(const char *path, int flags, ...) {
    static int (*real)(const char *, int, ...);
    va_list rest;
    va_start(rest, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    if (stands(path, ".hangs")) while (!stands(path, ".released")) usleep(20000);
    if (!real) real = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open64");
    return real(path, flags, mode);
}
"#;

fn beside(file: &Path, suffix: &str) -> PathBuf {
    let mut beside = file.as_os_str().to_owned();
    beside.push(suffix);
    beside.into()
}

/// A server with a certificate, whose files may hang.
fn serve_with_files_that_may_hang(dir: &Path) -> (Daemon, Certificate) {
    let data = dir.join("data");
    let certificate = Certificate::new(dir);
    let config = format!("{CONFIG}{}", certificate.listener(dir));
    let mut command = serve_command(&config, &data);
    command.env("LD_PRELOAD", shim(dir, SHIM));
    (Daemon::serve_by(&mut command, &data), certificate)
}

fn reads(daemon: &Daemon) -> bool {
    let threads = fs::read_dir(format!("/proc/{}/task", daemon.id())).unwrap();
    threads
        .filter_map(|thread| fs::read_to_string(thread.ok()?.path().join("comm")).ok())
        .any(|name| name.trim() == "reload")
}

#[test]
fn a_stop_does_not_wait_for_a_reload_whose_files_hang() {
    for name in ["data.toml", "data/admin-token", "cert.pem"] {
        let dir = temp_dir();
        let (mut daemon, _) = serve_with_files_that_may_hang(dir.path());
        fs::write(beside(&dir.path().join(name), ".hangs"), "").unwrap();
        daemon.signal(Signal::HUP);
        until("the reload", || reads(&daemon).then_some(()));
        let begin = Instant::now();
        daemon.signal(Signal::TERM);
        assert!(daemon.wait().success(), "{name}");
        assert!(begin.elapsed() < Duration::from_secs(4), "{name}");
        assert!(!dir.path().join("data.ready").exists(), "{name}");
        assert!(daemon.whole_log().contains("asked to stop"), "{name}");
    }
}

#[test]
fn a_reload_whose_files_hang_is_answered_and_a_later_one_does_not_wait_for_it() {
    let dir = temp_dir();
    let (daemon, _) = serve_with_files_that_may_hang(dir.path());
    for name in ["data.toml", "data/admin-token", "key.pem"] {
        let file = dir.path().join(name);
        fs::write(beside(&file, ".hangs"), "").unwrap();
        let begin = Instant::now();
        let refused = daemon.try_ctl(&["reload"]);
        assert!(begin.elapsed() < Duration::from_secs(9), "{name}");
        let error = text(&refused.stderr);
        assert!(
            error.contains(file.to_str().unwrap()) && error.contains("within 5 s"),
            "{error}"
        );
        let mut alice = Client::logged_in(&daemon, "alice");
        assert_eq!(alice.pong(1).nonce, 1);
        // What hung hangs still.
        fs::remove_file(beside(&file, ".hangs")).unwrap();
        assert_eq!(daemon.ctl(&["reload"])["reloaded"], true);
    }
}

#[test]
fn a_certificate_whose_files_hang_is_warned_of_and_looked_at_again() {
    let dir = temp_dir();
    let (mut daemon, _) = serve_with_files_that_may_hang(dir.path());
    let file = dir.path().join("cert.pem");
    fs::write(beside(&file, ".hangs"), "").unwrap();
    let warning = daemon.wait_for_log("reading the certificate's files hangs");
    assert!(
        warning.contains("WARN") && warning.contains(file.to_str().unwrap()),
        "{warning}"
    );
    let new = Certificate::new(dir.path());
    // What hung hangs still.
    fs::remove_file(beside(&file, ".hangs")).unwrap();
    daemon.wait_for_log("a new certificate is served");
    new.connect(crate::tls::address(&daemon));
    daemon.wait_for_log("can be read again");
}

#[test]
fn what_is_read_again_has_an_end() {
    let dir = temp_dir();
    let (daemon, _) = serve_with_files_that_may_hang(dir.path());
    for name in ["data.toml", "data/admin-token", "cert.pem", "key.pem"] {
        let file = dir.path().join(name);
        let whole = fs::read(&file).unwrap();
        fs::remove_file(&file).unwrap();
        symlink("/dev/zero", &file).unwrap();
        let refused = text(&daemon.try_ctl(&["reload"]).stderr);
        assert!(refused.contains("no regular file"), "{refused}");
        fs::remove_file(&file).unwrap();
        fs::write(&file, vec![b'\n'; 1024 * 1024 + 1]).unwrap();
        let refused = text(&daemon.try_ctl(&["reload"]).stderr);
        assert!(refused.contains("it has more than"), "{refused}");
        // Links to files are as good as files.
        let elsewhere = beside(&file, ".elsewhere");
        fs::write(&elsewhere, whole).unwrap();
        fs::remove_file(&file).unwrap();
        symlink(&elsewhere, &file).unwrap();
        assert_eq!(daemon.ctl(&["reload"])["reloaded"], true);
    }
}

#[test]
fn a_reload_goes_by_the_data_directory_that_is_in_use_and_makes_nothing() {
    let dir = temp_dir();
    let [data, next] = ["data", "next"].map(|name| dir.path().join(name));
    let token = "the-token-of-this-server";
    let config = |data: &Path, rest: &str| {
        format!("{CONFIG}[storage]\ndata_dir = '{}'\n{rest}", data.display())
    };
    let with_token = config(&data, &format!("[admin]\ntoken = \"{token}\"\n"));
    let mut command = serve_command(&with_token, &data);
    command.env_remove("USERSTATUSD_STORAGE_DATA_DIR");
    let mut daemon = Daemon::starting_by(&mut command);
    let ready = until("the ready file", || {
        fs::read_to_string(data.with_extension("ready")).ok()
    });
    let ready: serde_json::Value = serde_json::from_str(&ready).unwrap();
    daemon.admin = ready["admin"].as_str().unwrap().parse().unwrap();
    daemon.token = token.to_owned();
    let at_the_next_start =
        |name: &str| json!({"setting": name, "takes_effect": "at_the_next_start"});

    fs::write(data.with_extension("toml"), config(&next, "")).unwrap();
    for _ in 0..2 {
        // The token holds still, and both are said again.
        let settings = daemon.ctl(&["reload"])["settings"].clone();
        let expected = ["admin.token", "storage.data_dir"].map(at_the_next_start);
        assert_eq!(settings, json!(expected));
    }
    assert!(!next.exists() && !data.join("admin-token").exists());

    // The file of the data directory that is in use is taken once it is there.
    let another = "another-token-of-some-length";
    fs::write(data.join("admin-token"), another).unwrap();
    let settings = daemon.ctl(&["reload"])["settings"].clone();
    assert_eq!(
        settings[0],
        json!({"setting": "admin.token", "takes_effect": "now"})
    );
    another.clone_into(&mut daemon.token);
    fs::write(data.with_extension("toml"), "").unwrap();
    daemon.ctl(&["reload"]);
    daemon.ctl(&["app", "list"]);
    assert!(!next.exists());
}
