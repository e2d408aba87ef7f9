//! From a request to a command, and from its outcome to an answer.

mod backend;
mod blocks;
mod friends;
mod login;
mod message;
mod meters;
mod operator;
mod request;
mod session;
mod settings;
#[cfg(test)]
mod tests;
mod usersig;

use crate::clock::Clock;
use crate::deadlines::Deadlines;
use crate::hub::Hub;
use crate::log_gate::LogGate;
use crate::outbox::{EncodedChange, Outbox};
use crate::sig_ends::SigEnds;
use crate::traces::{Event, Traces, Users, What};
use session::Abandoned;
use settings::CatchingUp;
use std::borrow::Borrow;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::task::Poll;
use tokio::task::AbortHandle;
use userstatus_core::{Code, Command, LossCause, Outcome, Refusal, SessionId, Timestamp, Version};
use userstatus_store::apps::{App, AppRegistry};
use userstatus_store::embedded::EmbeddedStore;
use userstatus_store::{AccountKey, Commit, Executed, Execution, NotDurable, Store, StoreError};

pub use backend::{CheckedSig, Results};
pub(crate) use message::status_message;
pub use meters::{Answered, Asked, CodeCounters, GatewayMeters, RecordFailure, RequestMeters};
pub use operator::OperatorError;
pub use session::Session;
pub use usersig::sig_code;

/// Session numbers start at the time of the start, in units this many times finer than a millisecond: above every number
/// given before it, which a device under lease may still carry.
const SESSIONS_PER_MS: u64 = 1 << 20;

/// Carries out what clients and operators ask, and what is due by itself.
pub struct Gateway<S: Store = EmbeddedStore> {
    apps: Arc<AppRegistry>,
    store: Arc<S>,
    hub: Arc<Hub>,
    clock: Clock,
    deadlines: Arc<Deadlines>,
    abandoned: Arc<Abandoned>,
    sig_ends: Arc<SigEnds>,
    catching_up: CatchingUp,
    /// Versions of accounts that have not changed since the start are below this.
    first_version: Version,
    next_session: AtomicU64,
    settings_epoch: AtomicU32,
    is_stopping: AtomicBool,
    refusals_gate: LogGate,
    records_gate: LogGate,
    meters: GatewayMeters,
    traces: Arc<Traces>,
    caretaker: OnceLock<AbortHandle>,
}

impl<S: Store> Gateway<S> {
    /// Puts the parts together: from now on the hub is told of the store's commits. [`Gateway::start`] comes next.
    pub fn new(apps: Arc<AppRegistry>, store: Arc<S>, hub: Arc<Hub>, clock: Clock) -> Arc<Self> {
        store.publish_to(Arc::clone(&hub) as _);
        Arc::new(Self {
            apps,
            store,
            hub,
            clock,
            deadlines: Arc::default(),
            abandoned: Arc::default(),
            sig_ends: Arc::default(),
            catching_up: CatchingUp::default(),
            first_version: Version::first_at(clock.now()),
            refusals_gate: LogGate::new("refused logins"),
            records_gate: LogGate::new("records that were not made"),
            meters: GatewayMeters::default(),
            traces: Arc::default(),
            next_session: AtomicU64::new(clock.now().as_ms().saturating_mul(SESSIONS_PER_MS)),
            settings_epoch: AtomicU32::new(0),
            is_stopping: AtomicBool::new(false),
            caretaker: OnceLock::new(),
        })
    }

    /// Takes up what stood when the server stopped (S6), and from then on does what happens by itself, on a task of its own.
    /// Once, before the first login.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn start(self: &Arc<Self>) -> Result<(), StoreError> {
        let settings = |app| self.apps.get(app);
        let first_session = SessionId(self.next_session.load(Ordering::Relaxed));
        let found = self
            .store
            .recover(settings, first_session, self.clock.now());
        let deadlines = found.await?;
        for (account, at) in &deadlines {
            self.deadlines.schedule(account, *at);
        }
        let caretaker = tokio::spawn(Caretaker::of(self).never_rest());
        self.caretaker.get_or_init(|| caretaker.abort_handle());
        Ok(())
    }

    /// The apps.
    pub const fn apps(&self) -> &Arc<AppRegistry> {
        &self.apps
    }

    /// The hub.
    pub const fn hub(&self) -> &Arc<Hub> {
        &self.hub
    }

    /// The store.
    pub const fn store(&self) -> &Arc<S> {
        &self.store
    }

    /// The clock.
    pub const fn clock(&self) -> &Clock {
        &self.clock
    }

    /// What it counts.
    pub const fn meters(&self) -> &GatewayMeters {
        &self.meters
    }

    /// Who is looked at.
    pub const fn traces(&self) -> &Arc<Traces> {
        &self.traces
    }

    /// Statuses are given to the socket of a session: for who looks on.
    pub fn trace_told(&self, session: &Session, statuses: &[Arc<EncodedChange>]) {
        if self.traces.of(session.account()).is_some() {
            let users = statuses.iter().map(|change| change.user().as_str());
            self.trace(session, What::Told(Users::of(users)));
        }
    }

    /// The connection of a session ends: for who looks on.
    pub fn trace_ended(&self, session: &Session, reason: &'static str) {
        if self.traces.of(session.account()).is_some() {
            self.trace(session, What::Ended(reason));
        }
    }

    fn trace(&self, session: &Session, what: What) {
        let event = Event {
            at: self.clock.wall(),
            session: Some(session.id().0),
            what,
        };
        self.traces.note(session.account(), event);
    }

    /// Rises whenever an app's settings change: who keeps a copy of one reads it anew.
    pub fn settings_epoch(&self) -> u32 {
        self.settings_epoch.load(Ordering::Acquire)
    }

    /// A connection ended, after a logout or without. While the server is stopping its device stays, to be put under lease
    /// by the next start: it is the server that leaves, not the client.
    pub async fn connection_lost(&self, session: impl Borrow<Session>, cause: LossCause) {
        self.lost(session.borrow().end(), cause).await;
    }

    /// From now on connections that end leave their devices in place.
    pub fn begin_shutdown(&self) {
        self.is_stopping.store(true, Ordering::Release);
    }

    /// Waits until everything committed so far is on disk.
    ///
    /// # Errors
    /// [`NotDurable`] if writing failed.
    pub async fn flush(&self) -> Result<(), NotDurable> {
        self.store.flush().await
    }

    async fn lost(&self, outbox: &Outbox, cause: LossCause) {
        self.sig_ends.forget(outbox);
        self.hub.detach(outbox);
        if self.is_stopping.load(Ordering::Acquire) {
            return;
        }
        let session = outbox.session();
        self.run_unasked(outbox.account(), Command::ConnectionLost { session, cause })
            .await;
    }

    /// Runs a command that nobody waits for.
    async fn run_unasked(&self, account: &AccountKey, command: Command) {
        // Of a removed app nothing is left that could happen.
        let Some(app) = self.apps.get(account.app) else {
            return;
        };
        if let Err(error) = self
            .run(account, &app, command, None, self.clock.now())
            .await
        {
            tracing::error!(app = account.app.get(), user = account.user.as_str(), %error, "a change was not made");
        }
    }

    async fn run(
        &self,
        account: &AccountKey,
        app: &App,
        command: Command,
        origin: Option<SessionId>,
        now: Timestamp,
    ) -> Result<Executed, StoreError> {
        let executed = self
            .store
            .execute(Execution {
                account,
                settings: &app.settings,
                command,
                origin,
                now,
            })
            .await?;
        self.schedule(account, executed.next_deadline, now);
        Ok(executed)
    }

    /// Makes a record: when this returns it is on disk, and has taken effect.
    async fn record(
        &self,
        account: &AccountKey,
        app: &App,
        command: Command,
        origin: Option<SessionId>,
    ) -> Result<Arc<Commit>, Refusal> {
        let now = self.clock.now();
        let execution = Execution {
            account,
            settings: &app.settings,
            command,
            origin,
            now,
        };
        let recorded = self.store.record(execution).await;
        let executed = recorded.inspect_err(|error| {
            self.meters.record_failed(error);
            if self.records_gate.opens(now) {
                tracing::warn!(app = account.app.get(), user = account.user.as_str(), %error, "a record was not made");
            }
        })?;
        self.schedule(account, executed.next_deadline, now);
        match &executed.commit.outcome {
            Outcome::Refused(refusal) => Err(refusal.clone()),
            _ => Ok(executed.commit),
        }
    }

    fn schedule(&self, account: &AccountKey, deadline: Option<Timestamp>, now: Timestamp) {
        if let Some(at) = deadline {
            // Never in the past: what does not happen when it is due is looked at again, but not in a loop.
            self.deadlines.schedule(account, at.max(now.plus_ms(1)));
        }
    }
}

impl<S: Store> Drop for Gateway<S> {
    fn drop(&mut self) {
        if let Some(caretaker) = self.caretaker.get() {
            caretaker.abort();
        }
    }
}

/// What happens by itself: deadlines, UserSigs that end, and connections whose task died.
struct Caretaker<S: Store> {
    /// Weak: the gateway ends its caretaker when it goes.
    gateway: Weak<Gateway<S>>,
    deadlines: Arc<Deadlines>,
    abandoned: Arc<Abandoned>,
    sig_ends: Arc<SigEnds>,
    clock: Clock,
}

impl<S: Store> Caretaker<S> {
    fn of(gateway: &Arc<Gateway<S>>) -> Self {
        Self {
            gateway: Arc::downgrade(gateway),
            deadlines: Arc::clone(&gateway.deadlines),
            abandoned: Arc::clone(&gateway.abandoned),
            sig_ends: Arc::clone(&gateway.sig_ends),
            clock: gateway.clock,
        }
    }

    /// Leases have to end whatever happens: what fails at one account goes on with the next.
    async fn never_rest(self) {
        loop {
            let mut caring = std::pin::pin!(self.take_care());
            let ended = poll_fn(|context| {
                let polled = catch_unwind(AssertUnwindSafe(|| caring.as_mut().poll(context)));
                match polled {
                    Ok(Poll::Pending) => Poll::Pending,
                    Ok(Poll::Ready(())) => Poll::Ready(true),
                    Err(_) => Poll::Ready(false),
                }
            })
            .await;
            if ended {
                return;
            }
            tracing::error!("what happens by itself has failed once, and goes on");
        }
    }

    /// Until the gateway is gone.
    async fn take_care(&self) {
        loop {
            tokio::select! {
                accounts = self.deadlines.due(&self.clock) => {
                    let Some(gateway) = self.gateway.upgrade() else { return };
                    for account in accounts {
                        gateway.run_unasked(&account, Command::Expire).await;
                    }
                }
                due = self.sig_ends.due(&self.clock) => {
                    let Some(gateway) = self.gateway.upgrade() else { return };
                    gateway.sig_is_due(due);
                }
                outboxes = self.abandoned.take() => {
                    let Some(gateway) = self.gateway.upgrade() else { return };
                    for outbox in outboxes {
                        tracing::warn!(session = outbox.session().0, "a connection's task ended without a word");
                        gateway.lost(&outbox, LossCause::Closed).await;
                    }
                }
            }
            // Many may be due at once, after a restart; others want the thread too.
            tokio::task::yield_now().await;
        }
    }
}

/// What a client is told of a refusal.
pub fn desc_of(refusal: &Refusal) -> String {
    match &refusal.detail {
        Some(detail) => detail.to_string(),
        None => refusal.code.text().to_owned(),
    }
}

fn refused(code: Code) -> Refusal {
    Refusal { code, detail: None }
}

fn refused_because(code: Code, reason: impl Into<Box<str>>) -> Refusal {
    Refusal {
        code,
        detail: Some(reason.into()),
    }
}
