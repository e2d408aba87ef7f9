//! The command line.
//!
//! Results go to standard output, log lines and errors to standard error. Exit code 0: done; 1: not done, with one line that
//! says why and what to do; 2: the command line or the configuration is wrong.

mod account;
mod address;
mod admin_client;
mod app;
mod backup;
mod check_config;
mod date;
mod dev;
mod friend;
mod output;
mod ready;
mod ready_file;
mod reload;
mod serve;
mod top;
mod trace;
mod usersig;

use crate::config::ConfigError;
use crate::server::{StartError, StopError};
use clap::{Parser, Subcommand};
use std::io::Write as _;
use std::process::ExitCode;
use userstatus_operate::visible::{Form, visible_lines};

/// The presence backend: who is online, and what they say they are doing
#[derive(Parser)]
#[command(name = "userstatusd", version, max_term_width = 110)]
#[command(
    after_help = "Begin with `userstatusd dev`. Settings are in userstatusd.example.toml, the rest in docs/operations.md."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run a server for trying things out: no configuration, one app with everything on, UserSigs printed
    Dev(dev::Arguments),
    /// Run a server as configured
    Serve(serve::Arguments),
    /// Say whether a configuration is right, and if not, what is wrong
    CheckConfig(check_config::Arguments),
    /// Create, show and change apps of a running server
    #[command(subcommand)]
    App(app::Command),
    /// List, query, show, import, kick, delete and purge accounts of a running server
    #[command(subcommand)]
    Account(account::Command),
    /// Make and end friendships on a running server, whoever makes friends in the app, and list them
    #[command(subcommand)]
    Friend(friend::Command),
    /// See how a running server fares, refreshed: connections, logins, changes, latency, refusals, disk, memory
    Top(top::Arguments),
    /// See what one account asks of a running server and is told by it, as it happens
    Trace(trace::Arguments),
    /// Have a running server read its configuration again, and say what has changed
    Reload(reload::Arguments),
    /// Copy everything a running server keeps to a file
    Backup(backup::BackupArguments),
    /// Put a backup in a data directory that no server uses
    Restore(backup::RestoreArguments),
    /// Make the data file of a server that does not run as small as what is in it
    Compact(backup::CompactArguments),
    /// Mint a UserSig, or explain one
    #[command(subcommand)]
    Usersig(usersig::Command),
}

/// Why a command was not done. The text is one line for people.
#[derive(Debug, thiserror::Error)]
enum CliError {
    #[error("{0}")]
    Usage(String),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error("{0}; friends, kicks, deletions and apps that were acknowledged are on it")]
    Stop(#[from] StopError),
    #[error("cannot start: {0}")]
    System(#[source] std::io::Error),
    #[error("cannot write: {0}")]
    Output(#[source] std::io::Error),
    #[error("{0}")]
    Failed(String),
}

impl CliError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Usage(_) | Self::Config(_) => ExitCode::from(2),
            _ => ExitCode::FAILURE,
        }
    }
}

/// Runs what the command line says.
pub(crate) fn run() -> ExitCode {
    let command = match Cli::try_parse() {
        Ok(cli) => cli.command,
        Err(error) => return refused(&error),
    };
    let done = match command {
        Command::Dev(arguments) => dev::run(arguments),
        Command::Serve(arguments) => serve::run(&arguments),
        Command::CheckConfig(arguments) => check_config::run(&arguments),
        Command::App(command) => app::run(command),
        Command::Account(command) => account::run(command),
        Command::Friend(command) => friend::run(command),
        Command::Top(arguments) => top::run(&arguments),
        Command::Trace(arguments) => trace::run(&arguments),
        Command::Reload(arguments) => reload::run(&arguments),
        Command::Backup(arguments) => backup::run_backup(&arguments),
        Command::Restore(arguments) => backup::run_restore(&arguments),
        Command::Compact(arguments) => backup::run_compact(&arguments),
        Command::Usersig(command) => usersig::run(command),
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            output::error(&error.to_string());
            error.exit_code()
        }
    }
}

/// Help, the version, or what is wrong with the command line, which may quote anything.
fn refused(error: &clap::Error) -> ExitCode {
    if error.use_stderr() {
        let text = visible_lines(&error.render().to_string(), Form::Text).into_owned();
        // Where even this cannot be written nobody can be told.
        _ = std::io::stderr().write_all(text.as_bytes());
    } else {
        _ = error.print();
    }
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
