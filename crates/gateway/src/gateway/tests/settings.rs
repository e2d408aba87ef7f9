use crate::gateway::Session;
use crate::testing::{
    CrashDisk, START, Server, key, open, premium, premium_with, texts, told, user,
};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{advance, sleep};
use userstatus_core::{AppSettings, LossCause, NormalStatus, Plan};
use userstatus_store::apps::App;
use userstatus_store::{Doomed, Store};
use userstatus_wire::v1::{self, Watched, request, response};

type Turn = fn(&mut AppSettings, bool);

/// Everything that switches watching off: each way of it, and both.
const TURNS: [(&str, Turn); 3] = [
    ("user_status", |settings, is_on| {
        settings.user_status = is_on
    }),
    ("friend_status_notification", |settings, is_on| {
        settings.friend_status_notification = is_on;
    }),
    ("plan", |settings, is_on| {
        settings.plan = if is_on { Plan::Premium } else { Plan::Basic };
    }),
];

/// What a client shows: of each user the highest version it was told of.
struct Screen {
    name: &'static str,
    session: Session,
    shown: BTreeMap<String, v1::UserStatus>,
    /// To whom it subscribed.
    list: BTreeSet<String>,
}

impl Screen {
    async fn open(server: &Server, name: &'static str) -> Self {
        Self {
            name,
            session: server.login(name).await,
            shown: BTreeMap::new(),
            list: BTreeSet::new(),
        }
    }

    /// Its connection breaks, and it comes back by itself after what happens meanwhile.
    async fn away(self, server: &Server, meanwhile: impl Future<Output = ()>) -> Self {
        let Self {
            name,
            session,
            shown,
            list,
        } = self;
        let gateway = &server.gateway;
        gateway.connection_lost(session, LossCause::Closed).await;
        meanwhile.await;
        Self::back(server, name, shown, list).await
    }

    async fn back(
        server: &Server,
        name: &'static str,
        shown: BTreeMap<String, v1::UserStatus>,
        list: BTreeSet<String>,
    ) -> Self {
        let mut login = server.login_message(name);
        login.reconnect = true;
        let known = |status: &v1::UserStatus| v1::KnownVersion {
            user_id: status.user_id.clone(),
            version: status.version,
            watched: match status.normal {
                0 => Watched::Unspecified,
                _ if status.user_id == name => Watched::Unspecified,
                _ if list.contains(&status.user_id) => Watched::Subscribed,
                _ => Watched::Otherwise,
            } as u32,
        };
        login.known = shown.values().map(known).collect();
        let (session, _) = server.try_login(login).await.unwrap();
        Self {
            name,
            session,
            shown,
            list,
        }
    }

    /// Takes what there is; says how much of it was news.
    fn look(&mut self) -> usize {
        let mut news = 0;
        for status in told(&self.session) {
            self.show(status, &mut news);
        }
        news
    }

    fn show(&mut self, status: v1::UserStatus, news: &mut usize) {
        let shown = self.shown.entry(status.user_id.clone()).or_default();
        if status.version > shown.version {
            // Of whom nothing is known that is none twice.
            *news += usize::from((shown.normal, status.normal) != (0, 0));
            *shown = status;
        }
    }

    async fn subscribe(&mut self, server: &Server, names: &[&str]) {
        self.list.extend(texts(names));
        for status in server.subscribe(&self.session, names).await {
            self.show(status, &mut 0);
        }
    }

    /// What the plan or a switch refuses now does not happen.
    async fn try_subscribe(&mut self, server: &Server, name: &str) {
        let user_ids = texts(&[name]);
        let body = request::Body::Subscribe(v1::Subscribe { user_ids });
        let answer = server.ask(&self.session, body).await;
        if let Some(response::Body::Statuses(list)) = answer.body {
            self.list.insert(name.to_owned());
            for status in list.statuses {
                // An answer is shown in any case.
                self.shown.insert(status.user_id.clone(), status);
            }
        }
    }

    /// Subscribed to and friends with somebody, and shown them as they are.
    async fn watch(&mut self, server: &Server, name: &str, turn: &str) {
        if turn != "friend_status_notification" {
            self.subscribe(server, &[name]).await;
        }
        if turn != "user_status" {
            server.befriend(&self.session, name).await;
        }
    }

    fn shows(&self, name: &str, normal: i32, custom: &str) -> bool {
        let shown = self.shown.get(name);
        shown.is_some_and(|status| status.normal == normal && status.custom_status == custom)
    }

    fn of(&self, name: &str) -> (i32, &str) {
        let status = self.shown.get(name).expect("shown");
        (status.normal, &status.custom_status)
    }
}

impl Server {
    async fn turn(&self, turn: Turn, is_on: bool) {
        let change = move |app: &mut App| turn(&mut app.settings, is_on);
        self.gateway.change_app(self.app.id, change).await.unwrap();
    }

    /// The switch is on, and everybody has been told.
    async fn on_and_told(&self, turn: Turn) {
        self.turn(turn, true).await;
        at_rest().await;
    }

    async fn erase(&self, names: &[&str]) {
        let doomed = names.iter().map(|name| Doomed {
            account: key(name),
            away_since: None,
        });
        let doomed: Vec<_> = doomed.collect();
        let gone = self.gateway.delete_accounts(self.app.id, &doomed).await;
        assert!(gone.unwrap().into_iter().all(|is_gone| is_gone));
    }

    async fn unfriend(&self, session: &Session, name: &str) {
        let delete = v1::DeleteFriends {
            user_ids: texts(&[name]),
            both: true,
        };
        self.done(session, request::Body::DeleteFriends(delete))
            .await;
    }

    async fn is_watched_by_alice(&self, name: &str) -> bool {
        let alice = self.gateway.account(&key("alice")).await.unwrap().unwrap();
        let name = user(name);
        let mut friends = alice.friends.iter();
        friends.any(|friend| friend.user == name)
            || alice.subscriptions.iter().any(|user| *user == name)
    }

    /// What a query of alice's says.
    async fn asked(&self, name: &str) -> (i32, String) {
        let (alice, names) = (user("alice"), [user(name)]);
        let store = self.gateway.store();
        let statuses = store.statuses(self.app.id, Some(&alice), &names).await;
        let status = statuses.unwrap().remove(0);
        (status.normal.number(), status.custom.as_str().to_owned())
    }
}

/// On paused time: nobody has anything to do any more.
async fn at_rest() {
    sleep(Duration::from_millis(1)).await;
}

/// The last that a session is told of somebody.
async fn told_of(session: &Session, name: &str) -> i32 {
    loop {
        session.outbox().ready().await;
        let told = told(session);
        // Who has not changed is not told again.
        assert!(told.iter().all(|status| status.user_id != "erin"));
        let last = told.into_iter().rfind(|status| status.user_id == name);
        if let Some(status) = last {
            return status.normal;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn p2_a_switch_turned_on_again_tells_what_changed_while_it_was_off() {
    let turns: [(&str, Turn); 3] = [
        ("bob", |settings, is_on| settings.user_status = is_on),
        ("carol", |settings, is_on| {
            settings.friend_status_notification = is_on;
        }),
        ("bob", |settings, is_on| {
            settings.plan = if is_on { Plan::Premium } else { Plan::Basic };
        }),
    ];
    let server = Server::in_memory(premium()).await;
    for name in ["bob", "carol"] {
        let session = server.login(name).await;
        let gateway = &server.gateway;
        gateway.connection_lost(session, LossCause::Closed).await;
    }
    let watcher = server.login("alice").await;
    let other = server.login("dora").await;
    told(&other);
    let _erin = server.login("erin").await;
    server.subscribe(&watcher, &["bob", "erin"]).await;
    server.befriend(&watcher, "carol").await;
    for (name, turn) in turns {
        let session = server.login(name).await;
        assert_eq!(
            told_of(&watcher, name).await,
            NormalStatus::Online.number(),
            "{name}"
        );
        let change = |is_on| {
            server
                .gateway
                .change_app(server.app.id, move |app| turn(&mut app.settings, is_on))
        };
        advance(Duration::from_secs(1)).await;
        change(false).await.unwrap();
        told(&watcher);
        server
            .gateway
            .connection_lost(session, LossCause::Closed)
            .await;
        assert_eq!(told(&watcher), [], "{name}: it is off");
        change(true).await.unwrap();
        assert_ne!(told_of(&watcher, name).await, NormalStatus::Online.number());
        assert!(other.outbox().is_empty(), "who watches nobody");
    }
}

#[tokio::test]
async fn p2_a_switch_that_was_off_over_a_restart_tells_what_changed_before_it() {
    let disk = CrashDisk::default();
    let server = Server::on(open(&disk).unwrap(), premium(), START).await;
    let (alice, bob) = (server.login("alice").await, server.login("bob").await);
    server.subscribe(&alice, &["bob"]).await;
    let app = server.app.id;
    let off = |app: &mut App| app.settings.user_status = false;
    server.gateway.change_app(app, off).await.unwrap();
    server.set(&bob, "while it was off").await;
    server.gateway.flush().await.unwrap();
    let later = START.plus_ms(60_000);
    let server = Server::on(open(&disk.after_a_crash()).unwrap(), premium(), later).await;
    let mut login = server.login_message("alice");
    login.reconnect = true;
    let (alice, _) = server.try_login(login).await.unwrap();
    told(&alice);
    let on = |app: &mut App| app.settings.user_status = true;
    server.gateway.change_app(app, on).await.unwrap();
    told_of(&alice, "bob").await;
}

#[tokio::test(start_paused = true)]
async fn p2_a_switch_turned_off_again_at_once_tells_nothing() {
    let server = Server::in_memory(premium()).await;
    let (alice, bob) = (server.login("alice").await, server.login("bob").await);
    server.subscribe(&alice, &["bob"]).await;
    let turn = |is_on| {
        let change = move |app: &mut App| app.settings.user_status = is_on;
        server.gateway.change_app(server.app.id, change)
    };
    turn(false).await.unwrap();
    server.set(&bob, "while it is off").await;
    told(&alice);
    turn(true).await.unwrap();
    turn(false).await.unwrap();
    // Whatever was begun has ended when time goes on.
    advance(Duration::from_secs(1)).await;
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert_eq!(told(&alice), []);
}

#[tokio::test(start_paused = true)]
async fn p2_who_was_erased_while_a_switch_was_off_is_told_when_it_is_on() {
    for (what, turn) in TURNS {
        let server = Server::in_memory(premium()).await;
        let bob = server.login("bob").await;
        let mut alice = Screen::open(&server, "alice").await;
        alice.watch(&server, "bob", what).await;
        server.set(&bob, "here").await;
        alice.look();
        assert_eq!(alice.of("bob"), (NormalStatus::Online.number(), "here"));
        advance(Duration::from_secs(1)).await;
        server.turn(turn, false).await;
        server.erase(&["bob"]).await;
        advance(Duration::from_secs(1)).await;
        assert_eq!(alice.look(), 0, "{what} is off");
        server.on_and_told(turn).await;
        assert_eq!(alice.look(), 1, "{what}: once");
        assert_eq!(alice.of("bob"), (NormalStatus::Unknown.number(), ""));
        for is_on in [false, true, false, true] {
            server.turn(turn, is_on).await;
            at_rest().await;
        }
        assert!(alice.session.outbox().is_empty(), "{what}: and never again");
    }
}

#[tokio::test(start_paused = true)]
async fn p2_who_was_erased_and_came_again_while_a_switch_was_off_is_as_she_is_only_if_watched_again()
 {
    let cases = TURNS
        .into_iter()
        .flat_map(|turn| [(turn, false), (turn, true)]);
    for ((what, turn), is_watched_again) in cases {
        let server = Server::in_memory(premium()).await;
        let bob = server.login("bob").await;
        let mut alice = Screen::open(&server, "alice").await;
        alice.watch(&server, "bob", what).await;
        server.set(&bob, "the first").await;
        alice.look();
        server.turn(turn, false).await;
        advance(Duration::from_secs(1)).await;
        server.erase(&["bob"]).await;
        advance(Duration::from_secs(1)).await;
        let bob = server.login("bob").await;
        server.set(&bob, "the second").await;
        if is_watched_again {
            // In the way that is not switched off, if there is one.
            match what {
                "user_status" => _ = server.befriend(&alice.session, "bob").await,
                "friend_status_notification" => alice.subscribe(&server, &["bob"]).await,
                _ => continue,
            }
        }
        server.on_and_told(turn).await;
        alice.look();
        let expected = match is_watched_again {
            true => (NormalStatus::Online.number(), "the second"),
            false => (NormalStatus::Unknown.number(), ""),
        };
        assert_eq!(alice.of("bob"), expected, "{what}");
        server.set(&bob, "the third").await;
        assert_eq!(alice.look(), usize::from(is_watched_again), "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn p2_who_ceased_to_be_watched_while_a_switch_was_off_is_told_if_they_changed() {
    for (what, turn) in TURNS
        .into_iter()
        .filter(|(what, _)| *what == "friend_status_notification")
    {
        let server = Server::in_memory(premium()).await;
        let mut alice = Screen::open(&server, "alice").await;
        let bob = server.login("bob").await;
        let (carol, dora) = (server.login("carol").await, server.login("dora").await);
        for (name, session) in [("bob", &bob), ("carol", &carol), ("dora", &dora)] {
            alice.watch(&server, name, what).await;
            server.set(session, "here").await;
        }
        alice.look();
        advance(Duration::from_secs(1)).await;
        server.turn(turn, false).await;
        advance(Duration::from_secs(1)).await;
        server.set(&bob, "before").await;
        for name in ["bob", "carol", "dora"] {
            server.unfriend(&alice.session, name).await;
        }
        advance(Duration::from_secs(1)).await;
        server
            .gateway
            .connection_lost(carol, LossCause::Closed)
            .await;
        // Who becomes a friend and ceases to be one meanwhile was never told, and is not to be.
        let erin = server.login("erin").await;
        server.befriend(&alice.session, "erin").await;
        server.unfriend(&alice.session, "erin").await;
        server.set(&erin, "nobody's").await;
        server.on_and_told(turn).await;
        assert_eq!(
            alice.look(),
            2,
            "dora has not changed, and erin is none of hers"
        );
        for name in ["bob", "carol", "dora"] {
            let (normal, custom) = server.asked(name).await;
            assert_eq!(alice.of(name), (normal, custom.as_str()), "{name}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn p2_r2_who_was_blocked_while_a_switch_was_off_is_told_as_gone() {
    for (what, turn) in TURNS {
        // Without premium nobody blocks.
        if what == "plan" {
            continue;
        }
        for then_erased in [false, true] {
            let server = Server::in_memory(premium()).await;
            let bob = server.login("bob").await;
            let mut alice = Screen::open(&server, "alice").await;
            alice.watch(&server, "bob", what).await;
            server.set(&bob, "here").await;
            alice.look();
            server.turn(turn, false).await;
            advance(Duration::from_secs(1)).await;
            let block = v1::Block {
                user_ids: texts(&["alice"]),
            };
            server.done(&bob, request::Body::Block(block)).await;
            if then_erased {
                advance(Duration::from_secs(1)).await;
                server.erase(&["bob"]).await;
            }
            server.on_and_told(turn).await;
            alice.look();
            let gone = match then_erased {
                false => NormalStatus::Offline,
                true => NormalStatus::Unknown,
            };
            assert_eq!(alice.of("bob"), (gone.number(), ""), "{what}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn r2_who_is_erased_is_so_for_those_they_were_hidden_from_as_well() {
    let server = Server::in_memory(premium()).await;
    let bob = server.login("bob").await;
    let mut alice = Screen::open(&server, "alice").await;
    alice.watch(&server, "bob", "plan").await;
    let block = v1::Block {
        user_ids: texts(&["alice"]),
    };
    server.done(&bob, request::Body::Block(block)).await;
    alice.look();
    assert_eq!(alice.of("bob"), (NormalStatus::Offline.number(), ""));
    advance(Duration::from_secs(1)).await;
    server.erase(&["bob"]).await;
    assert_eq!(alice.look(), 1);
    assert_eq!(alice.of("bob"), (NormalStatus::Unknown.number(), ""));
}

#[tokio::test(start_paused = true)]
async fn p2_a_device_that_comes_back_while_a_switch_is_off_is_told_when_it_is_on() {
    for (what, turn) in TURNS {
        let server = Server::in_memory(premium()).await;
        let mut alice = Screen::open(&server, "alice").await;
        let mut sessions = Vec::new();
        for name in ["bob", "carol", "dora", "erin"] {
            let session = server.login(name).await;
            alice.watch(&server, name, what).await;
            server.set(&session, "here").await;
            sessions.push(session);
        }
        alice.look();
        advance(Duration::from_secs(5)).await;
        // Before the switch is off, while it is and she is away, and when she is back.
        let meanwhile = async {
            advance(Duration::from_secs(5)).await;
            server.set(&sessions[0], "away").await;
            advance(Duration::from_secs(5)).await;
            server.turn(turn, false).await;
            server.erase(&["carol"]).await;
            advance(Duration::from_secs(5)).await;
        };
        let mut alice = alice.away(&server, meanwhile).await;
        alice.look();
        server.set(&sessions[2], "back").await;
        advance(Duration::from_secs(5)).await;
        server.on_and_told(turn).await;
        alice.look();
        for name in ["bob", "carol", "dora", "erin"] {
            let (normal, custom) = server.asked(name).await;
            assert_eq!(alice.of(name), (normal, custom.as_str()), "{what}: {name}");
        }
    }
}

/// Who was watched and is so no more, whatever became of them, is unknown to who comes back: what they do now is not told.
#[tokio::test(start_paused = true)]
async fn n4_n7_who_ceased_to_be_watched_while_a_device_was_away_is_unknown_when_it_is_back() {
    let is_on: (&str, Turn) = ("nothing", |_, _| {});
    for (what, turn) in TURNS.into_iter().chain([is_on]) {
        let server = Server::in_memory(premium()).await;
        let mut alice = Screen::open(&server, "alice").await;
        let mut sessions = BTreeMap::new();
        for name in ["again", "gone", "friend", "same", "hidden", "still"] {
            let session = server.login(name).await;
            server.set(&session, "here").await;
            sessions.insert(name, session);
        }
        let (subscribed, friends) = (["again", "gone", "still"], ["friend", "same", "hidden"]);
        alice.subscribe(&server, &subscribed).await;
        for name in friends {
            server.befriend(&alice.session, name).await;
            server.set(&sessions[name], "a friend").await;
        }
        alice.look();
        advance(Duration::from_secs(1)).await;
        let meanwhile = async {
            server.turn(turn, false).await;
            server.erase(&["again", "gone"]).await;
            sessions.insert("again", server.login("again").await);
            server.turn(turn, true).await;
            let block = v1::Block {
                user_ids: texts(&["alice"]),
            };
            let hidden = &sessions["hidden"];
            server.done(hidden, request::Body::Block(block)).await;
            for name in friends {
                let delete = v1::DeleteFriends {
                    user_ids: texts(&["alice"]),
                    both: true,
                };
                let body = request::Body::DeleteFriends(delete);
                server.done(&sessions[name], body).await;
            }
            server.set(&sessions["friend"], "later").await;
            server.turn(turn, false).await;
        };
        let mut alice = alice.away(&server, meanwhile).await;
        let unknown = (NormalStatus::Unknown.number(), "");
        alice.look();
        for name in ["again", "gone", "friend", "same", "hidden"] {
            assert_eq!(alice.of(name), unknown, "{what}: {name}, still off");
        }
        server.on_and_told(turn).await;
        alice.look();
        let mut alice = alice.away(&server, async {}).await;
        assert_eq!(alice.look(), 1, "{what}: herself, and nobody twice");
        for name in ["again", "friend", "same"] {
            assert_eq!(alice.of(name), unknown, "{what}: {name}");
            alice.subscribe(&server, &[name]).await;
            let watched = &sessions[name];
            server.set(watched, "watched again").await;
            alice.look();
            let online = (NormalStatus::Online.number(), "watched again");
            assert_eq!(alice.of(name), online, "{what}: {name}");
        }
        assert_eq!(alice.of("still").1, "here");
    }
}

/// The server was killed, too, and with it went the last that was told of some of them.
#[tokio::test]
async fn n4_n7_who_ceased_to_be_watched_before_a_crash_is_unknown_after_it() {
    let disk = CrashDisk::default();
    let server = Server::on(open(&disk).unwrap(), premium(), START).await;
    let mut alice = Screen::open(&server, "alice").await;
    let (_bob, carol) = (server.login("bob").await, server.login("carol").await);
    let _dora = server.login("dora").await;
    alice.subscribe(&server, &["bob", "dora"]).await;
    server.befriend(&alice.session, "carol").await;
    server.gateway.flush().await.unwrap();
    let disk = disk.after_a_crash();
    server.set(&carol, "lost").await;
    alice.look();
    assert_eq!(alice.of("carol").1, "lost");
    let Screen {
        name, shown, list, ..
    } = alice;
    drop(server);
    let later = START.plus_ms(5_000);
    let server = Server::on(open(&disk).unwrap(), premium(), later).await;
    server.erase(&["bob"]).await;
    let (_bob, carol) = (server.login("bob").await, server.login("carol").await);
    server.unfriend(&carol, "alice").await;
    server.gateway.flush().await.unwrap();
    let disk = disk.after_a_crash();
    drop(server);
    let later = START.plus_ms(10_000);
    let server = Server::on(open(&disk).unwrap(), premium(), later).await;
    let mut alice = Screen::back(&server, name, shown, list).await;
    alice.look();
    for name in ["bob", "carol"] {
        assert_eq!(
            alice.of(name),
            (NormalStatus::Unknown.number(), ""),
            "{name}"
        );
    }
    assert_eq!(alice.of("dora").0, NormalStatus::Online.number());
    let carol = server.login("carol").await;
    alice.subscribe(&server, &["carol"]).await;
    server.set(&carol, "watched again").await;
    alice.look();
    assert_eq!(alice.of("carol").1, "watched again");
}

/// A list that the client is about to fill again is not taken for empty; one that another device emptied is.
#[tokio::test(start_paused = true)]
async fn w7_n7_who_is_subscribed_to_again_is_not_unknown_meanwhile() {
    for (is_lost, may_have_ended, is_told) in [
        (false, false, true),
        (false, true, false),
        (true, false, false),
    ] {
        let server = Server::in_memory(premium()).await;
        let alice = server.login("alice").await;
        let _bob = server.login("bob").await;
        let statuses = server.subscribe(&alice, &["bob"]).await;
        let body = request::Body::Unsubscribe(v1::Unsubscribe::default());
        let list = server.ask(&alice, body).await.version;
        let mut login = server.login_message("alice");
        login.reconnect = true;
        login.subscriptions_version = list + u64::from(is_lost);
        login.subscriptions_may_have_ended = may_have_ended;
        login.known = vec![v1::KnownVersion {
            user_id: "bob".to_owned(),
            version: statuses[0].version,
            watched: Watched::Subscribed as u32,
        }];
        let (alice, result) = server.try_login(login).await.unwrap();
        assert_eq!(result.subscriptions_lost, is_lost);
        let told = told(&alice);
        let bob = told.iter().find(|status| status.user_id == "bob");
        assert_eq!(bob.is_some(), is_told, "{is_lost} {may_have_ended}");
        assert!(bob.is_none_or(|bob| bob.normal == 0 && bob.version == statuses[0].version + 1));
    }
}

/// Killed, or stopped in good order.
#[tokio::test]
async fn p2_what_happened_while_a_switch_was_off_is_told_after_a_restart() {
    for (what, turn) in TURNS {
        for is_killed in [true, false] {
            let disk = CrashDisk::default();
            let server = Server::on(open(&disk).unwrap(), premium(), START).await;
            let mut alice = Screen::open(&server, "alice").await;
            for name in ["bob", "carol", "dora"] {
                let session = server.login(name).await;
                alice.watch(&server, name, what).await;
                server.set(&session, "here").await;
                alice.look();
            }
            server.gateway.flush().await.unwrap();
            server.turn(turn, false).await;
            server.erase(&["bob"]).await;
            let carol = server.login("carol").await;
            server.set(&carol, "while it was off").await;
            server.gateway.flush().await.unwrap();
            let Screen {
                name, shown, list, ..
            } = alice;
            let disk = match is_killed {
                true => disk.after_a_crash(),
                false => {
                    server.gateway.begin_shutdown();
                    server.gateway.flush().await.unwrap();
                    disk
                }
            };
            drop(server);
            let later = START.plus_ms(60_000);
            let server = Server::on(open(&disk).unwrap(), premium(), later).await;
            let mut alice = Screen::back(&server, name, shown, list).await;
            alice.look();
            server.turn(turn, true).await;
            for name in ["bob", "carol", "dora"] {
                let (normal, custom) = server.asked(name).await;
                while !alice.shows(name, normal, &custom) {
                    alice.session.outbox().ready().await;
                    alice.look();
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn p2_what_was_not_told_before_a_switch_was_off_again_is_told_when_it_stays_on() {
    let server = Server::in_memory(premium()).await;
    let (bob, carol) = (server.login("bob").await, server.login("carol").await);
    let mut alice = Screen::open(&server, "alice").await;
    alice.subscribe(&server, &["bob", "carol"]).await;
    alice.look();
    let (_, turn) = TURNS[0];
    server.turn(turn, false).await;
    advance(Duration::from_secs(1)).await;
    server.set(&bob, "while it was off").await;
    server.erase(&["carol"]).await;
    drop(carol);
    advance(Duration::from_secs(1)).await;
    // Nobody has the time to tell anything.
    server.turn(turn, true).await;
    server.turn(turn, false).await;
    advance(Duration::from_secs(1)).await;
    at_rest().await;
    assert_eq!(alice.look(), 0);
    server.on_and_told(turn).await;
    assert_eq!(alice.look(), 2);
    assert_eq!(alice.of("bob").1, "while it was off");
    assert_eq!(alice.of("carol").0, NormalStatus::Unknown.number());
}

/// A thousand watchers of twenty users, and a switch that is turned off and on again and again.
#[tokio::test(start_paused = true)]
async fn p2_a_switch_turned_often_tells_each_change_once() {
    const WATCHERS: usize = 1_000;
    const USERS: usize = 20;
    const TURNED: usize = 15;
    let server = Server::in_memory(premium()).await;
    let names: Vec<_> = (0..USERS).map(|number| format!("user{number}")).collect();
    let mut users = Vec::new();
    for name in &names {
        users.push(server.login(name).await);
    }
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let mut watchers = Vec::new();
    for number in 0..WATCHERS {
        let watcher = server.login(&format!("watcher{number}")).await;
        server.subscribe(&watcher, &names).await;
        told(&watcher);
        watchers.push(watcher);
    }
    let (_, turn) = TURNS[0];
    let before = server.gateway.hub().counters().deliveries;
    server.turn(turn, false).await;
    for user in &users {
        server.set(user, "while it was off").await;
    }
    let own = server.gateway.hub().counters().deliveries - before;
    for turned in 0..TURNED {
        server.turn(turn, true).await;
        // Some time to tell, but never enough for all of them.
        for _ in 0..turned * 10 {
            tokio::task::yield_now().await;
        }
        server.turn(turn, false).await;
    }
    server.on_and_told(turn).await;
    let told_again = server.gateway.hub().counters().deliveries - before - own;
    assert_eq!(told_again, (WATCHERS * USERS) as u64);
    for watcher in &watchers {
        assert_eq!(told(watcher).len(), USERS);
    }
}

/// Everything that can happen, in whatever order: in the end everybody shows what a query says.
#[tokio::test(start_paused = true)]
async fn p2_whatever_happens_while_switches_are_turned_the_last_word_is_true() {
    const NAMES: [&str; 5] = ["u0", "u1", "u2", "u3", "u4"];
    for seed in 0..300 {
        let mut random = SmallRng::seed_from_u64(seed);
        let settings = premium_with(|limits| {
            limits.requests_per_window = 1_000;
            limits.changes_per_s = 10_000;
        });
        let server = Server::in_memory(settings).await;
        let mut alice = Screen::open(&server, "alice").await;
        let mut users: Vec<Option<Session>> = Vec::new();
        for name in NAMES {
            users.push(Some(server.login(name).await));
            alice.watch(&server, name, "plan").await;
        }
        // Adding a friend does not tell how they are.
        let mut befriended = BTreeSet::new();
        let mut story = Vec::new();
        for step in 0..40 {
            advance(Duration::from_millis(random.random_range(1..50))).await;
            let index = random.random_range(0..NAMES.len());
            let name = NAMES[index];
            let what = random.random_range(0..16);
            story.push((what, name));
            match what {
                0..=3 => {
                    let (_, turn) = TURNS[random.random_range(0..TURNS.len())];
                    server.turn(turn, random.random_bool(0.5)).await;
                }
                4 | 5 => match &users[index] {
                    Some(session) => server.set(session, &format!("{step}")).await,
                    None => users[index] = Some(server.login(name).await),
                },
                6 => {
                    if let Some(session) = users[index].take() {
                        let gateway = &server.gateway;
                        gateway.connection_lost(session, LossCause::Closed).await;
                    }
                }
                7 => {
                    let account = server.gateway.account(&key(name)).await.unwrap();
                    if account.is_some() {
                        server.erase(&[name]).await;
                        users[index] = None;
                    }
                }
                8 | 13 | 14 => {
                    let mut session = users[index].take();
                    let (happens, then_off) = (random.random_range(0..5), random.random_bool(0.3));
                    let (_, turn) = TURNS[random.random_range(0..TURNS.len())];
                    story.push((100 + happens, name));
                    let meanwhile = async {
                        let account = server.gateway.account(&key(name)).await.unwrap();
                        match (happens, &session) {
                            (0 | 1, _) if account.is_some() => {
                                server.erase(&[name]).await;
                                advance(Duration::from_millis(20)).await;
                                session = None;
                                if happens == 1 {
                                    session = Some(server.login(name).await);
                                }
                            }
                            (2, Some(session)) => {
                                let delete = v1::DeleteFriends {
                                    user_ids: texts(&["alice"]),
                                    both: true,
                                };
                                let body = request::Body::DeleteFriends(delete);
                                server.ask(session, body).await;
                                server.set(session, "unfriended").await;
                            }
                            (3 | 4, Some(session)) => server.set(session, "away").await,
                            _ => {}
                        }
                        if then_off {
                            server.turn(turn, false).await;
                        }
                        advance(Duration::from_millis(20)).await;
                    };
                    alice.look();
                    alice = alice.away(&server, meanwhile).await;
                    users[index] = session;
                }
                15 => _ = alice.try_subscribe(&server, name).await,
                // What the plan or a rule refuses now does not happen.
                9 | 10 => {
                    if let Some(session) = &users[index] {
                        let user_ids = texts(&["alice"]);
                        let body = match random.random_bool(0.5) {
                            true => request::Body::Block(v1::Block { user_ids }),
                            false => request::Body::Unblock(v1::Unblock { user_ids }),
                        };
                        server.ask(session, body).await;
                    }
                }
                11 => {
                    befriended.insert(name);
                    let body = match random.random_bool(0.5) {
                        true => request::Body::DeleteFriends(v1::DeleteFriends {
                            user_ids: texts(&[name]),
                            both: true,
                        }),
                        false => request::Body::AddFriend(v1::AddFriend {
                            user_id: name.to_owned(),
                            both: true,
                            ..v1::AddFriend::default()
                        }),
                    };
                    server.ask(&alice.session, body).await;
                }
                _ => {
                    for _ in 0..random.random_range(0..4) {
                        tokio::task::yield_now().await;
                    }
                }
            }
            alice.look();
        }
        for (_, turn) in TURNS {
            server.turn(turn, true).await;
        }
        at_rest().await;
        alice.look();
        for name in NAMES {
            let is_watched = server.is_watched_by_alice(name).await;
            let (normal, custom) = server.asked(name).await;
            let (shown, text) = alice.of(name);
            let is_true = (shown, text) == (normal, custom.as_str());
            let is_unknown = shown == 0 && (!is_watched || befriended.contains(name));
            assert!(
                is_true || is_unknown,
                "{seed}: {name}: {shown} {text}: {story:?}"
            );
        }
        // Whoever is not watched is unknown to who comes back.
        let mut alice = alice.away(&server, async {}).await;
        alice.look();
        for name in NAMES {
            let is_watched = server.is_watched_by_alice(name).await;
            let (normal, custom) = server.asked(name).await;
            let expected = match is_watched {
                true => (normal, custom.as_str()),
                false => (0, ""),
            };
            assert_eq!(alice.of(name), expected, "{seed}: {name}, back: {story:?}");
        }
    }
}

/// The same on several threads at once: switches are turned while people come, change and are erased.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn p2_switches_turned_at_the_same_time_as_everything_else_leave_the_last_word_true() {
    const ROUNDS: usize = 30;
    const NAMES: [&str; 4] = ["u0", "u1", "u2", "u3"];
    for (what, turn) in TURNS {
        for _ in 0..ROUNDS {
            let settings = premium_with(|limits| limits.changes_per_s = 10_000);
            let server = Arc::new(Server::in_memory(settings).await);
            let mut alice = Screen::open(&server, "alice").await;
            let mut players = Vec::new();
            let mut sessions = Vec::new();
            for name in NAMES {
                sessions.push(server.login(name).await);
                alice.watch(&server, name, what).await;
            }
            alice.look();
            for (index, session) in sessions.into_iter().enumerate() {
                let server = Arc::clone(&server);
                players.push(tokio::spawn(async move {
                    for change in 0..10 {
                        server.set(&session, &format!("{change}")).await;
                        tokio::task::yield_now().await;
                    }
                    match index {
                        0 => server.erase(&[NAMES[0]]).await,
                        1 => {
                            let gateway = &server.gateway;
                            gateway.connection_lost(session, LossCause::Closed).await;
                        }
                        _ => server.set(&session, "last").await,
                    }
                }));
            }
            for turned in 0..20 {
                server.turn(turn, turned % 2 == 1).await;
                tokio::task::yield_now().await;
            }
            for player in players {
                player.await.unwrap();
            }
            for name in NAMES {
                let (normal, custom) = server.asked(name).await;
                while !alice.shows(name, normal, &custom) {
                    let more = alice.session.outbox().ready();
                    let more = tokio::time::timeout(Duration::from_secs(10), more).await;
                    assert!(more.is_ok(), "{what}: {name}: {:?}", alice.shown);
                    alice.look();
                }
            }
        }
    }
}
