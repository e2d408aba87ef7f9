//! Heartbeats, losses, and coming back.

use crate::play::{FromClient, FromServer, Play};
use std::time::Duration;
use userstatus_client::session::Action;
use userstatus_client::{ConnectionState, Event, LoginStatus, NetworkChange, Request};
use userstatus_wire::{WireError, v1};

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

#[test]
fn a_connection_that_is_used_and_never_answers_is_given_up_all_the_same() {
    let mut play = Play::logged_in();
    let start = play.now;
    // Something is always sent before a heartbeat is due, and some of it is always waited for.
    while play.session.login_status() == LoginStatus::LoggedIn
        && !play.actions.contains(&Action::Close)
    {
        play.submit(Request::SetSelfStatus("still here".to_owned()));
        play.wait(Duration::from_secs(1));
        assert!(
            play.now - start <= Duration::from_secs(25),
            "it goes on for ever"
        );
    }
    assert_eq!(
        play.session.login_status(),
        LoginStatus::LoggedIn,
        "and is made again"
    );
}

#[test]
fn a_server_slow_with_one_request_is_not_given_up() {
    let mut play = Play::logged_in();
    let id = play.submit(Request::ListFriends);
    play.written();
    play.sleep();
    let written = play.written();
    let [FromClient::Ping(ping)] = &written[..] else {
        panic!("{written:?}")
    };
    play.receive(FromServer::Pong(v1::Pong {
        nonce: ping.nonce,
        server_time_ms: 1,
    }));
    play.wait(Duration::from_secs(60));
    assert_eq!(play.code(id), 9520);
    assert_eq!(play.actions, []);
}

#[test]
fn s6_a_silent_loss_is_told_within_20_s_of_a_call() {
    let mut play = Play::logged_in();
    play.written();
    play.wait(Duration::from_secs(60));
    let asked_at = play.now;
    let id = play.submit(Request::SetSelfStatus("anybody there?".to_owned()));
    play.written();
    while !play.actions.contains(&Action::Close) {
        play.sleep();
        play.written();
    }
    assert_eq!(play.now - asked_at, Duration::from_secs(15));
    assert!(!play.replies.contains_key(&id) || play.code(id) == 9520);
    assert!(
        play.events
            .iter()
            .any(|event| matches!(event, Event::Connection(ConnectionState::Disconnected(_))))
    );
}

#[test]
fn s6_a_client_may_ask_for_more_heartbeats_and_not_for_fewer() {
    for (own_s, expected_s) in [(10, 10), (119, 119), (120, 120), (600, 120)] {
        let mut play = Play::with_heartbeat(Duration::from_secs(own_s));
        play.written();
        let sent_at = play.now;
        play.sleep();
        assert!(matches!(&play.written()[..], [FromClient::Ping(_)]));
        assert_eq!(
            play.now - sent_at,
            Duration::from_secs(expected_s),
            "{own_s}"
        );
    }
}

#[test]
fn a_network_that_is_gone_is_told_at_once_and_one_that_is_back_is_used_at_once() {
    let mut play = Play::logged_in();
    play.session.network_changed(NetworkChange::Gone, play.now);
    play.drain();
    assert_eq!(play.actions, [Action::Close]);
    assert!(
        matches!(
            &play.events[..],
            [Event::Connection(ConnectionState::Disconnected(_))]
        ),
        "{:?}",
        play.events
    );
    assert_eq!(play.session.login_status(), LoginStatus::LoggedIn);
    // Nobody may say that it is back: it is tried all the same.
    assert!(play.session.next_timeout().is_some());
    play.actions.clear();
    play.session.network_changed(NetworkChange::Gone, play.now);
    play.drain();
    assert_eq!(play.actions, [], "it is known");
    play.session.network_changed(NetworkChange::Back, play.now);
    play.drain();
    assert_eq!(play.actions, [Action::Connect], "without a wait");
}

#[test]
fn a_network_that_changed_is_probed_and_an_attempt_on_the_old_one_begins_anew() {
    let mut play = Play::logged_in();
    play.session
        .network_changed(NetworkChange::Changed, play.now);
    assert!(matches!(&play.written()[..], [FromClient::Ping(_)]));
    let changed_at = play.now;
    play.sleep();
    assert_eq!(play.now - changed_at, Duration::from_secs(3));
    assert_eq!(play.actions, [Action::Close], "nothing answered");
    play.sleep();
    play.actions.clear();
    play.events.clear();
    play.session
        .network_changed(NetworkChange::Changed, play.now);
    play.drain();
    assert_eq!(play.actions, [Action::Connect]);
    assert_eq!(play.events, [], "it was told already");
}

#[test]
fn a_network_that_changes_while_logged_out_changes_nothing() {
    let mut play = Play::new();
    for change in [
        NetworkChange::Gone,
        NetworkChange::Changed,
        NetworkChange::Back,
    ] {
        play.session.network_changed(change, play.now);
        play.drain();
        assert_eq!((&play.actions[..], &play.events[..]), (&[][..], &[][..]));
    }
}

#[test]
fn a_server_that_says_nothing_is_waited_for_less_where_there_is_another() {
    let mut play = Play::logged_in();
    play.lose();
    play.sleep();
    play.connect();
    let connected_at = play.now;
    let patience = Duration::from_secs(3);
    play.session.expect_welcome_within(patience, play.now);
    play.written();
    play.sleep();
    assert_eq!(play.now - connected_at, patience);
    assert_eq!(play.actions, [Action::Close]);
}

#[test]
fn probing_again_and_again_sends_one_ping() {
    let mut play = Play::logged_in();
    for _ in 0..100 {
        play.session.probe(play.now);
    }
    assert_eq!(play.written().len(), 1);
}

#[test]
fn a_server_cannot_send_its_clients_away_for_no_time_nor_for_ever() {
    for (after_ms, wait) in [
        (0, Duration::from_millis(50)),
        (3_000, Duration::from_secs(3)),
        (u32::MAX, Duration::from_secs(600)),
    ] {
        let mut play = Play::logged_in();
        play.receive(FromServer::Goaway(v1::Goaway {
            reconnect_after_ms: after_ms,
            desc: String::new(),
        }));
        let left_at = play.now;
        play.sleep();
        assert_eq!(play.actions, [Action::Close, Action::Connect]);
        assert_eq!(play.now - left_at, wait);
    }
}

#[test]
fn a_server_that_lets_in_and_drops_at_once_is_asked_less_and_less() {
    let mut play = Play::logged_in();
    let mut waits = Vec::new();
    for _ in 0..12 {
        play.lose();
        let lost_at = play.now;
        play.come_back(true);
        waits.push(play.now - lost_at);
    }
    assert!(
        waits[0] <= Duration::from_millis(500),
        "the first is quick: {waits:?}"
    );
    let longest = waits.iter().max().expect("there are some");
    assert!(*longest > Duration::from_secs(5), "{waits:?}");
    // One that held begins anew.
    play.wait(Duration::from_secs(6));
    play.lose();
    let lost_at = play.now;
    play.come_back(true);
    assert!(play.now - lost_at <= Duration::from_millis(500));
}

#[test]
fn what_is_no_frame_is_a_loss_and_before_the_welcome_a_hint_at_tls() {
    let mut play = Play::logged_in();
    play.session
        .handle_malformed(&WireError::EmptyFrame, play.now);
    play.drain();
    assert_eq!(play.actions, [Action::Close]);
    let [Event::Connection(ConnectionState::Disconnected(reason))] = &play.events[..] else {
        panic!("{:?}", play.events)
    };
    assert!(!reason.contains("TLS"), "{reason}");

    play.sleep();
    play.connect();
    play.events.clear();
    play.session
        .handle_malformed(&WireError::EmptyFrame, play.now);
    play.drain();
    let [Event::Connection(ConnectionState::ConnectFailed(reason))] = &play.events[..] else {
        panic!("{:?}", play.events)
    };
    assert!(reason.contains("tls://"), "{reason}");
}
