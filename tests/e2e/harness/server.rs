//! A real `userstatusd`.

use super::{Host, PATIENCE, Puppet, Signal, Timeline, eventually, programs, send_signal};
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::time::{SystemTime, UNIX_EPOCH};
use userstatus_usersig::SecretKey;

const APP_ID: u64 = 1_400_000_001;
const SECRET_KEY: &str = "a secret that only the tests share";
/// How long a UserSig of the tests lasts.
const SIG_EXPIRE_S: u64 = 86_400;

/// `userstatusd dev`: one app on the premium plan with every switch on. Made first in a test, so that it is dropped last and
/// tells the story of a test that failed.
pub(crate) struct Server {
    pub(crate) timeline: Timeline,
    pub(crate) address: String,
    pub(crate) app_id: u64,
    admin: String,
    admin_token: String,
    options: Vec<String>,
    data_dir: Option<PathBuf>,
    child: Child,
}

impl Server {
    /// Of its app.
    pub(crate) const SECRET_KEY: &str = SECRET_KEY;

    /// On a free port, with nothing on disk.
    pub(crate) fn start() -> Self {
        Self::start_with(
            &["--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"],
            None,
        )
    }

    /// On an address of its own that is still its own when it has died, with a data directory.
    pub(crate) fn start_durable() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let data_dir = programs().scratch.join(format!("data-{count}"));
        // A loopback address nobody else has, and a port below those the system gives to clients: else another test, or even
        // a reconnecting client, could sit on the port while the server is down.
        let ip = own_loopback_address(count);
        let (listen, admin) = (format!("{ip}:17700"), format!("{ip}:17701"));
        let dir = data_dir
            .to_str()
            .expect("the target directory has a UTF-8 name");
        Self::start_with(
            &[
                "--listen",
                &listen,
                "--admin-listen",
                &admin,
                "--data-dir",
                dir,
            ],
            Some(data_dir.clone()),
        )
    }

    /// With these arguments of `userstatusd dev`.
    pub(crate) fn start_with(options: &[&str], data_dir: Option<PathBuf>) -> Self {
        let timeline = Timeline::new();
        let options: Vec<String> = options.iter().map(|&option| option.to_owned()).collect();
        let (child, ready) = spawn(&options, &timeline);
        let text = |key: &str| {
            ready[key]
                .as_str()
                .unwrap_or_else(|| panic!("no {key}: {ready}"))
                .to_owned()
        };
        Self {
            address: text("server"),
            admin: text("admin"),
            admin_token: text("admin_token"),
            app_id: ready["app_id"]
                .as_u64()
                .unwrap_or_else(|| panic!("no app_id: {ready}")),
            timeline,
            options,
            data_dir,
            child,
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    // ------------------------------------------------------------ operators

    /// `userstatusd app set APP …`.
    pub(crate) fn set(&self, flags: &str) {
        let app = self.app_id.to_string();
        let mut arguments = vec!["app", "set", &app];
        arguments.extend(flags.split_whitespace());
        self.operate(&arguments);
    }

    /// A command of `userstatusd` for operators, which succeeds. What it printed.
    pub(crate) fn operate(&self, arguments: &[&str]) -> String {
        let output = self.try_operate(arguments);
        let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
        assert!(
            output.status.success(),
            "userstatusd {arguments:?}: {}\n{stdout}{stderr}",
            output.status
        );
        stdout
    }

    pub(crate) fn try_operate(&self, arguments: &[&str]) -> Output {
        self.timeline.note("operator", &arguments.join(" "));
        Command::new(&programs().userstatusd)
            .args(arguments)
            .env("USERSTATUS_ADMIN", format!("http://{}", self.admin))
            .env("USERSTATUS_ADMIN_TOKEN", &self.admin_token)
            .output()
            .expect("userstatusd was just built")
    }

    /// The operator's view of an account.
    pub(crate) fn account(&self, user: &str) -> Value {
        let app = self.app_id.to_string();
        let shown = self.operate(&["account", "show", &app, user, "--json"]);
        serde_json::from_str(&shown).unwrap_or_else(|error| panic!("{error}: {shown}"))
    }

    /// How many users are on an account's subscription list.
    pub(crate) fn subscriptions_of(&self, user: &str) -> usize {
        self.account(user)["subscriptions"]
            .as_array()
            .expect("an array")
            .len()
    }

    // ------------------------------------------------------------ players

    /// A UserSig that lets `user` in.
    pub(crate) fn sig(&self, user: &str) -> String {
        mint(SECRET_KEY, self.app_id, user, now_s(), SIG_EXPIRE_S)
    }

    /// A process that has not called anything yet.
    pub(crate) fn puppet(&self, name: &str) -> Puppet {
        Puppet::start(name, &self.timeline, Host::Here)
    }

    /// `user`, logged in on Linux.
    pub(crate) fn enter(&self, user: &str) -> Puppet {
        self.enter_via(&self.address, user, "Linux")
    }

    /// `user`, logged in on another device.
    pub(crate) fn enter_on(&self, platform: &str, user: &str) -> Puppet {
        self.enter_via(&self.address, user, platform)
    }

    /// `user`, logged in through a relay.
    pub(crate) fn enter_via(&self, address: &str, user: &str, platform: &str) -> Puppet {
        let name = if platform == "Linux" {
            user.to_owned()
        } else {
            format!("{user}@{platform}")
        };
        let puppet = self.puppet(&name);
        self.login(&puppet, address, user, platform);
        puppet
    }

    /// Initialises a process and logs it in.
    pub(crate) fn login(&self, puppet: &Puppet, address: &str, user: &str, platform: &str) {
        assert_eq!(puppet.call(&self.init_command(address, platform)), 0);
        puppet.done(&self.login_command(user));
    }

    pub(crate) fn init_command(&self, address: &str, platform: &str) -> String {
        let config = serde_json::json!({
            "sdk_config_server_address": address,
            "sdk_config_platform": platform,
        });
        format!("init {} {config}", self.app_id)
    }

    pub(crate) fn login_command(&self, user: &str) -> String {
        format!("login {user} {}", self.sig(user))
    }

    // ------------------------------------------------------------ life and death

    /// Kill -9.
    pub(crate) fn kill(&mut self) {
        self.timeline.note("userstatusd", "-- Kill --");
        send_signal(self.pid(), Signal::Kill);
        self.child.wait().expect("it is a child of ours");
    }

    /// SIGTERM; it is to end by itself, with 0.
    pub(crate) fn terminate(&mut self) {
        self.timeline.note("userstatusd", "-- Terminate --");
        send_signal(self.pid(), Signal::Terminate);
        let status = eventually("userstatusd ends after SIGTERM", || {
            self.child.try_wait().expect("it is a child of ours")
        });
        assert!(status.success(), "userstatusd ended with {status}");
    }

    /// Starts it again after its end, where and as it was.
    pub(crate) fn restart(&mut self) {
        assert!(
            self.data_dir.is_some(),
            "only a durable server stays where it is"
        );
        let (child, ready) = spawn(&self.options, &self.timeline);
        self.child = child;
        assert_eq!(ready["server"], self.address.as_str());
        if let Some(token) = ready["admin_token"].as_str() {
            token.clone_into(&mut self.admin_token);
        }
    }

    /// A socket to where clients connect.
    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).expect("the server listens");
        stream
            .set_read_timeout(Some(PATIENCE))
            .expect("it is not zero");
        stream
            .set_write_timeout(Some(PATIENCE))
            .expect("it is not zero");
        stream
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(dir) = &self.data_dir {
            let _ = fs::remove_dir_all(dir);
        }
        self.timeline.print_if_failed();
    }
}

/// Mints as a studio's own server does.
pub(crate) fn mint(
    secret: &str,
    app_id: u64,
    user: &str,
    issued_at_s: u64,
    expire_s: u64,
) -> String {
    let key = SecretKey::new(secret).expect("a key that is neither empty nor too long");
    userstatus_usersig::mint(&key, app_id, user, issued_at_s, expire_s)
}

pub(crate) fn now_s() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("it is after 1970")
        .as_secs()
}

/// A path for a file of a test.
pub(crate) fn scratch_file(name: &str) -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    programs()
        .scratch
        .join(format!("{}-{name}", COUNT.fetch_add(1, Ordering::Relaxed)))
}

/// Starts `userstatusd dev` and waits until it listens.
fn spawn(options: &[String], timeline: &Timeline) -> (Child, Value) {
    let (app_id, mut command) = (APP_ID.to_string(), daemon_command());
    command
        .args([
            "dev",
            "--json",
            "--app-id",
            &app_id,
            "--secret-key",
            SECRET_KEY,
        ])
        .args(options);
    let mut child = command.spawn().expect("userstatusd was just built");
    note_lines(child.stderr.take().expect("it is piped"), timeline);
    let ready = first_json(child.stdout.take().expect("it is piped"), timeline);
    (child, ready)
}

/// A command line of a `userstatusd` that dies with the test, however that ends.
pub(crate) fn daemon_command() -> Command {
    let mut command = Command::new("setpriv");
    command
        .args(["--pdeathsig", "KILL", "--"])
        .arg(&programs().userstatusd);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

pub(crate) fn note_lines(stream: impl Read + Send + 'static, timeline: &Timeline) {
    let timeline = timeline.clone();
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            timeline.note("userstatusd", &line);
        }
    });
}

/// Reads stdout to its end, in the background; gives the first line that is a JSON object.
fn first_json(stdout: impl Read + Send + 'static, timeline: &Timeline) -> Value {
    let (sender, receiver) = mpsc::sync_channel(1);
    let noting = timeline.clone();
    std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            noting.note("userstatusd", &line);
            if let Ok(value @ Value::Object(_)) = serde_json::from_str(&line) {
                // Only the first is waited for.
                let _ = sender.try_send(value);
            }
        }
    });
    receiver.recv_timeout(PATIENCE).unwrap_or_else(|error| {
        timeline.print_if_failed();
        panic!("userstatusd did not say where it listens: {error}")
    })
}

fn own_loopback_address(count: u32) -> String {
    let pid = std::process::id();
    format!(
        "127.{}.{}.{}",
        1 + (pid >> 8) % 250,
        1 + pid % 250,
        1 + count % 250
    )
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Whether a path is there; for files that another process makes.
pub(crate) fn exists(path: &Path) -> Option<()> {
    path.exists().then_some(())
}
