//! What the operator asks: not from a session, and not about one's own account.

use super::request::unexpected;
use super::{Gateway, desc_of, refused, refused_because};
use std::sync::Arc;
use userstatus_core::{Account, AppId, Code, Command, Friend, Outcome, Refusal, UserId};
use userstatus_store::AccountKey;
use userstatus_store::apps::{App, AppError};
use userstatus_store::{AccountSummary, Doomed, Store, StoreError};

/// Why an operator's request could not be done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OperatorError {
    /// The app registry refused.
    #[error(transparent)]
    App(#[from] AppError),
    /// The rules refused, or the disk did.
    #[error("{}", desc_of(.0))]
    Refused(Refusal),
    /// The store cannot be reached.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl<S: Store> Gateway<S> {
    /// A copy of an account, if it is registered.
    ///
    /// # Errors
    /// [`OperatorError`].
    pub async fn account(&self, account: &AccountKey) -> Result<Option<Account>, OperatorError> {
        self.existing(account.app)?;
        Ok(self.store.account(account).await?)
    }

    /// Registers an account without a login; one that is registered already stays as it is.
    ///
    /// # Errors
    /// [`OperatorError`].
    pub async fn import(&self, account: &AccountKey) -> Result<(), OperatorError> {
        self.operate(account, Command::Import).await?;
        Ok(())
    }

    /// Logs all devices of an account out, at once, and revokes every UserSig minted before now (D2), also of an account that has
    /// never logged in (D4). Says how many devices.
    ///
    /// # Errors
    /// [`OperatorError`]; the devices are logged out all the same.
    pub async fn kick_all(&self, account: &AccountKey) -> Result<usize, OperatorError> {
        let app = self.existing(account.app)?;
        let now = self.clock.now();
        let gone = self.run(account, &app, Command::DisconnectAll, None, now);
        let devices = kicked(&gone.await?.commit.outcome);
        let command = Command::KickAll {
            now: self.clock.wall(),
            unless_set: self.clock.wall_unless_set(),
        };
        // Those that came in until the revocation was on disk go, too.
        Ok(devices + kicked(&self.operate(account, command).await?))
    }

    /// Makes an account and others each other's friends, whoever makes friends in the app (R2); those who are friends already stay
    /// so. Says of each whether they are friends now. One record for each.
    ///
    /// # Errors
    /// [`OperatorError`]; then nothing changed.
    pub async fn make_friends(
        &self,
        account: &AccountKey,
        others: &[UserId],
    ) -> Result<Vec<Result<(), Refusal>>, OperatorError> {
        let friend = |other: &UserId| Friend {
            user: other.clone(),
            remark: Box::default(),
            group_name: Box::default(),
            add_source: Box::default(),
            add_wording: Box::default(),
            added_at: self.clock.wall(),
        };
        let friends = others.iter().map(friend).collect();
        self.add_friends(account, friends, true).await
    }

    /// Takes friends off an account's list, and with `both` the account off theirs, whoever makes friends in the app (R2). Says of each
    /// whether there was anything to end: with `both` half a friendship is, so that what is done once more comes to the same. One record
    /// for all.
    ///
    /// # Errors
    /// [`OperatorError`]; then nothing changed.
    pub async fn end_friendships(
        &self,
        account: &AccountKey,
        others: &[UserId],
        both: bool,
    ) -> Result<Vec<Result<(), Refusal>>, OperatorError> {
        self.registered(account).await?;
        self.end_friendships_together(account, others.to_vec(), both, false)
            .await
    }

    /// One record for all. With `resent` those who are on no list are no strangers.
    pub(super) async fn end_friendships_together(
        &self,
        account: &AccountKey,
        others: Vec<UserId>,
        both: bool,
        resent: bool,
    ) -> Result<Vec<Result<(), Refusal>>, OperatorError> {
        let mut known_by = Vec::new();
        for other in others.iter().filter(|_| both) {
            let peer = AccountKey::new(account.app, other.clone());
            if self.store.peer_facts(&peer, &account.user).await?.has_me {
                known_by.push(other.clone());
            }
        }
        let command = Command::DeleteFriends {
            users: others.clone(),
            both,
            known_by,
            resent,
        };
        let outcome = self.operate(account, command).await?;
        let Outcome::FriendsDeleted { strangers } = &outcome else {
            return Err(OperatorError::Refused(unexpected(&outcome)));
        };
        let of = |other: &UserId| match strangers.contains(other) {
            true => Err(refused(Code::NotAFriend)),
            false => Ok(()),
        };
        Ok(others.iter().map(of).collect())
    }

    /// Removes accounts and everything known of them, also from the lists of others; their devices are logged out. One with
    /// [`Doomed::away_since`] stays if somebody is there, or has been since. Says of each whether it was removed.
    ///
    /// # Errors
    /// [`OperatorError`]; then all are there still, but devices are logged out.
    pub async fn delete_accounts(
        &self,
        app: AppId,
        doomed: &[Doomed],
    ) -> Result<Vec<bool>, OperatorError> {
        let app = self.existing(app)?;
        let now = self.clock.now();
        for doomed in doomed.iter().filter(|doomed| doomed.away_since.is_none()) {
            self.run(&doomed.account, &app, Command::DisconnectAll, None, now)
                .await?;
        }
        Ok(self.store.remove_accounts(doomed, now).await?)
    }

    /// Registered accounts of an app by user id: those behind `after` whose ids begin with `prefix`, at most `count_max`.
    ///
    /// # Errors
    /// [`OperatorError`].
    pub async fn list_accounts(
        &self,
        app: AppId,
        after: Option<&UserId>,
        prefix: &str,
        count_max: usize,
    ) -> Result<Vec<AccountSummary>, OperatorError> {
        self.existing(app)?;
        Ok(self
            .store
            .list_accounts(app, after, prefix, count_max)
            .await?)
    }

    /// Removes a key of an app: UserSigs it signed are refused from now on, and the sessions they let in are closed (D3).
    ///
    /// # Errors
    /// [`OperatorError`]; then nothing changed.
    pub async fn remove_key(&self, app: AppId, key: u32) -> Result<Arc<App>, OperatorError> {
        let changed = self.apps.remove_key(app, key).await?;
        self.hub.close_key(app, key);
        Ok(changed)
    }

    /// Removes an app with all its accounts, and closes its connections.
    ///
    /// # Errors
    /// [`OperatorError`].
    pub async fn delete_app(&self, app: AppId) -> Result<(), OperatorError> {
        self.apps.delete(app).await?;
        self.hub.close_app(app);
        self.store.remove_app(app).await?;
        Ok(())
    }

    async fn operate(
        &self,
        account: &AccountKey,
        command: Command,
    ) -> Result<Outcome, OperatorError> {
        let app = self.existing(account.app)?;
        let commit = self
            .record(account, &app, command, None)
            .await
            .map_err(OperatorError::Refused)?;
        Ok(commit.outcome.clone())
    }

    pub(super) async fn registered(&self, account: &AccountKey) -> Result<(), OperatorError> {
        self.existing(account.app)?;
        let facts = self.store.peer_facts(account, &account.user).await?;
        match facts.registered {
            true => Ok(()),
            false => {
                let reason = format!(
                    "there is no account {} in app {}",
                    account.user, account.app
                );
                let refusal = refused_because(Code::NoSuchAccount, reason);
                Err(OperatorError::Refused(refusal))
            }
        }
    }

    pub(super) fn existing(&self, id: AppId) -> Result<Arc<App>, OperatorError> {
        let app = self.apps.get(id).ok_or(AppError::NoSuchApp(id))?;
        Ok(app)
    }
}

fn kicked(outcome: &Outcome) -> usize {
    match outcome {
        Outcome::KickedAll { sessions } => sessions.len(),
        _ => 0,
    }
}
