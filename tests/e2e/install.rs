//! What `make install` leaves, as somebody else's project finds it (`tests/cpp/consumer`): through CMake and pkg-config, shared and static.

use crate::harness::{Server, built_dir, programs, root, succeed, text_of};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Longer than a consumer may take.
const CONSUMER_TIMEOUT_S: &str = "60";

fn consumer_sources() -> PathBuf {
    root().join("tests/cpp/consumer")
}

/// Flags of the sanitizer the library is built with, if it is.
fn sanitizer() -> String {
    std::env::var("USERSTATUS_E2E_PUPPET_CFLAGS").unwrap_or_default()
}

/// Where cargo built what is tested: two above this test.
fn built() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        // They are brought up to date by whoever asks first.
        programs();
        built_dir()
    })
}

fn install(prefix: &Path, environment: &[(&str, &str)]) {
    let mut command = Command::new(root().join("scripts/install.sh"));
    command.arg(built()).arg(prefix);
    succeed(
        command
            .env_remove("DESTDIR")
            .env_remove("LIBDIR")
            .envs(environment.iter().copied()),
    );
}

/// Installed to one folder, and moved to another: nothing in it may say where it was.
fn installed() -> &'static Path {
    static INSTALLED: OnceLock<PathBuf> = OnceLock::new();
    INSTALLED.get_or_init(|| {
        let scratch = &programs().scratch;
        let (there, here) = (scratch.join("install-first"), scratch.join("installed"));
        install(&there, &[]);
        fs::rename(&there, &here).expect("both are folders of this test");
        here
    })
}

/// All files and links below a folder, relative to it.
fn listed(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).expect("it is there") {
            let entry = entry.expect("it can be read");
            if entry.file_type().expect("it has one").is_dir() {
                folders.push(entry.path());
            } else {
                let path = entry.path();
                let relative = path.strip_prefix(folder).expect("it lies below");
                found.insert(relative.display().to_string());
            }
        }
    }
    found
}

/// A copy of the consumer's project, so that nothing beside it can be found by chance.
fn project(name: &str) -> PathBuf {
    let folder = programs().scratch.join(name);
    fs::create_dir_all(&folder).expect("the folder of tests can be written to");
    for entry in fs::read_dir(consumer_sources()).expect("it is part of the project") {
        let entry = entry.expect("it can be read");
        fs::copy(entry.path(), folder.join(entry.file_name())).expect("the folder is there");
    }
    folder
}

/// Runs a consumer against a real server. What it printed.
fn run(server: &Server, program: &Path) -> String {
    let mut command = Command::new("timeout");
    command
        .args(["--kill-after=5", CONSUMER_TIMEOUT_S])
        .arg(program)
        .args([&server.address, &server.app_id.to_string()])
        .args(["alice", &server.sig("alice")])
        .env("LD_LIBRARY_PATH", installed().join("lib"));
    let said = text_of(&mut command);
    assert!(
        said.starts_with(&format!("heard, by {}\n", env!("CARGO_PKG_VERSION"))),
        "{}: {said}",
        program.display()
    );
    said
}

/// What a program wants the loader to find.
fn needs_shared(program: &Path) -> bool {
    text_of(Command::new("readelf").arg("-d").arg(program)).contains("[libuserstatus.so.0]")
}

/// The names an object or archive defines for others. Not by nm: on some systems it has a plug-in that chokes on the compiler's bitcode.
fn global_names(file: &Path) -> BTreeSet<String> {
    let symbols = text_of(Command::new("readelf").arg("-sW").arg(file));
    symbols
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .filter(|words| words.len() >= 8 && words[0].ends_with(':'))
        .filter(|words| ["GLOBAL", "WEAK"].contains(&words[4]) && words[6] != "UND")
        .map(|words| words[7].to_owned())
        .collect()
}

fn exports() -> BTreeSet<String> {
    let library = installed().join("lib/libuserstatus.so");
    text_of(
        Command::new("nm")
            .args(["-D", "--defined-only"])
            .arg(library),
    )
    .lines()
    .filter_map(|line| line.split_whitespace().last())
    .map(str::to_owned)
    .collect()
}

fn compile(program: &Path, arguments: &[&std::ffi::OsStr]) {
    let mut command = Command::new(std::env::var_os("CC").unwrap_or_else(|| "cc".into()));
    command
        .args(sanitizer().split_whitespace())
        .arg("-I")
        .arg(installed().join("include"))
        .arg("-o")
        .arg(program)
        .args(arguments)
        .args(["-lpthread", "-ldl", "-lm"]);
    succeed(&mut command);
}

#[test]
fn what_is_installed_is_what_is_uninstalled() {
    let version = env!("CARGO_PKG_VERSION");
    let shared = format!("lib/libuserstatus.so.{version}");
    let expected = [
        "bin/userstatusd",
        "include/userstatus.h",
        "include/userstatus.hpp",
        "lib/cmake/userstatus/userstatusConfig.cmake",
        "lib/cmake/userstatus/userstatusConfigVersion.cmake",
        "lib/cmake/userstatus/userstatusTargets.cmake",
        "lib/libuserstatus.a",
        "lib/libuserstatus.so",
        "lib/libuserstatus.so.0",
        &shared,
        "lib/pkgconfig/userstatus.pc",
    ];
    let expected: BTreeSet<_> = expected.into_iter().map(str::to_owned).collect();
    assert_eq!(listed(installed()), expected);

    // Staged for a package, with libraries where Debian has them, twice; then removed, and what is not ours stays.
    let stage = programs().scratch.join("stage");
    let environment = [
        ("DESTDIR", stage.to_str().expect("a UTF-8 name")),
        ("LIBDIR", "lib/x86_64-linux-gnu"),
    ];
    for _ in 0..2 {
        install(Path::new("/usr"), &environment);
    }
    let moved: BTreeSet<_> = expected
        .iter()
        .map(|path| match path.strip_prefix("lib/") {
            Some(rest) => format!("usr/lib/x86_64-linux-gnu/{rest}"),
            None => format!("usr/{path}"),
        })
        .collect();
    assert_eq!(listed(&stage), moved);
    let library = "usr/lib/x86_64-linux-gnu/pkgconfig";
    let flags = text_of(
        Command::new("pkg-config")
            .args(["--variable=libdir", "userstatus"])
            .env("PKG_CONFIG_PATH", stage.join(library)),
    );
    let libdir = Path::new(flags.trim())
        .canonicalize()
        .unwrap_or_else(|error| panic!("{flags}: {error}"));
    assert!(
        libdir.ends_with("stage/usr/lib/x86_64-linux-gnu"),
        "{flags}"
    );
    fs::write(stage.join("usr/include/other.h"), "").expect("the folder is there");
    let mut command = Command::new(root().join("scripts/install.sh"));
    succeed(command.args(["--uninstall", "/usr"]).envs(environment));
    assert_eq!(
        listed(&stage),
        BTreeSet::from(["usr/include/other.h".to_owned()])
    );
}

#[test]
fn the_server_that_is_installed_runs() {
    let said = text_of(Command::new(installed().join("bin/userstatusd")).arg("--version"));
    assert!(said.contains(env!("CARGO_PKG_VERSION")), "{said}");
}

#[test]
fn a_cmake_project_finds_both_libraries() {
    let server = Server::start();
    let folder = project("cmake-consumer");
    let made = folder.join("build");
    let mut configure = Command::new("cmake");
    configure
        .args(["-S"])
        .arg(&folder)
        .arg("-B")
        .arg(&made)
        .env("CFLAGS", sanitizer())
        .env("CXXFLAGS", sanitizer());
    succeed(configure.arg(format!("-DCMAKE_PREFIX_PATH={}", installed().display())));
    succeed(Command::new("cmake").arg("--build").arg(&made));
    for language in ["c", "cpp"] {
        let shared = made.join(format!("{language}_shared"));
        let fixed = made.join(format!("{language}_static"));
        assert!(needs_shared(&shared) && !needs_shared(&fixed));
        run(&server, &shared);
        run(&server, &fixed);
    }
}

#[test]
fn a_pkg_config_project_finds_both_libraries() {
    let server = Server::start();
    let folder = project("pkg-config-consumer");
    let mut make = Command::new("make");
    make.current_dir(&folder)
        // Not those of a make that runs this test.
        .env_remove("MAKEFLAGS")
        .env("CFLAGS", sanitizer())
        .env("PKG_CONFIG_PATH", installed().join("lib/pkgconfig"));
    succeed(&mut make);
    let (shared, fixed) = (folder.join("c_shared"), folder.join("c_static"));
    assert!(needs_shared(&shared) && !needs_shared(&fixed));
    run(&server, &shared);
    run(&server, &fixed);
}

#[test]
fn the_static_library_exports_the_abi_and_nothing_else() {
    let library = installed().join("lib/libuserstatus.a");
    assert!(exports().contains("TIMInit"));
    assert_eq!(global_names(&library), exports());
    let seen_by_nm = text_of(
        Command::new("nm")
            .args(["-g", "--defined-only"])
            .arg(&library),
    );
    let names = seen_by_nm.lines().filter(|line| line.contains(' ')).count();
    assert_eq!(names, exports().len(), "{seen_by_nm}");
}

/// Somebody else's object defines every name the library had before; each of them ends the process if it is called.
#[test]
fn the_static_library_shares_no_name_with_another_object() {
    let server = Server::start();
    let scratch = &programs().scratch;
    let mut foreign = global_names(&built().join("libuserstatus.a"));
    for known in ["rust_eh_personality", "rust_begin_unwind"] {
        let is_there = foreign.iter().any(|name| name.contains(known));
        assert!(is_there, "{known} is no name of a Rust library any more");
    }
    let ring = foreign.iter().filter(|name| name.starts_with("ring_core"));
    assert!(ring.count() > 10);
    let exports = exports();
    foreign.retain(|name| !exports.contains(name));
    let assembly: String = foreign
        .iter()
        .map(|name| format!(".globl \"{name}\"\n\"{name}\":\n.long 0\n"))
        .collect();
    let source = scratch.join("foreign.s");
    fs::write(
        &source,
        format!(".text\n{assembly}.section .note.GNU-stack,\"\",@progbits\n"),
    )
    .expect("the folder is there");
    let program = scratch.join("beside_foreign");
    compile(
        &program,
        &[
            consumer_sources().join("consumer.c").as_os_str(),
            source.as_os_str(),
            installed().join("lib/libuserstatus.a").as_os_str(),
        ],
    );
    run(&server, &program);
}

#[test]
fn the_static_library_lives_beside_another_one_in_rust() {
    let server = Server::start();
    let scratch = &programs().scratch;
    let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    rustc
        .current_dir(scratch)
        .args(["--edition=2024", "--crate-name=other"])
        .args(["--crate-type=staticlib", "--crate-type=cdylib"])
        .arg(consumer_sources().join("other.rs"));
    succeed(&mut rustc);
    // As it is, and made as ours is: unwinding has to survive that.
    let localised = scratch.join("libother_localised.a");
    let mut localise = Command::new(root().join("packaging/localise.sh"));
    succeed(
        localise
            .arg(scratch.join("libother.a"))
            .arg(scratch.join("libother.so"))
            .arg(&localised),
    );
    for other in [scratch.join("libother.a"), localised] {
        let program = scratch.join("beside_other");
        compile(
            &program,
            &[
                "-DWITH_OTHER".as_ref(),
                consumer_sources().join("consumer.c").as_os_str(),
                installed().join("lib/libuserstatus.a").as_os_str(),
                other.as_os_str(),
            ],
        );
        let said = run(&server, &program);
        assert!(said.ends_with("other: 42\n"), "{said}");
    }
}
