//! A client in Python (`tests/python`), made from the C header alone: what it takes to use the library from a language that has no
//! binding.

use crate::harness::{Server, programs};
use std::path::Path;
use std::process::Command;

/// Longer than a player may take: each wait in it ends by itself.
const PLAYER_TIMEOUT_S: &str = "120";

fn play(server: &Server, player: &str) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python/two_players.py");
    let mut command = Command::new("timeout");
    command
        .args(["--kill-after=5", PLAYER_TIMEOUT_S, "python3", "-B"])
        .arg(script)
        .arg(player)
        .arg(programs().lib_dir.join("libuserstatus.so.0"))
        .args([&server.address, &server.app_id.to_string()])
        .arg(server.sig(player))
        .env_remove("USERSTATUS_SERVER");
    let flags = std::env::var("USERSTATUS_E2E_PUPPET_CFLAGS").unwrap_or_default();
    for (sanitizer, runtime) in [("address", "libasan.so"), ("thread", "libtsan.so")] {
        if flags.contains(sanitizer) {
            // The sanitizer of the library has to be there before Python is, which leaks at its end.
            let found = Command::new("cc")
                .arg(format!("-print-file-name={runtime}"))
                .output()
                .expect("a C compiler is installed");
            let found = String::from_utf8(found.stdout).expect("a UTF-8 name");
            command.env("LD_PRELOAD", found.trim());
            command.env("ASAN_OPTIONS", "detect_leaks=0:exitcode=99");
        }
    }
    let output = command.output().expect("coreutils are installed");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    server.timeline.note(player, &stdout);
    assert!(
        output.status.success(),
        "{player} ended with {}: {stdout}{stderr}",
        output.status
    );
}

#[test]
fn two_python_processes_log_in_watch_each_other_and_become_friends() {
    let server = Server::start();
    std::thread::scope(|scope| {
        for player in ["alice", "bob"] {
            scope.spawn(|| play(&server, player));
        }
    });
}
