//! The shortest program there is: `examples/c/minimal.c`.

use crate::harness::{Server, of_another_platform, programs, root, succeed};
use std::io::{BufRead, BufReader, Lines, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};

fn minimal() -> PathBuf {
    of_another_platform("minimal").unwrap_or_else(|| {
        let program = programs().scratch.join("minimal");
        let mut command = Command::new(std::env::var_os("CC").unwrap_or_else(|| "cc".into()));
        command.args(["-std=c11", "-D_POSIX_C_SOURCE=200809L", "-g"]);
        let flags = std::env::var("USERSTATUS_E2E_PUPPET_CFLAGS").unwrap_or_default();
        command.args(flags.split_whitespace());
        command.arg("-I").arg(root().join("include"));
        command.arg(root().join("examples/c/minimal.c"));
        let library = programs().lib_dir.join("libuserstatus.so.0");
        command.arg("-o").arg(&program).arg(library).arg("-pthread");
        succeed(&mut command);
        program
    })
}

struct Player {
    process: Child,
    says: Lines<BufReader<ChildStdout>>,
}

impl Player {
    fn start(server: &Server, program: &PathBuf, user: &str, watched: &str) -> Self {
        let mut process = Command::new(program)
            .args([&server.app_id.to_string(), user, &server.sig(user), watched])
            .env("LD_LIBRARY_PATH", &programs().lib_dir)
            .env("USERSTATUS_SERVER", &server.address)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it was just built");
        let says = BufReader::new(process.stdout.take().expect("it is piped")).lines();
        Self { process, says }
    }

    /// Reads on until a line has all of these parts.
    fn says(&mut self, parts: &[&str]) {
        let mut said = String::new();
        for line in &mut self.says {
            let line = line.expect("it prints UTF-8");
            if parts.iter().all(|part| line.contains(part)) {
                return;
            }
            said += &format!("{line}\n");
        }
        panic!("it ended without {parts:?}: {said}");
    }

    fn enter(mut self) {
        let mut stdin = self.process.stdin.take().expect("it is piped");
        stdin.write_all(b"\n").expect("it waits for Enter");
        assert!(
            self.process
                .wait()
                .expect("it is a child of ours")
                .success()
        );
    }
}

#[test]
fn the_shortest_program_sees_another_player_come_and_go() {
    let (server, program) = (Server::start(), minimal());
    let mut alice = Player::start(&server, &program, "alice", "bob");
    alice.says(&["logged in: 0"]);
    alice.says(&["subscribed: 0"]);
    let mut bob = Player::start(&server, &program, "bob", "alice");
    bob.says(&[
        "subscribed: 0",
        "\"alice\"",
        "\"user_status_status_type\":1",
    ]);
    alice.says(&["changed:", "\"bob\"", "\"user_status_status_type\":1"]);
    bob.enter();
    alice.says(&["changed:", "\"bob\"", "\"user_status_status_type\":2"]);
    alice.enter();
}
