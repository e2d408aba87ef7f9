//! Writing results and errors.

use super::CliError;
use serde::Serialize;
use std::io::{self, Write};
use userstatus_operate::visible::{Form, visible, visible_lines};

/// Writes a result to standard output, where names and texts that players chose do nothing to a terminal. Nobody reading any more is no
/// error.
pub(super) fn text(text: &str) -> Result<(), CliError> {
    let text = visible_lines(text);
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
    let line =
        serde_json::to_string(value).expect("texts, numbers and lists can be written as JSON");
    visible(&line, Form::Json).into_owned()
}

/// Writes each line of an error to standard error.
pub(super) fn error(text: &str) {
    let mut stderr = io::stderr().lock();
    for line in visible_lines(text).lines() {
        // Where even this cannot be written nobody can be told.
        _ = writeln!(stderr, "userstatusd: {line}");
    }
}
