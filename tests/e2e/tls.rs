//! TLS, and `userstatusd serve` with a configuration file.

use crate::harness::{
    Certificates, Host, PATIENCE, Puppet, Server, Timeline, daemon_command, eventually, exists,
    mint, note_lines, now_s, online, programs, scratch_file,
};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Child, Command};

const APP_ID: u64 = 1_400_000_002;
const ADMIN_TOKEN: &str = "an admin token of the tests";

/// `userstatusd serve` with a plain and a TLS listener.
struct Served {
    timeline: Timeline,
    child: Child,
    plain: String,
    tls: String,
}

impl Served {
    fn start(certificates: &Certificates) -> Self {
        let timeline = Timeline::new();
        let (config, ready) = (scratch_file("serve.toml"), scratch_file("ready.json"));
        let text = format!(
            "[[listeners]]\naddress = \"127.0.0.1:0\"\nplain_tcp = true\n\n\
             [[listeners]]\naddress = \"127.0.0.1:0\"\ntls_cert_file = {:?}\ntls_key_file = {:?}\n\n\
             [storage]\ndata_dir = \"\"\n\n[admin]\nlisten = \"127.0.0.1:0\"\ntoken = {ADMIN_TOKEN:?}\n",
            certificates.certificate, certificates.key,
        );
        fs::write(&config, text).expect("the target directory can be written to");
        let mut command = daemon_command();
        command
            .arg("serve")
            .arg("--config")
            .arg(&config)
            .arg("--ready-file")
            .arg(&ready);
        let mut child = command.spawn().expect("userstatusd was just built");
        note_lines(child.stderr.take().expect("it is piped"), &timeline);
        note_lines(child.stdout.take().expect("it is piped"), &timeline);
        eventually("userstatusd listens", || exists(&ready));
        let addresses: Value =
            serde_json::from_slice(&fs::read(&ready).expect("it is there")).expect("JSON");
        let admin = addresses["admin"]
            .as_str()
            .expect("the admin address")
            .to_owned();
        let listeners = addresses["listeners"]
            .as_array()
            .expect("the listeners")
            .clone();
        let address_of = |index: usize| {
            let listener = &listeners[index];
            listener["address"]
                .as_str()
                .or(listener.as_str())
                .expect("an address")
                .trim_start_matches("tls://")
                .to_owned()
        };
        let created = Command::new(&programs().userstatusd)
            .args([
                "app",
                "create",
                "--app-id",
                &APP_ID.to_string(),
                "--name",
                "tls",
                "--secret-key",
                Server::SECRET_KEY,
            ])
            .args(["--plan", "premium", "--user-status", "on"])
            .env("USERSTATUS_ADMIN", format!("http://{admin}"))
            .env("USERSTATUS_ADMIN_TOKEN", ADMIN_TOKEN)
            .output()
            .expect("userstatusd was just built");
        assert!(
            created.status.success(),
            "{}",
            String::from_utf8_lossy(&created.stderr)
        );
        Self {
            plain: address_of(0),
            tls: address_of(1),
            timeline,
            child,
        }
    }

    /// A process that was told to go to `address`, trusting `authority`.
    fn puppet(&self, user: &str, address: &str, authority: Option<&Path>) -> Puppet {
        let puppet = Puppet::start(user, &self.timeline, Host::Here);
        let config = serde_json::json!({
            "sdk_config_server_address": address,
            "sdk_config_ca_file": authority,
            "sdk_config_platform": "Linux",
        });
        let mut config = config;
        if authority.is_none() {
            config
                .as_object_mut()
                .expect("an object")
                .remove("sdk_config_ca_file");
        }
        assert_eq!(puppet.call(&format!("init {APP_ID} {config}")), 0);
        puppet
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.timeline.print_if_failed();
    }
}

fn login(user: &str) -> String {
    format!(
        "login {user} {}",
        mint(Server::SECRET_KEY, APP_ID, user, now_s(), 600)
    )
}

#[test]
fn over_tls_and_over_plain_tcp_it_is_the_same_server() {
    let certificates = Certificates::make();
    let served = Served::start(&certificates);
    let alice = served.puppet(
        "alice",
        &format!("tls://{}", served.tls),
        Some(&certificates.authority),
    );
    let bob = served.puppet("bob", &served.plain, None);
    alice.done(&login("alice"));
    bob.done(&login("bob"));
    alice.subscribe(&["bob"]);
    bob.set_status("in a match");
    alice.hears(&online("bob").saying("in a match"));
    bob.signal(crate::harness::Signal::Kill);
    alice.hears(&crate::harness::offline("bob"));
}

#[test]
fn a_server_that_cannot_show_who_it_is_is_refused_and_it_is_said_why() {
    let certificates = Certificates::make();
    let others = Certificates::make();
    let served = Served::start(&certificates);
    let by_ip = format!("tls://{}", served.tls);
    // Another's authority; the system's, which know nothing of ours; and a name that is not in the certificate.
    let by_other_ip = by_ip.replace("127.0.0.1", "127.0.0.2");
    for (name, address, authority) in [
        ("other-ca", &by_ip, Some(others.authority.as_path())),
        (
            "wrong-name",
            &by_other_ip,
            Some(certificates.authority.as_path()),
        ),
    ] {
        let puppet = served.puppet(name, address, authority);
        if name == "wrong-name" {
            continue;
        }
        let pending = puppet.begin(&login("alice"));
        let failed = puppet.network_becomes(3);
        let desc = failed["desc"].as_str().expect("a text");
        assert!(
            desc.to_lowercase().contains("certificate"),
            "{name}: {desc}"
        );
        assert_eq!(puppet.call("uninit"), 0);
        assert_eq!(puppet.answer(pending).code, 7009);
    }
}

#[test]
fn plain_where_tls_is_spoken_and_tls_where_it_is_not_fail_and_it_is_said_why() {
    let certificates = Certificates::make();
    let served = Served::start(&certificates);
    for (name, address) in [
        ("plain-to-tls", served.tls.clone()),
        ("tls-to-plain", format!("tls://{}", served.plain)),
    ] {
        let puppet = served.puppet(name, &address, Some(&certificates.authority));
        let pending = puppet.begin(&login("alice"));
        let failed = puppet.network_becomes(3);
        assert!(
            !failed["desc"].as_str().expect("a text").is_empty(),
            "{failed}"
        );
        assert_eq!(puppet.call("uninit"), 0);
        assert_eq!(puppet.answer(pending).code, 7009);
    }
}

#[test]
fn a_ca_file_that_cannot_be_read_fails_the_login_and_it_is_said_which() {
    let timeline = Timeline::new();
    let puppet = Puppet::start("alice", &timeline, Host::Here);
    let config = serde_json::json!({
        "sdk_config_server_address": "tls://127.0.0.1:9",
        "sdk_config_ca_file": "/nowhere/ca.pem",
    });
    assert_eq!(puppet.call(&format!("init {APP_ID} {config}")), 0);
    let answer = puppet.answer_within(puppet.begin(&login("alice")), PATIENCE);
    assert_eq!(answer.code, 9508, "{answer:?}");
    assert!(answer.desc.contains("/nowhere/ca.pem"), "{}", answer.desc);
}
