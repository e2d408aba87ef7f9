//! A connection that is lost without a FIN, a RST or an error: the cable is pulled (S6).

use crate::harness::{Host, Namespace, Puppet, Server, offline, on_own_network, online};
use crate::silence::{SHORT, silence_time_out_passes};
use std::time::{Duration, Instant};

/// A server that can be reached from this machine and from inside.
fn server_outside(network: &Namespace) -> Server {
    let server = Server::start_on(&format!("{}:0", network.outside_ip), &["--allow-remote"]);
    server.set(SHORT);
    server
}

fn enter_inside(server: &Server, network: &Namespace, user: &str) -> Puppet {
    let puppet = Puppet::start(user, &server.timeline, Host::Inside(network));
    server.login(&puppet, &server.address, user, "Linux");
    puppet
}

#[test]
fn s6_a_real_silent_loss_is_found_after_the_silence_time_out() {
    on_own_network(
        "network::s6_a_real_silent_loss_is_found_after_the_silence_time_out",
        || {
            let network = Namespace::new();
            let server = server_outside(&network);
            let alice = server.enter("alice");
            let bob = enter_inside(&server, &network, "bob");
            alice.subscribe(&["bob"]);
            bob.set_status("on the train");
            alice.hears(&online("bob").saying("on the train"));

            let cut_at = Instant::now();
            network.cut();
            // He is still thought to be there.
            assert_eq!(alice.get(&["bob"]), [online("bob").saying("on the train")]);
            alice.hears(&offline("bob"));
            assert!(
                cut_at.elapsed() >= Duration::from_millis(900),
                "{:?}",
                cut_at.elapsed()
            );

            // The end of the tunnel: he brings back what he last said (S9).
            network.mend();
            alice.hears(&online("bob").saying("on the train"));
            bob.set_status("back");
            alice.hears(&online("bob").saying("back"));
        },
    );
}

#[test]
fn s6_after_a_real_silent_loss_a_login_from_elsewhere_in_time_is_no_change() {
    on_own_network(
        "network::s6_after_a_real_silent_loss_a_login_from_elsewhere_in_time_is_no_change",
        || {
            let network = Namespace::new();
            let server = server_outside(&network);
            let alice = server.enter("alice");
            let old = enter_inside(&server, &network, "bob");
            alice.subscribe(&["bob"]);
            network.cut();
            let new = server.enter("bob");
            // The old connection's time-out passes, and nobody is told anything.
            silence_time_out_passes(&server, &alice, "clock");
            alice.hears_no_more_of("bob");
            assert_eq!(alice.get(&["bob"]), [online("bob")]);
            // Once it can reach the server again, the old one learns that its place was taken (D1).
            network.mend();
            old.next("kicked");
            assert_eq!(new.count("kicked"), 0);
            new.set_status("it is me");
            alice.hears(&online("bob").saying("it is me"));
        },
    );
}
