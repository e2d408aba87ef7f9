//! Accounts in memory, journalled to disk.

mod accounts;
mod disk;
mod journal;
mod lanes;
mod record;
#[cfg(test)]
mod tests;

use crate::account_key::AccountKey;
use crate::apps::App;
use crate::{
    AppStorage, Commit, CommitSink, Executed, Execution, NotDurable, Store, StoreError, Ticket,
};
use accounts::Accounts;
use disk::Disk;
use journal::Journal;
use lanes::Lanes;
use parking_lot::Mutex;
use redb::StorageBackend;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use userstatus_core::{
    Account, AppId, Command, Edit, Friend, PeerFacts, Timestamp, UserId, UserStatus, decide,
};

pub use disk::OpenError;

/// The store of one machine: everything in memory, and on disk if there is a data directory.
pub struct EmbeddedStore {
    accounts: Arc<Accounts>,
    lanes: Lanes,
    sink: OnceLock<Arc<dyn CommitSink>>,
    journal: Option<Journal>,
    loaded_apps: Mutex<Vec<App>>,
    time_floor: Timestamp,
}

impl EmbeddedStore {
    /// Opens a data directory, making it if need be, or a store in memory only.
    ///
    /// # Errors
    /// [`OpenError`]; nothing was changed then.
    pub fn open(data_dir: Option<&Path>) -> Result<Arc<Self>, OpenError> {
        match data_dir {
            Some(data_dir) => Self::open_disk(Disk::open_dir(data_dir)?),
            None => Ok(Arc::new(Self::with(
                Arc::new(Accounts::new()),
                None,
                Vec::new(),
                Timestamp::default(),
            ))),
        }
    }

    /// Opens a store on whatever holds the bytes; `name` is how errors call it. `backend` is called again after a failed write,
    /// which leaves the database unusable.
    ///
    /// # Errors
    /// [`OpenError`]; nothing was changed then.
    pub fn open_on<B: StorageBackend>(
        name: &Path,
        backend: impl Fn() -> std::io::Result<B> + Send + 'static,
    ) -> Result<Arc<Self>, OpenError> {
        let open = move || disk::builder().create_with_backend(backend()?);
        Self::open_disk(Disk::open_with(name.to_owned(), Box::new(open))?)
    }

    fn open_disk(disk: Disk) -> Result<Arc<Self>, OpenError> {
        let accounts = Arc::new(Accounts::new());
        let loaded = disk.load(&accounts)?;
        let path = disk.path().to_owned();
        let journal = Journal::start(disk, Arc::clone(&accounts))
            .map_err(|source| OpenError::Io { path, source })?;
        Ok(Arc::new(Self::with(
            accounts,
            Some(journal),
            loaded.apps,
            loaded.time_floor,
        )))
    }

    fn with(
        accounts: Arc<Accounts>,
        journal: Option<Journal>,
        apps: Vec<App>,
        time_floor: Timestamp,
    ) -> Self {
        Self {
            accounts,
            lanes: Lanes::new(),
            sink: OnceLock::new(),
            journal,
            loaded_apps: Mutex::new(apps),
            time_floor,
        }
    }

    /// The latest time a commit was made at before the start: the clock is not to start before it.
    pub const fn time_floor(&self) -> Timestamp {
        self.time_floor
    }

    fn run(&self, execution: Execution<'_>) -> Executed {
        let Execution {
            account: key,
            settings,
            command,
            origin,
            now,
        } = execution;
        let hash = key.hash_value();
        let mut guard = self.accounts.lock(key, hash);
        let decision = match guard.get() {
            Some(account) => decide(account, settings, &command, now),
            None => decide(&Account::unheard(key.user.clone()), settings, &command, now),
        };
        let next_deadline = if decision.edits.is_empty() {
            guard.get().and_then(Account::next_deadline)
        } else {
            let account = guard.get_or_insert();
            for edit in &decision.edits {
                account.apply(edit);
            }
            account.next_deadline()
        };
        // Requests that only count are nobody's news.
        let is_news = decision.change.is_some() || decision.edits.iter().any(Edit::is_durable);
        let commit = Arc::new(Commit {
            account: key.clone(),
            edits: decision.edits,
            change: decision.change,
            outcome: decision.outcome,
            origin,
        });
        let mut ticket = Ticket::durable();
        if is_news {
            let lane = self.lanes.of(hash);
            let place = lane.push(Arc::clone(&commit));
            drop(guard);
            // The disk may be at it while watchers are told.
            if let Some(journal) = &self.journal {
                ticket = journal.mark(&commit, now);
            }
            match self.sink.get() {
                Some(sink) => lane.publish(place, &**sink),
                None => lane.publish(place, &Nobody),
            }
        }
        Executed {
            commit,
            effects: decision.effects,
            next_deadline,
            ticket,
        }
    }
}

/// The sink before there is one.
struct Nobody;

impl CommitSink for Nobody {
    fn publish(&self, _commit: &Commit) {}
}

impl AppStorage for EmbeddedStore {
    fn load(&self) -> Result<Vec<App>, StoreError> {
        Ok(std::mem::take(&mut *self.loaded_apps.lock()))
    }

    fn put(&self, app: &App) -> Ticket {
        self.journal
            .as_ref()
            .map_or_else(Ticket::durable, |journal| journal.put_app(app))
    }

    fn remove(&self, app: AppId) -> Ticket {
        self.journal
            .as_ref()
            .map_or_else(Ticket::durable, |journal| journal.remove_app(app))
    }
}

impl Store for EmbeddedStore {
    fn publish_to(&self, sink: Arc<dyn CommitSink>) {
        if self.sink.set(sink).is_err() {
            tracing::error!("a second hub was named to the store; the first stays");
        }
    }

    async fn execute(&self, execution: Execution<'_>) -> Result<Executed, StoreError> {
        Ok(self.run(execution))
    }

    async fn statuses(&self, app: AppId, users: &[UserId]) -> Result<Vec<UserStatus>, StoreError> {
        let status = |user: &UserId| {
            self.accounts
                .read(app, user, Account::status)
                .unwrap_or_else(|| UserStatus::unknown(user.clone()))
        };
        Ok(users.iter().map(status).collect())
    }

    async fn account(&self, account: &AccountKey) -> Result<Option<Account>, StoreError> {
        let copy = self
            .accounts
            .read(account.app, &account.user, Account::clone);
        Ok(copy.filter(|account| account.registered))
    }

    async fn friends(&self, account: &AccountKey) -> Result<Vec<Friend>, StoreError> {
        let friends = |account: &Account| account.friends.iter().cloned().collect();
        Ok(self
            .accounts
            .read(account.app, &account.user, friends)
            .unwrap_or_default())
    }

    async fn peer_facts(&self, peer: &AccountKey, me: &UserId) -> Result<PeerFacts, StoreError> {
        let facts = |account: &Account| PeerFacts {
            registered: account.registered,
            friends: u32::try_from(account.friends.len()).unwrap_or(u32::MAX),
            has_me: account.friends.contains(me.as_str()),
        };
        Ok(self
            .accounts
            .read(peer.app, &peer.user, facts)
            .unwrap_or(PeerFacts {
                registered: false,
                friends: 0,
                has_me: false,
            }))
    }

    async fn recover(
        &self,
        settings: impl Fn(AppId) -> Option<Arc<App>> + Send,
        now: Timestamp,
    ) -> Result<Vec<(AccountKey, Timestamp)>, StoreError> {
        let mut deadlines = Vec::new();
        let mut removed = BTreeSet::new();
        self.accounts.for_each(|app, account| {
            let Some(app) = settings(app) else {
                removed.insert(app);
                return;
            };
            // Not journalled: the next start would do it again, and nobody is connected whom it could concern.
            for edit in decide(account, &app.settings, &Command::HoldUnderLease, now).edits {
                account.apply(&edit);
            }
            if let Some(at) = account.next_deadline() {
                deadlines.push((AccountKey::new(app.id, account.user.clone()), at));
            }
        });
        for app in removed {
            // The server stopped between removing an app and its accounts. A new app of that number must not find them.
            tracing::info!(%app, "removing the accounts of an app that was removed");
            drop(self.remove_accounts(app).await?);
        }
        Ok(deadlines)
    }

    async fn remove_accounts(&self, app: AppId) -> Result<Ticket, StoreError> {
        self.accounts.remove_app(app);
        let ticket = self
            .journal
            .as_ref()
            .map(|journal| journal.remove_accounts(app));
        Ok(ticket.unwrap_or_default())
    }

    fn accounts_count(&self) -> usize {
        self.accounts.len()
    }

    async fn flush(&self) -> Result<(), NotDurable> {
        match &self.journal {
            Some(journal) => journal.everything().wait().await,
            None => Ok(()),
        }
    }
}
