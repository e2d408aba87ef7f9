//! Blocks: two users hidden from each other (R2).

use super::backend::Results;
use super::friends::{result, results};
use super::request::{Answer, Done, unexpected};
use super::{Gateway, Session};
use crate::hub::hidden_version;
use userstatus_core::{
    BlockedUser, Command, Edit, FriendRequest, Outcome, Refusal, SessionId, UserId,
};
use userstatus_store::apps::App;
use userstatus_store::{AccountKey, Store};
use userstatus_wire::v1::{self, response};
use userstatus_wire::{LIST_PAGE_ENTRIES_MAX, take_page};

impl<S: Store> Gateway<S> {
    pub(super) async fn block(&self, session: &Session, app: &App, user_ids: &[String]) -> Answer {
        let users = self
            .named(session, app, user_ids, FriendRequest::Block)
            .await?;
        let blocked = self
            .block_users(session.account(), app, &users, Some(session.id()))
            .await?;
        let answer = |(user, blocked): (&UserId, _)| result(user.as_str().to_owned(), blocked);
        Ok(results(users.iter().zip(blocked).map(answer).collect()))
    }

    pub(super) async fn unblock(
        &self,
        session: &Session,
        app: &App,
        user_ids: &[String],
    ) -> Answer {
        let users = self
            .named(session, app, user_ids, FriendRequest::Block)
            .await?;
        self.unblock_users(session.account(), app, &users, Some(session.id()))
            .await?;
        let done = |user: &UserId| result(user.as_str().to_owned(), Ok(()));
        Ok(results(users.iter().map(done).collect()))
    }

    /// Blocks of some users, in one record.
    pub(super) async fn block_users(
        &self,
        account: &AccountKey,
        app: &App,
        users: &[UserId],
        origin: Option<SessionId>,
    ) -> Result<Results, Refusal> {
        let mut named = Vec::with_capacity(users.len());
        for user in users {
            let peer = AccountKey::new(app.id, user.clone());
            let facts = self.store.peer_facts(&peer, &account.user).await?;
            named.push(BlockedUser {
                user: user.clone(),
                version: facts.registered.then_some(facts.version),
            });
        }
        let command = Command::Block { users: named };
        let commit = self.record(account, app, command, origin).await?;
        let Outcome::Blocked { refused } = &commit.outcome else {
            return Err(unexpected(&commit.outcome));
        };
        let result = |user: &UserId| {
            let refused = refused.iter().find(|(refused, _)| refused == user);
            refused.map_or(Ok(()), |(_, refusal)| Err(refusal.clone()))
        };
        Ok(users.iter().map(result).collect())
    }

    /// Takes blocks of some users back, in one record.
    pub(super) async fn unblock_users(
        &self,
        me: &AccountKey,
        app: &App,
        users: &[UserId],
        origin: Option<SessionId>,
    ) -> Result<(), Refusal> {
        let command = Command::Unblock {
            users: users.to_vec(),
        };
        let commit = self.record(me, app, command, origin).await?;
        // Those who see each other again are told how they stand, above what they were told when they ceased to.
        let mut above = hidden_version(self.clock.now());
        for edit in &commit.edits {
            if let Edit::PutBlock(block) = edit {
                above = above.max(block.since);
                let peer = AccountKey::new(app.id, block.user.clone());
                self.run_unasked(&peer, Command::Announce { above }).await;
            }
        }
        if !commit.edits.is_empty() {
            self.run_unasked(me, Command::Announce { above }).await;
        }
        Ok(())
    }

    pub(super) async fn list_blocked(&self, session: &Session, app: &App, after: &str) -> Answer {
        let after = self.page_after(session, app, after).await?;
        let users = self
            .store
            .blocked(session.account(), after.as_ref(), LIST_PAGE_ENTRIES_MAX + 1)
            .await?;
        let (user_ids, more) = take_page(users.iter().map(|user| user.as_str().to_owned()));
        let page = v1::BlockedList { user_ids, more };
        Ok(Done::with(response::Body::Blocked(page)))
    }
}
