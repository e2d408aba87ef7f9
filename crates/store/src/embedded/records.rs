//! Records: what is on disk before it takes effect.

use super::EmbeddedStore;
use super::accounts::Parts;
use super::journal::Repair;
use super::record::{
    account_row, encode_account, encode_block, encode_friend, encode_valid_from, pair_row,
};
use super::rows::Rows;
use crate::{AccountKey, Executed, Execution, StoreError};
use tokio::sync::{Mutex, MutexGuard};
use userstatus_core::{Account, Command, Decision, Edit, Effect, Outcome, UserId, decide};

/// Accounts share this many locks; two records of unrelated accounts seldom wait for each other.
const LOCKS: usize = 256;

/// How often a record is written anew because the account was changed meanwhile in a way that matters to it.
const TRIES: usize = 5;

/// Whoever makes a record of an account holds its lock until it has taken effect: what was decided still holds when it is on disk.
/// Presence does not wait for these.
pub(super) struct RecordLocks(Box<[Mutex<()>]>);

impl RecordLocks {
    pub(super) fn new() -> Self {
        Self((0..LOCKS).map(|_| Mutex::default()).collect())
    }

    /// Locks these accounts, always in the same order.
    pub(super) async fn hold<'a>(
        &'a self,
        accounts: impl IntoIterator<Item = &AccountKey>,
    ) -> Vec<MutexGuard<'a, ()>> {
        let mut places: Vec<_> = accounts
            .into_iter()
            .map(|account| (account.hash_value() >> 20) as usize % LOCKS)
            .collect();
        places.sort_unstable();
        places.dedup();
        self.hold_places(places).await
    }

    /// Locks all.
    pub(super) async fn hold_all(&self) -> Vec<MutexGuard<'_, ()>> {
        self.hold_places(0..LOCKS).await
    }

    async fn hold_places(
        &self,
        places: impl IntoIterator<Item = usize>,
    ) -> Vec<MutexGuard<'_, ()>> {
        let mut held = Vec::new();
        for place in places {
            held.push(self.0[place].lock().await);
        }
        held
    }
}

/// A record before it is made.
struct Plan {
    decision: Decision,
    /// Of the accounts it affects.
    effects: Vec<(AccountKey, Effect, Decision)>,
}

impl EmbeddedStore {
    pub(super) async fn make_record(
        &self,
        execution: Execution<'_>,
    ) -> Result<Executed, StoreError> {
        let app = execution.account.app;
        let peers: Vec<_> = peers_of(&execution.command)
            .into_iter()
            .map(|user| AccountKey::new(app, user.clone()))
            .collect();
        let _held = self
            .record_locks
            .hold(std::iter::once(execution.account).chain(&peers))
            .await;
        for _ in 0..TRIES {
            let plan = self.plan(&execution);
            if let Some(refused) = plan.refused() {
                return Ok(self.unchanged(&execution, refused));
            }
            let (rows, repairs) = self.rows_of(&execution, &plan);
            let attempt = match &self.journal {
                Some(journal) if !rows.is_empty() => Some(journal.write(rows, repairs).await?),
                _ => None,
            };
            if let Some(executed) = self.carry_out(&execution, &plan) {
                if let Some(attempt) = attempt {
                    attempt.succeeded();
                }
                return Ok(executed);
            }
        }
        Err(StoreError::Contended)
    }

    /// Decides without changing anything.
    fn plan(&self, execution: &Execution<'_>) -> Plan {
        let decide_for = |key: &AccountKey, command: &Command| {
            let decide =
                |account: &Account| decide(account, execution.settings, command, execution.now);
            self.accounts
                .read(key.app, &key.user, decide)
                .unwrap_or_else(|| decide(&Account::unheard(key.user.clone())))
        };
        let decision = decide_for(execution.account, &execution.command);
        let effects = decision
            .effects
            .iter()
            .map(|effect| {
                let key = AccountKey::new(execution.account.app, effect.user.clone());
                let decision = decide_for(&key, &effect.command);
                (key, effect.clone(), decision)
            })
            .collect();
        Plan { decision, effects }
    }

    /// What of a plan has to be on disk, and how to mend it if it is given up.
    fn rows_of(&self, execution: &Execution<'_>, plan: &Plan) -> (Rows, Vec<Repair>) {
        let (mut rows, mut repairs) = (Rows::default(), Vec::new());
        self.add_rows(execution.account, &plan.decision, &mut rows, &mut repairs);
        for (key, _, decision) in &plan.effects {
            self.add_rows(key, decision, &mut rows, &mut repairs);
        }
        (rows, repairs)
    }

    fn add_rows(
        &self,
        key: &AccountKey,
        decision: &Decision,
        rows: &mut Rows,
        repairs: &mut Vec<Repair>,
    ) {
        for edit in records(decision) {
            let repair = match edit {
                Edit::PutFriend(friend) => {
                    let row = (pair_row(key, &friend.user), Some(encode_friend(friend)));
                    rows.friends.push(row);
                    Repair::Friend(key.clone(), friend.user.clone())
                }
                Edit::RemoveFriend(user) => {
                    rows.friends.push((pair_row(key, user), None));
                    Repair::Friend(key.clone(), user.clone())
                }
                Edit::PutBlock(block) => {
                    let stays = block.mine || block.theirs;
                    let value = stays.then(|| encode_block(block));
                    rows.blocks.push((pair_row(key, &block.user), value));
                    Repair::Block(key.clone(), block.user.clone())
                }
                Edit::SetSigsValidFrom(valid_from) => {
                    let value = Some(encode_valid_from(*valid_from));
                    rows.revocations.push((account_row(key), value));
                    Repair::Revocation(key.clone())
                }
                _ => {
                    // It comes to be: the row that every account has.
                    let read = |account: &Account| account.clone();
                    let mut account = self
                        .accounts
                        .read(key.app, &key.user, read)
                        .unwrap_or_else(|| Account::unheard(key.user.clone()));
                    for edit in &decision.edits {
                        account.apply(edit);
                    }
                    let value = Some(encode_account(&account));
                    rows.accounts.push((account_row(key), value));
                    Repair::Account(key.clone())
                }
            };
            repairs.push(repair);
        }
    }

    /// Makes what was planned take effect, unless the account has changed since so that something else would have to be on disk.
    fn carry_out(&self, execution: &Execution<'_>, plan: &Plan) -> Option<Executed> {
        let executed = self.run(execution, Some(&plan.decision))?;
        for (key, effect, decision) in &plan.effects {
            let execution = Execution {
                account: key,
                settings: execution.settings,
                command: effect.command.clone(),
                origin: None,
                now: execution.now,
            };
            // Only records touch what this one is about, and they wait for the lock.
            if self.run(&execution, Some(decision)).is_none() {
                tracing::error!(
                    app = key.app.get(),
                    user = key.user.as_str(),
                    "an effect of a record was not made; the next start makes it"
                );
            }
        }
        Some(executed)
    }
}

impl Plan {
    fn refused(&self) -> Option<Outcome> {
        std::iter::once(&self.decision)
            .chain(self.effects.iter().map(|(_, _, decision)| decision))
            .map(|decision| &decision.outcome)
            .find(|outcome| matches!(outcome, Outcome::Refused(_)))
            .cloned()
    }
}

/// What of a decision is to be on disk first.
pub(super) fn records(decision: &Decision) -> impl Iterator<Item = &Edit> {
    decision.edits.iter().filter(|edit| edit.is_record())
}

/// The other accounts that a record may touch.
fn peers_of(command: &Command) -> Vec<&UserId> {
    match command {
        Command::AddFriend { friend, .. } => vec![&friend.user],
        Command::Block { users } => users.iter().map(|named| &named.user).collect(),
        Command::Unblock { users } | Command::DeleteFriends { users, .. } => users.iter().collect(),
        _ => Vec::new(),
    }
}

/// Which rows of an account are not on disk after these edits.
pub(super) fn unwritten(edits: &[Edit]) -> Parts {
    let mut parts = Parts::default();
    for edit in edits.iter().filter(|edit| edit.is_durable()) {
        match edit {
            Edit::AddSubscription(_) | Edit::RemoveSubscription(_) | Edit::ClearSubscriptions => {
                parts.subscriptions = true;
            }
            // They have rows of their own, which a record writes.
            Edit::PutFriend(_) | Edit::RemoveFriend(_) | Edit::PutBlock(_) => {}
            _ => parts.account = true,
        }
    }
    parts
}
