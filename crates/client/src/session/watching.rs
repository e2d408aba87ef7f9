//! Statuses, and whom this client watches.

use super::pending::{Pending, Sender};
use super::window::Kind;
use super::{Login, Session, message};
use crate::{Answer, Error, Event, Instant, Request, UserStatus};
use std::time::Duration;
use userstatus_core::Code;
use userstatus_wire::v1;

/// Putting the list right that did not succeed is tried again no sooner.
const PUT_RIGHT_RETRY_MIN: Duration = Duration::from_secs(1);

impl Session {
    /// A push: what is newer than what is known is told (N6).
    pub(super) fn told(&mut self, statuses: Vec<v1::UserStatus>) {
        if let Login::LoggedIn { account, .. } = &self.login {
            for own in statuses
                .iter()
                .filter(|status| status.user_id == account.user_id)
            {
                self.own_status.told(own);
            }
        }
        let newer: Vec<_> = statuses
            .into_iter()
            .map(UserStatus::from)
            .filter(|status| {
                let (version, normal) = (status.version, status.normal);
                self.known.pushed(&status.user_id, version, normal)
            })
            .collect();
        if !newer.is_empty() {
            self.event(Event::StatusChanged(newer));
        }
    }

    /// What an answer says about whom this client watches and what it knows.
    pub(super) fn learn(&mut self, pending: &Pending, answer: &Answer, version: u64) {
        match (&pending.request, answer) {
            (Request::SetSelfStatus(custom), _) => self.own_status.set(custom, version),
            (Request::Subscribe(users), Answer::Statuses(statuses)) => {
                let max = self.limits.subscriptions_max as usize;
                let pushed_off = self.subscriptions.add(users, max);
                self.subscriptions.raise(version);
                let newer: Vec<_> = statuses
                    .iter()
                    .filter(|status| {
                        let (version, normal) = (status.version, status.normal);
                        self.known.subscribed(&status.user_id, version, normal)
                    })
                    .cloned()
                    .collect();
                self.known.let_go(&pushed_off);
                if pending.sender == Sender::Itself && !newer.is_empty() {
                    self.event(Event::StatusChanged(newer));
                }
            }
            (Request::Unsubscribe(users), _) => {
                // What is known of them stays: a friend among them is still watched, and is not to be told of twice.
                match (pending.sender == Sender::Itself, users.is_empty()) {
                    (false, false) => {
                        self.subscriptions.remove(users);
                        self.known.let_go(users);
                    }
                    (false, true) => {
                        let had = self.subscriptions.clear();
                        self.known.let_go(&had);
                    }
                    (true, false) => self.subscriptions.left_again(users),
                    (true, true) => self.subscriptions.cleared_again(true),
                }
                self.subscriptions.raise(version);
            }
            (
                Request::AddFriend(_) | Request::DeleteFriends { .. },
                Answer::FriendResults(results),
            ) => {
                let done = results.iter().filter(|result| result.code == 0);
                let users = done.map(|result| result.user_id.as_str());
                self.friends_changed(users.clone(), Some(pending.asked_as));
                // The server tells everybody but the connection that asked.
                let news: Vec<_> = users
                    .filter(|user| !pending.told.iter().any(|told| told == user))
                    .map(str::to_owned)
                    .collect();
                if !news.is_empty() {
                    let is_added = matches!(pending.request, Request::AddFriend(_));
                    self.event(if is_added {
                        Event::FriendsAdded(news)
                    } else {
                        Event::FriendsDeleted(news)
                    });
                }
            }
            (_, Answer::Statuses(statuses)) => {
                // Not this version itself: it may be on its way as a change, which is to be told (C2).
                for status in statuses {
                    let before = status.version.saturating_sub(1);
                    self.known.raise_if_known(&status.user_id, before);
                }
            }
            _ => {}
        }
    }

    /// When the list is to be put right.
    pub(super) fn put_right_due(&self) -> Option<Instant> {
        self.subscriptions
            .retry_at
            .filter(|_| self.login.is_established())
    }

    /// Unsubscribes again from those, and subscribes again to those, whom the server's list has otherwise though their user never asked for
    /// that: it was cleared while this client was away (W7), or a crash took it back to an older state, or the connection broke before
    /// all was put right.
    pub(super) fn put_list_right(&mut self, now: Instant) {
        self.subscriptions.retry_at = None;
        let is_done = if self.subscriptions.is_to_clear() {
            // Alone: whom it is to have is subscribed to when it is done.
            self.subscriptions.clearing();
            let is_sent = self.ask_itself(Request::Unsubscribe(Vec::new()), now);
            if !is_sent {
                self.subscriptions.cleared_again(false);
            }
            is_sent
        } else if self.subscriptions.is_clearing() {
            true
        } else {
            // First those who go: they make room on the list.
            let all_leave = self.leave_again(now);
            self.join_again(now) && all_leave
        };
        if !is_done {
            self.subscriptions.retry_at = Some(now + self.put_right_retry());
        }
    }

    /// Whether it is all on its way.
    fn leave_again(&mut self, now: Instant) -> bool {
        let wrong = self.subscriptions.to_leave();
        let mut users = wrong.clone();
        // A subscribe on its way would be undone by what is sent behind it.
        for joining in self.requests.of_user() {
            if let Request::Subscribe(joining) = joining.request {
                users.retain(|user| !joining.contains(user));
            }
        }
        let is_all = users.len() == wrong.len();
        self.in_chunks(&users, Request::Unsubscribe, now) && is_all
    }

    /// Whether it is all on its way.
    fn join_again(&mut self, now: Instant) -> bool {
        let wrong = self.subscriptions.to_join();
        let mut users = wrong.clone();
        // An unsubscribe on its way would be undone by what is sent behind it.
        for leaving in self.requests.of_user() {
            if let Request::Unsubscribe(leaving) = leaving.request {
                users.retain(|user| !leaving.is_empty() && !leaving.contains(user));
            }
        }
        let is_all = users.len() == wrong.len();
        self.in_chunks(&users, Request::Subscribe, now) && is_all
    }

    fn in_chunks(
        &mut self,
        users: &[String],
        request: impl Fn(Vec<String>) -> Request,
        now: Instant,
    ) -> bool {
        let max = self.limits.subscribe_users_max.max(1) as usize;
        users.chunks(max).all(|chunk| {
            let is_sent = self.ask_itself(request(chunk.to_vec()), now);
            if is_sent {
                self.subscriptions.asked_for(chunk);
            }
            is_sent
        })
    }

    /// Sends a request of the session's own, unless the account has made too many.
    pub(super) fn ask_itself(&mut self, request: Request, now: Instant) -> bool {
        let id = self.requests.next_id();
        if let Some(kind) = Kind::of(&request)
            && !self.windows.admit(kind, id, &self.limits, now)
        {
            return false;
        }
        let frame = message::request_frame(id, &request, false);
        let deadline = now + self.config.request_timeout;
        let bytes = message::encoded_len(&frame);
        self.requests
            .insert(id, request, Sender::Itself, bytes, deadline);
        self.requests.sent(id, deadline);
        self.send(&frame);
        true
    }

    /// A request of the session's own is done.
    pub(super) fn put_right(&mut self, pending: &Pending, now: Instant) {
        if let Request::Unsubscribe(users) = &pending.request
            && users.is_empty()
        {
            self.put_list_right(now);
        }
    }

    pub(super) fn not_put_right(&mut self, pending: &Pending, error: &Error, now: Instant) {
        match &pending.request {
            Request::Unsubscribe(users) if users.is_empty() => {
                self.subscriptions.cleared_again(false);
            }
            Request::Subscribe(users) | Request::Unsubscribe(users) => {
                self.subscriptions.not_granted(users);
            }
            _ => return,
        }
        tracing::warn!(code = error.code, reason = %error.desc, "could not put the list of subscriptions right");
        if let Some(Code::TooFrequent | Code::NoAnswer | Code::Internal) =
            Code::from_number(error.code)
        {
            self.subscriptions.retry_at = Some(now + self.put_right_retry());
        }
    }

    fn put_right_retry(&self) -> Duration {
        Duration::from_millis(u64::from(self.limits.window_ms)).max(PUT_RIGHT_RETRY_MIN)
    }
}
