//! Accounts and their devices (D0, D1).

use crate::harness::{
    Answer, Relay, Server, add_friend_command, eventually, mint, now_s, online, strange, unlogined,
};
use serde_json::Value;

#[test]
fn d0_the_first_login_registers_the_user() {
    let server = Server::start();
    let alice = server.enter("alice");
    assert_eq!(alice.get(&["bob"]), [strange("bob")]);
    let result: Value =
        serde_json::from_str(&alice.done(&add_friend_command("bob", false)).json).expect("JSON");
    assert_eq!(result["friend_result_code"], 30003, "{result}");
    let bob = server.enter("bob");
    alice.befriend("bob", false);
    bob.done("logout");
    assert_eq!(alice.get(&["bob"]), [unlogined("bob")]);
}

#[test]
fn d0_a_user_id_is_1_to_32_bytes_of_printable_ascii_without_space() {
    let server = Server::start();
    let puppet = server.puppet("anybody");
    assert_eq!(
        puppet.call(&server.init_command(&server.address, "Linux")),
        0
    );
    for wrong in [
        "x".repeat(33),
        "名字".to_owned(),
        "tab\there".to_owned(),
        "del\u{7f}".to_owned(),
    ] {
        // Nobody mints for such a one; the id is looked at first.
        puppet.refused(&format!("login {wrong} {}", server.sig("somebody")), 6017);
        assert_eq!(puppet.call("login-status"), 3);
    }
    for right in ["x".repeat(32), "!~\"{}\\".to_owned()] {
        puppet.done(&server.login_command(&right));
        assert_eq!(puppet.text("user-id"), right);
        assert_eq!(puppet.get(&[&right]), [online(&right)]);
        puppet.done("logout");
    }
}

#[test]
fn d0_the_friend_list_has_a_limit_on_both_sides() {
    let server = Server::start();
    server.set("--friends-max 2");
    let puppets = ["alice", "bob", "carol", "dave"].map(|user| server.enter(user));
    let [alice, _, _, dave] = &puppets;
    alice.befriend("bob", false);
    alice.befriend("carol", false);
    for (puppet, friend, is_both, code) in [
        (alice, "dave", false, 30010),
        (dave, "alice", true, 30014),
        (alice, "bob", false, 30015),
        (alice, "alice", false, 30001),
    ] {
        let answer = puppet.done(&add_friend_command(friend, is_both));
        let result: Value = serde_json::from_str(&answer.json).expect("JSON");
        assert_eq!(
            result["friend_result_code"], code,
            "{} adds {friend}: {result}",
            puppet.name
        );
    }
    let friends: Value = serde_json::from_str(&alice.done("friends").json).expect("JSON");
    let names: Vec<_> = friends
        .as_array()
        .expect("an array")
        .iter()
        .map(|friend| &friend["friend_profile_identifier"])
        .collect();
    assert_eq!(names, ["bob", "carol"]);
}

#[test]
fn d0_an_account_has_at_most_3000_friends() {
    let server = Server::start();
    server.set("--requests-per-window 1000 --window-ms 100");
    let names: Vec<String> = (0..=3_000)
        .map(|number| format!("friend{number:04}"))
        .collect();
    for part in names.chunks(1_000) {
        server.import(part);
    }
    let alice = server.enter("alice");
    // As fast as it is allowed.
    let add = |name: &String| {
        eventually("the friend is added", || {
            let answer = alice.ask(&add_friend_command(name, false));
            (![7008, 60018].contains(&answer.code)).then_some(answer)
        })
    };
    let code_of = |answer: &Answer| -> Value {
        let result: Value = serde_json::from_str(&answer.json).expect("JSON");
        result["friend_result_code"].clone()
    };
    let (last, first) = names.split_last().expect("there are 3,001");
    for name in first {
        assert_eq!(code_of(&add(name)), 0);
    }
    assert_eq!(code_of(&add(last)), 30010);
    let friends: Value = serde_json::from_str(&alice.done("friends").json).expect("JSON");
    // In pages, and handed over whole.
    let listed: Vec<_> = friends
        .as_array()
        .expect("an array")
        .iter()
        .map(|friend| {
            friend["friend_profile_identifier"]
                .as_str()
                .expect("a text")
        })
        .collect();
    assert_eq!(listed, names[..3_000]);
}

#[test]
fn d0_the_same_user_id_in_two_apps_is_two_users() {
    let server = Server::start();
    server.create_app(1_400_000_999);
    let alice = server.enter("alice");
    alice.subscribe(&["bob"]);
    let elsewhere = server.puppet("bob-elsewhere");
    let init = server.init_command(&server.address, "Linux");
    let app_id = server.app_id.to_string();
    assert_eq!(elsewhere.call(&init.replacen(&app_id, "1400000999", 1)), 0);
    let sig = mint(Server::SECRET_KEY, 1_400_000_999, "bob", now_s(), 600);
    elsewhere.done(&format!("login bob {sig}"));
    elsewhere.set_status("in another game");
    assert_eq!(
        elsewhere.get(&["alice", "bob"]),
        [strange("alice"), online("bob").saying("in another game")]
    );
    alice.hears_no_more_of("bob");
    assert_eq!(alice.get(&["bob"]), [strange("bob")]);
}

#[test]
fn d1_devices_of_different_platforms_coexist() {
    let server = Server::start();
    let platforms = [
        "Windows", "Mac", "Linux", "iPhone", "iPad", "Android", "Web", "Console",
    ];
    let devices = platforms.map(|platform| server.enter_on(platform, "bob"));
    for device in &devices {
        assert_eq!(device.get(&["bob"]), [online("bob").on(&platforms)]);
        assert_eq!(device.count("kicked"), 0);
    }
}

#[test]
fn d1_a_login_on_the_same_platform_kicks_the_device_that_was_there() {
    let server = Server::start();
    let road = Relay::to(&server.address);
    let alice = server.enter("alice");
    let old = server.enter_via(&road.address(), "bob", "Linux");
    let other = server.enter_on("Android", "bob");
    alice.subscribe(&["bob"]);
    let new = server.enter("bob");
    old.next("kicked");
    assert_eq!(old.call("login-status"), 3);
    old.refused(r#"get ["bob"]"#, 6014);
    // Nobody saw it: the account was online all along.
    alice.hears_no_more_of("bob");
    assert_eq!(other.count("kicked") + new.count("kicked"), 0);

    // It does not come back by itself in the time another takes to.
    let other_road = Relay::to(&server.address);
    let carol = server.enter_via(&other_road.address(), "carol", "Linux");
    carol.network_becomes(0);
    other_road.cut();
    carol.network_becomes(0);
    assert_eq!(road.attempts(), 1);
    assert_eq!(new.count("kicked"), 0);
}

#[test]
fn d1_a_kicked_user_may_log_in_again_also_inside_the_callback() {
    let server = Server::start();
    let old = server.enter("bob");
    let again = old.inside("kicked", &server.login_command("bob"));
    let new = server.enter("bob");
    assert_eq!(old.answer(again).code, 0);
    new.next("kicked");
    assert_eq!(old.call("login-status"), 1);
    assert_eq!(old.get(&["bob"]), [online("bob")]);
}

#[test]
fn d1_one_device_in_all() {
    let server = Server::start();
    server.set("--devices one");
    let first = server.enter_on("Windows", "bob");
    let second = server.enter_on("iPhone", "bob");
    first.next("kicked");
    let third = server.enter_on("Web", "bob");
    second.next("kicked");
    assert_eq!(third.get(&["bob"]), [online("bob").on(&["Web"])]);
}

#[test]
fn d1_up_to_n_devices_of_a_platform_and_the_oldest_goes() {
    let server = Server::start();
    server.set("--devices up-to:2");
    let first = server.enter("bob");
    let second = server.enter("bob");
    let phone = server.enter_on("Android", "bob");
    let third = server.enter("bob");
    first.next("kicked");
    third.set_status("here");
    for device in [&second, &third, &phone] {
        device.hears_at_last(&online("bob").on(&["Linux", "Android"]).saying("here"));
        assert_eq!(device.count("kicked"), 0);
    }
}

#[test]
fn d1_kicked_while_away_its_own_reconnect_is_refused_and_the_apps_login_succeeds() {
    let server = Server::start();
    let road = Relay::to(&server.address);
    let old = server.enter_via(&road.address(), "bob", "Linux");
    old.network_becomes(0);
    road.close();
    old.network_becomes(1);
    let new = server.enter("bob");
    road.open();
    old.next("kicked");
    assert_eq!(old.call("login-status"), 3);
    assert_eq!(new.get(&["bob"]), [online("bob")]);
    assert_eq!(new.count("kicked"), 0);

    old.done(&server.login_command("bob"));
    new.next("kicked");
    assert_eq!(old.get(&["bob"]), [online("bob")]);
}

#[test]
fn d1_what_was_under_way_when_kicked_ends_with_6208() {
    let server = Server::start();
    let road = Relay::to(&server.address);
    let old = server.enter_via(&road.address(), "bob", "Linux");
    road.fall_silent();
    let asked = old.begin(r#"get ["bob"]"#);
    let _new = server.enter("bob");
    road.speak_again();
    old.next("kicked");
    assert_eq!(old.answer(asked).code, 6208);
}

#[test]
fn d1_the_operator_kicks_all_devices_and_their_sigs_are_no_longer_good() {
    let server = Server::start();
    let alice = server.enter("alice");
    let bob = server.enter("bob");
    let bob_too = server.enter_on("Android", "bob");
    alice.subscribe(&["bob"]);
    let old_login = server.login_command("bob");
    server.operate(&["account", "kick", &server.app_id.to_string(), "bob"]);
    bob.next("kicked");
    bob_too.next("kicked");
    alice.hears(&unlogined("bob"));
    bob.refused(&old_login, 70052);
    // One minted later is good: a UserSig's time is in whole seconds.
    let later = mint(Server::SECRET_KEY, server.app_id, "bob", now_s() + 2, 600);
    bob.done(&format!("login bob {later}"));
    alice.hears(&online("bob"));
}
