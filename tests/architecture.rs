//! Holds the invariants of `docs/architecture.md` that no compiler lint can hold: who may depend on whom, and where
//! `unsafe`, clocks and sockets may stand.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Normal (not build or dev) dependencies of each workspace crate, by crate name.
fn dependencies() -> BTreeMap<String, Vec<String>> {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version",
            "1",
            "--no-deps",
            "--offline",
        ])
        .current_dir(root())
        .output()
        .expect("cargo runs: it is running this test");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: serde_json::Value =
        serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON");
    metadata["packages"]
        .as_array()
        .expect("packages is an array")
        .iter()
        .map(|package| {
            let names = package["dependencies"]
                .as_array()
                .expect("dependencies is an array")
                .iter()
                .filter(|dependency| dependency["kind"].is_null())
                .map(|dependency| dependency["name"].as_str().expect("a name").to_owned())
                .collect();
            (package["name"].as_str().expect("a name").to_owned(), names)
        })
        .collect()
}

fn rust_files(below: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![below.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("the folder is part of the project") {
            let path = entry.expect("a readable entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    assert!(!files.is_empty(), "no Rust file below {}", below.display());
    files
}

/// Lines of code, comments left out, that contain any of `words`.
fn lines_with(below: &Path, words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for file in rust_files(below) {
        let text = fs::read_to_string(&file).expect("a source file is UTF-8");
        for (number, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            if words.iter().any(|word| code.contains(word)) {
                found.push(format!(
                    "{}:{}: {}",
                    file.display(),
                    number + 1,
                    line.trim()
                ));
            }
        }
    }
    found
}

#[test]
fn core_depends_on_nothing_that_could_read_a_clock_or_do_io() {
    assert_eq!(dependencies()["userstatus-core"], ["thiserror"]);
    let text =
        fs::read_to_string(root().join("crates/core/src/lib.rs")).expect("core has a lib.rs");
    assert!(text.contains("#![no_std]"), "core must stay no_std");
    let standard = lines_with(
        &root().join("crates/core/src"),
        &["std::time", "std::net", "std::fs", "std::env"],
    );
    assert!(
        standard.is_empty(),
        "core must not use the operating system:\n{}",
        standard.join("\n")
    );
}

#[test]
fn wire_knows_neither_rules_nor_tokio() {
    let wire = &dependencies()["userstatus-wire"];
    for forbidden in ["userstatus-core", "tokio", "tokio-util"] {
        assert!(
            !wire.iter().any(|name| name == forbidden),
            "wire must not depend on {forbidden}"
        );
    }
}

#[test]
fn usersig_knows_nothing_else_of_ours() {
    let usersig = &dependencies()["userstatus-usersig"];
    assert!(
        !usersig.iter().any(|name| name.starts_with("userstatus-")),
        "{usersig:?}"
    );
}

/// The rooms of the server, from the lowest up. Each may use those before it.
const SERVER_ROOMS: [&str; 7] = [
    "userstatus-meters",
    "userstatus-store",
    "userstatus-tls",
    "userstatus-gateway",
    "userstatus-edge",
    "userstatus-operate",
    "userstatusd",
];

#[test]
fn server_and_client_never_depend_on_each_other() {
    let all = dependencies();
    let client_side = ["userstatus", "userstatus-client", "userstatus-web"];
    for (one, others) in [
        (&client_side[..], &SERVER_ROOMS[..]),
        (&SERVER_ROOMS, &client_side),
    ] {
        for name in one {
            let wrong: Vec<_> = all[*name]
                .iter()
                .filter(|dependency| others.contains(&dependency.as_str()))
                .collect();
            assert!(wrong.is_empty(), "{name} depends on {wrong:?}");
        }
    }
}

#[test]
fn a_room_of_the_server_uses_those_below_it_only() {
    let all = dependencies();
    for (place, room) in SERVER_ROOMS.iter().enumerate() {
        let above: Vec<_> = all[*room]
            .iter()
            .filter(|dependency| SERVER_ROOMS[place..].contains(&dependency.as_str()))
            .collect();
        assert!(above.is_empty(), "{room} depends on {above:?}");
    }
    let operate = &all["userstatus-operate"];
    assert!(
        !operate.iter().any(|name| name == "userstatus-edge"),
        "operators' tools know no connections"
    );
}

#[test]
fn the_gateway_knows_neither_sockets_nor_disks() {
    let gateway = &dependencies()["userstatus-gateway"];
    for forbidden in ["redb", "rustls", "tokio-rustls", "socket2", "axum"] {
        assert!(
            !gateway.iter().any(|name| name == forbidden),
            "the gateway must not depend on {forbidden}"
        );
    }
    let used = lines_with(
        &root().join("crates/gateway/src"),
        &["tokio::net", "std::fs", "TcpStream", "TcpListener"],
    );
    assert!(used.is_empty(), "{}", used.join("\n"));
}

#[test]
fn what_tests_share_is_in_nothing_that_is_shipped() {
    for (name, dependencies) in dependencies() {
        assert!(
            !dependencies.iter().any(|name| name == "userstatus-testing"),
            "{name}"
        );
    }
}

#[test]
fn unsafe_stands_only_in_the_ffi() {
    let mut folders = vec![root().join("src")];
    for name in [
        "core",
        "wire",
        "usersig",
        "client",
        "meters",
        "store",
        "tls",
        "gateway",
        "edge",
        "operate",
        "userstatusd",
        "load",
        "testing",
        "web",
    ] {
        folders.push(root().join("crates").join(name).join("src"));
    }
    // What others call: the C ABI, and the module of web pages, in which an export's name is all that is unsafe.
    let boundaries = ["src/ffi/", "crates/web/src/exports.rs"]
        .map(|path| root().join(path).display().to_string());
    let found: Vec<_> = folders
        .iter()
        .flat_map(|folder| {
            lines_with(
                folder,
                &[
                    "unsafe {",
                    "unsafe fn",
                    "unsafe impl",
                    "unsafe extern",
                    "unsafe(",
                ],
            )
        })
        .filter(|line| !boundaries.iter().any(|boundary| line.starts_with(boundary)))
        .collect();
    assert!(
        found.is_empty(),
        "unsafe outside src/ffi:\n{}",
        found.join("\n")
    );
    let of_the_module = lines_with(
        &root().join("crates/web/src"),
        &["unsafe {", "unsafe fn", "unsafe impl", "unsafe extern"],
    );
    assert!(of_the_module.is_empty(), "{}", of_the_module.join("\n"));
}

#[test]
fn the_session_of_the_client_is_sans_io() {
    let session = root().join("crates/client/src/session");
    let found = lines_with(
        &session,
        &[
            "tokio",
            "std::net",
            "Instant::now",
            "SystemTime",
            "thread_rng",
            "rand::rng()",
        ],
    );
    assert!(
        found.is_empty(),
        "the session must take time and bytes as arguments:\n{}",
        found.join("\n")
    );
}

#[test]
fn the_session_of_the_client_needs_neither_sockets_nor_tls() {
    let manifest =
        fs::read_to_string(root().join("crates/client/Cargo.toml")).expect("it is there");
    let needed: Vec<_> = manifest
        .lines()
        .skip_while(|line| *line != "[dependencies]")
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter(|line| !line.is_empty() && !line.contains("optional = true"))
        .map(|line| line.split(['.', ' ']).next().unwrap_or_default())
        .collect();
    assert_eq!(
        needed,
        [
            "bytes",
            "prost",
            "thiserror",
            "tracing",
            "userstatus-core",
            "userstatus-wire"
        ],
        "without the feature `driver` the client is built for places that have none of it"
    );
}

/// What `scripts/install-deps.sh` looks for: commands, and files by their whole path.
fn installed_for_tests() -> BTreeSet<String> {
    let script = fs::read_to_string(root().join("scripts/install-deps.sh")).expect("it is there");
    let needs = script
        .lines()
        .filter_map(|line| line.strip_prefix("    ")?.rsplit_once(':'))
        .map(|(need, _)| need.trim_matches('\'').to_owned());
    needs.collect()
}

#[test]
fn every_program_a_test_runs_is_installed_by_install_deps() {
    let installed = installed_for_tests();
    assert!(installed.contains("cc"), "{installed:?}");
    // Tried where it happens to be.
    let optional = ["clang++"];
    let mut missing = Vec::new();
    let mut folders = vec![root().join("tests")];
    for entry in fs::read_dir(root().join("crates")).expect("the project has crates") {
        let entry = entry.expect("a readable entry").path();
        folders.extend(["src", "tests"].map(|name| entry.join(name)));
    }
    for folder in folders.iter().filter(|folder| folder.exists()) {
        for line in lines_with(folder, &["Command::new(\""]) {
            let programs = line.split("Command::new(\"").skip(1);
            for program in programs.filter_map(|rest| rest.split('"').next()) {
                let is_known = installed.contains(program) || optional.contains(&program);
                if !is_known {
                    missing.push(line.clone());
                }
            }
        }
    }
    assert!(
        missing.is_empty(),
        "scripts/install-deps.sh does not bring what these run:\n{}",
        missing.join("\n")
    );
}

#[test]
fn every_assembly_a_test_reads_is_installed_by_install_deps() {
    let installed = installed_for_tests();
    let mut seen = 0;
    for line in lines_with(&root().join("tests"), &[".dll\""]) {
        let names = line.split('"').filter(|text| text.ends_with(".dll"));
        let is_of_the_system = |name: &&str| {
            ["System", "Mono.", "mscorlib", "nunit."]
                .iter()
                .any(|begin| name.starts_with(begin))
        };
        for name in names.filter(is_of_the_system) {
            seen += 1;
            assert!(
                installed
                    .iter()
                    .any(|path| path.ends_with(&format!("/{name}"))),
                "scripts/install-deps.sh does not bring {name}: {line}"
            );
        }
    }
    assert!(seen >= 8, "only {seen} were found: look where they stand");
}
