//! `userstatusd reload`.

use super::admin_client::AdminArguments;
use super::{CliError, output};
use std::fmt::Write as _;
use std::process::ExitCode;
use userstatus_operate::admin::api::{Reloaded, TakesEffect};

#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    admin: AdminArguments,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, CliError> {
    let reloaded: Reloaded = arguments.admin.client()?.post("/v1/reload", &())?;
    match arguments.admin.json {
        true => output::json(&reloaded),
        false => output::text(&for_people(&reloaded)),
    }?;
    match reloaded.error {
        None => Ok(ExitCode::SUCCESS),
        Some(error) => Err(CliError::Failed(format!(
            "the server goes on with the configuration it has: {error}"
        ))),
    }
}

fn for_people(reloaded: &Reloaded) -> String {
    if !reloaded.reloaded {
        return String::new();
    }
    if reloaded.settings.is_empty() {
        return "nothing differs from what the server runs with\n".to_owned();
    }
    let mut text = String::new();
    for changed in &reloaded.settings {
        let when = match changed.takes_effect {
            TakesEffect::Now => "holds now",
            TakesEffect::AtTheNextStart => "holds when the server is started again",
        };
        writeln!(text, "{:<32} {when}", changed.setting)
            .expect("writing to a String does not fail");
    }
    text
}
