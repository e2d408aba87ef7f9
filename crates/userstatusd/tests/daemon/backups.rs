//! Backup, restore and compaction.

use crate::client::Client;
use crate::process::{Daemon, run, temp_dir, text};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Output;
use std::sync::atomic::{AtomicBool, Ordering};

const CONFIG: &str = "[[listeners]]\nplain_tcp = true\n";

fn restore(from: &Path, data: &Path, more: &[&str]) -> Output {
    let [from, data] = [from, data].map(|path| path.to_str().unwrap());
    run(&[&["restore", "--from", from, "--data-dir", data], more].concat())
}

/// Also where an assertion fails: the scope then waits for its threads.
struct SetWhenDropped<'a>(&'a AtomicBool);

impl Drop for SetWhenDropped<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn every_backup_made_under_load_opens_and_holds_what_was_acknowledged_before() {
    let dir = temp_dir();
    let daemon = Daemon::serve(CONFIG, &dir.path().join("data"));
    let app = daemon.app_id.to_string();
    let is_over = AtomicBool::new(false);
    let mut alice = Client::logged_in(&daemon, "alice");
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut number = 0;
            while !is_over.load(Ordering::Relaxed) {
                number += 1;
                assert_eq!(alice.set_status(&format!("status {number}")).code, 0);
            }
        });
        let is_over = SetWhenDropped(&is_over);
        for round in 0..5 {
            let user = format!("imported{round}");
            daemon.ctl(&["account", "import", &app, &user]);
            let file = dir.path().join(format!("backup{round}"));
            let written = daemon.ctl(&["backup", "--to", file.to_str().unwrap()]);
            assert!(written["accounts"].as_u64().unwrap() > round);
            let mode = fs::metadata(&file).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "it holds secret keys");
            let data = dir.path().join(format!("restored{round}"));
            let restored = restore(&file, &data, &[]);
            assert!(restored.status.success(), "{}", text(&restored.stderr));
            let said = text(&restored.stdout);
            assert!(said.contains("kicks") && said.contains("undone"), "{said}");
            let drill = Daemon::serve(CONFIG, &data);
            for round in 0..=round {
                let user = format!("imported{round}");
                drill.ctl(&["account", "show", &app, &user]);
            }
        }
        drop(is_over);
    });
    let left: Vec<_> = fs::read_dir(dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains("unfinished"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn nothing_is_written_over_and_the_path_is_said_in_full() {
    let dir = temp_dir();
    let daemon = Daemon::serve(CONFIG, &dir.path().join("data"));
    let file = dir.path().join("there");
    fs::write(&file, "precious").unwrap();
    let refused = daemon.try_ctl(&["backup", "--to", file.to_str().unwrap()]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("not written over"));
    assert_eq!(fs::read(&file).unwrap(), b"precious");
    let nowhere = dir.path().join("no/such/dir/backup");
    let failed = daemon.try_ctl(&["backup", "--to", nowhere.to_str().unwrap()]);
    assert!(
        text(&failed.stderr).contains("make the folder first"),
        "{}",
        text(&failed.stderr)
    );
    let body = r#"{"to":"relative"}"#;
    let (status, answer) =
        crate::admin_port::http(&daemon, "POST", "/v1/backup", body, Some(&daemon.token));
    assert_eq!(status, 400);
    assert!(answer["message"].as_str().unwrap().contains("from / on"));
    let in_memory = Daemon::dev(&[]);
    let refused = in_memory.try_ctl(&["backup", "--to", nowhere.to_str().unwrap()]);
    assert!(text(&refused.stderr).contains("no data directory"));
}

#[test]
fn no_backup_lies_in_the_data_directory_whoever_asks_and_by_whatever_name() {
    let dir = temp_dir();
    let data = dir.path().join("data");
    let daemon = Daemon::serve(CONFIG, &data);
    std::os::unix::fs::symlink(&data, dir.path().join("link")).unwrap();
    let token = fs::read(data.join("admin-token")).unwrap();
    fs::remove_file(data.join("admin-token")).unwrap();
    for name in [
        "data/admin-token",
        "data/backup",
        "link/backup",
        "link/../data/userstatus.redb",
    ] {
        let to = dir.path().join(name);
        let refused = daemon.try_ctl(&["backup", "--to", to.to_str().unwrap()]);
        assert_eq!(refused.status.code(), Some(1), "{name}");
        let said = text(&refused.stderr);
        assert!(
            said.contains("data directory") && said.contains("elsewhere"),
            "{said}"
        );
        let body = serde_json::json!({ "to": to }).to_string();
        let (status, _) =
            crate::admin_port::http(&daemon, "POST", "/v1/backup", &body, Some(&daemon.token));
        assert_eq!(status, 400, "{name}");
    }
    assert_eq!(fs::read_dir(&data).unwrap().count(), 1, "the data file");
    fs::write(data.join("admin-token"), token).unwrap();
}

#[test]
fn restore_refuses_what_is_in_use_or_not_empty_or_damaged() {
    let dir = temp_dir();
    let data = dir.path().join("data");
    let mut daemon = Daemon::serve(CONFIG, &data);
    let app = daemon.app_id.to_string();
    let backup = dir.path().join("backup");
    daemon.ctl(&["backup", "--to", backup.to_str().unwrap()]);
    daemon.ctl(&["account", "import", &app, "later"]);
    let refused = restore(&backup, &data, &["--force"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        text(&refused.stderr).contains("in use"),
        "{}",
        text(&refused.stderr)
    );
    let live = data.join("userstatus.redb");
    let refused = restore(&live, &dir.path().join("new"), &[]);
    assert!(
        text(&refused.stderr).contains("in use"),
        "a file being written to is no backup"
    );
    daemon.signal(rustix::process::Signal::TERM);
    daemon.wait();
    let refused = restore(&backup, &data, &[]);
    assert!(
        text(&refused.stderr).contains("not empty"),
        "{}",
        text(&refused.stderr)
    );

    let whole = fs::read(&backup).unwrap();
    for (name, bytes) in [
        ("empty", &[][..]),
        ("half", &whole[..whole.len() / 2]),
        ("a page", &whole[..4_096]),
        ("text", b"this is no backup at all"),
    ] {
        let file = dir.path().join(name);
        fs::write(&file, bytes).unwrap();
        let above = dir.path().join(format!("above the data of {name}"));
        let empty = above.join("data");
        let refused = restore(&file, &empty, &[]);
        assert_eq!(refused.status.code(), Some(1), "{name}");
        let said = text(&refused.stderr);
        assert!(!said.contains("panicked"), "{said}");
        assert!(
            said.contains(name) && !said.contains(".unfinished"),
            "{said}"
        );
        assert!(!above.exists(), "{name}: what was made for it is left");
    }

    let forced = restore(&backup, &data, &["--force", "--json"]);
    assert!(forced.status.success(), "{}", text(&forced.stderr));
    let forced: serde_json::Value = serde_json::from_slice(&forced.stdout).unwrap();
    assert!(Path::new(&kept_as(&forced)).exists());
    let daemon = Daemon::serve(CONFIG, &data);
    let gone = daemon.try_ctl(&["account", "show", &app, "later"]);
    assert_eq!(
        gone.status.code(),
        Some(1),
        "the backup is older than the import"
    );
}

/// Where what stood there before is now. A server for Windows joins names in another way than the system that runs it here.
fn kept_as(restored: &serde_json::Value) -> String {
    restored["kept"].as_str().unwrap().replace('\\', "/")
}

/// An operator who took the wrong backup takes the right one at once.
#[test]
fn what_restores_put_aside_is_kept_however_fast_they_follow_each_other() {
    let dir = temp_dir();
    let data = dir.path().join("data");
    let backup = dir.path().join("backup");
    let daemon = Daemon::serve(CONFIG, &data);
    let app = daemon.app_id.to_string();
    daemon.ctl(&["backup", "--to", backup.to_str().unwrap()]);
    daemon.ctl(&["account", "import", &app, "since"]);
    daemon.kill();
    let original = fs::read(data.join("userstatus.redb")).unwrap();
    let kept: Vec<_> = (0..4)
        .map(|_| {
            let forced = restore(&backup, &data, &["--force", "--json"]);
            assert!(forced.status.success(), "{}", text(&forced.stderr));
            let forced: serde_json::Value = serde_json::from_slice(&forced.stdout).unwrap();
            kept_as(&forced)
        })
        .collect();
    assert_eq!(fs::read(&kept[0]).unwrap(), original);
    let names: std::collections::HashSet<_> = kept.iter().collect();
    assert_eq!(names.len(), kept.len());
    assert!(kept.iter().all(|name| Path::new(name).exists()));
}

#[test]
fn compaction_gives_back_what_nothing_is_in_any_more() {
    let dir = temp_dir();
    let data = dir.path().join("data");
    let mut daemon = Daemon::serve(CONFIG, &data);
    daemon.ctl(&["app", "create", "--app-id", "7"]);
    for round in 0..10 {
        let users: Vec<_> = (0..1_000)
            .map(|number| format!("guest-{round}-{number}"))
            .collect();
        let body = serde_json::json!({"user_ids": users}).to_string();
        let path = "/v1/apps/7/accounts";
        let (status, _) =
            crate::admin_port::http(&daemon, "POST", path, &body, Some(&daemon.token));
        assert_eq!(status, 200);
    }
    daemon.ctl(&["app", "delete", "7", "--yes"]);
    let data_dir = data.to_str().unwrap();
    let refused = run(&["compact", "--data-dir", data_dir]);
    assert!(
        text(&refused.stderr).contains("in use"),
        "{}",
        text(&refused.stderr)
    );
    daemon.signal(rustix::process::Signal::TERM);
    daemon.wait();
    let done = run(&["compact", "--data-dir", data_dir, "--json"]);
    assert!(done.status.success(), "{}", text(&done.stderr));
    let done: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    assert!(
        done["bytes"].as_u64().unwrap() * 2 < done["bytes_before"].as_u64().unwrap(),
        "{done}"
    );
    let daemon = Daemon::serve(CONFIG, &data);
    daemon.ctl(&["app", "show", &daemon.app_id.to_string()]);
}

#[test]
fn a_data_file_that_is_empty_is_damaged_and_not_new() {
    let dir = temp_dir();
    let data = dir.path().join("data");
    fs::create_dir(&data).unwrap();
    fs::write(data.join("userstatus.redb"), "").unwrap();
    let output = crate::process::serve_command(CONFIG, &data)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(said.contains("is empty: it is damaged"), "{said}");
    assert_eq!(fs::read(data.join("userstatus.redb")).unwrap(), b"");
    let missing = dir.path().join("elsewhere");
    let output = run(&["compact", "--data-dir", missing.to_str().unwrap()]);
    assert!(text(&output.stderr).contains("right data directory"));
    assert!(!missing.exists());
}

#[test]
fn a_data_file_that_is_cut_off_is_damaged() {
    let dir = temp_dir();
    let data = dir.path().join("data");
    let mut daemon = Daemon::serve(CONFIG, &data);
    daemon.signal(rustix::process::Signal::TERM);
    daemon.wait();
    let file = data.join("userstatus.redb");
    let whole = fs::read(&file).unwrap();
    for bytes in [100, 4_096, whole.len() / 2, whole.len() - 4_096] {
        fs::write(&file, &whole[..bytes]).unwrap();
        let output = crate::process::serve_command(CONFIG, &data)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1));
        let said = text(&output.stderr);
        assert!(
            said.contains("damaged or cut off") && said.contains("restore a backup"),
            "{bytes}: {said}"
        );
    }
}

#[test]
fn restore_of_a_data_file_onto_itself_says_so() {
    let dir = temp_dir();
    let data = dir.path().join("data");
    let mut daemon = Daemon::serve(CONFIG, &data);
    daemon.signal(rustix::process::Signal::TERM);
    daemon.wait();
    let link = dir.path().join("link");
    std::os::unix::fs::symlink(data.join("userstatus.redb"), &link).unwrap();
    let refused = restore(&link, &data, &["--force"]);
    assert_eq!(refused.status.code(), Some(1));
    let said = text(&refused.stderr);
    assert!(said.contains("the data directory's own file"), "{said}");
    Daemon::serve(CONFIG, &data);
}
