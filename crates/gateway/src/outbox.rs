//! What one connection still has to be told.

#[cfg(test)]
mod tests;

use crate::hub::HubMeters;
use bytes::Bytes;
use hashbrown::HashMap;
use parking_lot::{Mutex, MutexGuard};
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Instant;
use userstatus_core::{Code, SessionId, Timestamp, UserId, UserStatus, Version};
use userstatus_store::AccountKey;
use userstatus_wire::v1;

/// Statuses an outbox gathers before it first looks for several of one user.
const MERGE_STATUSES_MIN: usize = 64;

/// Changes of friends an outbox keeps at most; of a device that takes nothing for that long, the newest.
const FRIEND_CHANGES_MAX: usize = 10_000;

/// Changes of friends that [`Outbox::take_some`] hands over at once.
const FRIEND_CHANGES_TAKEN_MAX: usize = 1_000;

/// A status as it goes on the wire, encoded once however many are told.
#[derive(Debug)]
pub struct EncodedChange {
    user: UserId,
    version: Version,
    /// When the change was committed; none: it is told for another reason.
    made_at: Option<Instant>,
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
            made_at: None,
            entry,
        }
    }

    /// Encodes a change that was committed at `made_at`: how long it takes to those who watch is measured.
    pub(crate) fn made_at(status: &UserStatus, made_at: Instant) -> Self {
        Self {
            made_at: Some(made_at),
            ..Self::new(status)
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
    /// Say so and close: another device or the operator logged this one out, its UserSig ended, or its key or app was removed.
    Kicked {
        /// Which of these.
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
    /// A kick that the code's own text explains.
    pub(crate) fn kicked(code: Code) -> Self {
        Self::Kicked {
            code,
            desc: code.text().to_owned(),
        }
    }

    const fn rank(&self) -> u8 {
        match self {
            Self::Goaway { .. } => 0,
            Self::Replaced => 1,
            Self::Kicked { .. } => 2,
        }
    }
}

/// What [`Outbox::take_some`] hands over besides statuses.
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
    /// When its UserSig ends or ended, in milliseconds; 0: nobody has said.
    sig_expires_ms: AtomicU64,
    /// Of all outboxes.
    meters: Arc<HubMeters>,
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

    /// An empty outbox that counts together with others.
    pub(crate) const fn counting(
        account: AccountKey,
        session: SessionId,
        meters: Arc<HubMeters>,
    ) -> Self {
        Self {
            account,
            session,
            sig_due_ms: AtomicU64::new(0),
            sig_expires_ms: AtomicU64::new(0),
            meters,
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

    /// When its UserSig ends or ended, as noted last.
    pub(crate) fn sig_expires_at(&self) -> Option<Timestamp> {
        let expires_ms = self.sig_expires_ms.load(Ordering::Relaxed);
        (expires_ms != 0).then(|| Timestamp::from_ms(expires_ms))
    }

    /// Notes when its UserSig ends.
    pub(crate) fn set_sig_expires_at(&self, at: Option<Timestamp>) {
        let expires_ms = at.map_or(0, Timestamp::as_ms);
        self.sig_expires_ms.store(expires_ms, Ordering::Relaxed);
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
                let with_it = bytes + change.entry.len();
                let fits = bytes == 0 || with_it <= bytes_max;
                if fits {
                    bytes = with_it;
                }
                fits
            })
            .count();
        if bytes > 0 {
            self.meters.waiting_bytes.fall(bytes as u64);
        }
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
        if merged.count > 0 {
            self.meters.merges.add(merged.count as u64);
            self.meters.waiting_bytes.fall(merged.bytes as u64);
        }
    }

    /// What was taken is given to the socket now: notes how long each change took until here.
    pub fn sent(&self, statuses: &[Arc<EncodedChange>], now: Instant) {
        let latencies = &self.meters.watch_latency;
        let took =
            |change: &Arc<EncodedChange>| Some(now.saturating_duration_since(change.made_at?));
        // Mostly it is one.
        if let [change] = statuses {
            took(change)
                .into_iter()
                .for_each(|took| latencies.add_time(took));
            return;
        }
        let mut batch = latencies.batch();
        statuses
            .iter()
            .filter_map(took)
            .for_each(|took| batch.add_time(took));
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
        self.meters.waiting_bytes.rise(change.entry.len() as u64);
        self.push_tallied(change)
    }

    /// The same where whoever adds it to many counts its bytes for all of them.
    pub(crate) fn push_tallied(&self, change: Arc<EncodedChange>) -> usize {
        let mut state = self.state.lock();
        state.statuses.push(change);
        let merged = if state.statuses.len() > state.merge_at.max(MERGE_STATUSES_MIN) {
            let merged = merge(&mut state.statuses);
            self.meters.waiting_bytes.fall(merged.bytes as u64);
            // Twice what is left: each status is looked at a constant number of times, however long nobody takes any.
            state.merge_at = state.statuses.len() * 2;
            merged.count
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

impl Drop for Outbox {
    fn drop(&mut self) {
        let left = bytes_of(&self.state.get_mut().statuses);
        if left > 0 {
            self.meters.waiting_bytes.fall(left as u64);
        }
    }
}

/// What went because something newer came.
#[derive(Default)]
struct Merged {
    count: usize,
    bytes: usize,
}

/// Leaves the newest status of each user, in the order of the pushes that brought it.
fn merge(statuses: &mut Vec<Arc<EncodedChange>>) -> Merged {
    let before = statuses.len();
    if before < 2 {
        return Merged::default();
    }
    let mut newest: HashMap<&str, Version> = HashMap::with_capacity(before);
    for status in statuses.iter() {
        let version = newest.entry(status.user.as_str()).or_default();
        *version = (*version).max(status.version);
    }
    if newest.len() == before {
        return Merged::default();
    }
    let mut bytes = 0;
    let keep: Vec<bool> = statuses
        .iter()
        .map(|status| {
            let is_newest = newest.get(status.user.as_str()) == Some(&status.version);
            // Of two that are the same the first is kept.
            let stays = is_newest && newest.remove(status.user.as_str()).is_some();
            if !stays {
                bytes += status.entry.len();
            }
            stays
        })
        .collect();
    drop(newest);
    let mut keep = keep.into_iter();
    statuses.retain(|_| keep.next().unwrap_or_default());
    Merged {
        count: before - statuses.len(),
        bytes,
    }
}

fn bytes_of(statuses: &[Arc<EncodedChange>]) -> usize {
    statuses.iter().map(|status| status.entry.len()).sum()
}
