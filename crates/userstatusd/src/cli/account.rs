//! `userstatusd account`.

mod erasure;

use super::admin_client::{AdminArguments, MANY_WRITES_TIMEOUT, path_part};
use super::{CliError, date, output};
use std::fmt::Write as _;
use std::process::ExitCode;
use userstatus_operate::admin::api::{
    ACCOUNTS_PAGE_MAX, AccountList, AccountSummaryView, AccountView, IMPORT_USERS_MAX,
    ImportAccounts, Imported, Kicked, PurgeAccounts, QUERY_USERS_MAX, QueriedAccounts,
    QueryAccounts,
};

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// List accounts by user id, all of them unless a limit is given
    List {
        /// The app's id
        app_id: u64,
        /// Only users whose ids begin with this
        #[arg(long, value_name = "TEXT", default_value = "")]
        prefix: String,
        /// Only users after this one
        #[arg(long, value_name = "USER")]
        after: Option<String>,
        /// At most so many
        #[arg(long, value_name = "N")]
        limit: Option<usize>,
        #[command(flatten)]
        admin: AdminArguments,
    },
    /// Say what many accounts are at, in one request for each thousand
    Query {
        /// The app's id
        app_id: u64,
        /// The users
        #[arg(required = true)]
        users: Vec<String>,
        #[command(flatten)]
        admin: AdminArguments,
    },
    /// Show an account: status, devices, whom it watches, friends
    Show {
        /// The app's id
        app_id: u64,
        /// The user
        user: String,
        #[command(flatten)]
        admin: AdminArguments,
    },
    /// Log all devices of an account out and revoke every UserSig minted before now
    Kick {
        /// The app's id
        app_id: u64,
        /// The user
        user: String,
        #[command(flatten)]
        admin: AdminArguments,
    },
    /// Erase accounts with all that is known of them; their devices are logged out
    Delete {
        /// The app's id
        app_id: u64,
        /// The users
        #[arg(required = true)]
        users: Vec<String>,
        /// Yes, they cannot be brought back
        #[arg(long)]
        yes: bool,
        #[command(flatten)]
        admin: AdminArguments,
    },
    /// Erase accounts that nobody has used for long, such as guests'
    Purge {
        /// The app's id
        app_id: u64,
        /// Whose last device was there longer ago than this
        #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..))]
        not_seen_for_days: u32,
        /// Only users whose ids begin with this
        #[arg(long, value_name = "TEXT", default_value = "")]
        prefix: String,
        /// Say who it would be, and erase nobody
        #[arg(long)]
        dry_run: bool,
        /// Yes, they cannot be brought back
        #[arg(long)]
        yes: bool,
        #[command(flatten)]
        admin: AdminArguments,
    },
    /// Register accounts without a login, in one request for each thousand
    Import {
        /// The app's id
        app_id: u64,
        /// The users
        #[arg(required = true)]
        users: Vec<String>,
        #[command(flatten)]
        admin: AdminArguments,
    },
}

pub(super) fn run(command: Command) -> Result<ExitCode, CliError> {
    match command {
        Command::List {
            app_id,
            prefix,
            after,
            limit,
            admin,
        } => list_accounts(app_id, &prefix, after, limit, &admin),
        Command::Query {
            app_id,
            users,
            admin,
        } => query_accounts(app_id, &users, &admin),
        Command::Show {
            app_id,
            user,
            admin,
        } => {
            let path = format!("/v1/apps/{app_id}/accounts/{}", path_part(&user));
            let account: AccountView = admin.client()?.get(&path)?;
            match admin.json {
                true => output::json(&account),
                false => output::text(&account_for_people(&account)),
            }
        }
        Command::Kick {
            app_id,
            user,
            admin,
        } => {
            let path = format!("/v1/apps/{app_id}/accounts/{}/kick", path_part(&user));
            let kicked: Kicked = admin.client()?.post(&path, &())?;
            match admin.json {
                true => output::json(&kicked),
                false => output::text(&format!(
                    "devices logged out: {}; UserSigs minted before now are revoked\n",
                    kicked.devices
                )),
            }
        }
        Command::Delete {
            app_id,
            users,
            yes,
            admin,
        } => erasure::delete(app_id, &users, yes, &admin),
        Command::Purge {
            app_id,
            not_seen_for_days,
            prefix,
            dry_run,
            yes,
            admin,
        } => {
            let wanted = PurgeAccounts {
                not_seen_for_days,
                prefix,
                after: None,
                dry_run,
            };
            erasure::purge(app_id, wanted, yes, &admin)
        }
        Command::Import {
            app_id,
            users,
            admin,
        } => import_accounts(app_id, &users, &admin),
    }?;
    Ok(ExitCode::SUCCESS)
}

/// Asks for one page after the other.
fn list_accounts(
    app_id: u64,
    prefix: &str,
    mut after: Option<String>,
    limit: Option<usize>,
    admin: &AdminArguments,
) -> Result<(), CliError> {
    let client = admin.client()?;
    let mut accounts = Vec::new();
    loop {
        let left = limit.map_or(ACCOUNTS_PAGE_MAX, |limit| {
            limit.saturating_sub(accounts.len())
        });
        if left == 0 {
            break;
        }
        let mut path = format!(
            "/v1/apps/{app_id}/accounts?limit={}&prefix={}",
            left.min(ACCOUNTS_PAGE_MAX),
            path_part(prefix)
        );
        if let Some(after) = &after {
            write!(path, "&after={}", path_part(after)).expect("writing to a String does not fail");
        }
        let page: AccountList = client.get(&path)?;
        accounts.extend(page.accounts);
        after = page.next_after;
        if after.is_none() {
            break;
        }
    }
    let next_after = after;
    match admin.json {
        true => output::json(&AccountList {
            accounts,
            next_after,
        }),
        false => output::text(&accounts_for_people(&accounts)),
    }
}

fn query_accounts(app_id: u64, users: &[String], admin: &AdminArguments) -> Result<(), CliError> {
    let client = admin.client()?;
    let path = format!("/v1/apps/{app_id}/accounts/query");
    let mut accounts = Vec::new();
    for users in users.chunks(QUERY_USERS_MAX) {
        let wanted = QueryAccounts {
            user_ids: users.to_vec(),
        };
        let queried: QueriedAccounts = client.post(&path, &wanted)?;
        accounts.extend(queried.accounts);
    }
    match admin.json {
        true => output::json(&QueriedAccounts { accounts }),
        false => output::text(&accounts_for_people(&accounts)),
    }
}

fn import_accounts(app_id: u64, users: &[String], admin: &AdminArguments) -> Result<(), CliError> {
    let client = admin.client_waiting(MANY_WRITES_TIMEOUT)?;
    let path = format!("/v1/apps/{app_id}/accounts");
    let mut accounts = 0;
    for users in users.chunks(IMPORT_USERS_MAX) {
        let wanted = ImportAccounts {
            user_ids: users.to_vec(),
        };
        let imported: Imported = client.post(&path, &wanted)?;
        accounts += imported.accounts;
    }
    match admin.json {
        true => output::json(&Imported { accounts }),
        false => output::text(&format!("accounts registered: {accounts}\n")),
    }
}

fn accounts_for_people(accounts: &[AccountSummaryView]) -> String {
    let mut text = String::new();
    for account in accounts {
        let seen = account.last_seen_at_ms.map_or_else(String::new, |at| {
            format!("  last seen {}", date::utc(at / 1_000))
        });
        writeln!(
            text,
            "{:<32} {:<9} \"{}\"{seen}",
            account.user_id,
            account.status,
            account.custom_status.escape_debug()
        )
        .expect("writing to a String does not fail");
    }
    text
}

fn account_for_people(account: &AccountView) -> String {
    let time = |ms: u64| date::utc(ms / 1_000);
    let mut text = format!(
        "account {} of app {}\n\
         status         {}\n\
         custom status  \"{}\"\n",
        account.user_id,
        account.app_id,
        account.status,
        account.custom_status.escape_debug(),
    );
    for device in &account.devices {
        let lease = match device.lease_until_ms {
            Some(until) => format!("expected back until {}", time(until)),
            None => "connected".to_owned(),
        };
        line(
            &mut text,
            "device",
            &format!(
                "{}, {lease}, logged in {}, session {}",
                device.platform,
                time(device.logged_in_at_ms),
                device.session
            ),
        );
    }
    line(&mut text, "subscriptions", &list(&account.subscriptions));
    if let Some(at) = account.subscriptions_clear_at_ms {
        line(
            &mut text,
            "",
            &format!("cleared {} unless they come back", time(at)),
        );
    }
    line(&mut text, "friends", &list(&account.friends));
    if account.sigs_valid_from_ms > 0 {
        let revoked = format!("minted before {}", time(account.sigs_valid_from_ms));
        line(&mut text, "revoked sigs", &revoked);
    }
    text
}

fn line(text: &mut String, name: &str, value: &str) {
    writeln!(text, "{name:<14} {value}").expect("writing to a String does not fail");
}

fn list(users: &[String]) -> String {
    match users {
        [] => "none".to_owned(),
        users => format!("{}: {}", users.len(), users.join(" ")),
    }
}
