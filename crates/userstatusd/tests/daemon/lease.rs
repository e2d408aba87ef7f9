//! Presence is a lease: it waits for no disk. A record is on disk, or it is not.

use crate::admin_port::http;
use crate::client::{Client, OFFLINE, ONLINE};
use crate::disk::Disk;
use crate::process::{Daemon, temp_dir, until};
use std::time::{Duration, Instant};
use userstatus_wire::v1::{self, request, response};

/// Of an answer that needs no disk, on a machine with much else to do.
const AT_ONCE: Duration = Duration::from_secs(3);

fn add_friend(name: &str) -> request::Body {
    request::Body::AddFriend(v1::AddFriend {
        user_id: name.to_owned(),
        both: true,
        ..v1::AddFriend::default()
    })
}

/// The code of the one result.
fn result_code(response: &v1::Response) -> i32 {
    match &response.body {
        Some(response::Body::FriendResults(list)) => list.results[0].code,
        _ => response.code,
    }
}

fn store_check(daemon: &Daemon) -> String {
    let (_, body) = http(daemon, "GET", "/readyz", "", None);
    body.to_string()
}

#[test]
fn a_disk_that_hangs_or_is_full_stops_no_presence_and_lets_no_record_be_seen() {
    for trouble in ["hang", "full"] {
        let disk = Disk::new();
        let daemon = disk.serve();
        let mut alice = Client::logged_in(&daemon, "alice");
        let mut bob = Client::logged_in(&daemon, "bob");
        alice.subscribe(&["bob", "carol"]);
        let well = store_check(&daemon);
        disk.set(trouble, true);

        // A record and presence of one connection, side by side.
        let asked = alice.request(add_friend("bob"));
        let begin = Instant::now();
        for number in 0..5 {
            let text = format!("{trouble} {number}");
            assert_eq!(bob.set_status(&text).code, 0);
            alice.pushed("bob", ONLINE, &text);
            assert_eq!(alice.set_status(&text).code, 0);
            alice.pong(number);
        }
        let mut carol = Client::logged_in(&daemon, "carol");
        alice.pushed("carol", ONLINE, "");
        assert_eq!(carol.subscribe(&["bob"]).code, 0);
        carol.break_off();
        alice.pushed("carol", OFFLINE, "");
        assert!(
            begin.elapsed() < AT_ONCE,
            "{trouble}: {:?}",
            begin.elapsed()
        );

        // The record is refused in time, and has not happened for anyone.
        let refused = alice.answer(asked);
        assert_eq!(result_code(&refused), 70500, "{trouble}: {refused:?}");
        until("health says so", || {
            (store_check(&daemon) != well).then_some(())
        });
        let begin = Instant::now();
        assert_eq!(result_code(&bob.ask(add_friend("alice"))), 70500);
        assert!(begin.elapsed() < AT_ONCE + Duration::from_secs(2));
        let friends = |client: &mut Client| {
            let list = request::Body::ListFriends(v1::ListFriends::default());
            match client.ask(list).body {
                Some(response::Body::Friends(list)) => list.friends.len(),
                other => panic!("{other:?}"),
            }
        };
        assert_eq!((friends(&mut alice), friends(&mut bob)), (0, 0));

        disk.set(trouble, false);
        until("records are made again", || {
            let code = result_code(&alice.ask(add_friend("bob")));
            (code == 0).then_some(())
        });
        until("health says so", || {
            (store_check(&daemon) == well).then_some(())
        });
        assert_eq!((friends(&mut alice), friends(&mut bob)), (1, 1));
        daemon.kill();
        // Both kinds are there after a crash: what was refused is not, what was answered is.
        let daemon = disk.serve();
        let app = daemon.app_id.to_string();
        let account = daemon.ctl(&["account", "show", &app, "alice"]);
        assert_eq!(account["friends"].as_array().unwrap().len(), 1);
        let carol = daemon.ctl(&["account", "show", &app, "carol"]);
        assert_eq!(carol["status"], "offline");
    }
}

#[test]
fn a_kick_throws_out_at_once_and_is_answered_when_it_holds() {
    let disk = Disk::new();
    let daemon = disk.serve();
    let mut bob = Client::logged_in(&daemon, "bob");
    let app = daemon.app_id;
    let kick = |daemon: &Daemon| {
        let path = format!("/v1/apps/{app}/accounts/bob/kick");
        http(daemon, "POST", &path, "", Some(&daemon.token)).0
    };
    disk.set("full", true);
    assert_eq!(kick(&daemon), 500);
    bob.kicked();
    disk.set("full", false);
    until("it holds", || (kick(&daemon) == 200).then_some(()));
    daemon.kill();
    let daemon = disk.serve();
    let mut bob = Client::greeted(daemon.server);
    let mut login = bob.login_of(&daemon, "bob");
    // Minted before the kick.
    login.user_sig =
        userstatus_usersig::mint(&daemon.key, app, "bob", crate::process::now_s() - 60, 3_600)
            .unwrap();
    assert_eq!(bob.login(login).unwrap_err().code, 70052);
}

fn written_bytes(daemon: &Daemon) -> u64 {
    let io = std::fs::read_to_string(format!("/proc/{}/io", daemon.id())).unwrap();
    let line = io.lines().find(|line| line.starts_with("wchar:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// C5, N6: a client in a loop is refused nothing; its watchers are told twenty changes a second, and so is the disk.
#[test]
fn n6_a_client_in_a_loop_costs_its_watchers_and_the_disk_little() {
    const CHANGES: usize = 10_000;
    let dir = temp_dir();
    let data = dir.path().join("data");
    let daemon = Daemon::serve(
        "[[listeners]]\nplain_tcp = true\n[log]\nlevel = \"warn\"\n",
        &data,
    );
    let mut alice = Client::logged_in(&daemon, "alice");
    let mut bob = Client::logged_in(&daemon, "bob");
    alice.subscribe(&["bob"]);
    bob.set_status("begin");
    alice.pushed("bob", ONLINE, "begin");
    let written_before = written_bytes(&daemon);
    let begin = Instant::now();
    let watching = std::thread::spawn(move || {
        let mut seen = 0;
        loop {
            seen += 1;
            if alice.next_push("bob").custom_status == "the last" {
                return seen;
            }
        }
    });
    let asked: Vec<_> = (0..CHANGES)
        .map(|number| {
            bob.request(request::Body::SetSelfStatus(v1::SetSelfStatus {
                custom_status: number.to_string(),
            }))
        })
        .collect();
    for id in asked {
        assert_eq!(bob.answer(id).code, 0, "none is refused");
    }
    assert_eq!(bob.set_status("the last").code, 0);
    let seen: u64 = watching.join().unwrap();
    let seconds = begin.elapsed().as_secs_f64();
    assert!(
        seen as f64 <= 20.0 * (seconds + 1.0),
        "{seen} in {seconds} s"
    );
    let written = (written_bytes(&daemon) - written_before) as f64;
    assert!(
        written / seconds.max(1.0) < 1_000_000.0,
        "{written} bytes written in {seconds} s"
    );
}
