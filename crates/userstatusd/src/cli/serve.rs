//! `userstatusd serve`.

use super::ready_file::ReadyFile;
use super::{CliError, ready};
use crate::config::Config;
use std::path::PathBuf;
use std::process::ExitCode;

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
    let file = arguments.config.clone();
    let source = move || Config::load(file.as_deref(), environment());
    // Before anything can fail: who waits for the file is not to find that of the last time.
    if let Some(file) = &arguments.ready_file {
        ReadyFile::clear(file)?;
    }
    let config = source()?;
    ready::serve(
        config,
        Some(Box::new(source)),
        async |_| Ok(()),
        |running, ()| {
            let file = arguments.ready_file.as_deref();
            file.map(|file| ReadyFile::write(file, running)).transpose()
        },
    )
}

/// Variables whose name or value is no text are none of ours.
pub(super) fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}
