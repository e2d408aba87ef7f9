//! `sns`.

use super::{BackEnd, dev};
use crate::client::{Client, OFFLINE, ONLINE};
use crate::disk::Disk;
use crate::process::until;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

fn codes(answer: &Value) -> Vec<i64> {
    let items = answer["ResultItem"].as_array().unwrap();
    items
        .iter()
        .map(|item| item["ResultCode"].as_i64().unwrap())
        .collect()
}

fn to(answer: &Value, list: &str) -> Vec<String> {
    let items = answer[list].as_array().unwrap();
    items
        .iter()
        .map(|item| item["To_Account"].as_str().unwrap().to_owned())
        .collect()
}

fn relations(back_end: &BackEnd, from: &str, others: &[&str], kind: &str) -> Vec<String> {
    let asked = json!({"From_Account": from, "To_Account": others, "CheckType": kind});
    let answer = back_end.done("sns/friend_check", &asked);
    let items = answer["InfoItem"].as_array().unwrap();
    items
        .iter()
        .map(|item| {
            item["Relation"]
                .as_str()
                .unwrap()
                .trim_start_matches("CheckResult_Type_")
                .to_owned()
        })
        .collect()
}

#[test]
fn friends_are_added_on_both_lists_or_one_and_who_is_there_is_told() {
    let daemon = dev(&[]);
    let back_end = BackEnd::of(&daemon);
    let mut alice = Client::logged_in(&daemon, "alice");
    let mut bob = Client::logged_in(&daemon, "bob");
    back_end.import(&["carol"]);
    let items = json!([
        {"To_Account": "bob", "AddSource": "AddSource_Type_Web", "Remark": "bobby", "GroupName": "guild", "AddWording": "hi"},
        {"To_Account": "nobody", "AddSource": "AddSource_Type_Web"},
        {"To_Account": "alice"},
        {"To_Account": "carol", "Remark": "x".repeat(97)},
    ]);
    let add = json!({"From_Account": "alice", "AddFriendItem": items, "AddType": "Add_Type_Both", "ForceAddFlags": 1});
    let answer = back_end.done("sns/friend_add", &add);
    assert_eq!(codes(&answer), [0, 30003, 30001, 30001]);
    assert_eq!(answer["Fail_Account"], json!(["nobody", "alice", "carol"]));
    assert_eq!(answer["ErrorDisplay"], "");
    assert_eq!(alice.friends_changed().added, ["bob"]);
    assert_eq!(bob.friends_changed().added, ["alice"]);
    let again = back_end.done(
        "sns/friend_add",
        &json!({"From_Account": "alice", "AddFriendItem": [{"To_Account": "bob"}]}),
    );
    assert_eq!(
        (codes(&again), &again["Fail_Account"]),
        (vec![0], &Value::Null),
        "it is one already"
    );
    let single = json!({"From_Account": "alice", "AddFriendItem": [{"To_Account": "carol"}], "AddType": "Add_Type_Single"});
    assert_eq!(codes(&back_end.done("sns/friend_add", &single)), [0]);
    assert_eq!(alice.friends_changed().added, ["carol"]);
    let others = ["bob", "carol", "nobody", "no id"];
    assert_eq!(
        relations(&back_end, "alice", &others, "CheckResult_Type_Both"),
        ["BothWay", "AWithB", "NoRelation", "NoRelation"]
    );
    assert_eq!(
        relations(&back_end, "carol", &["alice"], "CheckResult_Type_Both"),
        ["BWithA"]
    );
    assert_eq!(
        relations(&back_end, "carol", &["alice"], "CheckResult_Type_Single"),
        ["NoRelation"]
    );
    assert_eq!(
        relations(&back_end, "alice", &["bob"], "CheckResult_Type_Single"),
        ["AWithB"]
    );

    let delete = json!({"From_Account": "alice", "To_Account": ["bob", "nobody"], "DeleteType": "Delete_Type_Both"});
    let answer = back_end.done("sns/friend_delete", &delete);
    assert_eq!(codes(&answer), [0, 31704]);
    assert_eq!(alice.friends_changed().deleted, ["bob"]);
    assert_eq!(bob.friends_changed().deleted, ["alice"]);
    back_end.done(
        "sns/friend_delete_all",
        &json!({"From_Account": "alice", "DeleteType": "Delete_Type_Single"}),
    );
    assert!(back_end.friends("alice").is_empty());
}

#[test]
fn what_is_said_of_friends_is_kept_changed_and_told_by_tag() {
    let daemon = dev(&[]);
    let back_end = BackEnd::of(&daemon);
    back_end.import(&["alice", "bob", "carol"]);
    let items = json!([{
        "To_Account": "bob", "AddSource": "AddSource_Type_Web", "Remark": "bobby", "GroupName": ["guild", "second"],
        "AddWording": "hi", "AddTime": 1_600_000_000, "RemarkTime": 1_600_000_001, "CustomItem": [{"Tag": "Tag_SNS_Custom_Level", "Value": "9"}],
    }]);
    back_end.done(
        "sns/friend_import",
        &json!({"From_Account": "alice", "AddFriendItem": items}),
    );
    let tag =
        |name: &str, value: Value| json!({"Tag": format!("Tag_SNS_IM_{name}"), "Value": value});
    let all = json!([
        tag("AddSource", json!("AddSource_Type_Web")),
        tag("Remark", json!("bobby")),
        tag("Group", json!(["guild"])),
        tag("AddTime", json!(1_600_000_000)),
        tag("AddWording", json!("hi")),
    ]);
    assert_eq!(
        back_end.friends("alice"),
        [json!({"To_Account": "bob", "ValueItem": all})]
    );
    let updates = json!([
        {"To_Account": "bob", "SnsItem": [tag("Remark", json!("robert")), tag("Group", json!([])), {"Tag": "Tag_SNS_Custom_Level", "Value": 9}]},
        {"To_Account": "carol", "SnsItem": [tag("Remark", json!("c"))]},
    ]);
    let answer = back_end.done(
        "sns/friend_update",
        &json!({"From_Account": "alice", "UpdateItem": updates}),
    );
    assert_eq!(codes(&answer), [0, 31704]);
    let asked = json!({
        "From_Account": "alice", "To_Account": ["carol", "bob"],
        "TagList": ["Tag_SNS_IM_Remark", "Tag_SNS_IM_Group", "Tag_Profile_IM_Nick"],
    });
    let answer = back_end.done("sns/friend_get_list", &asked);
    assert_eq!(to(&answer, "InfoItem"), ["carol", "bob"]);
    assert_eq!(answer["InfoItem"][0]["ResultCode"], 31704);
    assert_eq!(
        answer["InfoItem"][1]["SnsProfileItem"],
        json!([tag("Remark", json!("robert"))])
    );
    assert_eq!(answer["Fail_Account"], json!(["carol"]));
}

#[test]
fn a_list_that_is_known_is_not_sent_again() {
    let daemon = dev(&[]);
    let back_end = BackEnd::of(&daemon);
    let users: Vec<_> = (0..250).map(|number| format!("f{number:03}")).collect();
    let users: Vec<_> = users.iter().map(String::as_str).collect();
    back_end.import(&["alice"]);
    for part in users.chunks(100) {
        back_end.import(part);
    }
    let items: Vec<_> = users
        .iter()
        .map(|user| json!({"To_Account": user}))
        .collect();
    back_end.done(
        "sns/friend_import",
        &json!({"From_Account": "alice", "AddFriendItem": items}),
    );
    let friends = back_end.friends("alice");
    let named: Vec<_> = friends
        .iter()
        .map(|friend| friend["To_Account"].as_str().unwrap())
        .collect();
    assert_eq!(named, users);
    let get = |start: u64, known: &Value| {
        let asked = json!({"From_Account": "alice", "StartIndex": start, "StandardSequence": known, "CustomSequence": known});
        back_end.done("sns/friend_get", &asked)
    };
    let first = get(0, &json!(0));
    assert_eq!(
        (&first["NextStartIndex"], &first["CompleteFlag"]),
        (&json!(100), &json!(0))
    );
    let known = &first["StandardSequence"];
    let again = get(0, known);
    assert_eq!(again["UserDataItem"], json!([]));
    assert_eq!(
        (&again["CompleteFlag"], &again["FriendNum"]),
        (&json!(1), &json!(250))
    );
    // Some go on with the number of the first page.
    assert_eq!(
        get(200, known)["UserDataItem"].as_array().unwrap().len(),
        50
    );
    let update = json!({"From_Account": "alice", "UpdateItem": [{"To_Account": "f007", "SnsItem": [{"Tag": "Tag_SNS_IM_Remark", "Value": "bond"}]}]});
    back_end.done("sns/friend_update", &update);
    assert_eq!(get(0, known)["UserDataItem"].as_array().unwrap().len(), 100);
}

#[test]
fn an_import_of_a_thousand_is_the_same_when_made_again_and_holds_nobody_up() {
    let dir = crate::process::temp_dir();
    let data = dir.path().join("data");
    let daemon = dev(&["--data-dir", data.to_str().unwrap()]);
    daemon.set(&["--rest-calls-per-s", "100000"]);
    let back_end = BackEnd::of(&daemon);
    let users: Vec<_> = (0..1_000).map(|number| format!("f{number:03}")).collect();
    back_end.import(&["alice", "bob"]);
    for part in users.chunks(100) {
        let part: Vec<_> = part.iter().map(String::as_str).collect();
        back_end.import(&part);
    }
    let mut alice = Client::logged_in(&daemon, "alice");
    let items: Vec<_> = users
        .iter()
        .map(|user| json!({"To_Account": user, "Remark": "r"}))
        .collect();
    let import = json!({"From_Account": "alice", "AddFriendItem": items});
    let longest = std::thread::scope(|scope| {
        let importing = scope.spawn(|| {
            let answer = back_end.done("sns/friend_import", &import);
            assert_eq!(answer["ResultItem"].as_array().unwrap().len(), 1_000);
            assert_eq!(answer["Fail_Account"], Value::Null);
        });
        let mut longest = Duration::ZERO;
        while !importing.is_finished() {
            let began_at = Instant::now();
            // The account itself, and a record of another.
            alice.set_status("busy");
            let add = json!({"From_Account": "bob", "AddFriendItem": [{"To_Account": "f000"}]});
            back_end.done("sns/friend_add", &add);
            longest = longest.max(began_at.elapsed());
        }
        importing.join().unwrap();
        longest
    });
    assert!(longest < Duration::from_secs(2), "{longest:?}");
    let before = back_end.friends("alice");
    assert_eq!(before.len(), 1_000);
    back_end.done("sns/friend_import", &import);
    assert_eq!(back_end.friends("alice"), before);
}

#[test]
fn while_the_disk_hangs_a_request_about_many_is_answered_soon_and_who_is_online_at_once() {
    let disk = Disk::new();
    let daemon = disk.serve();
    let back_end = BackEnd::of(&daemon);
    let users: Vec<_> = (0..50).map(|number| format!("f{number:02}")).collect();
    let named: Vec<_> = users.iter().map(String::as_str).collect();
    back_end.import(&named);
    back_end.import(&["alice"]);
    disk.set("hang", true);
    let items: Vec<_> = users
        .iter()
        .map(|user| json!({"To_Account": user}))
        .collect();
    let add = json!({"From_Account": "alice", "AddFriendItem": items});
    let began_at = Instant::now();
    std::thread::scope(|scope| {
        let adding = scope.spawn(|| codes(&back_end.done("sns/friend_add", &add)));
        back_end.done(
            "openim/query_online_status",
            &json!({"To_Account": ["alice"]}),
        );
        assert!(began_at.elapsed() < Duration::from_secs(2));
        assert!(
            adding.join().unwrap().iter().all(|code| *code == 30006),
            "nothing is on disk"
        );
    });
    assert!(
        began_at.elapsed() < Duration::from_secs(14),
        "one waits, not each"
    );
    assert_eq!(
        back_end.refused(
            "im_open_login_svc/account_import",
            &json!({"UserID": "late"})
        ),
        70500
    );
    disk.set("hang", false);
    until("the disk is back", || {
        let answer = back_end.done("sns/friend_add", &add);
        codes(&answer).iter().all(|code| *code == 0).then_some(())
    });
    assert_eq!(back_end.friends("alice").len(), 50);
}

#[test]
fn r2_a_block_by_the_server_hides_both_and_its_end_shows_them_again() {
    let daemon = dev(&[]);
    let back_end = BackEnd::of(&daemon);
    let mut alice = Client::logged_in(&daemon, "alice");
    let mut bob = Client::logged_in(&daemon, "bob");
    bob.subscribe(&["alice"]);
    alice.set_status("here");
    bob.pushed("alice", ONLINE, "here");
    let both = json!({"From_Account": "alice", "To_Account": ["bob", "nobody", "alice"]});
    let answer = back_end.done("sns/black_list_add", &both);
    assert_eq!(codes(&answer), [0, 30003, 30001]);
    assert_eq!(answer["Fail_Account"], json!(["nobody", "alice"]));
    bob.pushed("alice", OFFLINE, "");
    let check = |from: &str, other: &str, kind: &str| {
        let asked = json!({"From_Account": from, "To_Account": [other], "CheckType": format!("BlackCheckResult_Type_{kind}")});
        back_end.done("sns/black_list_check", &asked)["BlackListCheckItem"][0]["Relation"].clone()
    };
    assert_eq!(
        check("alice", "bob", "Both"),
        "BlackCheckResult_Type_AWithB"
    );
    assert_eq!(
        check("bob", "alice", "Both"),
        "BlackCheckResult_Type_BWithA"
    );
    assert_eq!(check("bob", "alice", "Single"), "BlackCheckResult_Type_NO");
    let page = back_end.done(
        "sns/black_list_get",
        &json!({"From_Account": "alice", "StartIndex": 0, "MaxLimited": 10, "LastSequence": 0}),
    );
    assert_eq!(to(&page, "BlackListItem"), ["bob"]);
    assert_eq!(page["StartIndex"], 0);
    let since = page["BlackListItem"][0]["AddBlackTimeStamp"]
        .as_u64()
        .unwrap();
    assert!(since.abs_diff(crate::process::now_s()) < 60, "{since}");
    let known = json!({"From_Account": "alice", "LastSequence": page["CurruentSequence"]});
    assert_eq!(
        back_end.done("sns/black_list_get", &known)["BlackListItem"],
        json!([])
    );
    let friend = |from: &str, other: &str| json!({"From_Account": from, "AddFriendItem": [{"To_Account": other}]});
    assert_eq!(
        codes(&back_end.done("sns/friend_add", &friend("alice", "bob"))),
        [30515]
    );
    assert_eq!(
        codes(&back_end.done("sns/friend_import", &friend("bob", "alice"))),
        [30525]
    );
    // What the server sees is the truth.
    let asked = json!({"To_Account": ["alice"], "IsReturnCustomStatus": 1});
    assert_eq!(
        back_end.done("openim/query_online_status", &asked)["QueryResult"][0]["CustomStatus"],
        "here"
    );
    assert_eq!(
        codes(&back_end.done(
            "sns/black_list_delete",
            &json!({"From_Account": "alice", "To_Account": ["bob"]})
        )),
        [0]
    );
    bob.pushed("alice", ONLINE, "here");
    assert_eq!(check("alice", "bob", "Both"), "BlackCheckResult_Type_NO");
}

#[test]
fn long_lists_of_blocks_come_in_pages() {
    let daemon = dev(&[]);
    let back_end = BackEnd::of(&daemon);
    let users: Vec<_> = (0..25).map(|number| format!("u{number:02}")).collect();
    let named: Vec<_> = users.iter().map(String::as_str).collect();
    back_end.import(&named);
    back_end.import(&["alice"]);
    back_end.done(
        "sns/black_list_add",
        &json!({"From_Account": "alice", "To_Account": users}),
    );
    // Some write null for what they do not say.
    let (mut all, mut start) = (Vec::new(), Value::Null);
    loop {
        let page = back_end.done(
            "sns/black_list_get",
            &json!({"From_Account": "alice", "StartIndex": start, "MaxLimited": 10}),
        );
        all.extend(to(&page, "BlackListItem"));
        start = page["StartIndex"].clone();
        if start == 0 {
            break;
        }
    }
    assert_eq!(all, users);
}
