//! Plans, switches and limits, set by the operator (P1 to P3).

use crate::harness::{Server, online};

#[test]
fn p1_the_basic_plan_is_setting_ones_own_status_and_asking_about_oneself() {
    let server = Server::start();
    server.set("--plan basic");
    let alice = server.enter("alice");
    let _bob = server.enter("bob");
    alice.set_status("in a match");
    assert_eq!(
        alice.get(&["alice"]),
        [online("alice").saying("in a match")]
    );
    for command in [
        r#"get ["bob"]"#,
        r#"subscribe ["bob"]"#,
        r#"unsubscribe ["bob"]"#,
        "unsubscribe -",
    ] {
        let desc = alice.refused(command, 7013);
        assert!(desc.contains("premium"), "{desc}");
    }
}

#[test]
fn p2_a_switch_takes_effect_at_once_for_those_already_connected() {
    let server = Server::start();
    let alice = server.enter("alice");
    let bob = server.enter("bob");
    alice.subscribe(&["bob"]);
    bob.set_status("on");
    alice.hears(&online("bob").saying("on"));

    server.set("--user-status off");
    bob.set_status("off");
    alice.hears_no_more_of("bob");
    alice.refused(r#"get ["bob"]"#, 72001);
    alice.refused(r#"subscribe ["bob"]"#, 72001);

    // Her list was not touched, and she is told what she missed.
    server.set("--user-status on");
    alice.hears(&online("bob").saying("off"));
    bob.set_status("on again");
    alice.hears(&online("bob").saying("on again"));
    assert_eq!(alice.get(&["bob"]), [online("bob").saying("on again")]);
}

#[test]
fn p2_the_friend_switch_and_the_plan_take_effect_at_once_too() {
    let server = Server::start();
    let alice = server.enter("alice");
    let bob = server.enter("bob");
    alice.befriend("bob", false);
    for (off, on) in [
        (
            "--friend-status-notification off",
            "--friend-status-notification on",
        ),
        ("--plan basic", "--plan premium"),
    ] {
        server.set(off);
        bob.set_status(off);
        alice.hears_no_more_of("bob");
        // She is told what she missed, and of everything from now on.
        server.set(on);
        alice.hears(&online("bob").saying(off));
        bob.set_status(on);
        alice.hears(&online("bob").saying(on));
    }
}

#[test]
fn p2_a_new_app_is_basic_and_both_switches_are_off() {
    let server = Server::start();
    let created = server.operate(&[
        "app",
        "create",
        "--app-id",
        "1400000777",
        "--name",
        "new",
        "--json",
    ]);
    let app: serde_json::Value =
        serde_json::from_str(&created).unwrap_or_else(|error| panic!("{error}: {created}"));
    assert_eq!(app["settings"]["plan"], "basic", "{app}");
    assert_eq!(app["settings"]["user_status"], false, "{app}");
    assert_eq!(
        app["settings"]["friend_status_notification"], false,
        "{app}"
    );
}

#[test]
fn p3_limits_are_settings_of_the_app_and_take_effect_at_once() {
    let server = Server::start();
    let alice = server.enter("alice");
    server.set("--query-users-max 2 --subscribe-users-max 1");
    for (command, max) in [
        (r#"get ["a","b","c"]"#, '2'),
        (r#"subscribe ["a","b"]"#, '1'),
    ] {
        let desc = alice.refused(command, 6017);
        assert!(desc.contains(max), "{desc}");
    }
    alice.done(r#"get ["a","b"]"#);
    alice.done(r#"subscribe ["a"]"#);
    server.set("--query-users-max 3");
    alice.done(r#"get ["a","b","c"]"#);
}

#[test]
fn p3_a_setting_out_of_range_is_refused_and_changes_nothing() {
    let server = Server::start();
    let app = server.app_id.to_string();
    let output = server.try_operate(&[
        "app",
        "set",
        &app,
        "--subscriptions-max",
        "0",
        "--plan",
        "basic",
    ]);
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("subscriptions"), "{said}");
    let alice = server.enter("alice");
    alice.done(r#"get ["bob"]"#);
}

#[test]
fn p3_without_the_token_nothing_can_be_set() {
    let server = Server::start();
    let output = server.try_operate(&[
        "app",
        "set",
        &server.app_id.to_string(),
        "--plan",
        "basic",
        "--token",
        "wrong-wrong-wrong-wrong",
    ]);
    assert!(!output.status.success());
    let alice = server.enter("alice");
    alice.done(r#"get ["bob"]"#);
}
