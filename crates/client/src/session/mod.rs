//! What a client does, without I/O: bytes, time and randomness are arguments.
//!
//! The driver calls a handler (`submit`, `handle_…`) for whatever happened, then drains [`Session::poll_output`],
//! [`Session::poll_action`] and [`Session::transmit`], and sleeps until [`Session::next_timeout`].

mod backoff;
mod exchange;
mod known;
mod limits;
mod listing;
mod login;
mod message;
mod own_status;
mod pending;
mod renewal;
mod subscriptions;
mod watching;
mod window;

use crate::{ConnectionState, Error, Event, Instant, LoginStatus, Reply, Request};
use backoff::Backoff;
use bytes::BytesMut;
use known::KnownVersions;
pub use listing::LIST_ENTRIES_MAX;
use login::{Link, Login};
use own_status::OwnStatus;
pub use pending::PENDING_BYTES_MAX;
use pending::{Requests, Sender};
pub use renewal::check_user_sig;
use std::collections::VecDeque;
use std::time::Duration;
use subscriptions::Subscriptions;
use userstatus_core::{Code, Limits, Platform};
use userstatus_wire::{
    CLIENT_FRAME_BYTES_MAX, HEARTBEAT_INTERVAL_MS, WireError, encode_client_frame, v1,
};
use window::Windows;

/// Requests that may be waiting for their answers at once.
pub const PENDING_REQUESTS_MAX: usize = 4_096;
/// How long a request sent waits for its answer, unless configured otherwise.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a request that cannot be sent waits for a connection, unless configured otherwise.
pub const UNSENT_TIMEOUT: Duration = Duration::from_secs(30);
/// Room kept for outputs while there are none.
const OUTPUTS_KEPT: usize = 4;
/// How long the server may take to answer a ping before the connection counts as lost.
const PONG_TIMEOUT: Duration = Duration::from_secs(10);
/// What was asked is answered, or something else is heard, within this time: else a ping asks whether anybody is there.
const SILENCE_PATIENCE: Duration = Duration::from_secs(5);
/// The same as [`PONG_TIMEOUT`] when the application asked whether the connection still stands.
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
    /// A heartbeat at least this often, if the server asks for none as often.
    pub heartbeat_interval: Option<Duration>,
    /// Sent with every login, for the operator's webhooks.
    pub user_defined_data: Vec<u8>,
    /// Seed of the jitter between attempts to reconnect.
    pub jitter_seed: u64,
}

/// What the platform says of its network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetworkChange {
    /// There is none any more.
    Gone,
    /// It is another one, or another address.
    Changed,
    /// There is one again.
    Back,
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
pub struct Session {
    config: SessionConfig,
    login: Login,
    link: Link,
    backoff: Backoff,
    requests: Requests,
    windows: Windows,
    known: KnownVersions,
    own_status: OwnStatus,
    subscriptions: Subscriptions,
    /// The user-defined data the server was last told of.
    data_sent: Vec<u8>,
    limits: Limits,
    frame_bytes_max: usize,
    heartbeat_interval: Duration,
    last_sent_at: Option<Instant>,
    /// When the server was last heard while this client was logged in there.
    heard_at: Option<Instant>,
    /// Since when something that will be answered is on its way, and nothing has been heard.
    unheard_since: Option<Instant>,
    pong_due: Option<Instant>,
    ping_nonce: u64,
    server_clock: Option<(u64, Instant)>,
    /// Why the last connection failed or ended, since one was welcomed.
    trouble: Option<String>,
    to_send: BytesMut,
    outputs: VecDeque<Output>,
    actions: VecDeque<Action>,
}

impl Session {
    /// A session that is logged out and wants no connection.
    pub fn new(config: SessionConfig) -> Self {
        let backoff = Backoff::new(config.jitter_seed);
        let mut session = Self {
            config,
            login: Login::LoggedOut,
            link: Link::Idle,
            backoff,
            requests: Requests::default(),
            windows: Windows::default(),
            known: KnownVersions::default(),
            own_status: OwnStatus::default(),
            subscriptions: Subscriptions::default(),
            data_sent: Vec::new(),
            limits: Limits::default(),
            frame_bytes_max: CLIENT_FRAME_BYTES_MAX,
            heartbeat_interval: Duration::ZERO,
            last_sent_at: None,
            heard_at: None,
            unheard_since: None,
            pong_due: None,
            ping_nonce: 0,
            server_clock: None,
            trouble: None,
            to_send: BytesMut::new(),
            outputs: VecDeque::new(),
            actions: VecDeque::new(),
        };
        session.set_heartbeat(HEARTBEAT_INTERVAL_MS);
        session
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

    /// How many users the list holds (W2), as the server said at the last login.
    pub fn subscriptions_max(&self) -> u32 {
        self.limits.subscriptions_max
    }

    /// What to tell, oldest first.
    pub fn poll_output(&mut self) -> Option<Output> {
        let output = self.outputs.pop_front();
        if output.is_none() && self.outputs.capacity() > OUTPUTS_KEPT {
            self.outputs = VecDeque::new();
        }
        output
    }

    /// What to do with the socket, oldest first.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// Appends the frames that are to be written, as bytes.
    pub fn transmit(&mut self, out: &mut BytesMut, now: Instant) {
        if !self.to_send.is_empty() {
            self.last_sent_at = Some(now);
            self.unheard_since.get_or_insert(now);
            out.unsplit(std::mem::take(&mut self.to_send));
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
            Link::Open { .. } => self.pong_due.or_else(|| self.ping_due()),
            Link::Idle | Link::Connecting => None,
        };
        of_link
            .into_iter()
            .chain(self.requests.next_deadline())
            .chain(self.put_right_due())
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
        self.to_send = BytesMut::new();
        let hello = v1::Hello::new(
            self.config.sdk_name.clone(),
            self.config.sdk_version.clone(),
        );
        self.send(&hello.into());
        self.send_login(now);
    }

    /// There is another way to a server, so this one is not waited for as long as if it were the only one.
    pub fn expect_welcome_within(&mut self, patience: Duration, now: Instant) {
        if self.link == (Link::Open { welcomed: false }) {
            self.pong_due = Some(now + patience);
        }
    }

    /// Whether the present connection's server has said that it is one.
    pub fn is_welcomed(&self) -> bool {
        self.link == (Link::Open { welcomed: true })
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
        tracing::debug!(reason, was_open, "no connection");
        self.trouble = Some(reason.to_owned());
        self.event(Event::Connection(state));
        self.backoff.lost(now);
        self.lose_link();
        if matches!(self.login, Login::LoggingOut) {
            for logout in self
                .requests
                .take_where(|pending| pending.sender == Sender::Logout)
            {
                self.end_logout(logout.asked_as);
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
        self.unheard_since = None;
        if self.login.is_established() {
            self.heard_at = Some(now);
        }
        match frame.body {
            Some(Body::Welcome(welcome)) => self.welcomed(&welcome, now),
            Some(Body::Response(response)) => self.answered(response, now),
            Some(Body::StatusPush(push)) => self.told(push.statuses),
            Some(Body::Pong(pong)) => {
                self.known.let_go_of_anchor();
                self.server_clock = Some((pong.server_time_ms, now));
            }
            Some(Body::Goaway(goaway)) => self.leave(&goaway, now),
            Some(Body::Kicked(kicked)) => {
                self.sent_out(Error {
                    code: kicked.code,
                    desc: kicked.desc,
                });
            }
            Some(Body::Closing(closing)) => self.closed_by_server(closing, now),
            Some(Body::SigExpiring(notice)) => self.sig_expiring(&notice),
            Some(Body::FriendsChanged(changed)) => {
                let users = changed.added.iter().chain(&changed.deleted);
                self.friends_changed(users.map(String::as_str), None);
                for user in &changed.added {
                    self.requests.friend_told(user, true);
                }
                for user in &changed.deleted {
                    self.requests.friend_told(user, false);
                }
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
        tracing::warn!(%error, "what the server sent cannot be read");
        self.actions.push_back(Action::Close);
        self.handle_disconnected(
            &format!("the server broke the protocol: {error}{hint}"),
            now,
        );
    }

    /// Time has passed.
    pub fn handle_timeout(&mut self, now: Instant) {
        for pending in self.requests.take_due(now) {
            let error = self.timed_out(&pending);
            self.end(&pending, Err(error), now);
        }
        match self.link {
            Link::Waiting { until } if until <= now => self.connect(),
            Link::Open { .. } => match self.pong_due {
                Some(due) if due <= now => {
                    self.actions.push_back(Action::Close);
                    self.handle_disconnected("the server does not answer", now);
                }
                Some(_) => {}
                None if self.ping_due().is_some_and(|due| due <= now) => {
                    self.ping(now + PONG_TIMEOUT, now);
                }
                None => {}
            },
            Link::Idle | Link::Waiting { .. } | Link::Connecting => {}
        }
        if self.put_right_due().is_some_and(|due| due <= now) {
            self.put_list_right(now);
        }
    }

    /// The platform says something of its network.
    pub fn network_changed(&mut self, change: NetworkChange, now: Instant) {
        tracing::debug!(?change, link = ?self.link, "the network changed");
        match (change, &self.link) {
            (NetworkChange::Gone, Link::Open { .. } | Link::Connecting) => {
                self.actions.push_back(Action::Close);
                self.handle_disconnected("the network is gone, says the platform", now);
            }
            // It goes on being tried: a platform may forget to say that there is one again.
            (NetworkChange::Gone, Link::Waiting { .. } | Link::Idle) => {}
            // What is under way may be so on the old one, and would take its whole time to fail.
            (_, Link::Connecting) => self.actions.push_back(Action::Connect),
            _ => self.probe(now),
        }
    }

    /// The application is back in the foreground, or the network changed: find out now whether the connection stands.
    pub fn probe(&mut self, now: Instant) {
        match self.link {
            Link::Waiting { .. } => {
                self.backoff.reset();
                self.connect();
            }
            Link::Open { .. } => match self.pong_due {
                // A ping, or the hello, is on its way already: only the patience is less.
                Some(due) => self.pong_due = Some(due.min(now + PROBE_TIMEOUT)),
                None => self.ping(now + PROBE_TIMEOUT, now),
            },
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

    fn send(&mut self, frame: &v1::ClientFrame) {
        // The length was checked when the request was taken.
        if let Err(error) = encode_client_frame(frame, CLIENT_FRAME_BYTES_MAX, &mut self.to_send) {
            tracing::error!(%error, "a frame that cannot be sent");
        }
    }

    /// A client that keeps asking never gets to its heartbeat: an answer that does not come is as suspicious as silence.
    fn ping_due(&self) -> Option<Instant> {
        let heartbeat = self.last_sent_at.map(|at| at + self.heartbeat_interval);
        let unanswered = self.unheard_since.map(|since| since + SILENCE_PATIENCE);
        heartbeat.into_iter().chain(unanswered).min()
    }

    fn ping(&mut self, due: Instant, now: Instant) {
        self.ping_nonce += 1;
        let ping = v1::Ping {
            nonce: self.ping_nonce,
        };
        self.send(&ping.into());
        self.pong_due = Some(due);
        self.last_sent_at = Some(now);
    }
}

impl std::fmt::Debug for Session {
    /// How it stands; what waits to be sent holds UserSigs and stays out of logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("login", &self.login)
            .field("link", &self.link)
            .field("pending", &self.requests.len())
            .finish_non_exhaustive()
    }
}
