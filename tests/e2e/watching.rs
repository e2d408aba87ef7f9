//! Subscribing and unsubscribing (W1 to W8).

use crate::harness::{Puppet, Relay, Server, eventually, ids, offline, online, strange, unlogined};

fn names(count: usize) -> Vec<String> {
    (0..count)
        .map(|number| format!("user{number:03}"))
        .collect()
}

/// Subscribes to as many, 100 at a time.
fn subscribe_to_all(puppet: &Puppet, names: &[String]) {
    for part in names.chunks(100) {
        let part: Vec<&str> = part.iter().map(String::as_str).collect();
        assert_eq!(puppet.subscribe(&part).len(), part.len());
    }
}

#[test]
fn w1_subscribing_needs_the_premium_plan_and_the_switch() {
    let server = Server::start();
    let alice = server.enter("alice");
    for command in [r#"subscribe ["bob"]"#, r#"unsubscribe ["bob"]"#] {
        server.set("--plan basic --user-status on");
        alice.refused(command, 7013);
        server.set("--plan premium --user-status off");
        alice.refused(command, 72001);
        server.set("--user-status on");
        alice.done(command);
    }
}

#[test]
fn w1_a_request_names_at_most_100_users() {
    let server = Server::start();
    let alice = server.enter("alice");
    let names = names(101);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    for verb in ["subscribe", "unsubscribe"] {
        let desc = alice.refused(&format!("{verb} {}", ids(&names)), 6017);
        assert!(desc.contains("101") && desc.contains("100"), "{desc}");
        alice.done(&format!("{verb} {}", ids(&names[..100])));
    }
}

#[test]
fn w1_a_21st_request_in_5_s_is_refused_and_unsubscribing_is_counted_apart() {
    let server = Server::start();
    let alice = server.enter("alice");
    let alice_too = server.enter_on("Android", "alice");
    for _ in 0..20 {
        alice.subscribe(&["bob"]);
    }
    alice.refused(r#"subscribe ["bob"]"#, 7008);
    for _ in 0..20 {
        alice.unsubscribe(&["bob"]);
    }
    alice.refused(r#"unsubscribe ["bob"]"#, 7008);
    // This device has not asked anything yet, so the server has to say it.
    alice_too.refused(r#"subscribe ["bob"]"#, 60018);
    alice_too.refused(r#"unsubscribe ["bob"]"#, 60018);
}

#[test]
fn s7_an_id_that_nobody_can_have_is_unknown_and_the_rest_is_subscribed_to() {
    let server = Server::start();
    server.set("--friend-status-notification off");
    let alice = server.enter("alice");
    let bob = server.enter("bob");
    let too_long = "x".repeat(33);
    let users = ["bob", "has space", "carol", "", &too_long, "名字"];
    let expected = users.map(|user| {
        if user == "bob" {
            online("bob")
        } else {
            strange(user)
        }
    });
    assert_eq!(alice.subscribe(&users), expected);
    assert_eq!(server.subscriptions_of("alice"), 2);
    bob.set_status("heard");
    alice.hears(&online("bob").saying("heard"));
    // As a query answers it, and alone as well.
    assert_eq!(alice.get(&users)[1..], expected[1..]);
    assert_eq!(alice.subscribe(&["has space"]), [strange("has space")]);
}

#[test]
fn s7_unsubscribing_from_ids_that_nobody_can_have_clears_nothing() {
    let server = Server::start();
    server.set("--friend-status-notification off");
    let alice = server.enter("alice");
    let bob = server.enter("bob");
    alice.subscribe(&["bob", "carol"]);
    let too_long = "x".repeat(33);
    for nobody in [&["has space"][..], &[""], &[&too_long, "名字"]] {
        alice.unsubscribe(nobody);
        assert_eq!(server.subscriptions_of("alice"), 2);
    }
    alice.unsubscribe(&["has space", "carol"]);
    assert_eq!(server.subscriptions_of("alice"), 1);
    bob.set_status("heard");
    alice.hears(&online("bob").saying("heard"));
}

#[test]
fn w2_subscribing_to_a_201st_drops_the_earliest() {
    let server = Server::start();
    let alice = server.enter("alice");
    let names = names(201);
    subscribe_to_all(&alice, &names[..200]);
    let first = server.enter("user000");
    alice.hears(&online("user000"));

    subscribe_to_all(&alice, &names[200..]);
    first.set_status("unheard");
    alice.hears_no_more_of("user000");
    let _second = server.enter("user001");
    let _last = server.enter("user200");
    alice.hears(&online("user001"));
    alice.hears(&online("user200"));
}

#[test]
fn w2_subscribing_again_keeps_the_place_on_the_list() {
    let server = Server::start();
    server.set("--subscriptions-max 3");
    let alice = server.enter("alice");
    alice.subscribe(&["bob", "carol", "dave"]);
    alice.subscribe(&["bob"]);
    // Bob was first and still is.
    alice.subscribe(&["erin"]);
    let _bob = server.enter("bob");
    let _carol = server.enter("carol");
    alice.hears(&online("carol"));
    alice.hears_no_more_of("bob");
}

#[test]
fn w3_one_cannot_subscribe_to_oneself_and_the_list_stays_as_it_was() {
    let server = Server::start();
    let alice = server.enter("alice");
    let bob = server.enter("bob");
    let carol = server.enter("carol");
    alice.subscribe(&["carol"]);
    alice.refused(r#"subscribe ["bob","alice"]"#, 7014);
    bob.set_status("unheard");
    carol.set_status("heard");
    alice.hears(&online("carol").saying("heard"));
    alice.hears_no_more_of("bob");
}

#[test]
fn w4_friends_may_be_subscribed_to_and_count() {
    let server = Server::start();
    server.set("--subscriptions-max 2 --friend-status-notification off");
    let alice = server.enter("alice");
    let bob = server.enter("bob");
    alice.befriend("bob", false);
    assert_eq!(alice.subscribe(&["bob"]), [online("bob")]);
    bob.set_status("heard");
    alice.hears(&online("bob").saying("heard"));
    alice.subscribe(&["carol", "dave"]);
    bob.set_status("unheard");
    alice.hears_no_more_of("bob");
}

#[test]
fn w5_every_device_of_the_account_is_told_whichever_subscribed() {
    let server = Server::start();
    let alice = server.enter("alice");
    let alice_too = server.enter_on("Android", "alice");
    alice.subscribe(&["bob"]);
    let bob = server.enter("bob");
    alice.hears(&online("bob"));
    alice_too.hears(&online("bob"));
    // Whichever unsubscribes, too.
    alice_too.unsubscribe(&["bob"]);
    bob.set_status("unheard");
    alice.hears_no_more_of("bob");
    alice_too.hears_no_more_of("bob");
}

#[test]
fn w6_unsubscribing_nobody_in_particular_clears_the_list() {
    let server = Server::start();
    let alice = server.enter("alice");
    let bob = server.enter("bob");
    for (number, nobody) in ["-", "", "[]"].into_iter().enumerate() {
        alice.subscribe(&["bob", "carol"]);
        let heard = format!("heard {number}");
        bob.set_status(&heard);
        alice.hears(&online("bob").saying(&heard));
        alice.done(&format!("unsubscribe {nobody}"));
        bob.set_status("unheard");
        alice.hears_no_more_of("bob");
    }
}

#[test]
fn w6_unsubscribing_takes_off_only_those_named() {
    let server = Server::start();
    let alice = server.enter("alice");
    let bob = server.enter("bob");
    let carol = server.enter("carol");
    alice.subscribe(&["bob", "carol"]);
    // To take off who is not on it is no error.
    alice.unsubscribe(&["bob", "nobody"]);
    bob.set_status("unheard");
    carol.set_status("heard");
    alice.hears(&online("carol").saying("heard"));
    alice.hears_no_more_of("bob");
}

#[test]
fn w7_coming_back_within_the_delay_keeps_the_list() {
    let server = Server::start();
    let bob = server.enter("bob");
    let alice = server.enter("alice");
    alice.subscribe(&["bob"]);
    alice.done("logout");
    bob.set_status("while she is away");
    alice.done(&server.login_command("alice"));
    bob.set_status("when she is back");
    alice.hears_at_last(&online("bob").saying("when she is back"));
    // Nor does it matter how she left, or from where she comes back.
    alice.signal(crate::harness::Signal::Kill);
    let alice = server.enter_on("Android", "alice");
    bob.set_status("from elsewhere");
    alice.hears_at_last(&online("bob").saying("from elsewhere"));
}

#[test]
fn w7_after_the_delay_the_list_is_cleared() {
    let server = Server::start();
    server.set("--subscriptions-keep-ms 600");
    let bob = server.enter("bob");
    let alice = server.enter("alice");
    alice.subscribe(&["bob"]);
    alice.done("logout");
    eventually("the list is cleared", || {
        (server.subscriptions_of("alice") == 0).then_some(())
    });
    alice.done(&server.login_command("alice"));
    bob.set_status("unheard");
    alice.hears_no_more_of("bob");
}

/// Whether she logged out and in meanwhile, or the game was started anew: she counts on the list, and nobody tells her that it is gone.
#[test]
fn w7_after_an_outage_longer_than_the_list_is_kept_it_is_as_it_was_before_the_login() {
    let server = Server::start();
    let road = Relay::to(&server.address);
    let bob = server.enter("bob");
    let again = server.enter_via(&road.address(), "again", "Linux");
    again.subscribe(&["bob"]);
    again.done("logout");
    again.done(&server.login_command("again"));
    let first = server.enter("anew");
    first.subscribe(&["bob"]);
    first.signal(crate::harness::Signal::Kill);
    let anew = server.enter_via(&road.address(), "anew", "Linux");
    server.set("--subscriptions-keep-ms 600");
    road.close();
    for user in ["again", "anew"] {
        eventually("the list is cleared", || {
            (server.subscriptions_of(user) == 0).then_some(())
        });
    }
    road.open();
    for puppet in [&again, &anew] {
        puppet.done("foreground");
        let user = puppet.name.as_str();
        eventually("it is subscribed to again", || {
            (server.subscriptions_of(user) == 1).then_some(())
        });
    }
    bob.set_status("back on the list");
    again.hears_at_last(&online("bob").saying("back on the list"));
    anew.hears_at_last(&online("bob").saying("back on the list"));
}

#[test]
fn w8_subscribing_hands_back_the_present_statuses() {
    let server = Server::start();
    let alice = server.enter("alice");
    let bob = server.enter_on("Windows", "bob");
    let carol = server.enter("carol");
    let dave = server.enter("dave");
    bob.set_status("in a match");
    carol.done("logout");
    dave.signal(crate::harness::Signal::Kill);
    eventually("dave is offline", || {
        (alice.get(&["dave"]) == [offline("dave")]).then_some(())
    });
    assert_eq!(
        alice.subscribe(&["nobody", "dave", "carol", "bob", "bob"]),
        [
            strange("nobody"),
            offline("dave"),
            unlogined("carol"),
            online("bob").on(&["Windows"]).saying("in a match")
        ]
    );
}

#[test]
fn w8_no_change_between_the_answer_and_the_first_notification_is_missed() {
    const CHANGES: usize = 400;
    let server = Server::start();
    let alice = server.enter("alice");
    let bob = server.enter("bob");
    bob.call("ignore status");
    // In the middle of many changes.
    bob.set_status("round 0");
    let (mut answers, mut newest) = (Vec::new(), String::new());
    bob.call(&format!("flood {CHANGES} 0 round"));
    for _ in 0..8 {
        let status = alice.subscribe(&["bob"]).remove(0);
        newest.clone_from(&status.custom);
        answers.push(number_of(&status.custom));
        alice.unsubscribe(&["bob"]);
    }
    let last = alice.subscribe(&["bob"]).remove(0);
    assert!(answers.is_sorted(), "{answers:?}");
    bob.next("flooded");
    let end = format!("round {}", CHANGES - 1);
    if last.custom != end {
        alice.hears_at_last(&online("bob").saying(&end));
    }
    let heard: Vec<_> = alice
        .every_status_of("bob")
        .iter()
        .map(|status| number_of(&status.custom))
        .collect();
    assert!(
        heard.is_sorted_by(|earlier, later| earlier < later),
        "{heard:?}"
    );
    drop(newest);
}

fn number_of(custom: &str) -> usize {
    custom
        .rsplit(' ')
        .next()
        .and_then(|number| number.parse().ok())
        .unwrap_or_else(|| panic!("{custom}"))
}
