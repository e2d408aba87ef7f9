//! What the studio's own server asks (C6, R2): in an app's name, of any of its accounts.

use super::request::unexpected;
use super::usersig::check_sig;
use super::{Gateway, OperatorError, refused};
use std::sync::Arc;
use userstatus_core::{
    Code, Command, CustomStatus, Friend, FriendUpdate, ImportedFriend, Outcome, Plan, Refusal,
    Timestamp, UserId,
};
use userstatus_store::apps::App;
use userstatus_store::{AccountKey, Store};
use userstatus_usersig::SecretKey;

/// Users whose records are made together: others get their turn in between.
const RECORD_USERS_MAX: usize = 100;

/// A UserSig that was checked, to be held against what may have changed since.
#[derive(Clone)]
pub struct CheckedSig {
    minted_at: Timestamp,
    expires_at: Timestamp,
    key: SecretKey,
}

/// What became of each of several users: done, or why not.
pub type Results = Vec<Result<(), Refusal>>;

impl<S: Store> Gateway<S> {
    /// Checks a UserSig of somebody who is to speak for the app (D2, D4): as at a login, but for whether a kick has revoked it.
    ///
    /// # Errors
    /// The code that a login would be refused with.
    pub fn check_backend_sig(
        &self,
        app: &App,
        user: &UserId,
        sig: &str,
    ) -> Result<CheckedSig, Refusal> {
        let checked = check_sig(app, user, sig, self.clock.wall())?;
        let key = app.keys.iter().find(|key| key.id == checked.key);
        Ok(CheckedSig {
            minted_at: checked.minted_at,
            expires_at: checked.expires_at,
            key: key.ok_or(refused(Code::SigForged))?.secret.clone(),
        })
    }

    /// Whether a UserSig that was checked, now or earlier, lets its user speak for the app now: it ends, a kick revokes it (D2), and its
    /// key may be removed.
    ///
    /// # Errors
    /// The code that a login would be refused with.
    pub async fn backend_sig_holds(
        &self,
        app: &App,
        user: &UserId,
        checked: &CheckedSig,
    ) -> Result<(), Refusal> {
        let now = self.clock.wall();
        if now >= checked.expires_at {
            return Err(refused(Code::SigExpired));
        }
        if !app.keys.iter().any(|key| key.secret == checked.key) {
            return Err(refused(Code::SigForged));
        }
        let account = AccountKey::new(app.id, user.clone());
        match checked.minted_at < self.store.sigs_valid_from(&account).await? {
            true => Err(refused(Code::SigRevoked)),
            false => Ok(()),
        }
    }

    /// Registers accounts without a login, as many at a time as the disk takes. Says of each whether it is registered now.
    pub async fn import_all(self: &Arc<Self>, accounts: Vec<AccountKey>) -> Vec<bool> {
        let importing: Vec<_> = accounts
            .into_iter()
            .map(|account| {
                let gateway = Arc::clone(self);
                tokio::spawn(async move { gateway.import(&account).await.is_ok() })
            })
            .collect();
        let mut imported = Vec::with_capacity(importing.len());
        for importing in importing {
            imported.push(importing.await.unwrap_or(false));
        }
        imported
    }

    /// Sets the custom status of an account that is online, or clears it (C6).
    ///
    /// # Errors
    /// [`OperatorError`]; then nothing changed.
    pub async fn set_status_for(
        &self,
        account: &AccountKey,
        custom: &str,
    ) -> Result<(), OperatorError> {
        let app = self.existing(account.app)?;
        let command = Command::SetStatusFor {
            custom: CustomStatus::new(custom),
        };
        let executed = self.run(account, &app, command, None, self.clock.now());
        match &executed.await?.commit.outcome {
            Outcome::StatusSet { .. } => Ok(()),
            Outcome::Refused(refusal) => Err(OperatorError::Refused(refusal.clone())),
            outcome => Err(OperatorError::Refused(unexpected(outcome))),
        }
    }

    /// Adds friends to an account's list, and with `both` the account to theirs; those who are friends already stay as they are. One
    /// record for each. Says of each whether it is a friend now; once the disk refuses, nobody else is tried.
    ///
    /// # Errors
    /// [`OperatorError`]; then nothing changed.
    pub async fn add_friends(
        &self,
        account: &AccountKey,
        friends: Vec<Friend>,
        both: bool,
    ) -> Result<Results, OperatorError> {
        let app = self.existing(account.app)?;
        self.may_have_friends(&app, account).await?;
        let mut results = Vec::with_capacity(friends.len());
        for friend in friends {
            let result = match failed(&results) {
                Some(refusal) => Err(refusal),
                None => self.add_one_friend(account, &app, friend, both).await,
            };
            results.push(result);
        }
        Ok(results)
    }

    pub(super) async fn add_one_friend(
        &self,
        account: &AccountKey,
        app: &App,
        friend: Friend,
        both: bool,
    ) -> Result<(), Refusal> {
        let peer = AccountKey::new(app.id, friend.user.clone());
        let command = Command::AddFriend {
            peer: self.store.peer_facts(&peer, &account.user).await?,
            friend,
            both,
            // A studio's server repeats what it is not sure of: being friends already is success.
            resent: true,
        };
        // No session asked: all devices of both are told.
        self.record(account, app, command, None).await.map(drop)
    }

    /// Puts friends on an account's list, and on no other, with all that is said of them; made again it changes nothing. Says of each
    /// whether it is a friend now. Others who want to change the list have their turns in between.
    ///
    /// # Errors
    /// [`OperatorError`]; then nothing changed.
    pub async fn import_friends(
        &self,
        account: &AccountKey,
        friends: Vec<(Friend, bool)>,
    ) -> Result<Results, OperatorError> {
        let app = self.existing(account.app)?;
        self.may_have_friends(&app, account).await?;
        let mut results = Vec::with_capacity(friends.len());
        for part in friends.chunks(RECORD_USERS_MAX) {
            let users: Vec<_> = part.iter().map(|(friend, _)| friend.user.clone()).collect();
            let known = self.store.presences(app.id, &users).await?;
            let imported =
                part.iter()
                    .zip(&known)
                    .map(|((friend, is_dated), known)| ImportedFriend {
                        friend: friend.clone(),
                        is_dated: *is_dated,
                        registered: known.is_some(),
                    });
            let command = Command::ImportFriends {
                friends: imported.collect(),
            };
            self.change_friends(account, &app, command, &users, &mut results)
                .await;
        }
        Ok(results)
    }

    /// Changes what an account says of its friends. Says of each whether it was done.
    ///
    /// # Errors
    /// [`OperatorError`]; then nothing changed.
    pub async fn update_friends(
        &self,
        account: &AccountKey,
        updates: Vec<FriendUpdate>,
    ) -> Result<Results, OperatorError> {
        let app = self.existing(account.app)?;
        self.may_have_friends(&app, account).await?;
        let mut results = Vec::with_capacity(updates.len());
        for part in updates.chunks(RECORD_USERS_MAX) {
            let users: Vec<_> = part.iter().map(|update| update.user.clone()).collect();
            let command = Command::UpdateFriends {
                updates: part.to_vec(),
            };
            self.change_friends(account, &app, command, &users, &mut results)
                .await;
        }
        Ok(results)
    }

    /// One record of many friends; once the disk refused one there is no other.
    async fn change_friends(
        &self,
        account: &AccountKey,
        app: &App,
        command: Command,
        users: &[UserId],
        results: &mut Results,
    ) {
        let changed = match failed(results) {
            Some(refusal) => Err(refusal),
            None => self.record(account, app, command, None).await,
        };
        let refused_all = |refusal: Refusal| users.iter().map(move |_| Err(refusal.clone()));
        match changed {
            Err(refusal) => results.extend(refused_all(refusal)),
            Ok(commit) => match &commit.outcome {
                Outcome::FriendsChanged { refused } => results.extend(users.iter().map(|user| {
                    let refused = refused.iter().find(|(named, _)| named == user);
                    refused.map_or(Ok(()), |(_, refusal)| Err(refusal.clone()))
                })),
                outcome => results.extend(refused_all(unexpected(outcome))),
            },
        }
    }

    /// Takes all friends off an account's list, and with `both` the account off theirs.
    ///
    /// # Errors
    /// [`OperatorError`]; some may be off the list by then.
    pub async fn end_all_friendships(
        &self,
        account: &AccountKey,
        both: bool,
    ) -> Result<(), OperatorError> {
        self.registered(account).await?;
        let mut after = None;
        loop {
            // By name, so that it ends: who becomes a friend meanwhile may stay.
            let friends = self
                .store
                .friends(account, after.as_ref(), RECORD_USERS_MAX)
                .await?;
            let users: Vec<_> = friends.into_iter().map(|friend| friend.user).collect();
            let Some(last) = users.last() else {
                return Ok(());
            };
            after = Some(last.clone());
            self.end_friendships_together(account, users, both, true)
                .await?;
        }
    }

    /// Hides an account and others from each other (R2). Says of each whether it is blocked now.
    ///
    /// # Errors
    /// [`OperatorError`]; then nothing changed.
    pub async fn block_for(
        &self,
        account: &AccountKey,
        users: &[UserId],
    ) -> Result<Results, OperatorError> {
        let app = self.existing(account.app)?;
        self.may_have_friends(&app, account).await?;
        let mut results = Vec::with_capacity(users.len());
        for part in users.chunks(RECORD_USERS_MAX) {
            let blocked = match failed(&results) {
                Some(refusal) => Err(refusal),
                None => self.block_users(account, &app, part, None).await,
            };
            match blocked {
                Ok(blocked) => results.extend(blocked),
                Err(refusal) => results.extend(part.iter().map(|_| Err(refusal.clone()))),
            }
        }
        Ok(results)
    }

    /// Takes blocks of an account back.
    ///
    /// # Errors
    /// [`OperatorError`]; some may have been taken back by then.
    pub async fn unblock_for(
        &self,
        account: &AccountKey,
        users: &[UserId],
    ) -> Result<(), OperatorError> {
        let app = self.existing(account.app)?;
        self.registered(account).await?;
        for part in users.chunks(RECORD_USERS_MAX) {
            self.unblock_users(account, &app, part, None)
                .await
                .map_err(OperatorError::Refused)?;
        }
        Ok(())
    }

    async fn may_have_friends(&self, app: &App, account: &AccountKey) -> Result<(), OperatorError> {
        if app.settings.plan != Plan::Premium {
            return Err(OperatorError::Refused(refused(Code::NeedsPremium)));
        }
        self.registered(account).await
    }
}

/// Why the disk, or the store, takes no more: there is no use in trying the next.
fn failed(results: &Results) -> Option<Refusal> {
    match results.last() {
        Some(Err(refusal)) if refusal.code == Code::Internal => Some(refusal.clone()),
        _ => None,
    }
}
