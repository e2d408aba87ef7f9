//! Accounts in memory, journalled to disk.

mod accounts;
mod backup;
mod commits;
mod data_dir;
mod disk;
mod erasure;
mod gaps;
mod journal;
mod lanes;
mod loading;
mod open_error;
mod place;
mod progress;
mod record;
mod records;
mod restore;
mod rows;
mod starts;
#[cfg(test)]
mod tests;

use crate::apps::App;
use crate::{
    AccountKey, AccountSummary, AppStorage, BlockPage, CommitSink, Doomed, Executed, Execution,
    FriendPage, NotDurable, Presence, Store, StoreError, StoreHealth, Ticket,
};
use accounts::{Accounts, Going, Parts};
use disk::Disk;
use gaps::Gap;
use journal::Journal;
use lanes::Lanes;
use loading::Loaded;
use parking_lot::Mutex;
use records::RecordLocks;
use redb::StorageBackend;
use rows::Rows;
use starts::Starts;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, OnceLock};
use userstatus_core::{
    Account, AppId, Block, Edit, Friend, PeerFacts, SessionId, Timestamp, UserId, UserStatus,
    Version,
};

pub use backup::{BackupError, BackupReport};
pub use data_dir::{data_file, lies_in_data_dir, name_one_file};
pub use gaps::Gaps;
pub use journal::JournalCount;
pub use open_error::OpenError;
pub use progress::{LoadPhase, LoadProgress};
pub use restore::{CompactError, Compacted, RestoreError, compact, restore};

/// The store of one machine: everything in memory, and on disk if there is a data directory.
pub struct EmbeddedStore {
    accounts: Arc<Accounts>,
    lanes: Lanes,
    sink: OnceLock<Arc<dyn CommitSink>>,
    journal: Option<Journal>,
    record_locks: RecordLocks,
    loaded: Mutex<Loaded>,
    /// Held while a backup is written.
    backing_up: Arc<tokio::sync::Mutex<()>>,
}

impl EmbeddedStore {
    /// Opens a data directory, making it if need be, or a store in memory only.
    ///
    /// # Errors
    /// [`OpenError`]; nothing was changed then.
    pub fn open(data_dir: Option<&Path>) -> Result<Arc<Self>, OpenError> {
        Self::open_and_tell(data_dir, &LoadProgress::default())
    }

    /// As [`EmbeddedStore::open`]; another thread can see how far it is.
    ///
    /// # Errors
    /// [`OpenError`]; nothing was changed then.
    pub fn open_and_tell(
        data_dir: Option<&Path>,
        progress: &LoadProgress,
    ) -> Result<Arc<Self>, OpenError> {
        match data_dir {
            Some(data_dir) => {
                let disk = Disk::open_dir(data_dir, disk::IfMissing::Make)?;
                Self::open_disk(disk, progress)
            }
            None => Ok(Arc::new(Self::with(
                Arc::new(Accounts::new()),
                None,
                Loaded::default(),
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
        let open = move |integrity| disk::builder(integrity).create_with_backend(backend()?);
        let disk = Disk::open_with(name.to_owned(), Box::new(open), disk::IfMissing::Make)?;
        Self::open_disk(disk, &LoadProgress::default())
    }

    fn open_disk(disk: Disk, progress: &LoadProgress) -> Result<Arc<Self>, OpenError> {
        let accounts = Arc::new(Accounts::new());
        let loaded = disk.load(&accounts, progress)?;
        let path = disk.path().to_owned();
        let journal = Journal::start(disk, Arc::clone(&accounts))
            .map_err(|source| OpenError::Io { path, source })?;
        Ok(Arc::new(Self::with(accounts, Some(journal), loaded)))
    }

    fn with(accounts: Arc<Accounts>, journal: Option<Journal>, loaded: Loaded) -> Self {
        Self {
            accounts,
            lanes: Lanes::new(),
            sink: OnceLock::new(),
            journal,
            record_locks: RecordLocks::new(),
            loaded: Mutex::new(loaded),
            backing_up: Arc::default(),
        }
    }

    /// Where the clock is not to start before: after the latest commit before the start, by as much as the system's clock, which
    /// now shows `wall`, says has passed since. A clock that was ahead stays ahead, and still tells how long it was away. To be
    /// called before [`Store::recover`], which remembers how far ahead.
    pub fn time_floor(&self, wall: Timestamp) -> Timestamp {
        let mut loaded = self.loaded.lock();
        let Some(commit_time) = loaded.commit_time else {
            return Timestamp::default();
        };
        let since_then_ms = loaded.wall_time.map_or(0, |then| wall.ms_since(then));
        // Where the system's clock has caught up it goes by that: it may have stood behind, in 1970 say, when it was last read.
        let away_ms = match wall.ms_since(commit_time) {
            // One more: within a millisecond versions are told apart by counting.
            0 => since_then_ms.saturating_add(1),
            past_ms => past_ms.min(since_then_ms).max(1),
        };
        let floor = commit_time.plus_ms(away_ms);
        loaded.ahead_ms = floor.ms_since(wall);
        floor
    }

    /// What there is to say of the journal now; none: there is none, in memory. Waits for no disk.
    pub fn journal(&self) -> Option<JournalCount> {
        let unwritten = self.accounts.unwritten_count() as u64;
        self.journal
            .as_ref()
            .map(|journal| journal.count(unwritten))
    }

    /// How many accounts there are in memory: all that are registered, and those of which no more is known than that their UserSigs
    /// were revoked. Takes the same time however many there are.
    pub fn accounts_known(&self) -> usize {
        self.accounts.known_count()
    }

    /// When the server did not run, and how far that is to be believed.
    pub fn gaps(&self) -> Gaps {
        self.loaded.lock().gaps.clone()
    }
}

impl AppStorage for EmbeddedStore {
    fn load(&self) -> Result<Vec<App>, StoreError> {
        Ok(std::mem::take(&mut self.loaded.lock().apps))
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
        debug_assert!(!execution.command.is_record(), "a record is for `record`");
        Ok(self
            .run(&execution, None)
            .expect("only what was planned can turn out otherwise"))
    }

    async fn record(&self, execution: Execution<'_>) -> Result<Executed, StoreError> {
        self.make_record(execution).await
    }

    async fn statuses(
        &self,
        app: AppId,
        viewer: Option<&UserId>,
        users: &[UserId],
    ) -> Result<Vec<UserStatus>, StoreError> {
        let status = |user: &UserId| {
            self.accounts
                .read(app, user, Account::status)
                .unwrap_or_else(|| UserStatus::unknown(user.clone()))
        };
        let mut statuses: Vec<_> = users.iter().map(status).collect();
        if let Some(viewer) = viewer {
            self.accounts.read(app, viewer, |viewer| {
                if viewer.blocks.is_empty() {
                    return;
                }
                let seen = std::mem::take(&mut statuses).into_iter();
                statuses = seen.map(|status| viewer.sees(status)).collect();
            });
        }
        Ok(statuses)
    }

    async fn presences(
        &self,
        app: AppId,
        users: &[UserId],
    ) -> Result<Vec<Option<Presence>>, StoreError> {
        let presence = |account: &Account| Presence {
            normal: account.normal(),
            custom: account.custom.clone(),
            devices: account.devices.clone(),
            away_since: account.away_since,
        };
        let of = |user: &UserId| self.read_registered(app, user, presence);
        Ok(users.iter().map(of).collect())
    }

    async fn sigs_valid_from(&self, account: &AccountKey) -> Result<Timestamp, StoreError> {
        let valid_from = |account: &Account| account.sigs_valid_from;
        Ok(self
            .accounts
            .read(account.app, &account.user, valid_from)
            .unwrap_or_default())
    }

    async fn account(&self, account: &AccountKey) -> Result<Option<Account>, StoreError> {
        let copy = self
            .accounts
            .read(account.app, &account.user, Account::clone);
        Ok(copy.filter(|account| account.registered))
    }

    async fn list_accounts(
        &self,
        app: AppId,
        after: Option<&UserId>,
        prefix: &str,
        count_max: usize,
    ) -> Result<Vec<AccountSummary>, StoreError> {
        // The first so many of those that fit, without a copy of all.
        let mut first = BTreeMap::new();
        for shard in 0..Accounts::SHARDS {
            self.accounts.for_each_in(shard, |of, account| {
                let user = &account.user;
                let fits = of == app
                    && account.registered
                    && user.as_str().starts_with(prefix)
                    && after.is_none_or(|after| user > after);
                if !fits {
                    return;
                }
                if first.len() >= count_max {
                    match first.last_key_value() {
                        Some((last, _)) if user < last => first.pop_last(),
                        _ => return,
                    };
                }
                let away_since = account.devices.is_empty().then_some(account.away_since);
                let status = account.status();
                first.insert(user.clone(), AccountSummary { status, away_since });
            });
            // Many accounts are much to look at: others work in between.
            tokio::task::yield_now().await;
        }
        Ok(first.into_values().collect())
    }

    async fn friends(
        &self,
        account: &AccountKey,
        after: Option<&UserId>,
        count_max: usize,
    ) -> Result<Vec<Friend>, StoreError> {
        let friends = |account: &Account| {
            let friends = account.friends.after(after).take(count_max);
            friends.cloned().collect()
        };
        Ok(self
            .accounts
            .read(account.app, &account.user, friends)
            .unwrap_or_default())
    }

    async fn friend_page(
        &self,
        account: &AccountKey,
        start: usize,
        count_max: usize,
    ) -> Result<Option<FriendPage>, StoreError> {
        let page = |account: &Account| FriendPage {
            friends: account
                .friends
                .iter()
                .skip(start)
                .take(count_max)
                .cloned()
                .collect(),
            count: account.friends.len(),
            fingerprint: account.friends.fingerprint(),
        };
        Ok(self.read_registered(account.app, &account.user, page))
    }

    async fn friends_named(
        &self,
        account: &AccountKey,
        users: &[UserId],
    ) -> Result<Option<Vec<Option<Friend>>>, StoreError> {
        let named = |account: &Account| {
            let friend = |user: &UserId| account.friends.get(user.as_str()).cloned();
            users.iter().map(friend).collect()
        };
        Ok(self.read_registered(account.app, &account.user, named))
    }

    async fn block_page(
        &self,
        account: &AccountKey,
        start: usize,
        count_max: usize,
    ) -> Result<Option<BlockPage>, StoreError> {
        let page = |account: &Account| {
            let own = account.blocks.iter().filter(|block| block.mine);
            BlockPage {
                blocks: own.skip(start).take(count_max).cloned().collect(),
                count: account.blocks.own_count(),
                fingerprint: account.blocks.own_fingerprint(),
            }
        };
        Ok(self.read_registered(account.app, &account.user, page))
    }

    async fn blocks_named(
        &self,
        account: &AccountKey,
        users: &[UserId],
    ) -> Result<Option<Vec<Option<Block>>>, StoreError> {
        let named = |account: &Account| {
            let block = |user: &UserId| account.blocks.get(user.as_str()).cloned();
            users.iter().map(block).collect()
        };
        Ok(self.read_registered(account.app, &account.user, named))
    }

    async fn blocked(
        &self,
        account: &AccountKey,
        after: Option<&UserId>,
        count_max: usize,
    ) -> Result<Vec<UserId>, StoreError> {
        let blocked = |account: &Account| {
            let blocked = account.blocks.after(after).filter(|block| block.mine);
            blocked
                .take(count_max)
                .map(|block| block.user.clone())
                .collect()
        };
        Ok(self
            .accounts
            .read(account.app, &account.user, blocked)
            .unwrap_or_default())
    }

    async fn peer_facts(&self, peer: &AccountKey, me: &UserId) -> Result<PeerFacts, StoreError> {
        let facts = |account: &Account| PeerFacts {
            registered: account.registered,
            friends: u32::try_from(account.friends.len()).unwrap_or(u32::MAX),
            has_me: account.friends.contains(me.as_str()),
            version: account.version,
        };
        Ok(self
            .accounts
            .read(peer.app, &peer.user, facts)
            .unwrap_or(PeerFacts {
                registered: false,
                friends: 0,
                has_me: false,
                version: Version(0),
            }))
    }

    async fn recover(
        &self,
        settings: impl Fn(AppId) -> Option<Arc<App>> + Send,
        first_session: SessionId,
        now: Timestamp,
    ) -> Result<Vec<(AccountKey, Timestamp)>, StoreError> {
        let mut rows = Rows::default();
        let (mut starts, gap) = {
            let mut loaded = self.loaded.lock();
            let gap = Gap {
                end: now,
                length_ms: loaded.commit_time.map_or(0, |then| now.ms_since(then)),
                ahead_ms: loaded.ahead_ms,
            };
            loaded.gaps.end(gap, &mut rows);
            (std::mem::take(&mut loaded.starts), gap)
        };
        starts.begin(first_session, now, &mut rows);
        let deadlines = self.hold_all(&starts, gap, settings).await?;
        starts.forget_old(now, &mut rows);
        if let Some(journal) = &self.journal {
            journal.committed(now);
            // With what was put off, in one transaction.
            journal.write_behind(rows);
            journal.presence_changed();
        }
        Ok(deadlines)
    }

    async fn remove_accounts(
        &self,
        doomed: &[Doomed],
        now: Timestamp,
    ) -> Result<Vec<bool>, StoreError> {
        self.erase(doomed, now).await
    }

    async fn remove_app(&self, app: AppId) -> Result<(), StoreError> {
        let _held = self.record_locks.hold_all().await;
        let _vanishing = self.vanish(Going::app(app), Vec::new());
        if let Some(journal) = &self.journal {
            let rows = Rows {
                removed_apps: vec![app],
                ..Rows::default()
            };
            // Should it be given up: at the next start accounts without an app go.
            journal.write(rows, Vec::new()).await?.succeeded();
        }
        self.accounts.remove_app(app);
        Ok(())
    }

    fn accounts_count(&self) -> usize {
        self.accounts.registered_count()
    }

    fn health(&self) -> StoreHealth {
        self.journal
            .as_ref()
            .map_or(StoreHealth::Well, Journal::health)
    }

    async fn flush(&self) -> Result<(), NotDurable> {
        match &self.journal {
            Some(journal) => journal.everything().wait().await,
            None => Ok(()),
        }
    }
}

impl EmbeddedStore {
    fn read_registered<T>(
        &self,
        app: AppId,
        user: &UserId,
        read: impl FnOnce(&Account) -> T,
    ) -> Option<T> {
        let read = |account: &Account| account.registered.then(|| read(account));
        self.accounts.read(app, user, read).flatten()
    }

    /// Puts everybody who was connected under lease; says what is due when. The accounts of apps that are gone go. Nobody could come
    /// back for their list while the server did not run: that time does not count (W7).
    async fn hold_all(
        &self,
        starts: &Starts,
        gap: Gap,
        settings: impl Fn(AppId) -> Option<Arc<App>> + Send,
    ) -> Result<Vec<(AccountKey, Timestamp)>, StoreError> {
        let mut deadlines = Vec::new();
        let mut removed = BTreeSet::new();
        let mut put_off = Vec::new();
        let stopped_at = Timestamp::from_ms(gap.end.as_ms() - gap.length_ms);
        self.accounts.for_each_mut(|app, account| {
            let Some(app) = settings(app) else {
                removed.insert(app);
                return;
            };
            // Not journalled: by the starts the next one finds the same.
            starts.hold(account, &app.settings);
            if let Some(at) = account.subscriptions_clear_at
                && at > stopped_at
                && gap.length_ms > 0
            {
                let at = Some(at.plus_ms(gap.length_ms));
                account.apply(&Edit::SetSubscriptionsClearAt(at));
                put_off.push(AccountKey::new(app.id, account.user.clone()));
            }
            if let Some(at) = account.next_deadline(&app.settings) {
                deadlines.push((AccountKey::new(app.id, account.user.clone()), at));
            }
        });
        for key in put_off {
            let mut guard = self.accounts.lock(&key, key.hash_value());
            guard.mark_unwritten(Parts {
                account: true,
                subscriptions: false,
            });
        }
        for app in removed {
            // The server stopped between removing an app and its accounts. A new app of that number must not find them.
            tracing::info!(%app, "removing the accounts of an app that was removed");
            self.accounts.remove_app(app);
            if let Some(journal) = &self.journal {
                journal.write_behind(Rows {
                    removed_apps: vec![app],
                    ..Rows::default()
                });
            }
        }
        Ok(deadlines)
    }
}
