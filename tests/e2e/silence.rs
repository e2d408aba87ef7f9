//! Devices that fall silent (S6), with the time-outs shortened; the real thing, with a cable that is pulled, is in `network`.

use crate::harness::Puppet;
use crate::harness::{Relay, Server, Signal, offline, online};
use std::time::{Duration, Instant};

const SILENCE_TIMEOUT: Duration = Duration::from_millis(1_200);
const HEARTBEAT_INTERVAL: Duration = Duration::from_millis(250);
pub(crate) const SHORT: &str = "--silence-timeout-ms 1200 --heartbeat-interval-ms 250";

/// Returns when the server has found somebody who fell silent at the call: whoever was silent by then has been found as well.
pub(crate) fn silence_time_out_passes(server: &Server, watcher: &Puppet, name: &str) {
    let clock = server.enter(name);
    watcher.subscribe(&[name]);
    clock.signal(Signal::Stop);
    watcher.hears(&offline(name));
}

#[test]
fn s6_a_silent_device_is_offline_after_the_silence_time_out() {
    let server = Server::start();
    server.set(SHORT);
    let alice = server.enter("alice");
    let bob = server.enter("bob");
    alice.subscribe(&["bob"]);
    bob.signal(Signal::Stop);
    let silent_since = Instant::now();
    alice.hears(&offline("bob"));
    // Its last word may have been one heartbeat ago.
    let found_after = silent_since.elapsed();
    assert!(
        found_after >= SILENCE_TIMEOUT - HEARTBEAT_INTERVAL - Duration::from_millis(50),
        "{found_after:?}"
    );
    // It was only asleep: it finds its connection gone and comes back by itself.
    bob.signal(Signal::Continue);
    alice.hears(&online("bob"));
    assert_eq!(bob.call("login-status"), 1);
}

#[test]
fn s6_heartbeats_keep_a_device_online_that_says_nothing_else() {
    let server = Server::start();
    server.set(SHORT);
    let alice = server.enter("alice");
    let _bob = server.enter("bob");
    alice.subscribe(&["bob"]);
    for clock in ["clock1", "clock2"] {
        silence_time_out_passes(&server, &alice, clock);
    }
    alice.hears_no_more_of("bob");
}

#[test]
fn s6_a_device_that_changed_networks_replaces_its_old_connection_and_nobody_is_told() {
    let server = Server::start();
    server.set(SHORT);
    let road = Relay::to(&server.address);
    let alice = server.enter("alice");
    let bob = server.enter_via(&road.address(), "bob", "Linux");
    alice.subscribe(&["bob"]);
    bob.network_becomes(0);
    // The server hears nothing of the old connection's end.
    road.cut_on_the_client_side();
    bob.network_becomes(1);
    bob.network_becomes(0);
    // An answer shows that the new connection is logged in.
    bob.get(&["bob"]);
    silence_time_out_passes(&server, &alice, "clock");
    alice.hears_no_more_of("bob");
    assert_eq!(alice.get(&["bob"]), [online("bob")]);
}

#[test]
fn s6_a_login_from_elsewhere_before_the_time_out_is_no_change() {
    let server = Server::start();
    server.set(SHORT);
    let alice = server.enter("alice");
    let old = server.enter("bob");
    alice.subscribe(&["bob"]);
    old.signal(Signal::Stop);
    let new = server.enter("bob");
    silence_time_out_passes(&server, &alice, "clock");
    alice.hears_no_more_of("bob");
    assert_eq!(new.count("kicked"), 0);
    // The old one was kicked while it was away.
    old.signal(Signal::Continue);
    old.next("kicked");
}
