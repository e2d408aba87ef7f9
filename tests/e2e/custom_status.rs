//! Setting one's own custom status (C1 to C5).

use crate::harness::{Relay, Server, Signal, eventually, offline, online, set_command, unlogined};

#[test]
fn c1_only_the_custom_field_of_the_argument_counts() {
    let server = Server::start();
    let alice = server.enter("alice");
    let bob = server.enter("bob");
    let mallory = server.enter("mallory");
    alice.subscribe(&["bob", "mallory"]);
    let argument = r#"{"user_status_identifier":"bob","user_status_status_type":3,"user_status_custom_status":"hi","user_status_online_devices":["Web"]}"#;
    mallory.done(&format!("set {argument}"));
    alice.hears(&online("mallory").saying("hi"));
    alice.hears_no_more_of("bob");
    drop(bob);
}

#[test]
fn c2_every_device_of_the_account_and_every_watcher_is_told() {
    let server = Server::start();
    let watchers = [server.enter("alice"), server.enter("carol")];
    let bob = server.enter("bob");
    let bob_too = server.enter_on("Android", "bob");
    for watcher in &watchers {
        watcher.subscribe(&["bob"]);
    }
    bob.set_status("in a match");
    let said = online("bob").on(&["Linux", "Android"]).saying("in a match");
    for watcher in &watchers {
        watcher.hears(&said);
    }
    bob.hears_at_last(&said);
    bob_too.hears_at_last(&said);
}

#[test]
fn c3_an_empty_custom_status_clears_it() {
    let server = Server::start();
    let alice = server.enter("alice");
    let bob = server.enter("bob");
    alice.subscribe(&["bob"]);
    bob.set_status("away");
    alice.hears(&online("bob").saying("away"));
    bob.set_status("");
    alice.hears(&online("bob"));
    assert_eq!(alice.get(&["bob"]), [online("bob")]);
}

#[test]
fn c4_leaving_clears_the_custom_status_in_the_same_notification() {
    let server = Server::start();
    let alice = server.enter("alice");
    let bob = server.enter("bob");
    let carol = server.enter("carol");
    alice.subscribe(&["bob", "carol"]);
    bob.set_status("in a match");
    carol.set_status("in a call");
    alice.hears(&online("bob").saying("in a match"));
    alice.hears(&online("carol").saying("in a call"));
    bob.signal(Signal::Kill);
    carol.done("logout");
    alice.hears(&offline("bob"));
    alice.hears(&unlogined("carol"));
    alice.hears_no_more_of("bob");
    alice.hears_no_more_of("carol");
    // It does not come back with the user.
    let bob = server.enter("bob");
    alice.hears(&online("bob"));
    assert_eq!(bob.get(&["bob"]), [online("bob")]);
}

#[test]
fn c5_a_custom_status_has_at_most_100_bytes_of_utf8() {
    let server = Server::start();
    let bob = server.enter("bob");
    let hundred = "x".repeat(100);
    bob.set_status(&hundred);
    // Three bytes each.
    bob.set_status(&"字".repeat(33));
    for too_long in ["x".repeat(101), "字".repeat(34)] {
        let desc = bob.refused(&set_command(&too_long), 6017);
        assert!(
            desc.contains("100") && desc.contains(&too_long.len().to_string()),
            "{desc}"
        );
    }
    assert_eq!(bob.get(&["bob"]), [online("bob").saying(&"字".repeat(33))]);
}

#[test]
fn c5_setting_it_needs_no_plan_and_no_switch_and_has_no_rate_limit() {
    let server = Server::start();
    server.set("--plan basic --user-status off --friend-status-notification off");
    let bob = server.enter("bob");
    assert_eq!(bob.call("flood 300 0 in a match"), 0);
    let flooded = bob.next("flooded");
    assert_eq!(flooded["failed"], 0, "{flooded}");
    bob.hears_at_last(&online("bob").saying("in a match 299"));
}

#[test]
fn c5_the_app_may_allow_another_length() {
    let server = Server::start();
    server.set("--custom-status-bytes-max 8");
    let bob = server.enter("bob");
    bob.set_status("in a cal");
    let desc = bob.refused(&set_command("in a call"), 6017);
    assert!(desc.contains('8') && desc.contains('9'), "{desc}");
}

#[test]
fn s9_what_a_client_last_set_comes_back_with_it_in_one_notification() {
    let server = Server::start();
    let road = Relay::to(&server.address);
    let alice = server.enter("alice");
    let bob = server.enter_via(&road.address(), "bob", "Linux");
    let in_a_match = online("bob").saying("in a match");
    alice.subscribe(&["bob"]);
    bob.set_status("in the lobby");
    bob.set_status("in a match");
    alice.hears_at_last(&in_a_match);
    for _ in 0..2 {
        road.cut();
        // A quick return may be merged with the loss; but nobody sees bob online without it.
        for passed in alice.hears_at_last(&in_a_match) {
            assert_eq!(passed, offline("bob"));
        }
    }
    alice.hears_no_more_of("bob");
    assert_eq!(bob.get(&["bob"]), [in_a_match]);
}

#[test]
fn s9_an_own_new_login_starts_with_none_and_so_does_what_comes_back_after_it() {
    let server = Server::start();
    let road = Relay::to(&server.address);
    let bob = server.enter_via(&road.address(), "bob", "Linux");
    bob.set_status("in a match");
    bob.done("logout");
    bob.done(&server.login_command("bob"));
    assert_eq!(bob.get(&["bob"]), [online("bob")]);
    bob.network_becomes(0);
    bob.network_becomes(0);
    road.cut();
    bob.network_becomes(0);
    assert_eq!(bob.get(&["bob"]), [online("bob")]);
}

#[test]
fn s9_what_another_device_set_meanwhile_stands() {
    let server = Server::start();
    let road = Relay::to(&server.address);
    let bob = server.enter_via(&road.address(), "bob", "Linux");
    let bob_too = server.enter_on("Android", "bob");
    bob.set_status("on the desk");
    bob.network_becomes(0);
    road.close();
    road.cut();
    bob.network_becomes(1);
    bob_too.set_status("on the way");
    road.open();
    bob.network_becomes(0);
    let stands = online("bob").on(&["Linux", "Android"]).saying("on the way");
    eventually("both are there", || {
        (bob_too.get(&["bob"]) == [stands.clone()]).then_some(())
    });
    bob_too.done("logout");
    assert_eq!(bob.get(&["bob"]), [online("bob").saying("on the way")]);
}

#[test]
fn s9_a_crash_of_the_server_costs_nobody_the_status() {
    let mut server = Server::start_durable();
    let alice = server.enter("alice");
    let bob = server.enter("bob");
    alice.subscribe(&["bob"]);
    bob.network_becomes(0);
    alice.network_becomes(0);
    for round in 0..3 {
        let custom = format!("round {round}");
        bob.set_status(&custom);
        // Whether or not it has reached the disk.
        server.kill();
        server.restart();
        bob.network_becomes(0);
        alice.network_becomes(0);
        let stands = online("bob").saying(&custom);
        alice.shows(&stands);
        assert_eq!(alice.get(&["bob"]), [stands]);
    }
}
