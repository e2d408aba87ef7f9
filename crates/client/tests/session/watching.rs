//! Statuses, versions, and the list of those watched.

use crate::play::{Asked, Play, push, status, statuses};
use std::time::Duration;
use userstatus_client::{Answer, LoginStatus, Request};
use userstatus_wire::CLIENT_FRAME_BYTES_MAX;
use userstatus_wire::v1::{self, Watched};

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

/// Set and asked in one go, the answer to the question overtakes the change.
#[test]
fn c2_a_query_that_overtakes_a_change_does_not_swallow_it() {
    let mut play = Play::logged_in();
    play.receive(push(vec![status("bob", 4)]));
    play.told();
    let id = play.submit(Request::GetUserStatus(vec!["alice".into(), "bob".into()]));
    play.asked();
    play.answer(
        id.0,
        0,
        statuses(vec![status("alice", 101), status("bob", 5)]),
    );
    play.receive(push(vec![status("alice", 101), status("bob", 5)]));
    assert_eq!(
        play.told(),
        [("alice".to_owned(), 101), ("bob".to_owned(), 5)]
    );
    play.receive(push(vec![status("bob", 5)]));
    assert_eq!(play.told(), [], "once");
}

#[test]
fn n6_what_is_known_of_a_friend_is_not_forgotten_with_the_subscription() {
    let mut play = Play::logged_in();
    play.receive(push(vec![status("bob", 5)]));
    let id = play.submit(Request::Unsubscribe(vec!["bob".to_owned()]));
    play.asked();
    play.answer(id.0, 0, None);
    play.told();
    play.lose();
    let login = play.come_back(true);
    assert!(login.known.iter().any(|known| known.user_id == "bob"));
    play.receive(push(vec![status("bob", 5)]));
    assert_eq!(play.told(), [("alice".to_owned(), 100)], "of bob nothing");
}

#[test]
fn n7_what_may_have_been_lost_behind_a_login_is_asked_for_again() {
    let mut play = Play::logged_in();
    let own = |login: &userstatus_wire::v1::Login| {
        let known = login.known.iter().find(|known| known.user_id == "alice");
        known.expect("one's own is always named").version
    };
    play.lose();
    let before = own(&play.come_back(true));
    // Whom the server was about to tell of, it takes to have changed since then; nothing has come of it.
    play.lose();
    assert_eq!(own(&play.come_back(true)), before);
    let id = play.submit(Request::ListFriends);
    play.asked();
    play.answer(id.0, 0, None);
    play.lose();
    assert_eq!(own(&play.come_back(true)), 100);
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

fn subscribed(count: usize) -> (Play, Vec<String>) {
    let mut play = Play::logged_in();
    play.limits.subscribe_users_max = 10;
    let users: Vec<String> = (0..count).map(|number| format!("u{number}")).collect();
    let id = play.submit(Request::Subscribe(users.clone()));
    play.asked();
    play.answer(
        id.0,
        0,
        statuses(users.iter().map(|user| status(user, 5)).collect()),
    );
    (play, users)
}

/// The users of the subscribe requests among these.
fn subscribes(asked: &[(u64, bool, Asked)]) -> Vec<(u64, Vec<String>)> {
    asked
        .iter()
        .filter_map(|(id, _, body)| match body {
            Asked::Subscribe(subscribe) => Some((*id, subscribe.user_ids.clone())),
            _ => None,
        })
        .collect()
}

#[test]
fn w7_subscribing_again_that_was_cut_short_goes_on_where_it_was() {
    let (mut play, users) = subscribed(30);
    play.lose();
    play.come_back(false);
    let asked = subscribes(&play.asked());
    assert_eq!(asked.len(), 3);
    play.answer(asked[0].0, 0, statuses(Vec::new()));
    // The server got the first only; it has a list by now and says so.
    play.lose();
    play.come_back(true);
    let asked = subscribes(&play.asked());
    let again: Vec<String> = asked.iter().flat_map(|(_, users)| users.clone()).collect();
    assert_eq!(again, users[10..]);
}

#[test]
fn w7_subscribing_again_waits_its_turn() {
    let (mut play, users) = subscribed(30);
    play.limits.requests_per_window = 2;
    play.wait(Duration::from_secs(6));
    play.lose();
    play.come_back(false);
    let first = subscribes(&play.asked());
    assert_eq!(first.len(), 2, "the window holds no more");
    play.answer(first[0].0, 0, statuses(Vec::new()));
    // Another device of the account has used the window meanwhile.
    play.answer(first[1].0, 60018, None);
    assert_eq!(play.asked(), []);
    let refused_at = play.now;
    play.sleep();
    assert_eq!(play.now - refused_at, Duration::from_secs(5));
    let again = subscribes(&play.asked());
    let again: Vec<String> = again.into_iter().flat_map(|(_, users)| users).collect();
    assert_eq!(again, users[10..]);
}

#[test]
fn w7_subscribing_again_that_is_not_allowed_any_more_is_given_up() {
    let (mut play, _) = subscribed(5);
    play.lose();
    play.come_back(false);
    let asked = subscribes(&play.asked());
    play.answer(asked[0].0, 72001, None);
    let next = play.session.next_timeout().expect("a heartbeat");
    assert!(
        next > play.now + Duration::from_secs(100),
        "nothing is tried again"
    );
}

#[test]
fn w7_who_is_being_unsubscribed_is_not_subscribed_to_again() {
    let (mut play, users) = subscribed(3);
    play.lose();
    let leaving = play.submit(Request::Unsubscribe(vec![users[1].clone()]));
    play.come_back(false);
    let asked = play.asked();
    let again = subscribes(&asked);
    assert_eq!(again[0].1, [users[0].clone(), users[2].clone()]);
    play.answer(again[0].0, 0, statuses(Vec::new()));
    play.answer(leaving.0, 0, None);
    play.sleep(); // Another look at what is still to be subscribed to: nothing.
    assert_eq!(play.asked(), []);
}

#[test]
fn n7_a_reconnect_names_as_many_versions_as_fit_in_a_frame() {
    let mut play = Play::logged_in();
    let users: Vec<String> = (0..9_000).map(|number| format!("{number:0>32}")).collect();
    for chunk in users.chunks(1_000) {
        let list = chunk.iter().map(|user| status(user, 1 << 50)).collect();
        play.receive(push(list));
    }
    assert_eq!(play.told().len(), 9_000);
    let login = play_back(&mut play);
    assert!(login.known.len() > 5_000, "{}", login.known.len());
    assert_eq!(
        login.known[0].user_id, "alice",
        "oneself first: the server goes by it"
    );
    // All of them are still known.
    play.receive(push(
        users.iter().map(|user| status(user, 1 << 50)).collect(),
    ));
    assert_eq!(play.told(), []);
}

fn unknown(user: &str, version: u64) -> v1::UserStatus {
    v1::UserStatus {
        normal: 0,
        ..status(user, version)
    }
}

fn watch(play: &mut Play, users: &[&str], version: u64) {
    let names = users.iter().map(|user| (*user).to_owned()).collect();
    let id = play.submit(Request::Subscribe(names));
    play.asked();
    let list = users.iter().map(|user| status(user, version)).collect();
    play.answer(id.0, 0, statuses(list));
}

fn unwatch(play: &mut Play, users: &[&str]) {
    let names = users.iter().map(|user| (*user).to_owned()).collect();
    let id = play.submit(Request::Unsubscribe(names));
    play.asked();
    play.answer(id.0, 0, None);
}

/// How the next login says that a user is watched.
fn named(login: &v1::Login, user: &str) -> Watched {
    let known = login.known.iter().find(|known| known.user_id == user);
    let known = known.expect("it is named");
    Watched::try_from(i32::try_from(known.watched).expect("small")).expect("one of them")
}

#[test]
fn n7_a_reconnect_says_how_it_believes_each_to_be_watched() {
    let mut play = Play::logged_in();
    watch(&mut play, &["bob", "carol", "dave"], 5);
    play.receive(push(vec![status("erin", 5), status("frank", 5)]));
    unwatch(&mut play, &["bob", "dave"]);
    // A friend of hers, as it seems; and who was erased.
    play.receive(push(vec![status("dave", 6), unknown("frank", 6)]));
    play.lose();
    let login = play.come_back(true);
    for (user, watched) in [
        ("alice", Watched::Unspecified),
        ("bob", Watched::Unspecified),
        ("carol", Watched::Subscribed),
        ("dave", Watched::Otherwise),
        ("erin", Watched::Otherwise),
        ("frank", Watched::Unspecified),
    ] {
        assert_eq!(named(&login, user), watched, "{user}");
    }
    // Subscribed to again, of no newer version.
    watch(&mut play, &["bob"], 5);
    play.lose();
    assert_eq!(named(&play.come_back(true), "bob"), Watched::Subscribed);
}

#[test]
fn n7_who_was_pushed_off_or_cleared_is_not_counted_on() {
    let mut play = Play::made_for_a_list_of(2);
    watch(&mut play, &["bob", "carol"], 5);
    watch(&mut play, &["dave"], 5);
    play.lose();
    let login = play.come_back(true);
    assert_eq!(named(&login, "bob"), Watched::Unspecified);
    assert_eq!(named(&login, "carol"), Watched::Subscribed);
    unwatch(&mut play, &[]);
    play.lose();
    let login = play.come_back(true);
    assert_eq!(named(&login, "carol"), Watched::Unspecified);
}

#[test]
fn n7_who_is_unknown_is_told_so_once_and_as_they_are_when_subscribed_to_again() {
    let mut play = Play::logged_in();
    watch(&mut play, &["bob"], 5);
    play.lose();
    play.come_back(true);
    play.receive(push(vec![unknown("bob", 6)]));
    play.receive(push(vec![unknown("bob", 7)]));
    play.receive(push(vec![unknown("bob", 6)]));
    let told = |play: &mut Play| -> Vec<_> {
        let told = play.told().into_iter();
        told.filter(|(user, _)| user == "bob").collect()
    };
    assert_eq!(told(&mut play), [("bob".to_owned(), 6)]);
    watch(&mut play, &["bob"], 5);
    play.receive(push(vec![status("bob", 8)]));
    assert_eq!(told(&mut play), [("bob".to_owned(), 8)]);
}

#[test]
fn w7_n7_whom_the_client_subscribes_to_again_is_told_as_they_are_though_unchanged() {
    let mut play = logged_in_to_a_list(600_000);
    play.receive(push(vec![status("bob", 5), status("carol", 5)]));
    play.lose();
    play.now += Duration::from_secs(60);
    let login = play.come_back(true);
    assert!(!login.subscriptions_may_have_ended);
    assert_eq!(named(&login, "bob"), Watched::Subscribed);
    play.receive(push(vec![unknown("bob", 6)]));
    play.told();
    play.lose();
    play.now += Duration::from_secs(600);
    let login = play.come_back(false);
    assert!(login.subscriptions_may_have_ended);
    play.told();
    let asked = subscribes(&play.asked());
    play.answer(
        asked[0].0,
        0,
        statuses(vec![status("bob", 5), status("carol", 5)]),
    );
    assert_eq!(
        play.told(),
        [("bob".to_owned(), 5)],
        "carol has not changed"
    );
    play.receive(push(vec![status("bob", 6)]));
    assert_eq!(play.told(), [("bob".to_owned(), 6)]);
}

#[test]
fn w7_n7_who_is_about_to_be_subscribed_to_again_is_not_counted_on_yet() {
    let mut play = logged_in_to_a_list(600_000);
    play.receive(push(vec![status("bob", 5)]));
    play.lose();
    play.list_lost = true;
    play.come_back(false);
    play.lose();
    assert_eq!(named(&play.come_back(true), "bob"), Watched::Unspecified);
}

/// The users of the unsubscribe requests among these.
fn unsubscribes(asked: &[(u64, bool, Asked)]) -> Vec<(u64, Vec<String>)> {
    asked
        .iter()
        .filter_map(|(id, _, body)| match body {
            Asked::Unsubscribe(leave) => Some((*id, leave.user_ids.clone())),
            _ => None,
        })
        .collect()
}

fn subscribe(play: &mut Play, users: &[&str], version: u64) {
    let users: Vec<String> = users.iter().map(|user| (*user).to_owned()).collect();
    let id = play.submit(Request::Subscribe(users));
    play.asked();
    play.answer_at(id.0, 0, statuses(Vec::new()), version);
}

fn unsubscribe(play: &mut Play, users: &[&str], version: u64) {
    let users: Vec<String> = users.iter().map(|user| (*user).to_owned()).collect();
    let id = play.submit(Request::Unsubscribe(users));
    play.asked();
    play.answer_at(id.0, 0, None, version);
}

#[test]
fn w7_a_reconnect_names_the_newest_version_of_the_list() {
    let mut play = Play::logged_in();
    let named = |play: &mut Play| {
        play.lose();
        play.come_back(true).subscriptions_version
    };
    assert_eq!(named(&mut play), 0);
    subscribe(&mut play, &["bob", "carol"], 7);
    play.list_version = 7;
    assert_eq!(named(&mut play), 7);
    unsubscribe(&mut play, &["bob"], 9);
    play.list_version = 11;
    assert_eq!(named(&mut play), 9);
    assert_eq!(named(&mut play), 11, "what the login said counts as well");
}

#[test]
fn w7_a_list_taken_back_by_a_crash_is_put_right_both_ways() {
    let mut play = Play::logged_in();
    subscribe(&mut play, &["bob", "carol"], 5);
    unsubscribe(&mut play, &["bob"], 6);
    subscribe(&mut play, &["dave"], 7);
    play.lose();
    play.list_version = 5;
    play.come_back(false);
    let asked = play.asked();
    let leaving = unsubscribes(&asked);
    let joining = subscribes(&asked);
    assert_eq!(leaving[0].1, ["bob"]);
    assert_eq!(joining[0].1, ["carol", "dave"]);
    assert!(leaving[0].0 < joining[0].0, "who goes makes room");
    play.answer_at(leaving[0].0, 0, None, 8);
    play.answer_at(joining[0].0, 0, statuses(Vec::new()), 9);
    play.lose();
    play.list_version = 9;
    play.come_back(true);
    assert_eq!(play.asked(), [], "it is right");
}

#[test]
fn w7_a_list_that_was_cleared_while_away_has_nobody_to_unsubscribe_from() {
    let mut play = Play::logged_in();
    subscribe(&mut play, &["bob", "carol"], 5);
    unsubscribe(&mut play, &["bob"], 6);
    play.lose();
    play.list_version = 8;
    play.come_back(false);
    let asked = play.asked();
    assert_eq!(unsubscribes(&asked), []);
    assert_eq!(subscribes(&asked)[0].1, ["carol"]);
}

#[test]
fn w7_a_whole_list_unsubscribed_from_is_cleared_again_before_anything_else() {
    let mut play = Play::logged_in();
    subscribe(&mut play, &["bob", "carol"], 5);
    unsubscribe(&mut play, &[], 6);
    subscribe(&mut play, &["dave"], 7);
    play.lose();
    play.list_version = 5;
    play.come_back(false);
    let asked = play.asked();
    assert_eq!(unsubscribes(&asked)[0].1, Vec::<String>::new());
    assert_eq!(subscribes(&asked), [], "they would go with the rest");
    // Refused for being too many: not forgotten.
    play.answer(asked[0].0, 60018, None);
    play.sleep();
    let asked = play.asked();
    assert_eq!(unsubscribes(&asked).len(), 1);
    // And lost a second time, in the middle.
    play.lose();
    play.come_back(true);
    let asked = play.asked();
    let leaving = unsubscribes(&asked);
    assert_eq!(leaving[0].1, Vec::<String>::new());
    play.answer_at(leaving[0].0, 0, None, 8);
    assert_eq!(subscribes(&play.asked())[0].1, ["dave"]);
}

#[test]
fn w7_unsubscribing_again_goes_in_batches_within_the_quota_and_is_never_forgotten() {
    let mut play = Play::logged_in();
    play.limits.subscribe_users_max = 10;
    play.limits.requests_per_window = 2;
    let users: Vec<String> = (0..45).map(|number| format!("u{number}")).collect();
    let names: Vec<&str> = users.iter().map(String::as_str).collect();
    subscribe(&mut play, &names, 5);
    unsubscribe(&mut play, &names, 6);
    play.wait(Duration::from_secs(6));
    play.lose();
    play.list_version = 5;
    play.come_back(false);
    let mut left: Vec<String> = Vec::new();
    let mut refused = 0;
    for _ in 0..20 {
        for (id, users) in unsubscribes(&play.asked()) {
            assert!(users.len() <= 10 && !users.is_empty());
            // Every other one is refused: another device has used the window.
            if refused <= left.len() / 10 && refused < 3 {
                refused += 1;
                play.answer(id, 60018, None);
            } else {
                left.extend(users);
                play.answer_at(id, 0, None, 7);
            }
        }
        if left.len() == users.len() {
            break;
        }
        play.sleep();
    }
    left.sort();
    let mut users = users;
    users.sort();
    assert_eq!(left, users);
    assert_eq!(refused, 3);
}

#[test]
fn w7_who_is_being_subscribed_to_is_not_unsubscribed_from_again() {
    let mut play = Play::logged_in();
    subscribe(&mut play, &["bob", "carol"], 5);
    unsubscribe(&mut play, &["bob", "carol"], 6);
    play.lose();
    let joining = play.submit(Request::Subscribe(vec!["bob".to_owned()]));
    play.list_version = 5;
    play.come_back(false);
    let asked = play.asked();
    assert_eq!(unsubscribes(&asked)[0].1, ["carol"]);
    play.answer_at(unsubscribes(&asked)[0].0, 0, None, 7);
    play.answer_at(joining.0, 0, statuses(Vec::new()), 8);
    play.sleep(); // Another look at what is still to be put right: nothing.
    assert_eq!(play.asked(), []);
}

#[test]
fn s7_an_id_that_nobody_can_have_is_passed_on_and_subscribed_to_by_nobody() {
    let mut play = Play::logged_in();
    let ids = ["bob", "has space", "", "carol", "字", &"x".repeat(33)].map(str::to_owned);
    let id = play.submit(Request::Subscribe(ids.to_vec()));
    assert_eq!(subscribes(&play.asked())[0].1, ids);
    let all = ids.iter().map(|user| status(user, 0)).collect();
    play.answer(id.0, 0, statuses(all));
    assert!(matches!(&play.replies[&id], Ok(Answer::Statuses(list)) if list.len() == ids.len()));
    play.lose();
    play.come_back(false);
    assert_eq!(subscribes(&play.asked())[0].1, ["bob", "carol"]);
}

#[test]
fn s7_unsubscribing_from_ids_that_nobody_can_have_clears_nothing() {
    for ids in [vec!["has space"], vec![""], vec!["", "has space"]] {
        let mut play = Play::logged_in();
        subscribe(&mut play, &["bob"], 5);
        let leaving: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
        let id = play.submit(Request::Unsubscribe(leaving.clone()));
        assert_eq!(
            unsubscribes(&play.asked())[0].1,
            leaving,
            "never an empty list"
        );
        play.answer(id.0, 0, None);
        play.lose();
        play.come_back(false);
        let asked = play.asked();
        assert_eq!(unsubscribes(&asked), []);
        assert_eq!(subscribes(&asked)[0].1, ["bob"]);
    }
}

/// Comes back; the login, which fit in a frame.
fn play_back(play: &mut Play) -> userstatus_wire::v1::Login {
    play.lose();
    let login = play.come_back(true);
    play.told();
    let bytes = prost::Message::encoded_len(&login);
    assert!(bytes <= CLIENT_FRAME_BYTES_MAX, "{bytes}");
    login
}

/// Logged in to a list that an earlier login, another process or another device has made.
fn logged_in_to_a_list(keep_ms: u32) -> Play {
    let mut play = Play::new();
    play.limits.subscriptions_keep_ms = keep_ms;
    play.list = vec!["bob".to_owned(), "carol".to_owned()];
    play.list_version = 5;
    let id = play.submit(crate::play::login("alice"));
    play.connect();
    let asked = play.asked();
    play.welcome();
    play.let_in(asked[0].0, true);
    assert_eq!(play.code(id), 0);
    play.list = Vec::new();
    play
}

fn joined_again(play: &mut Play) -> Vec<String> {
    let mut users = Vec::new();
    for (_, _, body) in play.asked() {
        match body {
            Asked::Subscribe(subscribe) => users.extend(subscribe.user_ids),
            other => panic!("{other:?}"),
        }
    }
    users
}

#[test]
fn w7_a_list_from_before_the_login_is_subscribed_to_again_when_it_was_cleared_meanwhile() {
    let mut play = logged_in_to_a_list(600_000);
    let id = play.submit(Request::Unsubscribe(vec!["carol".to_owned()]));
    play.asked();
    play.answer_at(id.0, 0, None, 6);
    play.lose();
    play.now += Duration::from_secs(600);
    play.list_version = 7;
    play.come_back(false);
    assert_eq!(joined_again(&mut play), ["bob"]);
}

#[test]
fn w7_a_logout_ends_what_the_list_was_and_the_next_login_says_what_it_is() {
    let mut play = logged_in_to_a_list(600_000);
    play.submit(Request::Logout);
    let asked = play.asked();
    play.answer(asked[0].0, 0, None);
    play.actions.clear();
    play.list = vec!["dave".to_owned()];
    play.submit(crate::play::login("alice"));
    play.connect();
    let asked = play.asked();
    play.welcome();
    play.let_in(asked[0].0, true);
    play.lose();
    play.now += Duration::from_secs(600);
    play.come_back(false);
    assert_eq!(joined_again(&mut play), ["dave"]);
}

#[test]
fn w6_a_list_that_another_device_emptied_is_not_filled_again() {
    let mut play = logged_in_to_a_list(600_000);
    play.lose();
    play.now += Duration::from_secs(60);
    play.list_version = 6;
    play.come_back(false);
    assert_eq!(joined_again(&mut play), [""; 0]);
    // Nor later.
    play.lose();
    play.now += Duration::from_secs(6_000);
    play.come_back(false);
    assert_eq!(joined_again(&mut play), [""; 0]);
}

#[test]
fn w7_a_list_that_may_be_lost_is_subscribed_to_again_however_short_the_absence() {
    let mut play = logged_in_to_a_list(600_000);
    play.lose();
    play.list_version = 6;
    play.list_lost = true;
    play.come_back(false);
    assert_eq!(joined_again(&mut play), ["bob", "carol"]);
}
