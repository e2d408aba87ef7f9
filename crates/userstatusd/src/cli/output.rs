//! Writing results and errors.

use super::CliError;
use serde::Serialize;
use std::io::{self, Write};

/// Writes a result to standard output. Nobody reading any more is no error.
pub(super) fn text(text: &str) -> Result<(), CliError> {
    let mut stdout = io::stdout().lock();
    let written = stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush());
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(CliError::Output(error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Writes a result as one line of JSON.
pub(super) fn json(value: &impl Serialize) -> Result<(), CliError> {
    text(&format!("{}\n", json_line(value)))
}

/// One line of JSON.
pub(super) fn json_line(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("texts, numbers and lists can be written as JSON")
}

/// Writes each line of an error to standard error.
pub(super) fn error(text: &str) {
    let mut stderr = io::stderr().lock();
    for line in text.lines() {
        // Where even this cannot be written nobody can be told.
        _ = writeln!(stderr, "userstatusd: {line}");
    }
}
