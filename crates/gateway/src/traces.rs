//! What one account asks and is told, for an operator who looks on.
//!
//! While nobody looks, each request and each push costs one look at a number. What is noted holds no UserSig, and of a custom status its
//! length only, unless its text was asked for. Who looks on too slowly misses some, and is told how many; players wait for nobody.

use crate::gateway::Asked;
use parking_lot::RwLock;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use userstatus_core::{Code, Timestamp};
use userstatus_store::AccountKey;
use userstatus_wire::v1::request;

/// Accounts that are looked at, at once.
pub const TRACES_MAX: usize = 8;

/// Events that wait for who looks on; more are missed.
const EVENTS_WAITING_MAX: usize = 1_024;

/// Users that an event names; of more it tells the number.
const USERS_NAMED_MAX: usize = 5;

/// As many are looked at already as may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{TRACES_MAX} accounts are being traced already; end one of those first, or wait until it ends"
)]
pub struct TooManyTraces;

/// Who is looked at.
#[derive(Debug, Default)]
pub struct Traces {
    count: AtomicUsize,
    onlookers: RwLock<Vec<Arc<Onlooker>>>,
}

#[derive(Debug)]
struct Onlooker {
    account: AccountKey,
    wants_texts: bool,
    events: Sender<Event>,
    missed: AtomicU64,
}

/// A look at an account, until it is dropped.
#[derive(Debug)]
pub struct Trace {
    traces: Arc<Traces>,
    onlooker: Arc<Onlooker>,
    events: Receiver<Event>,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When, by the system's clock.
    pub at: Timestamp,
    /// In which session; none: in none yet.
    pub session: Option<u64>,
    /// What.
    pub what: What,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A login was answered.
    Login {
        /// Where it came from.
        peer: SocketAddr,
        /// What it runs on, as the client says.
        platform: u32,
        /// Whether the client came back by itself.
        reconnect: bool,
        /// What it was answered.
        answer: Answer,
    },
    /// A request was.
    Request {
        /// What was asked.
        asked: Asked,
        /// Whom it named.
        users: Users,
        /// Of a custom status.
        text: Option<Text>,
        /// What it was answered.
        answer: Answer,
    },
    /// Statuses were given to its socket.
    Told(Users),
    /// A connection ended.
    Ended(&'static str),
}

/// How something was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// 0: it was done.
    pub code: Code,
    /// Why not.
    pub desc: Option<String>,
    /// How long it took.
    pub took: Duration,
}

/// Users that were named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Users {
    /// How many.
    pub count: usize,
    /// The first of them.
    pub first: Vec<String>,
}

/// A custom status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// Its length.
    pub bytes: usize,
    /// Itself, if that was wanted.
    pub text: Option<String>,
}

impl Traces {
    /// Looks at an account from now on.
    ///
    /// # Errors
    /// [`TooManyTraces`].
    pub fn begin(
        self: &Arc<Self>,
        account: AccountKey,
        wants_texts: bool,
    ) -> Result<Trace, TooManyTraces> {
        let (sender, events) = channel(EVENTS_WAITING_MAX);
        let onlooker = Arc::new(Onlooker {
            account,
            wants_texts,
            events: sender,
            missed: AtomicU64::new(0),
        });
        let mut onlookers = self.onlookers.write();
        if onlookers.len() >= TRACES_MAX {
            return Err(TooManyTraces);
        }
        onlookers.push(Arc::clone(&onlooker));
        self.count.store(onlookers.len(), Ordering::Relaxed);
        Ok(Trace {
            traces: Arc::clone(self),
            onlooker,
            events,
        })
    }

    /// Whether nobody is looked at.
    pub(crate) fn are_none(&self) -> bool {
        self.count.load(Ordering::Relaxed) == 0
    }

    /// Whether an account is looked at; if so, whether texts are wanted.
    pub(crate) fn of(&self, account: &AccountKey) -> Option<bool> {
        if self.are_none() {
            return None;
        }
        let onlookers = self.onlookers.read();
        let mut of_it = onlookers
            .iter()
            .filter(|onlooker| onlooker.account == *account);
        let first = of_it.next()?;
        Some(first.wants_texts || of_it.any(|onlooker| onlooker.wants_texts))
    }

    /// Tells those who look at an account.
    pub(crate) fn note(&self, account: &AccountKey, event: Event) {
        let onlookers = self.onlookers.read();
        for onlooker in onlookers.iter() {
            if onlooker.account == *account {
                onlooker.note(event.clone());
            }
        }
    }
}

impl Onlooker {
    fn note(&self, mut event: Event) {
        if let What::Request {
            text: Some(text), ..
        } = &mut event.what
            && !self.wants_texts
        {
            text.text = None;
        }
        // Full, or nobody reads any more.
        if self.events.try_send(event).is_err() {
            self.missed.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Trace {
    /// The next event, and how many were missed before it.
    pub async fn next(&mut self) -> Option<(Event, u64)> {
        let event = self.events.recv().await?;
        Some((event, self.onlooker.missed.swap(0, Ordering::Relaxed)))
    }
}

impl Drop for Trace {
    fn drop(&mut self) {
        let mut onlookers = self.traces.onlookers.write();
        onlookers.retain(|other| !Arc::ptr_eq(other, &self.onlooker));
        self.traces.count.store(onlookers.len(), Ordering::Relaxed);
    }
}

impl Users {
    pub(crate) fn of<'a>(users: impl ExactSizeIterator<Item = &'a str>) -> Self {
        Self {
            count: users.len(),
            first: users
                .take(USERS_NAMED_MAX)
                .map(|user| user.escape_debug().take(USER_CHARS_MAX).collect())
                .collect(),
        }
    }
}

/// Of what may be no user id, and of any length.
const USER_CHARS_MAX: usize = 64;

/// Whom a request names, and what text it sets.
pub(crate) fn summary(request: Option<&request::Body>, wants_text: bool) -> (Users, Option<Text>) {
    let all = |users: &[String]| Users::of(users.iter().map(String::as_str));
    let one = |user: &str| Users::of(std::iter::once(user));
    let users = match request {
        Some(request::Body::GetUserStatus(get)) => all(&get.user_ids),
        Some(request::Body::Subscribe(subscribe)) => all(&subscribe.user_ids),
        Some(request::Body::Unsubscribe(unsubscribe)) => all(&unsubscribe.user_ids),
        Some(request::Body::AddFriend(add)) => one(&add.user_id),
        Some(request::Body::DeleteFriends(delete)) => all(&delete.user_ids),
        Some(request::Body::Block(block)) => all(&block.user_ids),
        Some(request::Body::Unblock(unblock)) => all(&unblock.user_ids),
        Some(
            request::Body::Login(_)
            | request::Body::Logout(_)
            | request::Body::SetSelfStatus(_)
            | request::Body::RenewSig(_)
            | request::Body::ListFriends(_)
            | request::Body::ListBlocked(_)
            | request::Body::SetUserDefinedData(_),
        )
        | None => Users::default(),
    };
    let text = match request {
        Some(request::Body::SetSelfStatus(set)) => Some(Text {
            bytes: set.custom_status.len(),
            text: wants_text.then(|| set.custom_status.clone()),
        }),
        _ => None,
    };
    (users, text)
}
