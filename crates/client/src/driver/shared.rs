//! What the handles of a client and its task share.

use crate::session::Session;
use crate::{Error, LoginStatus, NetworkChange, Reply, Request};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Instant;
use tokio::sync::oneshot;
use userstatus_core::{Code, Limits};

/// Requests handed in and not looked at yet by the task. More than a session lets wait for answers, so that it is the
/// session that refuses unless its task does not get to run.
const HANDED_IN_MAX: usize = 65_536;

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

/// What other threads want of the task.
#[derive(Default)]
pub(super) struct Wanted {
    pub(super) requests: Vec<(Request, Completer)>,
    pub(super) probe: bool,
    /// That the network was gone, if it was, and the latest that was said of it.
    pub(super) network: [Option<NetworkChange>; 2],
    /// Shut down, or the last handle is gone.
    pub(super) stop: bool,
}

/// How the session stands, for other threads to read.
#[derive(Clone, Debug)]
struct Snapshot {
    status: LoginStatus,
    user: Option<Arc<str>>,
    server_clock: Option<(u64, Instant)>,
    subscriptions_max: u32,
}

impl Snapshot {
    /// Compared before it is made: a push changes none of it, and pushes are what comes most.
    fn is_of(&self, session: &Session) -> bool {
        self.status == session.login_status()
            && self.server_clock == session.server_clock()
            && self.subscriptions_max == session.subscriptions_max()
            && self.user.as_deref() == session.login_user()
    }

    fn of(session: &Session) -> Self {
        Self {
            status: session.login_status(),
            user: session.login_user().map(Arc::from),
            server_clock: session.server_clock(),
            subscriptions_max: session.subscriptions_max(),
        }
    }
}

/// The way into the task.
pub(super) struct Inbox(Mutex<State>);

struct State {
    wanted: Wanted,
    waker: Option<Waker>,
    /// Nothing is taken any more.
    closed: bool,
    /// Nothing will be called any more.
    gone: bool,
    waiting_for_end: Vec<oneshot::Sender<()>>,
    snapshot: Snapshot,
}

impl Inbox {
    /// What was handed in. The task is woken for what comes after.
    pub(super) fn take(&self, waker: &Waker) -> Wanted {
        let mut state = self.lock();
        match &mut state.waker {
            Some(known) => known.clone_from(waker),
            none => *none = Some(waker.clone()),
        }
        std::mem::take(&mut state.wanted)
    }

    /// Shows how things stand, unless a request is waiting that will change it.
    pub(super) fn publish(&self, session: &Session) {
        let mut state = self.lock();
        if state.wanted.requests.is_empty() && !state.snapshot.is_of(session) {
            state.snapshot = Snapshot::of(session);
        }
    }

    /// Nothing is taken any more: what is there, and what still comes, ends with 7009.
    pub(super) fn close(&self, session: &Session) {
        let wanted = {
            let mut state = self.lock();
            state.closed = true;
            state.snapshot = Snapshot::of(session);
            std::mem::take(&mut state.wanted)
        };
        drop(wanted); // Completers answer when dropped, and must not do so under the lock.
    }

    /// The task is done with everything: whoever waits for that goes on.
    pub(super) fn end(&self) {
        let waiting = {
            let mut state = self.lock();
            state.gone = true;
            std::mem::take(&mut state.waiting_for_end)
        };
        for waiting in waiting {
            // It may have stopped waiting.
            let _ = waiting.send(());
        }
    }

    fn submit(&self, request: Request, completer: Completer) {
        let waker = {
            let mut state = self.lock();
            if state.closed {
                drop(state);
                return drop(completer);
            }
            if state.wanted.requests.len() >= HANDED_IN_MAX {
                drop(state);
                let desc = format!("{HANDED_IN_MAX} requests are waiting to be sent; no more may");
                return completer.complete(Err(Error::with(Code::CalledTooOften, desc)));
            }
            if let Request::Login { .. } = &request
                && state.snapshot.status == LoginStatus::LoggedOut
            {
                state.snapshot.status = LoginStatus::LoggingIn;
            }
            state.wanted.requests.push((request, completer));
            state.waker.take()
        };
        wake(waker);
    }

    fn want(&self, change: impl FnOnce(&mut State)) {
        let waker = {
            let mut state = self.lock();
            change(&mut state);
            state.waker.take()
        };
        wake(waker);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it is held, and a snapshot is whole at any time.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One wake for many: the task puts its waker back when it takes what there is.
fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
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
            subscriptions_max: Limits::default().subscriptions_max,
        };
        Self(Arc::new(Inbox(Mutex::new(State {
            wanted: Wanted::default(),
            waker: None,
            closed: false,
            gone: false,
            waiting_for_end: Vec::new(),
            snapshot,
        }))))
    }
}

impl Shared {
    pub(super) fn inbox(&self) -> Arc<Inbox> {
        Arc::clone(&self.0)
    }

    pub(crate) fn submit(&self, request: Request, completer: Completer) {
        self.0.submit(request, completer);
    }

    pub(crate) fn probe(&self) {
        self.0.want(|state| state.wanted.probe = true);
    }

    pub(crate) fn network_changed(&self, change: NetworkChange) {
        self.0.want(|state| {
            // Gone and back before the task got to run: what stood on the old network does not any more.
            let [gone, latest] = &mut state.wanted.network;
            match change {
                NetworkChange::Gone => (*gone, *latest) = (Some(change), None),
                NetworkChange::Changed | NetworkChange::Back => *latest = Some(change),
            }
        });
    }

    /// Resolves when the task is gone.
    pub(crate) fn shut_down(&self) -> oneshot::Receiver<()> {
        let (sender, receiver) = oneshot::channel();
        // A sender dropped says the same as one that has sent.
        self.0.want(|state| {
            if !state.gone {
                state.wanted.stop = true;
                state.waiting_for_end.push(sender);
            }
        });
        receiver
    }

    pub(crate) fn login_status(&self) -> LoginStatus {
        self.0.lock().snapshot.status
    }

    pub(crate) fn login_user(&self) -> Option<String> {
        self.0.lock().snapshot.user.as_deref().map(str::to_owned)
    }

    pub(crate) fn subscriptions_max(&self) -> u32 {
        self.0.lock().snapshot.subscriptions_max
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
        self.0.want(|state| state.wanted.stop = true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering};

    #[test]
    fn a_network_that_was_gone_is_not_forgotten_for_one_that_is_back() {
        use NetworkChange::{Back, Changed, Gone};
        for (said, kept) in [
            (&[Changed, Back][..], [None, Some(Back)]),
            (&[Gone], [Some(Gone), None]),
            (&[Gone, Back, Changed], [Some(Gone), Some(Changed)]),
            (&[Back, Gone, Back, Gone], [Some(Gone), None]),
        ] {
            let shared = Shared::default();
            for change in said {
                shared.network_changed(*change);
            }
            let wanted = shared.inbox().take(Waker::noop());
            assert_eq!(wanted.network, kept, "{said:?}");
        }
    }

    #[test]
    fn what_a_task_that_does_not_run_is_handed_is_bounded() {
        let shared = Shared::default();
        let (ended, code) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicI32::new(0)));
        let submit = || {
            let (ended, code) = (Arc::clone(&ended), Arc::clone(&code));
            let done = move |reply: Reply| {
                ended.fetch_add(1, Ordering::Relaxed);
                code.store(
                    reply.map_or_else(|error| error.code, |_| 0),
                    Ordering::Relaxed,
                );
            };
            shared.submit(Request::ListFriends, Completer::new(Box::new(done)));
        };
        for _ in 0..HANDED_IN_MAX {
            submit();
        }
        assert_eq!(ended.load(Ordering::Relaxed), 0);
        submit();
        assert_eq!(
            (ended.load(Ordering::Relaxed), code.load(Ordering::Relaxed)),
            (1, 7008)
        );
        drop(shared);
        assert_eq!(
            (ended.load(Ordering::Relaxed), code.load(Ordering::Relaxed)),
            (HANDED_IN_MAX + 1, 7009),
            "each ends once"
        );
    }
}
