//! Asking and watching (G, W).

use super::draft::Draft;
use super::{Outcome, Refusal, needs_premium};
use crate::{Asked, Code, Edit, SessionId};
use alloc::collections::BTreeSet;
use alloc::format;

pub(super) fn query(draft: &mut Draft<'_>, session: SessionId, users: &Asked) -> Outcome {
    if draft.device_of(session).is_none() {
        return draft.refuse(Code::NotLoggedIn, None);
    }
    let is_about_oneself =
        users.count() == 1 && users.users() == core::slice::from_ref(&draft.account.user);
    if is_about_oneself {
        return Outcome::Query;
    }
    if let Err(refusal) = allowed(draft, users, Request::Query) {
        return Outcome::Refused(refusal);
    }
    let (at, window_ms) = (draft.now, draft.settings.limits.window_ms);
    draft.edit(Edit::CountQuery { at, window_ms });
    Outcome::Query
}

pub(super) fn subscribe(draft: &mut Draft<'_>, session: SessionId, users: &Asked) -> Outcome {
    if draft.device_of(session).is_none() {
        return draft.refuse(Code::NotLoggedIn, None);
    }
    if let Err(refusal) = allowed(draft, users, Request::Subscribe) {
        return Outcome::Refused(refusal);
    }
    if users.users().contains(&draft.account.user) {
        let detail = "one cannot subscribe to oneself; own changes are always told";
        return draft.refuse(Code::InvalidOperation, Some(detail.into()));
    }
    let (at, window_ms) = (draft.now, draft.settings.limits.window_ms);
    draft.edit(Edit::CountSubscribe { at, window_ms });
    let before = &draft.account.subscriptions;
    let mut after = before.clone();
    let mut kept: BTreeSet<_> = before.iter().cloned().collect();
    // One by one (W2): whom an earlier one of the request pushes off the list may come back, at its end, with a later one.
    for user in users.users() {
        after.add(user.clone());
        for earliest in after.evict_to(draft.settings.limits.subscriptions_max as usize) {
            kept.remove(&earliest);
        }
    }
    let is_on: BTreeSet<_> = after.iter().collect();
    for user in before.iter().filter(|user| !kept.contains(*user)) {
        draft.subscriptions_changed();
        draft.edit(Edit::RemoveSubscription(user.clone()));
    }
    for user in after.iter().filter(|user| !kept.contains(*user)) {
        draft.subscriptions_changed();
        draft.edit(Edit::AddSubscription(user.clone()));
    }
    let answered = users.users().iter().filter(|user| is_on.contains(user));
    Outcome::Subscribed {
        users: answered.cloned().collect(),
        list: draft.subscriptions_version(),
    }
}

pub(super) fn unsubscribe(draft: &mut Draft<'_>, session: SessionId, users: &Asked) -> Outcome {
    if draft.device_of(session).is_none() {
        return draft.refuse(Code::NotLoggedIn, None);
    }
    if let Err(refusal) = allowed(draft, users, Request::Unsubscribe) {
        return Outcome::Refused(refusal);
    }
    let (at, window_ms) = (draft.now, draft.settings.limits.window_ms);
    draft.edit(Edit::CountUnsubscribe { at, window_ms });
    if users.count() == 0 && !draft.account.subscriptions.is_empty() {
        draft.clear_subscriptions();
    }
    for user in users.users() {
        if draft.account.subscriptions.contains(user.as_str()) {
            draft.subscriptions_changed();
            draft.edit(Edit::RemoveSubscription(user.clone()));
        }
    }
    Outcome::Unsubscribed {
        list: draft.subscriptions_version(),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Request {
    Query,
    Subscribe,
    Unsubscribe,
}

/// Plan, switch, size, quota, in this order: what a retry cannot help comes first, and only what passes is counted.
fn allowed(draft: &Draft<'_>, users: &Asked, request: Request) -> Result<(), Refusal> {
    let limits = &draft.settings.limits;
    if needs_premium(draft.settings) {
        return Err(Refusal {
            code: Code::NeedsPremium,
            detail: None,
        });
    }
    if !draft.settings.user_status {
        return Err(Refusal {
            code: Code::StatusSwitchOff,
            detail: None,
        });
    }
    let max = match request {
        Request::Query => limits.query_users_max,
        Request::Subscribe | Request::Unsubscribe => limits.subscribe_users_max,
    };
    if users.count() == 0 && request != Request::Unsubscribe {
        let detail = "the list of users is empty";
        return Err(Refusal {
            code: Code::InvalidParameters,
            detail: Some(detail.into()),
        });
    }
    if users.count() > max as usize {
        let detail = format!(
            "{} users in one request; at most {max} are allowed",
            users.count()
        );
        return Err(Refusal {
            code: Code::InvalidParameters,
            detail: Some(detail.into()),
        });
    }
    draft.check_quota(
        |quotas| match request {
            Request::Query => &quotas.query,
            Request::Subscribe => &quotas.subscribe,
            Request::Unsubscribe => &quotas.unsubscribe,
        },
        "of this kind",
    )
}
