//! The disconnect grace (S8).

use crate::harness::{Relay, Server, Signal, offline, online};
use std::time::{Duration, Instant};

#[test]
fn s8_a_reconnect_within_the_grace_is_no_change() {
    let server = Server::start();
    server.set("--disconnect-grace-ms 600000");
    let road = Relay::to(&server.address);
    let alice = server.enter("alice");
    let bob = server.enter_via(&road.address(), "bob", "Linux");
    bob.set_status("on the train");
    alice.subscribe(&["bob"]);
    bob.network_becomes(0);
    road.cut();
    bob.network_becomes(1);
    bob.network_becomes(0);
    // An answer shows that it is logged in again.
    assert_eq!(bob.get(&["bob"]), [online("bob").saying("on the train")]);
    alice.hears_no_more_of("bob");
}

#[test]
fn s8_after_the_grace_the_account_is_offline() {
    let grace = Duration::from_millis(700);
    let server = Server::start();
    server.set("--disconnect-grace-ms 700");
    let alice = server.enter("alice");
    let bob = server.enter("bob");
    alice.subscribe(&["bob"]);
    let killed_at = Instant::now();
    bob.signal(Signal::Kill);
    assert_eq!(alice.get(&["bob"]), [online("bob")]);
    alice.hears(&offline("bob"));
    assert!(killed_at.elapsed() >= grace, "{:?}", killed_at.elapsed());
}

#[test]
fn s8_a_logout_has_no_grace() {
    let server = Server::start();
    server.set("--disconnect-grace-ms 600000");
    let alice = server.enter("alice");
    let bob = server.enter("bob");
    alice.subscribe(&["bob"]);
    bob.done("logout");
    alice.hears(&crate::harness::unlogined("bob"));
}
