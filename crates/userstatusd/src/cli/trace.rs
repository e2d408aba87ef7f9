//! `userstatusd trace`.

use super::admin_client::{AdminArguments, path_part};
use super::{CliError, date, output};
use std::io::BufRead;
use std::process::ExitCode;
use std::time::Duration;
use userstatus_operate::admin::api::{TraceAnswer, TraceEvent, TraceLine, TraceUsers};

/// The answer comes so much later than its time is over, at most.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The app's id
    app_id: u64,
    /// The user, who need not be there yet
    user: String,
    /// Seconds after which it ends, 3600 at most; Ctrl-C ends it sooner
    #[arg(long, value_name = "N", default_value_t = 60)]
    for_s: u64,
    /// Show the texts of the user's own custom statuses, and not their lengths alone
    #[arg(long)]
    texts: bool,
    #[command(flatten)]
    admin: AdminArguments,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, CliError> {
    let Arguments {
        app_id,
        user,
        for_s,
        texts,
        admin,
    } = arguments;
    let client = admin.client_waiting(PATIENCE.saturating_add(Duration::from_secs(*for_s)))?;
    let lines = client.get_lines(&format!(
        "/v1/apps/{app_id}/accounts/{}/trace?for_s={for_s}&texts={texts}",
        path_part(user)
    ))?;
    for line in lines.lines() {
        let line = line.map_err(|error| {
            CliError::Failed(format!(
                "the trace was cut off: {error}; did the server stop?"
            ))
        })?;
        let read: TraceLine = serde_json::from_str(&line).map_err(|error| {
            CliError::Failed(format!("this version does not understand {line}: {error}"))
        })?;
        let is_read = match admin.json {
            true => output::is_read(&read)?,
            false => output::is_text_read(&for_people(&read))?,
        };
        if !is_read || read.event == TraceEvent::End {
            return Ok(ExitCode::SUCCESS);
        }
    }
    Err(CliError::Failed(
        "the trace was cut off; did the server stop?".to_owned(),
    ))
}

fn for_people(line: &TraceLine) -> String {
    let missed = match line.missed {
        0 => String::new(),
        missed => format!("… {missed} events were missed\n"),
    };
    let session = match line.session {
        Some(session) => format!("session {session}"),
        None => "no session".to_owned(),
    };
    let what = match &line.event {
        TraceEvent::Login {
            peer,
            platform,
            reconnect,
            answer,
        } => {
            let again = if *reconnect { "comes back" } else { "logs in" };
            format!("{again} from {peer} on {platform}: {}", result(answer))
        }
        TraceEvent::Request {
            request,
            users,
            text,
            answer,
        } => {
            let text = match text {
                None => String::new(),
                Some(text) => match &text.text {
                    Some(shown) => format!(" {shown:?}"),
                    None => format!(" ({} bytes)", text.bytes),
                },
            };
            format!("{request}{}{text}: {}", of(users), result(answer))
        }
        TraceEvent::Told { users } => format!("is told{}", of(users)),
        TraceEvent::Ended { reason } => format!("connection ended: {reason}"),
        TraceEvent::End => return format!("{missed}the time is over\n"),
    };
    let at = date::utc(line.at_ms / 1_000);
    format!("{missed}{at}  {session}  {what}\n")
}

fn result(answer: &TraceAnswer) -> String {
    let ms = answer.took_us as f64 / 1e3;
    match &answer.message {
        None => format!("ok, {ms:.2} ms"),
        Some(message) => format!("{} {message}, {ms:.2} ms", answer.code),
    }
}

fn of(users: &TraceUsers) -> String {
    let more = match users.count - users.first.len().min(users.count) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    match users.first.is_empty() {
        true => String::new(),
        false => format!(" {}{more}", users.first.join(", ")),
    }
}
