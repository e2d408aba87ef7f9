//! The rules as they cross the wire.

use crate::client::{Client, OFFLINE, ONLINE, UNLOGINED};
use crate::process::{Daemon, temp_dir};
use userstatus_wire::v1::{self, request, response, server_frame};

#[test]
fn one_user_sees_another_come_say_something_and_leave() {
    let daemon = Daemon::dev(&[]);
    let mut alice = Client::logged_in(&daemon, "alice");
    let response = alice.subscribe(&["bob"]);
    let Some(response::Body::Statuses(list)) = response.body else {
        panic!("{response:?}")
    };
    assert_eq!(list.statuses[0].normal, v1::NormalStatus::Unknown as i32);

    let mut bob = Client::logged_in(&daemon, "bob");
    let online = alice.pushed("bob", ONLINE, "");
    assert_eq!(online.online_platforms, [v1::Platform::Linux as u32]);
    assert_eq!(bob.set_status("in a match").code, 0);
    let said = alice.pushed("bob", ONLINE, "in a match");
    assert!(said.version > online.version);
    bob.pushed("bob", ONLINE, "in a match");
    assert_eq!(bob.logout().code, 0);
    bob.ended();
    alice.pushed("bob", UNLOGINED, "");

    let mut bob = Client::logged_in(&daemon, "bob");
    alice.pushed("bob", ONLINE, "");
    bob.set_status("back");
    alice.pushed("bob", ONLINE, "back");
    bob.break_off();
    alice.pushed("bob", OFFLINE, "");
}

#[test]
fn s6_a_silent_device_is_gone_and_one_that_pings_is_not() {
    let daemon = Daemon::dev(&[]);
    daemon.set(&[
        "--heartbeat-interval-ms",
        "300",
        "--silence-timeout-ms",
        "600",
    ]);
    let mut alice = Client::logged_in(&daemon, "alice");
    alice.subscribe(&["bob"]);
    let mut bob = Client::logged_in(&daemon, "bob");
    alice.pushed("bob", ONLINE, "");
    // Bob says nothing more and keeps his connection; Alice says something all the time.
    let mut pings = 0;
    let gone = crate::process::until("bob going offline", || {
        pings += 1;
        alice.pong(pings);
        let response = alice.query(&["bob"]);
        match response.body {
            Some(response::Body::Statuses(list)) => {
                (list.statuses[0].normal == OFFLINE).then_some(list)
            }
            // Asked too often.
            _ => None,
        }
    });
    assert_eq!(gone.statuses.len(), 1);
    alice.pushed("bob", OFFLINE, "");
    bob.ended();
    assert_eq!(alice.pong(0).nonce, 0);
}

#[test]
fn s6_a_client_that_is_back_replaces_its_connection_and_nobody_is_told() {
    let daemon = Daemon::dev(&[]);
    let mut alice = Client::logged_in(&daemon, "alice");
    alice.subscribe(&["bob"]);
    let mut bob = Client::logged_in(&daemon, "bob");
    let online = alice.pushed("bob", ONLINE, "");
    let mut again = Client::greeted(daemon.server);
    again.instance = bob.instance;
    let mut login = again.login_of(&daemon, "bob");
    login.reconnect = true;
    again.login(login).unwrap();
    bob.ended();
    again.set_status("here");
    let next = alice.next_push("bob");
    assert_eq!(next.custom_status, "here", "nothing between");
    assert!(next.version > online.version);
}

#[test]
fn n7_a_device_that_comes_back_is_told_what_changed_and_only_that() {
    let daemon = Daemon::dev(&[]);
    let mut alice = Client::logged_in(&daemon, "alice");
    let mut bob = Client::logged_in(&daemon, "bob");
    let carol = Client::logged_in(&daemon, "carol");
    let response = alice.subscribe(&["bob", "carol"]);
    let Some(response::Body::Statuses(list)) = response.body else {
        panic!("{response:?}")
    };
    let known = list
        .statuses
        .iter()
        .map(|status| v1::KnownVersion {
            user_id: status.user_id.clone(),
            version: status.version,
            watched: 0,
        })
        .collect();
    let instance = alice.instance;
    alice.break_off();
    bob.set_status("changed");

    let mut alice = Client::greeted(daemon.server);
    alice.instance = instance;
    let mut login = alice.login_of(&daemon, "alice");
    login.reconnect = true;
    login.known = known;
    let id = alice.request(request::Body::Login(login));
    let server_frame::Body::Response(response) = alice.body() else {
        panic!("the answer comes first")
    };
    assert_eq!((response.id, response.code), (id, 0));
    let mut told = Vec::new();
    while !told.contains(&"bob".to_owned()) {
        if let server_frame::Body::StatusPush(push) = alice.body() {
            told.extend(push.statuses.into_iter().map(|status| status.user_id));
        }
    }
    assert!(!told.contains(&"carol".to_owned()), "{told:?}");
    carol.break_off();
    alice.pushed("carol", OFFLINE, "");
}

#[test]
fn d1_a_second_device_of_a_platform_kicks_the_first() {
    let daemon = Daemon::dev(&[]);
    let mut first = Client::logged_in(&daemon, "alice");
    let mut second = Client::logged_in(&daemon, "alice");
    assert_eq!(first.kicked().code, 6208);
    assert_eq!(second.pong(1).nonce, 1);
}

#[test]
fn p2_switches_work_at_once_for_those_who_are_connected() {
    let daemon = Daemon::dev(&[]);
    let mut alice = Client::logged_in(&daemon, "alice");
    assert_eq!(alice.subscribe(&["bob"]).code, 0);
    daemon.set(&["--user-status", "off"]);
    assert_eq!(alice.subscribe(&["bob"]).code, 72001);
    assert_eq!(alice.query(&["bob"]).code, 72001);
    daemon.set(&["--user-status", "on", "--plan", "basic"]);
    assert_eq!(alice.query(&["bob"]).code, 7013);
    daemon.set(&["--plan", "premium", "--query-users-max", "1"]);
    assert_eq!(alice.query(&["bob"]).code, 0);
    assert_eq!(alice.query(&["bob", "carol"]).code, 6017);
}

#[test]
fn n3_friends_are_told_without_a_subscription() {
    let daemon = Daemon::dev(&[]);
    let mut alice = Client::logged_in(&daemon, "alice");
    let mut bob = Client::logged_in(&daemon, "bob");
    let added = alice.ask(request::Body::AddFriend(v1::AddFriend {
        user_id: "bob".to_owned(),
        both: true,
        ..v1::AddFriend::default()
    }));
    assert_eq!(added.code, 0, "{}", added.desc);
    bob.set_status("hi");
    alice.pushed("bob", ONLINE, "hi");
    alice.set_status("hello");
    bob.pushed("alice", ONLINE, "hello");
}

#[test]
fn what_was_acknowledged_survives_kill_9_and_who_was_online_is_expected_back() {
    let dir = temp_dir();
    let data = dir.path().join("data");
    let config = "[[listeners]]\nplain_tcp = true\n";
    let daemon = Daemon::serve(config, &data);
    daemon.set(&[
        "--heartbeat-interval-ms",
        "500",
        "--silence-timeout-ms",
        "1500",
        "--name",
        "kept",
    ]);
    let app = daemon.app_id.to_string();
    let second_key = daemon.ctl(&["app", "key-add", &app])["secret_key"].clone();
    let mut alice = Client::logged_in(&daemon, "alice");
    let bob = Client::logged_in(&daemon, "bob");
    assert_eq!(alice.subscribe(&["carol"]).code, 0);
    assert_eq!(alice.set_status("acknowledged").code, 0);
    // A record is on disk when it is answered, and so is all presence before it.
    let added = alice.ask(request::Body::AddFriend(v1::AddFriend {
        user_id: "bob".to_owned(),
        ..v1::AddFriend::default()
    }));
    assert_eq!(added.code, 0);
    let token = daemon.token.clone();
    daemon.kill();
    drop(bob);

    let daemon = Daemon::serve(config, &data);
    assert_eq!(daemon.token, token);
    let shown = daemon.ctl(&["app", "show", &app, "--secrets"]);
    assert_eq!(shown["name"], "kept");
    assert_eq!(shown["settings"]["silence_timeout_ms"], 1_500);
    assert_eq!(shown["keys"][1]["secret_key"], second_key);
    let account = daemon.ctl(&["account", "show", &app, "alice"]);
    assert_eq!(account["status"], "online");
    assert_eq!(account["custom_status"], "acknowledged");
    assert!(
        account["devices"][0]["lease_until_ms"].is_u64(),
        "{account}"
    );
    assert_eq!(account["friends"][0], "bob");
    assert_eq!(account["subscriptions"][0], "carol");

    // Alice comes back in time and keeps all; Bob does not, and his friend is told.
    let mut back = Client::greeted(daemon.server);
    back.instance = alice.instance;
    let mut login = back.login_of(&daemon, "alice");
    login.reconnect = true;
    let result = back.login(login).unwrap();
    assert_eq!(result.self_.unwrap().custom_status, "acknowledged");
    assert!(result.subscriptions_kept);
    loop {
        back.pong(1);
        let response = back.query(&["bob"]);
        if let Some(response::Body::Statuses(list)) = response.body
            && list.statuses[0].normal == OFFLINE
        {
            break;
        }
    }
    back.pushed("bob", OFFLINE, "");
}

#[test]
fn p3_a_shorter_silence_timeout_holds_for_those_who_are_connected() {
    let daemon = Daemon::dev(&[]);
    let mut alice = Client::logged_in(&daemon, "alice");
    assert_eq!(alice.pong(1).nonce, 1);
    daemon.set(&[
        "--heartbeat-interval-ms",
        "100",
        "--silence-timeout-ms",
        "200",
    ]);
    alice.ended();
    let app = daemon.app_id.to_string();
    assert_eq!(
        daemon.ctl(&["account", "show", &app, "alice"])["status"],
        "offline"
    );
}
