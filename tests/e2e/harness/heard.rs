//! What a puppet has said: its return values and callbacks, in order.

use super::{Status, Timeline};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// `user_data` of the listeners, as the puppet reports it.
const LISTENER_TAG: i64 = 1_000_000;

/// What a one-shot callback was called with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) code: i64,
    pub(crate) desc: String,
    pub(crate) json: String,
    /// When, on the puppet's clock.
    pub(crate) ms: i64,
}

/// Filled by the threads that read a puppet's stdout and stderr.
#[derive(Clone)]
pub(super) struct Heard(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    more: Condvar,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) events: Vec<Value>,
    /// Flattened from the status callbacks, in order.
    statuses: Vec<Status>,
    /// What no callback may be called with.
    trouble: Option<String>,
    has_ended: bool,
}

impl Heard {
    /// Listens until the puppet ends.
    pub(super) fn listen(
        name: &str,
        timeline: &Timeline,
        stdout: impl Read + Send + 'static,
        stderr: impl Read + Send + 'static,
    ) -> (Self, Vec<JoinHandle<()>>) {
        let heard = Self(Arc::default());
        let readers = vec![
            heard.read(stdout, name, timeline),
            echo(stderr, name, timeline),
        ];
        (heard, readers)
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until `find` finds something.
    ///
    /// # Errors
    /// Why it never will, or that it has taken too long.
    pub(super) fn wait<T>(
        &self,
        patience: Duration,
        mut find: impl FnMut(&State) -> Option<T>,
    ) -> Result<T, String> {
        let deadline = Instant::now() + patience;
        let mut state = self.lock();
        loop {
            if let Some(found) = find(&state) {
                return Ok(found);
            }
            if let Some(trouble) = &state.trouble {
                return Err(trouble.clone());
            }
            if state.has_ended {
                return Err("its process has ended".to_owned());
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(format!("not in {patience:?}"));
            }
            let waited = self.0.more.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn read(
        &self,
        stdout: impl Read + Send + 'static,
        name: &str,
        timeline: &Timeline,
    ) -> JoinHandle<()> {
        let (heard, name, timeline) = (self.clone(), name.to_owned(), timeline.clone());
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                timeline.note(&name, &format!("-> {line}"));
                let mut state = heard.lock();
                if let Err(trouble) = state.take(&line) {
                    state.trouble = Some(trouble);
                }
                heard.0.more.notify_all();
            }
            heard.lock().has_ended = true;
            heard.0.more.notify_all();
        })
    }
}

impl State {
    fn take(&mut self, line: &str) -> Result<(), String> {
        // A kill may cut a line; then nothing more is expected of the puppet.
        let event: Value =
            serde_json::from_str(line).map_err(|error| format!("{error} in {line}"))?;
        let kind = event["event"].as_str().unwrap_or_default();
        let is_listener = [
            "status",
            "network",
            "kicked",
            "expiring",
            "expired",
            "log",
            "friend-added",
            "friend-deleted",
        ]
        .contains(&kind);
        if is_listener && event["tag"] != LISTENER_TAG {
            return Err(format!("user_data was changed: {event}"));
        }
        if kind == "status" {
            self.statuses.extend(Status::try_list(
                event["json"].as_str().unwrap_or_default(),
            )?);
        }
        self.events.push(event);
        Ok(())
    }

    pub(super) fn of<'s>(&'s self, user: &str) -> impl Iterator<Item = &'s Status> {
        self.statuses
            .iter()
            .filter(move |status| status.user == user)
    }

    pub(super) fn kind<'s>(&'s self, kind: &str) -> impl Iterator<Item = &'s Value> {
        self.events
            .iter()
            .filter(move |event| event["event"] == kind)
    }

    /// All that the callback of a call was called with: once, if all is well.
    pub(super) fn answers(&self, tag: i64) -> impl Iterator<Item = Answer> {
        self.kind("comm")
            .filter(move |event| event["tag"] == tag)
            .filter_map(Answer::of)
    }
}

impl Answer {
    fn of(event: &Value) -> Option<Self> {
        Some(Self {
            code: event["code"].as_i64()?,
            desc: event["desc"].as_str()?.to_owned(),
            json: event["json"].as_str()?.to_owned(),
            ms: event["ms"].as_i64()?,
        })
    }
}

fn echo(stderr: impl Read + Send + 'static, name: &str, timeline: &Timeline) -> JoinHandle<()> {
    let (name, timeline) = (name.to_owned(), timeline.clone());
    std::thread::spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            timeline.note(&name, &format!("!! {line}"));
        }
    })
}
