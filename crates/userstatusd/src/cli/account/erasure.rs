//! `userstatusd account delete` and `account purge`.

use super::super::admin_client::{AdminArguments, MANY_WRITES_TIMEOUT};
use super::super::{CliError, output};
use std::fmt::Write as _;
use userstatus_operate::admin::api::{
    DELETE_USERS_MAX, DeleteAccounts, Deleted, PurgeAccounts, Purged,
};

pub(super) fn delete(
    app_id: u64,
    users: &[String],
    yes: bool,
    admin: &AdminArguments,
) -> Result<(), CliError> {
    if !yes {
        return Err(CliError::Usage(format!(
            "{} accounts go with all that is known of them, and cannot be brought back; add --yes",
            users.len()
        )));
    }
    let client = admin.client_waiting(MANY_WRITES_TIMEOUT)?;
    let path = format!("/v1/apps/{app_id}/accounts/delete");
    let mut accounts = 0;
    for users in users.chunks(DELETE_USERS_MAX) {
        let wanted = DeleteAccounts {
            user_ids: users.to_vec(),
        };
        let deleted: Deleted = client.post(&path, &wanted)?;
        accounts += deleted.accounts;
    }
    match admin.json {
        true => output::json(&Deleted { accounts }),
        false => output::text(&format!(
            "accounts deleted: {accounts}; not there: {}\n",
            users.len().saturating_sub(accounts)
        )),
    }
}

/// Asks for one page after the other.
pub(super) fn purge(
    app_id: u64,
    mut wanted: PurgeAccounts,
    yes: bool,
    admin: &AdminArguments,
) -> Result<(), CliError> {
    if !yes && !wanted.dry_run {
        return Err(CliError::Usage(
            "accounts go with all that is known of them, and cannot be brought back; see with --dry-run whose, then add --yes"
                .to_owned(),
        ));
    }
    let client = admin.client_waiting(MANY_WRITES_TIMEOUT)?;
    let path = format!("/v1/apps/{app_id}/accounts/purge");
    let mut all = Purged {
        looked_at: 0,
        user_ids: Vec::new(),
        deleted: 0,
        never_seen: 0,
        next_after: None,
    };
    loop {
        let page: Purged = client.post(&path, &wanted)?;
        all.looked_at += page.looked_at;
        all.user_ids.extend(page.user_ids);
        all.deleted += page.deleted;
        all.never_seen += page.never_seen;
        wanted.after = page.next_after;
        if wanted.after.is_none() {
            break;
        }
    }
    match admin.json {
        true => output::json(&all),
        false => output::text(&for_people(&all, wanted.dry_run)),
    }
}

fn for_people(purged: &Purged, is_dry_run: bool) -> String {
    let mut text = String::new();
    if is_dry_run {
        for user in &purged.user_ids {
            writeln!(text, "{user}").expect("writing to a String does not fail");
        }
    }
    let done = match is_dry_run {
        true => format!("would be deleted: {}", purged.user_ids.len()),
        false => format!("deleted: {}", purged.deleted),
    };
    writeln!(
        text,
        "accounts looked at: {}, {done}, never seen and left alone: {}",
        purged.looked_at, purged.never_seen
    )
    .expect("writing to a String does not fail");
    text
}
