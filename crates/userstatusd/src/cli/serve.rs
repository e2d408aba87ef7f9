//! `userstatusd serve`.

use super::ready_file::ReadyFile;
use super::{CliError, ready};
use crate::config::{Config, ConfigError};
use crate::reload::Source;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use userstatus_store::files;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// TOML file; without one the defaults hold. USERSTATUSD_<SECTION>_<KEY> in the environment overrides either
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Write the addresses and the process here as JSON as soon as clients can connect; it goes when the server does
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, CliError> {
    // Before anything can fail: who waits for the file is not to find that of the last time.
    if let Some(file) = &arguments.ready_file {
        ReadyFile::clear(file)?;
    }
    let file = arguments.config.clone();
    let started_with = config(file.as_deref(), files::read)?;
    let source = Source {
        name: file.as_ref().map_or_else(
            || "the environment".to_owned(),
            |file| file.display().to_string(),
        ),
        read: Arc::new(move || config(file.as_deref(), files::read_again)),
    };
    ready::serve(
        started_with,
        Some(source),
        async |_| Ok(()),
        |running, ()| {
            let file = arguments.ready_file.as_deref();
            file.map(|file| ReadyFile::write(file, running)).transpose()
        },
    )
}

/// The settings in a file, read by one of [`files`], and in the environment.
fn config(
    file: Option<&Path>,
    read: fn(&Path, u64) -> io::Result<Vec<u8>>,
) -> Result<Config, ConfigError> {
    let read = |file: &Path, bytes_max| read(file, bytes_max).and_then(files::text);
    Config::load(file, read, environment())
}

/// The same, from a file that may be wrong in more than one way.
pub(super) fn gather(file: &Path) -> Result<Config, ConfigError> {
    let read = |file: &Path, bytes_max| files::read(file, bytes_max).and_then(files::text);
    Config::gather(Some(file), read, environment())
}

/// Variables whose name or value is no text are none of ours.
fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}
