//! Random histories.

use crate::play::{Asked, FromClient, FromServer, Play, login, push, status, statuses};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, RngSeed};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;
use userstatus_client::session::{Action, RequestId};
use userstatus_client::{Event, LoginStatus, Request};
use userstatus_wire::v1;

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

#[derive(Clone, Debug)]
enum Step {
    Subscribe(Vec<u8>),
    Unsubscribe(Vec<u8>),
    /// The server carries out the next request, or refuses it.
    Serve {
        refused: bool,
    },
    /// The next answer arrives.
    Deliver,
    /// The connection breaks; while it is gone the server may clear the list (W7), or crash and have an older one.
    Lose {
        fate: Fate,
    },
    Return,
    Wait(u64),
}

/// What becomes of a list while nobody is connected.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Stays,
    Cleared,
    /// So many changes are lost.
    TakenBack(usize),
}

fn any_fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        2 => Just(Fate::Stays),
        1 => Just(Fate::Cleared),
        2 => (1usize..5).prop_map(Fate::TakenBack),
    ]
}

fn any_step() -> impl Strategy<Value = Step> {
    let users = || vec(0u8..8, 1..5);
    prop_oneof![
        4 => users().prop_map(Step::Subscribe),
        2 => vec(0u8..8, 0..4).prop_map(Step::Unsubscribe),
        8 => prop_oneof![5 => Just(false), 1 => Just(true)].prop_map(|refused| Step::Serve { refused }),
        8 => Just(Step::Deliver),
        3 => any_fate().prop_map(|fate| Step::Lose { fate }),
        6 => Just(Step::Return),
        2 => (0u64..8_000).prop_map(Step::Wait),
    ]
}

/// A session, a server that has a list, and what is on its way between them.
struct World {
    play: Play,
    list: Vec<String>,
    version: u64,
    /// The list and its version before each change.
    history: Vec<(Vec<String>, u64)>,
    /// Never used twice, whatever is lost.
    clock: u64,
    to_server: VecDeque<(u64, Asked)>,
    to_client: VecDeque<(u64, i32, Asked, u64)>,
    is_connected: bool,
    /// What the user asked for: subscribing or not, and whom.
    wishes: Vec<(RequestId, bool, Vec<String>)>,
}

impl World {
    fn new() -> Self {
        let mut play = Play::logged_in();
        play.limits.subscribe_users_max = 3;
        play.limits.requests_per_window = 8;
        play.limits.window_ms = 1_000;
        Self {
            play,
            list: Vec::new(),
            version: 0,
            history: Vec::new(),
            clock: 0,
            to_server: VecDeque::new(),
            to_client: VecDeque::new(),
            is_connected: true,
            wishes: Vec::new(),
        }
    }

    fn take(&mut self, step: Step) {
        let named = |users: &[u8]| {
            users
                .iter()
                .map(|user| format!("u{user}"))
                .collect::<Vec<_>>()
        };
        match step {
            Step::Subscribe(users) => {
                let id = self.play.submit(Request::Subscribe(named(&users)));
                self.wishes.push((id, true, named(&users)));
            }
            Step::Unsubscribe(users) => {
                let id = self.play.submit(Request::Unsubscribe(named(&users)));
                let whom = if users.is_empty() {
                    (0..8).collect()
                } else {
                    users
                };
                self.wishes.push((id, false, named(&whom)));
            }
            Step::Serve { refused } => self.serve(refused),
            Step::Deliver => {
                if let Some((id, code, body, version)) = self.to_client.pop_front() {
                    let answer = match body {
                        Asked::Subscribe(_) if code == 0 => statuses(Vec::new()),
                        _ => None,
                    };
                    self.play.answer_at(id, code, answer, version);
                }
            }
            Step::Lose { fate } => {
                self.play.lose();
                self.cut();
                match fate {
                    Fate::Stays => {}
                    Fate::Cleared => self.change(Vec::clear),
                    Fate::TakenBack(changes) => {
                        for _ in 0..changes {
                            if let Some(earlier) = self.history.pop() {
                                (self.list, self.version) = earlier;
                            }
                        }
                    }
                }
            }
            Step::Return => self.come_back(),
            Step::Wait(ms) => {
                self.play.now += Duration::from_millis(ms);
                self.play.session.handle_timeout(self.play.now);
                self.play.drain();
            }
        }
        self.collect();
    }

    fn serve(&mut self, refused: bool) {
        let Some((id, body)) = self.to_server.pop_front() else {
            return;
        };
        if !refused {
            match &body {
                Asked::Subscribe(subscribe) => self.change(|list| {
                    for user in &subscribe.user_ids {
                        if !list.contains(user) {
                            list.push(user.clone());
                        }
                    }
                }),
                Asked::Unsubscribe(leaving) => self.change(|list| {
                    list.retain(|user| {
                        !leaving.user_ids.is_empty() && !leaving.user_ids.contains(user)
                    });
                }),
                _ => {}
            }
        }
        let code = if refused { 60018 } else { 0 };
        let version = if refused { 0 } else { self.version };
        self.to_client.push_back((id, code, body, version));
    }

    /// A change of the list has a version of its own.
    fn change(&mut self, change: impl FnOnce(&mut Vec<String>)) {
        let before = self.list.clone();
        change(&mut self.list);
        if self.list != before {
            self.history.push((before, self.version));
            self.clock += 1;
            self.version = self.clock;
        }
    }

    fn cut(&mut self) {
        self.is_connected = false;
        self.to_server.clear();
        self.to_client.clear();
    }

    fn come_back(&mut self) {
        if self.is_connected {
            return;
        }
        self.play.session.probe(self.play.now);
        self.play.drain();
        self.play.connect();
        let asked = self.play.asked();
        let (id, known) = match &asked[0] {
            (id, _, Asked::Login(login)) => (*id, login.subscriptions_version),
            other => panic!("{other:?}"),
        };
        self.play.welcome();
        self.play.list_version = self.version;
        let is_kept = !self.list.is_empty() && known <= self.version;
        self.play.let_in(id, is_kept);
        self.is_connected = true;
    }

    /// Puts what the session has written on its way.
    fn collect(&mut self) {
        if self.play.actions.contains(&Action::Close) {
            self.cut();
            self.play.actions.clear();
        }
        if self.is_connected {
            for frame in self.play.written() {
                match frame {
                    FromClient::Request(request) => {
                        let body = request.body.expect("a body");
                        self.to_server.push_back((request.id, body));
                    }
                    FromClient::Ping(ping) => self.play.receive(FromServer::Pong(v1::Pong {
                        nonce: ping.nonce,
                        server_time_ms: 1,
                    })),
                    FromClient::Hello(_) => {}
                }
            }
        }
    }

    /// Lets everything be carried out and answered.
    fn settle(&mut self) {
        for _ in 0..40 {
            self.take(Step::Return);
            while !self.to_server.is_empty() || !self.to_client.is_empty() {
                self.take(Step::Serve { refused: false });
                self.take(Step::Deliver);
            }
            self.take(Step::Wait(1_000));
        }
    }

    /// Whether the user is to be on the list; `None` if a request that failed may have been carried out.
    fn is_wanted(&self, user: &str) -> Option<bool> {
        let mut wanted = Some(false);
        for (id, subscribes, users) in &self.wishes {
            if users.iter().any(|named| named == user) {
                match self.play.replies.get(id) {
                    Some(Ok(_)) => wanted = Some(*subscribes),
                    // To be where one is wanted anyway.
                    _ if wanted == Some(*subscribes) => {}
                    _ => wanted = None,
                }
            }
        }
        wanted
    }
}

proptest! {
    #![proptest_config(Config {
        cases: 400,
        failure_persistence: None,
        rng_algorithm: RngAlgorithm::ChaCha,
        rng_seed: RngSeed::Fixed(0x11577),
        ..Config::default()
    })]

    /// Whatever connections, answers and lists are lost on the way: in the end the server has on its list whom the user
    /// subscribed to, and nobody else.
    #[test]
    fn w7_in_the_end_the_list_is_what_the_user_asked_for(steps in vec(any_step(), 1..80)) {
        let mut world = World::new();
        for step in steps {
            world.take(step);
        }
        world.settle();
        for number in 0..8 {
            let user = format!("u{number}");
            if let Some(wanted) = world.is_wanted(&user) {
                prop_assert_eq!(world.list.contains(&user), wanted, "{}", user);
            }
        }
    }
}
