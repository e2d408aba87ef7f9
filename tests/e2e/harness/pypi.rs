//! Python with packages from PyPI.

use super::programs;
use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// A Python that has what `tests/python/requirements.txt` names, installed by the first run and kept for the next.
pub(crate) fn python_with_packages() -> &'static Path {
    static PYTHON: OnceLock<PathBuf> = OnceLock::new();
    PYTHON.get_or_init(install)
}

fn install() -> PathBuf {
    let list = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python/requirements.txt");
    let wanted = fs::read_to_string(&list).expect("it is part of the project");
    let mut hasher = DefaultHasher::new();
    wanted.hash(&mut hasher);
    let dir = programs()
        .cache
        .join(format!("pypi-{:016x}", hasher.finish()));
    let python = dir.join("bin/python");
    // Written last: what stops half-way is done again.
    let is_complete = dir.join("complete");
    if is_complete.exists() {
        return python;
    }
    fs::create_dir_all(&programs().cache).expect("the target directory can be written to");
    run(Command::new("python3")
        .args(["-m", "venv", "--clear"])
        .arg(&dir));
    run(Command::new(&python)
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--disable-pip-version-check",
        ])
        .arg("--requirement")
        .arg(&list));
    fs::write(&is_complete, "").expect("the target directory can be written to");
    python
}

fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| {
        panic!(
            "{command:?}: {error}; this test needs Python with venv: apt-get install python3-venv"
        )
    });
    assert!(
        output.status.success(),
        "{command:?}: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
