//! The C ABI's lifecycle with a live server.

use crate::harness::{
    Host, Puppet, Relay, Server, Signal, add_friend_command, eventually, mint, now_s, offline,
    online, unlogined,
};
use crate::silence::{SHORT, silence_time_out_passes};

#[test]
fn a_callback_that_blocks_costs_no_heartbeat() {
    let server = Server::start();
    server.set(SHORT);
    let alice = server.enter("alice");
    let bob = server.enter("bob");
    alice.subscribe(&["bob"]);
    assert_eq!(bob.call("hold comm"), 0);
    let asked = bob.begin(r#"get ["bob"]"#);
    bob.next("held");
    let asked_behind_it = bob.begin(r#"get ["alice"]"#);
    for clock in ["clock1", "clock2"] {
        silence_time_out_passes(&server, &alice, clock);
    }
    alice.hears_no_more_of("bob");
    assert_eq!(
        bob.peek(asked_behind_it),
        None,
        "callbacks run one after the other"
    );
    bob.release();
    assert_eq!(bob.answer(asked).code, 0);
    assert_eq!(bob.answer(asked_behind_it).code, 0);
}

#[test]
fn while_a_callback_blocks_what_is_told_of_a_user_merges() {
    let server = Server::start();
    let alice = server.enter("alice");
    let bob = server.enter("bob");
    alice.subscribe(&["bob"]);
    assert_eq!(alice.call("hold comm"), 0);
    let asked = alice.begin(r#"get ["alice"]"#);
    alice.next("held");
    bob.call("flood 500 0 round");
    assert_eq!(bob.next("flooded")["failed"], 0);
    alice.release();
    alice.answer(asked);
    let passed = alice.hears_at_last(&online("bob").saying("round 499"));
    // One that was there, and what came in while it was handed over.
    assert!(
        passed.len() < 100,
        "{} of 500 were told to a callback that had been blocked",
        passed.len()
    );
    alice.hears_no_more_of("bob");
}

#[test]
fn all_callbacks_come_on_one_thread_that_is_not_the_callers() {
    let server = Server::start();
    let alice = server.enter("alice");
    let bob = server.enter("bob");
    alice.subscribe(&["bob"]);
    for number in 0..10 {
        let custom = format!("round {number}");
        bob.set_status(&custom);
        alice.hears(&online("bob").saying(&custom));
    }
    let threads: std::collections::BTreeSet<_> = alice
        .events()
        .iter()
        .filter(|event| !["return", "hello"].contains(&event["event"].as_str().expect("a text")))
        .map(|event| event["thread"].as_i64().expect("a number"))
        .collect();
    assert_eq!(threads.len(), 1, "{threads:?}");
    assert!(!threads.contains(&0), "the main thread");
}

#[test]
fn uninit_ends_what_is_under_way_with_7009() {
    let server = Server::start();
    let road = Relay::to(&server.address);
    let bob = server.enter_via(&road.address(), "bob", "Linux");
    road.fall_silent();
    let asked = [
        r#"get ["bob"]"#,
        r#"set {"user_status_custom_status":"x"}"#,
        "friends",
    ]
    .map(|command| bob.begin(command));
    assert_eq!(bob.call("uninit"), 0);
    for pending in asked {
        // Not waited for: when uninit has returned they have all been called.
        assert_eq!(bob.peek(pending).map(|answer| answer.code), Some(7009));
    }
    bob.refused(r#"get ["bob"]"#, 6013);
}

#[test]
fn logout_ends_what_is_under_way_with_7009() {
    let server = Server::start();
    let road = Relay::to(&server.address);
    let alice = server.enter("alice");
    let bob = server.enter_via(&road.address(), "bob", "Linux");
    alice.subscribe(&["bob"]);
    road.fall_silent();
    let asked = bob.begin(r#"get ["bob"]"#);
    let left = bob.begin("logout");
    assert_eq!(bob.answer(asked).code, 7009);
    assert_eq!(bob.call("login-status"), 4);
    road.speak_again();
    assert_eq!(bob.answer(left).code, 0);
    alice.hears(&unlogined("bob"));
    bob.refused(r#"get ["bob"]"#, 6014);
    assert_eq!(bob.call("login-status"), 3);
}

#[test]
fn uninit_inside_a_callback_and_everything_again_after_it() {
    let server = Server::start();
    let alice = server.enter("alice");
    let bob = server.enter("bob");
    alice.subscribe(&["bob"]);
    let uninit = bob.inside("comm", "uninit");
    bob.done(r#"get ["bob"]"#);
    assert_eq!(bob.returned_inside(uninit), 0);
    bob.next("performed");
    alice.hears(&offline("bob"));
    let heard_before = bob.count("status");
    server.login(&bob, &server.address, "bob", "Linux");
    alice.hears(&online("bob"));
    // Listeners are forgotten with the rest.
    bob.set_status("unheard");
    bob.get(&["bob"]);
    assert_eq!(bob.count("status"), heard_before);
    assert_eq!(bob.call("listen status"), 0);
    bob.set_status("again");
    bob.hears_at_last(&online("bob").saying("again"));
}

#[test]
fn init_login_and_uninit_again_and_again() {
    let server = Server::start();
    let alice = server.enter("alice");
    let bob = server.puppet("bob");
    alice.subscribe(&["bob"]);
    for _ in 0..10 {
        server.login(&bob, &server.address, "bob", "Linux");
        alice.hears(&online("bob"));
        assert_eq!(bob.call("uninit"), 0);
        alice.hears(&offline("bob"));
    }
}

#[test]
fn the_login_status_and_the_servers_clock_can_be_asked_for_at_any_time() {
    let server = Server::start();
    let road = Relay::to(&server.address);
    let bob = server.puppet("bob");
    assert_eq!(bob.call("login-status"), 3);
    assert_eq!(bob.call(&server.init_command(&road.address(), "Linux")), 0);
    // Until a server has told its own, this machine's: also while a connection is being made.
    let clock = bob.call("server-time").unsigned_abs();
    assert!(clock.abs_diff(now_s()) <= 1, "{clock}");
    road.fall_silent();
    let entering = bob.begin(&server.login_command("bob"));
    assert_eq!(bob.call("login-status"), 2);
    assert_eq!(bob.text("user-id"), "");
    bob.refused(&server.login_command("bob"), 6015);
    road.speak_again();
    assert_eq!(bob.answer(entering).code, 0);
    assert_eq!(bob.call("login-status"), 1);
    assert_eq!(bob.text("user-id"), "bob");
    let clock = bob.call("server-time").unsigned_abs();
    assert!(clock.abs_diff(now_s()) <= 5, "{clock}");
    // Losing the connection is not being logged out.
    bob.network_becomes(0);
    road.close();
    bob.network_becomes(1);
    assert_eq!(bob.call("login-status"), 1);
    assert_eq!(bob.text("user-id"), "bob");
}

#[test]
fn the_abis_own_way_to_say_where_the_server_is() {
    let server = Server::start();
    let (ip, port) = server
        .address
        .rsplit_once(':')
        .expect("an address with a port");
    let info = serde_json::json!({
        "request_internal_operation": "internal_operation_set_custom_server_info",
        "request_set_custom_server_info_param": {
            "longconnection_address_array": [{
                "server_address_ip": ip,
                "server_address_port": port.parse::<u16>().expect("a port"),
                "server_address_is_ipv6": false,
                "server_address_is_quic": false,
            }],
            "server_public_key": "",
        },
    });
    let bob = server.puppet("bob");
    bob.done(&format!("experimental {info}"));
    // It comes before what the configuration says.
    assert_eq!(bob.call(&server.init_command("127.0.0.1:9", "Linux")), 0);
    bob.done(&server.login_command("bob"));
}

#[test]
fn the_environment_may_say_where_the_server_is() {
    let server = Server::start();
    let environment = [("USERSTATUS_SERVER", server.address.as_str())];
    let bob = Puppet::start_in("bob", &server.timeline, Host::Here, &environment);
    assert_eq!(bob.call(&format!("init {} {{}}", server.app_id)), 0);
    bob.done(&server.login_command("bob"));
}

#[test]
fn logs_hold_neither_usersigs_nor_statuses() {
    let server = Server::start_on("127.0.0.1:0", &["--log-level", "trace"]);
    let puppet = server.puppet("carol");
    puppet.call("listen log");
    let everything = r#"{"set_config_log_level":1,"set_config_callback_log_level":1,"set_config_is_log_output_console":true}"#;
    puppet.done(&format!("config {everything}"));
    assert_eq!(
        puppet.call(&server.init_command(&server.address, "Linux")),
        0
    );
    let wrong = mint("another key", server.app_id, "carol", now_s(), 600);
    puppet.refused(&format!("login carol {wrong}"), 70009);
    let right = server.sig("carol");
    puppet.done(&format!("login carol {right}"));
    puppet.set_status("a secret of mine");
    puppet.hears_at_last(&online("carol").saying("a secret of mine"));
    puppet.subscribe(&["bob"]);
    puppet.done("logout");
    assert_eq!(puppet.call("uninit"), 0);

    let of_library = puppet
        .events()
        .into_iter()
        .filter(|event| event["event"] == "log")
        .map(|event| event["line"].to_string());
    let on_console = server
        .timeline
        .lines_of("carol")
        .into_iter()
        .filter(|line| line.starts_with("!! "));
    let of_server = server
        .timeline
        .lines_of("userstatusd")
        .into_iter()
        .filter(|line| !line.starts_with('{'));
    let sources = [
        of_library.collect::<Vec<_>>(),
        on_console.collect(),
        of_server.collect(),
    ];
    for lines in &sources {
        assert!(lines.len() > 2, "{lines:?}");
        for secret in [
            &wrong[..60],
            &right[..60],
            "a secret of mine",
            Server::SECRET_KEY,
        ] {
            let leaks: Vec<_> = lines.iter().filter(|line| line.contains(secret)).collect();
            assert!(leaks.is_empty(), "{leaks:?}");
        }
    }
}

#[test]
fn a_request_made_while_the_connection_is_lost_is_answered_after_it_is_back() {
    let server = Server::start();
    let road = Relay::to(&server.address);
    let bob = server.enter_via(&road.address(), "bob", "Linux");
    bob.network_becomes(0);
    road.close();
    bob.network_becomes(1);
    let asked = [
        r#"get ["bob"]"#,
        r#"set {"user_status_custom_status":"back"}"#,
    ]
    .map(|command| bob.begin(command));
    road.open();
    for pending in asked {
        assert_eq!(bob.answer(pending).code, 0);
    }
    assert_eq!(bob.get(&["bob"]), [online("bob").saying("back")]);
}

#[test]
fn a_request_whose_answer_was_lost_is_sent_again_and_done_once() {
    let server = Server::start();
    let road = Relay::to(&server.address);
    let _alice = server.enter("alice");
    let bob = server.enter_via(&road.address(), "bob", "Linux");
    bob.network_becomes(0);
    // The request gets there; its answer does not come back.
    road.fall_silent_towards_the_client();
    let asked = bob.begin(&add_friend_command("alice", false));
    let watcher = server.enter_on("Android", "bob");
    eventually("the server has done it", || {
        watcher.done("friends").json.contains("alice").then_some(())
    });
    road.cut();
    road.speak_again();
    let answer = bob.answer(asked);
    assert_eq!(answer.code, 0);
    // To find it done is not "a friend already".
    assert!(
        answer.json.contains("\"friend_result_code\":0"),
        "{}",
        answer.json
    );
}

#[test]
fn a_killed_process_comes_back_as_a_new_device() {
    let server = Server::start();
    let alice = server.enter("alice");
    alice.subscribe(&["bob"]);
    for _ in 0..3 {
        let bob = server.enter("bob");
        alice.hears(&online("bob"));
        bob.signal(Signal::Kill);
        alice.hears(&offline("bob"));
    }
}
