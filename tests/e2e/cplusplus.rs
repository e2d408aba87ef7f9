//! The C++ wrapper, `include/userstatus.hpp`: the scenarios of `tests/cpp`, each as it is and with AddressSanitizer, LeakSanitizer and
//! UndefinedBehaviorSanitizer.

use crate::harness::{Server, of_another_platform, programs, root, succeed};
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

const WARNINGS: [&str; 6] = [
    "-Wall",
    "-Wextra",
    "-Wpedantic",
    "-Wconversion",
    "-Wshadow",
    "-Werror",
];

/// Longer than a scenario may take: each wait in it ends by itself.
const SCENARIO_TIMEOUT_S: &str = "180";

fn compiler() -> Command {
    Command::new(std::env::var_os("CXX").unwrap_or_else(|| "c++".into()))
}

/// Flags of the sanitizer the library itself is built with, if it is.
fn sanitizer_of_the_library() -> Option<String> {
    std::env::var("USERSTATUS_E2E_PUPPET_CFLAGS").ok()
}

/// The scenarios, in one standard of C++ and as they are, and in the other with sanitizers, where those are to be had.
fn builds() -> &'static [PathBuf] {
    static BUILDS: OnceLock<Vec<PathBuf>> = OnceLock::new();
    BUILDS.get_or_init(|| {
        if let Some(program) = of_another_platform("wrapper") {
            return vec![program];
        }
        let sanitizers = sanitizer_of_the_library();
        let own = "-fsanitize=address,undefined -fno-sanitize-recover=all".to_owned();
        let (plain, sanitized) = (
            sanitizers.clone().unwrap_or_default(),
            sanitizers.unwrap_or(own),
        );
        // At the same time: a compiler uses one core.
        std::thread::scope(|scope| {
            let other = scope.spawn(|| compile("wrapper-sanitized", "c++20", &sanitized));
            let first = compile("wrapper", "c++17", &plain);
            vec![first, other.join().expect("it compiles")]
        })
    })
}

fn compile(name: &str, standard: &str, flags: &str) -> PathBuf {
    let program = programs().scratch.join(name);
    let mut command = compiler();
    command.arg(format!("-std={standard}")).args(["-O0", "-g"]);
    command.args(WARNINGS).args(flags.split_whitespace());
    command.arg("-I").arg(root().join("include"));
    let sources = root().join("tests/cpp");
    for name in ["main", "alone", "json", "separate", "two_players"] {
        command.arg(sources.join(name).with_extension("cpp"));
    }
    let library = programs().lib_dir.join("libuserstatus.so.0");
    command.arg("-o").arg(&program).arg(library).arg("-pthread");
    succeed(&mut command);
    program
}

/// Plays a scenario to its end.
fn play(server: &Server, program: &Path, scenario: &str) {
    let silent = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let silent = silent
        .local_addr()
        .map(|address| (address, silent))
        .expect("it is bound");
    let mut command = Command::new("timeout");
    command
        .args(["--kill-after=5", SCENARIO_TIMEOUT_S])
        .arg(program);
    command.args([scenario, &server.address, &silent.0.to_string()]);
    command.args([
        server.app_id.to_string(),
        server.sig("alice"),
        server.sig("bob"),
    ]);
    command
        .env("LD_LIBRARY_PATH", &programs().lib_dir)
        .env_remove("USERSTATUS_SERVER");
    if sanitizer_of_the_library().is_none() {
        command.env("ASAN_OPTIONS", "detect_leaks=1:exitcode=99");
    }
    server
        .timeline
        .note(scenario, &program.display().to_string());
    succeed(&mut command);
}

fn play_all(scenario: &str) {
    for program in builds() {
        play(&Server::start(), program, scenario);
    }
}

#[test]
fn two_processes_drive_the_whole_wrapper() {
    for program in builds() {
        let server = Server::start();
        // Bob is kicked right behind alice's last change: one that is held back for a moment would miss him.
        server.set("--changes-per-s 10000");
        std::thread::scope(|scope| {
            for scenario in ["alice", "bob"] {
                scope.spawn(|| play(&server, program, scenario));
            }
        });
    }
}

#[test]
fn json_is_read_strictly_and_written_safely() {
    play_all("json");
}

#[test]
fn there_is_one_default_client_and_what_is_refused_is_freed() {
    play_all("refusals");
}

#[test]
fn each_completion_runs_once_also_when_the_client_closes() {
    play_all("pending");
}

#[test]
fn what_a_callback_throws_stays_out_of_the_library() {
    play_all("exceptions");
}

#[test]
fn a_callback_may_call_replace_listeners_and_close() {
    play_all("inside");
}

#[test]
fn pumped_callbacks_run_where_the_pump_is() {
    play_all("pump");
}

#[test]
fn dispatched_callbacks_run_where_the_dispatcher_runs_them() {
    play_all("dispatcher");
}

#[test]
fn clients_beside_each_other_have_all_but_the_log_of_their_own() {
    play_all("separate");
}

#[test]
fn the_header_draws_no_warning_by_itself_twice_and_without_exceptions() {
    let source = programs().scratch.join("twice.cpp");
    let text = "#include <userstatus.hpp>\n#include <userstatus.hpp>\n\
        int use() { auto opened = userstatus::client::open({}); return opened ? 0 : opened.error().code; }\n";
    fs::write(&source, text).expect("the folder is there");
    let mut compilers = vec![std::env::var_os("CXX").unwrap_or_else(|| "c++".into())];
    if Command::new("clang++").arg("--version").output().is_ok() {
        compilers.push("clang++".into());
    }
    for compiler in compilers {
        for flags in [
            &["-std=c++17"][..],
            &["-std=c++20"],
            &["-std=c++17", "-fno-exceptions", "-fno-rtti"],
        ] {
            let mut command = Command::new(&compiler);
            command.args(flags).args(WARNINGS).arg("-fsyntax-only");
            succeed(command.arg("-I").arg(root().join("include")).arg(&source));
        }
    }
}

#[test]
fn every_code_of_the_c_header_has_its_name() {
    let read = |name: &str| {
        fs::read_to_string(root().join("include").join(name)).expect("it is part of the project")
    };
    let (c, cpp) = (read("userstatus.h"), read("userstatus.hpp"));
    let codes: Vec<_> = c
        .lines()
        .filter_map(|line| line.trim().split_once(" = "))
        .map(|(name, _)| name)
        .filter(|name| {
            ["US_CODE_", "TIM_ERR_", "US_ERR_"]
                .iter()
                .any(|prefix| name.starts_with(prefix))
        })
        .collect();
    assert!(codes.len() > 40, "{codes:?}");
    for code in codes {
        assert!(
            cpp.contains(&format!("US_DETAIL_NAME({code})")),
            "userstatus.hpp does not know {code}"
        );
    }
}

#[test]
fn the_example_compiles_and_keeps_its_list_current() {
    use std::io::Write as _;
    use std::process::Stdio;
    let program = of_another_platform("friend_list").unwrap_or_else(|| {
        let program = programs().scratch.join("friend_list");
        let flags = sanitizer_of_the_library().unwrap_or_default();
        let mut command = compiler();
        command.arg("-std=c++17").args(WARNINGS);
        command.args(flags.split_whitespace());
        command.arg("-I").arg(root().join("include"));
        command.arg(root().join("examples/cpp/friend_list.cpp"));
        let library = programs().lib_dir.join("libuserstatus.so.0");
        command.arg("-o").arg(&program).arg(library).arg("-pthread");
        succeed(&mut command);
        program
    });

    let server = Server::start();
    let bob = server.enter("bob");
    bob.subscribe(&["alice"]);
    let mut alice = Command::new(&program)
        .args([
            &server.app_id.to_string(),
            "alice",
            &server.sig("alice"),
            "bob",
        ])
        .env("LD_LIBRARY_PATH", &programs().lib_dir)
        .env("USERSTATUS_SERVER", &server.address)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it was just built");
    while bob.next_status_of("alice").custom != "looking at friends" {}
    bob.set_status("in a match");
    let mut output = std::io::BufReader::new(alice.stdout.take().expect("it is piped"));
    let mut said = String::new();
    // Its end is Windows' own.
    while !said.contains("bob: online, in a match [Linux]") || !said.ends_with('\n') {
        let read = std::io::BufRead::read_line(&mut output, &mut said);
        assert_ne!(read.expect("it prints UTF-8"), 0, "it ended: {said}");
    }
    let mut stdin = alice.stdin.take().expect("it is piped");
    stdin.write_all(b"\n").expect("it waits for Enter");
    assert!(alice.wait().expect("it is a child of ours").success());
}
