//! Commands that must succeed.

use std::process::{Command, Output};

/// Runs a command to its end.
///
/// # Panics
/// With what it said, if it fails.
pub(crate) fn succeed(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| {
        panic!("{command:?}: {error}; scripts/install-deps.sh installs what is missing")
    });
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

/// What a command prints.
pub(crate) fn text_of(command: &mut Command) -> String {
    String::from_utf8(succeed(command).stdout).expect("it prints UTF-8")
}
