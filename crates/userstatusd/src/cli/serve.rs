//! `userstatusd serve`.

use super::{CliError, output, ready};
use crate::config::Config;
use crate::server::RunningServer;
use serde::Serialize;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// TOML file; without one the defaults hold. USERSTATUSD_<SECTION>_<KEY> in the environment overrides either
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Write the addresses here as JSON as soon as clients can connect
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, CliError> {
    let config = Config::load(arguments.config.as_deref(), environment())?;
    ready::serve(
        config,
        async |_| Ok(()),
        |running, ()| match &arguments.ready_file {
            Some(file) => write_ready_file(file, &Ready::of(running)),
            None => Ok(()),
        },
    )
}

/// Variables whose name or value is no text are none of ours.
pub(super) fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

/// Where a server listens.
#[derive(Serialize)]
struct Ready {
    server: Option<String>,
    servers: Vec<String>,
    admin: Option<String>,
}

impl Ready {
    fn of(running: &RunningServer) -> Self {
        let servers: Vec<_> = running
            .addresses()
            .map(|(address, is_tls)| match is_tls {
                true => format!("tls://{address}"),
                false => address.to_string(),
            })
            .collect();
        Self {
            server: servers.first().cloned(),
            servers,
            admin: running.admin().map(|(address, _)| address.to_string()),
        }
    }
}

/// Who waits for the file finds it complete.
fn write_ready_file(file: &Path, ready: &Ready) -> Result<(), CliError> {
    let mut unfinished = file.as_os_str().to_owned();
    unfinished.push(".new");
    let line = format!("{}\n", output::json_line(ready));
    fs::write(&unfinished, line)
        .and_then(|()| fs::rename(&unfinished, file))
        .map_err(|error| CliError::Failed(format!("{}: {error}", file.display())))
}
