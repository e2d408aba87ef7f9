//! Answering requests.

use super::message::{friend_message, status_message};
use super::{Gateway, Session, desc_of, refused, refused_because};
use hashbrown::HashMap;
use std::sync::Arc;
use userstatus_core::{
    AppId, Code, Command, CustomStatus, Friend, Outcome, Refusal, Timestamp, UserId,
};
use userstatus_store::AccountKey;
use userstatus_store::apps::App;
use userstatus_store::{Commit, Store};
use userstatus_wire::USER_DEFINED_DATA_BYTES_MAX;
use userstatus_wire::v1::{self, request, response};

/// Friends deleted in one request at most.
const DELETE_FRIENDS_MAX: usize = 1_000;

type Answer = Result<Option<response::Body>, Refusal>;

impl<S: Store> Gateway<S> {
    /// Answers any request but a login. After the answer to a logout the session is over and the connection is to be closed.
    pub async fn request(&self, session: &Session, request: v1::Request) -> v1::Response {
        let id = request.id;
        match self.answer(session, request).await {
            Ok(None) => v1::Response::done(id),
            Ok(Some(body)) => v1::Response::with(id, body),
            Err(refusal) => v1::Response::refused(id, refusal.code.number(), desc_of(&refusal)),
        }
    }

    async fn answer(&self, session: &Session, request: v1::Request) -> Answer {
        let app = self.app(session.account().app)?;
        let resent = request.resent;
        match request.body {
            None => Err(refused_because(
                Code::InvalidParameters,
                "this server does not know this request",
            )),
            Some(request::Body::Login(_)) => Err(refused_because(
                Code::InvalidOperation,
                "this connection is logged in already",
            )),
            Some(request::Body::Logout(_)) => self.logout(session, &app).await,
            Some(request::Body::SetSelfStatus(set)) => {
                self.set_self_status(session, &app, &set.custom_status)
                    .await
            }
            Some(request::Body::GetUserStatus(get)) => {
                self.get_user_status(session, &app, &get.user_ids).await
            }
            Some(request::Body::Subscribe(subscribe)) => {
                self.subscribe(session, &app, &subscribe.user_ids).await
            }
            Some(request::Body::Unsubscribe(unsubscribe)) => {
                self.unsubscribe(session, &app, &unsubscribe.user_ids).await
            }
            Some(request::Body::AddFriend(add)) => {
                self.add_friend(session, &app, add, resent).await
            }
            Some(request::Body::DeleteFriends(delete)) => {
                self.delete_friends(session, &app, &delete, resent).await
            }
            Some(request::Body::ListFriends(_)) => self.list_friends(session).await,
            // For webhooks, of which there are none.
            Some(request::Body::SetUserDefinedData(set)) => match set.data.len() {
                0..=USER_DEFINED_DATA_BYTES_MAX => Ok(None),
                bytes => Err(data_too_long(bytes)),
            },
        }
    }

    pub(super) fn app(&self, id: AppId) -> Result<Arc<App>, Refusal> {
        self.apps.get(id).ok_or_else(|| refused(Code::UnknownApp))
    }

    async fn logout(&self, session: &Session, app: &App) -> Answer {
        let command = Command::Logout {
            session: session.id(),
        };
        self.carry_out(session.account(), app, command, Some(session.id()))
            .await?;
        Ok(None)
    }

    async fn set_self_status(&self, session: &Session, app: &App, custom: &str) -> Answer {
        let command = Command::SetSelfStatus {
            session: session.id(),
            custom: CustomStatus::new(custom),
        };
        self.asked_by(session, app, command).await?;
        Ok(None)
    }

    async fn get_user_status(&self, session: &Session, app: &App, user_ids: &[String]) -> Answer {
        let mut stand_ins = StandIns::default();
        let command = Command::Query {
            session: session.id(),
            users: user_ids.iter().map(|id| stand_ins.parse(id)).collect(),
        };
        let commit = self.asked_by(session, app, command).await?;
        let Outcome::Query { users } = &commit.outcome else {
            return Err(unexpected(&commit.outcome));
        };
        let mut statuses = self.status_messages(app.id, users).await?;
        for status in &mut statuses {
            stand_ins.restore(&mut status.user_id);
        }
        Ok(Some(response::Body::Statuses(v1::StatusList { statuses })))
    }

    async fn subscribe(&self, session: &Session, app: &App, user_ids: &[String]) -> Answer {
        let command = Command::Subscribe {
            session: session.id(),
            users: parse_all(user_ids)?,
        };
        let commit = self.asked_by(session, app, command).await?;
        let Outcome::Subscribed { users } = &commit.outcome else {
            return Err(unexpected(&commit.outcome));
        };
        // Read last: the subscription is in the hub's index, so nothing that changes from here on is missed (W8).
        let statuses = self.status_messages(app.id, users).await?;
        Ok(Some(response::Body::Statuses(v1::StatusList { statuses })))
    }

    async fn unsubscribe(&self, session: &Session, app: &App, user_ids: &[String]) -> Answer {
        let command = Command::Unsubscribe {
            session: session.id(),
            users: parse_all(user_ids)?,
        };
        self.asked_by(session, app, command).await?;
        Ok(None)
    }

    async fn add_friend(
        &self,
        session: &Session,
        app: &App,
        add: v1::AddFriend,
        resent: bool,
    ) -> Answer {
        let user = parse(&add.user_id, "user_id")?;
        let (user_id, both) = (add.user_id.clone(), add.both);
        let friend = friend_of(user, add);
        let peer = AccountKey::new(app.id, friend.user.clone());
        let command = Command::AddFriend {
            peer: self
                .store
                .peer_facts(&peer, &session.account().user)
                .await?,
            friend,
            both,
            resent,
        };
        let added = self
            .carry_out(session.account(), app, command, Some(session.id()))
            .await;
        Ok(Some(friend_results(vec![friend_result(
            user_id,
            added.map(drop),
        )])))
    }

    async fn delete_friends(
        &self,
        session: &Session,
        app: &App,
        delete: &v1::DeleteFriends,
        resent: bool,
    ) -> Answer {
        let users = parse_all(&delete.user_ids)?;
        if users.is_empty() || users.len() > DELETE_FRIENDS_MAX {
            let reason = format!(
                "{} friends to delete; a request names 1 to {DELETE_FRIENDS_MAX}",
                users.len()
            );
            return Err(refused_because(Code::InvalidParameters, reason));
        }
        let mut deleted = Vec::with_capacity(users.len());
        for user in users {
            let user_id = user.as_str().to_owned();
            let command = Command::DeleteFriend {
                user,
                both: delete.both,
                resent,
            };
            let begun = self
                .begin(session.account(), app, command, Some(session.id()))
                .await;
            deleted.push((user_id, begun));
        }
        // All at once on the way to the disk, then waited for one after the other.
        let mut results = Vec::with_capacity(deleted.len());
        for (user_id, begun) in deleted {
            let result = match begun {
                Ok((_, tickets)) => super::wait_for_all(tickets).await,
                Err(refusal) => Err(refusal),
            };
            results.push(friend_result(user_id, result));
        }
        Ok(Some(friend_results(results)))
    }

    async fn list_friends(&self, session: &Session) -> Answer {
        let friends = self.store.friends(session.account()).await?;
        let friends = friends.iter().map(friend_message).collect();
        Ok(Some(response::Body::Friends(v1::FriendList { friends })))
    }

    async fn status_messages(
        &self,
        app: AppId,
        users: &[UserId],
    ) -> Result<Vec<v1::UserStatus>, Refusal> {
        let statuses = self.store.statuses(app, users).await?;
        Ok(statuses.iter().map(status_message).collect())
    }

    /// Carries out a command that only a session can give; one that is gone by now is told so.
    async fn asked_by(
        &self,
        session: &Session,
        app: &App,
        command: Command,
    ) -> Result<Arc<Commit>, Refusal> {
        let commit = self
            .carry_out(session.account(), app, command, Some(session.id()))
            .await?;
        match commit.outcome {
            Outcome::Nothing => Err(refused(Code::NotLoggedIn)),
            _ => Ok(commit),
        }
    }
}

/// An outcome that does not belong to its command.
fn unexpected(outcome: &Outcome) -> Refusal {
    tracing::error!(?outcome, "this is no outcome of this request");
    refused(Code::Internal)
}

pub(super) fn data_too_long(bytes: usize) -> Refusal {
    let reason = format!(
        "user-defined data is {bytes} bytes long; at most {USER_DEFINED_DATA_BYTES_MAX} are allowed"
    );
    refused_because(Code::InvalidParameters, reason)
}

fn parse(user_id: &str, what: &str) -> Result<UserId, Refusal> {
    UserId::parse(user_id)
        .map_err(|error| refused_because(Code::InvalidParameters, format!("{what}: {error}")))
}

fn parse_all(user_ids: &[String]) -> Result<Vec<UserId>, Refusal> {
    user_ids
        .iter()
        .enumerate()
        .map(|(index, user_id)| parse(user_id, &format!("user_ids[{index}]")))
        .collect()
}

/// In a query an id that no user can have is answered like a stranger's and does not fail the rest (S7). The rules know valid
/// ids only, and count what is asked: each such id stands before them as a valid one that nobody has, and comes back as itself.
#[derive(Default)]
struct StandIns<'a> {
    by_id: HashMap<&'a str, UserId>,
    ids: HashMap<String, &'a str>,
}

impl<'a> StandIns<'a> {
    fn parse(&mut self, id: &'a str) -> UserId {
        if let Ok(user) = UserId::parse(id) {
            return user;
        }
        let next = self.by_id.len();
        let user = self.by_id.entry(id).or_insert_with(|| {
            UserId::parse(&format!("~not-a-user-id~{next:017}"))
                .expect("32 bytes of printable ASCII are a user id")
        });
        self.ids.insert(user.as_str().to_owned(), id);
        user.clone()
    }

    fn restore(&self, id: &mut String) {
        if let Some(original) = self.ids.get(id) {
            *id = (*original).to_owned();
        }
    }
}

fn friend_of(user: UserId, add: v1::AddFriend) -> Friend {
    Friend {
        user,
        remark: add.remark.into(),
        group_name: add.group_name.into(),
        add_source: add.add_source.into(),
        add_wording: add.add_wording.into(),
        // Core says when.
        added_at: Timestamp::default(),
    }
}

fn friend_result(user_id: String, result: Result<(), Refusal>) -> v1::FriendResult {
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

const fn friend_results(results: Vec<v1::FriendResult>) -> response::Body {
    response::Body::FriendResults(v1::FriendResults { results })
}
