//! Several clients in one process: players that see each other, though they share a process.

use crate::harness::{Server, of_another_platform, programs, root, succeed};
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

/// Longer than it may take: each wait in it ends by itself.
const PROGRAM_TIMEOUT_S: &str = "180";

fn program() -> &'static PathBuf {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        if let Some(program) = of_another_platform("players") {
            return program;
        }
        let program = programs().scratch.join("players");
        let flags = std::env::var("USERSTATUS_E2E_PUPPET_CFLAGS").unwrap_or_default();
        let mut command = Command::new(std::env::var_os("CC").unwrap_or_else(|| "cc".into()));
        command.args(["-std=c99", "-D_GNU_SOURCE", "-g"]);
        command.args(["-Wall", "-Wextra", "-Wpedantic", "-Werror"]);
        command.args(flags.split_whitespace());
        command.arg("-I").arg(root().join("include"));
        command.arg("-I").arg(root().join("tests/c/abi"));
        command.arg(root().join("tests/c/clients/players.c"));
        let library = programs().lib_dir.join("libuserstatus.so.0");
        command.arg("-o").arg(&program).arg(library).arg("-pthread");
        succeed(&mut command);
        program
    })
}

fn play(mode: &str) {
    let server = Server::start();
    // One status after the other: none is held back and merged with the next, so that each is heard.
    server.set("--changes-per-s 10000");
    let mut command = Command::new("timeout");
    command
        .args(["--kill-after=5", PROGRAM_TIMEOUT_S])
        .arg(program())
        .args([&server.address, &server.app_id.to_string(), mode])
        .args(["alice", "bob", "carol"].map(|user| server.sig(user)))
        .env("LD_LIBRARY_PATH", &programs().lib_dir)
        .env_remove("USERSTATUS_SERVER");
    succeed(&mut command);
}

#[test]
fn players_of_one_process_see_each_other() {
    play("thread");
}

#[test]
fn players_of_one_process_are_each_pumped_for_themselves() {
    play("pump");
}
