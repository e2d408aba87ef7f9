//! A UserSig that ends while its user is logged in (D3).

use crate::harness::{Puppet, Relay, Server, eventually, mint, now_s, online};

const OTHER_KEY: &str = "another secret that only the tests share";

/// Logs in through a relay with a UserSig that is good for so long. When it ends, in seconds since 1970.
fn enter_for(server: &Server, road: &Relay, puppet: &Puppet, expire_s: u64) -> u64 {
    assert_eq!(
        puppet.call(&server.init_command(&road.address(), "Linux")),
        0
    );
    let minted_at_s = now_s();
    let sig = mint(
        Server::SECRET_KEY,
        server.app_id,
        "alice",
        minted_at_s,
        expire_s,
    );
    puppet.done(&format!("login alice {sig}"));
    puppet.network_becomes(0);
    minted_at_s + expire_s
}

fn passes(at_s: u64) {
    eventually("the UserSig has ended", || (now_s() > at_s).then_some(()));
}

#[test]
fn d3_the_end_is_told_ahead_once_and_when_it_is_there_and_the_session_goes_on() {
    let server = Server::start();
    let road = Relay::to(&server.address);
    let alice = server.puppet("alice");
    enter_for(&server, &road, &alice, 5);
    let notice = alice.next("expiring");
    let expires_in_ms = notice["expires_in_ms"].as_i64().expect("a number");
    assert!((1..=5_000).contains(&expires_in_ms), "{notice}");
    alice.next("expired");
    assert_eq!(alice.call("login-status"), 1, "the session goes on");
    assert_eq!(alice.get(&["alice"]), [online("alice")]);
    assert_eq!((alice.count("expiring"), alice.count("expired")), (1, 1));
    // A reconnect needs a good one.
    road.cut();
    alice.next("expired");
    assert_eq!(alice.call("login-status"), 3);
    alice.done(&server.login_command("alice"));
    assert_eq!(alice.count("kicked"), 0);
}

#[test]
fn d3_a_renewal_while_logged_in_is_noticed_by_nobody_and_serves_from_then_on() {
    let server = Server::start();
    let road = Relay::to(&server.address);
    let alice = server.puppet("alice");
    let bob = server.enter("bob");
    bob.subscribe(&["alice"]);
    let ends_at_s = enter_for(&server, &road, &alice, 4);
    bob.hears(&online("alice"));
    alice.next("expiring");
    alice.done(&server.login_command("alice"));
    passes(ends_at_s + 1);
    bob.hears_no_more_of("alice");
    assert_eq!(alice.get(&["alice"]), [online("alice")]);
    assert_eq!(alice.count("expired"), 0);
    road.cut();
    alice.network_becomes(0);
    assert_eq!(alice.get(&["alice"]), [online("alice")]);
    assert_eq!(alice.call("login-status"), 1);
}

#[test]
fn d3_a_renewal_is_checked_like_any_login_and_if_it_is_refused_the_old_usersig_stays() {
    let server = Server::start();
    let road = Relay::to(&server.address);
    let alice = server.puppet("alice");
    enter_for(&server, &road, &alice, 600);
    let (app, now) = (server.app_id, now_s());
    for (sig, code) in [
        (mint(Server::SECRET_KEY, app, "alice", now - 100, 50), 70001),
        ("rubbish".to_owned(), 70003),
        (mint(OTHER_KEY, app, "alice", now, 600), 70009),
        (mint(Server::SECRET_KEY, app, "bob", now, 600), 70013),
        (mint(Server::SECRET_KEY, app + 1, "alice", now, 600), 70014),
    ] {
        alice.refused(&format!("login alice {sig}"), code);
        assert_eq!(alice.call("login-status"), 1, "after {code}");
    }
    assert_eq!(alice.call("login alice "), -4);
    road.cut();
    alice.network_becomes(0);
    assert_eq!(alice.get(&["alice"]), [online("alice")]);
    assert_eq!((alice.count("expired"), alice.count("kicked")), (0, 0));
}

#[test]
fn a_usersig_longer_than_any_is_refused_through_the_callback() {
    let server = Server::start();
    let alice = server.puppet("alice");
    let road = Relay::to(&server.address);
    assert_eq!(
        alice.call(&server.init_command(&road.address(), "Linux")),
        0
    );
    let long = format!("login alice {}", "x".repeat(300_000));
    let desc = alice.refused(&long, 70003);
    assert!(desc.contains("2048"), "{desc}");
    assert_eq!(alice.call("login-status"), 3);
    alice.done(&server.login_command("alice"));
    alice.network_becomes(0);
    alice.refused(&long, 70003);
    road.cut();
    alice.network_becomes(0);
    assert_eq!(alice.get(&["alice"]), [online("alice")]);
}

#[test]
fn d3_a_renewal_without_a_connection_is_answered_when_there_is_one() {
    let server = Server::start();
    let road = Relay::to(&server.address);
    let alice = server.puppet("alice");
    let ends_at_s = enter_for(&server, &road, &alice, 4);
    road.close();
    road.cut();
    alice.network_becomes(1);
    let renewed = alice.begin(&server.login_command("alice"));
    passes(ends_at_s);
    assert_eq!(alice.peek(renewed), None);
    road.open();
    assert_eq!(alice.answer(renewed).code, 0);
    assert_eq!(alice.get(&["alice"]), [online("alice")]);
    assert_eq!(alice.count("expired"), 0);
}

#[test]
fn d3_a_renewal_refused_when_the_connection_is_back_leaves_the_old_usersig_to_come_back_with() {
    let server = Server::start();
    let road = Relay::to(&server.address);
    let alice = server.puppet("alice");
    enter_for(&server, &road, &alice, 600);
    road.close();
    road.cut();
    alice.network_becomes(1);
    let renewed = alice.begin("login alice rubbish");
    road.open();
    assert_eq!(alice.answer(renewed).code, 70003);
    assert_eq!(alice.get(&["alice"]), [online("alice")]);
    assert_eq!(alice.call("login-status"), 1);
    assert_eq!((alice.count("expired"), alice.count("kicked")), (0, 0));
}

#[test]
fn d3_where_the_app_says_so_the_end_closes_the_session() {
    let server = Server::start();
    server.set("--sig-end close --sig-close-grace-ms 1000");
    let road = Relay::to(&server.address);
    let alice = server.puppet("alice");
    enter_for(&server, &road, &alice, 3);
    // Told that it has ended, and then that it is out.
    alice.next("expired");
    alice.next("expired");
    assert_eq!(alice.call("login-status"), 3);
    assert_eq!(alice.count("kicked"), 0);
    alice.refused(r#"get ["alice"]"#, 6014);
    alice.done(&server.login_command("alice"));
}

#[test]
fn d3_a_key_that_is_removed_closes_the_sessions_it_let_in_and_they_do_not_come_back() {
    let server = Server::start();
    let app = server.app_id.to_string();
    let alice = server.enter("alice");
    server.operate(&["app", "key-add", &app, "--secret-key", OTHER_KEY]);
    let with_other_key = |user: &str| {
        let sig = mint(OTHER_KEY, server.app_id, user, now_s(), 600);
        format!("login {user} {sig}")
    };
    let bob = server.puppet("bob");
    assert_eq!(bob.call(&server.init_command(&server.address, "Linux")), 0);
    bob.done(&with_other_key("bob"));
    server.operate(&["app", "key-remove", &app, "1"]);
    alice.next("expired");
    assert_eq!(alice.call("login-status"), 3);
    alice.refused(&server.login_command("alice"), 70009);
    alice.done(&with_other_key("alice"));
    assert_eq!(bob.get(&["bob"]), [online("bob")]);
    assert_eq!((bob.count("expired"), alice.count("kicked")), (0, 0));
}

#[test]
fn d3_an_app_that_is_removed_sends_its_clients_out_for_good() {
    let server = Server::start();
    let app = server.app_id.to_string();
    let alice = server.enter("alice");
    server.operate(&["app", "delete", &app, "--yes"]);
    alice.next("expired");
    assert_eq!(alice.call("login-status"), 3);
    alice.refused(&server.login_command("alice"), 70020);
}
