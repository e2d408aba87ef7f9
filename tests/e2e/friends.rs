//! Friends and blocks (R1, R2).

use crate::harness::{
    Puppet, Server, add_friend_command, eventually, ids, offline, online, unlogined,
};
use serde_json::Value;

/// The codes of an array of results, whose users are these.
fn codes(puppet: &Puppet, verb: &str, users: &[&str]) -> Vec<i64> {
    let answer = puppet.done(&format!("{verb} {}", ids(users)));
    let results: Value = serde_json::from_str(&answer.json).expect("JSON");
    let results = results.as_array().expect("an array").clone();
    let named: Vec<_> = results
        .iter()
        .map(|result| result["friend_result_identifier"].as_str().expect("a text"))
        .collect();
    assert_eq!(named, users);
    results
        .iter()
        .map(|result| result["friend_result_code"].as_i64().expect("a number"))
        .collect()
}

fn add_code(puppet: &Puppet, user: &str) -> i64 {
    let answer = puppet.done(&add_friend_command(user, true));
    let result: Value = serde_json::from_str(&answer.json).expect("JSON");
    result["friend_result_code"].as_i64().expect("a number")
}

fn blocked(puppet: &Puppet) -> String {
    puppet.done("blocked").json
}

/// An entry of the lists of friends and of those who are blocked, with everything that layers above the mirrored SDK look into.
fn entry(user: &str) -> Value {
    serde_json::json!({
        "friend_profile_identifier": user,
        "friend_profile_group_name_array": [],
        "friend_profile_remark": "",
        "friend_profile_add_wording": "",
        "friend_profile_add_source": "",
        "friend_profile_add_time": 0,
        "friend_profile_user_profile": {
            "user_profile_identifier": user,
            "user_profile_nick_name": "",
            "user_profile_face_url": "",
            "user_profile_custom_string_array": [],
        },
        "friend_profile_custom_string_array": [],
    })
}

/// All users that a listener was told of, in order: these, and nobody else by now.
fn told(puppet: &Puppet, kind: &str, users: &[&str]) {
    let heard = || -> Vec<String> {
        let events = puppet.events().into_iter();
        events
            .filter(|event| event["event"] == kind)
            .flat_map(|event| {
                let json = event["json"].as_str().expect("a text").to_owned();
                serde_json::from_str::<Vec<String>>(&json).expect("an array of texts")
            })
            .collect()
    };
    eventually("they were told of", || {
        (heard().len() >= users.len()).then_some(())
    });
    puppet.fence();
    assert_eq!(heard(), users, "{} {kind}", puppet.name);
}

#[test]
fn who_adds_or_deletes_a_friend_is_told_on_every_device_and_the_friend_if_it_is_on_both_lists() {
    let server = Server::start();
    let alice = server.enter("alice");
    let phone = server.enter_on("Android", "alice");
    let (bob, carol) = (server.enter("bob"), server.enter("carol"));
    alice.befriend("bob", true);
    alice.befriend("carol", false);
    assert_eq!(add_code(&alice, "bob"), 30015);
    assert_eq!(add_code(&alice, "nobody"), 30003);
    for device in [&alice, &phone] {
        told(device, "friend-added", &["bob", "carol"]);
    }
    told(&bob, "friend-added", &["alice"]);
    told(&carol, "friend-added", &[]);
    let mut listed: Value = serde_json::from_str(&alice.done("friends").json).expect("JSON");
    for friend in listed.as_array_mut().expect("an array") {
        assert!(friend["friend_profile_add_time"].as_u64() > Some(0));
        friend["friend_profile_add_time"] = 0.into();
    }
    assert_eq!(listed, serde_json::json!([entry("bob"), entry("carol")]));

    // From her own list only, and from both.
    for (both, user) in [(0, "bob"), (1, "carol")] {
        alice.done(&format!(
            r#"delete-friends {{"friendship_delete_friend_param_friend_type":{both},"friendship_delete_friend_param_identifier_array":["{user}","nobody"]}}"#
        ));
    }
    for device in [&alice, &phone] {
        told(device, "friend-deleted", &["bob", "carol"]);
    }
    for friend in [&bob, &carol] {
        told(friend, "friend-deleted", &[]);
    }
    bob.done(
        r#"delete-friends {"friendship_delete_friend_param_friend_type":1,"friendship_delete_friend_param_identifier_array":["alice"]}"#,
    );
    told(&bob, "friend-deleted", &["alice"]);
    told(&alice, "friend-deleted", &["bob", "carol"]);
}

#[test]
fn r1_friends_need_the_premium_plan() {
    let server = Server::start();
    server.set("--plan basic");
    let alice = server.enter("alice");
    let (add, someone) = (add_friend_command("bob", false), ids(&["bob"]));
    let delete = r#"delete-friends {"friendship_delete_friend_param_identifier_array":["bob"]}"#;
    for command in [
        add.as_str(),
        delete,
        "friends",
        "blocked",
        &format!("block {someone}"),
        &format!("unblock {someone}"),
    ] {
        alice.refused(command, 7013);
    }
}

#[test]
fn r1_friend_requests_have_a_quota_of_their_own_that_the_devices_share() {
    let server = Server::start();
    let alice = server.enter("alice");
    let alice_too = server.enter_on("Android", "alice");
    for _ in 0..10 {
        alice.done("friends");
        alice.done("blocked");
    }
    // The library knows what it sent itself; of the other device only the server does.
    alice.refused("friends", 7008);
    alice.refused(&format!("block {}", ids(&["bob"])), 7008);
    alice_too.refused("friends", 60018);
    alice.get(&["bob"]);
}

#[test]
fn r2_where_only_the_studios_server_makes_friends_clients_may_still_list_and_block() {
    let server = Server::start();
    let _bob = server.enter("bob");
    server.set("--friends server");
    let alice = server.enter("alice");
    let desc = alice.refused(&add_friend_command("bob", false), 7014);
    assert!(desc.contains("server"), "{desc}");
    let delete = r#"delete-friends {"friendship_delete_friend_param_identifier_array":["bob"]}"#;
    alice.refused(delete, 7014);
    assert_eq!(alice.done("friends").json, "[]");
    assert_eq!(codes(&alice, "block", &["bob"]), [0]);
    assert_eq!(codes(&alice, "unblock", &["bob"]), [0]);
}

#[test]
fn r2_who_blocks_another_is_hidden_from_them_and_they_from_them() {
    let server = Server::start();
    let alice = server.enter("alice");
    let bob = server.enter("bob");
    alice.subscribe(&["bob"]);
    bob.subscribe(&["alice"]);
    alice.set_status("in a match");
    bob.hears(&online("alice").saying("in a match"));
    assert_eq!(
        codes(&alice, "block", &["bob", "alice", "nobody"]),
        [0, 30001, 30003]
    );
    let listed: Value = serde_json::from_str(&blocked(&alice)).expect("JSON");
    assert_eq!(listed, serde_json::json!([entry("bob")]));
    assert_eq!(blocked(&bob), "[]", "who is blocked is not told");
    bob.hears_at_last(&offline("alice"));
    alice.hears_at_last(&offline("bob"));
    alice.set_status("hidden");
    bob.set_status("hidden, too");
    bob.hears_no_more_of("alice");
    alice.hears_no_more_of("bob");
    assert_eq!(alice.get(&["bob"]), [offline("bob")]);
    assert_eq!(bob.get(&["alice"]), [offline("alice")]);
    assert_eq!(add_code(&alice, "bob"), 30515);
    assert_eq!(add_code(&bob, "alice"), 30525);

    assert_eq!(codes(&alice, "unblock", &["bob"]), [0]);
    assert_eq!(blocked(&alice), "[]");
    let seen = bob.get(&["alice"]).remove(0);
    assert_eq!(seen.devices, ["Linux"]);
    assert_eq!(add_code(&bob, "alice"), 0);
    bob.done("logout");
    alice.hears_at_last(&unlogined("bob"));
}

#[test]
fn r2_the_list_of_those_who_are_blocked_comes_in_pages_and_is_handed_over_whole() {
    let server = Server::start();
    let names: Vec<String> = (0..1_000).map(|number| format!("{number:0>32}")).collect();
    server.import(&names);
    let alice = server.enter("alice");
    let some: Vec<&str> = names.iter().map(String::as_str).collect();
    assert!(codes(&alice, "block", &some).iter().all(|code| *code == 0));
    let listed: Value = serde_json::from_str(&blocked(&alice)).expect("JSON");
    let listed: Vec<_> = listed
        .as_array()
        .expect("an array")
        .iter()
        .map(|user| user["friend_profile_identifier"].as_str().expect("a text"))
        .collect();
    assert_eq!(listed, some);
}

#[test]
fn r2_whom_a_block_is_taken_from_is_watched_as_before() {
    let server = Server::start();
    let alice = server.enter("alice");
    let bob = server.enter("bob");
    bob.subscribe(&["alice"]);
    for round in 0..3 {
        assert_eq!(codes(&alice, "block", &["bob"]), [0]);
        assert_eq!(codes(&alice, "unblock", &["bob"]), [0]);
        let custom = format!("round {round}");
        alice.set_status(&custom);
        bob.hears_at_last(&online("alice").saying(&custom));
    }
    assert_eq!(codes(&alice, "block", &["bob"]), [0]);
    assert_eq!(codes(&alice, "unblock", &["bob"]), [0]);
    alice.done("logout");
    bob.hears_at_last(&unlogined("alice"));
}
