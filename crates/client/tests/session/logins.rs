//! Logging in and out, kicks, UserSigs.

use crate::play::{Asked, FromClient, FromServer, Play, login};
use std::time::Duration;
use userstatus_client::session::Action;
use userstatus_client::{Event, LoginStatus, Request};
use userstatus_wire::v1;

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
fn a_login_that_cannot_reach_the_server_tries_for_30_s_and_ends_with_9523() {
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
    assert_eq!(play.code(id), 9523);
    let Err(error) = &play.replies[&id] else {
        panic!("it failed")
    };
    assert!(
        error.desc.ends_with(": cut"),
        "what was seen: {}",
        error.desc
    );
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
    let other = play.submit(login("bob"));
    assert_eq!(play.code(other), 7014);
    assert_eq!(play.session.login_user(), Some("alice"));
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
fn what_a_refused_reconnect_leads_to() {
    #[derive(Debug, PartialEq)]
    enum End {
        Kicked,
        SigExpired,
        ComesBack,
    }
    for (code, end) in [
        (6208, End::Kicked),
        (70052, End::Kicked),
        (70001, End::SigExpired),
        (70002, End::SigExpired),
        (70003, End::SigExpired),
        (70009, End::SigExpired),
        (70013, End::SigExpired),
        (70014, End::SigExpired),
        (70020, End::SigExpired),
        (70050, End::ComesBack),
        (70500, End::ComesBack),
        (60018, End::ComesBack),
        (99_999, End::ComesBack),
    ] {
        let mut play = Play::logged_in();
        play.lose();
        play.sleep();
        play.connect();
        let asked = play.asked();
        play.welcome();
        play.events.clear();
        play.answer(asked[0].0, code, None);
        let told = match &play.events[..] {
            [Event::KickedOffline(error)] if error.code == code => End::Kicked,
            [Event::UserSigExpired(error)] if error.code == code => End::SigExpired,
            [Event::Connection(_)] => End::ComesBack,
            other => panic!("{code}: {other:?}"),
        };
        assert_eq!(told, end, "{code}");
        let goes_on = end == End::ComesBack;
        assert_eq!(play.session.next_timeout().is_some(), goes_on, "{code}");
        assert_eq!(
            play.session.login_status() == LoginStatus::LoggedIn,
            goes_on,
            "{code}"
        );
        assert_eq!(play.actions, [Action::Close], "{code}");
    }
}

#[test]
fn what_a_server_that_sends_a_client_out_leads_to() {
    for (code, is_about_sig) in [
        (6208, false),
        (70052, false),
        (70001, true),
        (70009, true),
        (70020, true),
        (99_999, false),
    ] {
        let mut play = Play::logged_in();
        let pending = play.submit(Request::ListFriends);
        play.receive(FromServer::Kicked(v1::Kicked {
            code,
            desc: "why".to_owned(),
        }));
        assert_eq!(play.code(pending), code);
        match &play.events[..] {
            [Event::KickedOffline(error)] if !is_about_sig => assert_eq!(error.code, code),
            [Event::UserSigExpired(error)] if is_about_sig => assert_eq!(error.code, code),
            other => panic!("{code}: {other:?}"),
        }
        assert_eq!(play.session.login_status(), LoginStatus::LoggedOut);
        assert_eq!(play.session.next_timeout(), None, "{code}: it is over");
    }
}

#[test]
fn too_many_logins_of_an_account_end_its_own_login_and_delay_a_reconnect() {
    let mut play = Play::new();
    let id = play.submit(login("alice"));
    play.connect();
    let asked = play.asked();
    play.welcome();
    play.answer(asked[0].0, 60018, None);
    assert_eq!(play.code(id), 60018);
    assert_eq!(play.session.next_timeout(), None);

    let mut play = Play::logged_in();
    play.lose();
    for _ in 0..20 {
        let (id, _) = play.knock();
        play.answer(id, 60018, None);
        assert_eq!(play.session.login_status(), LoginStatus::LoggedIn);
    }
    play.come_back(true);
    let id = play.submit(Request::SetSelfStatus("here".to_owned()));
    assert_eq!(play.asked().len(), 1);
    play.answer(id.0, 0, None);
    assert_eq!(play.code(id), 0);
}

#[test]
fn a_login_on_a_server_that_cannot_read_this_client_says_so_at_once() {
    let mut play = Play::new();
    let id = play.submit(login("alice"));
    play.connect();
    play.written();
    play.receive(FromServer::Closing(v1::Closing {
        code: 70402,
        desc: "update the older side".to_owned(),
    }));
    let error = play.replies[&id].as_ref().expect_err("refused");
    assert_eq!(
        (error.code, error.desc.as_str()),
        (70402, "update the older side")
    );
    assert_eq!(play.session.next_timeout(), None);
}

#[test]
fn a_login_on_a_connection_broken_off_for_another_reason_goes_on() {
    let mut play = Play::new();
    let id = play.submit(login("alice"));
    play.connect();
    play.written();
    play.receive(FromServer::Closing(v1::Closing {
        code: 70500,
        desc: "not now".to_owned(),
    }));
    play.sleep();
    play.connect();
    let asked = play.asked();
    assert_eq!(asked[0].0, id.0);
    play.welcome();
    play.let_in(asked[0].0, false);
    assert_eq!(play.code(id), 0);
}

#[test]
fn a_session_shown_in_a_log_holds_no_usersig() {
    let mut play = Play::new();
    let request = Request::Login {
        user_id: "alice".to_owned(),
        user_sig: "eJwsecret".to_owned(),
    };
    assert!(!format!("{request:?}").contains("secret"));
    play.submit(request);
    play.connect();
    let shown = format!("{:?}", play.session);
    assert!(
        shown.contains("alice") && !shown.contains("secret"),
        "{shown}"
    );
}

#[test]
fn data_set_before_or_during_a_login_reaches_the_server() {
    let mut play = Play::new();
    let early = play.submit(Request::SetUserDefinedData(b"early".to_vec()));
    assert_eq!(play.code(early), 0);
    play.submit(login("alice"));
    play.connect();
    let asked = play.asked();
    let [(id, _, Asked::Login(login))] = &asked[..] else {
        panic!("{asked:?}")
    };
    assert_eq!(login.user_defined_data, b"early");
    let late = play.submit(Request::SetUserDefinedData(b"late".to_vec()));
    assert_eq!(play.code(late), 0);
    play.welcome();
    play.let_in(*id, false);
    let asked = play.asked();
    assert!(
        matches!(&asked[..], [(_, _, Asked::SetUserDefinedData(set))] if set.data == b"late"),
        "{asked:?}"
    );
}
