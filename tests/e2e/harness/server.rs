//! A real `userstatusd`.

use super::{
    Certificates, Host, PATIENCE, Puppet, Signal, Timeline, eventually, programs, send_signal,
};
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::{SystemTime, UNIX_EPOCH};
use userstatus_usersig::SecretKey;

const APP_ID: u64 = 1_400_000_001;
const SECRET_KEY: &str = "a secret that only the tests share";
/// How long a UserSig of the tests lasts.
const SIG_EXPIRE_S: u64 = 86_400;

/// Of a server that does not start so many of the last lines it said are shown.
const LAST_LINES: usize = 20;

const ADMIN_TOKEN: &str = "an admin token of the tests";

/// A `userstatusd` with one app on the premium plan and every switch on. Made first in a test, so that it is dropped last and
/// tells the story of a test that failed.
pub(crate) struct Server {
    pub(crate) timeline: Timeline,
    /// Where clients connect; if there are several listeners, the first.
    pub(crate) address: String,
    pub(crate) addresses: Vec<String>,
    pub(crate) app_id: u64,
    /// Where back ends call, if they may.
    rest: Option<String>,
    admin: String,
    admin_token: String,
    launch: Launch,
    data_dir: Option<PathBuf>,
    child: Child,
}

/// How it is started, the first time and again.
enum Launch {
    /// `userstatusd dev` with these arguments.
    Dev(Vec<String>),
    /// `userstatusd serve` with this configuration; the other file says where it listens.
    Serve { config: PathBuf, ready: PathBuf },
}

impl Server {
    /// Of its app.
    pub(crate) const SECRET_KEY: &str = SECRET_KEY;

    /// `userstatusd dev` on a free port, with nothing on disk.
    pub(crate) fn start() -> Self {
        Self::start_on("127.0.0.1:0", &[])
    }

    /// `userstatusd dev` which back ends may call.
    pub(crate) fn start_with_rest() -> Self {
        Self::start_on("127.0.0.1:0", &["--rest-listen", "127.0.0.1:0"])
    }

    /// `userstatusd dev` on this address, with more arguments.
    pub(crate) fn start_on(listen: &str, more: &[&str]) -> Self {
        let mut arguments = vec!["--listen", listen, "--admin-listen", "127.0.0.1:0"];
        arguments.extend_from_slice(more);
        Self::launch(Launch::dev(&arguments), None)
    }

    /// `userstatusd dev` with a data directory, on an address of its own that is still its own when it has died.
    pub(crate) fn start_durable() -> Self {
        let (ip, data_dir) = (own_loopback_ip(), scratch_path("data"));
        let (listen, admin) = (format!("{ip}:17700"), format!("{ip}:17701"));
        let dir = utf8(&data_dir);
        let arguments = [
            "--listen",
            &listen,
            "--admin-listen",
            &admin,
            "--data-dir",
            dir,
        ];
        Self::launch(Launch::dev(&arguments), Some(data_dir.clone()))
    }

    /// `userstatusd serve` with a data directory, on an address of its own, and with more sections of configuration.
    pub(crate) fn serve(sections: &str) -> Self {
        let ip = own_loopback_ip();
        let listeners = format!("[[listeners]]\naddress = \"{ip}:17700\"\nplain_tcp = true\n");
        Self::serve_on(&listeners, &format!("{ip}:17701"), sections)
    }

    /// `userstatusd serve` with a plain and a TLS listener.
    pub(crate) fn serve_tls(certificates: &Certificates) -> Self {
        let listeners = format!(
            "[[listeners]]\naddress = \"127.0.0.1:0\"\nplain_tcp = true\n\
             [[listeners]]\naddress = \"127.0.0.1:0\"\ntls_cert_file = {:?}\ntls_key_file = {:?}\n",
            certificates.certificate, certificates.key,
        );
        Self::serve_on(&listeners, "127.0.0.1:0", "")
    }

    fn serve_on(listeners: &str, admin: &str, sections: &str) -> Self {
        let (config, ready) = (scratch_path("serve.toml"), scratch_path("ready.json"));
        let data_dir = scratch_path("data");
        let text = format!(
            "{listeners}\n[storage]\ndata_dir = {data_dir:?}\n\n\
             [admin]\nlisten = {admin:?}\ntoken = {ADMIN_TOKEN:?}\n\n{sections}\n"
        );
        fs::write(&config, text).expect("the target directory can be written to");
        let server = Self::launch(Launch::Serve { config, ready }, Some(data_dir));
        server.create_app(server.app_id);
        server
    }

    fn launch(launch: Launch, data_dir: Option<PathBuf>) -> Self {
        let timeline = Timeline::new();
        let (child, ready) = launch.spawn(&timeline);
        let text = |key: &str| ready[key].as_str().map(str::to_owned);
        let address = text("server").unwrap_or_else(|| panic!("no server: {ready}"));
        let addresses = match ready["servers"].as_array() {
            Some(list) => list
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
            None => vec![address.clone()],
        };
        Self {
            address,
            addresses,
            rest: text("rest"),
            admin: text("admin").unwrap_or_else(|| panic!("no admin: {ready}")),
            admin_token: text("admin_token").unwrap_or_else(|| ADMIN_TOKEN.to_owned()),
            app_id: APP_ID,
            timeline,
            launch,
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

    /// Another app, as open as the first, with the same secret key.
    pub(crate) fn create_app(&self, app_id: u64) {
        let app = app_id.to_string();
        let create = [
            "app",
            "create",
            "--app-id",
            &app,
            "--secret-key",
            SECRET_KEY,
        ];
        let settings = "--plan premium --user-status on --friend-status-notification on";
        self.operate(
            &create
                .into_iter()
                .chain(settings.split(' '))
                .collect::<Vec<_>>(),
        );
    }

    /// Waits until all that has happened is on disk. Presence is written behind; a record takes along what was before it.
    pub(crate) fn settle(&self) {
        self.import(&["settler".to_owned()]);
        let app = self.app_id.to_string();
        self.operate(&["account", "kick", &app, "settler"]);
    }

    /// Registers accounts without a login.
    pub(crate) fn import(&self, users: &[String]) {
        let app = self.app_id.to_string();
        let arguments = ["account", "import", &app].into_iter();
        self.operate(
            &arguments
                .chain(users.iter().map(String::as_str))
                .collect::<Vec<_>>(),
        );
    }

    /// How many users are on an account's subscription list.
    pub(crate) fn subscriptions_of(&self, user: &str) -> usize {
        self.account(user)["subscriptions"]
            .as_array()
            .expect("an array")
            .len()
    }

    /// Where back ends call, as client libraries are given it.
    pub(crate) fn rest_url(&self) -> &str {
        self.rest.as_deref().expect("back ends may call it")
    }

    /// Where operators connect, and what they show.
    pub(crate) fn admin_url(&self) -> (String, &str) {
        (format!("http://{}", self.admin), &self.admin_token)
    }

    /// Calls a command of the REST API, such as `sns/friend_add`, which is done.
    pub(crate) fn rest(&self, command: &str, body: &Value) -> Value {
        let host = self.rest_url().trim_start_matches("http://");
        let query = format!(
            "sdkappid={}&identifier=administrator&usersig={}&random=1&contenttype=json",
            self.app_id,
            self.sig("administrator")
        );
        let body = body.to_string();
        self.timeline.note("back end", &format!("{command} {body}"));
        let mut stream = TcpStream::connect(host).expect("it listens");
        write!(
            stream,
            "POST /v4/{command}?{query} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        let (_, body) = answer.split_once("\r\n\r\n").expect("a whole answer");
        self.timeline.note("back end", body);
        let answer: Value = serde_json::from_str(body).expect("JSON");
        assert_eq!(answer["ErrorCode"], 0, "{command}: {answer}");
        answer
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
        let (child, ready) = self.launch.spawn(&self.timeline);
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
    userstatus_usersig::mint(&key, app_id, user, issued_at_s, expire_s).expect("a user id")
}

pub(crate) fn now_s() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("it is after 1970")
        .as_secs()
}

impl Launch {
    fn dev(arguments: &[&str]) -> Self {
        let fixed = [
            "--json",
            "--app-id",
            &APP_ID.to_string(),
            "--secret-key",
            SECRET_KEY,
        ]
        .map(str::to_owned);
        Self::Dev(
            fixed
                .into_iter()
                .chain(arguments.iter().map(|&argument| argument.to_owned()))
                .collect(),
        )
    }

    /// Starts it and waits until it listens; gives what it said about that.
    fn spawn(&self, timeline: &Timeline) -> (Child, Value) {
        let mut command = daemon_command();
        match self {
            Self::Dev(arguments) => {
                command.arg("dev").args(arguments);
            }
            Self::Serve { config, ready } => {
                // What an earlier process wrote there says nothing of this one.
                let _ = fs::remove_file(ready);
                command
                    .arg("serve")
                    .arg("--config")
                    .arg(config)
                    .arg("--ready-file")
                    .arg(ready);
            }
        }
        let _story = Story(timeline);
        let mut child = command.spawn().expect("userstatusd was just built");
        let stderr = note_lines(child.stderr.take().expect("it is piped"), timeline);
        let first_json = first_json(child.stdout.take().expect("it is piped"), timeline);
        let says = || match self {
            Self::Dev(_) => first_json.try_recv().ok(),
            Self::Serve { ready, .. } => serde_json::from_slice(&fs::read(ready).ok()?).ok(),
        };
        let ready = eventually("userstatusd listens", || {
            if let Some(ready) = says() {
                return Some(Ok(ready));
            }
            child.try_wait().expect("it is a child of ours").map(Err)
        });
        match ready {
            Ok(ready) => (child, ready),
            Err(status) => {
                // What it said last may still be on its way.
                let _ = stderr.join();
                let said = timeline.lines_of("userstatusd");
                let last = said.len().saturating_sub(LAST_LINES);
                panic!(
                    "userstatusd ended with {status} before it listened:\n{}",
                    said[last..].join("\n")
                );
            }
        }
    }
}

/// Tells what happened, if it ends in a failure.
struct Story<'a>(&'a Timeline);

impl Drop for Story<'_> {
    fn drop(&mut self) {
        self.0.print_if_failed();
    }
}

/// A command line of a `userstatusd` that dies with the test, however that ends.
fn daemon_command() -> Command {
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

fn note_lines(stream: impl Read + Send + 'static, timeline: &Timeline) -> JoinHandle<()> {
    let timeline = timeline.clone();
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            timeline.note("userstatusd", &line);
        }
    })
}

/// Reads stdout to its end, in the background; gives the first line that is a JSON object.
fn first_json(stdout: impl Read + Send + 'static, timeline: &Timeline) -> mpsc::Receiver<Value> {
    let (sender, receiver) = mpsc::sync_channel(1);
    let timeline = timeline.clone();
    std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            timeline.note("userstatusd", &line);
            if let Ok(value @ Value::Object(_)) = serde_json::from_str(&line) {
                // Only the first is waited for.
                let _ = sender.try_send(value);
            }
        }
    });
    receiver
}

/// A loopback address nobody else has; tests listen there on ports below those the system gives to clients. Else another
/// test, or even a reconnecting client, could sit on a server's port while the server is down.
fn own_loopback_ip() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let (pid, count) = (std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    format!(
        "127.{}.{}.{}",
        1 + (pid >> 8) % 250,
        1 + pid % 250,
        1 + count % 250
    )
}

/// A path for a file or folder of a test.
fn scratch_path(name: &str) -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    programs()
        .scratch
        .join(format!("{}-{name}", COUNT.fetch_add(1, Ordering::Relaxed)))
}

fn utf8(path: &Path) -> &str {
    path.to_str()
        .expect("the target directory has a UTF-8 name")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
