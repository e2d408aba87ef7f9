//! Pump mode: callbacks run where and when the game says.

use crate::harness::{Answer, Puppet, Server, eventually, online};
use crate::silence::{SHORT, silence_time_out_passes};

/// A process whose callbacks run inside `USPump` only, logged in.
fn enter_pumping(server: &Server, user: &str) -> Puppet {
    let puppet = server.puppet(user);
    let config = serde_json::json!({
        "sdk_config_server_address": server.address,
        "sdk_config_platform": "Linux",
        "sdk_config_callback_mode": "pump",
    });
    assert_eq!(puppet.call(&format!("init {} {config}", server.app_id)), 0);
    assert_eq!(
        pump_until_done(&puppet, &server.login_command(user)).code,
        0
    );
    puppet
}

fn pump_until_done(puppet: &Puppet, command: &str) -> Answer {
    let pending = puppet.begin(command);
    eventually(command, || {
        assert!(puppet.call("pump 0 50") >= 0);
        puppet.peek(pending)
    })
}

#[test]
fn callbacks_run_inside_pump_only_and_on_the_thread_that_pumps() {
    let server = Server::start();
    let alice = enter_pumping(&server, "alice");
    let bob = server.enter("bob");
    pump_until_done(&alice, r#"subscribe ["bob"]"#);
    let heard_before = alice.count("status");
    bob.set_status("in a match");
    let pending = alice.begin(r#"get ["alice"]"#);
    // Something that takes its time, without pumping.
    let carol = server.enter("carol");
    carol.get(&["alice", "bob"]);
    assert_eq!(
        (alice.peek(pending), alice.count("status")),
        (None, heard_before)
    );

    eventually("the notification", || {
        alice.call("pump 0 50");
        (alice.unread_of("bob") == [online("bob").saying("in a match")]).then_some(())
    });
    eventually("the answer", || {
        alice.call("pump 0 50");
        alice.peek(pending)
    });
    for event in alice.events() {
        assert_eq!(event["thread"], 0, "{event}");
    }
}

#[test]
fn pump_runs_as_many_as_it_is_told_to() {
    let server = Server::start();
    let alice = enter_pumping(&server, "alice");
    let asked = [(); 3].map(|()| alice.begin(r#"get ["alice"]"#));
    let count = || {
        asked
            .iter()
            .filter(|pending| alice.peek(**pending).is_some())
            .count()
    };
    for expected in 1..=3 {
        let before = count();
        eventually("one more callback", || {
            let ran = alice.call("pump 1 50");
            assert!((0..=1).contains(&ran), "{ran}");
            assert!(count() <= before + 1);
            (count() == expected).then_some(())
        });
    }
}

#[test]
fn n6_what_is_not_pumped_merges_per_user_and_the_newest_wins() {
    let server = Server::start();
    let alice = enter_pumping(&server, "alice");
    let (bob, carol) = (server.enter("bob"), server.enter("carol"));
    pump_until_done(&alice, r#"subscribe ["bob","carol"]"#);
    for puppet in [&bob, &carol] {
        puppet.call("flood 400 0 round");
        assert_eq!(puppet.next("flooded")["failed"], 0);
    }
    for user in ["bob", "carol"] {
        let newest = online(user).saying("round 399");
        eventually("the newest", || {
            alice.call("pump 0 50");
            (alice.unread_of(user).last() == Some(&newest)).then_some(())
        });
        // One that was waiting, and what arrived while it was handed over.
        let told = alice.unread_of(user).len();
        assert!(told <= 5, "{told} of 400 changes of {user} were told");
    }
}

#[test]
fn a_game_that_does_not_pump_stays_online() {
    let server = Server::start();
    server.set(SHORT);
    let watcher = server.enter("watcher");
    let alice = enter_pumping(&server, "alice");
    watcher.subscribe(&["alice"]);
    for clock in ["clock1", "clock2"] {
        silence_time_out_passes(&server, &watcher, clock);
    }
    watcher.hears_no_more_of("alice");
    assert_eq!(alice.call("login-status"), 1);
}
