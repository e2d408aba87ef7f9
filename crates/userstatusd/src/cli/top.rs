//! `userstatusd top`: how a running server fares, in a terminal.

mod reading;
mod screen;
mod view;

use super::admin_client::{AdminArguments, AdminClient};
use super::{CliError, output};
use reading::Reading;
use screen::{Event, Screen};
use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::Duration;
use view::View;

/// Seconds between two readings at most: an hour, where more could only be a mistake.
const EVERY_S_MAX: u64 = 3_600;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Print how it fares now, and end: so it is where nobody looks at a terminal, too
    #[arg(long)]
    once: bool,
    /// Seconds between two readings, which is what "per second" is measured over
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=EVERY_S_MAX))]
    every_s: u64,
    #[command(flatten)]
    admin: AdminArguments,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, CliError> {
    let client = arguments.admin.client()?;
    let every = Duration::from_secs(arguments.every_s);
    let is_watched = std::io::stdout().is_terminal() && std::io::stdin().is_terminal();
    if arguments.admin.json {
        return in_json(&client, every, arguments.once);
    }
    if arguments.once || !is_watched {
        let first = read(&client)?;
        screen::pause(every);
        let view = View::between(&first, &read(&client)?);
        output::text(&view.text(client.url()))?;
        return Ok(ExitCode::SUCCESS);
    }
    watch(&client, every)
}

/// One line for each reading, until nobody reads them any more.
fn in_json(client: &AdminClient, every: Duration, once: bool) -> Result<ExitCode, CliError> {
    let mut before = read(client)?;
    loop {
        screen::pause(every);
        let now = read(client)?;
        let is_read = output::is_read(&View::between(&before, &now))?;
        before = now;
        if once || !is_read {
            return Ok(ExitCode::SUCCESS);
        }
    }
}

/// Until `q` or Ctrl-C. A server that does not answer for a while, because it is started anew, is waited for.
fn watch(client: &AdminClient, every: Duration) -> Result<ExitCode, CliError> {
    let mut before = read(client)?;
    let mut screen = Screen::open().map_err(CliError::Output)?;
    let mut text = format!("{}: reading for {} s …\n", client.url(), every.as_secs());
    loop {
        screen.show(&text).map_err(CliError::Output)?;
        match screen.wait(every).map_err(CliError::Output)? {
            Event::Quit => return Ok(ExitCode::SUCCESS),
            Event::Resized => continue,
            Event::TimeOver => {}
        }
        match read(client) {
            Ok(now) => {
                text = View::between(&before, &now).text(client.url());
                before = now;
            }
            Err(error) => text = format!("{error}\n"),
        }
    }
}

fn read(client: &AdminClient) -> Result<Reading, CliError> {
    let page = client.get_text("/metrics")?;
    Reading::of(&page).ok_or_else(|| {
        CliError::Failed(format!(
            "{} answered what this version does not understand",
            client.url()
        ))
    })
}
