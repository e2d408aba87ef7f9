//! A connection that is lost without a FIN, a RST or an error: the cable is pulled (S6).

use crate::harness::{
    Certificates, Host, Namespace, Puppet, Server, offline, on_own_network,
    on_own_network_with_hosts, online, text_of,
};
use crate::silence::{SHORT, silence_time_out_passes};
use std::path::Path;
use std::time::{Duration, Instant};

/// A server that can be reached from this machine and from inside.
fn server_outside(network: &Namespace) -> Server {
    let server = Server::start_on(&format!("{}:0", network.outside_ip), &["--allow-remote"]);
    server.set(SHORT);
    server
}

/// The same, which takes a device to be there as long as by default.
fn server_with_long_silence(network: &Namespace) -> Server {
    Server::start_on(&format!("{}:0", network.outside_ip), &["--allow-remote"])
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

/// From a call made, or a change of the network told, to the word that the connection is lost.
fn hears_of_the_loss(puppet: &Puppet) -> Duration {
    let begun_at = Instant::now();
    puppet.network_becomes_within(Duration::from_secs(60), 1);
    begun_at.elapsed()
}

#[test]
fn s6_the_app_hears_of_a_real_silent_loss_within_20_s_of_a_call_and_at_once_of_what_the_platform_says()
 {
    on_own_network(
        "network::s6_the_app_hears_of_a_real_silent_loss_within_20_s_of_a_call_and_at_once_of_what_the_platform_says",
        || {
            let network = Namespace::new();
            let server = server_with_long_silence(&network);
            let asking = enter_inside(&server, &network, "asking");
            let told = enter_inside(&server, &network, "told");
            let beating = Puppet::start("beating", &server.timeline, Host::Inside(&network));
            let config = serde_json::json!({
                "sdk_config_server_address": server.address,
                "sdk_config_platform": "Linux",
                "sdk_config_heartbeat_interval_ms": 5_000,
            });
            assert_eq!(beating.call(&format!("init {} {config}", server.app_id)), 0);
            beating.done(&server.login_command("beating"));
            let idle = enter_inside(&server, &network, "idle");
            network.lose_everything();
            let lost_at = Instant::now();

            // The platform knows.
            assert_eq!(told.call("network-changed 0"), 0);
            let by_platform = hears_of_the_loss(&told);
            assert!(by_platform < Duration::from_secs(1), "{by_platform:?}");
            // A call is made.
            let pending = asking.begin(r#"get ["asking"]"#);
            let by_call = hears_of_the_loss(&asking);
            assert!(by_call < Duration::from_secs(20), "{by_call:?}");
            // Nobody does anything, but heartbeats were asked for.
            let by_heartbeat = by_call + hears_of_the_loss(&beating);
            assert!(by_heartbeat < Duration::from_secs(20), "{by_heartbeat:?}");
            // Nobody does anything, and nothing was asked for: the systems' keepalives.
            hears_of_the_loss(&idle);
            let by_keepalive = lost_at.elapsed();
            assert!(by_keepalive < Duration::from_secs(60), "{by_keepalive:?}");
            println!(
                "by keepalive {by_keepalive:?}, by platform {by_platform:?}, by call {by_call:?}, by heartbeat {by_heartbeat:?}"
            );

            network.find_everything();
            for puppet in [&told, &asking, &beating, &idle] {
                assert_eq!(puppet.call("network-changed 2"), 0);
                puppet.network_becomes(0);
                puppet.set_status("back");
            }
            // It was sent again, or ended by itself.
            assert!([0, 9520].contains(&asking.answer(pending).code));
        },
    );
}

/// A name or a list of which the first leads nowhere: packets to it vanish.
#[test]
fn a_dead_first_address_costs_a_moment() {
    on_own_network("network::a_dead_first_address_costs_a_moment", || {
        let network = Namespace::new();
        let dead = network.address_of_nobody();
        let certificates = Certificates::make();
        let server = Server::serve_tls(&certificates);
        for (name, address) in [
            ("plain", &server.addresses[0]),
            ("tls", &server.addresses[1]),
        ] {
            let puppet = server.puppet(name);
            let scheme = if name == "tls" { "tls://" } else { "" };
            let config = serde_json::json!({
                "sdk_config_server_address": format!("{scheme}{dead}:7700,{address}"),
                "sdk_config_ca_file": certificates.authority,
                "sdk_config_platform": "Linux",
            });
            assert_eq!(puppet.call(&format!("init {} {config}", server.app_id)), 0);
            let begun_at = Instant::now();
            puppet.done(&server.login_command(name));
            let took = begun_at.elapsed();
            println!("{name}: {took:?}");
            assert!(took < Duration::from_secs(2), "{name}: {took:?}");
        }
    });
}

/// One name with several addresses, as DNS gives them, of which the system puts a dead one first: both at the first connection and at the next.
#[test]
fn a_name_whose_first_address_is_dead_costs_a_moment() {
    const HOSTS: &str =
        "127.0.0.1 localhost\n198.18.0.1 status.example\n198.18.0.3 status.example\n";
    on_own_network_with_hosts(
        "network::a_name_whose_first_address_is_dead_costs_a_moment",
        HOSTS,
        || {
            let network = Namespace::new();
            let dead = network.close_address_of_nobody();
            let server = server_with_long_silence(&network);
            let order = text_of(
                network
                    .command(Path::new("getent"))
                    .args(["ahosts", "status.example"]),
            );
            assert!(
                order.starts_with(dead),
                "the dead one is tried first: {order}"
            );

            let port = server.address.rsplit_once(':').expect("it has a port").1;
            let address = format!("status.example:{port}");
            let puppet = Puppet::start("alice", &server.timeline, Host::Inside(&network));
            let config = serde_json::json!({
                "sdk_config_server_address": address,
                "sdk_config_platform": "Linux",
            });
            assert_eq!(puppet.call(&format!("init {} {config}", server.app_id)), 0);
            let begun_at = Instant::now();
            puppet.done(&server.login_command("alice"));
            let first = begun_at.elapsed();

            // The network goes and comes back.
            assert_eq!(puppet.call("network-changed 0"), 0);
            puppet.network_becomes(1);
            let begun_at = Instant::now();
            assert_eq!(puppet.call("network-changed 2"), 0);
            puppet.network_becomes(0);
            let again = begun_at.elapsed();
            println!("first {first:?}, again {again:?}");
            assert!(first < Duration::from_secs(2), "{first:?}");
            assert!(again < Duration::from_secs(2), "{again:?}");
        },
    );
}
