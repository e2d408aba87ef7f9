//! A device that does not read for a while (N6).

use crate::harness::{Server, Signal};
use std::fs;

/// More bytes than the kernel can hold on the way between two sockets.
fn bytes_of_full_sockets() -> usize {
    ["tcp_wmem", "tcp_rmem"]
        .iter()
        .map(|name| {
            let text =
                fs::read_to_string(format!("/proc/sys/net/ipv4/{name}")).expect("Linux has it");
            let max = text
                .split_whitespace()
                .nth(2)
                .expect("minimum, default, maximum");
            max.parse::<usize>().expect("a number")
        })
        .sum()
}

#[test]
fn n6_a_slow_device_is_told_the_newest_and_never_an_older_one_after_it() {
    const PADDING: usize = 4_000;
    let changes = bytes_of_full_sockets() / PADDING * 5 / 4;
    let server = Server::start();
    server.set("--custom-status-bytes-max 4096 --changes-per-s 10000");
    let alice = server.enter("alice");
    let bob = server.enter("bob");
    alice.subscribe(&["bob"]);
    bob.call("ignore status");
    alice.signal(Signal::Stop);
    bob.call(&format!("flood {changes} {PADDING} round"));
    let flooded = bob.next("flooded");
    assert_eq!(flooded["failed"], 0, "{flooded}");
    alice.signal(Signal::Continue);

    let mut heard = Vec::new();
    while heard.last() != Some(&(changes - 1)) {
        let status = alice.next_status_of("bob");
        let number = status
            .custom
            .trim_end_matches('.')
            .rsplit(' ')
            .next()
            .and_then(|number| number.parse().ok());
        heard.push(number.unwrap_or_else(|| panic!("{}", status.custom)));
    }
    assert!(
        heard.is_sorted_by(|earlier: &usize, later| earlier < later),
        "{heard:?}"
    );
    // What the sockets could not hold was merged, not queued.
    assert!(
        heard.len() < changes,
        "{} of {changes} changes were told",
        heard.len()
    );
    alice.hears_no_more_of("bob");
    assert_eq!(
        alice.count("network"),
        2,
        "connecting, connected, and never lost"
    );
}

#[test]
fn n6_a_slow_device_harms_no_other() {
    let server = Server::start();
    let slow = server.enter("slow");
    let alice = server.enter("alice");
    let bob = server.enter("bob");
    slow.subscribe(&["bob"]);
    alice.subscribe(&["bob"]);
    slow.signal(Signal::Stop);
    for number in 0..50 {
        let custom = format!("round {number}");
        bob.set_status(&custom);
        alice.hears(&crate::harness::online("bob").saying(&custom));
    }
    slow.signal(Signal::Continue);
    slow.hears_at_last(&crate::harness::online("bob").saying("round 49"));
}
