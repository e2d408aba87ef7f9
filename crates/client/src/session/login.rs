//! Logging in and out, connecting, coming back.

use super::limits::limits_of;
use super::pending::{Pending, Sender};
use super::renewal::{Ending, check_user_sig};
use super::window::Windows;
use super::{Action, RequestId, Session, message};
use crate::{Answer, ConnectionState, Error, Event, Instant, Request, UserStatus};
use std::time::Duration;
use userstatus_core::{Code, NormalStatus};
use userstatus_wire::{CLIENT_FRAME_BYTES_MAX, v1};

/// A server that stops may send its clients away for this long at least: it must not be asked again in a tight loop.
const GOAWAY_DELAY_MIN: Duration = Duration::from_millis(50);
/// And at most.
const GOAWAY_DELAY_MAX: Duration = Duration::from_secs(600);

/// As whom.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) user_id: String,
    pub(super) user_sig: String,
    /// Whether it was told that this UserSig is about to end.
    pub(super) is_approach_told: bool,
    /// And that it has.
    pub(super) is_end_told: bool,
}

impl Account {
    pub(super) const fn new(user_id: String, user_sig: String) -> Self {
        Self {
            user_id,
            user_sig,
            is_approach_told: false,
            is_end_told: false,
        }
    }
}

impl std::fmt::Debug for Account {
    /// Without the UserSig.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account")
            .field("user_id", &self.user_id)
            .finish_non_exhaustive()
    }
}

#[derive(Debug)]
pub(super) enum Login {
    LoggedOut,
    LoggingIn { account: Account, id: RequestId },
    LoggedIn { account: Account, established: bool },
    LoggingOut,
}

impl Login {
    /// Whether a lost connection is to be made again.
    pub(super) const fn wants_link(&self) -> bool {
        matches!(self, Self::LoggingIn { .. } | Self::LoggedIn { .. })
    }

    /// Whether requests may go out on the present connection.
    pub(super) const fn is_established(&self) -> bool {
        matches!(
            self,
            Self::LoggedIn {
                established: true,
                ..
            }
        )
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Link {
    /// None, and none wanted.
    Idle,
    /// None until then.
    Waiting {
        until: Instant,
    },
    Connecting,
    Open {
        welcomed: bool,
    },
}

impl Session {
    pub(super) fn submit_login(
        &mut self,
        id: RequestId,
        user_id: String,
        user_sig: String,
        now: Instant,
    ) {
        if let Err(error) = check_user_sig(&user_sig) {
            return self.done(id, Err(error));
        }
        match &self.login {
            Login::LoggingIn { .. } | Login::LoggingOut => {
                return self.done(id, Err(Error::of(Code::InProgress)));
            }
            Login::LoggedIn { account, .. } if account.user_id == user_id => {
                return self.submit_renewal(id, user_id, user_sig, now);
            }
            Login::LoggedIn { account, .. } => {
                let desc = format!("logged in as {}; log out first", account.user_id);
                return self.done(id, Err(Error::with(Code::InvalidOperation, desc)));
            }
            Login::LoggedOut => {}
        }
        let account = Account::new(user_id, user_sig);
        let login = self.login_message(&account, false, now);
        let bytes = message::encoded_len(&message::login_frame(id, login));
        if bytes > self.frame_bytes_max {
            let desc = format!("user id and UserSig make {bytes} bytes; no UserSig is that long");
            return self.done(id, Err(Error::with(Code::SigMalformed, desc)));
        }
        let request = Request::Login {
            user_id: account.user_id.clone(),
            user_sig: account.user_sig.clone(),
        };
        let sender = Sender::Login { by_user: true };
        self.requests
            .insert(id, request, sender, bytes, now + self.config.unsent_timeout);
        self.login = Login::LoggingIn { account, id };
        self.backoff.reset();
        // A logout may have left a connection behind that the server is about to close.
        self.close_link();
        self.connect();
    }

    pub(super) fn submit_logout(&mut self, id: RequestId, now: Instant) {
        if matches!(self.login, Login::LoggingOut) {
            return self.done(id, Err(Error::of(Code::InProgress)));
        }
        let established = self.login.is_established();
        self.end_all(&Error::of(Code::EndedByShutdown));
        if established && matches!(self.link, Link::Open { .. }) {
            self.login = Login::LoggingOut;
            let deadline = now + self.config.request_timeout;
            let frame = message::request_frame(id, &Request::Logout, false);
            let bytes = message::encoded_len(&frame);
            self.requests
                .insert(id, Request::Logout, Sender::Logout, bytes, deadline);
            self.requests.sent(id, deadline);
            self.send(&frame);
            return;
        }
        // The server cannot be told; it will find the device gone.
        self.become_logged_out();
        self.done(id, Ok(Answer::Done));
    }

    pub(super) fn connect(&mut self) {
        self.link = Link::Connecting;
        self.actions.push_back(Action::Connect);
        self.event(Event::Connection(ConnectionState::Connecting));
    }

    /// Drops the connection, if there is one, without a word to the server.
    pub(super) fn close_link(&mut self) {
        if matches!(self.link, Link::Open { .. } | Link::Connecting) {
            self.actions.push_back(Action::Close);
        }
        self.lose_link();
    }

    /// There is no connection: what was on its way is not any more.
    pub(super) fn lose_link(&mut self) {
        self.link = Link::Idle;
        self.to_send = bytes::BytesMut::new();
        self.pong_due = None;
        self.last_sent_at = None;
        self.unheard_since = None;
        if let Login::LoggedIn { established, .. } = &mut self.login {
            *established = false;
        }
        // Made anew on the next connection.
        self.requests.take_where(|pending| {
            matches!(
                pending.sender,
                Sender::Itself | Sender::Login { by_user: false }
            )
        });
        self.requests.unsend_all();
        self.subscriptions.connection_lost();
    }

    /// Says who this is, on a connection just made.
    pub(super) fn send_login(&mut self, now: Instant) {
        let (mut account, id, reconnect) = match &self.login {
            Login::LoggingIn { account, id } => (account.clone(), *id, false),
            Login::LoggedIn { account, .. } => (account.clone(), self.requests.next_id(), true),
            Login::LoggedOut | Login::LoggingOut => return self.close_link(),
        };
        if let Some((_, user_sig, _)) = self.requests.renewal() {
            user_sig.clone_into(&mut account.user_sig);
        }
        let deadline = now + self.config.request_timeout;
        let login = self.login_message(&account, reconnect, now);
        let frame = message::login_frame(id, login);
        if reconnect {
            let Account {
                user_id, user_sig, ..
            } = account;
            let request = Request::Login { user_id, user_sig };
            let sender = Sender::Login { by_user: false };
            self.requests
                .insert(id, request, sender, message::encoded_len(&frame), deadline);
        }
        self.requests.sent(id, deadline);
        self.data_sent.clone_from(&self.config.user_defined_data);
        self.send(&frame);
    }

    /// What was set after the login was sent goes behind it.
    fn catch_up_with_data(&mut self, now: Instant) {
        if self.data_sent == self.config.user_defined_data {
            return;
        }
        self.data_sent.clone_from(&self.config.user_defined_data);
        // No window counts this kind: it is always sent.
        self.ask_itself(Request::SetUserDefinedData(self.data_sent.clone()), now);
    }

    fn login_message(&self, account: &Account, reconnect: bool, now: Instant) -> v1::Login {
        let mut login = v1::Login {
            app_id: self.config.app_id,
            user_id: account.user_id.clone(),
            user_sig: account.user_sig.clone(),
            platform: self.config.platform.number(),
            instance_id: self.config.instance_id.to_vec(),
            reconnect,
            user_defined_data: self.config.user_defined_data.clone(),
            ..v1::Login::default()
        };
        if reconnect {
            self.own_status.bring(&mut login);
            login.subscriptions_version = self.subscriptions.version();
            login.subscriptions_may_have_ended = self.list_may_have_ended(now);
            let room = self
                .frame_bytes_max
                .saturating_sub(message::login_len(&login));
            let on_list = self.subscriptions.on_list();
            login.known = self.known.to_messages(&account.user_id, on_list, room);
        }
        login
    }

    /// The list ends so long after the account's last connection was gone (W7), and this client had one when it last heard of the server.
    fn list_may_have_ended(&self, now: Instant) -> bool {
        let keep = Duration::from_millis(u64::from(self.limits.subscriptions_keep_ms));
        self.heard_at
            .is_none_or(|heard_at| now.duration_since(heard_at) >= keep)
    }

    pub(super) fn welcomed(&mut self, welcome: &v1::Welcome, now: Instant) {
        if self.link != (Link::Open { welcomed: false }) {
            return;
        }
        self.link = Link::Open { welcomed: true };
        self.trouble = None;
        self.server_clock = Some((welcome.server_time_ms, now));
        if welcome.frame_bytes_max != 0 {
            self.frame_bytes_max = CLIENT_FRAME_BYTES_MAX.min(welcome.frame_bytes_max as usize);
        }
        self.set_heartbeat(welcome.heartbeat_interval_ms);
        self.event(Event::Connection(ConnectionState::Connected));
    }

    /// As the server asks, or more often: it counts on hearing of this client so often.
    pub(super) fn set_heartbeat(&mut self, interval_ms: u32) {
        if interval_ms != 0 {
            let asked_for = Duration::from_millis(u64::from(interval_ms));
            let own = self.config.heartbeat_interval.unwrap_or(asked_for);
            self.heartbeat_interval = own.min(asked_for);
        }
    }

    /// The server let this client in.
    pub(super) fn logged_in(&mut self, pending: &Pending, result: v1::LoginResult, now: Instant) {
        let Request::Login { user_sig, .. } = &pending.request else {
            return;
        };
        let login = std::mem::replace(&mut self.login, Login::LoggedOut);
        let (Login::LoggingIn { account, .. } | Login::LoggedIn { account, .. }) = login else {
            self.login = login;
            return;
        };
        self.login = Login::LoggedIn {
            account,
            established: true,
        };
        self.adopt(user_sig);
        self.backoff.succeeded(now);
        self.server_clock = Some((result.server_time_ms, now));
        self.limits = limits_of(result.limits.as_ref());
        self.set_heartbeat(
            result
                .limits
                .map_or(0, |limits| limits.heartbeat_interval_ms),
        );
        if pending.sender == (Sender::Login { by_user: true }) {
            self.heard_at = Some(now);
            self.known.clear();
            self.own_status.forget();
            self.subscriptions
                .begin(result.subscriptions_version, result.subscriptions);
            self.windows = Windows::default();
            if let Some(own) = &result.self_ {
                let (before, normal) = (own.version.saturating_sub(1), NormalStatus::Online);
                self.known.pushed(&own.user_id, before, normal);
            }
            self.catch_up_with_data(now);
            return self.done(pending.asked_as, Ok(Answer::Done));
        }
        if let Some(own) = result.self_ {
            self.own_status.told(&own);
            // What else has changed meanwhile is behind this answer, and may be lost with the connection.
            self.known.hold_anchor(&own.user_id);
            let own = UserStatus::from(own);
            if self.known.pushed(&own.user_id, own.version, own.normal) {
                self.event(Event::StatusChanged(vec![own]));
            }
        }
        self.catch_up_with_data(now);
        self.go_on_with_renewal(user_sig, now);
        let may_have_ended = self.list_may_have_ended(now);
        self.heard_at = Some(now);
        self.subscriptions.returned(
            result.subscriptions_kept,
            result.subscriptions_version,
            result.subscriptions_lost || may_have_ended,
        );
        self.put_list_right(now);
        let waiting: Vec<_> = self
            .requests
            .of_user()
            .map(|waiting| {
                let (id, request, resent) = (waiting.id, waiting.request, waiting.was_sent);
                let frame = match waiting.page_after {
                    Some(after) => message::page_frame(id, request, after, resent),
                    None => message::request_frame(id, request, resent),
                };
                (id, frame)
            })
            .collect();
        for (id, frame) in waiting {
            self.requests.sent(id, now + self.config.request_timeout);
            self.send(&frame);
        }
    }

    /// A login failed, or the server refused to have this client back.
    pub(super) fn end_login(&mut self, pending: &Pending, error: Error, now: Instant) {
        if pending.sender == (Sender::Login { by_user: true }) {
            self.become_logged_out();
            return self.done(pending.asked_as, Err(error));
        }
        let used = match &pending.request {
            Request::Login { user_sig, .. } => user_sig.as_str(),
            _ => "",
        };
        let is_about_sig = error.code == Code::SigRevoked.number()
            || Ending::of(error.code) == Some(Ending::NeedsUserSig);
        if is_about_sig && self.try_other_user_sig(used, &error, now) {
            return;
        }
        match Ending::of(error.code) {
            Some(_) => self.sent_out(error),
            // The server cannot just now, or has seen too many logins of this account: come back later.
            None => {
                self.actions.push_back(Action::Close);
                self.handle_disconnected(&error.to_string(), now);
            }
        }
    }

    /// The server does not want this client any more: over, until the application logs in again.
    pub(super) fn sent_out(&mut self, error: Error) {
        if !self.login.wants_link() {
            return;
        }
        self.end_all(&error);
        self.become_logged_out();
        self.event(match Ending::of(error.code) {
            Some(Ending::NeedsUserSig | Ending::NoApp) => Event::UserSigExpired(error),
            // What a newer server calls a kick is one.
            Some(Ending::Kicked) | None => Event::KickedOffline(error),
        });
    }

    /// The server stops: come back when it says, not all at once.
    pub(super) fn leave(&mut self, goaway: &v1::Goaway, now: Instant) {
        if matches!(self.login, Login::LoggingOut) {
            return; // The answer to the logout is still to come.
        }
        self.close_link();
        self.event(Event::Connection(ConnectionState::Disconnected(
            goaway.desc.clone(),
        )));
        if self.login.wants_link() {
            let after = Duration::from_millis(u64::from(goaway.reconnect_after_ms))
                .clamp(GOAWAY_DELAY_MIN, GOAWAY_DELAY_MAX);
            tracing::debug!(reason = %goaway.desc, ?after, "sent away");
            self.link = Link::Waiting { until: now + after };
        }
    }

    /// The server breaks the connection off, and says why.
    pub(super) fn closed_by_server(&mut self, closing: v1::Closing, now: Instant) {
        let v1::Closing { code, desc } = closing;
        tracing::warn!(code, reason = %desc, "the server closed the connection");
        // What it cannot read today, of a newer or an older client, it cannot read in half a minute either.
        if code == Code::BadParameters.number()
            && let Login::LoggingIn { id, .. } = self.login
            && let Some(pending) = self.requests.take(id)
        {
            return self.end(&pending, Err(Error { code, desc }), now);
        }
        self.actions.push_back(Action::Close);
        self.handle_disconnected(&format!("{code}: {desc}"), now);
    }

    pub(super) fn end_logout(&mut self, id: RequestId) {
        self.become_logged_out();
        self.done(id, Ok(Answer::Done));
    }

    pub(super) fn become_logged_out(&mut self) {
        self.login = Login::LoggedOut;
        self.known.clear();
        self.own_status.forget();
        self.subscriptions.end();
        self.close_link();
    }
}
