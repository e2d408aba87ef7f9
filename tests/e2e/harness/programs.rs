//! The programs under test, built once per run and kept apart from builds that go on meanwhile.
//!
//! - `USERSTATUS_E2E_LIB_DIR`: where a `libuserstatus.so` built otherwise lies (with a sanitizer, say); it is used in place.
//! - `USERSTATUS_TEST_PROGRAMS`: a folder of programs made for another platform, each a script that runs one there
//!   (`scripts/on-platform.sh`); those that are in it are run instead of this machine's.
//! - `USERSTATUS_E2E_PUPPET_CFLAGS`: more flags for the puppet, `-fsanitize=address` for example.
//! - `USERSTATUS_E2E_NO_BUILD`: take what lies in the target directory as it is.
//! - `CC`: the C compiler, `cc` by default.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// How what is under test is started: each is a program that becomes it, wherever that one is for.
pub(crate) struct Programs {
    pub(crate) userstatusd: PathBuf,
    pub(crate) puppet: PathBuf,
    /// Where the puppet finds `libuserstatus.so`.
    pub(crate) lib_dir: PathBuf,
    /// For files of tests; a folder of this process.
    pub(crate) scratch: PathBuf,
    /// For what is worth keeping from run to run.
    pub(crate) cache: PathBuf,
}

/// Builds them if that was not done yet.
pub(crate) fn programs() -> &'static Programs {
    static PROGRAMS: OnceLock<Programs> = OnceLock::new();
    PROGRAMS.get_or_init(prepare)
}

/// The program of this name made for the platform that the tests are played on, where it is another than this machine and has one.
///
/// # Panics
/// If the folder that is to have it is not there: the tests would show nothing of that platform.
pub(crate) fn of_another_platform(name: &str) -> Option<PathBuf> {
    let folder = PathBuf::from(std::env::var_os("USERSTATUS_TEST_PROGRAMS")?);
    assert!(
        folder.is_dir(),
        "USERSTATUS_TEST_PROGRAMS: {} is not there",
        folder.display()
    );
    Some(folder.join(name)).filter(|program| program.exists())
}

/// The project's folder.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn prepare() -> Programs {
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("e2e");
    remove_what_dead_runs_left(&cache);
    let scratch = cache.join(format!("run-{}", std::process::id()));
    fs::create_dir_all(&scratch).expect("the target directory can be written to");

    let built = built_dir();
    if std::env::var_os("USERSTATUS_E2E_NO_BUILD").is_none() && !is_up_to_date(&built) {
        cargo_build(&built);
    }
    let userstatusd =
        of_another_platform("userstatusd").unwrap_or_else(|| copy(&built, "userstatusd", &scratch));
    let lib_dir = match std::env::var_os("USERSTATUS_E2E_LIB_DIR") {
        Some(dir) => PathBuf::from(dir),
        None => {
            copy(&built, "libuserstatus.so", &scratch);
            scratch.clone()
        }
    };
    let links = scratch.join("lib");
    fs::create_dir_all(&links).expect("the target directory can be written to");
    name_as_soname(&lib_dir.join("libuserstatus.so"), &links);
    let puppet =
        of_another_platform("puppet").unwrap_or_else(|| compile_puppet(&lib_dir, &scratch));
    Programs {
        userstatusd,
        puppet,
        lib_dir: links,
        scratch,
        cache,
    }
}

/// Scratch folders are named by process id. That of a process that is no more was left by a run that was killed, or has ended.
fn remove_what_dead_runs_left(cache: &Path) {
    let Ok(entries) = fs::read_dir(cache) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let pid = name.to_str().and_then(|name| name.strip_prefix("run-"));
        if pid.is_some_and(|pid| !Path::new("/proc").join(pid).exists()) {
            // Another run may be removing it just now.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// `target/debug`, `target/TRIPLE/release` or the like: two above this test, which lies in `deps`.
pub(crate) fn built_dir() -> PathBuf {
    let test = std::env::current_exe().expect("the system knows what it runs");
    test.ancestors()
        .nth(2)
        .expect("a test lies in target/PROFILE/deps")
        .to_owned()
}

/// Whether what is to be tested is newer than all it is made from. Building it would then do no harm, but for a few packages alone
/// cargo chooses other features of dependencies than for the workspace, and would make them all once more.
fn is_up_to_date(built: &Path) -> bool {
    let modified = |path: &Path| {
        fs::metadata(path)
            .and_then(|metadata| metadata.modified())
            .ok()
    };
    let oldest = ["userstatusd", "libuserstatus.so"]
        .iter()
        .map(|name| modified(&built.join(name)))
        .min()
        .flatten();
    let crates = fs::read_dir(root().join("crates")).expect("it is part of the project");
    let crates = crates.flatten().map(|entry| entry.path());
    let mut paths: Vec<_> = ["src", "build.rs", "Cargo.toml", "Cargo.lock"]
        .into_iter()
        .map(|name| root().join(name))
        .chain(crates.flat_map(|one| ["src", "Cargo.toml"].map(|name| one.join(name))))
        .collect();
    let mut newest = None;
    while let Some(path) = paths.pop() {
        match fs::read_dir(&path) {
            Ok(entries) => paths.extend(entries.flatten().map(|entry| entry.path())),
            Err(_) => newest = newest.max(modified(&path)),
        }
    }
    oldest.is_some_and(|oldest| newest.is_some_and(|newest| oldest > newest))
}

fn cargo_build(built: &Path) {
    let target_dir = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .parent()
        .expect("it is target/tmp");
    let profile = match built.file_name().and_then(|name| name.to_str()) {
        // What `cargo test` itself builds with.
        Some("debug") => "test",
        Some(name) => name,
        None => panic!("{} is no folder of a profile", built.display()),
    };
    let mut command =
        Command::new(std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")));
    command
        .current_dir(root())
        .args(["build", "--quiet", "--profile", profile]);
    command.args(["--package", "userstatus", "--package", "userstatusd"]);
    command.arg("--target-dir").arg(target_dir);
    if let Some(triple) = built
        .parent()
        .filter(|parent| *parent != target_dir)
        .and_then(Path::file_name)
    {
        command.arg("--target").arg(triple);
    }
    let output = command.output().expect("cargo runs");
    assert!(
        output.status.success(),
        "{command:?} failed:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// A copy, so that a build that goes on meanwhile does not change what is being tested.
fn copy(built: &Path, name: &str, scratch: &Path) -> PathBuf {
    let (from, to) = (built.join(name), scratch.join(name));
    if let Err(error) = fs::copy(&from, &to) {
        panic!(
            "{}: {error}; `cargo build -p userstatus -p userstatusd` makes it",
            from.display()
        );
    }
    to
}

/// Puts the library where the loader looks for it: under its soname.
fn name_as_soname(library: &Path, links: &Path) {
    let output = Command::new("readelf")
        .arg("-d")
        .arg(library)
        .output()
        .expect("binutils are installed");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let soname = text
        .lines()
        .find(|line| line.contains("(SONAME)"))
        .and_then(|line| line.split(['[', ']']).nth(1))
        .unwrap_or("libuserstatus.so");
    let library = library
        .canonicalize()
        .unwrap_or_else(|error| panic!("{}: {error}", library.display()));
    std::os::unix::fs::symlink(library, links.join(soname)).expect("the folder is new");
}

fn compile_puppet(lib_dir: &Path, scratch: &Path) -> PathBuf {
    let source = root().join("tests/c/puppet");
    let puppet = scratch.join("puppet");
    let mut command = Command::new(std::env::var_os("CC").unwrap_or_else(|| OsString::from("cc")));
    command.args([
        "-std=c99",
        "-D_POSIX_C_SOURCE=200809L",
        "-Wall",
        "-Wextra",
        "-Wpedantic",
        "-Werror",
        "-O1",
        "-g",
    ]);
    if let Ok(flags) = std::env::var("USERSTATUS_E2E_PUPPET_CFLAGS") {
        command.args(flags.split_whitespace());
    }
    command.arg("-I").arg(root().join("include"));
    for name in ["puppet.c", "inbox.c", "report.c", "stage.c"] {
        command.arg(source.join(name));
    }
    command
        .arg("-o")
        .arg(&puppet)
        .arg("-L")
        .arg(lib_dir)
        .args(["-luserstatus", "-lpthread"]);
    let output = command.output().expect("a C compiler is installed");
    assert!(
        output.status.success(),
        "{command:?} failed:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    puppet
}
