//! `userstatusd friend`.

use super::admin_client::{AdminArguments, MANY_WRITES_TIMEOUT, path_part};
use super::{CliError, date, output};
use std::fmt::Write as _;
use std::process::ExitCode;
use userstatus_operate::admin::api::{
    ADD_FRIENDS_MAX, AddFriends, DELETE_FRIENDS_MAX, DeleteFriends, FRIENDS_PAGE_MAX, FriendList,
    FriendResultView, FriendResults, FriendView,
};

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Make a user and others each other's friends; who is one already stays one
    Add {
        /// The app's id
        app_id: u64,
        /// The user
        user: String,
        /// The others: accounts that exist
        #[arg(required = true)]
        friends: Vec<String>,
        #[command(flatten)]
        admin: AdminArguments,
    },
    /// End friendships, on both lists
    Delete {
        /// The app's id
        app_id: u64,
        /// The user
        user: String,
        /// The others
        #[arg(required = true)]
        friends: Vec<String>,
        /// Leave the user on the others' lists
        #[arg(long)]
        one_sided: bool,
        #[command(flatten)]
        admin: AdminArguments,
    },
    /// List a user's friends by user id, all of them
    List {
        /// The app's id
        app_id: u64,
        /// The user
        user: String,
        #[command(flatten)]
        admin: AdminArguments,
    },
}

pub(super) fn run(command: Command) -> Result<ExitCode, CliError> {
    match command {
        Command::Add {
            app_id,
            user,
            friends,
            admin,
        } => add(&path(app_id, &user), &friends, &admin),
        Command::Delete {
            app_id,
            user,
            friends,
            one_sided,
            admin,
        } => delete(&path(app_id, &user), &friends, !one_sided, &admin),
        Command::List {
            app_id,
            user,
            admin,
        } => list(&path(app_id, &user), &admin),
    }
}

fn path(app_id: u64, user: &str) -> String {
    format!("/v1/apps/{app_id}/accounts/{}/friends", path_part(user))
}

fn add(path: &str, friends: &[String], admin: &AdminArguments) -> Result<ExitCode, CliError> {
    let client = admin.client_waiting(MANY_WRITES_TIMEOUT)?;
    let mut results = Vec::new();
    for friends in friends.chunks(ADD_FRIENDS_MAX) {
        let wanted = AddFriends {
            user_ids: friends.to_vec(),
        };
        let added: FriendResults = client.post(path, &wanted)?;
        results.extend(added.results);
    }
    let refused: Vec<_> = results.iter().filter(|result| !is_done(result)).collect();
    let exit = match refused.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    };
    let text = format!(
        "friends now: {}; refused: {}\n",
        results.len() - refused.len(),
        refused.len()
    );
    if !admin.json {
        for FriendResultView {
            user_id,
            code,
            message,
        } in refused
        {
            let reason = message.as_deref().unwrap_or_default();
            output::error(&format!("{user_id}: {reason} ({code})"));
        }
    }
    match admin.json {
        true => output::json(&FriendResults { results }),
        false => output::text(&text),
    }?;
    Ok(exit)
}

fn delete(
    path: &str,
    friends: &[String],
    both: bool,
    admin: &AdminArguments,
) -> Result<ExitCode, CliError> {
    let client = admin.client_waiting(MANY_WRITES_TIMEOUT)?;
    let path = format!("{path}/delete");
    let mut results = Vec::new();
    for friends in friends.chunks(DELETE_FRIENDS_MAX) {
        let wanted = DeleteFriends {
            user_ids: friends.to_vec(),
            both,
        };
        let deleted: FriendResults = client.post(&path, &wanted)?;
        results.extend(deleted.results);
    }
    let ended = results.iter().filter(|result| is_done(result)).count();
    let strangers = results.len() - ended;
    match admin.json {
        true => output::json(&FriendResults { results }),
        false => output::text(&format!(
            "friends deleted: {ended}; were no friends: {strangers}\n"
        )),
    }?;
    Ok(ExitCode::SUCCESS)
}

/// Asks for one page after the other.
fn list(path: &str, admin: &AdminArguments) -> Result<ExitCode, CliError> {
    let client = admin.client()?;
    let mut friends = Vec::new();
    let mut next = format!("{path}?limit={FRIENDS_PAGE_MAX}");
    loop {
        let page: FriendList = client.get(&next)?;
        friends.extend(page.friends);
        let Some(after) = page.next_after else { break };
        next = format!(
            "{path}?limit={FRIENDS_PAGE_MAX}&after={}",
            path_part(&after)
        );
    }
    match admin.json {
        true => output::json(&FriendList {
            friends,
            next_after: None,
        }),
        false => output::text(&for_people(&friends)),
    }?;
    Ok(ExitCode::SUCCESS)
}

const fn is_done(result: &FriendResultView) -> bool {
    result.code == 0
}

fn for_people(friends: &[FriendView]) -> String {
    let mut text = String::new();
    for friend in friends {
        let since = date::utc(friend.added_at_ms / 1_000);
        write!(text, "{:<32} since {since}", friend.user_id)
            .expect("writing to a String does not fail");
        if !friend.remark.is_empty() {
            write!(text, "  \"{}\"", friend.remark.escape_debug())
                .expect("writing to a String does not fail");
        }
        text.push('\n');
    }
    text
}
