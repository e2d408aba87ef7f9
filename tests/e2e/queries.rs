//! Asking about users (G1 to G3).

use crate::harness::{Server, eventually, ids, online, strange, unlogined};
use std::time::{Duration, Instant};

#[test]
fn g1_answers_come_in_the_order_asked_and_each_user_once() {
    let server = Server::start();
    let alice = server.enter("alice");
    let _bob = server.enter("bob");
    let _carol = server.enter_on("Windows", "carol");
    let _carol_too = server.enter_on("iPhone", "carol");
    let dave = server.enter("dave");
    dave.done("logout");
    let carol = online("carol").on(&["Windows", "iPhone"]);
    assert_eq!(
        alice.get(&["dave", "carol", "nobody", "bob", "carol", "alice", "dave"]),
        [
            unlogined("dave"),
            carol,
            strange("nobody"),
            online("bob"),
            online("alice")
        ]
    );
}

#[test]
fn g2_asking_about_oneself_alone_needs_no_plan_and_no_switch_and_has_no_rate_limit() {
    let server = Server::start();
    server.set("--plan basic --user-status off");
    let alice = server.enter("alice");
    for _ in 0..30 {
        assert_eq!(alice.get(&["alice"]), [online("alice")]);
    }
    assert_eq!(alice.get(&["alice", "alice"]), [online("alice")]);
}

#[test]
fn g3_asking_about_others_needs_the_premium_plan_and_the_switch() {
    let server = Server::start();
    let alice = server.enter("alice");
    server.set("--plan basic");
    alice.refused(r#"get ["bob"]"#, 7013);
    alice.refused(r#"get ["alice","bob"]"#, 7013);
    server.set("--plan premium --user-status off");
    alice.refused(r#"get ["bob"]"#, 72001);
    server.set("--user-status on");
    alice.done(r#"get ["bob"]"#);
}

#[test]
fn g3_a_21st_query_in_5_s_is_refused_before_it_is_sent() {
    let server = Server::start();
    let alice = server.enter("alice");
    for _ in 0..20 {
        alice.get(&["bob"]);
    }
    alice.refused(r#"get ["bob"]"#, 7008);
    // Not counted with it: oneself, and subscribing.
    alice.get(&["alice"]);
    alice.subscribe(&["bob"]);
}

#[test]
fn g3_the_server_counts_the_queries_of_all_devices_of_an_account() {
    let server = Server::start();
    let alice = server.enter("alice");
    let alice_too = server.enter_on("Android", "alice");
    for _ in 0..20 {
        alice.get(&["bob"]);
    }
    // This device has not asked anything yet, so it does not know.
    alice_too.refused(r#"get ["bob"]"#, 60018);
}

#[test]
fn g3_the_window_slides() {
    let server = Server::start();
    server.set("--requests-per-window 3 --window-ms 2000");
    let alice = server.enter("alice");
    let begin = Instant::now();
    for _ in 0..3 {
        alice.get(&["bob"]);
    }
    alice.refused(r#"get ["bob"]"#, 7008);
    eventually("a query is allowed again", || {
        (alice.ask(r#"get ["bob"]"#).code == 0).then_some(())
    });
    assert!(
        begin.elapsed() >= Duration::from_secs(2),
        "{:?}",
        begin.elapsed()
    );
}

#[test]
fn g3_a_query_names_at_most_500_users() {
    let server = Server::start();
    let alice = server.enter("alice");
    let names: Vec<String> = (0..501).map(|number| format!("user{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let desc = alice.refused(&format!("get {}", ids(&names)), 6017);
    assert!(desc.contains("501") && desc.contains("500"), "{desc}");
    assert_eq!(alice.get(&names[..500]).len(), 500);
    // It is the different ones that count.
    let twice = [&names[..500], &names[..500]].concat();
    assert_eq!(alice.get(&twice).len(), 500);
}

/// What other layers of the mirrored SDK write for a list or an object that they have not got.
#[test]
fn null_is_nobody_in_particular_or_the_default() {
    let server = Server::start();
    let alice = server.enter("alice");
    let bob = server.enter("bob");
    for nobody in ["[]", "null", " null "] {
        for verb in ["get", "subscribe", "block", "unblock"] {
            let answer = alice.done(&format!("{verb} {nobody}"));
            assert_eq!(answer.json, "[]", "{verb} {nobody}");
        }
        alice.subscribe(&["bob"]);
        alice.done(&format!("unsubscribe {nobody}"));
        bob.set_status("unheard");
        alice.hears_no_more_of("bob");
    }
    for nobody in [
        "null",
        "{}",
        r#"{"friendship_delete_friend_param_identifier_array":null}"#,
    ] {
        let answer = alice.done(&format!("delete-friends {nobody}"));
        assert_eq!(answer.json, "[]", "{nobody}");
    }
    for nothing in ["null", "{}", r#"{"user_status_custom_status":null}"#] {
        alice.set_status("in a match");
        alice.hears(&online("alice").saying("in a match"));
        alice.done(&format!("set {nothing}"));
        alice.hears(&online("alice"));
    }
    let added = alice.done(
        r#"add-friend {"friendship_add_friend_param_identifier":"bob","friendship_add_friend_param_friend_type":null,"friendship_add_friend_param_remark":null}"#,
    );
    assert!(
        added.json.contains(r#""friend_result_code":0"#),
        "{}",
        added.json
    );
}

#[test]
fn asking_about_nobody_needs_a_login_all_the_same() {
    let server = Server::start();
    let alice = server.puppet("alice");
    alice.refused("get []", 6013);
    assert_eq!(alice.call(&format!("init {} -", server.app_id)), 0);
    alice.refused("subscribe null", 6014);
}
