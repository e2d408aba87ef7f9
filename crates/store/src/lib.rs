//! Where accounts and apps are kept.
//!
//! A store runs commands: it loads an account, asks [`userstatus_core::decide`], applies the edits, and publishes the commit, all
//! in one order per account. It is the only place that changes an account.

#![forbid(unsafe_code)]

mod account_key;
pub mod apps;
#[cfg(test)]
mod conformance;
pub mod embedded;
#[cfg(test)]
mod testing;
mod ticket;

pub use account_key::{AccountKey, account_hash};
pub use ticket::{NotDurable, Ticket};

use crate::apps::App;
use std::future::Future;
use std::sync::Arc;
use userstatus_core::{
    Account, AppId, AppSettings, Code, Command, Edit, Effect, Friend, Outcome, PeerFacts, Refusal,
    SessionId, Timestamp, UserId, UserStatus,
};

/// A command for an account.
#[derive(Debug)]
pub struct Execution<'a> {
    /// Whose.
    pub account: &'a AccountKey,
    /// The settings of its app.
    pub settings: &'a AppSettings,
    /// What is asked.
    pub command: Command,
    /// The session that asked, if one did: it is not told of what its own answer tells it.
    pub origin: Option<SessionId>,
    /// When.
    pub now: Timestamp,
}

/// What a command did to its account.
#[derive(Debug, PartialEq, Eq)]
pub struct Commit {
    /// The account.
    pub account: AccountKey,
    /// What changed, in order.
    pub edits: Vec<Edit>,
    /// What is announced, if anything.
    pub change: Option<UserStatus>,
    /// The answer.
    pub outcome: Outcome,
    /// The session that asked, if one did.
    pub origin: Option<SessionId>,
}

/// A command that was run.
#[derive(Debug)]
pub struct Executed {
    /// What it did. Already published.
    pub commit: Arc<Commit>,
    /// What is to be done to other accounts before it is answered.
    pub effects: Vec<Effect>,
    /// When something next happens to the account by itself.
    pub next_deadline: Option<Timestamp>,
    /// To be awaited before it is answered.
    pub ticket: Ticket,
}

/// Is told of every commit, those of one account in the order they were made.
pub trait CommitSink: Send + Sync {
    /// Must not block, and must not call the store.
    fn publish(&self, commit: &Commit);
}

/// Why a store could not do what it was asked: nothing to do with the rules.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the store cannot be reached: {0}")]
pub struct StoreError(pub String);

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "a request failed");
        Self {
            code: Code::Internal,
            detail: None,
        }
    }
}

impl From<NotDurable> for Refusal {
    fn from(error: NotDurable) -> Self {
        Self {
            code: Code::Internal,
            detail: Some(format!("{error}; try again").into()),
        }
    }
}

/// Accounts.
pub trait Store: Send + Sync + 'static {
    /// Whom to tell of commits. To be called once, before the first command.
    fn publish_to(&self, sink: Arc<dyn CommitSink>);

    /// Runs one command against one account, atomically.
    ///
    /// When it returns, the commit has been published: who reads after that reads at least what it made, and a
    /// subscription it added is in the hub's index (W8).
    fn execute(
        &self,
        execution: Execution<'_>,
    ) -> impl Future<Output = Result<Executed, StoreError>> + Send;

    /// The statuses of users, in the order given; [`UserStatus::unknown`] of a stranger (S7).
    fn statuses(
        &self,
        app: AppId,
        users: &[UserId],
    ) -> impl Future<Output = Result<Vec<UserStatus>, StoreError>> + Send;

    /// A copy of an account, if it is registered.
    fn account(
        &self,
        account: &AccountKey,
    ) -> impl Future<Output = Result<Option<Account>, StoreError>> + Send;

    /// An account's friends, by user id.
    fn friends(
        &self,
        account: &AccountKey,
    ) -> impl Future<Output = Result<Vec<Friend>, StoreError>> + Send;

    /// What [`Command::AddFriend`] has to know of the other account.
    fn peer_facts(
        &self,
        peer: &AccountKey,
        me: &UserId,
    ) -> impl Future<Output = Result<PeerFacts, StoreError>> + Send;

    /// After a start: puts devices recorded as connected under lease (S6) and names every account that something will
    /// happen to by itself, and when. Accounts of apps for which `settings` has nothing are left alone.
    fn recover(
        &self,
        settings: impl Fn(AppId) -> Option<Arc<App>> + Send,
        now: Timestamp,
    ) -> impl Future<Output = Result<Vec<(AccountKey, Timestamp)>, StoreError>> + Send;

    /// Removes every account of an app.
    fn remove_accounts(
        &self,
        app: AppId,
    ) -> impl Future<Output = Result<Ticket, StoreError>> + Send;

    /// How many accounts there are.
    fn accounts_count(&self) -> usize;

    /// Waits until everything committed so far is durable.
    fn flush(&self) -> impl Future<Output = Result<(), NotDurable>> + Send;
}

/// Where the app registry keeps apps.
pub trait AppStorage: Send + Sync {
    /// All apps, once, at the start.
    fn load(&self) -> Result<Vec<App>, StoreError>;

    /// Writes an app; the ticket says when that is durable.
    fn put(&self, app: &App) -> Ticket;

    /// Removes an app; the ticket says when that is durable.
    fn remove(&self, app: AppId) -> Ticket;
}
