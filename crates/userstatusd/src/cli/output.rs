//! Writing results and errors.

use super::CliError;
use serde::Serialize;
use std::io::{self, Write};
use userstatus_operate::visible::{Form, visible, visible_lines};

/// Writes a result to standard output, where names and texts that players chose do nothing to a terminal. Nobody reading any more is no
/// error.
pub(super) fn text(text: &str) -> Result<(), CliError> {
    write(text).map(drop)
}

/// Writes a result as one line of JSON, of several; says whether anybody reads it.
pub(super) fn is_read(value: &impl Serialize) -> Result<bool, CliError> {
    write(&format!("{}\n", json_line(value)))
}

/// Writes a result, of several; says whether anybody reads it.
pub(super) fn is_text_read(text: &str) -> Result<bool, CliError> {
    write(text)
}

/// Says whether anybody reads it.
fn write(text: &str) -> Result<bool, CliError> {
    let text = visible_lines(text, Form::Text);
    let mut stdout = io::stdout().lock();
    let written = stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush());
    match written {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(CliError::Output(error)),
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
    for line in visible_lines(text, Form::Text).lines() {
        // Where even this cannot be written nobody can be told.
        _ = writeln!(stderr, "userstatusd: {line}");
    }
}
