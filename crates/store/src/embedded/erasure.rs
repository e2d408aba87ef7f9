//! Erasing accounts: from the disk, from memory, and from the lists of others.

use super::EmbeddedStore;
use super::accounts::{Accounts, Going};
use super::journal::Repair;
use super::record::{account_row, encode_revocation, encode_subscriptions, pair_row};
use super::records::unwritten;
use super::rows::Rows;
use crate::{AccountKey, Commit, Doomed, StoreError};
use hashbrown::{HashMap, HashSet};
use std::sync::Arc;
use userstatus_core::{Account, Block, Edit, Outcome, Timestamp, UserId, UserStatus};

/// One of those that are to go.
struct Erasure<'a> {
    doomed: &'a Doomed,
    /// Accounts that have it on one of their lists.
    others: Vec<AccountKey>,
    repairs: Vec<Repair>,
}

/// What goes, for as long as it stands on disk otherwise than in memory.
pub(super) struct Vanishing<'a> {
    store: &'a EmbeddedStore,
    /// What is written at the end as it then stands in memory: nothing of it was meanwhile.
    repairs: Vec<Repair>,
}

impl Drop for Vanishing<'_> {
    fn drop(&mut self) {
        self.store.accounts.set_going(Going::default());
        if let Some(journal) = &self.store.journal {
            journal.repair(std::mem::take(&mut self.repairs));
        }
    }
}

impl EmbeddedStore {
    /// Removes accounts, and them from everybody's lists, in one transaction. Says of each whether it went.
    pub(super) async fn erase(
        &self,
        doomed: &[Doomed],
        now: Timestamp,
    ) -> Result<Vec<bool>, StoreError> {
        let _held = self.record_locks.hold_all().await;
        let mut others = self.who_names(doomed).await;
        let mut rows = Rows::default();
        let mut erasures = Vec::new();
        for doomed in doomed {
            let key = &doomed.account;
            let account = self
                .accounts
                .read(key.app, &key.user, Account::clone)
                .filter(|account| account.registered && doomed.may_go(account));
            if let Some(account) = account {
                let mut erasure = Erasure {
                    doomed,
                    others: others.remove(key).unwrap_or_default(),
                    repairs: Vec::new(),
                };
                erasure.add_rows(&account, &mut rows);
                erasures.push(erasure);
            }
        }
        let repairs = || {
            let all = erasures.iter().flat_map(|erasure| &erasure.repairs);
            all.cloned().collect::<Vec<_>>()
        };
        let going = erasures.iter().map(|erasure| &erasure.doomed.account);
        // If it comes to nothing all of it is mended.
        let mut vanishing = self.vanish(Going::users(going), repairs());
        self.add_lists(&erasures, &mut rows);
        let attempt = match &self.journal {
            Some(journal) if !rows.is_empty() => Some(journal.write(rows, repairs()).await?),
            _ => None,
        };
        vanishing.repairs = Vec::new();
        // It is on disk: now it takes effect. All go before any is taken from the lists of others, and those who watch them are told while they
        // still do. Who was to go only if nobody came stays if somebody did.
        let mut gone = HashSet::new();
        for erasure in &erasures {
            let key = &erasure.doomed.account;
            if self.take_away(erasure.doomed, now) {
                gone.insert(key);
                // A login that comes from now on makes a new account.
                let anew = [Repair::Account, Repair::Subscriptions];
                vanishing.repairs.extend(anew.map(|row| row(key.clone())));
            } else {
                vanishing.repairs.extend_from_slice(&erasure.repairs);
            }
        }
        for erasure in &erasures {
            let key = &erasure.doomed.account;
            for other in erasure.others.iter().filter(|_| gone.contains(key)) {
                self.forget(other, key, now);
            }
        }
        if let Some(attempt) = attempt {
            attempt.succeeded();
        }
        Ok(doomed
            .iter()
            .map(|doomed| gone.contains(&doomed.account))
            .collect())
    }

    /// From now on these go, until what is returned is dropped. To be called with all record locks held: nothing else goes meanwhile.
    pub(super) fn vanish(&self, going: Going, repairs: Vec<Repair>) -> Vanishing<'_> {
        self.accounts.set_going(going);
        Vanishing {
            store: self,
            repairs,
        }
    }

    /// What of the lists of others has to be on disk: they are presence, but who was erased is on none of them.
    fn add_lists(&self, erasures: &[Erasure<'_>], rows: &mut Rows) {
        let going = self.accounts.going();
        let others: HashSet<_> = erasures
            .iter()
            .flat_map(|erasure| &erasure.others)
            .filter(|other| !going.has(other))
            .collect();
        for other in others {
            let list = self.accounts.read(other.app, &other.user, |account| {
                encode_subscriptions(other.app, account, &going)
            });
            if let Some(list) = list {
                rows.subscriptions.push((account_row(other), list));
            }
        }
    }

    /// For each of the doomed the accounts that have it on one of their lists. Looks at every account, and lets others work in
    /// between.
    async fn who_names(&self, doomed: &[Doomed]) -> HashMap<AccountKey, Vec<AccountKey>> {
        let keys = doomed.iter().map(|doomed| &doomed.account);
        let doomed: HashMap<_, _> = keys.map(|key| ((key.app, &key.user), key)).collect();
        let mut found: HashMap<AccountKey, Vec<AccountKey>> = HashMap::new();
        for shard in 0..Accounts::SHARDS {
            self.accounts.for_each_in(shard, |app, account| {
                let mut named: HashSet<&UserId> = HashSet::new();
                let friends = account.friends.iter().map(|friend| &friend.user);
                let blocks = account.blocks.iter().map(|block| &block.user);
                named.extend(friends.chain(blocks).chain(account.subscriptions.iter()));
                for user in named {
                    if let Some(key) = doomed.get(&(app, user)) {
                        let other = AccountKey::new(app, account.user.clone());
                        found.entry_ref(*key).or_default().push(other);
                    }
                }
            });
            tokio::task::yield_now().await;
        }
        found
    }

    /// Takes an account away. Those who watch it are told that there is none any more, and devices that came in while its erasure
    /// was being written are logged out. Says whether it was.
    fn take_away(&self, doomed: &Doomed, now: Timestamp) -> bool {
        let key = &doomed.account;
        let mut guard = self.accounts.lock(key, key.hash_value());
        if guard.get().is_some_and(|account| !doomed.may_go(account)) {
            return false;
        }
        let Some(account) = guard.remove() else {
            return true;
        };
        if account.sigs_valid_from != Timestamp::default() {
            let revoked = Edit::SetSigsValidFrom(account.sigs_valid_from);
            guard.get_or_insert().apply(&revoked);
        }
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
        if edits.is_empty() {
            return;
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

impl Erasure<'_> {
    /// What has to go from the disk, and how to mend it.
    fn add_rows(&mut self, account: &Account, rows: &mut Rows) {
        let key = &self.doomed.account;
        self.repairs = vec![
            Repair::Account(key.clone()),
            Repair::Subscriptions(key.clone()),
            Repair::Revocation(key.clone()),
        ];
        rows.accounts.push((account_row(key), None));
        rows.subscriptions.push((account_row(key), None));
        // What was revoked stays so: the UserSigs are still about.
        rows.revocations
            .push((account_row(key), encode_revocation(account)));
        for friend in account.friends.iter() {
            rows.friends.push((pair_row(key, &friend.user), None));
            self.repairs
                .push(Repair::Friend(key.clone(), friend.user.clone()));
        }
        for block in account.blocks.iter() {
            rows.blocks.push((pair_row(key, &block.user), None));
            self.repairs
                .push(Repair::Block(key.clone(), block.user.clone()));
        }
        for other in &self.others {
            rows.friends.push((pair_row(other, &key.user), None));
            rows.blocks.push((pair_row(other, &key.user), None));
            self.repairs
                .push(Repair::Friend(other.clone(), key.user.clone()));
            self.repairs
                .push(Repair::Block(other.clone(), key.user.clone()));
            self.repairs.push(Repair::Subscriptions(other.clone()));
        }
    }
}

impl Doomed {
    /// Whether nobody has been there since; always, where no time is given.
    fn may_go(&self, account: &Account) -> bool {
        self.away_since
            .is_none_or(|since| account.devices.is_empty() && account.away_since == since)
    }
}
