//! Erasing an account: from the disk, from memory, and from the lists of others.

use super::EmbeddedStore;
use super::journal::Repair;
use super::record::{account_row, pair_row};
use super::records::unwritten;
use super::rows::Rows;
use crate::{AccountKey, Commit, StoreError};
use std::sync::Arc;
use userstatus_core::{Account, Block, Edit, Outcome, Timestamp, UserStatus};

impl EmbeddedStore {
    /// Removes an account, and it from everybody's lists; with `away_since` only if nobody has been there since.
    pub(super) async fn erase(
        &self,
        key: &AccountKey,
        away_since: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let _held = self.record_locks.hold_all().await;
        let Some(account) = self
            .accounts
            .read(key.app, &key.user, Account::clone)
            .filter(|account| is_away_since(account, away_since))
        else {
            return Ok(false);
        };
        let others = self.who_names(key);
        let mut rows = Rows::default();
        let mut repairs = vec![
            Repair::Account(key.clone()),
            Repair::Subscriptions(key.clone()),
            Repair::Revocation(key.clone()),
        ];
        rows.accounts.push((account_row(key), None));
        rows.subscriptions.push((account_row(key), None));
        rows.revocations.push((account_row(key), None));
        let friends = account.friends.iter().map(|friend| &friend.user);
        let blocks = account.blocks.iter().map(|block| &block.user);
        for friend in friends {
            rows.friends.push((pair_row(key, friend), None));
            repairs.push(Repair::Friend(key.clone(), friend.clone()));
        }
        for user in blocks {
            rows.blocks.push((pair_row(key, user), None));
            repairs.push(Repair::Block(key.clone(), user.clone()));
        }
        for other in &others {
            rows.friends.push((pair_row(other, &key.user), None));
            rows.blocks.push((pair_row(other, &key.user), None));
            repairs.push(Repair::Friend(other.clone(), key.user.clone()));
            repairs.push(Repair::Block(other.clone(), key.user.clone()));
        }
        let attempt = match &self.journal {
            Some(journal) => Some(journal.write(rows, repairs).await?),
            None => None,
        };
        // Those who watch it are told while they still do.
        if !self.take_away(key, away_since, now) {
            // Somebody came while it was being written. The attempt ends here, and with that the rows come back.
            return Ok(false);
        }
        for other in &others {
            self.forget(other, key, now);
        }
        if let Some(attempt) = attempt {
            attempt.succeeded();
        }
        if let Some(journal) = &self.journal {
            // A login that came in between may have been written behind the erasure.
            journal.repair(vec![
                Repair::Account(key.clone()),
                Repair::Subscriptions(key.clone()),
            ]);
        }
        Ok(account.registered)
    }

    /// Accounts that have `key` on one of their lists.
    fn who_names(&self, key: &AccountKey) -> Vec<AccountKey> {
        let mut found = Vec::new();
        let name = key.user.as_str();
        self.accounts.for_each(|app, account| {
            let names = app == key.app
                && account.user != key.user
                && (account.friends.contains(name)
                    || account.blocks.get(name).is_some()
                    || account.subscriptions.contains(name));
            if names {
                found.push(AccountKey::new(app, account.user.clone()));
            }
        });
        found
    }

    /// Takes an account away. Those who watch it are told that there is none any more, and devices that came in while its erasure
    /// was being written are logged out. Says whether it was: where somebody has been there since `away_since`, the account stays.
    fn take_away(&self, key: &AccountKey, away_since: Option<Timestamp>, now: Timestamp) -> bool {
        let mut guard = self.accounts.lock(key, key.hash_value());
        let stays = |account: &Account| !is_away_since(account, away_since);
        if guard.get().is_some_and(stays) {
            return false;
        }
        let Some(account) = guard.remove() else {
            return true;
        };
        let unknown = UserStatus {
            version: account.version.next(now),
            ..UserStatus::unknown(key.user.clone())
        };
        let sessions = account.devices.iter().map(|device| device.session);
        let commit = Commit {
            account: key.clone(),
            edits: Vec::new(),
            change: Some(unknown),
            outcome: Outcome::KickedAll {
                sessions: sessions.collect(),
            },
            origin: None,
        };
        self.publish(guard, Arc::new(commit), now);
        true
    }

    /// Takes an account that is gone from the lists of another.
    fn forget(&self, key: &AccountKey, gone: &AccountKey, now: Timestamp) {
        let name = gone.user.as_str();
        let mut guard = self.accounts.lock(key, key.hash_value());
        let Some(account) = guard.get() else { return };
        let mut edits = Vec::new();
        if account.friends.contains(name) {
            edits.push(Edit::RemoveFriend(gone.user.clone()));
        }
        if let Some(block) = account.blocks.get(name) {
            edits.push(Edit::PutBlock(Block {
                mine: false,
                theirs: false,
                ..block.clone()
            }));
        }
        if account.subscriptions.contains(name) {
            let version = account.subscriptions_version.next(now);
            edits.push(Edit::RemoveSubscription(gone.user.clone()));
            edits.push(Edit::SetSubscriptionsVersion(version));
        }
        let account = guard.get_or_insert();
        for edit in &edits {
            account.apply(edit);
        }
        if self.journal.is_some() {
            guard.mark_unwritten(unwritten(&edits));
        }
        let commit = Commit {
            account: key.clone(),
            edits,
            change: None,
            outcome: Outcome::Done,
            origin: None,
        };
        self.publish(guard, Arc::new(commit), now);
    }
}

/// Whether nobody has been there since; always, where no time is given.
fn is_away_since(account: &Account, away_since: Option<Timestamp>) -> bool {
    away_since.is_none_or(|since| account.devices.is_empty() && account.away_since == since)
}
