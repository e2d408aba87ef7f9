//! What one connection still has to be told.

use bytes::Bytes;
use hashbrown::HashMap;
use parking_lot::{Mutex, MutexGuard};
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};
use userstatus_core::{Code, SessionId, Timestamp, UserId, UserStatus, Version};
use userstatus_store::AccountKey;
use userstatus_wire::v1;

/// Statuses an outbox gathers before it first looks for several of one user.
const MERGE_STATUSES_MIN: usize = 64;

/// Friends a `FriendsChanged` names at most; of a device that takes nothing for that long, the newest.
pub const FRIEND_CHANGES_MAX: usize = 10_000;

/// Changes of friends that [`Outbox::take_some`] hands over at once.
const FRIEND_CHANGES_TAKEN_MAX: usize = 1_000;

/// A status as it goes on the wire, encoded once however many are told.
#[derive(Debug)]
pub struct EncodedChange {
    user: UserId,
    version: Version,
    entry: Bytes,
}

impl EncodedChange {
    /// Encodes a status as one entry of a push.
    pub fn new(status: &UserStatus) -> Self {
        let (user, version) = (status.user.clone(), status.version);
        let entry = userstatus_wire::encode_status_entry(&crate::gateway::status_message(status));
        Self {
            user,
            version,
            entry,
        }
    }

    /// Whose status.
    pub const fn user(&self) -> &UserId {
        &self.user
    }

    /// Its version.
    pub const fn version(&self) -> Version {
        self.version
    }
}

impl AsRef<[u8]> for EncodedChange {
    fn as_ref(&self) -> &[u8] {
        &self.entry
    }
}

/// What a connection is to do about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CloseOrder {
    /// Say so and close: another device or the operator logged this one out.
    Kicked {
        /// 6208 or 70052.
        code: Code,
        /// For people.
        desc: String,
    },
    /// Close without a word: the same client instance is back on another connection.
    Replaced,
    /// Say goaway; the client leaves by itself.
    Goaway {
        /// When it is to reconnect.
        reconnect_after_ms: u32,
        /// For people.
        desc: String,
    },
}

impl CloseOrder {
    const fn rank(&self) -> u8 {
        match self {
            Self::Goaway { .. } => 0,
            Self::Replaced => 1,
            Self::Kicked { .. } => 2,
        }
    }
}

/// What [`Outbox::take`] hands over besides statuses.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Changes to the account's friends.
    pub friends_changed: Option<v1::FriendsChanged>,
    /// The session's UserSig is about to end, or has ended (D3).
    pub sig_expiring: Option<v1::SigExpiring>,
    /// To be carried out after everything taken was written.
    pub close: Option<CloseOrder>,
}

/// Filled by the hub, emptied by the connection. While it is not emptied, several statuses of one user merge into the newest
/// (N6): it holds at most about twice as many as users are watched, and were while it was not emptied, which the silence time-out
/// bounds. Empty, it holds no memory of its own.
#[derive(Debug)]
pub struct Outbox {
    account: AccountKey,
    session: SessionId,
    /// When something is due because of its UserSig, in milliseconds; 0: nothing is.
    sig_due_ms: AtomicU64,
    /// Statuses made superfluous by newer ones, in all outboxes.
    merges: Arc<AtomicU64>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The key of the app that signed the session's UserSig; 0 before it is logged in.
    key: u32,
    statuses: Vec<Arc<EncodedChange>>,
    merge_at: usize,
    friends: Option<Box<FriendChanges>>,
    sig_expires_in_ms: Option<u64>,
    close: Option<Box<CloseOrder>>,
    waiting: Option<(Waker, Interest)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Interest {
    Anything,
    CloseOnly,
}

/// Oldest first; of several changes about one friend the newest.
#[derive(Debug, Default)]
struct FriendChanges(Vec<(UserId, bool)>);

impl Outbox {
    /// An empty outbox.
    pub fn new(account: AccountKey, session: SessionId) -> Self {
        Self::counting(account, session, Arc::default())
    }

    /// An empty outbox that counts what merges together with others.
    pub(crate) const fn counting(
        account: AccountKey,
        session: SessionId,
        merges: Arc<AtomicU64>,
    ) -> Self {
        Self {
            account,
            session,
            sig_due_ms: AtomicU64::new(0),
            merges,
            state: Mutex::new(State {
                key: 0,
                statuses: Vec::new(),
                merge_at: 0,
                friends: None,
                sig_expires_in_ms: None,
                close: None,
                waiting: None,
            }),
        }
    }

    /// The account whose connection this is.
    pub const fn account(&self) -> &AccountKey {
        &self.account
    }

    /// The session whose connection this is.
    pub const fn session(&self) -> SessionId {
        self.session
    }

    /// The id of the key that signed the session's UserSig; 0 before it is logged in.
    pub fn key(&self) -> u32 {
        self.state.lock().key
    }

    /// Its UserSig is one that this key signed. By the lock: of two threads, one of which notes a key and then looks whether the app
    /// still has it, while the other removes it and then looks who has noted it, one at least sees what the other did.
    pub(crate) fn set_key(&self, id: u32) {
        self.state.lock().key = id;
    }

    /// When something is due because of its UserSig, as noted last.
    pub(crate) fn sig_due_at(&self) -> Option<Timestamp> {
        let due_ms = self.sig_due_ms.load(Ordering::Relaxed);
        (due_ms != 0).then(|| Timestamp::from_ms(due_ms))
    }

    /// Notes when something is due because of its UserSig; says what was noted before.
    pub(crate) fn set_sig_due_at(&self, at: Option<Timestamp>) -> Option<Timestamp> {
        let due_ms = at.map_or(0, Timestamp::as_ms);
        let before = self.sig_due_ms.swap(due_ms, Ordering::Relaxed);
        (before != 0).then(|| Timestamp::from_ms(before))
    }

    /// Takes everything out: statuses are appended to `statuses`, oldest first, one per user. Empty if there is nothing.
    pub fn take(&self, statuses: &mut Vec<Arc<EncodedChange>>) -> Taken {
        let (mut pending, friends, expires_in_ms, close) = {
            let mut state = self.state.lock();
            state.merge_at = 0;
            (
                std::mem::take(&mut state.statuses),
                state.friends.take(),
                state.sig_expires_in_ms.take(),
                state.close.take(),
            )
        };
        self.merge_taken(&mut pending);
        if statuses.is_empty() && statuses.capacity() == 0 {
            *statuses = pending;
        } else {
            statuses.append(&mut pending);
        }
        Taken {
            friends_changed: friends.map(|changes| changes.into_message()),
            sig_expiring: expires_in_ms.map(|expires_in_ms| v1::SigExpiring { expires_in_ms }),
            close: close.map(|order| *order),
        }
    }

    /// Takes out what comes first: statuses of about `bytes_max` bytes on the wire, one at least, and once there are no more,
    /// changes of friends. What is left stays, where it merges with what comes. A close order is handed over in any case.
    pub fn take_some(&self, statuses: &mut Vec<Arc<EncodedChange>>, bytes_max: usize) -> Taken {
        let mut pending = {
            let mut state = self.state.lock();
            state.merge_at = 0;
            std::mem::take(&mut state.statuses)
        };
        self.merge_taken(&mut pending);
        let mut bytes = 0;
        let taken = pending
            .iter()
            .take_while(|change| {
                let is_first = bytes == 0;
                bytes += change.entry.len();
                is_first || bytes <= bytes_max
            })
            .count();
        let mut left = pending.split_off(taken);
        *statuses = pending;
        let mut state = self.state.lock();
        if !left.is_empty() {
            left.append(&mut state.statuses);
            state.merge_at = left.len() * 2;
            state.statuses = left;
        }
        let friends = if state.statuses.is_empty() {
            state.friends.take()
        } else {
            None
        };
        let friends_changed = friends.map(|mut changes| {
            let left = changes.keep_first(FRIEND_CHANGES_TAKEN_MAX);
            state.friends = (!left.is_empty()).then(|| Box::new(FriendChanges(left)));
            changes.into_message()
        });
        Taken {
            friends_changed,
            sig_expiring: state
                .sig_expires_in_ms
                .take()
                .map(|expires_in_ms| v1::SigExpiring { expires_in_ms }),
            close: state.close.take().map(|order| *order),
        }
    }

    fn merge_taken(&self, statuses: &mut Vec<Arc<EncodedChange>>) {
        let merged = merge(statuses);
        if merged > 0 {
            self.merges.fetch_add(merged as u64, Ordering::Relaxed);
        }
    }

    /// Waits until there is something to take. One task at a time waits.
    pub async fn ready(&self) {
        poll_fn(|context| self.poll_ready(context)).await;
    }

    /// Whether there is a close order: what the client asks from now on is not done any more.
    pub fn is_closing(&self) -> bool {
        self.state.lock().close.is_some()
    }

    /// Whether there is something to take; if not, the task is woken when there is.
    pub fn poll_ready(&self, context: &Context<'_>) -> Poll<()> {
        self.poll(context, Interest::Anything)
    }

    /// Whether there is a close order; if not, the task is woken when there is, and for nothing else.
    pub fn poll_closing(&self, context: &Context<'_>) -> Poll<()> {
        self.poll(context, Interest::CloseOnly)
    }

    /// Whether there is nothing to take.
    pub fn is_empty(&self) -> bool {
        !self.state.lock().concerns(Interest::Anything)
    }

    /// Tells the connection to end or to leave. The gravest order stands: a kick is not undone by a goaway.
    pub fn order_close(&self, order: CloseOrder) {
        let mut state = self.state.lock();
        if state
            .close
            .as_ref()
            .is_none_or(|standing| standing.rank() < order.rank())
        {
            state.close = Some(Box::new(order));
        }
        State::wake(state, Interest::CloseOnly);
    }

    /// Has the connection look around: something it goes by has changed.
    pub(crate) fn wake(&self) {
        State::wake(self.state.lock(), Interest::CloseOnly);
    }

    /// Adds a status. Returns how many older ones it made superfluous.
    pub(crate) fn push(&self, change: Arc<EncodedChange>) -> usize {
        let mut state = self.state.lock();
        state.statuses.push(change);
        let merged = if state.statuses.len() > state.merge_at.max(MERGE_STATUSES_MIN) {
            let merged = merge(&mut state.statuses);
            // Twice what is left: each status is looked at a constant number of times, however long nobody takes any.
            state.merge_at = state.statuses.len() * 2;
            merged
        } else {
            0
        };
        State::wake(state, Interest::Anything);
        merged
    }

    /// Tells of a friend added or deleted.
    pub(crate) fn push_friend(&self, friend: &UserId, added: bool) {
        let mut state = self.state.lock();
        state.friends.get_or_insert_default().push(friend, added);
        State::wake(state, Interest::Anything);
    }

    /// Tells that the session's UserSig ends in so long; 0: that it has ended.
    pub(crate) fn push_sig_expiring(&self, expires_in_ms: u64) {
        let mut state = self.state.lock();
        state.sig_expires_in_ms = Some(expires_in_ms);
        State::wake(state, Interest::Anything);
    }

    fn poll(&self, context: &Context<'_>, interest: Interest) -> Poll<()> {
        let mut state = self.state.lock();
        if state.concerns(interest) {
            state.waiting = None;
            return Poll::Ready(());
        }
        match &mut state.waiting {
            Some((waker, waiting_for)) => {
                waker.clone_from(context.waker());
                *waiting_for = interest;
            }
            None => state.waiting = Some((context.waker().clone(), interest)),
        }
        Poll::Pending
    }
}

impl State {
    fn concerns(&self, interest: Interest) -> bool {
        let close = self.close.is_some();
        match interest {
            Interest::Anything => {
                close
                    || !self.statuses.is_empty()
                    || self.friends.is_some()
                    || self.sig_expires_in_ms.is_some()
            }
            Interest::CloseOnly => close,
        }
    }

    /// Wakes who waits for news of this kind, with the lock released.
    fn wake(mut state: MutexGuard<'_, Self>, news: Interest) {
        let concerned = matches!(
            (&state.waiting, news),
            (Some((_, Interest::Anything)), _) | (Some(_), Interest::CloseOnly)
        );
        let waiting = if concerned {
            state.waiting.take()
        } else {
            None
        };
        drop(state);
        if let Some((waker, _)) = waiting {
            waker.wake();
        }
    }
}

impl FriendChanges {
    fn push(&mut self, friend: &UserId, added: bool) {
        self.0.retain(|(known, _)| known != friend);
        if self.0.len() == FRIEND_CHANGES_MAX {
            self.0.remove(0);
        }
        self.0.push((friend.clone(), added));
    }

    /// Returns what is beyond the first so many.
    fn keep_first(&mut self, count: usize) -> Vec<(UserId, bool)> {
        self.0.split_off(count.min(self.0.len()))
    }

    fn into_message(self) -> v1::FriendsChanged {
        let (mut added, mut deleted) = (Vec::new(), Vec::new());
        for (friend, is_added) in self.0 {
            let list = if is_added { &mut added } else { &mut deleted };
            list.push(friend.as_str().to_owned());
        }
        v1::FriendsChanged { added, deleted }
    }
}

/// Leaves the newest status of each user, in the order of the pushes that brought it. Returns how many went.
fn merge(statuses: &mut Vec<Arc<EncodedChange>>) -> usize {
    let before = statuses.len();
    if before < 2 {
        return 0;
    }
    let mut newest: HashMap<&str, Version> = HashMap::with_capacity(before);
    for status in statuses.iter() {
        let version = newest.entry(status.user.as_str()).or_default();
        *version = (*version).max(status.version);
    }
    if newest.len() == before {
        return 0;
    }
    let keep: Vec<bool> = statuses
        .iter()
        .map(|status| {
            let is_newest = newest.get(status.user.as_str()) == Some(&status.version);
            // Of two that are the same the first is kept.
            is_newest && newest.remove(status.user.as_str()).is_some()
        })
        .collect();
    drop(newest);
    let mut keep = keep.into_iter();
    statuses.retain(|_| keep.next().unwrap_or_default());
    before - statuses.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;
    use std::task::Wake;
    use userstatus_core::{AppId, CustomStatus, NormalStatus};

    fn user(name: &str) -> UserId {
        UserId::parse(name).unwrap()
    }

    fn outbox() -> Outbox {
        Outbox::new(
            AccountKey::new(AppId::new(1).unwrap(), user("me")),
            SessionId(1),
        )
    }

    fn change(name: &str, version: u64) -> Arc<EncodedChange> {
        Arc::new(EncodedChange::new(&UserStatus {
            user: user(name),
            version: Version(version),
            normal: NormalStatus::Online,
            custom: CustomStatus::new("x"),
            platforms: Vec::new(),
        }))
    }

    fn taken(outbox: &Outbox) -> Vec<(String, u64)> {
        let mut statuses = Vec::new();
        outbox.take(&mut statuses);
        statuses
            .iter()
            .map(|status| (status.user().to_string(), status.version().0))
            .collect()
    }

    #[test]
    fn n6_what_is_not_taken_stays_and_merges_with_what_comes() {
        let outbox = outbox();
        let entry = change("user0", 1).entry.len();
        for number in 0..10 {
            outbox.push(change(&format!("user{number}"), 1));
        }
        outbox.push_friend(&user("pal"), true);
        let some = |max| {
            let mut statuses = Vec::new();
            let taken = outbox.take_some(&mut statuses, max);
            let users: Vec<_> = statuses
                .iter()
                .map(|status| (status.user().to_string(), status.version().0))
                .collect();
            (users, taken.friends_changed)
        };
        let named = |numbers: &[u64], version| -> Vec<_> {
            numbers
                .iter()
                .map(|number| (format!("user{number}"), version))
                .collect()
        };
        assert_eq!(some(entry * 3), (named(&[0, 1, 2], 1), None));
        assert_eq!(some(0), (named(&[3], 1), None), "one at least");
        outbox.push(change("user4", 2));
        assert_eq!(some(entry * 5), (named(&[5, 6, 7, 8, 9], 1), None));
        let (last, friends) = some(entry * 5);
        assert_eq!(last, named(&[4], 2));
        assert_eq!(friends.unwrap().added, ["pal"]);
        assert!(outbox.is_empty());
    }

    #[test]
    fn a_close_order_is_taken_at_once_and_friends_a_thousand_at_a_time() {
        let outbox = outbox();
        for number in 0..2_500 {
            outbox.push_friend(&user(&format!("pal{number}")), true);
        }
        outbox.order_close(CloseOrder::Replaced);
        let mut told = Vec::new();
        let first = outbox.take_some(&mut Vec::new(), 1_000);
        assert_eq!(first.close, Some(CloseOrder::Replaced));
        let mut taken = first;
        while let Some(changed) = taken.friends_changed {
            assert!(changed.added.len() <= 1_000);
            told.extend(changed.added);
            taken = outbox.take_some(&mut Vec::new(), 1_000);
        }
        assert_eq!(told.len(), 2_500);
        assert_eq!(
            (told[0].as_str(), told[2_499].as_str()),
            ("pal0", "pal2499")
        );
        assert!(outbox.is_empty());
    }

    #[derive(Default)]
    struct Wakes(AtomicUsize);

    impl Wake for Wakes {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn n6_what_is_taken_together_holds_the_newest_of_each_user_in_order() {
        let outbox = outbox();
        for (name, version) in [("a", 1), ("b", 7), ("a", 2), ("c", 1), ("b", 6), ("a", 2)] {
            outbox.push(change(name, version));
        }
        let expected =
            [("b", 7), ("a", 2), ("c", 1)].map(|(name, version)| (name.to_owned(), version));
        assert_eq!(taken(&outbox), expected);
        assert!(outbox.is_empty());
    }

    #[test]
    fn n6_what_merges_as_it_is_taken_counts() {
        let merges = Arc::default();
        let key = AccountKey::new(AppId::new(1).unwrap(), user("me"));
        let outbox = Outbox::counting(key, SessionId(1), Arc::clone(&merges));
        for version in 1..=5 {
            outbox.push(change("a", version));
        }
        outbox.take(&mut Vec::new());
        assert_eq!(merges.load(Ordering::Relaxed), 4);
        for version in 6..=8 {
            outbox.push(change("a", version));
        }
        outbox.take_some(&mut Vec::new(), 1_000);
        assert_eq!(merges.load(Ordering::Relaxed), 6);
    }

    #[test]
    fn n6_an_outbox_nobody_empties_holds_twice_the_users_watched() {
        let outbox = outbox();
        let users: Vec<String> = (0..200).map(|number| format!("user{number}")).collect();
        let (mut pushed, mut merged) = (0, 0);
        for version in 1..=500 {
            for name in &users {
                pushed += 1;
                merged += outbox.push(change(name, version));
                let held = outbox.state.lock().statuses.len();
                assert_eq!(held, pushed - merged);
                assert!(held <= 2 * users.len() + 1, "{held} held");
            }
        }
        let expected: Vec<_> = users.into_iter().map(|name| (name, 500)).collect();
        assert_eq!(taken(&outbox), expected, "the last of each is there");
    }

    #[test]
    fn an_empty_outbox_holds_no_memory() {
        let outbox = outbox();
        outbox.push(change("a", 1));
        outbox.push_friend(&user("a"), true);
        outbox.take(&mut Vec::new());
        let state = outbox.state.lock();
        assert_eq!(state.statuses.capacity(), 0);
        assert!(state.friends.is_none());
    }

    #[test]
    fn of_several_changes_about_a_friend_the_last_is_told() {
        let outbox = outbox();
        outbox.push_friend(&user("a"), true);
        outbox.push_friend(&user("b"), false);
        outbox.push_friend(&user("a"), false);
        outbox.push_friend(&user("c"), true);
        let changed = outbox.take(&mut Vec::new()).friends_changed.unwrap();
        assert_eq!(changed.added, ["c"]);
        assert_eq!(changed.deleted, ["b", "a"]);
    }

    #[test]
    fn the_friends_told_of_have_a_limit() {
        let outbox = outbox();
        let full = (0..FRIEND_CHANGES_MAX).map(|number| (user(&format!("u{number}")), true));
        outbox.state.lock().friends = Some(Box::new(FriendChanges(full.collect())));
        outbox.push_friend(&user("newest"), true);
        let changed = outbox.take(&mut Vec::new()).friends_changed.unwrap();
        assert_eq!(changed.added.len(), FRIEND_CHANGES_MAX);
        assert_eq!(changed.added[0], "u1", "the oldest went");
        assert_eq!(changed.added.last().unwrap(), "newest");
    }

    #[test]
    fn who_waits_for_anything_is_woken_once_by_anything() {
        let wakes = Arc::new(Wakes::default());
        let waker = Waker::from(Arc::clone(&wakes));
        let context = Context::from_waker(&waker);
        let outbox = outbox();
        assert!(outbox.poll_ready(&context).is_pending());
        outbox.push(change("a", 1));
        outbox.push(change("b", 1));
        assert_eq!(wakes.0.load(Ordering::Relaxed), 1);
        assert!(outbox.poll_ready(&context).is_ready());
    }

    #[test]
    fn who_waits_for_a_close_order_is_woken_by_nothing_else() {
        let wakes = Arc::new(Wakes::default());
        let waker = Waker::from(Arc::clone(&wakes));
        let context = Context::from_waker(&waker);
        let outbox = outbox();
        assert!(outbox.poll_closing(&context).is_pending());
        outbox.push(change("a", 1));
        outbox.push_friend(&user("a"), true);
        assert_eq!(wakes.0.load(Ordering::Relaxed), 0);
        outbox.order_close(CloseOrder::Replaced);
        assert_eq!(wakes.0.load(Ordering::Relaxed), 1);
        assert!(outbox.poll_closing(&context).is_ready());
    }

    #[test]
    fn a_kick_is_not_undone_by_a_goaway() {
        let outbox = outbox();
        let kicked = CloseOrder::Kicked {
            code: Code::KickedOffline,
            desc: String::new(),
        };
        let goaway = CloseOrder::Goaway {
            reconnect_after_ms: 1,
            desc: String::new(),
        };
        outbox.order_close(goaway.clone());
        outbox.order_close(kicked.clone());
        outbox.order_close(goaway.clone());
        assert_eq!(outbox.take(&mut Vec::new()).close, Some(kicked));
        outbox.order_close(goaway.clone());
        assert_eq!(
            outbox.take(&mut Vec::new()).close,
            Some(goaway),
            "orders carried out are over"
        );
    }
}
