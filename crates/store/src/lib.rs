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
pub mod files;
mod folder;
#[cfg(test)]
mod testing;
mod ticket;

pub use account_key::{AccountKey, account_hash};
pub use folder::{Folder, Readers, Unfinished};
pub use ticket::{NotDurable, Ticket};

use crate::apps::App;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};
use userstatus_core::{
    Account, AppId, AppSettings, Block, Code, Command, CustomStatus, Device, Edit, Friend,
    NormalStatus, Outcome, PeerFacts, Refusal, SessionId, Timestamp, UserId, UserStatus,
};

/// A record that is not on disk by then is refused: whoever asked is still waiting, and hears why.
pub const RECORD_TIMEOUT: Duration = Duration::from_secs(5);

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
    /// When something next happens to the account by itself.
    pub next_deadline: Option<Timestamp>,
}

/// Is told of every commit, those of one account in the order they were made.
pub trait CommitSink: Send + Sync {
    /// `made_at` is when the commit was made: others may have been published before it. Must not block, and must not call the store.
    fn publish(&self, commit: &Commit, made_at: Instant);
}

/// Why a store could not do what it was asked: nothing to do with the rules. Nothing has changed then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// It is out of reach.
    #[error("the store cannot be reached: {0}")]
    Unreachable(String),
    /// A record is not on disk.
    #[error(transparent)]
    NotDurable(#[from] NotDurable),
    /// Others changed the account again and again while this was being written.
    #[error("the account is being changed by others all the time")]
    Contended,
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self {
            code: Code::Internal,
            detail: Some(format!("{error}; nothing was changed, try again").into()),
        }
    }
}

/// How well a store can write. What it says of presence it knows whatever this says; records need a store that is well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreHealth {
    /// It writes.
    Well,
    /// It was refused when it last tried, and goes on trying.
    Failing {
        /// For so long.
        for_ms: u64,
        /// What the system says.
        reason: String,
    },
    /// A write has not come back.
    Stalled {
        /// For so long.
        for_ms: u64,
    },
}

/// What a list of accounts says of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountSummary {
    /// Its status.
    pub status: UserStatus,
    /// Since when nobody is there; `None` while somebody is.
    pub away_since: Option<Timestamp>,
}

/// What a back end is told of an account that is registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presence {
    /// Its normal status.
    pub normal: NormalStatus,
    /// What the user has set.
    pub custom: CustomStatus,
    /// Connected, or expected back.
    pub devices: Vec<Device>,
    /// Since when nobody is there; while somebody is, since when nobody was before.
    pub away_since: Timestamp,
}

/// A part of a list of friends, as a back end asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FriendPage {
    /// By user id.
    pub friends: Vec<Friend>,
    /// How many there are on the whole list.
    pub count: usize,
    /// Of the whole list: another one after a change.
    pub fingerprint: u32,
}

/// A part of a list of users that an account has blocked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockPage {
    /// By user id.
    pub blocks: Vec<Block>,
    /// How many there are on the whole list.
    pub count: usize,
    /// Of the whole list: another one after a change.
    pub fingerprint: u32,
}

/// An account that is to be removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doomed {
    /// Which.
    pub account: AccountKey,
    /// It stays if somebody is there, or has been since this; `None`: it goes in any case.
    pub away_since: Option<Timestamp>,
}

/// Accounts.
///
/// A command is either presence or a record ([`Command::is_record`]). Presence takes effect, is published and answered at once, whatever
/// the disk does. A record is on disk before any of that.
pub trait Store: Send + Sync + 'static {
    /// Whom to tell of commits. To be called once, before the first command.
    fn publish_to(&self, sink: Arc<dyn CommitSink>);

    /// Runs one command against one account, atomically. Not for records.
    ///
    /// When it returns, the commit has been published: who reads after that reads at least what it made, and a
    /// subscription it added is in the hub's index (W8).
    fn execute(
        &self,
        execution: Execution<'_>,
    ) -> impl Future<Output = Result<Executed, StoreError>> + Send;

    /// Runs a command that makes a record, with its effects on other accounts: all of it is on disk, then takes effect and is
    /// published, or nothing is. One that is dropped half-way has not happened, or has happened as a whole.
    fn record(
        &self,
        execution: Execution<'_>,
    ) -> impl Future<Output = Result<Executed, StoreError>> + Send;

    /// The statuses of users, in the order given; [`UserStatus::unknown`] of a stranger (S7). A viewer sees nothing of those
    /// hidden from them (R2).
    fn statuses(
        &self,
        app: AppId,
        viewer: Option<&UserId>,
        users: &[UserId],
    ) -> impl Future<Output = Result<Vec<UserStatus>, StoreError>> + Send;

    /// Where users are, in the order given; `None` of a stranger. For the studio's own server: nobody is hidden.
    fn presences(
        &self,
        app: AppId,
        users: &[UserId],
    ) -> impl Future<Output = Result<Vec<Option<Presence>>, StoreError>> + Send;

    /// UserSigs of the account minted before this are revoked (D2, D4), whether it is registered or not.
    fn sigs_valid_from(
        &self,
        account: &AccountKey,
    ) -> impl Future<Output = Result<Timestamp, StoreError>> + Send;

    /// A copy of an account, if it is registered.
    fn account(
        &self,
        account: &AccountKey,
    ) -> impl Future<Output = Result<Option<Account>, StoreError>> + Send;

    /// Registered accounts of an app by user id: those behind `after` whose ids begin with `prefix`, at most `count_max`.
    fn list_accounts(
        &self,
        app: AppId,
        after: Option<&UserId>,
        prefix: &str,
        count_max: usize,
    ) -> impl Future<Output = Result<Vec<AccountSummary>, StoreError>> + Send;

    /// An account's friends by user id, those behind `after`, at most `count_max`.
    fn friends(
        &self,
        account: &AccountKey,
        after: Option<&UserId>,
        count_max: usize,
    ) -> impl Future<Output = Result<Vec<Friend>, StoreError>> + Send;

    /// An account's friends by user id, at most `count_max` from the one at `start` on, counted from 0; `None` if it is not registered.
    fn friend_page(
        &self,
        account: &AccountKey,
        start: usize,
        count_max: usize,
    ) -> impl Future<Output = Result<Option<FriendPage>, StoreError>> + Send;

    /// What an account says of users, in the order given: `None` of who is no friend; `None` at all if it is not registered.
    fn friends_named(
        &self,
        account: &AccountKey,
        users: &[UserId],
    ) -> impl Future<Output = Result<Option<Vec<Option<Friend>>>, StoreError>> + Send;

    /// As [`Store::friend_page`], of the users that an account has blocked.
    fn block_page(
        &self,
        account: &AccountKey,
        start: usize,
        count_max: usize,
    ) -> impl Future<Output = Result<Option<BlockPage>, StoreError>> + Send;

    /// As [`Store::friends_named`], of what stands between an account and users.
    fn blocks_named(
        &self,
        account: &AccountKey,
        users: &[UserId],
    ) -> impl Future<Output = Result<Option<Vec<Option<Block>>>, StoreError>> + Send;

    /// Whom an account blocked, by user id, those behind `after`, at most `count_max`.
    fn blocked(
        &self,
        account: &AccountKey,
        after: Option<&UserId>,
        count_max: usize,
    ) -> impl Future<Output = Result<Vec<UserId>, StoreError>> + Send;

    /// What [`Command::AddFriend`] has to know of the other account.
    fn peer_facts(
        &self,
        peer: &AccountKey,
        me: &UserId,
    ) -> impl Future<Output = Result<PeerFacts, StoreError>> + Send;

    /// After a start, at `now`: puts devices recorded as connected under lease (S6) and names every account that something will
    /// happen to by itself, and when. Accounts of apps for which `settings` has nothing go. `first_session` is the lowest number
    /// this server gives to a connection.
    fn recover(
        &self,
        settings: impl Fn(AppId) -> Option<Arc<App>> + Send,
        first_session: SessionId,
        now: Timestamp,
    ) -> impl Future<Output = Result<Vec<(AccountKey, Timestamp)>, StoreError>> + Send;

    /// Removes accounts, and them from the lists of all others; those who watched one are told that it is unknown, and its devices are
    /// logged out. A record: all of it is on disk first, or nothing happens. Says of each whether it went.
    fn remove_accounts(
        &self,
        doomed: &[Doomed],
        now: Timestamp,
    ) -> impl Future<Output = Result<Vec<bool>, StoreError>> + Send;

    /// Removes every account of an app. A record.
    fn remove_app(&self, app: AppId) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// How many accounts there are.
    fn accounts_count(&self) -> usize;

    /// How well it writes.
    fn health(&self) -> StoreHealth;

    /// Waits until everything committed so far is durable.
    fn flush(&self) -> impl Future<Output = Result<(), NotDurable>> + Send;
}

/// Where the app registry keeps apps.
pub trait AppStorage: Send + Sync {
    /// All apps, once, at the start.
    fn load(&self) -> Result<Vec<App>, StoreError>;

    /// Writes an app; the ticket says when that is durable. Of several for one app the last counts.
    fn put(&self, app: &App) -> Ticket;

    /// Removes an app; the ticket says when that is durable.
    fn remove(&self, app: AppId) -> Ticket;
}
