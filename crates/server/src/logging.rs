//! Log lines: to standard error, as text or JSON. Tokens, UserSigs, keys and custom statuses are in none of them.

use crate::config::{Log, LogFormat};
use std::io::IsTerminal;
use std::sync::atomic::{AtomicU64, Ordering};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;
use userstatus_core::Timestamp;

/// Begins to log, for the whole process.
///
/// # Errors
/// The level is none, or logging has begun already.
pub fn init(log: &Log) -> Result<(), String> {
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

/// Lines a [`Gate`] lets through in a second.
const GATE_LINES_PER_S_MAX: u64 = 20;

/// Keeps those who can cause a log line at will from filling the disk.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    second: AtomicU64,
    lines: AtomicU64,
}

impl Gate {
    /// Whether one more line may be written. Counts are approximate where threads meet.
    pub(crate) fn opens(&self, now: Timestamp) -> bool {
        if self.second.swap(now.as_s(), Ordering::Relaxed) != now.as_s() {
            self.lines.store(0, Ordering::Relaxed);
        }
        self.lines.fetch_add(1, Ordering::Relaxed) < GATE_LINES_PER_S_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_and_filters_are_told_from_mistakes() {
        for level in [
            "info",
            "WARN",
            "off",
            "info,userstatus_server::connection=debug",
        ] {
            assert!(check_level(level).is_ok(), "{level}");
        }
        for level in ["", "loud", "inof", "info,a=shout"] {
            assert!(check_level(level).is_err(), "{level}");
        }
    }

    #[test]
    fn a_gate_lets_20_lines_a_second_through() {
        let gate = Gate::default();
        let at = |ms| Timestamp::from_ms(ms);
        let opened = (0..1_000).filter(|ms| gate.opens(at(5_000 + ms))).count();
        assert_eq!(opened, 20);
        assert!(gate.opens(at(6_000)));
    }
}
