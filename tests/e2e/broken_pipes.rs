//! A connection that breaks while it is written to: a host that does nothing about SIGPIPE, as most C programs and every game engine,
//! goes on. The puppet is such a host: nothing in it touches a signal.

use crate::harness::{Certificates, Pending, Puppet, Relay, Server, set_command};

/// A host that was killed by it was so within 29.
const ROUNDS: usize = 60;
/// Statuses set while the connection breaks.
const WRITES: usize = 16;
/// Each round is a login.
const MANY_LOGINS: &str = "--requests-per-window 1000";

/// Breaks a puppet's connection again and again, while it writes.
fn breaks_while_it_is_written_to(puppet: &Puppet, road: &Relay) {
    puppet.network_becomes(0);
    for round in 0..ROUNDS {
        let set = |number: usize| -> Pending {
            puppet.begin(&set_command(&format!("round {round}, {number}")))
        };
        let before: Vec<_> = (0..WRITES / 2).map(set).collect();
        // The end of the stream first; what is written after it is answered with a reset, and what is written then breaks.
        road.cut();
        let after: Vec<_> = (WRITES / 2..WRITES).map(set).collect();
        // Not after a wait that grows.
        puppet.network_becomes(1);
        puppet.done("foreground");
        puppet.network_becomes(0);
        for pending in before.into_iter().chain(after) {
            assert_eq!(puppet.answer(pending).code, 0, "round {round}");
        }
    }
}

#[test]
fn a_connection_that_breaks_while_it_is_written_to_raises_no_signal_over_plain_tcp() {
    let server = Server::start();
    server.set(MANY_LOGINS);
    let road = Relay::to(&server.address);
    let puppet = server.enter_via(&road.address(), "alice", "Linux");
    breaks_while_it_is_written_to(&puppet, &road);
}

#[test]
fn a_connection_that_breaks_while_it_is_written_to_raises_no_signal_over_tls() {
    let certificates = Certificates::make();
    let server = Server::serve_tls(&certificates);
    server.set(MANY_LOGINS);
    let road = Relay::to(server.addresses[1].trim_start_matches("tls://"));
    let puppet = server.puppet("alice");
    let config = serde_json::json!({
        "sdk_config_server_address": format!("tls://{}", road.address()),
        "sdk_config_ca_file": certificates.authority,
        "sdk_config_platform": "Linux",
    });
    assert_eq!(puppet.call(&format!("init {} {config}", server.app_id)), 0);
    puppet.done(&server.login_command("alice"));
    breaks_while_it_is_written_to(&puppet, &road);
}
