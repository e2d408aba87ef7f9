//! Friends made by the studio's own server.

use crate::admin_port::http;
use crate::client::{Client, ONLINE};
use crate::process::{Daemon, command, temp_dir, text};
use serde_json::{Value, json};
use userstatus_wire::v1::{self, request};

fn add_by_client(client: &mut Client, user: &str) -> i32 {
    let add = request::Body::AddFriend(v1::AddFriend {
        user_id: user.to_owned(),
        both: true,
        ..v1::AddFriend::default()
    });
    client.ask(add).code
}

fn post(daemon: &Daemon, path: &str, body: &Value) -> (u16, Value) {
    let path = format!("/v1/apps/{}/accounts/{path}", daemon.app_id);
    http(
        daemon,
        "POST",
        &path,
        &body.to_string(),
        Some(&daemon.token),
    )
}

fn get(daemon: &Daemon, path: &str) -> (u16, Value) {
    let path = format!("/v1/apps/{}/accounts/{path}", daemon.app_id);
    http(daemon, "GET", &path, "", Some(&daemon.token))
}

fn friends(daemon: &Daemon, user: &str) -> Vec<String> {
    let app = daemon.app_id.to_string();
    let listed = daemon.ctl(&["friend", "list", &app, user]);
    let of = |friend: &Value| friend["user_id"].as_str().unwrap().to_owned();
    listed["friends"]
        .as_array()
        .unwrap()
        .iter()
        .map(of)
        .collect()
}

#[test]
fn r2_where_only_the_server_makes_friends_it_makes_and_ends_them_and_clients_are_told() {
    let dir = temp_dir();
    let (config, data) = ("[[listeners]]\nplain_tcp = true\n", dir.path().join("data"));
    let daemon = Daemon::serve(config, &data);
    daemon.set(&["--friends", "server"]);
    let mut alice = Client::logged_in(&daemon, "alice");
    let mut bob = Client::logged_in(&daemon, "bob");
    assert_eq!(add_by_client(&mut alice, "bob"), 7014);

    let bobs = json!({"user_ids": ["bob"]});
    let done = json!({"results": [{"user_id": "bob", "code": 0}]});
    assert_eq!(post(&daemon, "alice/friends", &bobs), (200, done.clone()));
    assert_eq!(alice.friends_changed().added, ["bob"]);
    assert_eq!(bob.friends_changed().added, ["alice"]);
    // Sent again because its answer was lost.
    assert_eq!(post(&daemon, "alice/friends", &bobs), (200, done.clone()));
    // A friend's changes come without a subscription (N3).
    bob.set_status("in a match");
    alice.pushed("bob", ONLINE, "in a match");
    let (status, listed) = get(&daemon, "bob/friends");
    assert_eq!((status, &listed["next_after"]), (200, &json!(null)));
    assert_eq!(listed["friends"][0]["user_id"], "alice");
    assert!(listed["friends"][0]["added_at_ms"].as_u64().unwrap() > 0);

    // What was answered is on disk.
    daemon.kill();
    let daemon = Daemon::serve(config, &data);
    assert_eq!(friends(&daemon, "alice"), ["bob"]);
    assert_eq!(friends(&daemon, "bob"), ["alice"]);

    let mut alice = Client::logged_in(&daemon, "alice");
    let mut bob = Client::logged_in(&daemon, "bob");
    let both = json!({"user_ids": ["bob", "carol"]});
    let (status, deleted) = post(&daemon, "alice/friends/delete", &both);
    assert_eq!(status, 200);
    let codes = ["bob", "carol"].map(|user| {
        let results = deleted["results"].as_array().unwrap();
        let of_user = results.iter().find(|result| result["user_id"] == user);
        of_user.unwrap()["code"].as_i64().unwrap()
    });
    assert_eq!(codes, [0, 31_704]);
    assert_eq!(alice.friends_changed().deleted, ["bob"]);
    assert_eq!(bob.friends_changed().deleted, ["alice"]);
    daemon.kill();
    let daemon = Daemon::serve(config, &data);
    assert!(friends(&daemon, "alice").is_empty());
    assert!(friends(&daemon, "bob").is_empty());
}

#[test]
fn friends_are_listed_in_pages_and_ended_on_one_list_only_if_so_asked() {
    let daemon = Daemon::dev(&[]);
    let app = daemon.app_id.to_string();
    let guests: Vec<_> = (0..120).map(|number| format!("guest{number:03}")).collect();
    let names: Vec<_> = guests.iter().map(String::as_str).collect();
    daemon.ctl(&[&["account", "import", &app, "a/b"][..], &names].concat());
    // Nobody has ever logged in, and more than one request can name.
    let added = daemon.ctl(&[&["friend", "add", &app, "a/b"][..], &names].concat());
    assert_eq!(added["results"].as_array().unwrap().len(), 120);
    assert_eq!(friends(&daemon, "a/b"), guests);
    let (_, first) = get(&daemon, "a%2Fb/friends?limit=50");
    assert_eq!(first["next_after"], "guest049");
    let (_, last) = get(&daemon, "a%2Fb/friends?limit=50&after=guest099");
    assert_eq!(last["friends"].as_array().unwrap().len(), 20);
    assert_eq!(last["next_after"], json!(null));

    let one = ["friend", "delete", &app, "a/b", "--one-sided", "guest000"];
    daemon.ctl(&one);
    assert_eq!(friends(&daemon, "guest000"), ["a/b"]);
    let account = daemon.ctl(&["account", "query", &app, "guest000"]);
    assert_eq!(account["accounts"][0]["status"], "unlogined");
    // Half a friendship is made whole.
    daemon.ctl(&["friend", "add", &app, "a/b", "guest000"]);
    assert_eq!(friends(&daemon, "a/b").len(), 120);
    daemon.ctl(&[&["friend", "delete", &app, "a/b"][..], &names].concat());
    assert!(friends(&daemon, "a/b").is_empty());
    assert!(friends(&daemon, "guest000").is_empty());
}

#[test]
fn half_a_friendship_is_ended_on_the_side_that_is_left() {
    let daemon = Daemon::dev(&[]);
    let app = daemon.app_id.to_string();
    daemon.ctl(&["account", "import", &app, "alice", "bob", "carol"]);
    daemon.ctl(&["friend", "add", &app, "alice", "bob", "carol"]);
    let mut bob = Client::logged_in(&daemon, "bob");
    daemon.ctl(&["friend", "delete", &app, "alice", "--one-sided", "bob"]);
    assert_eq!(friends(&daemon, "bob"), ["alice"]);
    let delete = |user: &str, other: &str| {
        let (status, answer) = post(
            &daemon,
            &format!("{user}/friends/delete"),
            &json!({"user_ids": [other]}),
        );
        assert_eq!(status, 200);
        answer["results"][0]["code"].as_i64().unwrap()
    };
    // Alice has him no more: asked for her or for him, it is the half on his list that goes.
    assert_eq!(delete("alice", "bob"), 0);
    assert_eq!(bob.friends_changed().deleted, ["alice"]);
    assert!(friends(&daemon, "bob").is_empty());
    assert_eq!(friends(&daemon, "alice"), ["carol"]);
    daemon.ctl(&["friend", "delete", &app, "alice", "--one-sided", "carol"]);
    assert_eq!(delete("carol", "alice"), 0);
    assert!(friends(&daemon, "carol").is_empty());
    // Nothing is left to end.
    for (user, other) in [("alice", "bob"), ("bob", "alice"), ("alice", "carol")] {
        assert_eq!(delete(user, other), 31_704, "{user} {other}");
    }
    // And one list only is that one list.
    daemon.ctl(&["friend", "add", &app, "alice", "bob"]);
    daemon.ctl(&["friend", "delete", &app, "alice", "--one-sided", "bob"]);
    let one = json!({"user_ids": ["bob"], "both": false});
    let (_, answer) = post(&daemon, "alice/friends/delete", &one);
    assert_eq!(answer["results"][0]["code"], 31_704);
    assert_eq!(friends(&daemon, "bob"), ["alice"]);
}

#[test]
fn friends_that_cannot_be_made_are_refused_each_for_itself() {
    let daemon = Daemon::dev(&[]);
    let app = daemon.app_id.to_string();
    daemon.ctl(&["account", "import", &app, "alice", "bob", "carol", "dave"]);
    let mut carol = Client::logged_in(&daemon, "carol");
    let block = request::Body::Block(v1::Block {
        user_ids: vec!["alice".to_owned()],
    });
    assert_eq!(carol.ask(block).code, 0);
    // Who are friends stay so, and are answered so.
    daemon.ctl(&["friend", "add", &app, "carol", "dave"]);
    let block = request::Body::Block(v1::Block {
        user_ids: vec!["dave".to_owned()],
    });
    assert_eq!(carol.ask(block).code, 0);
    for (user, other) in [("carol", "dave"), ("dave", "carol")] {
        let path = format!("{user}/friends");
        let (_, added) = post(&daemon, &path, &json!({"user_ids": [other]}));
        assert_eq!(added["results"][0]["code"], 0, "{added}");
    }
    daemon.ctl(&["friend", "delete", &app, "carol", "dave"]);
    let (_, added) = post(&daemon, "carol/friends", &json!({"user_ids": ["dave"]}));
    assert_eq!(added["results"][0]["code"], 30_515);
    daemon.set(&["--friends-max", "1"]);
    let users = json!({"user_ids": ["alice", "nobody", "carol", "bob", "dave"]});
    let (status, added) = post(&daemon, "alice/friends", &users);
    assert_eq!(status, 200);
    let results = added["results"].as_array().unwrap();
    let codes: Vec<_> = results.iter().map(|result| &result["code"]).collect();
    assert_eq!(codes, [30_001, 30_003, 30_525, 0, 30_010]);
    assert_eq!(results[3].get("message"), None);
    let full = results[4]["message"].as_str().unwrap();
    assert!(full.contains("1 friends"), "{full}");
    // The other's list is full.
    let (_, added) = post(&daemon, "dave/friends", &json!({"user_ids": ["bob"]}));
    assert_eq!(added["results"][0]["code"], 30_014);
}

#[test]
fn requests_about_friends_that_are_wrong_change_nothing() {
    let daemon = Daemon::dev(&[]);
    let app = daemon.app_id.to_string();
    daemon.ctl(&["account", "import", &app, "alice", "bob"]);
    let many = |count: usize| {
        let users: Vec<_> = (0..count).map(|number| format!("u{number}")).collect();
        json!({"user_ids": users})
    };
    let bobs = json!({"user_ids": ["bob"]});
    for (path, body, status, code, reason) in [
        ("alice/friends", many(0), 400, 6017, "1 to 100"),
        ("alice/friends", many(100), 200, 0, ""),
        ("alice/friends", many(101), 400, 6017, "1 to 100"),
        ("alice/friends/delete", many(0), 400, 6017, "1 to 1000"),
        ("alice/friends/delete", many(1_000), 200, 0, ""),
        ("alice/friends/delete", many(1_001), 400, 6017, "1 to 1000"),
        (
            "alice/friends",
            json!({"user_ids": ["bob", "no space"]}),
            400,
            6017,
            "user_ids[1]: ",
        ),
        ("alice/friends", json!({}), 400, 6017, "user_ids"),
        ("alice/friends", json!({"users": []}), 400, 6017, "users"),
        ("no%20space/friends", bobs.clone(), 400, 6017, "0x21"),
        ("nobody/friends", bobs.clone(), 404, 70_107, "nobody"),
        ("nobody/friends/delete", bobs.clone(), 404, 70_107, "nobody"),
    ] {
        let (answered, answer) = post(&daemon, path, &body);
        assert_eq!(answered, status, "{path} {body}: {answer}");
        if status != 200 {
            assert_eq!(answer["code"], code, "{path} {body}: {answer}");
            let message = answer["message"].as_str().unwrap();
            assert!(message.contains(reason), "{path} {body}: {message}");
        }
    }
    for (path, status) in [
        ("nobody/friends", 404),
        ("alice/friends?limit=0", 400),
        ("alice/friends?limit=10001", 400),
        ("alice/friends?after=no%20space", 400),
        ("alice/friends?befor=a", 400),
    ] {
        assert_eq!(get(&daemon, path).0, status, "{path}");
    }
    for (method, body) in [("GET", ""), ("POST", r#"{"user_ids":["bob"]}"#)] {
        let path = "/v1/apps/5/accounts/alice/friends";
        let (status, answer) = http(&daemon, method, path, body, Some(&daemon.token));
        assert_eq!((status, &answer["code"]), (404, &json!(70_020)));
    }
    daemon.set(&["--plan", "basic"]);
    let (status, answer) = post(&daemon, "alice/friends", &bobs);
    assert_eq!((status, &answer["code"]), (400, &json!(7013)));
    assert!(friends(&daemon, "alice").is_empty());
}

#[test]
fn the_command_line_says_who_is_a_friend_now_and_who_was_refused() {
    let daemon = Daemon::dev(&[]);
    let app = daemon.app_id.to_string();
    daemon.ctl(&["account", "import", &app, "alice", "bob"]);
    let friend = |arguments: &[&str]| {
        let output = command()
            .args([&["friend"], arguments].concat())
            .args(["--admin", &daemon.admin.to_string()])
            .args(["--token", &daemon.token])
            .output()
            .unwrap();
        let (said, wrong) = (text(&output.stdout), text(&output.stderr));
        (output.status.code(), said, wrong)
    };
    let (code, said, wrong) = friend(&["add", &app, "alice", "bob", "nobody"]);
    assert_eq!(code, Some(1));
    assert_eq!(said, "friends now: 1; refused: 1\n");
    assert!(wrong.contains("nobody: no such account"), "{wrong}");
    assert!(wrong.ends_with("(30003)\n"), "{wrong}");
    let (code, said, _) = friend(&["list", &app, "alice"]);
    assert_eq!(code, Some(0));
    assert!(said.starts_with("bob "), "{said}");
    assert!(said.contains(" since 20"), "{said}");
    let (code, said, _) = friend(&["delete", &app, "alice", "bob", "nobody"]);
    assert_eq!(code, Some(0));
    assert_eq!(said, "friends deleted: 1; were no friends: 1\n");
    let (code, _, wrong) = friend(&["list", &app, "nobody"]);
    assert_eq!(code, Some(1));
    assert!(wrong.contains("there is no account nobody"), "{wrong}");
}
