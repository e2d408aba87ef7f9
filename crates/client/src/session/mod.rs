//! What a client does, without I/O: bytes, time and randomness are arguments.
//!
//! The driver calls a handler (`submit`, `handle_…`) for whatever happened, then drains [`Session::poll_output`],
//! [`Session::poll_action`] and [`Session::transmit`], and sleeps until [`Session::next_timeout`].

mod backoff;
mod known;
mod login;
mod message;
mod pending;
mod window;

use crate::{Answer, ConnectionState, Error, Event, LoginStatus, Reply, Request, UserStatus};
use backoff::Backoff;
use bytes::BytesMut;
use known::KnownVersions;
use login::{Link, Login};
use pending::{Pending, Requests, Sender};
use std::collections::VecDeque;
use std::time::{Duration, Instant};
use userstatus_core::{Code, Platform};
use userstatus_wire::{
    CLIENT_FRAME_BYTES_MAX, HEARTBEAT_INTERVAL_MS, USER_DEFINED_DATA_BYTES_MAX, WireError,
    encode_client_frame, v1,
};
use window::{Kind, Windows};

/// Requests that may be waiting for their answers at once.
pub const PENDING_REQUESTS_MAX: usize = 4_096;
/// How long a request sent waits for its answer, unless configured otherwise.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a request that cannot be sent waits for a connection, unless configured otherwise.
pub const UNSENT_TIMEOUT: Duration = Duration::from_secs(30);
/// How long the server may take to answer a ping before the connection counts as lost.
const PONG_TIMEOUT: Duration = Duration::from_secs(10);
/// The same when the application asked whether the connection still stands.
const PROBE_TIMEOUT: Duration = Duration::from_secs(3);

/// A request's number within its session; never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u64);

/// What a session needs to know.
#[derive(Clone, Debug)]
pub struct SessionConfig {
    /// The app.
    pub app_id: u64,
    /// What the client runs on.
    pub platform: Platform,
    /// Drawn once per client (D1).
    pub instance_id: [u8; 16],
    /// How the client calls itself.
    pub sdk_name: String,
    /// Its version.
    pub sdk_version: String,
    /// See [`REQUEST_TIMEOUT`].
    pub request_timeout: Duration,
    /// See [`UNSENT_TIMEOUT`].
    pub unsent_timeout: Duration,
    /// Handed to webhooks.
    pub user_defined_data: Vec<u8>,
    /// Seed of the jitter between attempts to reconnect.
    pub jitter_seed: u64,
}

/// What the driver is to do with its socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Connect; then [`Session::handle_connected`] or [`Session::handle_disconnected`].
    Connect,
    /// Drop the connection, or the attempt, after writing what is waiting. No handler is to be called for its end.
    Close,
}

/// What the driver is to tell its user, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// A request's one answer.
    Done(RequestId, Reply),
    /// An event.
    Event(Event),
}

/// See the module.
#[derive(Debug)]
pub struct Session {
    config: SessionConfig,
    login: Login,
    link: Link,
    backoff: Backoff,
    requests: Requests,
    windows: Windows,
    known: KnownVersions,
    /// Users subscribed to by this client since its login, in order (W2): what a reconnect subscribes to again.
    subscribed: Vec<String>,
    limits: v1::Limits,
    frame_bytes_max: usize,
    heartbeat_interval: Duration,
    last_sent_at: Option<Instant>,
    pong_due: Option<Instant>,
    ping_nonce: u64,
    server_clock: Option<(u64, Instant)>,
    to_send: VecDeque<v1::ClientFrame>,
    outputs: VecDeque<Output>,
    actions: VecDeque<Action>,
}

impl Session {
    /// A session that is logged out and wants no connection.
    pub fn new(config: SessionConfig) -> Self {
        let backoff = Backoff::new(config.jitter_seed);
        Self {
            config,
            login: Login::LoggedOut,
            link: Link::Idle,
            backoff,
            requests: Requests::default(),
            windows: Windows::default(),
            known: KnownVersions::default(),
            subscribed: Vec::new(),
            limits: v1::Limits::default(),
            frame_bytes_max: CLIENT_FRAME_BYTES_MAX,
            heartbeat_interval: Duration::from_millis(u64::from(HEARTBEAT_INTERVAL_MS)),
            last_sent_at: None,
            pong_due: None,
            ping_nonce: 0,
            server_clock: None,
            to_send: VecDeque::new(),
            outputs: VecDeque::new(),
            actions: VecDeque::new(),
        }
    }

    /// Where login stands.
    pub fn login_status(&self) -> LoginStatus {
        match self.login {
            Login::LoggedOut => LoginStatus::LoggedOut,
            Login::LoggingIn { .. } => LoginStatus::LoggingIn,
            Login::LoggedIn { .. } => LoginStatus::LoggedIn,
            Login::LoggingOut => LoginStatus::LoggingOut,
        }
    }

    /// Who is logged in.
    pub fn login_user(&self) -> Option<&str> {
        match &self.login {
            Login::LoggedIn { account, .. } => Some(&account.user_id),
            _ => None,
        }
    }

    /// A reading of the server's clock, in milliseconds since the Unix epoch, and when it was taken.
    pub fn server_clock(&self) -> Option<(u64, Instant)> {
        self.server_clock
    }

    /// What to tell, oldest first.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// What to do with the socket, oldest first.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// Appends the frames that are to be written, as bytes.
    pub fn transmit(&mut self, out: &mut BytesMut, now: Instant) {
        while let Some(frame) = self.to_send.pop_front() {
            // A frame's length was checked when its request was taken.
            if encode_client_frame(&frame, CLIENT_FRAME_BYTES_MAX, out).is_ok() {
                self.last_sent_at = Some(now);
            }
        }
    }

    /// Whether something waits to be told, done or written.
    pub fn has_work(&self) -> bool {
        !self.outputs.is_empty() || !self.actions.is_empty() || !self.to_send.is_empty()
    }

    /// When [`Self::handle_timeout`] is next due.
    pub fn next_timeout(&self) -> Option<Instant> {
        let of_link = match &self.link {
            Link::Waiting { until } => Some(*until),
            Link::Open { .. } => match self.pong_due {
                Some(due) => Some(due),
                None => self.last_sent_at.map(|at| at + self.heartbeat_interval),
            },
            Link::Idle | Link::Connecting => None,
        };
        of_link
            .into_iter()
            .chain(self.requests.next_deadline())
            .min()
    }

    /// Takes a request. Its answer comes as [`Output::Done`], perhaps at once.
    pub fn submit(&mut self, request: Request, now: Instant) -> RequestId {
        let id = self.requests.next_id();
        match request {
            Request::Login { user_id, user_sig } => self.submit_login(id, user_id, user_sig, now),
            Request::Logout => self.submit_logout(id, now),
            request => {
                if let Err(error) = self.take(id, request, now) {
                    self.done(id, Err(error));
                }
            }
        }
        id
    }

    /// The connection stands: says hello and logs in.
    pub fn handle_connected(&mut self, now: Instant) {
        if self.link != Link::Connecting {
            return;
        }
        self.link = Link::Open { welcomed: false };
        self.pong_due = Some(now + PONG_TIMEOUT);
        self.to_send.clear();
        let hello = v1::Hello::new(
            self.config.sdk_name.clone(),
            self.config.sdk_version.clone(),
        );
        self.to_send.push_back(hello.into());
        self.send_login(now);
    }

    /// The connection is gone, or could not be made.
    pub fn handle_disconnected(&mut self, reason: &str, now: Instant) {
        let was_open = match self.link {
            Link::Open { welcomed } => welcomed,
            Link::Connecting => false,
            Link::Idle | Link::Waiting { .. } => return,
        };
        let state = if was_open {
            ConnectionState::Disconnected(reason.to_owned())
        } else {
            ConnectionState::ConnectFailed(reason.to_owned())
        };
        self.event(Event::Connection(state));
        self.lose_link();
        if matches!(self.login, Login::LoggingOut) {
            for (id, _) in self
                .requests
                .take_where(|pending| pending.sender == Sender::Logout)
            {
                self.end_logout(id);
            }
        } else if self.login.wants_link() {
            let until = now + self.backoff.next();
            self.link = Link::Waiting { until };
        }
    }

    /// A frame came.
    pub fn handle_frame(&mut self, frame: v1::ServerFrame, now: Instant) {
        use v1::server_frame::Body;
        if !matches!(self.link, Link::Open { .. }) {
            return;
        }
        // Whatever comes shows that the connection stands.
        self.pong_due = None;
        match frame.body {
            Some(Body::Welcome(welcome)) => self.welcomed(&welcome, now),
            Some(Body::Response(response)) => self.answered(response, now),
            Some(Body::StatusPush(push)) => self.told(push.statuses),
            Some(Body::Pong(pong)) => self.server_clock = Some((pong.server_time_ms, now)),
            Some(Body::Goaway(goaway)) => self.leave(&goaway, now),
            Some(Body::Kicked(kicked)) => {
                self.kicked(Error {
                    code: kicked.code,
                    desc: kicked.desc,
                });
            }
            Some(Body::Closing(closing)) => {
                let reason = format!("{}: {}", closing.code, closing.desc);
                self.actions.push_back(Action::Close);
                self.handle_disconnected(&reason, now);
            }
            Some(Body::FriendsChanged(changed)) => {
                if !changed.added.is_empty() {
                    self.event(Event::FriendsAdded(changed.added));
                }
                if !changed.deleted.is_empty() {
                    self.event(Event::FriendsDeleted(changed.deleted));
                }
            }
            None => {}
        }
    }

    /// The server sent what is no frame.
    pub fn handle_malformed(&mut self, error: &WireError, now: Instant) {
        let hint = match self.link {
            Link::Open { welcomed: false } => "; if it speaks TLS, write tls:// before its address",
            _ => "",
        };
        self.actions.push_back(Action::Close);
        self.handle_disconnected(&format!("the server broke the protocol: {error}{hint}"), now);
    }

    /// Time has passed.
    pub fn handle_timeout(&mut self, now: Instant) {
        for (id, pending) in self.requests.take_due(now) {
            let error = self.timed_out(&pending);
            self.end(id, &pending, Err(error), now);
        }
        match self.link {
            Link::Waiting { until } if until <= now => self.connect(),
            Link::Open { .. } => {
                if self.pong_due.is_some_and(|due| due <= now) {
                    self.actions.push_back(Action::Close);
                    self.handle_disconnected("the server does not answer", now);
                } else if self.pong_due.is_none()
                    && self
                        .last_sent_at
                        .is_some_and(|at| at + self.heartbeat_interval <= now)
                {
                    self.ping(now + PONG_TIMEOUT, now);
                }
            }
            _ => {}
        }
    }

    /// The application is back in the foreground, or the network changed: find out now whether the connection stands.
    pub fn probe(&mut self, now: Instant) {
        match self.link {
            Link::Waiting { .. } => {
                self.backoff.reset();
                self.connect();
            }
            Link::Open { .. } => {
                let due = now + PROBE_TIMEOUT;
                let due = self.pong_due.map_or(due, |earlier| earlier.min(due));
                self.ping(due, now);
            }
            Link::Idle | Link::Connecting => {}
        }
    }

    /// Ends everything: pending requests with 7009, and the connection, without a logout.
    pub fn shut_down(&mut self) {
        self.login = Login::LoggedOut;
        self.end_all(&Error::of(Code::EndedByShutdown));
        self.close_link();
    }

    fn event(&mut self, event: Event) {
        self.outputs.push_back(Output::Event(event));
    }

    fn done(&mut self, id: RequestId, reply: Reply) {
        self.outputs.push_back(Output::Done(id, reply));
    }

    /// Ends a request that was taken out of the table.
    fn end(&mut self, id: RequestId, pending: &Pending, reply: Reply, now: Instant) {
        if let Some(kind) = Kind::of(&pending.request)
            && reply.is_err()
        {
            self.windows.forget(kind, id);
        }
        match (pending.sender, reply) {
            (Sender::User, reply) => self.done(id, reply),
            (Sender::Login { by_user }, Err(error)) => self.end_login(id, by_user, error, now),
            // Whatever the server says: this client is logged out.
            (Sender::Logout, _) => self.end_logout(id),
            (Sender::Itself, _) | (Sender::Login { .. }, Ok(_)) => {}
        }
    }

    fn end_all(&mut self, error: &Error) {
        for (id, pending) in self.requests.take_all() {
            match pending.sender {
                Sender::Logout => self.done(id, Ok(Answer::Done)),
                Sender::User | Sender::Login { by_user: true } => self.done(id, Err(error.clone())),
                Sender::Itself | Sender::Login { by_user: false } => {}
            }
        }
        self.windows = Windows::default();
    }

    fn timed_out(&self, pending: &Pending) -> Error {
        let code = if pending.was_sent {
            Code::NoAnswer
        } else if matches!(self.link, Link::Open { .. }) {
            Code::NeverSent
        } else {
            Code::NoConnection
        };
        Error::of(code)
    }

    /// Puts a request in the table and, if it can be, on its way.
    fn take(&mut self, id: RequestId, request: Request, now: Instant) -> Result<(), Error> {
        if !matches!(self.login, Login::LoggedIn { .. }) {
            return Err(Error::of(Code::NotLoggedIn));
        }
        if self.requests.len() >= PENDING_REQUESTS_MAX {
            let desc = format!("{PENDING_REQUESTS_MAX} requests wait for their answers already");
            return Err(Error::with(Code::CalledTooOften, desc));
        }
        if let Request::SetUserDefinedData(data) = &request {
            if data.len() > USER_DEFINED_DATA_BYTES_MAX {
                let desc = format!(
                    "{} bytes of user-defined data; at most 64 are allowed",
                    data.len()
                );
                return Err(Error::with(Code::InvalidParameters, desc));
            }
            self.config.user_defined_data.clone_from(data);
        }
        let frame = message::request_frame(id, &request, false);
        let bytes = message::encoded_len(&frame);
        if bytes > self.frame_bytes_max {
            let desc = format!(
                "the request has {bytes} bytes; at most {} are allowed",
                self.frame_bytes_max
            );
            return Err(Error::with(Code::InvalidParameters, desc));
        }
        if let Some(kind) = Kind::of(&request)
            && !self.is_about_oneself(&request)
            && !self.windows.admit(kind, id, &self.limits, now)
        {
            return Err(Error::of(Code::CalledTooOften));
        }
        let deadline = now + self.config.unsent_timeout;
        self.requests.insert(id, request, Sender::User, deadline);
        if self.login.is_established() {
            self.requests.sent(id, now + self.config.request_timeout);
            self.to_send.push_back(frame);
        }
        Ok(())
    }

    fn is_about_oneself(&self, request: &Request) -> bool {
        match (request, &self.login) {
            (Request::GetUserStatus(users), Login::LoggedIn { account, .. }) => {
                users.iter().all(|user| *user == account.user_id)
            }
            _ => false,
        }
    }

    fn answered(&mut self, response: v1::Response, now: Instant) {
        let id = RequestId(response.id);
        let Some(pending) = self.requests.take(id) else {
            return; // It timed out before.
        };
        let reply = match (response.code, pending.sender, response.body) {
            (0, Sender::Login { by_user }, Some(v1::response::Body::Login(result))) => {
                return self.logged_in(id, by_user, result, now);
            }
            (0, Sender::Login { .. }, _) => {
                let desc = "the server answered a login with something else";
                Err(Error::with(Code::Internal, desc))
            }
            (0, _, body) => Ok(message::answer(body)),
            (code, _, _) => Err(Error {
                code,
                desc: response.desc,
            }),
        };
        if let Ok(answer) = &reply {
            self.learn(&pending, answer);
        }
        self.end(id, &pending, reply, now);
    }

    /// What an answer says about whom this client watches and what it knows.
    fn learn(&mut self, pending: &Pending, answer: &Answer) {
        match (&pending.request, answer) {
            (Request::Subscribe(users), Answer::Statuses(statuses)) => {
                for user in users {
                    if !self.subscribed.contains(user) {
                        self.subscribed.push(user.clone());
                    }
                }
                let max = self.limits.subscriptions_max as usize;
                let excess = self.subscribed.len().saturating_sub(max);
                self.subscribed.drain(..excess);
                let newer: Vec<_> = statuses
                    .iter()
                    .filter(|status| self.known.raise(&status.user_id, status.version))
                    .cloned()
                    .collect();
                if pending.sender == Sender::Itself && !newer.is_empty() {
                    self.event(Event::StatusChanged(newer));
                }
            }
            (Request::Unsubscribe(users), _) if users.is_empty() => {
                for user in std::mem::take(&mut self.subscribed) {
                    self.known.forget(&user);
                }
            }
            (Request::Unsubscribe(users), _) => {
                self.subscribed.retain(|user| !users.contains(user));
                for user in users {
                    self.known.forget(user);
                }
            }
            (_, Answer::Statuses(statuses)) => {
                for status in statuses {
                    self.known.raise_if_known(&status.user_id, status.version);
                }
            }
            _ => {}
        }
    }

    fn told(&mut self, statuses: Vec<v1::UserStatus>) {
        let newer: Vec<UserStatus> = statuses
            .into_iter()
            .filter(|status| self.known.raise(&status.user_id, status.version))
            .map(UserStatus::from)
            .collect();
        if !newer.is_empty() {
            self.event(Event::StatusChanged(newer));
        }
    }

    fn ping(&mut self, due: Instant, now: Instant) {
        self.ping_nonce += 1;
        let ping = v1::Ping {
            nonce: self.ping_nonce,
        };
        self.to_send.push_back(v1::ClientFrame {
            body: Some(v1::client_frame::Body::Ping(ping)),
        });
        self.pong_due = Some(due);
        self.last_sent_at = Some(now);
    }
}
