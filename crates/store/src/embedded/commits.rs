//! A command becomes a commit: decided and applied under the lock of its account, then published.

use super::EmbeddedStore;
use super::accounts::AccountGuard;
use super::records::{records, unwritten};
use crate::{AccountKey, Commit, CommitSink, Executed, Execution};
use std::sync::Arc;
use std::time::Instant;
use userstatus_core::{Account, Decision, Edit, Outcome, Timestamp, decide};

impl EmbeddedStore {
    /// Runs a command. If it is part of a record, `planned` is what was written of it: if by now it would have to be something else,
    /// nothing happens.
    pub(super) fn run(
        &self,
        execution: &Execution<'_>,
        planned: Option<&Decision>,
    ) -> Option<Executed> {
        let Execution {
            account: key,
            settings,
            command,
            origin,
            now,
        } = execution;
        let (origin, now) = (*origin, *now);
        let mut guard = self.accounts.lock(key, key.hash_value());
        let decision = match guard.get() {
            Some(account) => decide(account, settings, command, now),
            None => decide(&Account::unheard(key.user.clone()), settings, command, now),
        };
        if let Some(planned) = planned
            && !records(&decision).eq(records(planned))
        {
            return None;
        }
        let next_deadline = if decision.edits.is_empty() {
            guard
                .get()
                .and_then(|account| account.next_deadline(settings))
        } else {
            let account = guard.get_or_insert();
            for edit in &decision.edits {
                account.apply(edit);
            }
            account.next_deadline(settings)
        };
        // Requests that only count are nobody's news.
        let is_news = decision.change.is_some() || decision.edits.iter().any(Edit::is_durable);
        let commit = Arc::new(Commit {
            account: AccountKey::clone(key),
            edits: decision.edits,
            change: decision.change,
            outcome: decision.outcome,
            origin,
        });
        if is_news {
            if self.journal.is_some() {
                guard.mark_unwritten(unwritten(&commit.edits));
            }
            self.publish(guard, Arc::clone(&commit), now);
        }
        Some(Executed {
            commit,
            next_deadline,
        })
    }

    /// An answer without a change.
    pub(super) fn unchanged(&self, execution: &Execution<'_>, outcome: Outcome) -> Executed {
        let key = execution.account;
        let next_deadline = self
            .accounts
            .read(key.app, &key.user, |account| {
                account.next_deadline(execution.settings)
            })
            .flatten();
        let commit = Arc::new(Commit {
            account: key.clone(),
            edits: Vec::new(),
            change: None,
            outcome,
            origin: execution.origin,
        });
        Executed {
            commit,
            next_deadline,
        }
    }

    /// Publishes a commit in its place among those of the account that `guard` locks. What it changed is marked unwritten by then.
    pub(super) fn publish(&self, guard: AccountGuard<'_>, commit: Arc<Commit>, now: Timestamp) {
        let lane = self.lanes.of(commit.account.hash_value());
        let place = lane.push(commit);
        drop(guard);
        // The disk may be at it while watchers are told.
        if let Some(journal) = &self.journal {
            journal.committed(now);
            journal.presence_changed();
        }
        match self.sink.get() {
            Some(sink) => lane.publish(place, &**sink),
            None => lane.publish(place, &Nobody),
        }
    }
}

/// The sink before there is one.
struct Nobody;

impl CommitSink for Nobody {
    fn publish(&self, _commit: &Commit, _made_at: Instant) {}
}
