//! What is logged, as it is written in the configuration.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

/// Whether this is a level, or a filter.
pub(crate) fn check_level(level: &str) -> Result<(), String> {
    parse(level).map(drop)
}

pub(super) fn parse(level: &str) -> Result<EnvFilter, String> {
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
