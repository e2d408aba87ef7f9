//! What was asked on a connection and is not answered yet.
//!
//! Presence is answered from memory, one request after the other. Records wait for the disk: they go their own way, in order among
//! themselves, so that a disk that hangs holds up nobody's pings, pushes and presence.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::Instant;
use userstatus_core::Code;
use userstatus_gateway::{Gateway, Session};
use userstatus_store::Store;
use userstatus_wire::v1::{self, request};

/// Records of one connection that wait behind the one under way.
const RECORDS_WAITING_MAX: usize = 64;

/// And their bytes.
const RECORDS_WAITING_BYTES_MAX: usize = 128 * 1024;

/// If none was finished for this long, more are refused rather than waited for: meanwhile nothing else is read.
const RECORDS_STALL: Duration = Duration::from_secs(1);

/// Boxed for as long as it lasts: it is many times the size of an idle connection.
type Pending = Pin<Box<dyn Future<Output = v1::Response> + Send>>;

/// Empty, it holds no memory of its own.
pub(super) struct Answering<S: Store> {
    gateway: Arc<Gateway<S>>,
    session: Arc<Session>,
    presence: Option<Pending>,
    /// Whether that is a logout.
    is_logout: bool,
    records: Option<Box<Records>>,
    /// The next, if it cannot begin yet. Until it has, no other is read.
    held: Option<Box<Asked>>,
}

pub(super) struct Answer {
    pub(super) response: v1::Response,
    /// Whether the client is logged out by it.
    pub(super) ends: bool,
}

struct Records {
    current: Pending,
    waiting: VecDeque<Asked>,
    waiting_bytes: usize,
    /// When the one under way began.
    moved_at: Instant,
}

struct Asked {
    request: v1::Request,
    bytes: usize,
}

enum Placed {
    Taken,
    Later(Asked),
    Refused(v1::Response),
}

/// Whether a request is a record, carried out only once it is on disk, or reads what records have changed: who adds a friend and asks
/// for the list finds the friend in it.
const fn is_record(request: &v1::Request) -> bool {
    match request.body {
        Some(
            request::Body::AddFriend(_)
            | request::Body::DeleteFriends(_)
            | request::Body::Block(_)
            | request::Body::Unblock(_)
            | request::Body::ListFriends(_)
            | request::Body::ListBlocked(_),
        ) => true,
        Some(
            request::Body::Login(_)
            | request::Body::Logout(_)
            | request::Body::SetSelfStatus(_)
            | request::Body::GetUserStatus(_)
            | request::Body::Subscribe(_)
            | request::Body::Unsubscribe(_)
            | request::Body::RenewSig(_)
            | request::Body::SetUserDefinedData(_),
        )
        | None => false,
    }
}

impl<S: Store> Answering<S> {
    pub(super) const fn new(gateway: Arc<Gateway<S>>, session: Arc<Session>) -> Self {
        Self {
            gateway,
            session,
            presence: None,
            is_logout: false,
            records: None,
            held: None,
        }
    }

    /// Takes a request. Not while it [`Self::is_full`].
    pub(super) fn ask(
        &mut self,
        request: v1::Request,
        bytes: usize,
        now: Instant,
    ) -> Option<Answer> {
        let placed = self.place(Asked { request, bytes }, now);
        self.settle(placed)
    }

    /// Whether the last request taken could not begin yet.
    pub(super) const fn is_full(&self) -> bool {
        self.held.is_some()
    }

    /// When the one that could not begin is decided on at the latest.
    pub(super) fn decides_at(&self) -> Option<Instant> {
        self.held.as_ref()?;
        Some(self.records.as_ref()?.moved_at + RECORDS_STALL)
    }

    /// The next answer.
    pub(super) fn poll(&mut self, context: &mut Context<'_>, now: Instant) -> Poll<Answer> {
        if let Some(held) = self.held.take() {
            let placed = self.place(*held, now);
            if let Some(refused) = self.settle(placed) {
                return Poll::Ready(refused);
            }
        }
        if let Some(presence) = &mut self.presence
            && let Poll::Ready(response) = presence.as_mut().poll(context)
        {
            self.presence = None;
            let ends = self.is_logout && response.code == 0;
            return Poll::Ready(Answer { response, ends });
        }
        if let Some(records) = &mut self.records
            && let Poll::Ready(response) = records.current.as_mut().poll(context)
        {
            self.next_record(now);
            let ends = false;
            return Poll::Ready(Answer { response, ends });
        }
        Poll::Pending
    }

    /// The connection has ended: what was begun is carried out, and nobody is told. What was not begun was never asked.
    pub(super) async fn finish(self) {
        let record = self.records.map(|records| records.current);
        let presence = self.presence;
        tokio::join!(
            async {
                if let Some(presence) = presence {
                    presence.await;
                }
            },
            async {
                if let Some(record) = record {
                    record.await;
                }
            }
        );
    }

    fn settle(&mut self, placed: Placed) -> Option<Answer> {
        match placed {
            Placed::Taken => None,
            Placed::Later(asked) => {
                self.held = Some(Box::new(asked));
                None
            }
            Placed::Refused(response) => Some(Answer {
                response,
                ends: false,
            }),
        }
    }

    fn place(&mut self, asked: Asked, now: Instant) -> Placed {
        let is_logout = matches!(asked.request.body, Some(request::Body::Logout(_)));
        match &mut self.records {
            Some(records) if is_record(&asked.request) => return records.place(asked, now),
            None if is_record(&asked.request) => {
                let current = self.begin(asked.request);
                self.records = Some(Box::new(Records::new(current, now)));
                return Placed::Taken;
            }
            // Who adds a friend and leaves is told what became of the friend.
            Some(records) if is_logout && !records.has_stalled(now) => return Placed::Later(asked),
            Some(_) | None => {}
        }
        if self.presence.is_some() {
            return Placed::Later(asked);
        }
        self.presence = Some(self.begin(asked.request));
        self.is_logout = is_logout;
        Placed::Taken
    }

    fn begin(&self, request: v1::Request) -> Pending {
        let (gateway, session) = (Arc::clone(&self.gateway), Arc::clone(&self.session));
        Box::pin(async move { gateway.request(&session, request).await })
    }

    fn next_record(&mut self, now: Instant) {
        let Some(mut records) = self.records.take() else {
            return;
        };
        if let Some(next) = records.waiting.pop_front() {
            records.waiting_bytes -= next.bytes;
            records.current = self.begin(next.request);
            records.moved_at = now;
            self.records = Some(records);
        }
    }
}

impl Records {
    const fn new(current: Pending, now: Instant) -> Self {
        Self {
            current,
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            moved_at: now,
        }
    }

    fn place(&mut self, asked: Asked, now: Instant) -> Placed {
        let waiting = self.waiting.len();
        if waiting < RECORDS_WAITING_MAX
            && self.waiting_bytes + asked.bytes <= RECORDS_WAITING_BYTES_MAX
        {
            self.waiting_bytes += asked.bytes;
            self.waiting.push_back(asked);
            return Placed::Taken;
        }
        if !self.has_stalled(now) {
            return Placed::Later(asked);
        }
        let desc = format!(
            "the server's disk is slow, and {waiting} requests about friends wait for it on this connection; wait for their answers, then try again"
        );
        let id = asked.request.id;
        Placed::Refused(v1::Response::refused(id, Code::Internal.number(), desc))
    }

    fn has_stalled(&self, now: Instant) -> bool {
        now >= self.moved_at + RECORDS_STALL
    }
}
