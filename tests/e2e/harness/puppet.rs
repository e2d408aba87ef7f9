//! A game process that calls the C ABI, played from the test (`tests/c/puppet`).

use super::heard::{Answer, Heard, State};
use super::{Namespace, PATIENCE, Signal, Status, Timeline, programs, send_signal};
use serde_json::Value;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread::JoinHandle;
use std::time::Duration;

/// Where a puppet runs.
#[derive(Clone, Copy)]
pub(crate) enum Host<'a> {
    Here,
    Inside(&'a Namespace),
}

pub(crate) struct Puppet {
    pub(crate) name: String,
    child: RefCell<Child>,
    stdin: RefCell<ChildStdin>,
    heard: Heard,
    timeline: Timeline,
    readers: RefCell<Vec<JoinHandle<()>>>,
    next_tag: Cell<i64>,
    /// Calls that were accepted, whose callback is owed.
    accepted: RefCell<BTreeSet<i64>>,
    /// How many statuses of each user were looked at.
    read_of: RefCell<BTreeMap<String, usize>>,
    /// How many callbacks of each other kind were looked at.
    read_kind: RefCell<BTreeMap<String, usize>>,
    is_alive: Cell<bool>,
    is_stopped: Cell<bool>,
}

/// A call that was accepted.
#[must_use = "its callback is to be waited for"]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pending(i64);

impl Puppet {
    pub(crate) fn start(name: &str, timeline: &Timeline, host: Host<'_>) -> Self {
        Self::start_in(name, timeline, host, &[])
    }

    /// In an environment of its own.
    pub(crate) fn start_in(
        name: &str,
        timeline: &Timeline,
        host: Host<'_>,
        environment: &[(&str, &str)],
    ) -> Self {
        let programs = programs();
        let mut command = match host {
            Host::Here => Command::new(&programs.puppet),
            Host::Inside(namespace) => namespace.command(&programs.puppet),
        };
        let mut child = command
            .env("LD_LIBRARY_PATH", &programs.lib_dir)
            .env_remove("USERSTATUS_SERVER")
            .envs(environment.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the puppet was just built");
        let stdout = child.stdout.take().expect("it is piped");
        let stderr = child.stderr.take().expect("it is piped");
        let (heard, readers) = Heard::listen(name, timeline, stdout, stderr);
        let stdin = child.stdin.take().expect("it is piped");
        let puppet = Self {
            name: name.to_owned(),
            child: RefCell::new(child),
            stdin: RefCell::new(stdin),
            heard,
            timeline: timeline.clone(),
            readers: RefCell::new(readers),
            next_tag: Cell::new(1),
            accepted: RefCell::default(),
            read_of: RefCell::default(),
            read_kind: RefCell::default(),
            is_alive: Cell::new(true),
            is_stopped: Cell::new(false),
        };
        puppet.next("hello");
        puppet
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.borrow().id()
    }

    // ------------------------------------------------------------ calls

    /// Calls a function and gives what it returned.
    pub(crate) fn call(&self, command: &str) -> i64 {
        let tag = self.send(command);
        self.returned(tag)["value"].as_i64().expect("a number")
    }

    /// Calls a function that hands out a text.
    pub(crate) fn text(&self, command: &str) -> String {
        let tag = self.send(command);
        self.returned(tag)["text"]
            .as_str()
            .expect("a text")
            .to_owned()
    }

    /// Calls a function that takes a callback, and is accepted.
    pub(crate) fn begin(&self, command: &str) -> Pending {
        let tag = self.send(command);
        let value = self.returned(tag)["value"].as_i64();
        assert_eq!(value, Some(0), "{} {command}", self.name);
        self.accepted.borrow_mut().insert(tag);
        Pending(tag)
    }

    /// Waits for the callback of a call.
    pub(crate) fn answer(&self, pending: Pending) -> Answer {
        let what = format!("the callback of call {}", pending.0);
        self.wait(&what, |state| state.answers(pending.0).next())
    }

    /// Waits for the callback of a call that may take longer than anything else.
    pub(crate) fn answer_within(&self, pending: Pending, patience: Duration) -> Answer {
        let what = format!("the callback of call {}", pending.0);
        self.wait_within(patience, &what, |state| state.answers(pending.0).next())
    }

    /// The callback of a call, if it has come.
    pub(crate) fn peek(&self, pending: Pending) -> Option<Answer> {
        self.heard.lock().answers(pending.0).next()
    }

    /// When the call returned, on the puppet's clock.
    pub(crate) fn returned_at_ms(&self, pending: Pending) -> i64 {
        self.returned(pending.0)["ms"].as_i64().expect("a number")
    }

    /// Calls a function that is accepted, and waits for its callback.
    pub(crate) fn ask(&self, command: &str) -> Answer {
        let pending = self.begin(command);
        self.answer(pending)
    }

    /// Calls a function that is accepted and succeeds.
    pub(crate) fn done(&self, command: &str) -> Answer {
        let answer = self.ask(command);
        assert_eq!(answer.code, 0, "{} {command}: {}", self.name, answer.desc);
        answer
    }

    /// Calls a function that is accepted and refused with `code`; gives what was said about it.
    pub(crate) fn refused(&self, command: &str, code: i64) -> String {
        let answer = self.ask(command);
        assert_eq!(
            answer.code, code,
            "{} {command}: {}",
            self.name, answer.desc
        );
        answer.desc
    }

    /// Has a call made inside the next callback of a kind.
    pub(crate) fn inside(&self, kind: &str, command: &str) -> Pending {
        let tag = self.fresh_tag();
        assert_eq!(self.call(&format!("inside {kind} {tag} {command}")), 0);
        Pending(tag)
    }

    /// What a call made inside a callback returned.
    pub(crate) fn returned_inside(&self, pending: Pending) -> i64 {
        self.returned(pending.0)["value"]
            .as_i64()
            .expect("a number")
    }

    pub(crate) fn set_status(&self, custom: &str) {
        self.done(&set_command(custom));
    }

    pub(crate) fn get(&self, users: &[&str]) -> Vec<Status> {
        Status::list(&self.done(&format!("get {}", ids(users))).json)
    }

    pub(crate) fn subscribe(&self, users: &[&str]) -> Vec<Status> {
        Status::list(&self.done(&format!("subscribe {}", ids(users))).json)
    }

    pub(crate) fn unsubscribe(&self, users: &[&str]) {
        self.done(&format!("unsubscribe {}", ids(users)));
    }

    pub(crate) fn befriend(&self, user: &str, is_both: bool) {
        let answer = self.done(&add_friend_command(user, is_both));
        let results: Value = serde_json::from_str(&answer.json).expect("JSON");
        let result = if results.is_array() {
            &results[0]
        } else {
            &results
        };
        assert_eq!(
            result["friend_result_code"], 0,
            "{} befriends {user}: {result}",
            self.name
        );
    }

    /// Ends a hold. Whatever the puppet is doing.
    pub(crate) fn release(&self) {
        self.write("release");
    }

    // ------------------------------------------------------------ notifications

    /// The next status of `user` that was not looked at yet.
    pub(crate) fn next_status_of(&self, user: &str) -> Status {
        let skip = self.read_of.borrow().get(user).copied().unwrap_or_default();
        let what = format!("status {} of {user}", skip + 1);
        let status = self.wait(&what, |state| state.of(user).nth(skip).cloned());
        *self
            .read_of
            .borrow_mut()
            .entry(user.to_owned())
            .or_default() += 1;
        status
    }

    /// The next notification of this user is exactly this.
    pub(crate) fn hears(&self, expected: &Status) {
        let status = self.next_status_of(&expected.user);
        assert_eq!(
            &status, expected,
            "{} was told of {}",
            self.name, expected.user
        );
    }

    /// A notification of this user, now or later, is this; those before it are passed over, and handed back.
    pub(crate) fn hears_at_last(&self, expected: &Status) -> Vec<Status> {
        let mut passed = Vec::new();
        loop {
            let status = self.next_status_of(&expected.user);
            if status == *expected {
                return passed;
            }
            passed.push(status);
        }
    }

    /// The last notification of this user is this, or will be.
    pub(crate) fn shows(&self, expected: &Status) {
        self.wait(&format!("at last {expected:?}"), |state| {
            let last = state.of(&expected.user).last();
            last.is_some_and(|last| last == expected).then_some(())
        });
        let count = self.heard.lock().of(&expected.user).count();
        self.read_of
            .borrow_mut()
            .insert(expected.user.clone(), count);
    }

    /// Nothing more of `user` has come, though something that happened after has: one's own change, made now. What is
    /// forbidden has to have been done before.
    pub(crate) fn hears_no_more_of(&self, user: &str) {
        self.fence();
        let unread = self.unread_of(user);
        assert!(
            unread.is_empty(),
            "{} was told of {user}: {unread:?}",
            self.name
        );
    }

    /// Notifications of one connection keep their order: when one's own change has come back, all that was announced before
    /// it has come too.
    pub(crate) fn fence(&self) {
        let mark = format!("fence {}", self.fresh_tag());
        self.set_status(&mark);
        let passed = |status: &Status| status.custom == mark;
        self.wait(&mark, |state| {
            state.of(&self.user()).any(passed).then_some(())
        });
        let count = self
            .heard
            .lock()
            .of(&self.user())
            .position(passed)
            .expect("it was just seen")
            + 1;
        self.read_of.borrow_mut().insert(self.user(), count);
    }

    /// Statuses of `user` that have come and were not looked at.
    pub(crate) fn unread_of(&self, user: &str) -> Vec<Status> {
        let skip = self.read_of.borrow().get(user).copied().unwrap_or_default();
        self.heard.lock().of(user).skip(skip).cloned().collect()
    }

    /// All statuses of `user` that have come, looked at or not.
    pub(crate) fn every_status_of(&self, user: &str) -> Vec<Status> {
        self.heard.lock().of(user).cloned().collect()
    }

    /// The next callback of a kind (`network`, `kicked`, …) that was not looked at yet.
    pub(crate) fn next(&self, kind: &str) -> Value {
        let skip = self
            .read_kind
            .borrow()
            .get(kind)
            .copied()
            .unwrap_or_default();
        let what = format!("{kind} callback {}", skip + 1);
        let event = self.wait(&what, |state| state.kind(kind).nth(skip).cloned());
        *self
            .read_kind
            .borrow_mut()
            .entry(kind.to_owned())
            .or_default() += 1;
        event
    }

    /// Passes over network callbacks until one says `status` (0 connected, 1 disconnected, 2 connecting, 3 failed).
    pub(crate) fn network_becomes(&self, status: i64) -> Value {
        loop {
            let event = self.next("network");
            if event["status"] == status {
                return event;
            }
        }
    }

    /// The same of something that may take longer than anything else.
    pub(crate) fn network_becomes_within(&self, patience: Duration, status: i64) {
        let skip = self.read_kind.borrow().get("network").copied();
        let skip = skip.unwrap_or_default();
        let what = format!("network callback {status}");
        let count = self.wait_within(patience, &what, |state| {
            let mut later = state.kind("network").skip(skip);
            later.position(|event| event["status"] == status)
        });
        let read = skip + count + 1;
        self.read_kind
            .borrow_mut()
            .insert("network".to_owned(), read);
    }

    /// How many callbacks of a kind have come so far.
    pub(crate) fn count(&self, kind: &str) -> usize {
        self.heard.lock().kind(kind).count()
    }

    /// All that has come so far, in order.
    pub(crate) fn events(&self) -> Vec<Value> {
        self.heard.lock().events.clone()
    }

    // ------------------------------------------------------------ life and death

    pub(crate) fn signal(&self, signal: Signal) {
        self.timeline.note(&self.name, &format!("-- {signal:?} --"));
        send_signal(self.pid(), signal);
        match signal {
            Signal::Stop => self.is_stopped.set(true),
            Signal::Continue => self.is_stopped.set(false),
            Signal::Kill | Signal::Terminate => {
                self.is_alive.set(false);
                self.child
                    .borrow_mut()
                    .wait()
                    .expect("it is a child of ours");
            }
        }
    }

    fn user(&self) -> String {
        // "bob@Android" is another device of bob.
        self.name
            .split('@')
            .next()
            .expect("there is always a first part")
            .to_owned()
    }

    fn fresh_tag(&self) -> i64 {
        self.next_tag.replace(self.next_tag.get() + 1)
    }

    fn send(&self, command: &str) -> i64 {
        let tag = self.fresh_tag();
        self.write(&format!("{tag} {command}"));
        tag
    }

    fn write(&self, line: &str) {
        assert!(!line.contains('\n'), "a command is one line");
        self.timeline.note(&self.name, &format!("<- {line}"));
        let written = writeln!(self.stdin.borrow_mut(), "{line}");
        written.unwrap_or_else(|error| panic!("{} takes no more commands: {error}", self.name));
    }

    fn returned(&self, tag: i64) -> Value {
        self.wait(&format!("call {tag} to return"), |state| {
            let is_it = |event: &&Value| event["event"] == "return" && event["tag"] == tag;
            state.events.iter().rev().find(is_it).cloned()
        })
    }

    fn wait<T>(&self, what: &str, find: impl FnMut(&State) -> Option<T>) -> T {
        self.wait_within(PATIENCE, what, find)
    }

    fn wait_within<T>(
        &self,
        patience: Duration,
        what: &str,
        find: impl FnMut(&State) -> Option<T>,
    ) -> T {
        let found = self.heard.wait(patience, find);
        found.unwrap_or_else(|trouble| panic!("{} was to see {what}: {trouble}", self.name))
    }

    /// Ends the process in good order, and checks what holds for every process: it ends by itself and without a complaint (a
    /// sanitizer's, say), and every accepted call had its callback exactly once.
    fn quit(&self) {
        self.release();
        let tag = self.send("quit");
        self.returned(tag);
        self.is_alive.set(false);
        let status = self
            .child
            .borrow_mut()
            .wait()
            .expect("it is a child of ours");
        for reader in self.readers.borrow_mut().drain(..) {
            reader.join().expect("a reader does not panic");
        }
        assert!(status.success(), "{} ended with {status}", self.name);
        let state = self.heard.lock();
        for tag in self.accepted.borrow().iter() {
            let count = state.answers(*tag).count();
            assert_eq!(count, 1, "callbacks of {}'s call {tag}", self.name);
        }
    }
}

impl Drop for Puppet {
    fn drop(&mut self) {
        if self.is_alive.get() && !self.is_stopped.get() && !std::thread::panicking() {
            self.quit();
        } else if self.is_alive.get() {
            // Not by signal(): what a panic left is to go, whatever it answers.
            let _ = self.child.borrow_mut().kill();
            let _ = self.child.borrow_mut().wait();
        }
    }
}

/// A JSON array of ids.
pub(crate) fn ids(users: &[&str]) -> String {
    serde_json::to_string(users).expect("texts can be written as JSON")
}

pub(crate) fn set_command(custom: &str) -> String {
    format!(
        "set {}",
        serde_json::json!({ "user_status_custom_status": custom })
    )
}

pub(crate) fn add_friend_command(user: &str, is_both: bool) -> String {
    let param = serde_json::json!({
        "friendship_add_friend_param_identifier": user,
        "friendship_add_friend_param_friend_type": i32::from(is_both),
    });
    format!("add-friend {param}")
}
