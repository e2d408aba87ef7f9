//! Requests: each ends once, in time, and is sent again.

use crate::play::{FromServer, Play};
use std::time::Duration;
use userstatus_client::session::{Action, PENDING_BYTES_MAX, PENDING_REQUESTS_MAX, RequestId};
use userstatus_client::{AddFriend, Answer, LoginStatus, Request};
use userstatus_wire::v1;

#[test]
fn requests_before_login_are_refused_with_6014() {
    let mut play = Play::new();
    let id = play.submit(Request::GetUserStatus(vec!["bob".to_owned()]));
    assert_eq!(play.code(id), 6014);
}

#[test]
fn a_request_that_names_nobody_is_answered_without_the_server() {
    let nobody = || Vec::<String>::new();
    let no_results = Answer::FriendResults(Vec::new());
    for (request, answer) in [
        (
            Request::GetUserStatus(nobody()),
            Answer::Statuses(Vec::new()),
        ),
        (Request::Subscribe(nobody()), Answer::Statuses(Vec::new())),
        (Request::Block(nobody()), no_results.clone()),
        (Request::Unblock(nobody()), no_results.clone()),
        (
            Request::DeleteFriends {
                user_ids: nobody(),
                both: true,
            },
            no_results,
        ),
    ] {
        let mut play = Play::new();
        let id = play.submit(request.clone());
        assert_eq!(play.code(id), 6014);
        let mut play = Play::logged_in();
        let id = play.submit(request);
        assert_eq!(play.replies[&id], Ok(answer));
        assert!(play.asked().is_empty());
    }
    let mut play = Play::logged_in();
    play.submit(Request::Unsubscribe(nobody()));
    assert_eq!(play.asked().len(), 1, "that is all of them (W6)");
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
fn r1_requests_about_friends_known_to_be_too_many_are_refused_before_they_are_sent() {
    let mut play = Play::logged_in();
    let someone = || vec!["bob".to_owned()];
    let kinds = [
        Request::ListFriends,
        Request::AddFriend(AddFriend {
            user_id: "bob".to_owned(),
            ..AddFriend::default()
        }),
        Request::DeleteFriends {
            user_ids: someone(),
            both: false,
        },
        Request::Block(someone()),
        Request::Unblock(someone()),
        Request::ListBlocked,
    ];
    for request in kinds.iter().cycle().take(20) {
        play.submit(request.clone());
    }
    assert_eq!(play.asked().len(), 20);
    for request in kinds {
        let refused = play.submit(request.clone());
        assert_eq!(play.code(refused), 7008, "{request:?}");
    }
    // Counted apart from queries.
    play.submit(Request::GetUserStatus(someone()));
    assert_eq!(play.asked().len(), 1);
    play.wait(Duration::from_secs(5));
    play.submit(Request::ListFriends);
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
    let request = Request::SetSelfStatus(String::new());
    for _ in 0..PENDING_REQUESTS_MAX {
        play.submit(request.clone());
    }
    assert!(play.replies.is_empty());
    let id = play.submit(request);
    assert_eq!(play.code(id), 7008);
}

#[test]
fn without_a_connection_what_the_server_would_refuse_is_refused_at_once() {
    let users = |count: usize| {
        (0..count)
            .map(|number| format!("u{number}"))
            .collect::<Vec<_>>()
    };
    let twice = |list: Vec<String>| [list.clone(), list].concat();
    for (request, numbers) in [
        (Request::SetSelfStatus("x".repeat(100)), None),
        (
            Request::SetSelfStatus("x".repeat(101)),
            Some(["101", "100"]),
        ),
        (
            Request::SetSelfStatus("字".repeat(34)),
            Some(["102", "100"]),
        ),
        (Request::GetUserStatus(twice(users(500))), None),
        (Request::GetUserStatus(users(501)), Some(["501", "500"])),
        (Request::Subscribe(users(100)), None),
        (Request::Subscribe(users(101)), Some(["101", "100"])),
        (Request::Unsubscribe(users(100)), None),
        (Request::Unsubscribe(users(101)), Some(["101", "100"])),
    ] {
        let mut play = Play::logged_in();
        // With one the server says, and by its limits of this moment (P3).
        let id = play.submit(request.clone());
        assert!(!play.replies.contains_key(&id));
        play.lose();
        let id = play.submit(request.clone());
        match numbers {
            None => assert!(!play.replies.contains_key(&id), "{request:?}"),
            Some(numbers) => {
                let error = play.replies[&id].as_ref().expect_err("refused");
                assert_eq!(error.code, 6017);
                assert!(
                    numbers.iter().all(|number| error.desc.contains(number)),
                    "{error}"
                );
            }
        }
    }
}

#[test]
fn requests_may_wait_for_only_so_many_bytes() {
    let mut play = Play::logged_in();
    let request = Request::SetSelfStatus("x".repeat(200_000));
    let fit = PENDING_BYTES_MAX / 200_100;
    for _ in 0..fit {
        play.submit(request.clone());
    }
    assert!(play.replies.is_empty());
    let refused = play.submit(request.clone());
    assert_eq!(play.code(refused), 7008);
    // What is answered makes room.
    let first = play.asked()[0].0;
    play.answer(first, 0, None);
    let id = play.submit(request);
    assert!(!play.replies.contains_key(&id));
}

#[test]
fn the_longest_frame_is_the_one_the_server_takes() {
    let mut play = Play::logged_in();
    play.lose();
    play.sleep();
    play.connect();
    let asked = play.asked();
    play.receive(FromServer::Welcome(v1::Welcome {
        protocol: 1,
        frame_bytes_max: 1_000,
        ..v1::Welcome::default()
    }));
    play.let_in(asked[0].0, true);
    let id = play.submit(Request::SetSelfStatus("x".repeat(1_000)));
    assert_eq!(play.code(id), 6017);
}

#[test]
fn a_code_nobody_here_knows_is_passed_on() {
    let mut play = Play::logged_in();
    let id = play.submit(Request::ListFriends);
    play.answer(id.0, 123_456, None);
    let error = play.replies[&id].as_ref().expect_err("refused");
    assert_eq!((error.code, error.desc.as_str()), (123_456, "code 123456"));
}

#[test]
fn an_unanswered_request_ends_also_while_connections_come_and_go() {
    let mut play = Play::logged_in();
    let start = play.now;
    let id = play.submit(Request::ListFriends);
    play.written();
    loop {
        play.lose();
        while !play.replies.contains_key(&id) && !play.actions.contains(&Action::Connect) {
            play.sleep();
        }
        if play.replies.contains_key(&id) {
            break;
        }
        play.connect();
        let login = play.asked()[0].0;
        play.welcome();
        play.let_in(login, true);
        assert_eq!(play.asked().len(), 1, "it is sent again");
        play.wait(Duration::from_secs(7));
    }
    assert_eq!(play.code(id), 9520);
    let took = play.now - start;
    assert!(took <= Duration::from_secs(40), "{took:?}");
}
