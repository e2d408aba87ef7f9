//! What the handles of a client and its task share.

use crate::session::Session;
use crate::{Error, LoginStatus, Reply, Request};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Instant;
use tokio::sync::oneshot;
use userstatus_core::Code;

/// A request's one answer, owed: dropped unanswered it says 7009.
pub(crate) struct Completer(Option<Box<dyn FnOnce(Reply) + Send>>);

impl Completer {
    pub(crate) fn new(done: Box<dyn FnOnce(Reply) + Send>) -> Self {
        Self(Some(done))
    }

    pub(crate) fn complete(mut self, reply: Reply) {
        if let Some(done) = self.0.take() {
            done(reply);
        }
    }
}

impl Drop for Completer {
    fn drop(&mut self) {
        if let Some(done) = self.0.take() {
            done(Err(Error::of(Code::EndedByShutdown)));
        }
    }
}

pub(super) enum Command {
    Submit(Request, Completer),
    Probe,
    ShutDown(oneshot::Sender<()>),
}

/// How the session stands, for other threads to read.
#[derive(Clone, Debug)]
pub(super) struct Snapshot {
    status: LoginStatus,
    user: Option<Arc<str>>,
    server_clock: Option<(u64, Instant)>,
}

impl Snapshot {
    pub(super) fn of(session: &Session) -> Self {
        Self {
            status: session.login_status(),
            user: session.login_user().map(Arc::from),
            server_clock: session.server_clock(),
        }
    }
}

/// The way into the task.
pub(super) struct Inbox(Mutex<State>);

struct State {
    commands: Vec<Command>,
    waker: Option<Waker>,
    abandoned: bool,
    closed: bool,
    snapshot: Snapshot,
}

impl Inbox {
    /// What was handed in, and whether the last handle is gone. The task is woken for what comes after.
    pub(super) fn take(&self, waker: &Waker) -> (Vec<Command>, bool) {
        let mut state = self.lock();
        match &mut state.waker {
            Some(known) => known.clone_from(waker),
            none => *none = Some(waker.clone()),
        }
        (std::mem::take(&mut state.commands), state.abandoned)
    }

    /// Shows how things stand, unless something is waiting that will change it: then `false`.
    pub(super) fn publish(&self, snapshot: Snapshot) -> bool {
        let mut state = self.lock();
        if !state.commands.is_empty() {
            return false;
        }
        state.snapshot = snapshot;
        true
    }

    /// Nothing is taken any more: what is there, and what still comes, ends with 7009.
    pub(super) fn close(&self, snapshot: Snapshot) {
        let commands = {
            let mut state = self.lock();
            state.closed = true;
            state.snapshot = snapshot;
            std::mem::take(&mut state.commands)
        };
        drop(commands); // Completers answer when dropped, and must not do so under the lock.
    }

    /// `false`: the task is gone, and the command was dropped.
    fn put(&self, command: Command) {
        let waker = {
            let mut state = self.lock();
            if state.closed {
                drop(state);
                return drop(command);
            }
            if let Command::Submit(Request::Login { .. }, _) = &command
                && state.snapshot.status == LoginStatus::LoggedOut
            {
                state.snapshot.status = LoginStatus::LoggingIn;
            }
            state.commands.push(command);
            // One wake for many: the task takes all there is.
            if state.commands.len() == 1 {
                state.waker.take()
            } else {
                None
            }
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it is held, and a snapshot is whole at any time.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the handles hold; its drop is the last handle's.
pub(crate) struct Shared(Arc<Inbox>);

impl Default for Shared {
    fn default() -> Self {
        let snapshot = Snapshot {
            status: LoginStatus::LoggedOut,
            user: None,
            server_clock: None,
        };
        Self(Arc::new(Inbox(Mutex::new(State {
            commands: Vec::new(),
            waker: None,
            abandoned: false,
            closed: false,
            snapshot,
        }))))
    }
}

impl Shared {
    pub(super) fn inbox(&self) -> Arc<Inbox> {
        Arc::clone(&self.0)
    }

    pub(crate) fn submit(&self, request: Request, completer: Completer) {
        self.0.put(Command::Submit(request, completer));
    }

    pub(crate) fn probe(&self) {
        self.0.put(Command::Probe);
    }

    pub(crate) fn shut_down(&self) -> oneshot::Receiver<()> {
        let (sender, receiver) = oneshot::channel();
        self.0.put(Command::ShutDown(sender));
        receiver
    }

    pub(crate) fn login_status(&self) -> LoginStatus {
        self.0.lock().snapshot.status
    }

    pub(crate) fn login_user(&self) -> Option<String> {
        self.0.lock().snapshot.user.as_deref().map(str::to_owned)
    }

    pub(crate) fn server_time_ms(&self) -> Option<u64> {
        let (at_reading_ms, read_at) = self.0.lock().snapshot.server_clock?;
        let since_ms = u64::try_from(read_at.elapsed().as_millis()).unwrap_or(u64::MAX);
        Some(at_reading_ms.saturating_add(since_ms))
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared")
            .field("snapshot", &self.0.lock().snapshot)
            .finish()
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        let waker = {
            let mut state = self.0.lock();
            state.abandoned = true;
            state.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}
