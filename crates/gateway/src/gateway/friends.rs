//! Friends (D0, R1, R2).

use super::message::friend_message;
use super::request::{Answer, Done, parse, parse_all, unexpected};
use super::{Gateway, Session, desc_of, refused_because};
use userstatus_core::{Code, Command, Friend, FriendRequest, Outcome, Refusal, Timestamp, UserId};
use userstatus_store::apps::App;
use userstatus_store::{AccountKey, Store};
use userstatus_wire::v1::{self, response};
use userstatus_wire::{LIST_PAGE_ENTRIES_MAX, take_page};

/// Users a change of friends or blocks names at most.
const CHANGED_USERS_MAX: usize = 1_000;

impl<S: Store> Gateway<S> {
    pub(super) async fn add_friend(
        &self,
        session: &Session,
        app: &App,
        add: v1::AddFriend,
        resent: bool,
    ) -> Answer {
        let user = parse(&add.user_id, "user_id")?;
        self.may_ask(session, app, FriendRequest::Change).await?;
        let (user_id, both) = (add.user_id.clone(), add.both);
        let friend = friend_of(user, add, self.clock.wall());
        let me = session.account();
        let peer = AccountKey::new(app.id, friend.user.clone());
        let command = Command::AddFriend {
            peer: self.store.peer_facts(&peer, &me.user).await?,
            friend,
            both,
            resent,
        };
        let added = self.record(me, app, command, Some(session.id())).await;
        Ok(results(vec![result(user_id, added.map(drop))]))
    }

    pub(super) async fn delete_friends(
        &self,
        session: &Session,
        app: &App,
        delete: &v1::DeleteFriends,
        resent: bool,
    ) -> Answer {
        let users = self
            .named(session, app, &delete.user_ids, FriendRequest::Change)
            .await?;
        let command = Command::DeleteFriends {
            users: users.clone(),
            both: delete.both,
            known_by: Vec::new(),
            resent,
        };
        let commit = self
            .record(session.account(), app, command, Some(session.id()))
            .await?;
        let Outcome::FriendsDeleted { strangers } = &commit.outcome else {
            return Err(unexpected(&commit.outcome));
        };
        let of = |user: &UserId| {
            let deleted = match strangers.contains(user) {
                true => Err(super::refused(Code::NotAFriend)),
                false => Ok(()),
            };
            result(user.as_str().to_owned(), deleted)
        };
        Ok(results(users.iter().map(of).collect()))
    }

    pub(super) async fn list_friends(&self, session: &Session, app: &App, after: &str) -> Answer {
        let after = self.page_after(session, app, after).await?;
        let friends = self
            .store
            .friends(session.account(), after.as_ref(), LIST_PAGE_ENTRIES_MAX + 1)
            .await?;
        let (friends, more) = take_page(friends.iter().map(friend_message));
        let page = v1::FriendList { friends, more };
        Ok(Done::with(response::Body::Friends(page)))
    }

    /// Where a page of a list begins. Only the first counts as a request: the others follow from it.
    pub(super) async fn page_after(
        &self,
        session: &Session,
        app: &App,
        after: &str,
    ) -> Result<Option<UserId>, Refusal> {
        if after.is_empty() {
            self.may_ask(session, app, FriendRequest::List).await?;
            return Ok(None);
        }
        parse(after, "after").map(Some)
    }

    /// The users a change names, if the session may ask for it.
    pub(super) async fn named(
        &self,
        session: &Session,
        app: &App,
        user_ids: &[String],
        request: FriendRequest,
    ) -> Result<Vec<UserId>, Refusal> {
        let count = user_ids.len();
        if count == 0 || count > CHANGED_USERS_MAX {
            let reason = format!("{count} users; a request names 1 to {CHANGED_USERS_MAX}");
            return Err(refused_because(Code::InvalidParameters, reason));
        }
        let users = parse_all(user_ids)?;
        self.may_ask(session, app, request).await?;
        Ok(users)
    }

    /// Whether a session may ask this about friends now (R1, R2).
    pub(super) async fn may_ask(
        &self,
        session: &Session,
        app: &App,
        request: FriendRequest,
    ) -> Result<(), Refusal> {
        let command = Command::RequestFriends {
            session: session.id(),
            request,
        };
        self.asked_by(session, app, command).await.map(drop)
    }
}

fn friend_of(user: UserId, add: v1::AddFriend, now: Timestamp) -> Friend {
    Friend {
        user,
        remark: add.remark.into(),
        group_name: add.group_name.into(),
        add_source: add.add_source.into(),
        add_wording: add.add_wording.into(),
        added_at: now,
    }
}

pub(super) fn result(user_id: String, result: Result<(), Refusal>) -> v1::FriendResult {
    let (code, desc) = match &result {
        Ok(()) => (Code::Ok, String::new()),
        Err(refusal) => (refusal.code, desc_of(refusal)),
    };
    v1::FriendResult {
        user_id,
        code: code.number(),
        desc,
    }
}

pub(super) const fn results(results: Vec<v1::FriendResult>) -> Done {
    Done::with(response::Body::FriendResults(v1::FriendResults { results }))
}
