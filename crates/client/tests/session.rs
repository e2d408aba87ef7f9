//! The session on virtual time, against a server played by the test, frame by frame.

use bytes::BytesMut;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, RngSeed};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use userstatus_client::session::{
    Action, Output, PENDING_REQUESTS_MAX, RequestId, Session, SessionConfig,
};
use userstatus_client::{Answer, ConnectionState, Event, LoginStatus, Reply, Request};
use userstatus_core::Platform;
use userstatus_wire::{CLIENT_FRAME_BYTES_MAX, FrameDecoder, decode_client_frame, v1};
use v1::client_frame::Body as FromClient;
use v1::request::Body as Asked;
use v1::server_frame::Body as FromServer;

/// A session, its clock, and what has come out of it.
struct Play {
    session: Session,
    now: Instant,
    events: Vec<Event>,
    replies: BTreeMap<RequestId, Reply>,
    actions: Vec<Action>,
}

impl Play {
    fn new() -> Self {
        let session = Session::new(SessionConfig {
            app_id: 7,
            platform: Platform::Linux,
            instance_id: [9; 16],
            sdk_name: "test".to_owned(),
            sdk_version: "1".to_owned(),
            request_timeout: Duration::from_secs(10),
            unsent_timeout: Duration::from_secs(30),
            user_defined_data: Vec::new(),
            jitter_seed: 1,
        });
        Self {
            session,
            now: Instant::now(),
            events: Vec::new(),
            replies: BTreeMap::new(),
            actions: Vec::new(),
        }
    }

    fn drain(&mut self) {
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
    fn written(&mut self) -> Vec<FromClient> {
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
    fn asked(&mut self) -> Vec<(u64, bool, Asked)> {
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

    fn submit(&mut self, request: Request) -> RequestId {
        let id = self.session.submit(request, self.now);
        self.drain();
        id
    }

    fn receive(&mut self, body: FromServer) {
        self.session
            .handle_frame(v1::ServerFrame { body: Some(body) }, self.now);
        self.drain();
    }

    fn answer(&mut self, id: u64, code: i32, body: Option<v1::response::Body>) {
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
        }));
    }

    fn connect(&mut self) {
        assert_eq!(self.actions.pop(), Some(Action::Connect));
        self.actions.clear();
        self.session.handle_connected(self.now);
        self.drain();
    }

    fn welcome(&mut self) {
        self.receive(FromServer::Welcome(v1::Welcome {
            protocol: 1,
            server_time_ms: 1_790_000_000_000,
            frame_bytes_max: 256 * 1024,
            heartbeat_interval_ms: 120_000,
            ..v1::Welcome::default()
        }));
    }

    /// What comes back to a login.
    fn let_in(&mut self, id: u64, subscriptions_kept: bool) {
        let result = v1::LoginResult {
            server_time_ms: 1_790_000_000_000,
            subscriptions_kept,
            limits: Some(v1::Limits {
                requests_per_window: 20,
                window_ms: 5_000,
                query_users_max: 500,
                subscribe_users_max: 100,
                subscriptions_max: 200,
                custom_status_bytes_max: 100,
                heartbeat_interval_ms: 120_000,
            }),
            self_: Some(status("alice", 100)),
        };
        self.answer(id, 0, Some(v1::response::Body::Login(result)));
    }

    fn logged_in() -> Self {
        let mut play = Self::new();
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

    fn lose(&mut self) {
        self.session.handle_disconnected("cut", self.now);
        self.drain();
    }

    /// Lets time pass to the session's next time-out, and lets it act.
    fn sleep(&mut self) {
        self.now = self
            .session
            .next_timeout()
            .expect("something is due")
            .max(self.now);
        self.session.handle_timeout(self.now);
        self.drain();
    }

    fn wait(&mut self, length: Duration) {
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

    /// Comes back after a loss; the login asked for.
    fn come_back(&mut self, subscriptions_kept: bool) -> v1::Login {
        self.sleep();
        self.connect();
        let asked = self.asked();
        let [(id, _, Asked::Login(login))] = &asked[..] else {
            panic!("{asked:?}")
        };
        let (id, login) = (*id, login.clone());
        self.welcome();
        self.let_in(id, subscriptions_kept);
        login
    }

    fn code(&self, id: RequestId) -> i32 {
        match &self.replies[&id] {
            Ok(_) => 0,
            Err(error) => error.code,
        }
    }

    fn told(&mut self) -> Vec<(String, u64)> {
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

fn login(user: &str) -> Request {
    Request::Login {
        user_id: user.to_owned(),
        user_sig: "sig".to_owned(),
    }
}

fn status(user: &str, version: u64) -> v1::UserStatus {
    v1::UserStatus {
        user_id: user.to_owned(),
        version,
        normal: 1,
        ..v1::UserStatus::default()
    }
}

fn push(statuses: Vec<v1::UserStatus>) -> FromServer {
    FromServer::StatusPush(v1::StatusPush { statuses })
}

fn statuses(list: Vec<v1::UserStatus>) -> Option<v1::response::Body> {
    Some(v1::response::Body::Statuses(v1::StatusList {
        statuses: list,
    }))
}

#[test]
fn hello_and_login_leave_together() {
    let mut play = Play::new();
    play.submit(login("alice"));
    assert_eq!(play.session.login_status(), LoginStatus::LoggingIn);
    play.connect();
    let written = play.written();
    assert!(
        matches!(&written[..], [FromClient::Hello(_), FromClient::Request(_)]),
        "{written:?}"
    );
}

#[test]
fn a_login_refused_says_why_and_is_over() {
    let mut play = Play::new();
    let id = play.submit(login("alice"));
    play.connect();
    let asked = play.asked();
    play.welcome();
    play.answer(asked[0].0, 70009, None);
    assert_eq!(play.code(id), 70009);
    assert_eq!(play.session.login_status(), LoginStatus::LoggedOut);
    assert_eq!(play.actions, [Action::Close]);
    assert_eq!(
        play.session.next_timeout(),
        None,
        "nothing goes on by itself"
    );
}

#[test]
fn a_login_that_cannot_reach_the_server_tries_for_30_s_and_ends_with_9508() {
    let mut play = Play::new();
    let start = play.now;
    let id = play.submit(login("alice"));
    let mut attempts = 0;
    while !play.replies.contains_key(&id) {
        if play.actions.pop() == Some(Action::Connect) {
            attempts += 1;
            play.lose();
        }
        play.sleep();
    }
    assert_eq!(play.code(id), 9508);
    assert_eq!(play.now - start, Duration::from_secs(30));
    assert!(attempts > 3, "{attempts}");
}

#[test]
fn a_login_that_is_not_answered_ends_with_9520_after_10_s() {
    let mut play = Play::new();
    let id = play.submit(login("alice"));
    play.connect();
    play.asked();
    play.welcome();
    play.wait(Duration::from_millis(9_999));
    assert!(!play.replies.contains_key(&id));
    play.wait(Duration::from_millis(1));
    assert_eq!(play.code(id), 9520);
}

#[test]
fn logging_in_twice() {
    let mut play = Play::new();
    let first = play.submit(login("alice"));
    let second = play.submit(login("alice"));
    assert_eq!(play.code(second), 6015);
    play.connect();
    let asked = play.asked();
    play.welcome();
    play.let_in(asked[0].0, false);
    assert_eq!(play.code(first), 0);
    let same = play.submit(login("alice"));
    assert_eq!(play.code(same), 0);
    let other = play.submit(login("bob"));
    assert_eq!(play.code(other), 7014);
    assert_eq!(play.session.login_user(), Some("alice"));
}

#[test]
fn requests_before_login_are_refused_with_6014() {
    let mut play = Play::new();
    let id = play.submit(Request::GetUserStatus(vec!["bob".to_owned()]));
    assert_eq!(play.code(id), 6014);
}

#[test]
fn a_request_sent_but_not_answered_ends_with_9520_after_10_s() {
    let mut play = Play::logged_in();
    let id = play.submit(Request::SetSelfStatus("x".to_owned()));
    assert_eq!(play.asked().len(), 1);
    play.wait(Duration::from_millis(9_999));
    assert!(!play.replies.contains_key(&id));
    play.wait(Duration::from_millis(1));
    assert_eq!(play.code(id), 9520);
    // Its answer, when it comes after all, is nobody's.
    play.answer(id.0, 0, None);
}

#[test]
fn a_request_made_without_a_connection_ends_with_9508_after_30_s() {
    let mut play = Play::logged_in();
    play.lose();
    let id = play.submit(Request::ListFriends);
    let end = play.now + Duration::from_secs(30);
    while !play.replies.contains_key(&id) {
        if play.actions.pop() == Some(Action::Connect) {
            play.lose();
        }
        play.sleep();
    }
    assert_eq!(play.code(id), 9508);
    assert_eq!(play.now, end);
    assert_eq!(
        play.session.login_status(),
        LoginStatus::LoggedIn,
        "still trying"
    );
}

#[test]
fn a_request_held_back_by_a_connection_that_never_welcomes_ends_after_30_s() {
    let mut play = Play::logged_in();
    play.lose();
    let start = play.now;
    let id = play.submit(Request::ListFriends);
    while !play.replies.contains_key(&id) {
        if play.actions.pop() == Some(Action::Connect) {
            play.actions.clear();
            play.session.handle_connected(play.now);
            play.drain();
            play.written();
        }
        play.sleep();
    }
    assert_eq!(play.now - start, Duration::from_secs(30));
    assert!([9508, 9523].contains(&play.code(id)), "{}", play.code(id));
}

#[test]
fn what_was_on_its_way_is_sent_again_after_a_reconnect_in_order() {
    let mut play = Play::logged_in();
    let first = play.submit(Request::SetSelfStatus("1".to_owned()));
    let second = play.submit(Request::ListFriends);
    assert_eq!(play.asked().len(), 2);
    play.lose();
    let third = play.submit(Request::SetSelfStatus("3".to_owned()));
    play.come_back(true);
    let asked = play.asked();
    let sent: Vec<_> = asked
        .iter()
        .map(|(id, resent, _)| (RequestId(*id), *resent))
        .collect();
    assert_eq!(sent, [(first, true), (second, true), (third, false)]);
    for (id, _) in sent {
        play.answer(id.0, 0, None);
        assert_eq!(play.code(id), 0);
    }
}

#[test]
fn n6_a_status_not_newer_is_dropped() {
    let mut play = Play::logged_in();
    play.receive(push(vec![status("bob", 5)]));
    play.receive(push(vec![status("bob", 5), status("carol", 1)]));
    play.receive(push(vec![status("bob", 4)]));
    play.receive(push(vec![status("bob", 6)]));
    let expected =
        [("bob", 5), ("carol", 1), ("bob", 6)].map(|(user, version)| (user.to_owned(), version));
    assert_eq!(play.told(), expected);
}

#[test]
fn w8_a_push_that_is_in_the_answer_already_is_not_told_again() {
    let mut play = Play::logged_in();
    let id = play.submit(Request::Subscribe(vec!["bob".to_owned()]));
    play.asked();
    play.answer(id.0, 0, statuses(vec![status("bob", 5)]));
    assert!(matches!(&play.replies[&id], Ok(Answer::Statuses(list)) if list.len() == 1));
    play.receive(push(vec![status("bob", 5)]));
    assert_eq!(play.told(), []);
    play.receive(push(vec![status("bob", 6)]));
    assert_eq!(play.told().len(), 1);
}

#[test]
fn n7_a_reconnect_names_the_versions_seen_and_keeps_them() {
    let mut play = Play::logged_in();
    play.receive(push(vec![status("bob", 5)]));
    play.lose();
    assert_eq!(play.session.login_status(), LoginStatus::LoggedIn);
    let login = play.come_back(true);
    assert!(login.reconnect);
    assert!(
        login
            .known
            .iter()
            .any(|known| known.user_id == "bob" && known.version == 5)
    );
    play.told();
    play.receive(push(vec![status("bob", 5)]));
    assert_eq!(play.told(), []);
}

#[test]
fn w7_a_list_cleared_while_away_is_subscribed_to_again() {
    let mut play = Play::logged_in();
    let users: Vec<String> = (0..150).map(|number| format!("u{number}")).collect();
    for chunk in users.chunks(100) {
        let id = play.submit(Request::Subscribe(chunk.to_vec()));
        play.asked();
        play.answer(
            id.0,
            0,
            statuses(chunk.iter().map(|user| status(user, 5)).collect()),
        );
    }
    play.lose();
    play.come_back(false);
    let asked = play.asked();
    let lists: Vec<_> = asked
        .iter()
        .map(|(_, _, body)| match body {
            Asked::Subscribe(subscribe) => subscribe.user_ids.clone(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(lists.concat(), users);
    assert!(lists.iter().all(|list| list.len() <= 100));
    play.told();
    play.answer(
        asked[0].0,
        0,
        statuses(vec![status("u0", 5), status("u1", 9)]),
    );
    assert_eq!(
        play.told(),
        [("u1".to_owned(), 9)],
        "only what changed is told"
    );
}

#[test]
fn d1_after_a_kick_everything_ends_and_nothing_goes_on() {
    let mut play = Play::logged_in();
    let id = play.submit(Request::ListFriends);
    play.receive(FromServer::Kicked(v1::Kicked {
        code: 6208,
        desc: "another".to_owned(),
    }));
    assert_eq!(play.code(id), 6208);
    assert!(matches!(&play.events[..], [Event::KickedOffline(error)] if error.code == 6208));
    assert_eq!(play.session.login_status(), LoginStatus::LoggedOut);
    assert_eq!(play.actions, [Action::Close]);
    assert_eq!(play.session.next_timeout(), None);
    // The application's own login succeeds.
    play.actions.clear();
    let again = play.submit(login("alice"));
    play.connect();
    let asked = play.asked();
    assert!(matches!(&asked[0].2, Asked::Login(login) if !login.reconnect));
    play.welcome();
    play.let_in(asked[0].0, false);
    assert_eq!(play.code(again), 0);
}

#[test]
fn d1_a_reconnect_refused_as_kicked_is_a_kick() {
    let mut play = Play::logged_in();
    play.lose();
    play.sleep();
    play.connect();
    let asked = play.asked();
    play.welcome();
    play.events.clear();
    play.answer(asked[0].0, 6208, None);
    assert!(
        matches!(&play.events[..], [Event::KickedOffline(_)]),
        "{:?}",
        play.events
    );
    assert_eq!(play.session.next_timeout(), None);
}

#[test]
fn d2_a_usersig_that_expired_meanwhile_is_told_and_ends_the_login() {
    let mut play = Play::logged_in();
    play.lose();
    let id = play.submit(Request::ListFriends);
    play.sleep();
    play.connect();
    let asked = play.asked();
    play.welcome();
    play.events.clear();
    play.answer(asked[0].0, 70001, None);
    assert_eq!(play.code(id), 70001);
    assert!(
        matches!(&play.events[..], [Event::UserSigExpired(_)]),
        "{:?}",
        play.events
    );
    assert_eq!(play.session.login_status(), LoginStatus::LoggedOut);
}

#[test]
fn s6_a_heartbeat_is_sent_when_nothing_else_was_and_silence_is_a_loss() {
    let mut play = Play::logged_in();
    play.written();
    play.now += Duration::from_secs(120);
    play.session
        .handle_timeout(play.now - Duration::from_millis(1));
    assert_eq!(play.written(), []);
    play.session.handle_timeout(play.now);
    let written = play.written();
    let [FromClient::Ping(ping)] = &written[..] else {
        panic!("{written:?}")
    };
    play.receive(FromServer::Pong(v1::Pong {
        nonce: ping.nonce,
        server_time_ms: 1,
    }));
    play.sleep();
    assert!(matches!(&play.written()[..], [FromClient::Ping(_)]));
    let pinged_at = play.now;
    play.sleep();
    assert_eq!(play.now - pinged_at, Duration::from_secs(10));
    assert!(play.actions.contains(&Action::Close), "no pong came");
    assert!(
        play.events
            .iter()
            .any(|event| matches!(event, Event::Connection(ConnectionState::Disconnected(_))))
    );
}

#[test]
fn goaway_is_followed_when_the_server_says() {
    let mut play = Play::logged_in();
    let id = play.submit(Request::ListFriends);
    play.asked();
    let goaway = v1::Goaway {
        reconnect_after_ms: 700,
        desc: "restart".to_owned(),
    };
    play.receive(FromServer::Goaway(goaway));
    assert_eq!(play.actions, [Action::Close]);
    let left_at = play.now;
    play.come_back(true);
    assert_eq!(play.now - left_at, Duration::from_millis(700));
    let asked = play.asked();
    assert_eq!(asked.len(), 1);
    play.answer(asked[0].0, 0, None);
    assert_eq!(play.code(id), 0);
}

#[test]
fn logout_ends_what_is_pending_with_7009_and_closes() {
    let mut play = Play::logged_in();
    let pending = play.submit(Request::ListFriends);
    let id = play.submit(Request::Logout);
    assert_eq!(play.code(pending), 7009);
    assert_eq!(play.session.login_status(), LoginStatus::LoggingOut);
    let asked = play.asked();
    assert!(matches!(asked.last(), Some((_, _, Asked::Logout(_)))));
    play.answer(id.0, 0, None);
    assert_eq!(play.code(id), 0);
    assert_eq!(play.session.login_status(), LoginStatus::LoggedOut);
    assert_eq!(play.actions, [Action::Close]);
    let again = play.submit(Request::Logout);
    assert_eq!(play.code(again), 0, "not logged in is logged out");
}

#[test]
fn logout_during_a_login_ends_it() {
    let mut play = Play::new();
    let login = play.submit(login("alice"));
    let logout = play.submit(Request::Logout);
    assert_eq!((play.code(login), play.code(logout)), (7009, 0));
    assert_eq!(play.session.login_status(), LoginStatus::LoggedOut);
}

#[test]
fn g3_a_query_known_to_be_too_many_is_refused_before_it_is_sent() {
    let mut play = Play::logged_in();
    let ask = |user: &str| Request::GetUserStatus(vec![user.to_owned()]);
    for _ in 0..20 {
        play.submit(ask("bob"));
    }
    let asked = play.asked();
    assert_eq!(asked.len(), 20);
    let refused = play.submit(ask("bob"));
    assert_eq!(play.code(refused), 7008);
    // About oneself alone there is no limit (G2).
    play.submit(ask("alice"));
    assert_eq!(play.asked().len(), 1);
    // One that the server refused was not counted there, and is not here.
    play.answer(asked[0].0, 72001, None);
    play.submit(ask("bob"));
    assert_eq!(play.asked().len(), 1);
    play.wait(Duration::from_secs(5));
    play.submit(ask("bob"));
    assert_eq!(play.asked().len(), 1);
}

#[test]
fn a_request_larger_than_a_frame_is_refused_with_6017() {
    let mut play = Play::logged_in();
    let id = play.submit(Request::SetSelfStatus("x".repeat(1_000_000)));
    assert_eq!(play.code(id), 6017);
    assert_eq!(play.asked(), []);
}

#[test]
fn only_so_many_requests_may_be_pending() {
    let mut play = Play::logged_in();
    for _ in 0..PENDING_REQUESTS_MAX {
        play.submit(Request::ListFriends);
    }
    assert!(play.replies.is_empty());
    let id = play.submit(Request::ListFriends);
    assert_eq!(play.code(id), 7008);
}

#[test]
fn shutting_down_ends_everything() {
    let mut play = Play::logged_in();
    let list = play.submit(Request::ListFriends);
    let logout = play.submit(Request::Logout);
    play.session.shut_down();
    play.drain();
    assert_eq!((play.code(list), play.code(logout)), (7009, 0));
    assert_eq!(play.session.next_timeout(), None);
}

#[test]
fn a_probe_in_backoff_connects_at_once_and_on_a_connection_pings() {
    let mut play = Play::logged_in();
    play.session.probe(play.now);
    assert!(matches!(&play.written()[..], [FromClient::Ping(_)]));
    play.sleep();
    assert!(
        play.actions.contains(&Action::Close),
        "nothing answered the probe"
    );
    play.actions.clear();
    play.session.probe(play.now);
    play.drain();
    assert_eq!(play.actions, [Action::Connect]);
}

#[derive(Clone, Debug)]
enum Move {
    Submit(u8),
    Logout,
    Connected,
    Lost,
    Answer { which: usize, code: i32 },
    Push { user: u8, version: u64 },
    Kick,
    Goaway,
    Wait(u64),
}

fn any_move() -> impl Strategy<Value = Move> {
    let codes = prop_oneof![6 => Just(0), 1 => Just(60018), 1 => Just(70001), 1 => Just(6208)];
    prop_oneof![
        6 => (0u8..6).prop_map(Move::Submit),
        1 => Just(Move::Logout),
        5 => Just(Move::Connected),
        2 => Just(Move::Lost),
        8 => (0usize..6, codes).prop_map(|(which, code)| Move::Answer { which, code }),
        5 => (0u8..3, 0u64..40).prop_map(|(user, version)| Move::Push { user, version }),
        1 => Just(Move::Kick),
        1 => Just(Move::Goaway),
        4 => (0u64..40_000).prop_map(Move::Wait),
    ]
}

proptest! {
    #![proptest_config(Config {
        cases: 400,
        failure_persistence: None,
        rng_algorithm: RngAlgorithm::ChaCha,
        rng_seed: RngSeed::Fixed(0x5eed),
        ..Config::default()
    })]

    /// Whatever comes in whatever order: each request ends exactly once, and of no user is an older status told after a newer
    /// one while it is watched.
    #[test]
    fn each_request_ends_once_and_statuses_never_go_back(moves in vec(any_move(), 1..80)) {
        let mut play = Play::new();
        let mut submitted = vec![play.submit(login("alice"))];
        let mut on_the_wire: Vec<(u64, Asked)> = Vec::new();
        let mut newest: BTreeMap<String, u64> = BTreeMap::new();
        for step in moves {
            // A logout, or watching nobody any more, starts versions anew.
            let mut starts_anew = false;
            match step {
                Move::Submit(kind) => submitted.push(play.submit(match kind {
                    0 => login("alice"),
                    1 => Request::Subscribe(vec!["u0".to_owned(), "u1".to_owned()]),
                    2 => Request::Unsubscribe(Vec::new()),
                    3 => Request::GetUserStatus(vec!["u2".to_owned()]),
                    4 => Request::ListFriends,
                    _ => Request::SetSelfStatus("x".to_owned()),
                })),
                Move::Logout => submitted.push(play.submit(Request::Logout)),
                Move::Connected => {
                    play.session.handle_connected(play.now);
                    play.drain();
                    play.welcome();
                }
                Move::Lost => {
                    on_the_wire.clear();
                    play.lose();
                }
                Move::Answer { which, code } => {
                    if !on_the_wire.is_empty() {
                        let (id, body) = on_the_wire.remove(which % on_the_wire.len());
                        starts_anew = matches!(body, Asked::Unsubscribe(_)) && code == 0;
                        match body {
                            Asked::Login(_) if code == 0 => play.let_in(id, false),
                            Asked::Subscribe(_) => play.answer(id, code, statuses(Vec::new())),
                            _ => play.answer(id, code, None),
                        }
                    }
                }
                Move::Push { user, version } => {
                    play.receive(push(vec![status(&format!("u{user}"), version + 1)]));
                }
                Move::Kick => {
                    let kicked = v1::Kicked { code: 6208, desc: String::new() };
                    play.receive(FromServer::Kicked(kicked));
                }
                Move::Goaway => {
                    let goaway = v1::Goaway { reconnect_after_ms: 10, desc: String::new() };
                    play.receive(FromServer::Goaway(goaway));
                }
                Move::Wait(ms) => play.wait(Duration::from_millis(ms)),
            }
            let asked = play.asked();
            on_the_wire.extend(asked.into_iter().map(|(id, _, body)| (id, body)));
            if play.actions.contains(&Action::Close) {
                on_the_wire.clear();
            }
            play.actions.clear();
            for event in std::mem::take(&mut play.events) {
                if let Event::StatusChanged(list) = event {
                    for told in list {
                        let known = newest.entry(told.user_id.clone()).or_default();
                        prop_assert!(told.version > *known, "{} went back", told.user_id);
                        *known = told.version;
                    }
                }
            }
            if starts_anew || play.session.login_status() != LoginStatus::LoggedIn {
                newest.clear();
            }
        }
        play.session.shut_down();
        play.drain();
        for id in submitted {
            prop_assert!(play.replies.contains_key(&id), "{id:?} never ended");
        }
        prop_assert_eq!(play.session.next_timeout(), None);
    }
}
