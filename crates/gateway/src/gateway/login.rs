//! Letting a connection in.

use super::message::{limits_message, status_message};
use super::{Gateway, Session, refused, refused_because};
use crate::outbox::{EncodedChange, Outbox};
use hashbrown::{HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use userstatus_core::{
    AppId, Code, Command, InstanceId, LossCause, Outcome, Platform, Refusal, Relation, SessionId,
    Timestamp, USER_ID_BYTES_MAX, UserId, UserStatus, Version, delivers,
};
use userstatus_store::AccountKey;
use userstatus_store::Store;
use userstatus_store::apps::App;
use userstatus_usersig::{AHEAD_S_MAX_DEFAULT, SigError, Verified};
use userstatus_wire::{INSTANCE_ID_BYTES, USER_DEFINED_DATA_BYTES_MAX, v1};

impl<S: Store> Gateway<S> {
    /// Logs a connection in. Its outbox fills from before this returns; it is to be emptied only after the answer was queued.
    ///
    /// # Errors
    /// What the client is to be told; the connection may try again.
    pub async fn login(
        &self,
        peer: SocketAddr,
        login: v1::Login,
    ) -> Result<(Session, v1::LoginResult), Refusal> {
        let result = self.try_login(&login).await;
        match &result {
            Ok((session, _)) => tracing::debug!(
                %peer, app = login.app_id, user = login.user_id, session = session.id().0, reconnect = login.reconnect,
                "logged in"
            ),
            // Anybody can have a login refused, as often as they like: the log takes so many a second.
            Err(refusal) if self.refusals_gate.opens(self.clock.now()) => tracing::info!(
                %peer, app = login.app_id, user = loggable(&login.user_id), code = refusal.code.number(), reason = super::desc_of(refusal),
                "login refused"
            ),
            Err(_) => {}
        }
        result
    }

    async fn try_login(&self, login: &v1::Login) -> Result<(Session, v1::LoginResult), Refusal> {
        let app = AppId::new(login.app_id)
            .and_then(|id| self.apps.get(id))
            .ok_or_else(|| refused(Code::UnknownApp))?;
        let user = UserId::parse(&login.user_id)
            .map_err(|error| refused_because(Code::InvalidParameters, error.to_string()))?;
        let instance = instance_of(login)?;
        let Verified { claims, .. } = check_sig(&app, &user, &login.user_sig, self.clock.wall())?;
        let now = self.clock.now();

        let account = AccountKey::new(app.id, user);
        let session = self.open_session(&account);
        let command = Command::Login {
            session: session.id(),
            instance,
            platform: Platform::from_number(login.platform),
            reconnect: login.reconnect,
            sig_minted_at: Timestamp::from_ms(claims.issued_at_s.saturating_mul(1000)),
        };
        match self.let_in(&session, &app, login, command, now).await {
            Ok(result) => Ok((session, result)),
            Err(refusal) => {
                // It may be in already, and only not on disk.
                self.lost(&session.end(), LossCause::Closed).await;
                Err(refusal)
            }
        }
    }

    /// Attached to the hub before it is logged in: no change falls between its login and its first notification.
    fn open_session(&self, account: &AccountKey) -> Session {
        let id = SessionId(self.next_session.fetch_add(1, Ordering::Relaxed));
        let outbox = Arc::new(Outbox::new(account.clone(), id));
        self.hub.attach(Arc::clone(&outbox));
        Session::new(outbox, Arc::clone(&self.abandoned))
    }

    async fn let_in(
        &self,
        session: &Session,
        app: &App,
        login: &v1::Login,
        command: Command,
        now: Timestamp,
    ) -> Result<v1::LoginResult, Refusal> {
        let executed = self
            .run(session.account(), app, command, Some(session.id()), now)
            .await?;
        match &executed.commit.outcome {
            Outcome::LoggedIn {
                subscriptions_kept,
                subscriptions,
                friends,
                status,
                ..
            } => {
                if login.reconnect {
                    let watched = watched(app, subscriptions, friends);
                    self.resync(session.outbox(), &login.known, status, &watched)
                        .await?;
                }
                executed.ticket.wait().await?;
                Ok(v1::LoginResult {
                    server_time_ms: self.clock.now().as_ms(),
                    subscriptions_kept: *subscriptions_kept,
                    limits: Some(limits_message(&app.settings.limits)),
                    self_: Some(status_message(status)),
                })
            }
            Outcome::Refused(refusal) => Err(refusal.clone()),
            Outcome::Done
            | Outcome::Nothing
            | Outcome::KickedAll { .. }
            | Outcome::Query { .. }
            | Outcome::Subscribed { .. } => {
                tracing::error!(outcome = ?executed.commit.outcome, "this is no outcome of a login");
                Err(refused(Code::Internal))
            }
        }
    }

    /// Puts in the outbox what changed while the device was away (N7). The hub tells it of everything from now on, so what
    /// changes in between comes twice and is told apart by its version.
    async fn resync(
        &self,
        outbox: &Outbox,
        known: &[v1::KnownVersion],
        own: &UserStatus,
        watched: &[UserId],
    ) -> Result<(), Refusal> {
        let app = outbox.account().app;
        let known = KnownVersions::new(known, &own.user);
        let statuses = self.store.statuses(app, watched).await?;
        for status in std::iter::once(own).chain(&statuses) {
            if known.is_news(status) {
                outbox.push(Arc::new(EncodedChange::new(status)));
            }
        }
        Ok(())
    }
}

/// The start of what somebody claims to be called.
fn loggable(user_id: &str) -> String {
    let start: String = user_id.chars().take(USER_ID_BYTES_MAX).collect();
    start.escape_debug().to_string()
}

fn instance_of(login: &v1::Login) -> Result<InstanceId, Refusal> {
    let Ok(instance) = login.instance_id.as_slice().try_into() else {
        let reason = format!(
            "instance_id is {} bytes long; it must be {INSTANCE_ID_BYTES}",
            login.instance_id.len()
        );
        return Err(refused_because(Code::InvalidParameters, reason));
    };
    if login.user_defined_data.len() > USER_DEFINED_DATA_BYTES_MAX {
        return Err(super::request::data_too_long(login.user_defined_data.len()));
    }
    Ok(InstanceId(instance))
}

/// Checks the UserSig against each of the app's keys (D2).
fn check_sig(app: &App, user: &UserId, sig: &str, now: Timestamp) -> Result<Verified, Refusal> {
    userstatus_usersig::verify(
        sig,
        app.id.get(),
        user.as_str(),
        app.keys.iter().map(|key| &key.secret),
        now.as_s(),
        AHEAD_S_MAX_DEFAULT,
    )
    .map_err(|error| {
        let code = match error {
            SigError::Expired { .. } => Code::SigExpired,
            SigError::Empty => Code::SigEmpty,
            // A new one of the same minter would not be better: no code that asks for one.
            SigError::Malformed(_) | SigError::DatedAhead { .. } => Code::SigMalformed,
            SigError::Forged => Code::SigForged,
            SigError::OtherUser => Code::SigOtherUser,
            SigError::OtherApp { .. } => Code::SigOtherApp,
        };
        refused_because(code, error.to_string())
    })
}

/// Whom an account is told of, as the switches are now; each once.
fn watched(app: &App, subscriptions: &[UserId], friends: &[UserId]) -> Vec<UserId> {
    let lists = [
        (subscriptions, Relation::Subscribed),
        (friends, Relation::Friend),
    ];
    let mut seen = HashSet::new();
    lists
        .into_iter()
        .filter(|(_, relation)| delivers(&app.settings, *relation))
        .flat_map(|(users, _)| users)
        .filter(|user| seen.insert(user.as_str()))
        .cloned()
        .collect()
}

/// By how much versions rise in a second, about: they follow the clock, but those of two accounts only roughly.
const VERSIONS_PER_S: u64 = 1 << 20;

/// What a reconnecting client has seen.
struct KnownVersions<'a> {
    versions: HashMap<&'a str, Version>,
    /// Whom the client names no version of has not changed since the client logged in, as far as it was told. Its own status
    /// it has had since its login: what is newer than that may have changed while it was away, what is older cannot have.
    others: Version,
}

impl<'a> KnownVersions<'a> {
    fn new(known: &'a [v1::KnownVersion], own: &UserId) -> Self {
        let versions: HashMap<_, _> = known
            .iter()
            .map(|known| (known.user_id.as_str(), Version(known.version)))
            .collect();
        let own = versions.get(own.as_str()).copied().unwrap_or_default();
        let others = Version(own.0.saturating_sub(VERSIONS_PER_S));
        Self { versions, others }
    }

    fn is_news(&self, status: &UserStatus) -> bool {
        match self.versions.get(status.user.as_str()) {
            Some(known) => *known != status.version,
            None => status.version > self.others,
        }
    }
}
