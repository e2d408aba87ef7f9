//! The ready file says the truth, or is not there.

use crate::process::{Daemon, command, serve_command, temp_dir, text};
use rustix::process::Signal;
use std::fs;

const CONFIG: &str = "[[listeners]]\nplain_tcp = true\n";

#[test]
fn it_names_its_process_and_goes_with_it() {
    let dir = temp_dir();
    let data = dir.path().join("data");
    let ready = data.with_extension("ready");
    let mut daemon = Daemon::serve(CONFIG, &data);
    assert_eq!(daemon.announced["pid"], daemon.id());
    let stat = fs::read_to_string(format!("/proc/{}/stat", daemon.id())).unwrap();
    let field_22 = stat
        .rsplit_once(") ")
        .unwrap()
        .1
        .split(' ')
        .nth(19)
        .unwrap();
    assert_eq!(daemon.announced["start_ticks"].to_string(), field_22);
    daemon.signal(Signal::TERM);
    assert!(daemon.wait().success());
    assert!(!ready.exists());
}

#[test]
fn what_a_killed_server_left_does_not_survive_a_start_that_fails() {
    let dir = temp_dir();
    let data = dir.path().join("data");
    let ready = data.with_extension("ready");
    Daemon::serve(CONFIG, &data).kill();
    assert!(ready.exists(), "kill -9 leaves no time to remove it");
    let left = fs::read(&ready).unwrap();
    let mut with_wrong_config = serve_command("[connections]\ncount_max = \"many\"\n", &data);
    fs::write(&ready, &left).unwrap();
    assert_eq!(with_wrong_config.output().unwrap().status.code(), Some(2));
    assert!(!ready.exists());
    let mut on_a_port_of_nobody = serve_command(CONFIG, &data);
    on_a_port_of_nobody.env("USERSTATUSD_LISTENERS_0_ADDRESS", "192.0.2.1:7700");
    fs::write(&ready, &left).unwrap();
    let output = on_a_port_of_nobody.output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert!(!ready.exists());
}

#[test]
fn it_does_not_lie_among_the_servers_own_files() {
    let dir = temp_dir();
    let data = dir.path().join("data");
    Daemon::serve(CONFIG, &data).kill();
    let link = dir.path().join("link");
    std::os::unix::fs::symlink(&data, &link).unwrap();
    let own = fs::read(data.join("userstatus.redb")).unwrap();
    for name in [
        "userstatus.redb",
        "admin-token",
        "ready",
        "../data/ready",
        "../link/userstatus.redb",
    ] {
        let file = data.join(name);
        let config = data.with_extension("toml");
        fs::write(&config, CONFIG).unwrap();
        let output = command()
            .args(["serve", "--config", config.to_str().unwrap()])
            .args(["--ready-file".as_ref(), file.as_os_str()])
            .env("USERSTATUSD_STORAGE_DATA_DIR", &data)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{name}");
        let said = text(&output.stderr);
        assert!(said.contains("lies in the data directory"), "{said}");
    }
    assert_eq!(fs::read(data.join("userstatus.redb")).unwrap(), own);
    assert!(data.join("admin-token").exists());
}

#[test]
fn a_file_that_is_another_purposes_too_is_neither_written_nor_removed() {
    let dir = temp_dir();
    let data = dir.path().join("data");
    let ready = data.with_extension("ready");
    for (token_file, is_left) in [(&ready, true), (&data.join("userstatus.redb"), false)] {
        let mut serve = serve_command(CONFIG, &data);
        serve.env("USERSTATUSD_ADMIN_TOKEN_FILE", token_file);
        fs::write(&ready, "{}").unwrap();
        let output = serve.output().unwrap();
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("name another file"), "{said}");
        assert_eq!(ready.exists(), is_left, "{}", token_file.display());
    }
    assert!(!data.exists());
}

#[test]
fn a_second_server_that_does_not_start_leaves_the_file_of_the_first() {
    let dir = temp_dir();
    let data = dir.path().join("data");
    let ready = data.with_extension("ready");
    let daemon = Daemon::serve(CONFIG, &data);
    let written = fs::read(&ready).unwrap();
    let mut second = serve_command(CONFIG, &data);
    fs::write(&ready, &written).unwrap();
    let output = second.output().unwrap();
    assert!(
        text(&output.stderr).contains("in use"),
        "{}",
        text(&output.stderr)
    );
    assert_eq!(fs::read(&ready).unwrap(), written);
    drop(daemon);
}

#[test]
fn a_server_that_cannot_write_it_does_not_say_that_it_is_ready() {
    let dir = temp_dir();
    // It has a longer name until it is complete: this is too long for that.
    let data = dir.path().join("d".repeat(245));
    let output = serve_command(CONFIG, &data).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(said.contains("ddd.ready"), "{said}");
    assert!(said.contains("listening for clients"), "{said}");
    assert!(!said.contains(" ready connections_max"), "{said}");
}
