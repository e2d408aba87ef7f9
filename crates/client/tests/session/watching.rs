//! Statuses, versions, and the list of those watched.

use crate::play::{Asked, Play, push, status, statuses};
use std::time::Duration;
use userstatus_client::{Answer, LoginStatus, Request};
use userstatus_wire::CLIENT_FRAME_BYTES_MAX;

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

/// Comes back; the login, which fit in a frame.
fn play_back(play: &mut Play) -> userstatus_wire::v1::Login {
    play.lose();
    let login = play.come_back(true);
    play.told();
    let bytes = prost::Message::encoded_len(&login);
    assert!(bytes <= CLIENT_FRAME_BYTES_MAX, "{bytes}");
    login
}
