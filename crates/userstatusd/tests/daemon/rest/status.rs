//! `openim`, and custom statuses set by the server.

use super::{BackEnd, dev};
use crate::client::{Client, ONLINE};
use crate::process::until;
use serde_json::{Value, json};
use userstatus_wire::v1;

fn ask(back_end: &BackEnd, body: &Value) -> Value {
    let answer = back_end.done("openim/query_online_status", body);
    let old = back_end.done("openim/querystate", body);
    assert_eq!(answer, old, "two names of one");
    answer
}

#[test]
fn each_status_has_a_name_there_and_a_stranger_is_in_the_list_of_errors() {
    let daemon = dev(&[]);
    let back_end = BackEnd::of(&daemon);
    back_end.import(&["new"]);
    let _online = Client::logged_in(&daemon, "online");
    Client::logged_in(&daemon, "lost").break_off();
    let mut gone = Client::logged_in(&daemon, "gone");
    gone.logout();
    let asked =
        json!({"To_Account": ["online", "nobody", "lost", "gone", "new", "no id", "online"]});
    let answer = until("the loss is seen", || {
        let answer = ask(&back_end, &asked);
        (answer["QueryResult"][1]["Status"] != "Online").then_some(answer)
    });
    let item =
        |user: &str, status: &str| json!({"To_Account": user, "Status": status, "State": status});
    assert_eq!(
        answer["QueryResult"],
        json!([
            item("online", "Online"),
            item("lost", "PushOnline"),
            item("gone", "Offline"),
            item("new", "Offline"),
            item("online", "Online"),
        ])
    );
    assert_eq!(
        answer["ErrorList"],
        json!([{"To_Account": "nobody", "ErrorCode": 70107}, {"To_Account": "no id", "ErrorCode": 70107}])
    );
    daemon.set(&["--rest-state-member", "off"]);
    let answer = ask(&back_end, &json!({"To_Account": ["gone"]}));
    assert_eq!(
        answer["QueryResult"],
        json!([{"To_Account": "gone", "Status": "Offline"}])
    );
    assert_eq!(answer["ErrorList"], json!([]));
}

#[test]
fn detail_tells_platforms_and_devices_and_the_custom_status_if_it_is_asked_for() {
    let daemon = dev(&["--user", "alice"]);
    daemon.set(&["--devices", "up-to:2"]);
    let back_end = BackEnd::of(&daemon);
    let mut devices = Vec::new();
    for platform in [
        v1::Platform::Windows,
        v1::Platform::Windows,
        v1::Platform::Iphone,
    ] {
        let mut device = Client::greeted(daemon.server);
        let login = v1::Login {
            platform: platform as u32,
            ..device.login_of(&daemon, "alice")
        };
        device.login(login).unwrap();
        devices.push(device);
    }
    devices[0].set_status("in a match");
    let mut asked = json!({"To_Account": ["alice"], "IsNeedDetail": 1, "IsReturnCustomStatus": 1});
    let answer = ask(&back_end, &asked);
    let online = |platform: &str| json!({"Platform": platform, "Status": "Online"});
    assert_eq!(
        answer["QueryResult"],
        json!([{
            "To_Account": "alice", "Status": "Online", "State": "Online", "CustomStatus": "in a match",
            "Detail": [online("PC"), online("iPhone")],
        }])
    );
    asked["IsReturnInstid"] = json!(1);
    let answer = ask(&back_end, &asked);
    let detail = answer["QueryResult"][0]["Detail"].as_array().unwrap();
    let platforms: Vec<_> = detail
        .iter()
        .map(|device| device["Platform"].as_str().unwrap())
        .collect();
    assert_eq!(platforms, ["PC", "PC", "iPhone"]);
    assert!(detail.iter().all(|device| device["Instid"].is_u64()));
}

#[test]
fn c6_a_custom_status_that_the_server_sets_is_seen_by_watchers_and_by_its_owner() {
    let daemon = dev(&[]);
    let back_end = BackEnd::of(&daemon);
    back_end.import(&["offline"]);
    let mut alice = Client::logged_in(&daemon, "alice");
    let mut bob = Client::logged_in(&daemon, "bob");
    bob.subscribe(&["alice"]);
    let set = |items: Value| {
        let answer = back_end.done("userstatus/set_custom_status", &json!({"SetItem": items}));
        let items = answer["ResultItem"].as_array().unwrap();
        items
            .iter()
            .map(|item| item["ResultCode"].as_i64().unwrap())
            .collect::<Vec<_>>()
    };
    let codes = set(json!([
        {"UserID": "alice", "CustomStatus": "in the finals"},
        {"UserID": "offline", "CustomStatus": "x"},
        {"UserID": "nobody", "CustomStatus": "x"},
        {"UserID": "no id"},
        {"UserID": "bob", "CustomStatus": "x".repeat(101)},
    ]));
    assert_eq!(codes, [0, 6014, 70107, 70107, 70402]);
    for player in [&mut alice, &mut bob] {
        player.pushed("alice", ONLINE, "in the finals");
    }
    assert_eq!(set(json!([{"UserID": "alice"}])), [0]);
    for player in [&mut alice, &mut bob] {
        player.pushed("alice", ONLINE, "");
    }
    // A device sets another afterwards.
    alice.set_status("mine");
    bob.pushed("alice", ONLINE, "mine");
}
