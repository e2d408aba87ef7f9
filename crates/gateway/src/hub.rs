//! Who on this machine watches whom, and the way of a change to them.

mod index;
mod local_account;
mod meters;
mod roster;
#[cfg(test)]
mod tests;
mod withheld;

use crate::clock::Clock;
use crate::outbox::{CloseOrder, EncodedChange, Outbox};
use hashbrown::HashMap;
use index::{Relations, WatchIndex};
use local_account::{LocalAccount, LocalState, Tally};
pub use meters::HubMeters;
use roster::Roster;
use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use userstatus_core::{
    AppId, Block, Code, Edit, NormalStatus, Outcome, Relation, SessionId, Timestamp, UserId,
    UserStatus, Version, delivers,
};
use userstatus_store::AccountKey;
use userstatus_store::apps::AppRegistry;
use userstatus_store::{Commit, CommitSink};
pub(crate) use withheld::Due;
use withheld::Withheld;

/// Counts since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HubCounters {
    /// Changes encoded: one each, however many watch.
    pub encodes: u64,
    /// Statuses put in outboxes.
    pub deliveries: u64,
    /// Statuses made superfluous by newer ones while nobody took them (N6).
    pub merges: u64,
    /// Sessions attached now.
    pub sessions: u64,
}

/// The index of watchers, and the outboxes of this machine's sessions.
///
/// It follows the store's commits and holds nothing that does not come from them: whom a local account watches is told by its
/// login, and kept up to date by its edits.
pub struct Hub {
    apps: Arc<AppRegistry>,
    clock: Clock,
    roster: Roster,
    index: WatchIndex,
    withheld: Withheld,
    /// Added to once per change, not per delivery.
    meters: Arc<HubMeters>,
    sessions: AtomicU64,
}

thread_local! {
    /// The watchers of the change being announced: kept, so that a fan-out allocates nothing.
    static GATHERED: Cell<Vec<Arc<LocalAccount>>> = const { Cell::new(Vec::new()) };
}

/// A thread keeps room for this many watchers between two changes.
const GATHERED_KEEP_MAX: usize = 4_096;

impl Hub {
    /// An empty hub.
    pub fn new(apps: Arc<AppRegistry>, clock: Clock) -> Arc<Self> {
        Arc::new(Self {
            apps,
            clock,
            roster: Roster::new(),
            index: WatchIndex::new(),
            withheld: Withheld::default(),
            meters: Arc::default(),
            sessions: AtomicU64::new(0),
        })
    }

    /// Counts since the start.
    pub fn counters(&self) -> HubCounters {
        HubCounters {
            encodes: self.meters.encodes.total(),
            deliveries: self.meters.deliveries.total(),
            merges: self.meters.merges.total(),
            sessions: self.sessions.load(Ordering::Relaxed),
        }
    }

    /// What it counts, with all outboxes.
    pub fn meters(&self) -> &HubMeters {
        &self.meters
    }

    /// Ways in which accounts with sessions here watch others: subscriptions, and friends.
    pub fn watched(&self) -> (u64, u64) {
        self.index.watched()
    }

    /// How many accounts of each app have sessions here. Looks at every one of them.
    pub fn online_by_app(&self) -> HashMap<AppId, u64> {
        let mut online = HashMap::new();
        self.roster.for_each(|account| {
            *online.entry(account.key().app).or_default() += 1;
        });
        online
    }

    /// An outbox for a session of this machine.
    pub(crate) fn outbox(&self, account: AccountKey, session: SessionId) -> Outbox {
        Outbox::counting(account, session, Arc::clone(&self.meters))
    }

    /// Tells every session to go elsewhere, each after a delay of its own of up to `spread_ms`: they are not to come back all
    /// at once.
    pub fn say_goaway(&self, spread_ms: u32, desc: &str) {
        self.roster.for_each(|account| {
            let Some(state) = account.lock() else { return };
            for outbox in state.sessions() {
                outbox.order_close(CloseOrder::Goaway {
                    reconnect_after_ms: rand::random_range(0..=spread_ms),
                    desc: desc.to_owned(),
                });
            }
        });
    }

    /// A session is about to log in: from now on its outbox fills. Before the command runs, so that nothing falls between.
    pub fn attach(&self, outbox: Arc<Outbox>) {
        self.roster.attach(outbox);
        self.sessions.fetch_add(1, Ordering::Relaxed);
    }

    /// A session's connection is gone, or its login was refused. Nothing happens if it is not attached.
    pub fn detach(&self, outbox: &Outbox) {
        if let Some(account) = self.roster.get(outbox.account()) {
            self.remove_session(&account, outbox.session(), None);
        }
    }

    /// An app's switches are as they are from now on: notes what those connected are owed of what can be told now. Says whether
    /// anybody is. One after the other for one app, and each before the next change of its switches.
    pub(crate) fn settle(&self, app: AppId) -> bool {
        let told = self.delivered(app);
        if told.is_none() {
            return false;
        }
        let marks = self.withheld.marks(app);
        let mut is_owed = false;
        self.roster.for_each(|account| {
            if account.key().app == app
                && let Some(mut state) = account.lock()
            {
                is_owed |= state.settle(marks, told);
            }
        });
        self.withheld.clear(app, told);
        is_owed
    }

    /// Accounts of an app with sessions here that are owed something which can be told now.
    pub(crate) fn owed(&self, app: AppId) -> Vec<AccountKey> {
        let told = self.delivered(app);
        let mut owed = Vec::new();
        self.roster.for_each(|account| {
            if account.key().app == app
                && let Some(state) = account.lock()
                && state.owed_ways().intersects(told)
            {
                owed.push(account.key().clone());
            }
        });
        owed
    }

    /// Takes out what an account with sessions here is owed and can be told now.
    pub(crate) fn take_owed(&self, watcher: &AccountKey) -> Option<Due> {
        let account = self.roster.get(watcher)?;
        let mut state = account.lock()?;
        state.take_owed(self.delivered(watcher.app))
    }

    /// It could not be told.
    pub(crate) fn take_back(&self, watcher: &AccountKey, due: Due) {
        if let Some(account) = self.roster.get(watcher)
            && let Some(mut state) = account.lock()
        {
            state.owed_mut().take_back(due);
        }
    }

    /// An account that has come back watches somebody in a way that is switched off, and was not told of changes from `since` on.
    pub(crate) fn owe(&self, watcher: &AccountKey, relation: Relation, since: Version) {
        if let Some(account) = self.roster.get(watcher)
            && let Some(mut state) = account.lock()
        {
            state.owed_mut().owe(Relations::of(relation), since);
        }
    }

    /// An account that has come back was once told of somebody of whom there is nobody: to be said when it may be told in this way.
    pub(crate) fn owe_gone(&self, watcher: &AccountKey, relation: Relation, unknown: &UserStatus) {
        if let Some(account) = self.roster.get(watcher)
            && let Some(mut state) = account.lock()
        {
            let (ways, version) = (Relations::of(relation), unknown.version);
            state
                .owed_mut()
                .leave(&unknown.user, ways, version, Some(version));
        }
    }

    /// Whether an account with sessions here watches somebody, in whatever way.
    pub(crate) fn is_watching(&self, watcher: &AccountKey, user: &UserId) -> bool {
        let account = self.roster.get(watcher);
        account.is_some_and(|account| {
            let state = account.lock();
            state.is_some_and(|state| !state.ways_of_watching(watcher, user).is_none())
        })
    }

    /// Tells the sessions of one account.
    pub(crate) fn tell(&self, watcher: &AccountKey, change: &Arc<EncodedChange>) {
        let mut tally = Tally::default();
        if let Some(account) = self.roster.get(watcher) {
            account.deliver(change, &mut tally);
        }
        self.count(&tally);
    }

    fn count(&self, tally: &Tally) {
        self.meters.deliveries.add(tally.deliveries);
        self.meters.merges.add(tally.merges);
        self.meters.waiting_bytes.rise(tally.bytes);
    }

    /// Goes over the sessions of an app.
    pub(crate) fn for_each_session(&self, app: AppId, mut visit: impl FnMut(&Arc<Outbox>)) {
        self.roster.for_each(|account| {
            if account.key().app != app {
                return;
            }
            let Some(state) = account.lock() else { return };
            state.sessions().iter().for_each(&mut visit);
        });
    }

    /// Tells the sessions of a removed app, and forgets them.
    pub(crate) fn close_app(&self, app: AppId) {
        self.withheld.forget(app);
        let mut accounts = Vec::new();
        self.roster.for_each(|account| {
            if account.key().app == app {
                accounts.push(Arc::clone(account));
            }
        });
        for account in accounts {
            let sessions: Vec<_> = match account.lock() {
                Some(state) => state
                    .sessions()
                    .iter()
                    .map(|outbox| outbox.session())
                    .collect(),
                None => continue,
            };
            for session in sessions {
                let order = CloseOrder::kicked(Code::UnknownApp);
                self.remove_session(&account, session, Some(order));
            }
        }
    }

    /// Closes the sessions that a removed key of an app let in, at once (D3).
    pub(crate) fn close_key(&self, app: AppId, key: u32) {
        self.roster.for_each(|account| {
            if account.key().app != app {
                return;
            }
            let Some(state) = account.lock() else { return };
            for outbox in state.sessions() {
                if outbox.key() == key {
                    outbox.order_close(CloseOrder::Kicked {
                        code: Code::SigForged,
                        desc: "the key that signed this UserSig was removed; log in with a new one"
                            .to_owned(),
                    });
                }
            }
        });
    }

    fn remove_session(
        &self,
        account: &Arc<LocalAccount>,
        session: SessionId,
        order: Option<CloseOrder>,
    ) {
        let (removed, unwatched) = self.roster.remove_session(account, session);
        let Some(outbox) = removed else { return };
        self.sessions.fetch_sub(1, Ordering::Relaxed);
        if let Some(order) = order {
            outbox.order_close(order);
        }
        for user in unwatched {
            let user = AccountKey::new(account.key().app, user);
            self.index.set(&user, account, Relations::NONE);
        }
    }

    /// Takes from a commit what it says about sessions and about whom the account watches.
    fn follow(&self, account: &Arc<LocalAccount>, commit: &Commit) {
        match &commit.outcome {
            Outcome::LoggedIn {
                replaced, kicked, ..
            } => {
                if let Some(session) = replaced {
                    self.remove_session(account, *session, Some(CloseOrder::Replaced));
                }
                for session in kicked {
                    self.remove_session(
                        account,
                        *session,
                        Some(CloseOrder::kicked(Code::KickedOffline)),
                    );
                }
            }
            Outcome::KickedAll { sessions } => {
                for session in sessions {
                    self.remove_session(
                        account,
                        *session,
                        Some(CloseOrder::kicked(Code::SigRevoked)),
                    );
                }
            }
            Outcome::Done
            | Outcome::Nothing
            | Outcome::StatusSet { .. }
            | Outcome::Query
            | Outcome::Subscribed { .. }
            | Outcome::Unsubscribed { .. }
            | Outcome::FriendsDeleted { .. }
            | Outcome::Blocked { .. }
            | Outcome::FriendsChanged { .. }
            | Outcome::Refused(_) => {}
        }
        for edit in &commit.edits {
            self.follow_edit(account, edit, commit.origin);
        }
        if let Outcome::LoggedIn {
            subscriptions,
            friends,
            hidden,
            ..
        } = &commit.outcome
        {
            self.index_lists(account, subscriptions, friends, hidden);
        }
    }

    fn follow_edit(&self, account: &Arc<LocalAccount>, edit: &Edit, origin: Option<SessionId>) {
        match edit {
            Edit::AddSubscription(user) => self.watch(account, user, Relations::SUBSCRIBED),
            Edit::RemoveSubscription(user) => self.unwatch(account, user, Relations::SUBSCRIBED),
            Edit::ClearSubscriptions => self.clear_subscriptions(account),
            Edit::PutFriend(friend) => {
                let is_new = self.watch_friend(account, &friend.user);
                if is_new {
                    tell_of_friend(account, &friend.user, true, origin);
                }
            }
            Edit::RemoveFriend(user) => {
                self.unwatch(account, user, Relations::FRIEND);
                tell_of_friend(account, user, false, origin);
            }
            Edit::PutBlock(block) => self.hide(account, block),
            Edit::RemoveDevice(session) => self.remove_session(account, *session, None),
            Edit::Register
            | Edit::PutDevice(_)
            | Edit::SetAway { .. }
            | Edit::SetCustom(_)
            | Edit::SetCustomSetAt(_)
            | Edit::SetVersion(_)
            | Edit::SetSubscriptionsVersion(_)
            | Edit::SetSubscriptionsClearAt(_)
            | Edit::AddKicked(_)
            | Edit::RemoveKicked(_)
            | Edit::SetSigsValidFrom(_)
            | Edit::SetSigsMintedUntil(_)
            | Edit::SetPace { .. }
            | Edit::SetLoginPace(_)
            | Edit::CountFriends { .. }
            | Edit::CountQuery { .. }
            | Edit::CountSubscribe { .. }
            | Edit::CountUnsubscribe { .. } => {}
        }
    }

    /// The first login here of an account says whom it watches.
    fn index_lists(
        &self,
        account: &Arc<LocalAccount>,
        subscriptions: &[UserId],
        friends: &[UserId],
        hidden: &[UserId],
    ) {
        let Some(mut state) = account.lock() else {
            return;
        };
        if std::mem::replace(&mut state.is_indexed, true) {
            return;
        }
        for user in hidden {
            state.hide(account.key(), user, true);
        }
        let lists = [
            (subscriptions, Relations::SUBSCRIBED),
            (friends, Relations::FRIEND),
        ];
        for (users, relation) in lists {
            for user in users {
                // It may have been told of them before it came.
                let relations = state.watch(account.key(), user, relation, Relations::ALL);
                self.set_in_index(account, user, relations);
            }
        }
    }

    fn watch(&self, account: &Arc<LocalAccount>, user: &UserId, relation: Relations) {
        if let Some(mut state) = account.lock() {
            let told = self.delivered(account.key().app);
            let relations = state.watch(account.key(), user, relation, told);
            self.set_in_index(account, user, relations);
        }
    }

    /// Says whether the friend is a new one: a changed remark is nobody's news.
    fn watch_friend(&self, account: &Arc<LocalAccount>, user: &UserId) -> bool {
        let Some(mut state) = account.lock() else {
            return false;
        };
        let is_known = state.is_watching(account.key(), user, Relations::FRIEND);
        let told = self.delivered(account.key().app);
        let relations = state.watch(account.key(), user, Relations::FRIEND, told);
        self.set_in_index(account, user, relations);
        !is_known
    }

    fn unwatch(&self, account: &Arc<LocalAccount>, user: &UserId, relation: Relations) {
        if let Some(mut state) = account.lock() {
            self.unwatch_locked(account, &mut state, user, relation);
        }
    }

    fn unwatch_locked(
        &self,
        account: &Arc<LocalAccount>,
        state: &mut LocalState,
        user: &UserId,
        relation: Relations,
    ) {
        let app = account.key().app;
        // What was withheld while the switch was off may not be told yet.
        let withheld = self.withheld.marks(app).ways().with(state.owed_ways());
        let told = self.delivered(app).without(withheld);
        let now = Version::first_at(self.clock.now());
        if let Some(relations) = state.unwatch(account.key(), user, relation, told, now) {
            self.set_in_index(account, user, relations);
        }
    }

    fn clear_subscriptions(&self, account: &Arc<LocalAccount>) {
        let Some(mut state) = account.lock() else {
            return;
        };
        for user in state.watched(Relations::SUBSCRIBED) {
            self.unwatch_locked(account, &mut state, &user, Relations::SUBSCRIBED);
        }
    }

    /// Two users are hidden from each other, or are no longer (R2). Who watched the other is told once that they are gone; nothing
    /// they do is told any more.
    fn hide(&self, account: &Arc<LocalAccount>, block: &Block) {
        let (user, is_hidden) = (&block.user, block.mine || block.theirs);
        let Some(mut state) = account.lock() else {
            return;
        };
        let Some(relations) = state.hide(account.key(), user, is_hidden) else {
            return;
        };
        self.set_in_index(account, user, relations);
        if !is_hidden {
            return;
        }
        if !relations.intersects(self.delivered(account.key().app)) {
            state.owed_mut().owe(relations, block.since);
            return;
        }
        let since = hidden_version(self.clock.now()).max(block.since);
        let gone = Arc::new(EncodedChange::new(&UserStatus::hidden(user.clone(), since)));
        let mut tally = Tally::default();
        state.deliver(&gone, &mut tally);
        self.count(&tally);
    }

    fn set_in_index(&self, account: &Arc<LocalAccount>, user: &UserId, relations: Relations) {
        let user = AccountKey::new(account.key().app, user.clone());
        self.index.set(&user, account, relations);
    }

    /// Puts a change in the outboxes of everybody here who is to be told: the account's own sessions (N2), and its watchers.
    fn announce(
        &self,
        own: Option<&Arc<LocalAccount>>,
        account: &AccountKey,
        change: &UserStatus,
        made_at: Instant,
    ) {
        let mut told = GATHERED.take();
        let mut tally = Tally::default();
        told.extend(own.cloned());
        let delivered = self.delivered_or_noted(account, change.version);
        self.index.gather(account, delivered, &mut told);
        if !told.is_empty() {
            let change = Arc::new(EncodedChange::made_at(change, made_at));
            for watcher in told.drain(..) {
                watcher.deliver(&change, &mut tally);
            }
            self.meters.encodes.count();
            self.count(&tally);
        }
        self.meters.fan_out.add(tally.deliveries);
        told.shrink_to(GATHERED_KEEP_MAX);
        GATHERED.set(told);
        if change.normal == NormalStatus::Unknown {
            self.erased(account, change, delivered);
        }
    }

    /// The ways of watching that the app's switches allow now. Of all others it is noted that a change of this version was not told.
    fn delivered_or_noted(&self, account: &AccountKey, version: Version) -> Relations {
        let app = account.app;
        let mut delivered = self.delivered(app);
        if delivered == Relations::ALL || !self.index.is_watched(account) {
            return delivered;
        }
        let mut noted = Relations::NONE;
        loop {
            let withheld = Relations::ALL.without(delivered).without(noted);
            if withheld.is_none() {
                return delivered;
            }
            self.withheld.note(app, withheld, version);
            noted = noted.with(withheld);
            // Whoever turned a switch on before that was noted may not have seen it: then it is told here.
            delivered = self.delivered(app);
        }
    }

    /// Who is erased is on nobody's lists a moment later: whoever watches them in a way that is switched off keeps in mind what is to be
    /// told. Those they were hidden from are told now: there is nobody any more to be hidden (R2). `told` are the ways the others were.
    fn erased(&self, gone: &AccountKey, change: &UserStatus, told: Relations) {
        let change = Arc::new(EncodedChange::new(change));
        let mut tally = Tally::default();
        for watcher in self.index.watchers(gone, Relations::ALL) {
            let Some(mut state) = watcher.lock() else {
                continue;
            };
            let ways = state.ways_of_watching(watcher.key(), &gone.user);
            let was_told = ways.intersects(told) && !state.is_hidden(&gone.user);
            // With the account locked: a switch that is turned on later finds here what is owed.
            let delivered = self.delivered(gone.app);
            if ways.intersects(delivered) && !was_told {
                state.deliver(&change, &mut tally);
            }
            let withheld = ways.without(delivered);
            if !withheld.is_none() {
                let version = change.version();
                let owed = state.owed_mut();
                owed.leave(&gone.user, withheld, version, Some(version));
            }
        }
        self.count(&tally);
    }

    /// The ways of watching that the app's switches allow now (P2).
    fn delivered(&self, app: AppId) -> Relations {
        let Some(app) = self.apps.get(app) else {
            return Relations::NONE;
        };
        [Relation::Subscribed, Relation::Friend]
            .into_iter()
            .filter(|relation| delivers(&app.settings, *relation))
            .fold(Relations::NONE, |all, relation| {
                all.with(Relations::of(relation))
            })
    }
}

impl CommitSink for Hub {
    fn publish(&self, commit: &Commit, made_at: Instant) {
        let account = self.roster.get(&commit.account);
        if let Some(account) = &account {
            self.follow(account, commit);
        }
        if let Some(change) = &commit.change {
            self.announce(account.as_ref(), &commit.account, change, made_at);
        }
    }
}

/// The version under which somebody is shown as gone to who must not see them any more (R2): above whatever they were told before.
pub(crate) fn hidden_version(now: Timestamp) -> Version {
    Version::first_at(now.plus_ms(1))
}

/// Tells the account's sessions of a friend added or deleted, except the one whose request it was: it has the answer.
fn tell_of_friend(account: &LocalAccount, friend: &UserId, added: bool, origin: Option<SessionId>) {
    let Some(state) = account.lock() else { return };
    for outbox in state.sessions() {
        if Some(outbox.session()) != origin {
            outbox.push_friend(friend, added);
        }
    }
}
