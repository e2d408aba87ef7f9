//! `userstatusd top`.

use crate::client::Client;
use crate::process::{Daemon, command, text, until};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::process::Stdio;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;
use userstatus_wire::v1::{self, request};

/// More than a terminal's worth.
const CHUNKS_MAX: usize = 1_000;

fn some_traffic(daemon: &Daemon) -> Client {
    let mut alice = Client::logged_in(daemon, "alice");
    let mut forged = Client::greeted(daemon.server);
    let mut login = forged.login_of(daemon, "mallory");
    login.user_sig = "forged".to_owned();
    forged.login(login).unwrap_err();
    let custom_status = "in a match".to_owned();
    alice.ask(request::Body::SetSelfStatus(v1::SetSelfStatus {
        custom_status,
    }));
    alice
}

#[test]
fn it_says_in_json_how_the_server_fares() {
    let daemon = Daemon::dev(&[]);
    let _alice = some_traffic(&daemon);
    let seen = daemon.ctl(&["top", "--once", "--every-s", "1"]);
    assert_eq!(seen["sessions"], 1.0);
    assert_eq!(seen["phase"], "serving");
    assert_eq!(seen["is_ready"], true);
    assert_eq!(seen["store_state"], "ok");
    assert_eq!(seen["store"], serde_json::Value::Null, "in memory");
    let refused = seen["refused"].as_object().unwrap();
    assert_eq!(refused.len(), 1, "{seen}");
    assert!(seen["memory_bytes"].as_f64().unwrap() > 1e6);
    assert!(seen["watch_latency_p99_ms"].is_null(), "nothing went on");
}

#[test]
fn where_there_is_no_terminal_it_prints_once_for_people() {
    let daemon = Daemon::dev(&[]);
    let _alice = some_traffic(&daemon);
    let (admin, token) = (daemon.admin.to_string(), daemon.token.clone());
    let output = command()
        .args(["top", "--every-s", "1", "--admin", &admin])
        .env("USERSTATUS_ADMIN_TOKEN", &token)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let seen = text(&output.stdout);
    assert!(seen.contains("serving, ready"), "{seen}");
    assert!(seen.contains("1 logged in"), "{seen}");
    assert!(
        seen.lines().any(|line| line.starts_with("refused")),
        "{seen}"
    );
    assert!(!seen.contains('\x1b'), "{seen}");
    let wrong = command()
        .args(["top", "--once", "--admin", &admin, "--token", "wrong"])
        .output()
        .unwrap();
    assert_eq!(wrong.status.code(), Some(1));
    assert!(text(&wrong.stderr).contains("token is wrong"));
}

/// A terminal, and what is shown on it.
struct Terminal {
    master: File,
    slave: File,
    shown: Receiver<Vec<u8>>,
    seen: String,
}

impl Terminal {
    fn open() -> Self {
        let master =
            openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let path = ptsname(&master, Vec::new()).unwrap();
        let mut options = OpenOptions::new();
        let slave = options
            .read(true)
            .write(true)
            .open(path.to_str().unwrap())
            .unwrap();
        let master = File::from(master);
        let mut reader = master.try_clone().unwrap();
        let (chunks, shown) = sync_channel(CHUNKS_MAX);
        thread::spawn(move || {
            let mut chunk = [0; 4_096];
            while let Ok(count @ 1..) = reader.read(&mut chunk) {
                // The test may have ended.
                if chunks.send(chunk[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        let terminal = Self {
            master,
            slave,
            shown,
            seen: String::new(),
        };
        terminal.resize(100, 30);
        terminal
    }

    fn resize(&self, columns: u16, rows: u16) {
        let size = Winsize {
            ws_row: rows,
            ws_col: columns,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(self.master.as_fd(), size).unwrap();
    }

    fn end(&self) -> Stdio {
        self.slave.try_clone().unwrap().into()
    }

    fn close(self) {
        let Self {
            master,
            slave,
            shown,
            ..
        } = self;
        drop((slave, shown));
        // Whoever reads holds it, too, until it is told that nothing comes any more.
        drop(master);
    }

    fn press(&mut self, key: &[u8]) {
        self.master.write_all(key).unwrap();
    }

    /// Waits for something to be shown from now on.
    fn until_shown(&mut self, what: &str) -> String {
        self.seen.clear();
        until(what, || {
            for chunk in self.shown.try_iter() {
                self.seen += &String::from_utf8_lossy(&chunk);
            }
            self.seen.contains(what).then(|| self.seen.clone())
        })
    }

    /// Waits for a whole screen of so many lines.
    fn until_painted(&mut self, lines: usize) -> Vec<String> {
        self.seen.clear();
        until("a screen of that size", || {
            for chunk in self.shown.try_iter() {
                self.seen += &String::from_utf8_lossy(&chunk);
            }
            let (_, painted) = self.seen.rsplit_once("\x1b[H")?;
            let (painted, _) = painted.split_once("\x1b[J")?;
            let painted: Vec<_> = painted
                .split_terminator("\x1b[K\r\n")
                .map(ToOwned::to_owned)
                .collect();
            (painted.len() == lines).then_some(painted)
        })
    }

    fn echoes(&self) -> bool {
        let modes = tcgetattr(self.slave.as_fd()).unwrap().local_modes;
        modes.contains(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG)
    }
}

/// As when the window is closed.
#[test]
fn it_ends_with_its_terminal() {
    let daemon = Daemon::dev(&[]);
    let mut terminal = Terminal::open();
    let mut top = command()
        .args(["top", "--admin", &daemon.admin.to_string()])
        .args(["--token", &daemon.token])
        .stdin(terminal.end())
        .stdout(terminal.end())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    terminal.until_shown("reading");
    terminal.close();
    until("its end", || top.try_wait().unwrap());
}

#[test]
fn in_a_terminal_it_is_refreshed_follows_its_size_and_ends_with_a_key() {
    for key in [&b"q"[..], b"\x03"] {
        let daemon = Daemon::dev(&[]);
        let alice = some_traffic(&daemon);
        let mut terminal = Terminal::open();
        let mut top = command()
            .args(["top", "--every-s", "1"])
            .args(["--admin", &daemon.admin.to_string()])
            .args(["--token", &daemon.token])
            .stdin(terminal.end())
            .stdout(terminal.end())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        terminal.until_shown("1 logged in");
        assert!(!terminal.echoes());
        drop(alice);
        terminal.until_shown("0 logged in");
        terminal.resize(20, 5);
        // Four lines of twenty columns.
        let small = terminal.until_painted(4);
        assert!(
            small.iter().all(|line| line.chars().count() <= 20),
            "{small:?}"
        );
        terminal.press(key);
        let status = until("its end", || top.try_wait().unwrap());
        assert!(status.success());
        terminal.until_shown("\x1b[?1049l");
        assert!(terminal.echoes(), "as it was before");
    }
}
