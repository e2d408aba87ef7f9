//! What can be wrong with a configuration.

use std::fmt;
use std::path::PathBuf;

/// Why a configuration was refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    /// The file cannot be read.
    #[error("{}: {source}", .file.display())]
    Unreadable {
        /// Which.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is no TOML, or has a key that does not exist or a value of the wrong kind.
    #[error("{shown}")]
    Syntax {
        /// With the line it is in, for people at a terminal.
        shown: String,
        /// With line and column.
        in_short: String,
    },
    /// Values that cannot be, all of them.
    #[error("{}", lines(.0))]
    Invalid(Vec<Problem>),
}

impl ConfigError {
    /// For a log line.
    pub(crate) fn in_one_line(&self) -> String {
        match self {
            Self::Syntax { in_short, .. } => in_short.clone(),
            Self::Unreadable { .. } | Self::Invalid(_) => self.to_string().replace('\n', "; "),
        }
    }
}

/// One value that cannot be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// The setting, or the environment variable.
    pub(crate) key: String,
    /// What is wrong and what to do.
    pub(crate) text: String,
}

impl Problem {
    pub(crate) fn new(key: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            text: text.into(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key, self.text)
    }
}

fn lines(problems: &[Problem]) -> String {
    let lines: Vec<_> = problems.iter().map(Problem::to_string).collect();
    lines.join("\n")
}
