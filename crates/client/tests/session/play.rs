//! A session, its clock, and a server played by the test.

use bytes::BytesMut;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use userstatus_client::session::{Action, Output, RequestId, Session, SessionConfig};
use userstatus_client::{Answer, Event, Reply, Request};
use userstatus_core::Platform;
use userstatus_wire::{CLIENT_FRAME_BYTES_MAX, FrameDecoder, decode_client_frame, v1};
pub(crate) use v1::client_frame::Body as FromClient;
pub(crate) use v1::request::Body as Asked;
pub(crate) use v1::server_frame::Body as FromServer;

/// A session, its clock, and what has come out of it.
pub(crate) struct Play {
    pub(crate) session: Session,
    pub(crate) now: Instant,
    pub(crate) events: Vec<Event>,
    pub(crate) replies: BTreeMap<RequestId, Reply>,
    pub(crate) actions: Vec<Action>,
    /// What a login is told.
    pub(crate) limits: v1::Limits,
    /// The list that a login of the user's own is told.
    pub(crate) list: Vec<String>,
    /// Whether a login is told that a crash may have taken the list back.
    pub(crate) list_lost: bool,
    /// The version of the list that a login is told.
    pub(crate) list_version: u64,
    /// One's own status as a login is told it.
    pub(crate) own: v1::UserStatus,
}

impl Play {
    pub(crate) fn new() -> Self {
        Self::made_with(None)
    }

    fn made_with(heartbeat_interval: Option<Duration>) -> Self {
        let session = Session::new(SessionConfig {
            app_id: 7,
            platform: Platform::Linux,
            instance_id: [9; 16],
            sdk_name: "test".to_owned(),
            sdk_version: "1".to_owned(),
            request_timeout: Duration::from_secs(10),
            unsent_timeout: Duration::from_secs(30),
            heartbeat_interval,
            user_defined_data: Vec::new(),
            jitter_seed: 1,
        });
        Self {
            session,
            now: Instant::now(),
            events: Vec::new(),
            replies: BTreeMap::new(),
            actions: Vec::new(),
            limits: v1::Limits {
                requests_per_window: 20,
                window_ms: 5_000,
                query_users_max: 500,
                subscribe_users_max: 100,
                subscriptions_max: 200,
                custom_status_bytes_max: 100,
                heartbeat_interval_ms: 120_000,
                subscriptions_keep_ms: 0,
            },
            list: Vec::new(),
            list_lost: false,
            list_version: 0,
            own: status("alice", 100),
        }
    }

    pub(crate) fn drain(&mut self) {
        while let Some(output) = self.session.poll_output() {
            match output {
                Output::Event(event) => self.events.push(event),
                Output::Done(id, reply) => {
                    let earlier = self.replies.insert(id, reply);
                    assert!(earlier.is_none(), "request {id:?} ended twice");
                }
            }
        }
        while let Some(action) = self.session.poll_action() {
            self.actions.push(action);
        }
    }

    /// The frames the session writes now.
    pub(crate) fn written(&mut self) -> Vec<FromClient> {
        let mut bytes = BytesMut::new();
        self.session.transmit(&mut bytes, self.now);
        let mut decoder = FrameDecoder::new(CLIENT_FRAME_BYTES_MAX);
        let mut chunk: &[u8] = &bytes;
        let mut frames = Vec::new();
        while let Some(body) = decoder.next_frame(&mut chunk).expect("well-formed frames") {
            let frame = decode_client_frame(&body).expect("well-formed messages");
            frames.push(frame.body.expect("a known body"));
        }
        frames
    }

    /// The requests the session writes now: id, sent again, body.
    pub(crate) fn asked(&mut self) -> Vec<(u64, bool, Asked)> {
        self.written()
            .into_iter()
            .filter_map(|frame| match frame {
                FromClient::Request(request) => {
                    Some((request.id, request.resent, request.body.expect("a body")))
                }
                _ => None,
            })
            .collect()
    }

    pub(crate) fn submit(&mut self, request: Request) -> RequestId {
        let id = self.session.submit(request, self.now);
        self.drain();
        id
    }

    pub(crate) fn receive(&mut self, body: FromServer) {
        self.session
            .handle_frame(v1::ServerFrame { body: Some(body) }, self.now);
        self.drain();
    }

    pub(crate) fn answer(&mut self, id: u64, code: i32, body: Option<v1::response::Body>) {
        self.answer_at(id, code, body, 0);
    }

    /// An answer with the version of what the request changed.
    pub(crate) fn answer_at(
        &mut self,
        id: u64,
        code: i32,
        body: Option<v1::response::Body>,
        version: u64,
    ) {
        let desc = if code == 0 {
            String::new()
        } else {
            format!("code {code}")
        };
        self.receive(FromServer::Response(v1::Response {
            id,
            code,
            desc,
            body,
            version,
        }));
    }

    pub(crate) fn connect(&mut self) {
        assert_eq!(self.actions.pop(), Some(Action::Connect));
        self.actions.clear();
        self.session.handle_connected(self.now);
        self.drain();
    }

    pub(crate) fn welcome(&mut self) {
        self.receive(FromServer::Welcome(v1::Welcome {
            protocol: 1,
            server_time_ms: 1_790_000_000_000,
            frame_bytes_max: 256 * 1024,
            heartbeat_interval_ms: 120_000,
            ..v1::Welcome::default()
        }));
    }

    /// What comes back to a login.
    pub(crate) fn let_in(&mut self, id: u64, subscriptions_kept: bool) {
        let result = v1::LoginResult {
            server_time_ms: 1_790_000_000_000,
            subscriptions_kept,
            limits: Some(self.limits),
            self_: Some(self.own.clone()),
            subscriptions_version: self.list_version,
            subscriptions: self.list.clone(),
            subscriptions_lost: self.list_lost,
        };
        self.answer(id, 0, Some(v1::response::Body::Login(result)));
    }

    pub(crate) fn logged_in() -> Self {
        Self::new().log_in()
    }

    /// Logged in to an app whose lists hold so many.
    pub(crate) fn made_for_a_list_of(count: u32) -> Self {
        let mut play = Self::new();
        play.limits.subscriptions_max = count;
        play.log_in()
    }

    /// Logged in, with a heartbeat of its own.
    pub(crate) fn with_heartbeat(interval: Duration) -> Self {
        Self::made_with(Some(interval)).log_in()
    }

    fn log_in(self) -> Self {
        let mut play = self;
        let id = play.submit(login("alice"));
        play.connect();
        let asked = play.asked();
        assert!(matches!(&asked[..], [(_, false, Asked::Login(login))] if !login.reconnect));
        play.welcome();
        play.let_in(asked[0].0, false);
        assert_eq!(play.replies.remove(&id), Some(Ok(Answer::Done)));
        play.events.clear();
        play
    }

    pub(crate) fn lose(&mut self) {
        self.session.handle_disconnected("cut", self.now);
        self.drain();
    }

    /// Lets time pass to the session's next time-out, and lets it act.
    pub(crate) fn sleep(&mut self) {
        self.now = self
            .session
            .next_timeout()
            .expect("something is due")
            .max(self.now);
        self.session.handle_timeout(self.now);
        self.drain();
    }

    pub(crate) fn wait(&mut self, length: Duration) {
        let end = self.now + length;
        while let Some(at) = self.session.next_timeout().filter(|at| *at <= end) {
            self.now = at.max(self.now);
            self.session.handle_timeout(self.now);
            self.drain();
            if self.actions.contains(&Action::Connect) {
                break; // Somebody has to connect first.
            }
            self.written();
        }
        self.now = end;
    }

    /// Comes back after a loss, to the login's answer; the login asked for and its id.
    pub(crate) fn knock(&mut self) -> (u64, v1::Login) {
        self.sleep();
        self.connect();
        let asked = self.asked();
        let [(id, _, Asked::Login(login))] = &asked[..] else {
            panic!("{asked:?}")
        };
        let (id, login) = (*id, login.clone());
        self.welcome();
        (id, login)
    }

    /// Comes back after a loss; the login asked for.
    pub(crate) fn come_back(&mut self, subscriptions_kept: bool) -> v1::Login {
        let (id, login) = self.knock();
        self.let_in(id, subscriptions_kept);
        login
    }

    pub(crate) fn code(&self, id: RequestId) -> i32 {
        match &self.replies[&id] {
            Ok(_) => 0,
            Err(error) => error.code,
        }
    }

    pub(crate) fn told(&mut self) -> Vec<(String, u64)> {
        std::mem::take(&mut self.events)
            .into_iter()
            .filter_map(|event| match event {
                Event::StatusChanged(statuses) => Some(statuses),
                _ => None,
            })
            .flatten()
            .map(|status| (status.user_id, status.version))
            .collect()
    }
}

pub(crate) fn login(user: &str) -> Request {
    Request::Login {
        user_id: user.to_owned(),
        user_sig: "sig".to_owned(),
    }
}

pub(crate) fn status(user: &str, version: u64) -> v1::UserStatus {
    v1::UserStatus {
        user_id: user.to_owned(),
        version,
        normal: 1,
        ..v1::UserStatus::default()
    }
}

pub(crate) fn push(statuses: Vec<v1::UserStatus>) -> FromServer {
    FromServer::StatusPush(v1::StatusPush { statuses })
}

pub(crate) fn statuses(list: Vec<v1::UserStatus>) -> Option<v1::response::Body> {
    Some(v1::response::Body::Statuses(v1::StatusList {
        statuses: list,
    }))
}
