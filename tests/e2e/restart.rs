//! The server dies, or is asked to stop, and comes back: on its disk is what it acknowledged, and watchers see no flap.

use crate::harness::status::Normal;
use crate::harness::{
    PATIENCE, Pending, Puppet, Server, Signal, add_friend_command, eventually, mint, now_s,
    offline, online, programs, strange, unlogined,
};
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

fn friends_of(puppet: &Puppet) -> Vec<String> {
    let friends: Value = serde_json::from_str(&puppet.done("friends").json).expect("JSON");
    let name = |friend: &Value| {
        friend["friend_profile_identifier"]
            .as_str()
            .expect("a text")
            .to_owned()
    };
    friends
        .as_array()
        .expect("an array")
        .iter()
        .map(name)
        .collect()
}

/// As the server sees it; asking so counts in no quota.
fn server_status(server: &Server, user: &str) -> String {
    let account = server.account(user);
    account["status"].as_str().expect("a text").to_owned()
}

/// Waits until a client has lost the server and found it again.
fn comes_back(puppet: &Puppet) {
    puppet.network_becomes(1);
    puppet.network_becomes(0);
}

#[test]
fn a_server_that_does_not_start_fails_its_test_at_once_and_says_why() {
    // They are built first.
    programs();
    let begin = Instant::now();
    let started = std::panic::catch_unwind(|| drop(Server::serve("[nonsense]\n")));
    assert!(begin.elapsed() < PATIENCE / 2, "{:?}", begin.elapsed());
    let failed = started.expect_err("there is no such section");
    let said = failed.downcast_ref::<String>().expect("a text");
    assert!(said.contains("exit status: 2"), "{said}");
    assert!(said.contains("nonsense"), "{said}");
}

#[test]
fn after_kill_9_every_acknowledged_friend_setting_and_key_is_there() {
    const OTHER_KEY: &str = "a second secret that only the tests share";
    const FRIENDS: usize = 24;
    let mut server = Server::start_durable();
    let app = server.app_id.to_string();
    let friends: Vec<String> = (0..FRIENDS)
        .map(|number| format!("friend{number:02}"))
        .collect();
    server.import(&friends);
    server.set("--query-users-max 321 --requests-per-window 100");
    server.operate(&["app", "key-add", &app, "--secret-key", OTHER_KEY]);

    let bob = server.enter("bob");
    let add = |friend: &String| bob.begin(&add_friend_command(friend, true));
    let asked: Vec<_> = friends.iter().map(add).collect();
    // In the middle of it.
    bob.answer(asked[FRIENDS / 3]);
    server.kill();
    let is_done = |pending: &Pending| {
        bob.peek(*pending)
            .is_some_and(|answer| answer.json.contains(r#""friend_result_code":0"#))
    };
    let acknowledged: Vec<_> = friends
        .iter()
        .zip(&asked)
        .filter(|(_, pending)| is_done(pending))
        .map(|(friend, _)| friend)
        .collect();
    assert!(!acknowledged.is_empty());
    // What was not acknowledged is not to be asked again: only the disk is to speak.
    bob.signal(Signal::Kill);
    server.restart();

    let puppet = server.puppet("bob");
    assert_eq!(
        puppet.call(&server.init_command(&server.address, "Linux")),
        0
    );
    puppet.done(&format!(
        "login bob {}",
        mint(OTHER_KEY, server.app_id, "bob", now_s(), 600)
    ));
    let kept = friends_of(&puppet);
    for friend in &acknowledged {
        assert!(kept.contains(friend), "{friend} is not among {kept:?}");
    }
    // Added to both lists.
    let friend = server.enter(acknowledged[0]);
    assert_eq!(friends_of(&friend), ["bob"]);
    let shown = server.operate(&["app", "show", &app, "--json"]);
    let app: Value =
        serde_json::from_str(&shown).unwrap_or_else(|error| panic!("{error}: {shown}"));
    assert_eq!(app["settings"]["query_users_max"], 321, "{app}");
}

#[test]
fn after_kill_9_clients_come_back_by_themselves_and_watchers_see_no_flap() {
    let mut server = Server::start_durable();
    let alice = server.enter("alice");
    let bob = server.enter("bob");
    alice.subscribe(&["bob"]);
    bob.set_status("in a match");
    alice.hears(&online("bob").saying("in a match"));
    for puppet in [&alice, &bob] {
        puppet.network_becomes(0);
    }
    server.settle();
    server.kill();
    server.restart();
    for puppet in [&alice, &bob] {
        comes_back(puppet);
    }
    // An answer shows that it is logged in, and not only connected.
    assert_eq!(bob.get(&["bob"]), [online("bob").saying("in a match")]);
    alice.hears_no_more_of("bob");
    // Her list was kept (W7).
    bob.set_status("in the next");
    alice.hears(&online("bob").saying("in the next"));
}

#[test]
fn p2_n7_who_was_erased_while_a_switch_was_off_is_told_when_it_is_on_or_after_a_restart() {
    for ends in [
        None,
        Some(Server::kill as fn(&mut Server)),
        Some(Server::terminate),
    ] {
        let mut server = Server::start_durable();
        let app = server.app_id.to_string();
        server.import(&["bob".to_owned(), "carol".to_owned()]);
        let alice = server.enter("alice");
        assert_eq!(
            alice.subscribe(&["bob", "carol"]),
            [unlogined("bob"), unlogined("carol")]
        );
        alice.network_becomes(0);
        server.set("--user-status off");
        server.operate(&["account", "delete", &app, "bob", "--yes"]);
        if let Some(end) = ends {
            server.settle();
            end(&mut server);
            server.restart();
            comes_back(&alice);
            // Of whom she watches no more she is told at once.
            alice.hears(&strange("bob"));
        }
        alice.hears_no_more_of("bob");
        server.set("--user-status on");
        if ends.is_none() {
            alice.hears(&strange("bob"));
        }
        for nothing_new in ["--user-status off", "--user-status on"] {
            server.set(nothing_new);
        }
        for user in ["bob", "carol"] {
            alice.hears_no_more_of(user);
        }
    }
}

#[test]
fn after_kill_9_who_does_not_come_back_is_offline_when_the_lease_ends() {
    let lease = Duration::from_millis(2_500);
    let mut server = Server::start_durable();
    server.set("--silence-timeout-ms 2500 --heartbeat-interval-ms 500");
    let alice = server.enter("alice");
    let bob = server.enter("bob");
    let carol = server.enter("carol");
    alice.subscribe(&["bob", "carol"]);
    alice.network_becomes(0);
    carol.network_becomes(0);
    server.settle();
    server.kill();
    bob.signal(Signal::Kill);
    let restarting_at = Instant::now();
    server.restart();
    comes_back(&alice);
    comes_back(&carol);
    assert_eq!(alice.get(&["bob"]), [online("bob")]);
    alice.hears(&offline("bob"));
    assert!(
        restarting_at.elapsed() >= lease,
        "{:?}",
        restarting_at.elapsed()
    );
    alice.hears_no_more_of("carol");
}

/// The server dies right after it told of a change, before that is on disk: what was told does not outlive what is true.
#[test]
fn n7_after_kill_9_every_watcher_shows_what_a_query_says() {
    let mut server = Server::start_durable();
    server.set("--heartbeat-interval-ms 500 --silence-timeout-ms 2500 --requests-per-window 1000");
    let alice = server.enter("alice");
    alice.network_becomes(0);
    for round in 0..3 {
        let dave_name = format!("dave{round}");
        let bob = server.enter("bob");
        let carol = server.enter("carol");
        alice.subscribe(&["bob", "carol", &dave_name]);
        bob.set_status("in a match");
        alice.hears_at_last(&online("bob").saying("in a match"));
        for puppet in [&bob, &carol] {
            puppet.network_becomes(0);
        }
        server.settle();
        // One leaves, one says something else, one comes for the first time; all of it may be lost.
        carol.signal(Signal::Kill);
        bob.set_status("in the next");
        let dave = server.enter(&dave_name);
        alice.hears_at_last(&offline("carol"));
        alice.hears_at_last(&online("bob").saying("in the next"));
        // What she heard of him is to be taken back if it is lost; of what she did not hear nothing is to be told.
        alice.hears_at_last(&online(&dave_name));
        server.kill();
        dave.signal(Signal::Kill);
        server.restart();
        for puppet in [&alice, &bob] {
            comes_back(puppet);
        }
        // What he had set stands again (S9), whoever asks and whoever watches.
        alice.shows(&online("bob").saying("in the next"));
        assert_eq!(alice.get(&["bob"]), [online("bob").saying("in the next")]);
        // She is held under the lease, or was on disk as gone; in the end she is offline for everybody.
        eventually("the lease has ended", || {
            (server_status(&server, "carol") == "offline").then_some(())
        });
        alice.shows(&offline("carol"));
        // He came last: whether he is known depends on the disk, and who watches shows what a query says.
        eventually("he is not online", || {
            let truth = alice.get(&[&dave_name]).remove(0);
            (truth.normal != Normal::Online).then_some(())
        });
        alice.shows(&alice.get(&[&dave_name])[0]);
        let carol = server.enter("carol");
        alice.hears_at_last(&online("carol"));
        for puppet in [&bob, &carol] {
            puppet.done("logout");
        }
    }
}

/// Restarts follow each other more closely than the silence time-out is long.
#[test]
fn s7_after_many_restarts_who_is_gone_is_offline_when_the_first_lease_ends() {
    let mut server = Server::start_durable();
    server.set("--silence-timeout-ms 3000 --heartbeat-interval-ms 1000");
    let alice = server.enter("alice");
    let bob = server.enter("bob");
    alice.subscribe(&["bob"]);
    alice.network_becomes(0);
    // A friend is a record: with it everything before is on disk.
    bob.done(&add_friend_command("alice", false));
    server.kill();
    bob.signal(Signal::Kill);
    server.restart();
    let first_restart = Instant::now();
    let mut restarts = 1;
    while server_status(&server, "bob") != "offline" {
        assert!(
            first_restart.elapsed() < Duration::from_secs(8),
            "still online after {restarts} restarts"
        );
        server.kill();
        server.restart();
        restarts += 1;
    }
    assert!(restarts > 2, "{restarts}");
}

#[test]
fn a_restart_keeps_the_delay_of_the_subscription_list() {
    let mut server = Server::start_durable();
    let bob = server.enter("bob");
    let alice = server.enter("alice");
    alice.subscribe(&["bob"]);
    alice.done("logout");
    bob.network_becomes(0);
    server.settle();
    server.kill();
    server.restart();
    comes_back(&bob);
    alice.done(&server.login_command("alice"));
    bob.set_status("she still watches");
    alice.hears_at_last(&online("bob").saying("she still watches"));
}

#[test]
fn w7_after_kill_9_the_list_is_what_the_client_made_of_it() {
    let mut server = Server::start_durable();
    let alice = server.enter("alice");
    alice.subscribe(&["bob", "carol"]);
    alice.network_becomes(0);
    let list = |server: &Server| server.account("alice")["subscriptions"].clone();
    for (leaves, joins, expected) in [
        (r#"["bob"]"#, "dave", ["carol", "dave"]),
        ("[]", "erin", ["erin", "erin"]),
    ] {
        server.settle();
        alice.done(&format!("unsubscribe {leaves}"));
        alice.subscribe(&[joins]);
        // Whether or not that has reached the disk.
        server.kill();
        server.restart();
        comes_back(&alice);
        let expected: BTreeSet<_> = expected.into_iter().collect();
        eventually("the list is right", || {
            let list = list(&server);
            let users = list.as_array()?.iter().map(Value::as_str);
            (users.collect::<Option<BTreeSet<_>>>()? == expected).then_some(())
        });
    }
    let erin = server.enter("erin");
    alice.hears_at_last(&online("erin"));
    erin.set_status("watched");
    alice.hears_at_last(&online("erin").saying("watched"));
}

#[test]
fn w7_a_delay_that_ends_while_the_server_is_away_clears_the_list() {
    let mut server = Server::start_durable();
    server.set("--subscriptions-keep-ms 300");
    let alice = server.enter("alice");
    alice.subscribe(&["bob"]);
    assert_eq!(server.subscriptions_of("alice"), 1);
    alice.done("logout");
    server.settle();
    server.kill();
    server.restart();
    eventually("the list is cleared", || {
        (server.subscriptions_of("alice") == 0).then_some(())
    });
}

#[test]
fn sigterm_sends_the_clients_to_the_next_process_and_watchers_see_no_flap() {
    let mut server = Server::serve("[shutdown]\nreconnect_spread_ms = 1000\n");
    let alice = server.enter("alice");
    let bob = server.enter("bob");
    alice.subscribe(&["bob"]);
    bob.set_status("in a match");
    alice.hears(&online("bob").saying("in a match"));
    for puppet in [&alice, &bob] {
        puppet.network_becomes(0);
    }
    // Asked at the worst moment, it is not lost either.
    server.terminate();
    let asked = bob.begin(r#"get ["bob"]"#);
    server.restart();
    for puppet in [&alice, &bob] {
        comes_back(puppet);
    }
    assert_eq!(bob.answer(asked).code, 0);
    alice.hears_no_more_of("bob");
    bob.set_status("in the next");
    alice.hears(&online("bob").saying("in the next"));
}
