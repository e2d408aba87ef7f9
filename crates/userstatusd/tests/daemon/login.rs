//! Who is let in, and with which code the others are not (D2).

use crate::client::Client;
use crate::process::{Daemon, now_s, temp_dir};
use userstatus_usersig::{SecretKey, mint};
use userstatus_wire::v1::{self, request};

const SECOND_KEY: &str = "second, of the tests, and long enough";

const THROTTLED: i32 = 70050;

fn code_of(
    client: &mut Client,
    daemon: &Daemon,
    change: impl Fn(&mut userstatus_wire::v1::Login),
) -> i32 {
    let mut login = client.login_of(daemon, "alice");
    change(&mut login);
    match client.login(login) {
        Ok(_) => 0,
        Err(response) => {
            assert!(!response.desc.is_empty());
            response.code
        }
    }
}

#[test]
fn d2_each_bad_usersig_has_its_code_and_the_connection_may_try_again() {
    let daemon = Daemon::dev(&[]);
    let mut client = Client::greeted(daemon.server);
    let (app, key) = (daemon.app_id, &daemon.key);
    let good = daemon.sig("alice");
    let sigs = [
        (70001, mint(key, app, "alice", now_s() - 100, 60).unwrap()),
        (70002, String::new()),
        (70003, "nonsense".to_owned()),
        (70003, good[..good.len() / 2].to_owned()),
        (
            70009,
            mint(
                &SecretKey::new("another").unwrap(),
                app,
                "alice",
                now_s(),
                60,
            )
            .unwrap(),
        ),
        (70013, mint(key, app, "bob", now_s(), 60).unwrap()),
        (70014, mint(key, app + 1, "alice", now_s(), 60).unwrap()),
    ];
    for (code, sig) in sigs {
        assert_eq!(
            code_of(&mut client, &daemon, |login| login
                .user_sig
                .clone_from(&sig)),
            code
        );
    }
    assert_eq!(
        code_of(&mut client, &daemon, |login| login.app_id += 1),
        70020
    );
    assert_eq!(
        code_of(&mut client, &daemon, |login| login.app_id = 0),
        70020
    );
    assert_eq!(
        code_of(&mut client, &daemon, |login| login.user_id = "x".repeat(33)),
        6017
    );
    assert_eq!(
        code_of(&mut client, &daemon, |login| login.instance_id.truncate(15)),
        6017
    );
    assert_eq!(code_of(&mut client, &daemon, |_| {}), 0);
}

#[test]
fn d2_a_kick_by_the_operator_revokes_what_was_minted_before() {
    let daemon = Daemon::dev(&[]);
    let mut client = Client::logged_in(&daemon, "alice");
    let sig = mint(&daemon.key, daemon.app_id, "alice", now_s() - 5, 3_600).unwrap();
    let app = daemon.app_id.to_string();
    assert_eq!(
        daemon.ctl(&["account", "kick", &app, "alice"])["devices"],
        1
    );
    assert_eq!(client.kicked().code, 70052);
    let mut again = Client::greeted(daemon.server);
    assert_eq!(
        code_of(&mut again, &daemon, |login| login.user_sig.clone_from(&sig)),
        70052
    );
}

#[test]
fn d2_two_keys_are_active_while_they_are_rotated() {
    let daemon = Daemon::dev(&[]);
    let app = daemon.app_id.to_string();
    daemon.ctl(&["app", "key-add", &app, "--secret-key", SECOND_KEY]);
    let sig = mint(
        &SecretKey::new(SECOND_KEY).unwrap(),
        daemon.app_id,
        "alice",
        now_s(),
        60,
    )
    .unwrap();
    let mut client = Client::greeted(daemon.server);
    assert_eq!(
        code_of(&mut client, &daemon, |login| login
            .user_sig
            .clone_from(&sig)),
        0
    );
    Client::logged_in(&daemon, "alice");
    daemon.ctl(&["app", "key-remove", &app, "1"]);
    let mut client = Client::greeted(daemon.server);
    assert_eq!(code_of(&mut client, &daemon, |_| {}), 70009);
    assert_eq!(
        code_of(&mut client, &daemon, |login| login
            .user_sig
            .clone_from(&sig)),
        0
    );
}

fn forged(daemon: &Daemon, user: &str) -> String {
    let guess = SecretKey::new("guess").unwrap();
    mint(&guess, daemon.app_id, user, now_s(), 60).unwrap()
}

#[test]
fn forgeries_for_an_account_are_told_to_wait_and_its_owner_is_let_in() {
    let daemon = Daemon::dev(&[]);
    let bad = forged(&daemon, "alice");
    let try_it = |client: &mut Client, sig: &str| {
        code_of(client, &daemon, |login| login.user_sig = sig.to_owned())
    };
    let mut client = Client::greeted(daemon.server);
    for _ in 0..20 {
        assert_eq!(try_it(&mut client, &bad), 70009);
    }
    assert_eq!(try_it(&mut client, &bad), THROTTLED);
    let mut again = Client::greeted(daemon.server);
    let mut login = again.login_of(&daemon, "alice");
    login.user_sig.clone_from(&bad);
    let refused = again.login(login).unwrap_err();
    assert_eq!(refused.code, THROTTLED);
    assert!(refused.desc.contains("wait "), "{}", refused.desc);
    // What is wrong with one that was not forged is said all the same.
    let expired = mint(&daemon.key, daemon.app_id, "alice", now_s() - 100, 60).unwrap();
    assert_eq!(try_it(&mut client, &expired), 70001);
    assert_eq!(try_it(&mut client, &daemon.sig("alice")), 0);
    Client::logged_in(&daemon, "bob");
}

#[test]
fn forgeries_from_an_address_lock_nobody_out_who_shares_it_and_are_forgotten_in_time() {
    let dir = temp_dir();
    let config = "[[listeners]]\nplain_tcp = true\n\
                  [throttle]\nwindow_ms = 700\nforgeries_per_address_max = 3\n";
    let daemon = Daemon::serve(config, &dir.path().join("data"));
    let guess = |client: &mut Client, number: u32| {
        let user = format!("user{number}");
        code_of(client, &daemon, |login| {
            login.user_id.clone_from(&user);
            login.user_sig = forged(&daemon, &user);
        })
    };
    let mut client = Client::greeted(daemon.server);
    let codes: Vec<_> = (0..4).map(|number| guess(&mut client, number)).collect();
    assert_eq!(codes[..3], [70009; 3]);
    Client::logged_in(&daemon, "alice");
    crate::process::until("the end of the window", || {
        let mut client = Client::greeted(daemon.server);
        (guess(&mut client, 9) == 70009).then_some(())
    });
}

#[test]
fn logins_refused_for_another_reason_than_forgery_count_for_nothing() {
    let dir = temp_dir();
    let config = "[[listeners]]\nplain_tcp = true\n\
                  [throttle]\nforgeries_per_address_max = 1\nforgeries_per_account_max = 1\n";
    let daemon = Daemon::serve(config, &dir.path().join("data"));
    let (app, key) = (daemon.app_id, &daemon.key);
    for (code, sig) in [
        (70001, mint(key, app, "alice", now_s() - 100, 60).unwrap()),
        (70002, String::new()),
        (70003, "nonsense".to_owned()),
        (70013, mint(key, app, "bob", now_s(), 60).unwrap()),
        (70014, mint(key, app + 1, "alice", now_s(), 60).unwrap()),
    ] {
        let mut client = Client::greeted(daemon.server);
        for _ in 0..5 {
            let refused = code_of(&mut client, &daemon, |login| {
                login.user_sig.clone_from(&sig);
            });
            assert_eq!(refused, code);
        }
    }
    let mut client = Client::greeted(daemon.server);
    let bad = forged(&daemon, "alice");
    let mut guess = || {
        code_of(&mut client, &daemon, |login| {
            login.user_sig.clone_from(&bad)
        })
    };
    assert_eq!((guess(), guess()), (70009, THROTTLED));
    Client::logged_in(&daemon, "alice");
}

#[test]
fn a_connection_that_only_ever_has_requests_refused_is_closed() {
    let daemon = Daemon::dev(&[]);
    let mut client = Client::greeted(daemon.server);
    for _ in 0..64 {
        let list = request::Body::ListFriends(v1::ListFriends::default());
        client.send(v1::Request::new(7, list));
        assert_eq!(client.answer(7).code, 6014);
    }
    let closing = client.closed();
    assert!(
        closing.desc.contains("open another connection"),
        "{}",
        closing.desc
    );
}
