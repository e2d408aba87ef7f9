//! Who may ask, and that whatever comes is answered.

use super::{BackEnd, code, dev, json_of, query, send, sig_of};
use crate::admin_port::http;
use crate::client::Client;
use crate::process::{Daemon, PATIENCE, temp_dir};
use crate::tls::Certificate;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Instant;
use userstatus_usersig::{SecretKey, mint};

const CHECK: &str = "/v4/im_open_login_svc/account_check";

fn check() -> Value {
    json!({"CheckItem": [{"UserID": "alice"}]})
}

#[test]
fn client_libraries_are_understood_in_each_of_their_ways() {
    let daemon = dev(&[]);
    let back_end = BackEnd::of(&daemon);
    let body = check().to_string();
    let query = back_end.query();
    for (method, path, headers) in [
        ("POST", format!("{CHECK}?{query}"), ""),
        ("POST", format!("{CHECK}/?{query}"), ""),
        ("GET", format!("{CHECK}?{query}"), ""),
        (
            "POST",
            format!("{CHECK}?{query}"),
            "Content-Type: text/plain\r\n",
        ),
        (
            "POST",
            format!("{CHECK}?{query}"),
            "Content-Type: application/x-www-form-urlencoded\r\n",
        ),
        (
            "POST",
            format!("{CHECK}?{query}&random=123456789012345678901"),
            "",
        ),
        (
            "POST",
            format!("{CHECK}?{}", query.replace("sdkappid", "sdkAppId")),
            "",
        ),
        ("POST", format!("{CHECK}?{}", query.replace('*', "%2A")), ""),
        (
            "POST",
            format!("{CHECK}?{query}"),
            "Expect: 100-continue\r\n",
        ),
    ] {
        let mut stream = TcpStream::connect(back_end.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let answer = answer.trim_start_matches("HTTP/1.1 100 Continue\r\n\r\n");
        assert_eq!(json_of(answer)["ErrorCode"], 0, "{method} {path} {headers}");
    }
    // Chunks, as some write bodies.
    let mut stream = TcpStream::connect(back_end.address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let (first, rest) = body.split_at(5);
    write!(
        stream,
        "POST {CHECK}?{query} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{first}\r\n{:x}\r\n{rest}\r\n0\r\n\r\n",
        first.len(),
        rest.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, chunked) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert!(chunked.contains("NotImported"), "{chunked}");
}

#[test]
fn one_connection_serves_many_requests() {
    let daemon = dev(&[]);
    let back_end = BackEnd::of(&daemon);
    let mut stream = TcpStream::connect(back_end.address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    for body in [check().to_string(), "{".to_owned(), check().to_string()] {
        write!(
            stream,
            "POST {CHECK}?{} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{body}",
            back_end.query(),
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        while !answer.contains("\"ErrorInfo\"") {
            let mut chunk = [0; 4_096];
            let count = stream.read(&mut chunk).unwrap();
            assert!(count > 0, "closed after {answer:?}");
            answer.push_str(std::str::from_utf8(&chunk[..count]).unwrap());
        }
    }
}

/// Each code that a request as a whole can be refused with, by what calls for it.
#[test]
fn whatever_is_wrong_is_answered_with_200_and_the_code_for_it() {
    let daemon = dev(&[]);
    let back_end = BackEnd::of(&daemon);
    let app = daemon.app_id;
    let good = back_end.query();
    let sig = &back_end.sig;
    let ok = check().to_string();
    let check_by = |query: &str| ("POST", format!("{CHECK}?{query}"), ok.clone());
    let post = |path: &str, body: Value| ("POST", format!("/v4/{path}?{good}"), body.to_string());
    let other_key = SecretKey::new("another").unwrap();
    let now = crate::process::now_s();
    let forged = mint(&other_key, app, "administrator", now, 60).unwrap();
    let ahead = mint(&daemon.key, app, "administrator", now + 4_000, 60).unwrap();
    let other_app = mint(&daemon.key, app + 1, "administrator", now, 60).unwrap();
    let player = sig_of(&daemon, "alice", 0, 60);
    let expired = sig_of(&daemon, "administrator", 120, 60);
    let many = |count: usize| -> Vec<String> { (0..count).map(|n| format!("u{n}")).collect() };
    let items = |count: usize| -> Vec<Value> {
        let items = many(count).into_iter();
        items.map(|user| json!({"UserID": user})).collect()
    };
    let friends = |count: usize| -> Vec<Value> {
        let items = many(count).into_iter();
        items.map(|user| json!({"To_Account": user})).collect()
    };
    let unknown = json!({"From_Account": "nobody", "To_Account": ["alice"]});
    for (wanted, (method, path, body)) in [
        // The request itself.
        (
            60009,
            ("POST", format!("/v4/openim/sendmsg?{good}"), ok.clone()),
        ),
        (
            60009,
            ("POST", format!("/v4/sns/group_add?{good}"), ok.clone()),
        ),
        (60009, ("POST", "/v4".to_owned(), ok.clone())),
        (60009, ("GET", "/".to_owned(), String::new())),
        (
            60009,
            (
                "POST",
                "/v4/openim//query_online_status".to_owned(),
                ok.clone(),
            ),
        ),
        (60008, ("PUT", format!("{CHECK}?{good}"), ok.clone())),
        (60008, ("DELETE", format!("{CHECK}?{good}"), ok.clone())),
        (60008, ("OPTIONS", format!("{CHECK}?{good}"), ok.clone())),
        (
            60008,
            (
                "POST",
                format!("{CHECK}?{good}"),
                format!("{{\"x\":\"{}\"}}", "x".repeat(2_000_000)),
            ),
        ),
        (60003, ("POST", format!("{CHECK}?{good}"), "{".to_owned())),
        (
            60003,
            ("POST", format!("{CHECK}?{good}"), "UserID=alice".to_owned()),
        ),
        // Who asks.
        (
            60012,
            check_by(&format!("identifier=administrator&usersig={sig}")),
        ),
        (60006, check_by(&query(0, "administrator", sig))),
        (60006, check_by(&good.replace(&app.to_string(), "game"))),
        (70020, check_by(&query(app + 1, "administrator", sig))),
        (60004, check_by(&format!("sdkappid={app}&usersig={sig}"))),
        (
            60004,
            check_by(&format!("sdkappid={app}&identifier=administrator")),
        ),
        (60004, check_by(&query(app, "", sig))),
        (60004, check_by(&query(app, "administrator", ""))),
        (70001, check_by(&query(app, "administrator", &expired))),
        (70003, check_by(&query(app, "administrator", "eJw"))),
        (70003, check_by(&query(app, "administrator", &ahead))),
        (70009, check_by(&query(app, "administrator", &forged))),
        (70013, check_by(&query(app, "administrator", &player))),
        (70014, check_by(&query(app, "administrator", &other_app))),
        (70403, check_by(&query(app, "alice", &player))),
        (
            60010,
            (
                "POST",
                format!("/v4/openim/querystate?{}", query(app, "alice", &player)),
                ok.clone(),
            ),
        ),
        (
            30004,
            (
                "POST",
                format!("/v4/sns/friend_get?{}", query(app, "alice", &player)),
                ok.clone(),
            ),
        ),
        // What is asked.
        (70402, post("im_open_login_svc/account_check", json!({}))),
        (
            70402,
            post("im_open_login_svc/account_check", json!({"CheckItem": []})),
        ),
        (
            70402,
            post(
                "im_open_login_svc/account_check",
                json!({"CheckItem": items(101)}),
            ),
        ),
        (
            70402,
            post(
                "im_open_login_svc/account_delete",
                json!({"DeleteItem": items(101)}),
            ),
        ),
        (
            70402,
            post(
                "im_open_login_svc/multiaccount_import",
                json!({"Accounts": many(101)}),
            ),
        ),
        (
            70402,
            post(
                "im_open_login_svc/account_import",
                json!({"UserID": "two words"}),
            ),
        ),
        (70402, post("im_open_login_svc/kick", json!({}))),
        (
            70402,
            post(
                "openim/query_online_status",
                json!({"To_Account": many(501)}),
            ),
        ),
        (
            70402,
            post("openim/query_online_status", json!({"To_Account": "alice"})),
        ),
        (
            70402,
            post(
                "userstatus/set_custom_status",
                json!({"SetItem": items(101)}),
            ),
        ),
        (
            60015,
            post("openim/query_online_status", json!({"To_Account": [1]})),
        ),
        (60015, post("im_open_login_svc/kick", json!({"UserID": 7}))),
        (
            60015,
            post(
                "sns/friend_check",
                json!({"From_Account": "alice", "To_Account": [7]}),
            ),
        ),
        (
            70107,
            post("im_open_login_svc/kick", json!({"UserID": "nobody"})),
        ),
        (
            30001,
            post("sns/friend_add", json!({"From_Account": "alice"})),
        ),
        (
            30001,
            post(
                "sns/friend_add",
                json!({"From_Account": "alice", "AddFriendItem": friends(101)}),
            ),
        ),
        (
            30001,
            post(
                "sns/friend_import",
                json!({"From_Account": "alice", "AddFriendItem": friends(1_001)}),
            ),
        ),
        (
            30001,
            post(
                "sns/friend_delete",
                json!({"From_Account": "alice", "To_Account": many(1_001)}),
            ),
        ),
        (
            30001,
            post(
                "sns/friend_check",
                json!({"From_Account": "alice", "To_Account": many(1_001)}),
            ),
        ),
        (
            30001,
            post(
                "sns/friend_get",
                json!({"From_Account": "alice", "StartIndex": -1}),
            ),
        ),
        (
            30003,
            post(
                "sns/friend_add",
                json!({"From_Account": "nobody", "AddFriendItem": friends(1)}),
            ),
        ),
        (
            30003,
            post(
                "sns/friend_import",
                json!({"From_Account": "nobody", "AddFriendItem": friends(1)}),
            ),
        ),
        (30003, post("sns/friend_delete", unknown.clone())),
        (
            30003,
            post("sns/friend_delete_all", json!({"From_Account": "nobody"})),
        ),
        (
            30003,
            post("sns/friend_get", json!({"From_Account": "nobody"})),
        ),
        (30003, post("sns/friend_get_list", unknown.clone())),
        (30003, post("sns/friend_check", unknown.clone())),
        (30003, post("sns/black_list_add", unknown.clone())),
        (30003, post("sns/black_list_delete", unknown.clone())),
        (
            30003,
            post("sns/black_list_get", json!({"From_Account": "nobody"})),
        ),
        (30003, post("sns/black_list_check", unknown)),
    ] {
        let answer = back_end.raw(method, &path, &body);
        let shown = &body[..body.len().min(80)];
        assert_eq!(code(&answer), wanted, "{method} {path} {shown}: {answer}");
        let is_of_friends = path.starts_with("/v4/sns/");
        assert_eq!(
            answer["ErrorDisplay"].is_string(),
            is_of_friends,
            "{answer}"
        );
        assert!(
            !answer.to_string().contains(daemon.key.expose()),
            "{answer}"
        );
    }
    // As ints, with which libraries compare.
    assert!(back_end.done("im_open_login_svc/account_check", &check())["ErrorCode"].is_i64());
}

#[test]
fn an_app_on_the_basic_plan_has_status_and_accounts_and_no_friends() {
    let daemon = dev(&[]);
    let back_end = BackEnd::of(&daemon);
    back_end.import(&["alice", "bob"]);
    daemon.set(&["--plan", "basic", "--user-status", "off"]);
    back_end.done(
        "openim/query_online_status",
        &json!({"To_Account": ["alice"]}),
    );
    let friend = json!({"From_Account": "alice", "AddFriendItem": [{"To_Account": "bob"}]});
    assert_eq!(back_end.refused("sns/friend_add", &friend), 7013);
    assert_eq!(back_end.refused("sns/friend_import", &friend), 7013);
    let block = json!({"From_Account": "alice", "To_Account": ["bob"]});
    assert_eq!(back_end.refused("sns/black_list_add", &block), 7013);
    assert!(back_end.friends("alice").is_empty());
}

#[test]
fn an_app_says_who_may_ask_and_from_where() {
    let daemon = dev(&[]);
    let back_end = BackEnd::of(&daemon);
    let ops = query(daemon.app_id, "ops", &daemon.sig("ops"));
    let ask = |query: &str| back_end.raw("POST", &format!("{CHECK}?{query}"), &check().to_string());
    assert_eq!(code(&ask(&ops)), 70403);
    daemon.set(&["--rest-admins", "ops,second"]);
    assert_eq!(ask(&ops)["ErrorCode"], 0);
    assert_eq!(code(&ask(&back_end.query())), 70403);
    daemon.set(&["--rest-admins", ""]);
    assert_eq!(code(&ask(&ops)), 70403);
    daemon.set(&[
        "--rest-admins",
        "administrator",
        "--rest-networks",
        "10.0.0.0/8,fd00::/8",
    ]);
    assert_eq!(code(&ask(&back_end.query())), 60021);
    let shown = daemon.ctl(&["app", "show", &daemon.app_id.to_string()]);
    assert_eq!(
        shown["settings"]["rest_networks"],
        json!(["10.0.0.0/8", "fd00::/8"])
    );
    daemon.set(&["--rest-networks", "127.0.0.0/8"]);
    assert_eq!(ask(&back_end.query())["ErrorCode"], 0);
}

#[test]
fn a_kick_of_an_admin_and_the_end_of_a_key_hold_for_the_next_request() {
    let daemon = dev(&[]);
    let back_end = BackEnd::of(&daemon);
    let app = daemon.app_id.to_string();
    let old = query(
        daemon.app_id,
        "administrator",
        &sig_of(&daemon, "administrator", 60, 3_600),
    );
    let ask = |query: &str| back_end.raw("POST", &format!("{CHECK}?{query}"), &check().to_string());
    assert_eq!(ask(&old)["ErrorCode"], 0);
    daemon.ctl(&["account", "kick", &app, "administrator"]);
    assert_eq!(code(&ask(&old)), 70052);
    // Of the second after the kick.
    let fresh = mint(
        &daemon.key,
        daemon.app_id,
        "administrator",
        crate::process::now_s() + 2,
        60,
    )
    .unwrap();
    let fresh = query(daemon.app_id, "administrator", &fresh);
    assert_eq!(ask(&fresh)["ErrorCode"], 0);
    daemon.ctl(&[
        "app",
        "key-add",
        &app,
        "--secret-key",
        "a second secret key of 32 bytes or so",
    ]);
    daemon.ctl(&["app", "key-remove", &app, "1"]);
    assert_eq!(code(&ask(&fresh)), 70009);
}

#[test]
fn calls_of_each_command_have_a_limit_that_the_app_sets() {
    let daemon = dev(&[]);
    let back_end = BackEnd::of(&daemon);
    daemon.set(&["--rest-calls-per-s", "2", "--rest-batch-calls-per-s", "1"]);
    for (command, body, limit) in [
        (
            "openim/query_online_status",
            json!({"To_Account": ["alice"]}),
            2,
        ),
        ("im_open_login_svc/account_check", check(), 1),
    ] {
        // A second may end in between; of so many it does not end between each two.
        let answers: Vec<_> = (0..20)
            .map(|_| back_end.call(command, &body)["ErrorCode"].clone())
            .collect();
        let done = answers.iter().filter(|code| **code == 0).count();
        let refused = answers.iter().filter(|code| **code == 60007).count();
        assert_eq!(done + refused, 20, "{answers:?}");
        assert!(done >= limit && refused >= 5, "{answers:?}");
    }
}

#[test]
fn a_thousand_wrong_sign_ins_harm_nobody() {
    let daemon = dev(&[]);
    let back_end = BackEnd::of(&daemon);
    let app = daemon.app_id;
    let wrong = query(app, "administrator", "eJw");
    let mut alice = Client::logged_in(&daemon, "alice");
    let address = back_end.address;
    let codes = std::thread::scope(|scope| {
        let guessers: Vec<_> = (0..50)
            .map(|_| {
                let path = format!("{CHECK}?{wrong}");
                scope.spawn(move || {
                    let guess = |_| code(&send(address, "POST", &path, "", &check().to_string()));
                    (0..20).map(guess).collect::<Vec<_>>()
                })
            })
            .collect();
        // Meanwhile, and from the same address.
        for _ in 0..50 {
            let began_at = Instant::now();
            back_end.done("im_open_login_svc/account_check", &check());
            assert!(
                began_at.elapsed().as_millis() < 900,
                "who shows a good one does not wait"
            );
            alice.pong(7);
        }
        let codes = guessers
            .into_iter()
            .flat_map(|guesser| guesser.join().unwrap());
        codes.collect::<Vec<_>>()
    });
    assert_eq!(codes.len(), 1_000);
    assert!(codes.iter().all(|code| [70003, 70050].contains(code)));
    let told_at_once = codes.iter().filter(|code| **code == 70003).count();
    assert!((20..200).contains(&told_at_once), "{told_at_once}");
    assert_eq!(
        back_end.done("im_open_login_svc/account_check", &check())["ErrorCode"],
        0
    );
}

#[test]
fn wrong_sign_ins_are_logged_without_what_was_shown() {
    let mut daemon = dev(&[]);
    let (address, app) = (BackEnd::of(&daemon).address, daemon.app_id);
    let forged = mint(
        &SecretKey::new("another").unwrap(),
        app,
        "administrator",
        crate::process::now_s(),
        60,
    )
    .unwrap();
    let path = format!("{CHECK}?{}", query(app, "administrator", &forged));
    assert_eq!(code(&send(address, "POST", &path, "", "{}")), 70009);
    let line = daemon.wait_for_log("refused for its UserSig");
    assert!(
        line.contains("70009") && line.contains("127.0.0.1"),
        "{line}"
    );
    assert!(!line.contains(&forged), "{line}");
}

#[test]
fn behind_a_balancer_the_networks_are_those_of_its_clients() {
    let dir = temp_dir();
    let data = dir.path().join("data");
    let config = "[[listeners]]\nplain_tcp = true\n[rest]\nlisten = \"127.0.0.1:0\"\nproxy_trusted = [\"127.0.0.0/8\"]\n";
    let daemon = Daemon::serve(config, &data);
    daemon.set(&["--rest-networks", "198.51.100.0/24"]);
    let back_end = BackEnd::of(&daemon);
    let path = format!("{CHECK}?{}", back_end.query());
    for (forwarded, wanted) in [
        ("", 60021),
        ("X-Forwarded-For: 198.51.100.7\r\n", 0),
        ("X-Forwarded-For: 198.51.100.7, 203.0.113.9\r\n", 60021),
        (
            "X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-For: 198.51.100.7:5000, 127.0.0.9\r\n",
            0,
        ),
        ("X-Forwarded-For: unknown\r\n", 60008),
    ] {
        let answer = send(
            back_end.address,
            "POST",
            &path,
            forwarded,
            &check().to_string(),
        );
        assert_eq!(answer["ErrorCode"], wanted, "{forwarded}: {answer}");
    }
}

#[test]
fn back_ends_connect_by_tls_and_a_renewed_certificate_is_taken_up() {
    let dir = temp_dir();
    let first = Certificate::new(dir.path());
    let config = format!(
        "[[listeners]]\nplain_tcp = true\n[rest]\nlisten = \"127.0.0.1:0\"\ntls_cert_file = '{0}/cert.pem'\ntls_key_file = '{0}/key.pem'\n",
        dir.path().display()
    );
    let daemon = Daemon::serve(&config, &dir.path().join("data"));
    let url = daemon.announced["rest"].as_str().unwrap();
    let address: std::net::SocketAddr = url.strip_prefix("https://").unwrap().parse().unwrap();
    let query = query(daemon.app_id, "administrator", &daemon.sig("administrator"));
    let ask = |certificate: &Certificate| {
        let mut stream = certificate.shaken(TcpStream::connect(address).unwrap())?;
        let body = check().to_string();
        write!(
            stream,
            "POST {CHECK}?{query} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok::<_, std::io::Error>(json_of(&answer))
    };
    assert_eq!(ask(&first).unwrap()["ErrorCode"], 0);
    let second = Certificate::new(dir.path());
    let reloaded = daemon.ctl(&["reload"]);
    assert_eq!(
        reloaded["settings"][0]["setting"],
        "the certificate of rest"
    );
    assert_eq!(ask(&second).unwrap()["ErrorCode"], 0);
    let mut plain = TcpStream::connect(address).unwrap();
    plain.set_read_timeout(Some(PATIENCE)).unwrap();
    plain.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    // An alert, or nothing; not HTTP.
    _ = plain.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
}

#[test]
fn what_is_no_http_is_answered_as_all_else_is() {
    let daemon = dev(&[]);
    let address = BackEnd::of(&daemon).address;
    let many = "a: b\r\n".repeat(200);
    for (bytes, wanted) in [
        ("nonsense\r\n\r\n".to_owned(), 60008),
        ("POST /v4/x HTTP/1.1\r\nno colon\r\n\r\n".to_owned(), 60008),
        (
            "POST /v4/x HTTP/1.1\r\nContent-Length: many\r\n\r\n".to_owned(),
            60008,
        ),
        (format!("POST /v4/x HTTP/1.1\r\n{many}\r\n"), 60008),
    ] {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(bytes.as_bytes()).unwrap();
        let mut answer = Vec::new();
        // It may be reset when all is said.
        _ = stream.read_to_end(&mut answer);
        let answer = json_of(std::str::from_utf8(&answer).unwrap());
        assert_eq!(code(&answer), wanted, "{answer}");
    }
}

#[test]
fn the_documents_of_both_apis_are_served_that_of_operators_to_whoever_has_the_token() {
    let daemon = dev(&[]);
    let back_end = BackEnd::of(&daemon);
    let document = back_end.raw("GET", "/v4/openapi.json", "");
    assert!(document["paths"]["/v4/sns/friend_add"]["post"].is_object());
    let admin = |token| http(&daemon, "GET", "/v1/openapi.json", "", token);
    assert_eq!(admin(None).0, 401);
    let (status, document) = admin(Some(&daemon.token));
    assert_eq!(status, 200);
    assert!(document["paths"]["/v1/apps/{app}"]["patch"].is_object());
}
