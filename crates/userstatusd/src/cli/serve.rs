//! `userstatusd serve`.

use super::ready_file::{ReadyPlace, in_data_dir};
use super::{CliError, ready};
use crate::config::{Config, ConfigError};
use crate::reload::Source;
use crate::shared_files::READY_FILE;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use userstatus_store::embedded::lies_in_data_dir;
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
    let file = arguments.config.clone();
    let started_with = config(file.as_deref(), files::read);
    let ready_file = arguments.ready_file.as_deref();
    let mut shared = Vec::new();
    if let Ok(config) = &started_with {
        check_ready_file(ready_file, config)?;
        shared = config.shared_files(file.as_deref(), ready_file);
    }
    // Before anything else can fail: who waits for the file is not to find that of the last time.
    let ready_place = match ready_file {
        Some(ready_file) if shared.iter().all(|problem| problem.key != READY_FILE) => {
            let config = started_with.as_ref().ok();
            Some(ReadyPlace::clear(
                ready_file,
                config.and_then(Config::data_dir),
            )?)
        }
        _ => None,
    };
    if !shared.is_empty() {
        return Err(ConfigError::Invalid(shared).into());
    }
    let started_with = started_with?;
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
            let written = ready_place.map(|place| place.write(running));
            written.transpose()
        },
    )
}

/// Says by all of its names what is found again, by its folder, when it is written.
fn check_ready_file(file: Option<&Path>, config: &Config) -> Result<(), CliError> {
    let (Some(file), Some(data_dir)) = (file, config.data_dir()) else {
        return Ok(());
    };
    match lies_in_data_dir(file, data_dir) {
        Ok(false) => Ok(()),
        Ok(true) => Err(in_data_dir(file)),
        Err(error) => Err(CliError::Usage(format!(
            "{READY_FILE}: {}: {error}",
            file.display()
        ))),
    }
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
