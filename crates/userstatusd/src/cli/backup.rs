//! `userstatusd backup`, `restore` and `compact`.

use super::admin_client::AdminArguments;
use super::{CliError, output};
use serde::Serialize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use userstatus_operate::admin::api::{BackedUp, Backup};
use userstatus_store::embedded::{compact, restore};

/// A large data file takes its time.
const BACKUP_TIMEOUT: Duration = Duration::from_secs(3_600);

/// What a backup brings back that was taken away since.
const AFTER_A_RESTORE: &str = "kicks, removed keys, deletions and blocks made after the backup are undone: make them again before players come back; \
     docs/operations.md, \"Putting it back\", has the list";

#[derive(clap::Args)]
pub(super) struct BackupArguments {
    /// The file to write, on the server's machine and by the server's user; there must be none yet
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    #[command(flatten)]
    admin: AdminArguments,
}

#[derive(clap::Args)]
pub(super) struct RestoreArguments {
    /// The backup
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    /// The data directory, which no server may be using
    #[arg(long, value_name = "DIR")]
    data_dir: PathBuf,
    /// Also if the data directory is not empty: the data file in it is kept, under another name
    #[arg(long)]
    force: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args)]
pub(super) struct CompactArguments {
    /// The data directory, which no server may be using
    #[arg(long, value_name = "DIR")]
    data_dir: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run_backup(arguments: &BackupArguments) -> Result<ExitCode, CliError> {
    let to = std::path::absolute(&arguments.to)
        .ok()
        .and_then(|to| to.into_os_string().into_string().ok())
        .ok_or_else(|| {
            CliError::Usage("--to: it is no path that can be sent as text".to_owned())
        })?;
    let client = arguments.admin.client_waiting(BACKUP_TIMEOUT)?;
    let written: BackedUp = client.post("/v1/backup", &Backup { to })?;
    match arguments.admin.json {
        true => output::json(&written),
        false => output::text(&format!(
            "{}: {} bytes, apps: {}, accounts: {}, read back and complete\n",
            written.file, written.bytes, written.apps, written.accounts
        )),
    }?;
    Ok(ExitCode::SUCCESS)
}

#[derive(Serialize)]
struct Restored {
    data_dir: PathBuf,
    accounts: u64,
    kept: Option<PathBuf>,
}

pub(super) fn run_restore(arguments: &RestoreArguments) -> Result<ExitCode, CliError> {
    let RestoreArguments {
        from,
        data_dir,
        force,
        json,
    } = arguments;
    let missing: Vec<_> = data_dir
        .ancestors()
        .take_while(|dir| !dir.as_os_str().is_empty() && !dir.exists())
        .collect();
    let (accounts, kept) = restore(from, data_dir, *force).map_err(|error| {
        for dir in missing {
            // Those that were made for nothing; what is not empty stays.
            _ = std::fs::remove_dir(dir);
        }
        CliError::Failed(error.to_string())
    })?;
    if *json {
        output::json(&Restored {
            data_dir: data_dir.clone(),
            accounts,
            kept,
        })?;
        return Ok(ExitCode::SUCCESS);
    }
    let kept = kept.map_or_else(String::new, |kept| {
        format!("; what was there before is {}", kept.display())
    });
    output::text(&format!(
        "{}: restored, accounts: {accounts}{kept}\n{AFTER_A_RESTORE}\n",
        data_dir.display()
    ))?;
    Ok(ExitCode::SUCCESS)
}

#[derive(Serialize)]
struct CompactedView {
    bytes_before: u64,
    bytes: u64,
}

pub(super) fn run_compact(arguments: &CompactArguments) -> Result<ExitCode, CliError> {
    let done = compact(&arguments.data_dir).map_err(|error| CliError::Failed(error.to_string()))?;
    match arguments.json {
        true => output::json(&CompactedView {
            bytes_before: done.bytes_before,
            bytes: done.bytes,
        }),
        false => output::text(&format!(
            "{}: {} bytes, {} before\n",
            arguments.data_dir.display(),
            done.bytes,
            done.bytes_before
        )),
    }?;
    Ok(ExitCode::SUCCESS)
}
