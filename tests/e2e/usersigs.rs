//! What lets a user in (D2).

use crate::harness::{Puppet, Relay, Server, eventually, mint, now_s, online, programs};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;

const OTHER_KEY: &str = "another secret that only the tests share";

/// A process of this app (or another) that is not logged in.
fn ready(server: &Server, app_id: u64) -> Puppet {
    let puppet = server.puppet("anybody");
    let config = serde_json::json!({ "sdk_config_server_address": server.address });
    assert_eq!(puppet.call(&format!("init {app_id} {config}")), 0);
    puppet
}

#[test]
fn d2_each_way_a_usersig_can_be_wrong_has_its_code() {
    let server = Server::start();
    let (app, now) = (server.app_id, now_s());
    let good = server.sig("alice");
    let puppet = ready(&server, app);
    for (sig, code) in [
        (mint(Server::SECRET_KEY, app, "alice", now - 100, 50), 70001),
        ("rubbish".to_owned(), 70003),
        (good[..good.len() / 2].to_owned(), 70003),
        (mint(OTHER_KEY, app, "alice", now, 600), 70009),
        (mint(Server::SECRET_KEY, app, "bob", now, 600), 70013),
        (mint(Server::SECRET_KEY, app + 1, "alice", now, 600), 70014),
    ] {
        puppet.refused(&format!("login alice {sig}"), code);
        assert_eq!(puppet.call("login-status"), 3, "after {code}");
    }
    // None at all is refused before it gets that far.
    assert_eq!(puppet.call("login alice "), -4);
    // And none of this keeps the right one out.
    puppet.done(&format!("login alice {good}"));
    assert_eq!(puppet.text("user-id"), "alice");
}

#[test]
fn d2_an_empty_usersig_is_70002() {
    let server = Server::start();
    // The library does not let it out, so this is not said by the library: hello (protocol 1), then request 1, login.
    let mut login = vec![0x08];
    push_varint(&mut login, server.app_id);
    login.extend_from_slice(b"\x12\x05alice\x20\x03\x2a\x10instance of 16 b");
    let request = field(
        0x12,
        &[&[0x08, 0x01], field(0x1a, &login).as_slice()].concat(),
    );
    let hello = field(0x0a, &[0x08, 0x01, 0x10, 0x01]);
    let mut stream = server.connect();
    for frame in [hello, request] {
        stream
            .write_all(
                &[
                    &[0, 0, 0, u8::try_from(frame.len()).expect("it is short")],
                    frame.as_slice(),
                ]
                .concat(),
            )
            .expect("it was just connected");
    }
    // Welcome, and the answer to request 1: its code as a varint.
    let said: Vec<u8> = [read_frame(&mut stream), read_frame(&mut stream)].concat();
    assert!(
        said.windows(6)
            .any(|bytes| bytes == [0x08, 0x01, 0x10, 0xf2, 0xa2, 0x04]),
        "{said:02x?}"
    );
}

fn push_varint(to: &mut Vec<u8>, mut value: u64) {
    while value > 0x7f {
        to.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    to.push(value as u8);
}

/// A field of a message that is itself a message.
fn field(tag: u8, message: &[u8]) -> Vec<u8> {
    let mut field = vec![tag];
    push_varint(&mut field, message.len() as u64);
    field.extend_from_slice(message);
    field
}

fn read_frame(stream: &mut TcpStream) -> Vec<u8> {
    let mut length = [0; 4];
    stream.read_exact(&mut length).expect("the server answers");
    let mut body = vec![0; u32::from_be_bytes(length) as usize];
    stream.read_exact(&mut body).expect("the server answers");
    body
}

#[test]
fn d2_an_app_the_server_does_not_know_is_70020() {
    let server = Server::start();
    let puppet = ready(&server, 77);
    let sig = mint(Server::SECRET_KEY, 77, "alice", now_s(), 600);
    puppet.refused(&format!("login alice {sig}"), 70020);
}

#[test]
fn d2_who_forges_too_often_has_to_wait_and_who_has_a_good_usersig_need_not() {
    let server = Server::start();
    let puppet = ready(&server, server.app_id);
    let wrong = format!(
        "login alice {}",
        mint(OTHER_KEY, server.app_id, "alice", now_s(), 600)
    );
    eventually("there were too many forgeries", || {
        (puppet.ask(&wrong).code == 70050).then_some(())
    });
    // Behind the same address, and for the same account: a good one always gets in.
    puppet.done(&server.login_command("alice"));
    puppet.done("logout");
    puppet.done(&server.login_command("bob"));
}

#[test]
fn d2_two_keys_are_good_at_a_time() {
    let server = Server::start();
    let app = server.app_id.to_string();
    let puppet = ready(&server, server.app_id);
    let with_other_key = format!(
        "login alice {}",
        mint(OTHER_KEY, server.app_id, "alice", now_s(), 600)
    );
    puppet.refused(&with_other_key, 70009);
    server.operate(&["app", "key-add", &app, "--secret-key", OTHER_KEY]);
    for login in [&with_other_key, &server.login_command("alice")] {
        puppet.done(login);
        puppet.done("logout");
    }
    server.operate(&["app", "key-remove", &app, "1"]);
    puppet.refused(&server.login_command("alice"), 70009);
    puppet.done(&with_other_key);
}

#[test]
fn d2_a_usersig_that_expired_meanwhile_does_not_come_back() {
    let server = Server::start();
    let road = Relay::to(&server.address);
    let puppet = server.puppet("alice");
    assert_eq!(
        puppet.call(&server.init_command(&road.address(), "Linux")),
        0
    );
    let minted_at = now_s();
    let sig = mint(Server::SECRET_KEY, server.app_id, "alice", minted_at, 3);
    puppet.done(&format!("login alice {sig}"));
    eventually("the UserSig has expired", || {
        (now_s() > minted_at + 3).then_some(())
    });
    puppet.next("expired");
    // It was good when it was shown.
    assert_eq!(puppet.get(&["alice"]), [online("alice")]);
    road.cut();
    puppet.next("expired");
    assert_eq!(puppet.call("login-status"), 3);
    puppet.done(&server.login_command("alice"));
}

#[test]
fn d2_the_operators_own_command_mints() {
    let server = Server::start();
    let app = server.app_id.to_string();
    let key = ["--key", Server::SECRET_KEY];
    let mint = ["usersig", "mint", "--app-id", &app, "--user", "alice"];
    let minted = server.operate(&[&mint[..], &key].concat());
    let puppet = ready(&server, server.app_id);
    puppet.done(&format!("login alice {}", minted.trim()));
    let explained = server.operate(&[&["usersig", "explain", minted.trim()], &key[..]].concat());
    assert!(
        explained.contains("alice") && explained.contains(&app),
        "{explained}"
    );
}

#[test]
fn d2_what_the_public_npm_package_mints_is_let_in() {
    let server = Server::start();
    let package = npm_package();
    let script = r#"
        const { Api } = require(process.argv[1]);
        const api = new Api(Number(process.argv[2]), process.argv[3]);
        console.log(JSON.stringify(process.argv.slice(4).map(user => api.genSig(user, 86400))));
    "#;
    let users = ["alice", "a_user-id.of@32~bytes!0123456789"];
    let output = Command::new("node")
        .args([
            "-e",
            script,
            &package,
            &server.app_id.to_string(),
            Server::SECRET_KEY,
        ])
        .args(users)
        .output()
        .expect("node was needed to install the package");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let sigs: Value = serde_json::from_slice(&output.stdout).expect("the script prints JSON");
    let puppet = ready(&server, server.app_id);
    for (user, sig) in users.into_iter().zip(sigs.as_array().expect("an array")) {
        puppet.done(&format!("login {user} {}", sig.as_str().expect("a text")));
        assert_eq!(puppet.get(&[user]), [online(user)]);
        puppet.done("logout");
    }
    puppet.refused(
        &format!("login mallory {}", sigs[0].as_str().expect("a text")),
        70013,
    );
}

/// The folder of `tls-sig-api-v2`, installed from npm by the first run and kept for the next.
fn npm_package() -> String {
    let dir = programs().cache.join("npm");
    let package = dir.join("node_modules").join("tls-sig-api-v2");
    if !package.join("package.json").exists() {
        std::fs::create_dir_all(&dir).expect("the target directory can be written to");
        let output = Command::new("npm")
            .args([
                "install",
                "--no-audit",
                "--no-fund",
                "--ignore-scripts",
                "--prefix",
            ])
            .arg(&dir)
            .arg("tls-sig-api-v2@1.0.2")
            .output()
            .unwrap_or_else(|error| {
                panic!("npm: {error}; this test needs node and npm: apt-get install nodejs npm")
            });
        assert!(
            output.status.success(),
            "npm install: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    package
        .to_str()
        .expect("the target directory has a UTF-8 name")
        .to_owned()
}
