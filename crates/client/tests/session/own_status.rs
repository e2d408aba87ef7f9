//! What a reconnect brings back of one's own (S9).

use crate::play::{FromServer, Play, login, push, status};
use userstatus_client::session::RequestId;
use userstatus_client::{Event, Request};
use userstatus_wire::v1;

fn set(play: &mut Play, text: &str, version: u64) {
    let id = play.submit(Request::SetSelfStatus(text.to_owned()));
    play.asked();
    play.answer_at(id.0, 0, None, version);
    assert_eq!(play.code(id), 0);
}

/// What the next reconnect brings.
fn brought(play: &mut Play) -> (String, u64) {
    play.lose();
    let login = play.come_back(true);
    (login.custom_status, login.custom_status_version)
}

fn own(text: &str, version: u64) -> v1::UserStatus {
    v1::UserStatus {
        custom_status: text.to_owned(),
        ..status("alice", version)
    }
}

fn nothing() -> (String, u64) {
    (String::new(), 0)
}

#[test]
fn s9_a_reconnect_brings_what_this_instance_last_set() {
    let mut play = Play::logged_in();
    assert_eq!(brought(&mut play), nothing());
    set(&mut play, "in the lobby", 200);
    set(&mut play, "in a match", 300);
    play.own = own("in a match", 301);
    for _ in 0..3 {
        assert_eq!(brought(&mut play), ("in a match".to_owned(), 300));
    }
    // An own clear counts as well: a server that a crash took back has the text still.
    set(&mut play, "", 400);
    play.own = own("", 401);
    assert_eq!(brought(&mut play), (String::new(), 400));
}

#[test]
fn s9_a_set_that_was_refused_or_never_answered_is_not_brought() {
    let mut play = Play::logged_in();
    set(&mut play, "in the lobby", 200);
    play.own = own("in the lobby", 200);
    let refused = play.submit(Request::SetSelfStatus("too long".to_owned()));
    play.asked();
    play.answer(refused.0, 6017, None);
    assert_eq!(brought(&mut play), ("in the lobby".to_owned(), 200));
    let on_its_way = play.submit(Request::SetSelfStatus("in a match".to_owned()));
    play.asked();
    assert_eq!(brought(&mut play), ("in the lobby".to_owned(), 200));
    // It goes again, behind the login.
    let asked = play.asked();
    assert_eq!(
        (RequestId(asked[0].0), asked[0].1),
        (on_its_way, true),
        "{asked:?}"
    );
    play.answer_at(on_its_way.0, 0, None, 300);
    play.own = own("in a match", 300);
    assert_eq!(brought(&mut play), ("in a match".to_owned(), 300));
}

#[test]
fn s9_what_another_device_set_since_is_not_taken_back() {
    let mut play = Play::logged_in();
    set(&mut play, "mine", 200);
    play.receive(push(vec![own("mine", 200), status("bob", 500)]));
    play.receive(push(vec![own("theirs", 300)]));
    play.own = own("", 301);
    assert_eq!(brought(&mut play), nothing());

    // Set while this one was away.
    let mut play = Play::logged_in();
    set(&mut play, "mine", 200);
    play.own = own("theirs", 300);
    assert_eq!(brought(&mut play), ("mine".to_owned(), 200));
    assert_eq!(brought(&mut play), nothing());
}

#[test]
fn s9_a_push_that_comes_late_takes_nothing_back() {
    let mut play = Play::logged_in();
    set(&mut play, "first", 200);
    set(&mut play, "second", 201);
    play.receive(push(vec![own("first", 200)]));
    play.own = own("second", 201);
    assert_eq!(brought(&mut play), ("second".to_owned(), 201));
}

#[test]
fn s9_an_own_new_login_a_logout_and_a_kick_forget_it() {
    let again = |play: &mut Play| {
        play.actions
            .retain(|action| *action == userstatus_client::session::Action::Connect);
        let id = play.submit(login("alice"));
        play.connect();
        let asked = play.asked();
        play.welcome();
        play.let_in(asked[0].0, false);
        assert_eq!(play.code(id), 0);
    };
    let mut play = Play::logged_in();
    set(&mut play, "in a match", 200);
    let logout = play.submit(Request::Logout);
    play.asked();
    play.answer(logout.0, 0, None);
    again(&mut play);
    assert_eq!(brought(&mut play), nothing());

    set(&mut play, "in a match", 300);
    play.receive(FromServer::Kicked(v1::Kicked {
        code: 6208,
        desc: String::new(),
    }));
    assert!(matches!(play.events.pop(), Some(Event::KickedOffline(_))));
    again(&mut play);
    assert_eq!(brought(&mut play), nothing());
}

#[test]
fn s9_a_server_that_names_no_version_is_brought_nothing() {
    let mut play = Play::logged_in();
    set(&mut play, "in a match", 0);
    assert_eq!(brought(&mut play), nothing());
}

#[test]
fn n7_a_login_fits_in_a_frame_whatever_it_brings_and_names_the_newest() {
    let mut play = Play::logged_in();
    play.limits.custom_status_bytes_max = 4_096;
    play.lose();
    play.come_back(true);
    let text = "字".repeat(1_365);
    set(&mut play, &text, u64::MAX / 2);
    play.own = own(&text, u64::MAX / 2);
    let users: Vec<String> = (0..9_000).map(|number| format!("{number:0>32}")).collect();
    for (number, user) in users.iter().enumerate() {
        play.receive(push(vec![status(user, (1 << 50) + number as u64)]));
    }
    play.lose();
    let login = play.come_back(true);
    let bytes = prost::Message::encoded_len(&login);
    assert!(bytes < userstatus_wire::CLIENT_FRAME_BYTES_MAX, "{bytes}");
    assert_eq!(login.custom_status, text);
    assert!(login.known.len() > 5_000, "{}", login.known.len());
    let named: Vec<u64> = login
        .known
        .iter()
        .filter(|known| known.user_id != "alice")
        .map(|known| known.version)
        .collect();
    let oldest = named.iter().min().expect("others are named");
    assert_eq!(
        named.len() as u64,
        (1 << 50) + 9_000 - oldest,
        "those left out are the oldest"
    );
}
