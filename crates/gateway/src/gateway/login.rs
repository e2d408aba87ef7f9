//! Letting a connection in.

use super::message::{limits_message, status_message};
use super::meters::Asked;
use super::request::unexpected;
use super::usersig::check_sig;
use super::{Gateway, Session, refused, refused_because};
use crate::outbox::{EncodedChange, Outbox};
use crate::traces::{Answer, Event, What};
use hashbrown::{HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use userstatus_core::{
    AppId, Code, Command, CustomStatus, InstanceId, LossCause, NormalStatus, Outcome, Platform,
    Refusal, Relation, Restored, SessionId, Timestamp, USER_ID_BYTES_MAX, UserId, UserStatus,
    Version, delivers,
};
use userstatus_store::AccountKey;
use userstatus_store::Store;
use userstatus_store::apps::App;
use userstatus_wire::v1::{self, Watched};
use userstatus_wire::{INSTANCE_ID_BYTES, USER_DEFINED_DATA_BYTES_MAX};

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
        let began_at = Instant::now();
        let result = self.try_login(&login).await;
        let code = result
            .as_ref()
            .map_or_else(|refusal| refusal.code, |_| Code::Ok);
        let took = began_at.elapsed();
        self.meters.answered(Asked::Login, code, took);
        if !self.traces.are_none() {
            self.trace_login(peer, &login, &result, took);
        }
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

    /// For who looks on: an account may be looked at before it logs in.
    fn trace_login(
        &self,
        peer: SocketAddr,
        login: &v1::Login,
        result: &Result<(Session, v1::LoginResult), Refusal>,
        took: Duration,
    ) {
        let (Some(app), Ok(user)) = (AppId::new(login.app_id), UserId::parse(&login.user_id))
        else {
            return;
        };
        let account = AccountKey::new(app, user);
        if self.traces.of(&account).is_none() {
            return;
        }
        let refusal = result.as_ref().err();
        let event = Event {
            at: self.clock.wall(),
            session: result.as_ref().ok().map(|(session, _)| session.id().0),
            what: What::Login {
                peer,
                platform: login.platform,
                reconnect: login.reconnect,
                answer: Answer {
                    code: refusal.map_or(Code::Ok, |refusal| refusal.code),
                    desc: refusal.map(super::desc_of),
                    took,
                },
            },
        };
        self.traces.note(&account, event);
    }

    async fn try_login(&self, login: &v1::Login) -> Result<(Session, v1::LoginResult), Refusal> {
        let app = AppId::new(login.app_id)
            .and_then(|id| self.apps.get(id))
            .ok_or_else(|| refused(Code::UnknownApp))?;
        let user = UserId::parse(&login.user_id)
            .map_err(|error| refused_because(Code::InvalidParameters, error.to_string()))?;
        let instance = instance_of(login)?;
        let checked = check_sig(&app, &user, &login.user_sig, self.clock.wall())?;
        let now = self.clock.now();

        let account = AccountKey::new(app.id, user);
        let session = self.open_session(&account);
        let command = Command::Login {
            session: session.id(),
            instance,
            platform: Platform::from_number(login.platform),
            reconnect: login.reconnect,
            sig_minted_at: checked.minted_at,
            restored: restored(login),
            known_list: Version(login.subscriptions_version),
            began: self.first_version,
        };
        match self.let_in(&session, &app, login, command, now).await {
            Ok(result) => {
                self.sig_holds(session.outbox(), &app, &checked);
                Ok((session, result))
            }
            Err(refusal) => {
                // It may be in already.
                self.lost(session.end(), LossCause::Closed).await;
                Err(refusal)
            }
        }
    }

    /// Attached to the hub before it is logged in: no change falls between its login and its first notification.
    fn open_session(&self, account: &AccountKey) -> Session {
        let id = SessionId(self.next_session.fetch_add(1, Ordering::Relaxed));
        let outbox = Arc::new(self.hub.outbox(account.clone(), id));
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
                subscriptions_lost,
                subscriptions_version,
                subscriptions,
                friends,
                hidden,
                status,
                ..
            } => {
                let mut own = status.clone();
                let mut list = Vec::new();
                if login.reconnect {
                    let lists = Lists {
                        subscriptions,
                        friends,
                        hidden,
                    };
                    let is_list_to_come = *subscriptions_lost || login.subscriptions_may_have_ended;
                    let known = KnownVersions::new(&login.known, &own.user)
                        .subscribing_again(!*subscriptions_kept && is_list_to_come);
                    own = self.resync(session.outbox(), &known, own, &lists).await?;
                } else {
                    list = subscriptions
                        .iter()
                        .map(|user| user.as_str().to_owned())
                        .collect();
                }
                Ok(v1::LoginResult {
                    server_time_ms: self.clock.wall().as_ms(),
                    subscriptions_kept: *subscriptions_kept,
                    limits: Some(limits_message(&app.settings.limits)),
                    self_: Some(status_message(&own)),
                    subscriptions_version: subscriptions_version.0,
                    subscriptions: list,
                    subscriptions_lost: *subscriptions_lost,
                })
            }
            Outcome::Refused(refusal) => Err(refusal.clone()),
            outcome => Err(unexpected(outcome)),
        }
    }

    /// Puts in the outbox what changed while the device was away (N7). The hub tells it of everything from now on, so what
    /// changes in between comes twice and is told apart by its version. What may not be told now, because a switch is off, the hub
    /// keeps in mind. Hands back the account's own status.
    async fn resync(
        &self,
        outbox: &Outbox,
        known: &KnownVersions<'_>,
        mut own: UserStatus,
        lists: &Lists<'_>,
    ) -> Result<UserStatus, Refusal> {
        let me = outbox.account();
        let app = &*self.app(me.app)?;
        if known.is_above(&own) {
            self.outrun(app, &own, known).await?;
            let myself = std::slice::from_ref(&me.user);
            let again = self.store.statuses(app.id, None, myself).await?;
            own = again.into_iter().next().unwrap_or(own);
        }
        if known.is_news(&own) && !known.is_above(&own) {
            outbox.push(Arc::new(EncodedChange::new(&own)));
        }
        // First, so that what follows cannot keep it until an answer has overtaken it.
        self.resync_others(outbox, app, known, &own, lists).await?;
        let watched = lists.watched(app);
        let statuses = self
            .store
            .statuses(app.id, Some(&me.user), &watched)
            .await?;
        for status in &statuses {
            if known.is_above(status) && !lists.hides(&status.user) {
                if let Some(unknown) = self.outrun(app, status, known).await? {
                    outbox.push(Arc::new(EncodedChange::new(&unknown)));
                }
            } else if known.is_news(status) {
                outbox.push(Arc::new(EncodedChange::new(status)));
            }
        }
        self.resync_withheld(me, app, known, lists).await?;
        // A switch that was turned on meanwhile did not find what has just been put down.
        self.catch_up(me).await?;
        Ok(own)
    }

    /// Of those a device knows and does not watch any more, or not yet again: as many as it may have watched. Who was erased is on none
    /// of its lists, also when somebody else has come under that name. Whom the device believes to be watched it is told to be unknown: how
    /// they are now it would not be told to have changed. That says nothing about them, so no plan and no switch is asked (P1).
    async fn resync_others(
        &self,
        outbox: &Outbox,
        app: &App,
        known: &KnownVersions<'_>,
        own: &UserStatus,
        lists: &Lists<'_>,
    ) -> Result<(), Refusal> {
        let limits = &app.settings.limits;
        let others_max = limits.subscriptions_max.saturating_add(limits.friends_max);
        let others = known.besides(own, lists, others_max as usize);
        // Who may not ask about others is not told either whether there is somebody of that name (P1).
        let may_ask = delivers(&app.settings, Relation::Subscribed);
        for status in &self.store.statuses(app.id, None, &others).await? {
            let is_outrun = known.is_above(status) && !lists.hides(&status.user);
            if let Some(unwatched) = known.unwatched(&status.user) {
                outbox.push(Arc::new(EncodedChange::new(&unwatched)));
                if is_outrun {
                    self.outrun(app, status, known).await?;
                }
                continue;
            }
            if !is_outrun {
                continue;
            }
            if may_ask {
                if let Some(unknown) = self.outrun(app, status, known).await? {
                    outbox.push(Arc::new(EncodedChange::new(&unknown)));
                }
            } else if let Some(unknown) = self.never_heard_of(status, known) {
                let me = outbox.account();
                self.hub.owe_gone(me, Relation::Subscribed, &unknown);
            }
        }
        Ok(())
    }

    /// Of those it watches in a way that is switched off.
    async fn resync_withheld(
        &self,
        me: &AccountKey,
        app: &App,
        known: &KnownVersions<'_>,
        lists: &Lists<'_>,
    ) -> Result<(), Refusal> {
        for relation in WAYS {
            if delivers(&app.settings, relation) {
                continue;
            }
            let users = lists.of(relation);
            for status in &self.store.statuses(app.id, Some(&me.user), users).await? {
                if known.is_above(status) && !lists.hides(&status.user) {
                    if let Some(unknown) = self.outrun(app, status, known).await? {
                        self.hub.owe_gone(me, relation, &unknown);
                    }
                } else if known.is_news(status) {
                    self.hub.owe(me, relation, status.version);
                }
            }
        }
        Ok(())
    }

    /// The device knows of a change that this server does not: it was lost in a crash. What is true now gets a higher version, and
    /// everybody is told. Hands back what only the device is to be told.
    async fn outrun(
        &self,
        app: &App,
        status: &UserStatus,
        known: &KnownVersions<'_>,
    ) -> Result<Option<UserStatus>, Refusal> {
        if status.normal == NormalStatus::Unknown {
            return Ok(self.never_heard_of(status, known));
        }
        if let Some(known) = self.lost_version(status, known) {
            let account = AccountKey::new(app.id, status.user.clone());
            let command = Command::Outrun { known };
            self.run(&account, app, command, None, self.clock.now())
                .await?;
            // A client may name thousands: others want the thread, too.
            tokio::task::yield_now().await;
        }
        Ok(None)
    }

    /// What a device is told of somebody it was told of, and of whom nobody else has heard: the first login was lost, or the account
    /// erased.
    fn never_heard_of(&self, status: &UserStatus, known: &KnownVersions<'_>) -> Option<UserStatus> {
        if status.normal != NormalStatus::Unknown {
            return None;
        }
        let known = self.lost_version(status, known)?;
        // One above, and not more: when that user comes, it is under a higher one.
        Some(UserStatus {
            version: Version(known.0.saturating_add(1)),
            ..status.clone()
        })
    }

    /// The version a device was told of, if this server can have lost it.
    fn lost_version(&self, status: &UserStatus, known: &KnownVersions<'_>) -> Option<Version> {
        let known = known.of(&status.user)?;
        // Nothing that this server itself announced was lost: who claims so is mistaken, and moves nobody else.
        (status.version < self.first_version && known.is_plausible(self.clock.now()))
            .then_some(known)
    }
}

/// The ways of watching.
const WAYS: [Relation; 2] = [Relation::Subscribed, Relation::Friend];

/// What an account has on its lists as it comes.
struct Lists<'a> {
    subscriptions: &'a [UserId],
    friends: &'a [UserId],
    hidden: &'a [UserId],
}

impl Lists<'_> {
    const fn of(&self, relation: Relation) -> &[UserId] {
        match relation {
            Relation::Own => &[],
            Relation::Subscribed => self.subscriptions,
            Relation::Friend => self.friends,
        }
    }

    /// Whom the account is told of, as the switches are now; each once.
    fn watched(&self, app: &App) -> Vec<UserId> {
        let mut seen = HashSet::new();
        WAYS.into_iter()
            .filter(|relation| delivers(&app.settings, *relation))
            .flat_map(|relation| self.of(relation))
            .filter(|user| seen.insert(user.as_str()))
            .cloned()
            .collect()
    }

    fn hides(&self, user: &UserId) -> bool {
        self.hidden.binary_search(user).is_ok()
    }
}

/// What an automatic reconnect brings back (S9).
fn restored(login: &v1::Login) -> Option<Restored> {
    let is_set = login.reconnect && login.custom_status_version != 0;
    is_set.then(|| Restored {
        custom: CustomStatus::new(&login.custom_status),
        set_at: Version(login.custom_status_version),
    })
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

/// By how much versions rise in a second, about: they follow the clock, but those of two accounts only roughly.
const VERSIONS_PER_S: u64 = 1 << 20;

/// What a reconnecting client has seen.
struct KnownVersions<'a> {
    versions: HashMap<&'a str, (Version, Watched)>,
    /// Whether the client subscribes again to those it believes to be on its list.
    subscribes_again: bool,
    /// Whom the client names no version of has not changed since the client logged in, as far as it was told. Its own status
    /// it has had since its login: what is newer than that may have changed while it was away, what is older cannot have.
    others: Version,
}

impl<'a> KnownVersions<'a> {
    fn new(known: &'a [v1::KnownVersion], own: &UserId) -> Self {
        let versions: HashMap<_, _> = known
            .iter()
            .map(|known| {
                let watched = i32::try_from(known.watched)
                    .ok()
                    .and_then(|number| Watched::try_from(number).ok())
                    .unwrap_or_default();
                (known.user_id.as_str(), (Version(known.version), watched))
            })
            .collect();
        let own = versions.get(own.as_str()).copied();
        let own = own.map_or(Version(0), |(version, _)| version);
        let others = Version(own.0.saturating_sub(VERSIONS_PER_S));
        Self {
            versions,
            subscribes_again: false,
            others,
        }
    }

    fn subscribing_again(self, subscribes_again: bool) -> Self {
        Self {
            subscribes_again,
            ..self
        }
    }

    fn of(&self, user: &UserId) -> Option<Version> {
        let (version, _) = self.versions.get(user.as_str())?;
        Some(*version)
    }

    /// What the client is to be told of somebody who is not watched, if it believes otherwise.
    fn unwatched(&self, user: &UserId) -> Option<UserStatus> {
        let (known, watched) = *self.versions.get(user.as_str())?;
        self.counts_on(watched).then(|| UserStatus {
            // One above, and not more: whatever else it is told of them is under a higher one.
            version: Version(known.0.saturating_add(1)),
            ..UserStatus::unknown(user.clone())
        })
    }

    fn counts_on(&self, watched: Watched) -> bool {
        match watched {
            Watched::Unspecified => false,
            Watched::Subscribed => !self.subscribes_again,
            Watched::Otherwise => true,
        }
    }

    /// Whom it names besides itself and those on its lists; some of them, if they are many, and first those it counts on.
    fn besides(&self, own: &UserStatus, lists: &Lists<'_>, count_max: usize) -> Vec<UserId> {
        let on_lists = lists.subscriptions.iter().chain(lists.friends);
        let named: HashSet<_> = on_lists.chain([&own.user]).map(UserId::as_str).collect();
        let others = self
            .versions
            .iter()
            .filter(|(user, _)| !named.contains(*user));
        let (counted_on, others): (Vec<_>, Vec<_>) =
            others.partition(|(_, (_, watched))| self.counts_on(*watched));
        counted_on
            .into_iter()
            .chain(others)
            .filter_map(|(user, _)| UserId::parse(user).ok())
            .take(count_max)
            .collect()
    }

    /// Whether the client was told of a later change than this.
    fn is_above(&self, status: &UserStatus) -> bool {
        self.of(&status.user)
            .is_some_and(|known| known > status.version)
    }

    fn is_news(&self, status: &UserStatus) -> bool {
        match self.of(&status.user) {
            Some(known) => known != status.version,
            None => status.version > self.others,
        }
    }
}
