//! Programs of `tests/mono` at play with a server, and what they ask the test for.

use super::runtime::Runtime;
use crate::harness::{
    Puppet, Relay, Server, Signal, eventually, mint, now_s, online, programs, send_signal,
};
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// Longer than a program ever says nothing: each of its own waits ends before.
const SILENCE_MAX: Duration = Duration::from_secs(120);

/// A program, and whom and how it plays: which of the ways to take events, see `tests/mono/Drivers.cs`.
#[derive(Clone, Copy)]
pub(crate) struct Role<'a> {
    pub(crate) scenario: &'a str,
    pub(crate) driver: &'a str,
    pub(crate) user: &'a str,
}

/// Dropped in this order: who plays with the server goes before it, and it tells the story of a test that failed.
pub(crate) struct Stage {
    puppets: BTreeMap<String, Puppet>,
    companions: Vec<Actor>,
    relay: Option<Relay>,
    pub(crate) server: Server,
    runtime: Runtime,
    environment: Vec<(&'static str, &'static str)>,
    /// When the last UserSig that was asked for with an end of its own ends.
    expires_at_s: u64,
}

impl Stage {
    pub(crate) fn new(runtime: Runtime, server: Server) -> Self {
        Self {
            puppets: BTreeMap::new(),
            companions: Vec::new(),
            relay: None,
            server,
            runtime,
            environment: Vec::new(),
            expires_at_s: 0,
        }
    }

    /// Programs connect through a relay.
    pub(crate) fn behind_a_relay(mut self) -> Self {
        self.relay = Some(Relay::to(&self.server.address));
        self
    }

    pub(crate) fn with_environment(mut self, name: &'static str, value: &'static str) -> Self {
        self.environment.push((name, value));
        self
    }

    /// One that plays as long as the stage is there. Returns when it is ready.
    pub(crate) fn accompany(&mut self, role: Role<'_>) {
        let (says, said) = sync_channel(SAID_MAX);
        let mut companion = self.start(0, role, &says);
        loop {
            match hear(&said).1 {
                Some(line) if line == "ready" => break,
                Some(line) => self.take(&mut companion, &line),
                None => panic!("{} has ended: {}", role.user, companion.end()),
            }
        }
        // Nobody listens to it from now on.
        drop(said);
        self.companions.push(companion);
    }

    /// Plays these to their end, all at a time.
    ///
    /// # Panics
    /// If one of them does not end with 0.
    pub(crate) fn play(&mut self, roles: &[Role<'_>]) {
        let (says, said) = sync_channel(SAID_MAX);
        let mut actors: Vec<_> = (0..)
            .zip(roles)
            .map(|(at, role)| self.start(at, *role, &says))
            .collect();
        drop(says);
        // Who waits for the others, and where.
        let mut waiting: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        let mut playing = actors.len();
        while playing > 0 {
            let (at, line) = hear(&said);
            let Some(line) = line else {
                let status = actors[at].end();
                assert!(status.is_empty(), "{} {status}", roles[at].scenario);
                playing -= 1;
                continue;
            };
            if let Some(place) = line.strip_prefix("do meet ") {
                self.note(&actors[at].name, &line);
                let there = waiting.entry(place.to_owned()).or_default();
                there.push(at);
                if there.len() == actors.len() {
                    for at in waiting.remove(place).expect("it was just there") {
                        actors[at].answer("met");
                    }
                }
                continue;
            }
            self.take(&mut actors[at], &line);
        }
    }

    fn start(
        &self,
        at: usize,
        role: Role<'_>,
        says: &SyncSender<(usize, Option<String>)>,
    ) -> Actor {
        let address = self
            .relay
            .as_ref()
            .map_or_else(|| self.server.address.clone(), Relay::address);
        let mut command = self.runtime.command();
        command
            .args([role.scenario, role.driver, &address])
            .args([&self.server.app_id.to_string(), role.user])
            .envs(self.environment.iter().copied());
        self.note(role.user, &format!("{command:?}"));
        Actor::start(command, at, role, says)
    }

    fn note(&self, who: &str, line: &str) {
        self.server.timeline.note(who, line);
    }

    fn take(&mut self, actor: &mut Actor, line: &str) {
        self.note(&actor.name, line);
        if let Some(request) = line.strip_prefix("do ") {
            let answer = self.carry_out(request);
            actor.answer(&answer);
        } else if line.starts_with("figure: ") {
            let (runtime, name) = (self.runtime, &actor.name);
            #[expect(clippy::print_stdout, reason = "measured figures, for --nocapture")]
            {
                println!("{runtime:?} {name} {line}");
            }
        }
    }

    /// What a program asks for. The answer is one line.
    fn carry_out(&mut self, request: &str) -> String {
        let words: Vec<_> = request.split(' ').collect();
        match *words.as_slice() {
            ["sig", user] => return self.server.sig(user),
            ["sig", user, expire_s] => {
                let expire_s: u64 = expire_s.parse().expect("a number of seconds");
                self.expires_at_s = now_s() + expire_s;
                return self.mint(user, now_s(), expire_s);
            }
            // Minted an hour ago, and good for so many seconds more.
            ["old-sig", user, left_s] => {
                let left_s: u64 = left_s.parse().expect("a number of seconds");
                return self.mint(user, now_s() - 3_600, 3_600 + left_s);
            }
            ["sig-expired", user] => return self.mint(user, now_s() - 100, 50),
            ["wait-expired"] => eventually("the UserSig expires", || {
                (now_s() > self.expires_at_s + 1).then_some(())
            }),
            ["set", flag, value] => self.server.set(&format!("{flag} {value}")),
            ["kill"] => self.server.kill(),
            ["restart"] => self.server.restart(),
            ["stop"] => self.stop_server(),
            ["continue"] => send_signal(self.server.pid(), Signal::Continue),
            ["silence"] => self.relay().fall_silent(),
            ["speak"] => self.relay().speak_again(),
            ["subscriptions", user] => return self.server.subscriptions_of(user).to_string(),
            ["folder"] => {
                let folder = programs()
                    .scratch
                    .join(format!("mono-{}", std::process::id()));
                fs::create_dir_all(&folder).expect("the target directory can be written to");
                return folder.display().to_string();
            }
            ["enter", user] => {
                // Of the same name as before: that one has done its part.
                self.puppets.remove(user);
                let puppet = self.server.enter(user);
                self.puppets.insert(user.to_owned(), puppet);
            }
            ["watches", user, other] => drop(self.puppets[user].subscribe(&[other])),
            ["befriends", user, other] => self.puppets[user].befriend(other, true),
            ["says", user, text] => self.puppets[user].set_status(&from_base64(text)),
            ["hears", user, other, text] => {
                let expected = online(other).saying(&from_base64(text));
                self.puppets[user].hears_at_last(&expected);
            }
            _ => panic!("a program asks for {request}"),
        }
        "done".to_owned()
    }

    /// Returns when it stands still: each of its threads takes the signal by itself.
    fn stop_server(&self) {
        send_signal(self.server.pid(), Signal::Stop);
        let threads = format!("/proc/{}/task", self.server.pid());
        eventually("the server stands still", || {
            let stands = |thread: fs::DirEntry| {
                let stat = fs::read_to_string(thread.path().join("stat")).ok()?;
                // The state stands behind the name, which is in parentheses.
                stat.rsplit(") ").next()?.starts_with('T').then_some(())
            };
            fs::read_dir(&threads).ok()?.flatten().try_for_each(stands)
        });
    }

    fn mint(&self, user: &str, issued_at_s: u64, expire_s: u64) -> String {
        mint(
            Server::SECRET_KEY,
            self.server.app_id,
            user,
            issued_at_s,
            expire_s,
        )
    }

    fn relay(&self) -> &Relay {
        self.relay.as_ref().expect("the test put one there")
    }
}

/// Lines that were said and not read yet; a program that says more waits.
const SAID_MAX: usize = 1024;

/// The next line, and whose it is; without a line that one has ended.
fn hear(said: &Receiver<(usize, Option<String>)>) -> (usize, Option<String>) {
    said.recv_timeout(SILENCE_MAX)
        .unwrap_or_else(|error| panic!("no program says anything in {SILENCE_MAX:?}: {error}"))
}

/// A running program.
struct Actor {
    name: String,
    child: Child,
    stdin: ChildStdin,
    stderr: Option<JoinHandle<String>>,
}

impl Actor {
    fn start(
        mut command: Command,
        at: usize,
        role: Role<'_>,
        says: &SyncSender<(usize, Option<String>)>,
    ) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("setpriv is installed");
        let stdout = child.stdout.take().expect("it is piped");
        let mut stderr = child.stderr.take().expect("it is piped");
        let stdin = child.stdin.take().expect("it is piped");
        let says = says.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                // Nobody may be listening any more; the program is not to wait for that.
                let _ = says.send((at, Some(line)));
            }
            let _ = says.send((at, None));
        });
        let stderr = std::thread::spawn(move || {
            let mut bytes = Vec::new();
            let _ = std::io::Read::read_to_end(&mut stderr, &mut bytes);
            String::from_utf8_lossy(&bytes).into_owned()
        });
        Self {
            name: role.user.to_owned(),
            child,
            stdin,
            stderr: Some(stderr),
        }
    }

    fn answer(&mut self, line: &str) {
        let written = writeln!(self.stdin, "{line}");
        written.unwrap_or_else(|error| panic!("{} takes no answer: {error}", self.name));
    }

    /// Waits for its end; what is wrong with it, if anything.
    fn end(&mut self) -> String {
        let status = self.child.wait().expect("it is a child of ours");
        let stderr = self.stderr.take().map(JoinHandle::join);
        if status.success() {
            return String::new();
        }
        let said = stderr.and_then(Result::ok).unwrap_or_default();
        format!("ended with {status}: {said}")
    }
}

impl Drop for Actor {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn from_base64(text: &str) -> String {
    let value = |letter: u8| match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0_u32, 0);
    for letter in text.bytes().filter(|letter| *letter != b'=') {
        bits = (bits << 6 | u32::from(value(letter))) & 0xffff;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count & 0xff) as u8);
        }
    }
    String::from_utf8(bytes).expect("programs write UTF-8")
}
