//! Answering requests.

use super::message::status_message;
use super::meters::Asked as AskedFor;
use super::{Gateway, Session, desc_of, refused, refused_because};
use crate::traces::{Answer as Answered, What, summary};
use hashbrown::HashSet;
use std::sync::Arc;
use std::time::Instant;
use userstatus_core::{
    AppId, Asked, Code, Command, CustomStatus, Outcome, Refusal, UserId, Version,
};
use userstatus_store::apps::App;
use userstatus_store::{Commit, Store};
use userstatus_wire::USER_DEFINED_DATA_BYTES_MAX;
use userstatus_wire::v1::{self, request, response};

/// Of a request that names more ids than this times its limit nobody looks at them: so many cannot all be duplicates.
const NAMED_PER_LIMIT_MAX: usize = 4;

/// What a request is answered with, besides its id.
pub(super) struct Done {
    body: Option<response::Body>,
    /// Of what it changed.
    version: Version,
}

impl Done {
    pub(super) const NOTHING: Self = Self {
        body: None,
        version: Version(0),
    };

    pub(super) const fn with(body: response::Body) -> Self {
        Self {
            body: Some(body),
            version: Version(0),
        }
    }

    fn at(self, version: Version) -> Self {
        Self { version, ..self }
    }
}

pub(super) type Answer = Result<Done, Refusal>;

impl<S: Store> Gateway<S> {
    /// Answers any request but a login. After the answer to a logout the session is over and the connection is to be closed.
    pub async fn request(&self, session: &Session, request: v1::Request) -> v1::Response {
        let id = request.id;
        let (asked, began_at) = (AskedFor::by(request.body.as_ref()), Instant::now());
        let traced = self.traces.of(session.account());
        let traced = traced.map(|wants_text| summary(request.body.as_ref(), wants_text));
        let answer = self.answer(session, request).await;
        let code = answer
            .as_ref()
            .map_or_else(|refusal| refusal.code, |_| Code::Ok);
        let took = began_at.elapsed();
        self.meters.answered(asked, code, took);
        if let Some((users, text)) = traced {
            let desc = answer.as_ref().err().map(desc_of);
            let what = What::Request {
                asked,
                users,
                text,
                answer: Answered { code, desc, took },
            };
            self.trace(session, what);
        }
        match answer {
            Ok(Done { body, version }) => match body {
                Some(body) => v1::Response::with(id, body),
                None => v1::Response::done(id),
            }
            .at_version(version.0),
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
            Some(request::Body::RenewSig(renew)) => {
                self.renew_sig(session, &app, &renew.user_sig).await?;
                Ok(Done::NOTHING)
            }
            Some(request::Body::AddFriend(add)) => {
                self.add_friend(session, &app, add, resent).await
            }
            Some(request::Body::DeleteFriends(delete)) => {
                self.delete_friends(session, &app, &delete, resent).await
            }
            Some(request::Body::ListFriends(list)) => {
                self.list_friends(session, &app, &list.after).await
            }
            Some(request::Body::Block(block)) => self.block(session, &app, &block.user_ids).await,
            Some(request::Body::Unblock(unblock)) => {
                self.unblock(session, &app, &unblock.user_ids).await
            }
            Some(request::Body::ListBlocked(list)) => {
                self.list_blocked(session, &app, &list.after).await
            }
            // For webhooks, of which there are none.
            Some(request::Body::SetUserDefinedData(set)) => match set.data.len() {
                0..=USER_DEFINED_DATA_BYTES_MAX => Ok(Done::NOTHING),
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
        let (account, now) = (session.account(), self.clock.now());
        self.run(account, app, command, Some(session.id()), now)
            .await?;
        Ok(Done::NOTHING)
    }

    async fn set_self_status(&self, session: &Session, app: &App, custom: &str) -> Answer {
        let command = Command::SetSelfStatus {
            session: session.id(),
            custom: CustomStatus::new(custom),
        };
        match &self.asked_by(session, app, command).await?.outcome {
            Outcome::StatusSet { version } => Ok(Done::NOTHING.at(*version)),
            outcome => Err(unexpected(outcome)),
        }
    }

    async fn get_user_status(&self, session: &Session, app: &App, user_ids: &[String]) -> Answer {
        let named = Named::of(user_ids, app.settings.limits.query_users_max);
        let command = Command::Query {
            session: session.id(),
            users: named.asked.clone(),
        };
        match &self.asked_by(session, app, command).await?.outcome {
            Outcome::Query => {}
            outcome => return Err(unexpected(outcome)),
        }
        let users = named.asked.users();
        let statuses = self.status_messages(session, users).await?;
        Ok(Done::with(named.answered(statuses)))
    }

    async fn subscribe(&self, session: &Session, app: &App, user_ids: &[String]) -> Answer {
        let named = Named::of(user_ids, app.settings.limits.subscribe_users_max);
        let command = Command::Subscribe {
            session: session.id(),
            users: named.asked.clone(),
        };
        let commit = self.asked_by(session, app, command).await?;
        let Outcome::Subscribed { users, list } = &commit.outcome else {
            return Err(unexpected(&commit.outcome));
        };
        // Read last: the subscription is in the hub's index, so nothing that changes from here on is missed (W8).
        let statuses = self.status_messages(session, users).await?;
        Ok(Done::with(named.answered(statuses)).at(*list))
    }

    async fn unsubscribe(&self, session: &Session, app: &App, user_ids: &[String]) -> Answer {
        let named = Named::of(user_ids, app.settings.limits.subscribe_users_max);
        let command = Command::Unsubscribe {
            session: session.id(),
            users: named.asked,
        };
        match &self.asked_by(session, app, command).await?.outcome {
            Outcome::Unsubscribed { list } => Ok(Done::NOTHING.at(*list)),
            outcome => Err(unexpected(outcome)),
        }
    }

    /// As the session's user sees them.
    async fn status_messages(
        &self,
        session: &Session,
        users: &[UserId],
    ) -> Result<Vec<v1::UserStatus>, Refusal> {
        let me = session.account();
        let statuses = self.store.statuses(me.app, Some(&me.user), users).await?;
        Ok(statuses.iter().map(status_message).collect())
    }

    /// Runs a command that only a session can give; one that is gone by now is told so.
    pub(super) async fn asked_by(
        &self,
        session: &Session,
        app: &App,
        command: Command,
    ) -> Result<Arc<Commit>, Refusal> {
        let (account, now) = (session.account(), self.clock.now());
        let executed = self
            .run(account, app, command, Some(session.id()), now)
            .await?;
        match &executed.commit.outcome {
            Outcome::Nothing => Err(refused(Code::NotLoggedIn)),
            Outcome::Refused(refusal) => Err(refusal.clone()),
            _ => Ok(executed.commit),
        }
    }
}

/// An outcome that does not belong to its command.
pub(super) fn unexpected(outcome: &Outcome) -> Refusal {
    tracing::error!(?outcome, "this is no outcome of this request");
    refused(Code::Internal)
}

pub(super) fn data_too_long(bytes: usize) -> Refusal {
    let reason = format!(
        "user-defined data is {bytes} bytes long; at most {USER_DEFINED_DATA_BYTES_MAX} are allowed"
    );
    refused_because(Code::InvalidParameters, reason)
}

pub(super) fn parse(user_id: &str, what: &str) -> Result<UserId, Refusal> {
    UserId::parse(user_id)
        .map_err(|error| refused_because(Code::InvalidParameters, format!("{what}: {error}")))
}

pub(super) fn parse_all(user_ids: &[String]) -> Result<Vec<UserId>, Refusal> {
    user_ids
        .iter()
        .enumerate()
        .map(|(index, user_id)| parse(user_id, &format!("user_ids[{index}]")))
        .collect()
}

/// The ids a request names. One that no user can have fails nobody else: it is answered like a stranger's (S7), as itself.
struct Named<'a> {
    asked: Asked,
    /// Those that no user can have, and before how many of `asked` each stands.
    impossible: Vec<(usize, &'a str)>,
}

impl<'a> Named<'a> {
    /// Work in proportion to `user_ids`: done before the account is locked, and not at all for a request that can only be refused.
    fn of(user_ids: &'a [String], users_max: u32) -> Self {
        if user_ids.len() > NAMED_PER_LIMIT_MAX.saturating_mul(users_max as usize) {
            return Self {
                asked: Asked::too_many(user_ids.len()),
                impossible: Vec::new(),
            };
        }
        let mut seen = HashSet::with_capacity(user_ids.len());
        let (mut users, mut impossible) = (Vec::with_capacity(user_ids.len()), Vec::new());
        for id in user_ids.iter().filter(|id| seen.insert(id.as_str())) {
            match UserId::parse(id) {
                Ok(user) => users.push(user),
                Err(_) => impossible.push((users.len(), id.as_str())),
            }
        }
        Self {
            asked: Asked::new(users, impossible.len()),
            impossible,
        }
    }

    /// The statuses found, with those that no user can have where they were named.
    fn answered(&self, found: Vec<v1::UserStatus>) -> response::Body {
        if self.impossible.is_empty() {
            return response::Body::Statuses(v1::StatusList { statuses: found });
        }
        let mut impossible = self.impossible.iter().peekable();
        let mut statuses = Vec::with_capacity(found.len() + self.impossible.len());
        let mut found = found.into_iter().peekable();
        for (place, user) in self.asked.users().iter().enumerate() {
            while let Some((_, id)) = impossible.next_if(|(before, _)| *before <= place) {
                statuses.push(unknown(id));
            }
            // Not all that were named were found: a list that is full holds the last of them.
            statuses.extend(found.next_if(|status| status.user_id == user.as_str()));
        }
        statuses.extend(impossible.map(|(_, id)| unknown(id)));
        response::Body::Statuses(v1::StatusList { statuses })
    }
}

fn unknown(id: &str) -> v1::UserStatus {
    v1::UserStatus {
        user_id: id.to_owned(),
        normal: v1::NormalStatus::Unknown as i32,
        ..v1::UserStatus::default()
    }
}
