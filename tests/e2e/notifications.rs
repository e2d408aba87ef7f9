//! Who is told of what (N1 to N7).

use crate::harness::{Relay, Server, Signal, offline, online, strange};

#[test]
fn n1_a_notification_carries_the_whole_status() {
    let server = Server::start();
    let alice = server.enter("alice");
    let bob = server.enter("bob");
    let _bob_too = server.enter_on("iPad", "bob");
    alice.subscribe(&["bob"]);
    bob.set_status("in a match");
    alice.hears(&online("bob").on(&["Linux", "iPad"]).saying("in a match"));
    // What the platforms and the normal status are is said again with each change of the custom status alone.
    bob.set_status("in a call");
    alice.hears(&online("bob").on(&["Linux", "iPad"]).saying("in a call"));
}

#[test]
fn n2_own_changes_are_told_on_every_device_whatever_the_plan_and_the_switches() {
    let server = Server::start();
    server.set("--plan basic --user-status off --friend-status-notification off");
    let alice = server.enter("alice");
    let alice_too = server.enter_on("Android", "alice");
    alice.set_status("in a match");
    let said = online("alice")
        .on(&["Linux", "Android"])
        .saying("in a match");
    alice.hears_at_last(&said);
    alice_too.hears_at_last(&said);
}

#[test]
fn n3_friends_changes_are_told_if_the_switch_is_on() {
    let server = Server::start();
    let alice = server.enter("alice");
    let bob = server.enter("bob");
    alice.befriend("bob", false);
    bob.set_status("in a match");
    alice.hears(&online("bob").saying("in a match"));
    bob.done("logout");
    alice.hears(&crate::harness::unlogined("bob"));
    let bob = server.enter("bob");
    alice.hears(&online("bob"));
    // He was added to her list, and she to none.
    alice.set_status("unheard");
    bob.hears_no_more_of("alice");
    // Neither asking nor subscribing is needed: the other switch does not matter.
    server.set("--user-status off");
    bob.set_status("without it");
    alice.hears_at_last(&online("bob").saying("without it"));
}

#[test]
fn n3_with_the_switch_off_only_friends_subscribed_to_are_told_of() {
    let server = Server::start();
    server.set("--friend-status-notification off");
    let alice = server.enter("alice");
    let bob = server.enter("bob");
    let carol = server.enter("carol");
    alice.befriend("bob", false);
    alice.befriend("carol", false);
    alice.subscribe(&["carol"]);
    bob.set_status("unheard");
    carol.set_status("heard");
    alice.hears(&online("carol").saying("heard"));
    alice.hears_no_more_of("bob");
}

#[test]
fn n3_friends_of_both_lists_are_told_of_each_other_until_they_are_friends_no_more() {
    let server = Server::start();
    let alice = server.enter("alice");
    let bob = server.enter("bob");
    alice.befriend("bob", true);
    let added = bob.next("friend-added");
    assert_eq!(added["json"], r#"["alice"]"#);
    let added = alice.next("friend-added");
    assert_eq!(added["json"], r#"["bob"]"#);
    alice.set_status("one");
    bob.hears(&online("alice").saying("one"));
    bob.set_status("two");
    alice.hears(&online("bob").saying("two"));

    let param = r#"{"friendship_delete_friend_param_friend_type":1,"friendship_delete_friend_param_identifier_array":["alice"]}"#;
    bob.done(&format!("delete-friends {param}"));
    let deleted = alice.next("friend-deleted");
    assert_eq!(deleted["json"], r#"["bob"]"#);
    let deleted = bob.next("friend-deleted");
    assert_eq!(deleted["json"], r#"["alice"]"#);
    bob.set_status("unheard");
    alice.hears_no_more_of("bob");
    alice.set_status("unheard");
    bob.hears_no_more_of("alice");
    assert_eq!(alice.done("friends").json, "[]");
}

#[test]
fn n4_others_changes_are_told_only_to_those_who_subscribed() {
    let server = Server::start();
    let alice = server.enter("alice");
    let carol = server.enter("carol");
    let bob = server.enter("bob");
    alice.subscribe(&["bob"]);
    bob.set_status("in a match");
    alice.hears(&online("bob").saying("in a match"));
    carol.hears_no_more_of("bob");
    // Nor is one told by whom one is watched.
    bob.hears_no_more_of("alice");
}

#[test]
fn n5_a_change_made_on_one_device_is_told_to_the_others() {
    let server = Server::start();
    let devices = [
        server.enter("bob"),
        server.enter_on("Android", "bob"),
        server.enter_on("Windows", "bob"),
    ];
    for (number, device) in devices.iter().enumerate() {
        let custom = format!("from device {number}");
        device.set_status(&custom);
        for told in &devices {
            told.hears_at_last(
                &online("bob")
                    .on(&["Windows", "Linux", "Android"])
                    .saying(&custom),
            );
        }
    }
}

#[test]
fn n6_who_watches_in_two_ways_is_told_once() {
    let server = Server::start();
    let alice = server.enter("alice");
    let bob = server.enter("bob");
    alice.befriend("bob", true);
    alice.subscribe(&["bob"]);
    for number in 0..5 {
        let custom = format!("round {number}");
        bob.set_status(&custom);
        alice.hears(&online("bob").saying(&custom));
    }
    alice.hears_no_more_of("bob");
}

#[test]
fn n6_two_devices_at_once_and_all_watchers_agree_on_the_order() {
    const CHANGES: usize = 150;
    let server = Server::start();
    let watchers = [server.enter("alice"), server.enter("carol")];
    let devices = [server.enter("bob"), server.enter_on("Android", "bob")];
    for watcher in &watchers {
        watcher.subscribe(&["bob"]);
    }
    devices[0].call(&format!("flood {CHANGES} 0 left"));
    devices[1].call(&format!("flood {CHANGES} 0 right"));
    for device in &devices {
        assert_eq!(device.next("flooded")["failed"], 0);
    }
    let last = devices[0].get(&["bob"]).remove(0);
    let [one, other] = watchers.map(|watcher| {
        watcher.hears_at_last(&last);
        watcher.hears_no_more_of("bob");
        let heard = watcher.every_status_of("bob");
        let customs: Vec<_> = heard.into_iter().map(|status| status.custom).collect();
        for side in ["left", "right"] {
            let numbers = customs
                .iter()
                .filter_map(|custom| custom.strip_prefix(side));
            let numbers: Vec<usize> = numbers
                .map(|number| number.trim().parse().expect("a number"))
                .collect();
            assert!(
                numbers.is_sorted_by(|earlier, later| earlier < later),
                "{side}: {numbers:?}"
            );
        }
        customs
    });
    // Each may have been spared some; what both were told they were told in the same order.
    let common = |of: &[String], also_of: &[String]| -> Vec<String> {
        of.iter()
            .filter(|custom| also_of.contains(custom))
            .cloned()
            .collect()
    };
    assert_eq!(common(&one, &other), common(&other, &one));
    assert!(!common(&one, &other).is_empty());
}

#[test]
fn n7_after_a_reconnect_a_device_is_told_what_changed_and_only_that() {
    let server = Server::start();
    let road = Relay::to(&server.address);
    let alice = server.enter_via(&road.address(), "alice", "Linux");
    let bob = server.enter("bob");
    let carol = server.enter("carol");
    let dave = server.enter("dave");
    let erin = server.enter("erin");
    alice.befriend("erin", false);
    alice.subscribe(&["bob", "carol", "dave"]);
    carol.set_status("unchanged");
    alice.hears(&online("carol").saying("unchanged"));

    road.close();
    alice.network_becomes(1);
    bob.set_status("one");
    bob.set_status("two");
    dave.signal(Signal::Kill);
    erin.set_status("a friend");
    road.open();
    // The present status of each, once: not what lay in between.
    alice.hears(&online("bob").saying("two"));
    alice.hears(&offline("dave"));
    alice.hears(&online("erin").saying("a friend"));
    alice.hears_no_more_of("carol");
    for user in ["bob", "dave", "erin"] {
        alice.hears_no_more_of(user);
    }
    // And it goes on as before.
    carol.set_status("changed");
    alice.hears(&online("carol").saying("changed"));
}

/// Somebody she watched is so no more when she is back: erased, and another has come by that name, or a friend no longer. The last she was told
/// of them does not stand for ever, whether or not the switches were off meanwhile.
#[test]
fn n4_n7_who_is_watched_no_more_after_a_reconnect_is_unknown_and_can_be_watched_again() {
    for (erases, switch) in [
        (true, None),
        (true, Some("--user-status")),
        (false, None),
        (false, Some("--friend-status-notification")),
    ] {
        let server = Server::start();
        server.set("--requests-per-window 1000");
        let app = server.app_id.to_string();
        let road = Relay::to(&server.address);
        let alice = server.enter_via(&road.address(), "alice", "Linux");
        let bob = server.enter("bob");
        let carol = server.enter("carol");
        alice.subscribe(&["carol"]);
        match erases {
            true => _ = alice.subscribe(&["bob"]),
            false => alice.befriend("bob", true),
        }
        bob.set_status("old");
        alice.hears_at_last(&online("bob").saying("old"));
        alice.network_becomes(0);
        if let Some(switch) = switch {
            server.set(&format!("{switch} off"));
        }
        road.close();
        alice.network_becomes(1);
        let bob = match erases {
            true => {
                server.operate(&["account", "delete", &app, "bob", "--yes"]);
                bob.signal(Signal::Kill);
                server.enter("bob")
            }
            false => {
                server.operate(&["friend", "delete", &app, "alice", "bob"]);
                bob
            }
        };
        bob.set_status("unheard");
        road.open();
        alice.network_becomes(0);
        alice.hears(&strange("bob"));
        if let Some(switch) = switch {
            server.set(&format!("{switch} on"));
        }
        bob.set_status("unheard, too");
        alice.hears_no_more_of("bob");
        road.cut();
        alice.network_becomes(1);
        alice.network_becomes(0);
        alice.hears_no_more_of("bob");
        assert_eq!(
            alice.subscribe(&["bob"]),
            [online("bob").saying("unheard, too")]
        );
        bob.set_status("heard");
        alice.hears_at_last(&online("bob").saying("heard"));
        carol.set_status("watched all the time");
        alice.hears_at_last(&online("carol").saying("watched all the time"));
    }
}
