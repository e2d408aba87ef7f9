//! Blocks: two users hidden from each other (R2).

use super::friends::{result, results};
use super::request::{Answer, Done, parse_all};
use super::{Gateway, Session, refused_because};
use crate::hub::hidden_version;
use userstatus_core::{Code, Command, FriendRequest, Refusal, UserId};
use userstatus_store::apps::App;
use userstatus_store::{AccountKey, Store};
use userstatus_wire::LIST_PAGE_ENTRIES_MAX;
use userstatus_wire::v1::{self, response};

/// Users blocked or unblocked in one request at most: each is on disk before the next.
const BLOCK_USERS_MAX: usize = 20;

impl<S: Store> Gateway<S> {
    pub(super) async fn block(&self, session: &Session, app: &App, user_ids: &[String]) -> Answer {
        let users = self.named(session, app, user_ids).await?;
        let mut answers = Vec::with_capacity(users.len());
        for user in users {
            let peer = AccountKey::new(app.id, user.clone());
            let facts = self.store.peer_facts(&peer, &session.account().user);
            let command = Command::Block {
                user,
                is_registered: facts.await?.registered,
            };
            answers.push(self.change_block(session, app, peer.user, command).await);
        }
        Ok(results(answers))
    }

    pub(super) async fn unblock(
        &self,
        session: &Session,
        app: &App,
        user_ids: &[String],
    ) -> Answer {
        let users = self.named(session, app, user_ids).await?;
        let mut answers = Vec::with_capacity(users.len());
        for user in users {
            let command = Command::Unblock { user: user.clone() };
            answers.push(self.change_block(session, app, user, command).await);
        }
        Ok(results(answers))
    }

    pub(super) async fn list_blocked(&self, session: &Session, app: &App, after: &str) -> Answer {
        let after = self.page_after(session, app, after).await?;
        let mut users = self
            .store
            .blocked(session.account(), after.as_ref(), LIST_PAGE_ENTRIES_MAX + 1)
            .await?;
        let more = users.len() > LIST_PAGE_ENTRIES_MAX;
        users.truncate(LIST_PAGE_ENTRIES_MAX);
        let page = v1::BlockedList {
            user_ids: users.iter().map(|user| user.as_str().to_owned()).collect(),
            more,
        };
        Ok(Done::with(response::Body::Blocked(page)))
    }

    async fn named(
        &self,
        session: &Session,
        app: &App,
        user_ids: &[String],
    ) -> Result<Vec<UserId>, Refusal> {
        let count = user_ids.len();
        if count == 0 || count > BLOCK_USERS_MAX {
            let reason = format!("{count} users; a request names 1 to {BLOCK_USERS_MAX}");
            return Err(refused_because(Code::InvalidParameters, reason));
        }
        let users = parse_all(user_ids)?;
        self.may_ask(session, app, FriendRequest::Block).await?;
        Ok(users)
    }

    async fn change_block(
        &self,
        session: &Session,
        app: &App,
        user: UserId,
        command: Command,
    ) -> v1::FriendResult {
        let me = session.account();
        let is_end = matches!(command, Command::Unblock { .. });
        let changed = self.record(me, app, command, Some(session.id())).await;
        if is_end && changed.is_ok() {
            // Those who see each other again are told how they stand, above what they were told when they ceased to.
            let peer = AccountKey::new(app.id, user.clone());
            let above = hidden_version(self.clock.now());
            for account in [me, &peer] {
                self.run_unasked(account, Command::Announce { above }).await;
            }
        }
        result(user.as_str().to_owned(), changed.map(drop))
    }
}
