//! `userstatusd check-config`.

use super::{CliError, output, serve};
use crate::config::{Config, ConfigError, Problem};
use std::path::PathBuf;
use std::process::ExitCode;
use userstatus_edge::acceptor;
use userstatus_operate::admin::read_token_file;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// TOML file; the environment overrides it as for serve
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, CliError> {
    let config = serve::gather(&arguments.config)?;
    let mut problems = config.problems();
    problems.extend(check_files(&config));
    problems.extend(config.shared_files(Some(&arguments.config), None));
    if !problems.is_empty() {
        return Err(ConfigError::Invalid(problems).into());
    }
    output::text(&format!("{}: ok\n", arguments.config.display()))?;
    Ok(ExitCode::SUCCESS)
}

/// What can only be seen on this machine.
fn check_files(config: &Config) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (index, listener) in config.listeners.iter().enumerate() {
        let files = [
            ("tls_cert_file", &listener.tls_cert_file),
            ("tls_key_file", &listener.tls_key_file),
        ];
        let unreadable = files
            .into_iter()
            .filter(|(_, file)| !file.as_os_str().is_empty())
            .filter_map(|(setting, file)| {
                let error = std::fs::File::open(file).err()?;
                Some(Problem::new(
                    format!("listeners.{index}.{setting}"),
                    format!("{}: {error}", file.display()),
                ))
            });
        let found_before = problems.len();
        problems.extend(unreadable);
        if problems.len() == found_before
            && let Some((cert, key)) = listener.tls_files()
            && let Err(error) = acceptor(cert, key)
        {
            problems.push(Problem::new(
                format!("listeners.{index}"),
                error.to_string(),
            ));
        }
    }
    if config.admin.enabled
        && let Some(file) = config.admin.token_file(&config.storage)
        && let Err(error) = read_token_file(&file)
    {
        problems.push(Problem::new("admin.token_file", error.to_string()));
    }
    if let Some(dir) = config.data_dir()
        && dir.exists()
        && !dir.is_dir()
    {
        let problem = format!("{} is no directory", dir.display());
        problems.push(Problem::new("storage.data_dir", problem));
    }
    problems
}
