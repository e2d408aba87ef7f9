//! Statuses, and whom this client watches.

use super::pending::{Pending, Sender};
use super::window::Kind;
use super::{Session, message};
use crate::{Answer, Error, Event, Request, UserStatus};
use std::time::{Duration, Instant};
use userstatus_core::Code;
use userstatus_wire::v1;

/// Subscribing again that did not succeed is tried again no sooner.
const RESUBSCRIBE_RETRY_MIN: Duration = Duration::from_secs(1);

impl Session {
    /// A push: what is newer than what is known is told (N6).
    pub(super) fn told(&mut self, statuses: Vec<v1::UserStatus>) {
        let newer: Vec<UserStatus> = statuses
            .into_iter()
            .filter(|status| self.known.raise(&status.user_id, status.version))
            .map(UserStatus::from)
            .collect();
        if !newer.is_empty() {
            self.event(Event::StatusChanged(newer));
        }
    }

    /// What an answer says about whom this client watches and what it knows.
    pub(super) fn learn(&mut self, pending: &Pending, answer: &Answer) {
        match (&pending.request, answer) {
            (Request::Subscribe(users), Answer::Statuses(statuses)) => {
                let max = self.limits.subscriptions_max as usize;
                self.subscriptions.add(users, max);
                let newer: Vec<_> = statuses
                    .iter()
                    .filter(|status| self.known.raise(&status.user_id, status.version))
                    .cloned()
                    .collect();
                if pending.sender == Sender::Itself && !newer.is_empty() {
                    self.event(Event::StatusChanged(newer));
                }
            }
            (Request::Unsubscribe(users), _) if users.is_empty() => {
                self.subscriptions.clear();
            }
            (Request::Unsubscribe(users), _) => {
                // What is known of them stays: a friend among them is still watched, and is not to be told of twice.
                self.subscriptions.remove(users);
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

    /// When those that the server lost are to be subscribed to again.
    pub(super) fn resubscribe_due(&self) -> Option<Instant> {
        self.subscriptions
            .retry_at
            .filter(|_| self.login.is_established())
    }

    /// Subscribes again to those the server has lost though their user never asked for that: the list was cleared while this
    /// client was away (W7), or the connection broke before all were subscribed to again.
    pub(super) fn subscribe_again(&mut self, now: Instant) {
        self.subscriptions.retry_at = None;
        let mut users = self.subscriptions.lost();
        let lost = users.len();
        // An unsubscribe on its way would be undone by what is sent behind it.
        for leaving in self.requests.of_user() {
            if let Request::Unsubscribe(leaving) = leaving.request {
                users.retain(|user| !leaving.is_empty() && !leaving.contains(user));
            }
        }
        let mut is_to_be_continued = users.len() < lost;
        for chunk in users.chunks(self.limits.subscribe_users_max as usize) {
            let id = self.requests.next_id();
            if !self.windows.admit(Kind::Subscribe, id, &self.limits, now) {
                is_to_be_continued = true;
                break;
            }
            self.subscriptions.asked_for(chunk);
            let request = Request::Subscribe(chunk.to_vec());
            let frame = message::request_frame(id, &request, false);
            let deadline = now + self.config.request_timeout;
            let bytes = message::encoded_len(&frame);
            self.requests
                .insert(id, request, Sender::Itself, bytes, deadline);
            self.requests.sent(id, deadline);
            self.send(&frame);
        }
        if is_to_be_continued {
            self.subscriptions.retry_at = Some(now + self.resubscribe_retry());
        }
    }

    pub(super) fn not_subscribed_again(&mut self, pending: &Pending, error: &Error, now: Instant) {
        let Request::Subscribe(users) = &pending.request else {
            return;
        };
        tracing::warn!(code = error.code, reason = %error.desc, users = users.len(), "could not subscribe again");
        self.subscriptions.not_granted(users);
        if let Some(Code::TooFrequent | Code::NoAnswer | Code::Internal) =
            Code::from_number(error.code)
        {
            self.subscriptions.retry_at = Some(now + self.resubscribe_retry());
        }
    }

    fn resubscribe_retry(&self) -> Duration {
        Duration::from_millis(u64::from(self.limits.window_ms)).max(RESUBSCRIBE_RETRY_MIN)
    }
}
