//! Requests that wait for their answers.

use super::RequestId;
use super::listing::Listing;
use crate::{Instant, Request};
use std::collections::{BTreeMap, BTreeSet};

/// Bytes of requests that may be waiting for their answers at once. The largest is 256 KiB.
pub const PENDING_BYTES_MAX: usize = 16 * 1024 * 1024;

/// For whom a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sender {
    /// The application.
    User,
    /// The application's login, or the session's own after a reconnect.
    Login {
        /// Whether the application waits for it.
        by_user: bool,
    },
    /// The application, with a new UserSig while it is logged in (D3).
    Renewal,
    /// The logout.
    Logout,
    /// The session, which puts its list right again after a reconnect.
    Itself,
}

#[derive(Debug)]
pub(super) struct Pending {
    /// What its answer is for: its own id, or that of the first page of its list.
    pub(super) asked_as: RequestId,
    pub(super) request: Request,
    pub(super) sender: Sender,
    /// On any connection so far.
    pub(super) was_sent: bool,
    /// Of a list in pages, what has come so far.
    pub(super) listing: Option<Listing>,
    /// Of those to become friends, or to be friends no more: whom the server has said by itself to be so by now.
    pub(super) told: Vec<String>,
    bytes: usize,
    /// While it is not on its way.
    unsent_deadline: Instant,
    deadline: Instant,
}

/// One of the application's requests.
pub(super) struct Waiting<'a> {
    pub(super) id: RequestId,
    pub(super) request: &'a Request,
    pub(super) was_sent: bool,
    /// Of a list in pages: where the next begins.
    pub(super) page_after: Option<&'a str>,
}

/// By id, which is the order they were made in; and by deadline.
#[derive(Debug, Default)]
pub(super) struct Requests {
    /// Boxed: an idle table keeps a node, which has room for eleven.
    by_id: BTreeMap<RequestId, Box<Pending>>,
    by_deadline: BTreeSet<(Instant, RequestId)>,
    bytes: usize,
    last_id: u64,
}

impl Requests {
    pub(super) fn next_id(&mut self) -> RequestId {
        self.last_id += 1;
        RequestId(self.last_id)
    }

    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Of all their frames.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Adds one that is not on its way. Its frame has `bytes`.
    pub(super) fn insert(
        &mut self,
        id: RequestId,
        request: Request,
        sender: Sender,
        bytes: usize,
        deadline: Instant,
    ) {
        let listing =
            matches!(request, Request::ListFriends | Request::ListBlocked).then(Listing::default);
        let pending = Pending {
            asked_as: id,
            request,
            sender,
            was_sent: false,
            listing,
            told: Vec::new(),
            bytes,
            unsent_deadline: deadline,
            deadline,
        };
        self.put(id, pending);
    }

    /// A list goes on with its next page, which has its own id.
    pub(super) fn goes_on(
        &mut self,
        id: RequestId,
        pending: Pending,
        bytes: usize,
        deadline: Instant,
    ) {
        let pending = Pending {
            was_sent: false,
            bytes,
            unsent_deadline: deadline,
            deadline,
            ..pending
        };
        self.put(id, pending);
    }

    fn put(&mut self, id: RequestId, pending: Pending) {
        self.bytes += pending.bytes;
        self.by_deadline.insert((pending.deadline, id));
        let earlier = self.by_id.insert(id, Box::new(pending));
        assert!(earlier.is_none(), "a request id is used once");
    }

    /// It is on its way: from now on its answer is waited for until `deadline`.
    pub(super) fn sent(&mut self, id: RequestId, deadline: Instant) {
        if let Some(pending) = self.by_id.get_mut(&id) {
            pending.was_sent = true;
            self.by_deadline.remove(&(pending.deadline, id));
            pending.deadline = deadline;
            self.by_deadline.insert((deadline, id));
        }
    }

    /// Its connection is gone: nothing is on its way, and what is not sent again in time ends.
    pub(super) fn unsend_all(&mut self) {
        self.by_deadline.clear();
        for (id, pending) in &mut self.by_id {
            pending.deadline = pending.unsent_deadline;
            self.by_deadline.insert((pending.deadline, *id));
        }
    }

    /// Takes one out of the table, and thereby the right to end it.
    pub(super) fn take(&mut self, id: RequestId) -> Option<Pending> {
        let pending = self.by_id.remove(&id)?;
        self.by_deadline.remove(&(pending.deadline, id));
        self.bytes -= pending.bytes;
        Some(*pending)
    }

    pub(super) fn take_due(&mut self, now: Instant) -> Vec<Pending> {
        let mut due = Vec::new();
        while let Some((at, id)) = self.by_deadline.first().copied()
            && at <= now
            && let Some(pending) = self.take(id)
        {
            due.push(pending);
        }
        due
    }

    pub(super) fn take_all(&mut self) -> Vec<Pending> {
        self.by_deadline.clear();
        self.bytes = 0;
        std::mem::take(&mut self.by_id)
            .into_values()
            .map(|pending| *pending)
            .collect()
    }

    pub(super) fn take_where(&mut self, which: impl Fn(&Pending) -> bool) -> Vec<Pending> {
        let ids: Vec<_> = self
            .by_id
            .iter()
            .filter(|(_, pending)| which(pending))
            .map(|(id, _)| *id)
            .collect();
        ids.into_iter().filter_map(|id| self.take(id)).collect()
    }

    /// Those of the application, oldest first.
    pub(super) fn of_user(&self) -> impl Iterator<Item = Waiting<'_>> {
        self.by_id
            .iter()
            .filter(|(_, pending)| pending.sender == Sender::User)
            .map(|(id, pending)| Waiting {
                id: *id,
                request: &pending.request,
                was_sent: pending.was_sent,
                page_after: pending.listing.as_ref().map(Listing::after),
            })
    }

    /// The new UserSig that waits to be taken: its id, itself, and whether it was sent.
    pub(super) fn renewal(&self) -> Option<(RequestId, &str, bool)> {
        self.by_id
            .iter()
            .find_map(|(id, pending)| match &pending.request {
                Request::Login { user_sig, .. } if pending.sender == Sender::Renewal => {
                    Some((*id, user_sig.as_str(), pending.was_sent))
                }
                _ => None,
            })
    }

    /// The server said by itself that somebody became a friend, or is one no more: whoever asked for that knows it. It tells what others
    /// did, and what was asked for on a connection that is gone.
    pub(super) fn friend_told(&mut self, user: &str, is_added: bool) {
        for pending in self.by_id.values_mut() {
            let adds = match &pending.request {
                Request::AddFriend(friend) if friend.user_id == user => true,
                Request::DeleteFriends { user_ids, .. } if user_ids.iter().any(|id| id == user) => {
                    false
                }
                _ => continue,
            };
            pending.told.retain(|told| told != user);
            if adds == is_added {
                pending.told.push(user.to_owned());
            }
        }
    }

    /// The lists that are coming in pages, by the id of the first page.
    pub(super) fn listings(&mut self) -> impl Iterator<Item = (RequestId, &mut Listing)> {
        self.by_id
            .values_mut()
            .filter_map(|pending| Some((pending.asked_as, pending.listing.as_mut()?)))
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.by_deadline.first().map(|(at, _)| *at)
    }
}
