//! `userstatusd check-config`.

use super::{CliError, output, serve};
use crate::config::{Config, ConfigError, Problem};
use std::path::PathBuf;
use std::process::ExitCode;
use userstatus_operate::admin::read_token_file;
use userstatus_tls::acceptor;

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
        let files = [&listener.tls_cert_file, &listener.tls_key_file];
        check_certificate(&format!("listeners.{index}"), files, &mut problems);
    }
    let files = [&config.rest.tls_cert_file, &config.rest.tls_key_file];
    check_certificate("rest", files, &mut problems);
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

/// Whether a section's certificate and key can be served, if it has both.
fn check_certificate(section: &str, [cert, key]: [&PathBuf; 2], problems: &mut Vec<Problem>) {
    let found_before = problems.len();
    for (setting, file) in [("tls_cert_file", cert), ("tls_key_file", key)] {
        if !file.as_os_str().is_empty()
            && let Err(error) = std::fs::File::open(file)
        {
            let problem = format!("{}: {error}", file.display());
            problems.push(Problem::new(format!("{section}.{setting}"), problem));
        }
    }
    let has_both = [cert, key].iter().all(|file| !file.as_os_str().is_empty());
    if problems.len() == found_before
        && has_both
        && let Err(error) = acceptor(cert, key)
    {
        problems.push(Problem::new(section, error.to_string()));
    }
}
