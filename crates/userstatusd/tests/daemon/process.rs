//! userstatusd as a process of its own.

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use userstatus_usersig::{SecretKey, mint};

/// The key of apps that are not given another.
pub const KEY: &str = "sesame, of the tests, and long enough";

/// Whatever takes longer has failed.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A daemon that logs more than this without being asked waits.
const LOG_LINES_MAX: usize = 100_000;

pub fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_userstatusd"));
    for (name, _) in std::env::vars() {
        if name.starts_with("USERSTATUS") {
            command.env_remove(name);
        }
    }
    command
}

/// Runs a command to its end.
pub fn run(arguments: &[&str]) -> Output {
    command().args(arguments).output().unwrap()
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

pub fn now_s() -> u64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs()
}

/// A running userstatusd, killed when dropped.
pub struct Daemon {
    child: Child,
    log: Receiver<String>,
    seen: Vec<String>,
    pub server: SocketAddr,
    pub admin: SocketAddr,
    pub token: String,
    pub app_id: u64,
    pub key: SecretKey,
    /// What it printed, or wrote to its ready file.
    pub announced: Value,
}

impl Daemon {
    /// `userstatusd dev` on free ports.
    pub fn dev(arguments: &[&str]) -> Self {
        let mut command = command();
        command
            .args(["dev", "--json", "--listen", "127.0.0.1:0"])
            .args(["--admin-listen", "127.0.0.1:0", "--log-level", "debug"])
            .args(arguments);
        let (mut child, log) = start(&mut command);
        let stdout = child.stdout.take().unwrap();
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        let Ok(announced) = serde_json::from_str::<Value>(&line) else {
            panic!("{line:?}, {:?}", log.iter().collect::<Vec<_>>());
        };
        let text = |name: &str| announced[name].as_str().unwrap().to_owned();
        Self {
            child,
            log,
            seen: Vec::new(),
            server: text("server").parse().unwrap(),
            admin: text("admin").parse().unwrap(),
            token: text("admin_token"),
            app_id: announced["app_id"].as_u64().unwrap(),
            key: SecretKey::new(&text("secret_key")).unwrap(),
            announced,
        }
    }

    /// `userstatusd serve` with one app as `dev` has it. Ports and data directory are set, the rest is the caller's.
    pub fn serve(config: &str, data_dir: &Path) -> Self {
        Self::serve_by(&mut serve_command(config, data_dir), data_dir)
    }

    /// As [`Daemon::serve`], by a command of [`serve_command`].
    pub fn serve_by(command: &mut Command, data_dir: &Path) -> Self {
        let mut daemon = Self::starting_by(command);
        daemon.wait_until_ready(data_dir);
        daemon
    }

    /// As [`Daemon::serve`]; nobody reads its log until [`Daemon::read_log`].
    pub fn serve_unread(config: &str, data_dir: &Path) -> Self {
        let child = serve_command(config, data_dir)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (_, log) = sync_channel(1);
        let mut daemon = Self::of(child, log);
        daemon.wait_until_ready(data_dir);
        daemon
    }

    /// A server that is not ready yet.
    pub fn starting_by(command: &mut Command) -> Self {
        let (child, log) = start(command);
        Self::of(child, log)
    }

    pub fn read_log(&mut self) {
        self.log = lines_of(self.child.stderr.take().unwrap());
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    fn of(child: Child, log: Receiver<String>) -> Self {
        Self {
            child,
            log,
            seen: Vec::new(),
            server: ([127, 0, 0, 1], 0).into(),
            admin: ([127, 0, 0, 1], 0).into(),
            token: String::new(),
            app_id: 1_400_000_000,
            key: SecretKey::new(KEY).unwrap(),
            announced: Value::Null,
        }
    }

    fn wait_until_ready(&mut self, data_dir: &Path) {
        let daemon = self;
        // The addresses are in it complete, or it is not there.
        let announced = until("the ready file", || {
            if let Some(status) = daemon.child.try_wait().unwrap() {
                panic!("{status}: {}", daemon.whole_log());
            }
            std::fs::read_to_string(data_dir.with_extension("ready")).ok()
        });
        daemon.announced = serde_json::from_str(&announced).unwrap();
        let text = |name: &str| {
            daemon.announced[name]
                .as_str()
                .unwrap()
                .trim_start_matches("tls://")
        };
        daemon.server = text("server").parse().unwrap();
        daemon.admin = text("admin").parse().unwrap();
        daemon.token = std::fs::read_to_string(data_dir.join("admin-token"))
            .unwrap()
            .trim()
            .to_owned();
        let app_id = daemon.app_id.to_string();
        let shown = daemon.try_ctl(&["app", "show", &app_id]);
        if !shown.status.success() {
            daemon.ctl(&[
                "app",
                "create",
                "--app-id",
                &app_id,
                "--secret-key",
                KEY,
                "--plan",
                "premium",
                "--user-status",
                "on",
                "--friend-status-notification",
                "on",
            ]);
        }
    }

    pub fn sig(&self, user: &str) -> String {
        mint(&self.key, self.app_id, user, now_s(), 3_600).unwrap()
    }

    /// Runs a command that asks its admin port, such as `userstatusd app …`.
    pub fn try_ctl(&self, arguments: &[&str]) -> Output {
        command()
            .args(arguments)
            .args([
                "--admin",
                &self.admin.to_string(),
                "--token",
                &self.token,
                "--json",
            ])
            .output()
            .unwrap()
    }

    pub fn ctl(&self, arguments: &[&str]) -> Value {
        let output = self.try_ctl(arguments);
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            text(&output.stderr)
        );
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Changes settings of its app.
    pub fn set(&self, settings: &[&str]) {
        let app_id = self.app_id.to_string();
        self.ctl(&[&["app", "set", &app_id], settings].concat());
    }

    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub fn wait(&mut self) -> ExitStatus {
        until("the end of the process", || self.child.try_wait().unwrap())
    }

    /// Waits for a line of the log.
    pub fn wait_for_log(&mut self, part: &str) -> String {
        if let Some(line) = self.seen.iter().find(|line| line.contains(part)) {
            return line.clone();
        }
        loop {
            let Ok(line) = self.log.recv_timeout(PATIENCE) else {
                panic!("no {part:?} in the log: {:#?}", self.seen);
            };
            self.seen.push(line.clone());
            if line.contains(part) {
                return line;
            }
        }
    }

    /// Everything it logged, after its end.
    pub fn whole_log(&mut self) -> String {
        self.seen.extend(self.log.iter());
        self.seen.join("\n")
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have ended by itself.
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

fn start(command: &mut Command) -> (Child, Receiver<String>) {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let log = lines_of(child.stderr.take().unwrap());
    (child, log)
}

fn lines_of(stderr: ChildStderr) -> Receiver<String> {
    let (lines, log) = sync_channel(LOG_LINES_MAX);
    thread::spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            // The test may have ended.
            _ = lines.send(line);
        }
    });
    log
}

/// `userstatusd serve` on free ports; beside the data directory stand its configuration and its ready file.
pub fn serve_command(config: &str, data_dir: &Path) -> Command {
    let ready = data_dir.with_extension("ready");
    let file = data_dir.with_extension("toml");
    std::fs::write(&file, config).unwrap();
    _ = std::fs::remove_file(&ready);
    let mut command = command();
    command
        .arg("serve")
        .args(["--config".as_ref(), file.as_os_str()])
        .args(["--ready-file".as_ref(), ready.as_os_str()])
        .env("USERSTATUSD_STORAGE_DATA_DIR", data_dir)
        .env("USERSTATUSD_LISTENERS_0_ADDRESS", "127.0.0.1:0")
        .env("USERSTATUSD_ADMIN_LISTEN", "127.0.0.1:0")
        .env("USERSTATUSD_LOG_LEVEL", "debug");
    command
}

/// Looks again until there is something.
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let started_at = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(started_at.elapsed() < PATIENCE, "{what} did not come");
        #[expect(
            clippy::disallowed_methods,
            reason = "between two looks at a condition that has a deadline"
        )]
        thread::sleep(Duration::from_millis(5));
    }
}

pub fn temp_dir() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// A library of this source, to stand between a server and the system.
pub fn shim(dir: &Path, source: &str) -> PathBuf {
    let (file, library) = (dir.join("shim.c"), dir.join("shim.so"));
    std::fs::write(&file, source).unwrap();
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-o"])
        .args([&library, &file])
        .status()
        .unwrap();
    assert!(built.success());
    library
}
