//! A disk that hangs: `fsync` does not return while a file stands; or is full: nothing can be written while another does.

use crate::admin_port::http;
use crate::client::Client;
use crate::process::{Daemon, serve_command, shim, temp_dir, until};
use rustix::process::Signal;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use userstatus_wire::v1::{self, request};

const CONFIG: &str = "[[listeners]]\nplain_tcp = true\n[rest]\nlisten = \"127.0.0.1:0\"\n";

/// After this Docker kills.
const DOCKERS_PATIENCE: Duration = Duration::from_secs(10);

const SHIM: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
static int stands(const char *name) {
    const char *file = getenv(name);
    return file && access(file, F_OK) == 0;
}
static int sync_it(void) {
    while (stands("HANG_WHILE")) usleep(20000);
    return 0;
}
int fsync(int fd) { (void)fd; return sync_it(); }
int fdatasync(int fd) { (void)fd; return sync_it(); }
ssize_t pwrite64(int fd, const void *bytes, size_t count, off_t at) {
    static ssize_t (*real)(int, const void *, size_t, off_t);
    if (stands("FULL_WHILE")) { errno = ENOSPC; return -1; }
    if (!real) real = (ssize_t (*)(int, const void *, size_t, off_t))dlsym(RTLD_NEXT, "pwrite64");
    return real(fd, bytes, count, at);
}
"#;

/// A server on a disk that hangs while a file stands, and is full while another does.
pub struct Disk {
    dir: TempDir,
}

impl Disk {
    pub fn new() -> Self {
        Self { dir: temp_dir() }
    }

    pub fn serve(&self) -> Daemon {
        let (data, hang) = (self.data(), self.dir.path().join("hang"));
        let mut command = command(self.dir.path(), &data, &hang);
        command.env("FULL_WHILE", self.dir.path().join("full"));
        Daemon::serve_by(&mut command, &data)
    }

    pub fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// `hang` or `full`, from now on or no more.
    pub fn set(&self, what: &str, is_on: bool) {
        let file = self.dir.path().join(what);
        if is_on {
            std::fs::write(file, "").unwrap();
        } else {
            std::fs::remove_file(file).unwrap();
        }
    }
}

fn command(dir: &Path, data: &Path, hang: &Path) -> Command {
    let mut command = serve_command(CONFIG, data);
    command
        .env("LD_PRELOAD", shim(dir, SHIM))
        .env("HANG_WHILE", hang);
    command
}

/// It is written before it is answered: while the disk hangs, it is not.
fn ask_for_a_record(client: &mut Client) {
    client.request(request::Body::AddFriend(v1::AddFriend {
        user_id: "bob".to_owned(),
        ..v1::AddFriend::default()
    }));
}

#[test]
fn a_stop_with_a_disk_that_hangs_and_a_client_that_stays_takes_less_than_docker_allows() {
    let dir = temp_dir();
    let (data, hang) = (dir.path().join("data"), dir.path().join("hang"));
    let mut daemon = Daemon::serve_by(&mut command(dir.path(), &data, &hang), &data);
    let mut alice = Client::logged_in(&daemon, "alice");
    std::fs::write(&hang, "").unwrap();
    ask_for_a_record(&mut alice);
    let app = daemon.app_id.to_string();
    let waiting = std::thread::spawn({
        let mut import = crate::process::command();
        import
            .args(["account", "import", &app, "carol", "--token", &daemon.token])
            .args(["--admin", &daemon.admin.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        move || import.status().unwrap()
    });
    // An answer shows that what was sent before it has been taken up.
    daemon.ctl(&["app", "list"]);
    let stopped_at = Instant::now();
    daemon.signal(Signal::TERM);
    let status = daemon.wait();
    assert!(
        stopped_at.elapsed() < DOCKERS_PATIENCE - Duration::from_secs(1),
        "{:?}",
        stopped_at.elapsed()
    );
    assert_eq!(status.code(), Some(1));
    assert!(!waiting.join().unwrap().success());
    let log = daemon.whole_log();
    assert!(log.contains("the disk did not take"), "{log}");
    drop(alice);
}

#[test]
fn a_start_that_takes_long_says_so_and_hears_sigterm() {
    let dir = temp_dir();
    let (data, hang) = (dir.path().join("data"), dir.path().join("hang"));
    std::fs::write(&hang, "").unwrap();
    let mut daemon = Daemon::starting_by(&mut command(dir.path(), &data, &hang));
    daemon.wait_for_log("starting: checking the data file");
    let stopped_at = Instant::now();
    daemon.signal(Signal::TERM);
    assert!(daemon.wait().success());
    assert!(stopped_at.elapsed() < Duration::from_secs(3));
    assert!(!data.with_extension("ready").exists());
}

#[test]
fn a_second_signal_does_not_wait_for_a_disk_that_hangs() {
    let dir = temp_dir();
    let (data, hang) = (dir.path().join("data"), dir.path().join("hang"));
    let mut daemon = Daemon::serve_by(&mut command(dir.path(), &data, &hang), &data);
    let mut alice = Client::logged_in(&daemon, "alice");
    std::fs::write(&hang, "").unwrap();
    ask_for_a_record(&mut alice);
    daemon.ctl(&["app", "list"]);
    daemon.signal(Signal::TERM);
    alice.goaway();
    let stopped_at = Instant::now();
    daemon.signal(Signal::TERM);
    assert_eq!(daemon.wait().code(), Some(1));
    assert!(stopped_at.elapsed() < Duration::from_secs(3));
}

#[test]
fn a_data_file_that_was_removed_is_noticed_and_records_are_refused() {
    let dir = temp_dir();
    let data = dir.path().join("data");
    let mut daemon = Daemon::serve(CONFIG, &data);
    let app = daemon.app_id.to_string();
    let import = |daemon: &Daemon, user: &str| daemon.try_ctl(&["account", "import", &app, user]);
    assert!(import(&daemon, "carol").status.success());
    let (file, aside) = (data.join("userstatus.redb"), data.join("aside"));
    std::fs::rename(&file, &aside).unwrap();
    let refused = import(&daemon, "dora");
    assert_eq!(refused.status.code(), Some(1));
    let said = crate::process::text(&refused.stderr);
    assert!(said.contains("could not be written to disk"), "{said}");
    let strictly_ready = |daemon: &Daemon| http(daemon, "GET", "/readyz?strict=true", "", None);
    let (_, readiness) = until("the health check to say it", || {
        Some(strictly_ready(&daemon)).filter(|(status, _)| *status == 503)
    });
    assert_eq!(readiness["checks"]["store"]["status"], "failing");
    daemon.wait_for_log("THE DATA FILE IS GONE");
    let second = serve_command(CONFIG, &data).output().unwrap();
    assert_eq!(second.status.code(), Some(1), "{second:?}");
    assert!(crate::process::text(&second.stderr).contains("in use by another"));
    assert!(!file.exists());
    std::fs::rename(&aside, &file).unwrap();
    assert!(import(&daemon, "dora").status.success());
    until("the health check to be content", || {
        Some(strictly_ready(&daemon)).filter(|(status, _)| *status == 200)
    });
    daemon.wait_for_log("the data file is back in its place");
}

#[test]
fn a_data_file_that_was_cut_off_is_noticed_at_once() {
    let dir = temp_dir();
    let data = dir.path().join("data");
    let mut daemon = Daemon::serve(CONFIG, &data);
    let app = daemon.app_id.to_string();
    let file = std::fs::OpenOptions::new()
        .write(true)
        .open(data.join("userstatus.redb"))
        .unwrap();
    file.set_len(4_096).unwrap();
    let line = daemon.wait_for_log("OR NOT WHOLE");
    assert!(line.contains("restore the last backup"), "{line}");
    let refused = daemon.try_ctl(&["account", "import", &app, "carol"]);
    assert_eq!(refused.status.code(), Some(1));
    let (status, _) = http(&daemon, "GET", "/readyz?strict=true", "", None);
    assert_eq!(status, 503);
}
