//! `im_open_login_svc`.

use super::{BackEnd, dev};
use crate::client::Client;
use serde_json::{Value, json};

fn imported(back_end: &BackEnd, users: &[&str]) -> Vec<bool> {
    let items: Vec<_> = users.iter().map(|user| json!({"UserID": user})).collect();
    let answer = back_end.done(
        "im_open_login_svc/account_check",
        &json!({"CheckItem": items}),
    );
    let items = answer["ResultItem"].as_array().unwrap();
    let named: Vec<_> = items
        .iter()
        .map(|item| item["UserID"].as_str().unwrap())
        .collect();
    assert_eq!(named, users);
    items
        .iter()
        .map(|item| match item["AccountStatus"].as_str().unwrap() {
            "Imported" => true,
            "NotImported" => false,
            other => panic!("{other}"),
        })
        .collect()
}

#[test]
fn accounts_are_imported_by_either_name_and_in_either_form_and_again_changes_nothing() {
    let daemon = dev(&[]);
    let back_end = BackEnd::of(&daemon);
    let import = "im_open_login_svc/account_import";
    for body in [
        json!({"UserID": "alice", "Nick": "Alice", "FaceUrl": "https://x", "Type": 0}),
        json!({"Identifier": "bob"}),
        json!({"UserID": "carol", "Identifier": "ignored"}),
        json!({"UserID": "alice"}),
    ] {
        back_end.done(import, &body);
    }
    assert_eq!(
        imported(&back_end, &["alice", "bob", "carol", "ignored", "no id"]),
        [true, true, true, false, false]
    );
    let many = "im_open_login_svc/multiaccount_import";
    let answer = back_end.done(many, &json!({"Accounts": ["dave", "no id", "alice"]}));
    assert_eq!(answer["FailAccounts"], json!(["no id"]));
    let answer = back_end.done(
        many,
        &json!({"AccountList": [{"UserID": "erin", "Nick": "E"}]}),
    );
    assert_eq!(answer["FailAccounts"], json!([]));
    assert_eq!(imported(&back_end, &["dave", "erin"]), [true, true]);
}

#[test]
fn accounts_are_deleted_and_each_is_answered_for() {
    let daemon = dev(&[]);
    let back_end = BackEnd::of(&daemon);
    let mut alice = Client::logged_in(&daemon, "alice");
    back_end.import(&["bob"]);
    let items = json!({"DeleteItem": [{"UserID": "nobody"}, {"UserID": "no id"}, {"UserID": "alice"}, {"UserID": "bob"}]});
    let answer = back_end.done("im_open_login_svc/account_delete", &items);
    let codes: Vec<_> = answer["ResultItem"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["ResultCode"].clone())
        .collect();
    assert_eq!(codes, [json!(70107), json!(70107), json!(0), json!(0)]);
    alice.kicked();
    assert_eq!(imported(&back_end, &["alice", "bob"]), [false, false]);
}

#[test]
fn a_kick_closes_who_is_there_and_revokes_what_was_minted() {
    let daemon = dev(&[]);
    let back_end = BackEnd::of(&daemon);
    for name in ["UserID", "Identifier"] {
        let user = format!("by-{}", name.to_lowercase());
        let mut player = Client::logged_in(&daemon, &user);
        let login = player.login_of(&daemon, &user);
        let mut body = serde_json::Map::new();
        body.insert(name.to_owned(), json!(user));
        back_end.done("im_open_login_svc/kick", &Value::Object(body));
        assert_eq!(player.kicked().code, 70052);
        let mut again = Client::greeted(daemon.server);
        assert_eq!(again.login(login).unwrap_err().code, 70052);
    }
}

#[test]
fn d4_a_kick_of_an_account_that_never_was_says_so_and_holds() {
    let daemon = dev(&[]);
    let back_end = BackEnd::of(&daemon);
    let mut player = Client::greeted(daemon.server);
    let login = player.login_of(&daemon, "cheat");
    assert_eq!(
        back_end.refused("im_open_login_svc/kick", &json!({"UserID": "cheat"})),
        70107
    );
    assert_eq!(player.login(login).unwrap_err().code, 70052);
}
