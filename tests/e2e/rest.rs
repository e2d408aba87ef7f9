//! What a studio's back end asks over REST, and players who see it through the C ABI.

use crate::harness::{
    Server, Signal, eventually, ids, offline, online, programs, python_with_packages,
};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;

/// Longer than a script may take: each request in it ends by itself.
const SCRIPT_TIMEOUT_S: &str = "120";

/// Runs a script of `tests/python`, which is to succeed.
fn run(server: &Server, script: &str, arguments: &[&str]) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/python")
        .join(script);
    let output = Command::new("timeout")
        .args(["--kill-after=5", SCRIPT_TIMEOUT_S])
        .arg(python_with_packages())
        .arg("-B")
        .arg(&script)
        .args(arguments)
        // What leads elsewhere leads nobody to loopback.
        .env("NO_PROXY", "127.0.0.1")
        .env("no_proxy", "127.0.0.1")
        .output()
        .expect("coreutils are installed");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    server.timeline.note("script", &stdout);
    assert!(
        output.status.success(),
        "{}: {}\n{stdout}{stderr}",
        script.display(),
        output.status
    );
}

#[test]
fn public_client_libraries_do_all_they_can_of_it() {
    let server = Server::start_with_rest();
    let player = server.enter("alice");
    player.set_status("here");
    let app = server.app_id.to_string();
    let arguments = [server.rest_url(), &app, Server::SECRET_KEY, "alice"];
    run(&server, "rest_libraries.py", &arguments);
}

#[test]
fn clients_generated_from_the_openapi_documents_compile_and_work() {
    let server = Server::start_with_rest();
    let player = server.enter("alice");
    player.set_status("here");
    let watcher = server.enter("bob");
    watcher.subscribe(&["alice"]);
    let folder = programs().scratch.join("generated");
    std::fs::create_dir_all(&folder).expect("the target directory can be written to");
    let app = server.app_id.to_string();
    let (admin, token) = server.admin_url();
    let arguments = [
        folder.to_str().expect("a UTF-8 name"),
        server.rest_url(),
        &app,
        &server.sig("administrator"),
        &admin,
        token,
        "alice",
    ];
    run(&server, "rest_generated.py", &arguments);
    watcher.hears(&online("alice").saying("set by the server"));
}

fn status_of(server: &Server, user: &str) -> Value {
    let asked = json!({"To_Account": [user], "IsNeedDetail": 1, "IsReturnCustomStatus": 1});
    server.rest("openim/query_online_status", &asked)["QueryResult"][0].clone()
}

#[test]
fn a_back_end_sees_players_come_and_go() {
    let server = Server::start_with_rest();
    let alice = server.enter("alice");
    let phone = server.enter_on("Android", "alice");
    alice.set_status("in a match");
    assert_eq!(
        status_of(&server, "alice"),
        json!({
            "To_Account": "alice", "Status": "Online", "State": "Online", "CustomStatus": "in a match",
            "Detail": [{"Platform": "Linux", "Status": "Online"}, {"Platform": "Android", "Status": "Online"}],
        })
    );
    phone.done("logout");
    alice.signal(Signal::Kill);
    let lost = eventually("the loss is seen", || {
        let status = status_of(&server, "alice");
        (status["Status"] != "Online").then_some(status)
    });
    assert_eq!(lost["Status"], "PushOnline");
    assert_eq!(
        (&lost["CustomStatus"], &lost["Detail"]),
        (&json!(""), &json!([]))
    );
    let bob = server.enter("bob");
    bob.done("logout");
    assert_eq!(status_of(&server, "bob")["Status"], "Offline");
}

#[test]
fn a_kick_over_rest_closes_every_device_and_revokes_the_usersig() {
    let server = Server::start_with_rest();
    let watcher = server.enter("watcher");
    watcher.subscribe(&["cheat"]);
    let login = server.login_command("cheat");
    let devices = [server.enter("cheat"), server.enter_on("Android", "cheat")];
    server.rest("im_open_login_svc/kick", &json!({"Identifier": "cheat"}));
    for device in &devices {
        device.next("kicked");
    }
    devices[0].refused(&login, 70052);
    watcher.hears_at_last(&crate::harness::unlogined("cheat"));
}

#[test]
fn friends_made_over_rest_are_announced_and_told_of_and_a_block_hides_them() {
    let server = Server::start_with_rest();
    server.set("--friends server");
    let alice = server.enter("alice");
    let bob = server.enter("bob");
    let friend = json!({"From_Account": "alice", "AddFriendItem": [{"To_Account": "bob", "AddSource": "AddSource_Type_Server", "Remark": "bobby"}]});
    server.rest("sns/friend_add", &friend);
    for (player, other) in [(&alice, "bob"), (&bob, "alice")] {
        let added = player.next("friend-added");
        assert_eq!(added["json"], json!(ids(&[other])), "{added}");
    }
    let listed: Value = serde_json::from_str(&alice.done("friends").json).expect("JSON");
    assert_eq!(listed[0]["friend_profile_remark"], "bobby");
    bob.set_status("here");
    alice.hears_at_last(&online("bob").saying("here"));
    server.rest(
        "sns/black_list_add",
        &json!({"From_Account": "bob", "To_Account": ["alice"]}),
    );
    alice.hears_at_last(&offline("bob"));
    server.rest(
        "sns/black_list_delete",
        &json!({"From_Account": "bob", "To_Account": ["alice"]}),
    );
    alice.hears_at_last(&online("bob").saying("here"));
    server.rest(
        "sns/friend_delete_all",
        &json!({"From_Account": "alice", "DeleteType": "Delete_Type_Both"}),
    );
    for (player, other) in [(&alice, "bob"), (&bob, "alice")] {
        let deleted = player.next("friend-deleted");
        assert_eq!(deleted["json"], json!(ids(&[other])), "{deleted}");
    }
}

#[test]
fn c6_watchers_see_the_custom_status_that_the_back_end_set() {
    let server = Server::start_with_rest();
    let alice = server.enter("alice");
    let bob = server.enter("bob");
    alice.subscribe(&["bob"]);
    let set = |text: &str| {
        let items = json!({"SetItem": [{"UserID": "bob", "CustomStatus": text}]});
        let answer = server.rest("userstatus/set_custom_status", &items);
        assert_eq!(answer["ResultItem"][0]["ResultCode"], 0);
    };
    set("in the finals");
    for player in [&alice, &bob] {
        player.hears_at_last(&online("bob").saying("in the finals"));
    }
    set("");
    for player in [&alice, &bob] {
        player.hears_at_last(&online("bob"));
    }
}
