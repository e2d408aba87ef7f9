//! The normal status: who is there, who left, and how (S1 to S5, S7).

use crate::harness::{
    Puppet, Relay, Server, Signal, Status, eventually, offline, online, strange, unlogined,
};

/// Waits until a user's own device is told this about the account.
fn sees(puppet: &Puppet, expected: &Status) {
    eventually(&format!("{expected:?}"), || {
        (puppet.get(&[&expected.user]) == [expected.clone()]).then_some(())
    });
}

#[test]
fn s1_the_normal_status_is_the_systems_and_the_custom_status_the_users() {
    let server = Server::start();
    let alice = server.enter("alice");
    let bob = server.enter("bob");
    alice.subscribe(&["bob"]);
    bob.set_status("listening to music");
    alice.hears(&online("bob").saying("listening to music"));
    // To say that one is offline does not make it so.
    bob.done(r#"set {"user_status_status_type":2,"user_status_custom_status":"gone"}"#);
    alice.hears(&online("bob").saying("gone"));
}

#[test]
fn s2_the_devices_of_an_account_share_one_status() {
    let server = Server::start();
    let alice = server.enter("alice");
    let on_linux = server.enter("bob");
    let on_android = server.enter_on("Android", "bob");
    on_android.set_status("in a call");
    let shared = [online("bob").on(&["Linux", "Android"]).saying("in a call")];
    for puppet in [&alice, &on_linux, &on_android] {
        assert_eq!(puppet.get(&["bob"]), shared);
    }
}

#[test]
fn s3_the_normal_status_is_online_offline_or_not_logged_in() {
    let server = Server::start();
    let alice = server.enter("alice");
    assert_eq!(alice.subscribe(&["bob"]), [strange("bob")]);

    let bob = server.enter("bob");
    alice.hears(&online("bob"));
    assert_eq!(alice.get(&["bob"]), [online("bob")]);

    bob.done("logout");
    alice.hears(&unlogined("bob"));
    assert_eq!(alice.get(&["bob"]), [unlogined("bob")]);

    bob.done(&server.login_command("bob"));
    alice.hears(&online("bob"));
    bob.signal(Signal::Kill);
    alice.hears(&offline("bob"));
    assert_eq!(alice.get(&["bob"]), [offline("bob")]);
}

#[test]
fn s4_a_killed_process_is_offline_at_once() {
    let server = Server::start();
    let alice = server.enter("alice");
    let bob = server.enter("bob");
    alice.subscribe(&["bob"]);
    bob.signal(Signal::Kill);
    // The silence time-out is 400 s: what is seen now was seen by the closed connection.
    alice.hears(&offline("bob"));
}

#[test]
fn s4_a_broken_connection_is_offline_at_once() {
    let server = Server::start();
    let road = Relay::to(&server.address);
    let alice = server.enter("alice");
    let bob = server.enter_via(&road.address(), "bob", "Linux");
    alice.subscribe(&["bob"]);
    road.close();
    alice.hears(&offline("bob"));
    bob.network_becomes(1);
    road.open();
    alice.hears(&online("bob"));
    bob.network_becomes(0);
}

#[test]
fn s4_leaving_without_a_logout_is_offline_and_with_one_not_logged_in() {
    let server = Server::start();
    let alice = server.enter("alice");
    let bob = server.enter("bob");
    let carol = server.enter("carol");
    alice.subscribe(&["bob", "carol"]);
    assert_eq!(bob.call("uninit"), 0);
    alice.hears(&offline("bob"));
    carol.done("logout");
    alice.hears(&unlogined("carol"));
    assert_eq!(carol.call("login-status"), 3);
}

#[test]
fn s4_the_account_is_online_while_any_device_is() {
    let server = Server::start();
    let alice = server.enter("alice");
    let on_linux = server.enter("bob");
    let on_android = server.enter_on("Android", "bob");
    alice.subscribe(&["bob"]);
    on_linux.signal(Signal::Kill);
    sees(&on_android, &online("bob").on(&["Android"]));
    // The platforms are no part of the status: that one of them is gone is no change to tell.
    alice.hears_no_more_of("bob");
    on_android.set_status("still here");
    alice.hears(&online("bob").on(&["Android"]).saying("still here"));
    on_android.signal(Signal::Kill);
    alice.hears(&offline("bob"));
}

#[test]
fn s4_the_last_device_to_leave_decides_how_the_account_left() {
    let server = Server::start();
    let alice = server.enter("alice");
    let (bob, bob_too) = (server.enter("bob"), server.enter_on("Android", "bob"));
    let (carol, carol_too) = (server.enter("carol"), server.enter_on("Android", "carol"));
    alice.subscribe(&["bob", "carol"]);

    bob.signal(Signal::Kill);
    sees(&bob_too, &online("bob").on(&["Android"]));
    bob_too.done("logout");
    alice.hears(&unlogined("bob"));

    carol.done("logout");
    sees(&carol_too, &online("carol").on(&["Android"]));
    carol_too.signal(Signal::Kill);
    alice.hears(&offline("carol"));
}

#[test]
fn s5_an_app_in_the_background_is_online() {
    let server = Server::start();
    let alice = server.enter("alice");
    let bob = server.enter("bob");
    alice.subscribe(&["bob"]);
    bob.done("background 3");
    alice.hears_no_more_of("bob");
    assert_eq!(alice.get(&["bob"]), [online("bob")]);
    // It still can do and hear everything.
    bob.subscribe(&["alice"]);
    alice.set_status("hello");
    bob.hears(&online("alice").saying("hello"));
    bob.done("foreground");
    alice.hears_no_more_of("bob");
}

#[test]
fn s7_a_strange_id_is_unknown_and_does_not_fail_the_batch() {
    let server = Server::start();
    let alice = server.enter("alice");
    let bob = server.enter("bob");
    let too_long = "x".repeat(33);
    let asked = ["nobody", "bob", &too_long, "with space", "名字"];
    let answered = alice.get(&asked);
    assert_eq!(
        answered,
        [
            strange("nobody"),
            online("bob"),
            strange(&too_long),
            strange("with space"),
            strange("名字")
        ]
    );
    drop(bob);
}
