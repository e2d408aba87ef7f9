//! TLS, on a listener of `userstatusd serve`.

use crate::harness::{
    Certificates, Host, Puppet, Server, Signal, Timeline, hide_certificate_authorities, offline,
    online, with_own_mounts,
};
use std::path::Path;

/// A process that was told to go to `address`, trusting `authority`.
fn puppet(server: &Server, name: &str, address: &str, authority: &Path) -> Puppet {
    let trust = serde_json::json!({ "sdk_config_ca_file": authority });
    puppet_that_trusts(server, name, address, trust)
}

fn puppet_that_trusts(
    server: &Server,
    name: &str,
    address: &str,
    mut config: serde_json::Value,
) -> Puppet {
    let puppet = server.puppet(name);
    config["sdk_config_server_address"] = address.into();
    config["sdk_config_platform"] = "Linux".into();
    assert_eq!(puppet.call(&format!("init {} {config}", server.app_id)), 0);
    puppet
}

/// Logs in without success, and gives the reason that the network callback says.
fn reason_of_failure(server: &Server, puppet: &Puppet) -> String {
    let pending = puppet.begin(&server.login_command("alice"));
    let failed = puppet.network_becomes(3);
    // It would try again for half a minute.
    assert_eq!(puppet.call("uninit"), 0);
    assert_eq!(puppet.answer(pending).code, 7009);
    failed["desc"].as_str().expect("a text").to_owned()
}

#[test]
fn over_tls_and_over_plain_tcp_it_is_the_same_server() {
    let certificates = Certificates::make();
    let server = Server::serve_tls(&certificates);
    let [plain, tls] = &server.addresses[..] else {
        panic!("{:?}", server.addresses)
    };
    let alice = puppet(&server, "alice", tls, &certificates.authority);
    alice.done(&server.login_command("alice"));
    let bob = server.enter_via(plain, "bob", "Linux");
    alice.subscribe(&["bob"]);
    bob.set_status("in a match");
    alice.hears(&online("bob").saying("in a match"));
    bob.signal(Signal::Kill);
    alice.hears(&offline("bob"));
    let bob = puppet(&server, "bob", tls, &certificates.authority);
    bob.done(&server.login_command("bob"));
    bob.subscribe(&["alice"]);
    alice.signal(Signal::Kill);
    bob.hears(&offline("alice"));
}

#[test]
fn a_server_whose_certificate_is_not_trusted_is_refused_and_it_is_said_why() {
    let (certificates, others) = (Certificates::make(), Certificates::make());
    let server = Server::serve_tls(&certificates);
    let puppet = puppet(&server, "alice", &server.addresses[1], &others.authority);
    let reason = reason_of_failure(&server, &puppet).to_lowercase();
    assert!(reason.contains("certificate"), "{reason}");
}

#[test]
fn a_server_that_is_not_the_one_in_its_certificate_is_refused_and_it_is_said_why() {
    let certificates = Certificates::make();
    let server = Server::serve_tls(&certificates);
    // Its certificate is for 127.0.0.1 and localhost: another name for the same machine is another server.
    let other_name = server.addresses[1].replace("127.0.0.1", "[::ffff:127.0.0.1]");
    let puppet = puppet(&server, "alice", &other_name, &certificates.authority);
    let reason = reason_of_failure(&server, &puppet).to_lowercase();
    assert!(reason.contains("certificate"), "{reason}");
}

#[test]
fn plain_where_tls_is_spoken_and_tls_where_it_is_not_fail_and_it_is_said_why() {
    let certificates = Certificates::make();
    let server = Server::serve_tls(&certificates);
    let [plain, tls] = &server.addresses[..] else {
        panic!("{:?}", server.addresses)
    };
    let plain_to_tls = tls.replace("tls://", "");
    let tls_to_plain = format!("tls://{plain}");
    for (name, address) in [
        ("plain-to-tls", plain_to_tls),
        ("tls-to-plain", tls_to_plain),
    ] {
        let puppet = puppet(&server, name, &address, &certificates.authority);
        let reason = reason_of_failure(&server, &puppet);
        assert!(
            reason.contains("TLS") || reason.contains("tls"),
            "{name}: {reason}"
        );
    }
}

#[test]
fn a_ca_file_that_cannot_be_read_fails_the_login_and_it_is_said_which() {
    let timeline = Timeline::new();
    let puppet = Puppet::start("alice", &timeline, Host::Here);
    let config = r#"{"sdk_config_server_address":"tls://127.0.0.1:9","sdk_config_ca_file":"/nowhere/ca.pem"}"#;
    assert_eq!(puppet.call(&format!("init 7 {config}")), 0);
    let desc = puppet.refused("login alice sig", 9508);
    assert!(desc.contains("/nowhere/ca.pem"), "{desc}");
}

#[test]
fn where_the_system_trusts_nobody_those_built_in_and_a_ca_given_as_text_are_trusted() {
    with_own_mounts(
        "tls::where_the_system_trusts_nobody_those_built_in_and_a_ca_given_as_text_are_trusted",
        || {
            // Before: openssl keeps its settings where the authorities are.
            let certificates = Certificates::make();
            let server = Server::serve_tls(&certificates);
            hide_certificate_authorities();
            let text = std::fs::read_to_string(&certificates.authority).expect("it was just made");
            let trust = serde_json::json!({ "sdk_config_ca_pem": text });
            let alice = puppet_that_trusts(&server, "alice", &server.addresses[1], trust);
            alice.done(&server.login_command("alice"));
            // There are authorities: it is this one that they do not know.
            let nothing = serde_json::json!({});
            let wary = puppet_that_trusts(&server, "wary", &server.addresses[1], nothing);
            let reason = reason_of_failure(&server, &wary);
            assert!(reason.contains("UnknownIssuer"), "{reason}");
        },
    );
}

#[test]
fn a_server_with_another_key_than_the_one_pinned_is_refused_and_its_pin_is_told() {
    let certificates = Certificates::make();
    let server = Server::serve_tls(&certificates);
    let pinned = |name: &str, pins: &[&str]| {
        let trust = serde_json::json!({
            "sdk_config_ca_file": certificates.authority,
            "sdk_config_tls_pins": pins,
        });
        puppet_that_trusts(&server, name, &server.addresses[1], trust)
    };
    let other = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    let reason = reason_of_failure(&server, &pinned("refused", &[other]));
    let pin = reason.split("sha256/").nth(1).expect("the pin is told");
    let pin = pin.split(',').next().expect("there is always a first part");
    // The next key may be pinned beside it, before the server has it.
    for (name, pins) in [
        ("bare", &[pin][..]),
        ("prefixed", &[&format!("sha256/{pin}"), other]),
    ] {
        pinned(name, pins).done(&server.login_command(name));
    }
    let no_pin = pinned("no-pin", &["sha256/short"]);
    let desc = no_pin.refused(&server.login_command("no-pin"), 9508);
    assert!(desc.contains("sdk_config_tls_pins"), "{desc}");
}
