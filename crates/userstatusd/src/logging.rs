//! Log lines: to standard error, as text or JSON. Tokens, UserSigs, keys and custom statuses are in none of them.

use crate::config::{Log, LogFormat};
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

/// Begins to log, for the whole process.
///
/// # Errors
/// The level is none, or logging has begun already.
pub(crate) fn init(log: &Log) -> Result<(), String> {
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter(&log.level)?)
        .with_writer(std::io::stderr)
        // Where a line cannot be written, nor can what is wrong: trying panics if nobody reads any more.
        .log_internal_errors(false);
    match log.format {
        LogFormat::Text => builder
            .with_ansi(std::io::stderr().is_terminal())
            .with_target(false)
            .try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    }
    .map_err(|error| error.to_string())
}

/// Whether this is a level, or a filter.
pub(crate) fn check_level(level: &str) -> Result<(), String> {
    filter(level).map(drop)
}

fn filter(level: &str) -> Result<EnvFilter, String> {
    let wrong = |reason: &dyn std::fmt::Display| {
        format!("`{level}` is neither off, error, warn, info, debug, trace nor a filter: {reason}")
    };
    if level.is_empty() {
        return Err(wrong(&"it is empty"));
    }
    // A single word that is no level would be the name of a target: nothing else would be logged at all.
    let is_word = level.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if is_word {
        level
            .parse::<LevelFilter>()
            .map_err(|error| wrong(&error))?;
    }
    EnvFilter::builder()
        .with_default_directive(LevelFilter::WARN.into())
        .parse(level)
        .map_err(|error| wrong(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_and_filters_are_told_from_mistakes() {
        for level in ["info", "WARN", "off", "info,userstatus_edge=debug"] {
            assert!(check_level(level).is_ok(), "{level}");
        }
        for level in ["", "loud", "inof", "info,a=shout"] {
            assert!(check_level(level).is_err(), "{level}");
        }
    }
}
