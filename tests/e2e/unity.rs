//! The Unity part of the C# package (`unity-bindings`), with a player and an editor whose frames are counted by hand (`tests/unity`)
//! and a real server: what runs where and when, and that nothing outlives what Unity takes away.

#[path = "../unity/assemblies.rs"]
mod assemblies;

use crate::harness::{Server, Signal, eventually, programs, send_signal};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};

/// Longer than the program may take: each wait in it ends by itself.
const PROGRAM_TIMEOUT_S: &str = "300";

#[test]
fn unity_callbacks_come_on_the_main_thread_and_the_library_ends_with_what_it_calls() {
    let scratch = programs().scratch.join("unity");
    assemblies::compile_all(&scratch.join("assemblies"));
    let program = assemblies::compile_player(&scratch.join("assemblies"), &scratch.join("player"));
    let native = scratch.join("native");
    fs::create_dir_all(&native).expect("the target directory can be written to");
    let library = programs().lib_dir.join("libuserstatus.so.0");
    symlink(library, native.join("libuserstatus.so")).expect("the folder is new");

    let server = Server::start();
    let bob = server.enter("bob");
    let mut others = Vec::new();
    // It becomes the program, and the program dies with the test, however that ends.
    let mut child = Command::new("setpriv")
        .args(["--pdeathsig", "KILL", "--", "timeout", "--foreground"])
        .args([PROGRAM_TIMEOUT_S, "mono", "--debug"])
        .arg(program)
        .args([&server.address, &server.app_id.to_string()])
        .arg(Server::SECRET_KEY)
        .env("LD_LIBRARY_PATH", native)
        .env_remove("USERSTATUS_SERVER")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("setpriv is installed");
    let mut stdin = child.stdin.take().expect("it is piped");
    let stdout = child.stdout.take().expect("it is piped");
    let mut stderr = child.stderr.take().expect("it is piped");
    let stderr = std::thread::spawn(move || {
        let mut text = String::new();
        // What came before an error is worth showing.
        let _ = stderr.read_to_string(&mut text);
        text
    });
    for line in BufReader::new(stdout).lines().map_while(Result::ok) {
        server.timeline.note("unity", &line);
        let Some(request) = line.strip_prefix("do ") else {
            continue;
        };
        match request.split_once(' ').unwrap_or((request, "")) {
            ("say", text) => bob.set_status(text),
            ("see", what) => {
                let (user, status) = match what.split_once(' ') {
                    Some((user, "online")) => (user, "online"),
                    Some((user, "offline")) => (user, "offline"),
                    Some((user, "logged out")) => (user, "unlogined"),
                    _ => panic!("the program wants to see {what}"),
                };
                eventually(what, || {
                    (server.account(user)["status"] == status).then_some(())
                });
            }
            ("enter", user) => others.push(server.enter(user)),
            ("stop", _) => {
                send_signal(server.pid(), Signal::Stop);
                eventually("userstatusd has stopped", || {
                    has_stopped(server.pid()).then_some(())
                });
            }
            ("continue", _) => send_signal(server.pid(), Signal::Continue),
            _ => panic!("the program asks for {request}"),
        }
        writeln!(stdin, "done").expect("it waits for the answer");
    }
    let status = child.wait().expect("it is a child of ours");
    let stderr = stderr.join().expect("it only reads");
    assert!(status.success(), "{status}: {stderr}");
    assert!(
        stderr.is_empty(),
        "it has something to complain of: {stderr}"
    );
}

/// Each thread takes note of the signal by itself, and until then may answer once more.
fn has_stopped(pid: u32) -> bool {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).expect("the process is there");
    threads.flatten().all(|thread| {
        // "12 (name) T ...", and a name may have parentheses in it.
        let line = fs::read_to_string(thread.path().join("stat")).unwrap_or_default();
        let state = line.rsplit_once(") ").map(|(_, state)| state);
        state.is_some_and(|state| state.starts_with('T'))
    })
}
