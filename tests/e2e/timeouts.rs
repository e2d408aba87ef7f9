//! Calls that get no answer end by themselves. One test for all: it waits for half a minute, and does so once.

use crate::harness::{Host, PATIENCE};
use crate::harness::{Puppet, Relay, Server, Timeline, mint, now_s};
use std::io::Read;
use std::net::TcpListener;
use std::time::Duration;

const REQUEST_TIMEOUT_MS: i64 = 10_000;
const UNSENT_TIMEOUT_MS: i64 = 30_000;
/// Beyond the longest time-out by as much as anything else is waited for.
const LONG_PATIENCE: Duration = Duration::from_millis(30_000).saturating_add(PATIENCE);

/// A server that takes everything and never says a word.
fn mute_server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("the system has a free port");
    let address = listener.local_addr().expect("it is bound").to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            std::thread::spawn(move || {
                let mut buffer = [0; 4096];
                while stream.read(&mut buffer).is_ok_and(|length| length > 0) {}
            });
        }
    });
    address
}

/// An address where nobody listens.
fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("the system has a free port");
    // Bound and never accepted from would be something else: it is closed again.
    listener.local_addr().expect("it is bound").to_string()
}

fn login_to(address: &str, timeline: &Timeline, name: &str) -> (Puppet, crate::harness::Pending) {
    let puppet = Puppet::start(name, timeline, Host::Here);
    let config = serde_json::json!({ "sdk_config_server_address": address });
    assert_eq!(puppet.call(&format!("init 7 {config}")), 0);
    let pending = puppet.begin(&format!(
        "login alice {}",
        mint("key", 7, "alice", now_s(), 600)
    ));
    (puppet, pending)
}

#[test]
fn a_call_that_gets_no_answer_ends_by_itself() {
    let server = Server::start();
    let (mute, nobody) = (mute_server(), nobody());
    let road = Relay::to(&server.address);
    let other_road = Relay::to(&server.address);

    // Sent, and never answered: a login, and a request after one.
    let (to_mute, mute_login) = login_to(&mute, &server.timeline, "to-mute");
    let silenced = server.enter_via(&road.address(), "silenced", "Linux");
    road.fall_silent();
    let silenced_request = silenced.begin(r#"get ["silenced"]"#);
    // There is no server.
    let (to_nobody, nobody_login) = login_to(&nobody, &server.timeline, "to-nobody");
    // There was one; then there is something that takes connections and says nothing.
    let cut_off = server.enter_via(&other_road.address(), "cut-off", "Linux");
    cut_off.network_becomes(0);
    other_road.fall_silent();
    other_road.cut();
    cut_off.network_becomes(2);
    let cut_off_request = cut_off.begin(r#"get ["cut-off"]"#);
    assert_eq!(to_mute.call("login-status"), 2);

    for (puppet, pending, codes, timeout_ms) in [
        (&to_mute, mute_login, &[9520][..], REQUEST_TIMEOUT_MS),
        (&silenced, silenced_request, &[9520], REQUEST_TIMEOUT_MS),
        (&to_nobody, nobody_login, &[9523], UNSENT_TIMEOUT_MS),
        // Whether there happens to be a connection at that moment.
        (&cut_off, cut_off_request, &[9508, 9523], UNSENT_TIMEOUT_MS),
    ] {
        let begun_ms = puppet.returned_at_ms(pending);
        let answer = puppet.answer_within(pending, LONG_PATIENCE);
        assert!(codes.contains(&answer.code), "{}: {answer:?}", puppet.name);
        let took_ms = answer.ms - begun_ms;
        assert!(
            (timeout_ms - 100..timeout_ms + 5_000).contains(&took_ms),
            "{}: {took_ms} ms",
            puppet.name
        );
    }
    assert_eq!(to_mute.call("login-status"), 3);
    assert_eq!(to_nobody.call("login-status"), 3);
    // The others are still logged in, and come back when they can.
    for (puppet, road) in [(&silenced, &road), (&cut_off, &other_road)] {
        assert_eq!(puppet.call("login-status"), 1);
        road.speak_again();
        road.cut();
        puppet.done(&format!("get [\"{}\"]", puppet.name));
    }
}
