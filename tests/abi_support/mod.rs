//! Builds and runs the C programs that test the ABI from outside.
// Each test file uses a part of it.
#![allow(dead_code)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The project's folder.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The folder of the library built for this test. One folder up may be one that an earlier `cargo build` left.
pub(crate) fn library_folder() -> PathBuf {
    let program = std::env::current_exe().expect("a program has a path");
    let folder = program
        .parent()
        .expect("it lies in <target>/<profile>/deps");
    assert!(
        folder.join("libuserstatus.so.0").exists(),
        "no libuserstatus.so.0 in {}",
        folder.display()
    );
    folder.to_owned()
}

/// A folder for what a test makes.
pub(crate) fn scratch() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}

/// Compiles `tests/c/abi/<name>.c` against the library. Where `USERSTATUS_TEST_PROGRAMS` names a folder of programs made for another platform
/// (`scripts/on-platform.sh`), it is the one in there.
pub(crate) fn build(name: &str) -> PathBuf {
    if let Some(folder) = std::env::var_os("USERSTATUS_TEST_PROGRAMS") {
        let program = PathBuf::from(folder).join(format!("abi_{name}"));
        assert!(program.exists(), "no {}", program.display());
        return program;
    }
    let source = root().join("tests/c/abi").join(name).with_extension("c");
    build_sources(name, &[source], &[root().join("include")])
}

/// Compiles a C99 program against the library, with every warning an error.
pub(crate) fn build_sources(name: &str, sources: &[PathBuf], includes: &[PathBuf]) -> PathBuf {
    let library = library_folder();
    let program = scratch().join(format!("abi_{name}"));
    let mut compiler = Command::new(std::env::var_os("CC").unwrap_or_else(|| "cc".into()));
    compiler
        .args([
            "-std=c99",
            "-D_GNU_SOURCE",
            "-Wall",
            "-Wextra",
            "-Wpedantic",
            "-Werror",
            "-g",
        ])
        // Sanitizers, where the library is built with them.
        .args(
            std::env::var("US_TEST_CFLAGS")
                .unwrap_or_default()
                .split_whitespace(),
        )
        .args(
            includes
                .iter()
                .map(|folder| format!("-I{}", folder.display())),
        )
        .args(sources)
        .arg("-o")
        .arg(&program)
        .arg("-L")
        .arg(&library)
        .arg(format!("-Wl,-rpath,{}", library.display()))
        .args(["-luserstatus", "-pthread"]);
    succeed(&mut compiler);
    program
}

/// Runs a program to its end, in an environment that names no server.
pub(crate) fn run(program: &Path, arguments: &[&str]) -> String {
    let output = succeed(
        Command::new(program)
            .args(arguments)
            .env_remove("USERSTATUS_SERVER"),
    );
    let printed = String::from_utf8(output.stdout).expect("it prints UTF-8");
    // Lines of Windows have another end.
    printed.replace("\r\n", "\n")
}

/// Runs a command that must succeed.
pub(crate) fn succeed(command: &mut Command) -> Output {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}
