//! Lists that come in pages, by user id, and are handed over whole.

use super::message::{self, Page};
use super::pending::Pending;
use super::{RequestId, Session};
use crate::{Answer, Error, Friend, Instant, Request};
use std::collections::BTreeMap;
use userstatus_core::Code;
use userstatus_wire::v1;

/// Entries handed over at most: more friends than any app allows.
pub const LIST_ENTRIES_MAX: usize = 10_000;
/// Times a part of a list is read again because it changed meanwhile. Who has friends that come and go faster than pages gets a list
/// that may miss the latest.
const REREADS_MAX: u32 = 8;

/// What has come of a list so far. By user id, as the pages are: each user once, whatever changed between them.
#[derive(Debug, Default)]
pub(super) struct Listing {
    entries: BTreeMap<String, Option<Friend>>,
    /// The first of those who changed since the page that is on its way was asked for.
    changed_from: Option<String>,
    rereads: u32,
}

enum Next {
    Ask,
    Done,
}

impl Listing {
    /// The last user the next page is not to name again; empty: it is the first page.
    pub(super) fn after(&self) -> &str {
        self.entries.last_key_value().map_or("", |(user, _)| user)
    }

    /// Somebody came to the list or left it: what was read from there on is read again.
    pub(super) fn changed(&mut self, user: &str) {
        let is_first = self
            .changed_from
            .as_deref()
            .is_none_or(|earlier| user < earlier);
        if is_first {
            self.changed_from = Some(user.to_owned());
        }
    }

    fn add(&mut self, page: Page) -> Result<Next, Error> {
        let goes_on = page
            .entries
            .iter()
            .any(|(user, _)| user.as_str() > self.after());
        self.entries.extend(page.entries);
        if self.entries.len() > LIST_ENTRIES_MAX {
            tracing::warn!(
                "a list of more than {LIST_ENTRIES_MAX} entries; the rest is not handed over"
            );
            while self.entries.len() > LIST_ENTRIES_MAX {
                self.entries.pop_last();
            }
            return Ok(Next::Done);
        }
        if let Some(from) = self.changed_from.take()
            && self.rereads < REREADS_MAX
            && (!page.more || from.as_str() <= self.after())
        {
            self.rereads += 1;
            self.entries.split_off(&from);
            return Ok(Next::Ask);
        }
        match (page.more, goes_on) {
            (false, _) => Ok(Next::Done),
            (true, true) => Ok(Next::Ask),
            (true, false) => {
                let desc = "the server sends the same page of a list again and again";
                Err(Error::with(Code::Internal, desc))
            }
        }
    }

    fn into_answer(self, request: &Request) -> Answer {
        match request {
            Request::ListBlocked => Answer::Blocked(self.entries.into_keys().collect()),
            _ => Answer::Friends(self.entries.into_values().flatten().collect()),
        }
    }
}

impl Session {
    /// A page came: the next is asked for, or the list is handed over.
    pub(super) fn paged(
        &mut self,
        mut pending: Pending,
        body: Option<v1::response::Body>,
        now: Instant,
    ) {
        let mut listing = pending.listing.take().unwrap_or_default();
        match listing.add(message::page(body)) {
            Err(error) => self.end(&pending, Err(error), now),
            Ok(Next::Done) => {
                let answer = listing.into_answer(&pending.request);
                self.end(&pending, Ok(answer), now);
            }
            Ok(Next::Ask) => {
                let id = self.requests.next_id();
                let frame = message::page_frame(id, &pending.request, listing.after(), false);
                let bytes = message::encoded_len(&frame);
                pending.listing = Some(listing);
                let unsent_deadline = now + self.config.unsent_timeout;
                self.requests.goes_on(id, pending, bytes, unsent_deadline);
                self.requests.sent(id, now + self.config.request_timeout);
                self.send(&frame);
            }
        }
    }

    /// Friends came or went. A list of which no page was asked for before `change` was sent knows of it.
    pub(super) fn friends_changed<'a>(
        &mut self,
        users: impl Iterator<Item = &'a str> + Clone,
        change: Option<RequestId>,
    ) {
        for (id, listing) in self.requests.listings() {
            if change.is_none_or(|change| id < change) {
                for user in users.clone() {
                    listing.changed(user);
                }
            }
        }
    }
}
