//! A UserSig that ends while its user is logged in, and the next one (D3).

use crate::play::{Asked, FromServer, Play};
use std::time::Duration;
use userstatus_client::session::{Action, RequestId};
use userstatus_client::{Event, LoginStatus, Request};
use userstatus_wire::{USER_SIG_BYTES_MAX, v1};

fn renew(play: &mut Play, user_sig: &str) -> RequestId {
    play.submit(Request::Login {
        user_id: "alice".to_owned(),
        user_sig: user_sig.to_owned(),
    })
}

/// The UserSig the next reconnect logs in with; the login is let in.
fn used(play: &mut Play) -> String {
    play.lose();
    play.come_back(true).user_sig
}

fn notice(play: &mut Play, expires_in_ms: u64) {
    play.receive(FromServer::SigExpiring(v1::SigExpiring { expires_in_ms }));
}

fn notices(play: &mut Play) -> Vec<Duration> {
    std::mem::take(&mut play.events)
        .into_iter()
        .filter_map(|event| match event {
            Event::UserSigExpiring { expires_in } => Some(expires_in),
            _ => None,
        })
        .collect()
}

#[test]
fn d3_the_end_of_a_usersig_is_told_once_ahead_and_once_when_it_is_there() {
    let mut play = Play::logged_in();
    notice(&mut play, 60_000);
    notice(&mut play, 59_000);
    assert_eq!(notices(&mut play), [Duration::from_secs(60)]);
    // A reconnect is told again, of the same UserSig.
    assert_eq!(used(&mut play), "sig");
    notice(&mut play, 30_000);
    notice(&mut play, 0);
    notice(&mut play, 0);
    assert_eq!(notices(&mut play), [Duration::ZERO]);
    assert_eq!(play.session.login_status(), LoginStatus::LoggedIn);
    // Of the next one it is told anew.
    let id = renew(&mut play, "new");
    play.asked();
    play.answer(id.0, 0, None);
    notice(&mut play, 50_000);
    assert_eq!(notices(&mut play), [Duration::from_secs(50)]);
}

#[test]
fn d3_a_renewal_is_checked_by_the_server_and_kept_for_reconnects() {
    let mut play = Play::logged_in();
    let id = renew(&mut play, "new");
    assert!(!play.replies.contains_key(&id), "the server is asked");
    let asked = play.asked();
    assert!(
        matches!(&asked[..], [(_, false, Asked::RenewSig(renew))] if renew.user_sig == "new"),
        "{asked:?}"
    );
    // One at a time.
    let second = renew(&mut play, "newer");
    assert_eq!(play.code(second), 6015);
    play.answer(id.0, 0, None);
    assert_eq!(play.code(id), 0);
    assert_eq!(play.actions, [], "nobody notices");
    assert_eq!(used(&mut play), "new");
}

#[test]
fn d3_a_renewal_refused_says_why_and_the_old_usersig_stays() {
    for code in [
        70001, 70002, 70003, 70009, 70013, 70014, 70020, 70052, 70050, 6017,
    ] {
        let mut play = Play::logged_in();
        let id = renew(&mut play, "bad");
        play.asked();
        play.answer(id.0, code, None);
        let error = play.replies[&id].as_ref().expect_err("refused").clone();
        assert_eq!(error.code, code);
        assert_eq!(play.session.login_status(), LoginStatus::LoggedIn);
        assert_eq!(play.events, []);
        if code == 6017 {
            assert!(error.desc.contains("does not know how to renew"), "{error}");
        }
        assert_eq!(used(&mut play), "sig", "{code}");
    }
}

#[test]
fn d3_a_renewal_that_is_not_answered_ends_and_the_old_usersig_stays() {
    let mut play = Play::logged_in();
    let id = renew(&mut play, "new");
    play.asked();
    play.wait(Duration::from_secs(10));
    assert_eq!(play.code(id), 9520);
    assert_eq!(used(&mut play), "sig");
}

#[test]
fn a_usersig_longer_than_any_is_refused_at_once_and_nothing_is_sent() {
    for length in [USER_SIG_BYTES_MAX + 1, 300_000, 1 << 20] {
        let mut play = Play::new();
        let id = renew(&mut play, &"x".repeat(length));
        let error = play.replies[&id].as_ref().expect_err("refused");
        assert_eq!(error.code, 70003);
        assert!(error.desc.contains("2048"), "{error}");
        assert_eq!(play.session.login_status(), LoginStatus::LoggedOut);
        assert_eq!(play.actions, []);

        let mut play = Play::logged_in();
        let id = renew(&mut play, &"x".repeat(length));
        assert_eq!(play.code(id), 70003);
        assert_eq!(play.asked(), []);
        assert_eq!(used(&mut play), "sig");
    }
    let mut play = Play::logged_in();
    let id = renew(&mut play, &"x".repeat(USER_SIG_BYTES_MAX));
    assert_eq!(play.asked().len(), 1, "the longest goes");
    play.answer(id.0, 0, None);
    assert_eq!(used(&mut play).len(), USER_SIG_BYTES_MAX);
}

#[test]
fn d3_a_renewal_without_a_connection_is_answered_by_the_next_login() {
    let mut play = Play::logged_in();
    play.lose();
    let id = renew(&mut play, "new");
    assert!(!play.replies.contains_key(&id));
    let login = play.come_back(true);
    assert!(login.reconnect);
    assert_eq!(login.user_sig, "new");
    assert_eq!(play.code(id), 0);
    assert_eq!(play.asked(), [], "the login was enough");
    assert_eq!(used(&mut play), "new");
}

#[test]
fn d3_a_renewal_that_was_on_its_way_when_the_connection_broke_is_answered_by_the_next_login() {
    let mut play = Play::logged_in();
    let id = renew(&mut play, "new");
    play.asked();
    play.lose();
    let login = play.come_back(true);
    assert_eq!(login.user_sig, "new");
    assert_eq!(play.code(id), 0);
    assert_eq!(used(&mut play), "new");
}

#[test]
fn d3_a_renewal_refused_at_a_reconnect_leaves_the_old_usersig_to_come_back_with() {
    for code in [70001, 70003, 70009, 70013, 70014, 70052] {
        let mut play = Play::logged_in();
        play.lose();
        let id = renew(&mut play, "bad");
        let (login, _) = play.knock();
        play.answer(login, code, None);
        assert_eq!(play.code(id), code);
        let asked = play.asked();
        let [(again, _, Asked::Login(login))] = &asked[..] else {
            panic!("{asked:?}")
        };
        assert_eq!(login.user_sig, "sig");
        play.let_in(*again, true);
        assert_eq!(play.session.login_status(), LoginStatus::LoggedIn);
        assert!(
            !play
                .events
                .iter()
                .any(|event| matches!(event, Event::UserSigExpired(_) | Event::KickedOffline(_))),
            "{:?}",
            play.events
        );
        assert_eq!(used(&mut play), "sig", "{code}");
    }
}

#[test]
fn d3_when_neither_usersig_lets_it_in_it_is_over() {
    let mut play = Play::logged_in();
    play.lose();
    let id = renew(&mut play, "bad");
    let (login, _) = play.knock();
    play.answer(login, 70009, None);
    assert_eq!(play.code(id), 70009);
    let asked = play.asked();
    play.answer(asked[0].0, 70001, None);
    assert!(
        matches!(play.events.last(), Some(Event::UserSigExpired(error)) if error.code == 70001),
        "{:?}",
        play.events
    );
    assert_eq!(play.session.login_status(), LoginStatus::LoggedOut);
    assert_eq!(play.session.next_timeout(), None);
}

#[test]
fn d3_a_renewal_that_comes_while_the_old_usersig_is_being_refused_saves_the_session() {
    let mut play = Play::logged_in();
    play.lose();
    let (login, message) = play.knock();
    assert_eq!(message.user_sig, "sig");
    let id = renew(&mut play, "new");
    play.answer(login, 70001, None);
    let asked = play.asked();
    let [(again, _, Asked::Login(login))] = &asked[..] else {
        panic!("{asked:?}")
    };
    assert_eq!(login.user_sig, "new");
    play.let_in(*again, true);
    assert_eq!(play.code(id), 0);
    assert_eq!(used(&mut play), "new");
}

#[test]
fn d3_a_renewal_that_comes_behind_the_login_under_way_is_sent_behind_it() {
    let mut play = Play::logged_in();
    play.lose();
    let (login, _) = play.knock();
    let id = renew(&mut play, "new");
    assert_eq!(play.asked(), []);
    play.let_in(login, true);
    assert!(matches!(
        &play.asked()[..],
        [(_, false, Asked::RenewSig(_))]
    ));
    play.answer(id.0, 0, None);
    assert_eq!(play.code(id), 0);
    assert_eq!(used(&mut play), "new");
}

#[test]
fn d3_a_renewal_of_the_same_usersig_that_is_refused_ends_the_session() {
    let mut play = Play::logged_in();
    play.lose();
    let id = renew(&mut play, "sig");
    let (login, _) = play.knock();
    play.answer(login, 70001, None);
    assert_eq!(play.code(id), 70001);
    assert_eq!(play.asked(), []);
    assert_eq!(play.session.login_status(), LoginStatus::LoggedOut);
    assert_eq!(play.session.next_timeout(), None);
}

#[test]
fn d3_a_renewal_ends_also_while_no_connection_can_be_made() {
    let mut play = Play::logged_in();
    play.lose();
    let id = renew(&mut play, "new");
    while !play.replies.contains_key(&id) {
        if play.actions.pop() == Some(Action::Connect) {
            play.lose();
        }
        play.sleep();
    }
    assert_eq!(play.code(id), 9523);
    assert_eq!(play.session.login_status(), LoginStatus::LoggedIn);
}

#[test]
fn a_renewal_ends_with_the_session() {
    let mut play = Play::logged_in();
    let id = renew(&mut play, "new");
    play.submit(Request::Logout);
    assert_eq!(play.code(id), 7009);

    let mut play = Play::logged_in();
    let id = renew(&mut play, "new");
    play.receive(FromServer::Kicked(v1::Kicked {
        code: 70009,
        desc: "its key was removed".to_owned(),
    }));
    assert_eq!(play.code(id), 70009);

    let mut play = Play::logged_in();
    let id = renew(&mut play, "new");
    play.session.shut_down();
    play.drain();
    assert_eq!(play.code(id), 7009);
}
