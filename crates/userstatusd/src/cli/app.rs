//! `userstatusd app`.

use super::admin_client::AdminArguments;
use super::{CliError, date, output};
use std::fmt::Write as _;
use std::process::ExitCode;
use userstatus_operate::admin::api::{AddKey, AppList, AppView, ChangeApp, CreateApp, KeyView};
use userstatus_operate::admin::settings::SettingsPatch;

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Create an app; it is basic and everything is off unless said otherwise
    Create {
        /// Its id [default: a random one]
        #[arg(long, value_name = "N")]
        app_id: Option<u64>,
        /// Its name, for people
        #[arg(long, value_name = "TEXT", default_value = "")]
        name: String,
        /// Its first secret key [default: a random one]
        #[arg(long, value_name = "TEXT")]
        secret_key: Option<String>,
        #[command(flatten)]
        settings: SettingsPatch,
        #[command(flatten)]
        admin: AdminArguments,
    },
    /// List all apps
    List {
        #[command(flatten)]
        admin: AdminArguments,
    },
    /// Show an app with its settings
    Show {
        /// Its id
        app_id: u64,
        /// Show its secret keys as well
        #[arg(long)]
        secrets: bool,
        #[command(flatten)]
        admin: AdminArguments,
    },
    /// Change an app, at once for everybody connected; settings that are not named stay as they are
    Set {
        /// Its id
        app_id: u64,
        /// Its name, for people
        #[arg(long, value_name = "TEXT")]
        name: Option<String>,
        #[command(flatten)]
        settings: SettingsPatch,
        #[command(flatten)]
        admin: AdminArguments,
    },
    /// Delete an app with all its accounts
    Delete {
        /// Its id
        app_id: u64,
        /// Yes, with all its accounts
        #[arg(long)]
        yes: bool,
        #[command(flatten)]
        admin: AdminArguments,
    },
    /// Add a second secret key: UserSigs of both are let in
    KeyAdd {
        /// The app's id
        app_id: u64,
        /// The key [default: a random one]
        #[arg(long, value_name = "TEXT")]
        secret_key: Option<String>,
        #[command(flatten)]
        admin: AdminArguments,
    },
    /// Remove a secret key: its UserSigs are let in no more, and the sessions they let in are closed at once
    KeyRemove {
        /// The app's id
        app_id: u64,
        /// The key's number, as `app show` tells it
        key: u32,
        #[command(flatten)]
        admin: AdminArguments,
    },
}

pub(super) fn run(command: Command) -> Result<ExitCode, CliError> {
    match command {
        Command::Create {
            app_id,
            name,
            secret_key,
            settings,
            admin,
        } => {
            let wanted = CreateApp {
                id: app_id,
                name,
                secret_key,
                settings,
            };
            let app = admin.client()?.post("/v1/apps", &wanted)?;
            print_app(&app, &admin)
        }
        Command::List { admin } => {
            let list: AppList = admin.client()?.get("/v1/apps")?;
            match admin.json {
                true => output::json(&list),
                false => output::text(&list_for_people(&list)),
            }
        }
        Command::Show {
            app_id,
            secrets,
            admin,
        } => {
            let path = format!("/v1/apps/{app_id}?secrets={secrets}");
            print_app(&admin.client()?.get(&path)?, &admin)
        }
        Command::Set {
            app_id,
            name,
            settings,
            admin,
        } => set(app_id, name, settings, &admin),
        Command::Delete { app_id, yes, admin } => delete(app_id, yes, &admin),
        Command::KeyAdd {
            app_id,
            secret_key,
            admin,
        } => {
            let path = format!("/v1/apps/{app_id}/keys");
            let key: KeyView = admin.client()?.post(&path, &AddKey { secret_key })?;
            match admin.json {
                true => output::json(&key),
                false => output::text(&key_for_people(&key)),
            }
        }
        Command::KeyRemove { app_id, key, admin } => {
            let path = format!("/v1/apps/{app_id}/keys/{key}");
            admin.client()?.delete(&path)?;
            done(&format!("key {key} of app {app_id} removed"), &admin)
        }
    }?;
    Ok(ExitCode::SUCCESS)
}

fn set(
    app_id: u64,
    name: Option<String>,
    settings: SettingsPatch,
    admin: &AdminArguments,
) -> Result<(), CliError> {
    if name.is_none() && settings == SettingsPatch::default() {
        return Err(CliError::Usage(
            "nothing is to be changed; name a setting, such as --user-status on (--help lists them)"
                .to_owned(),
        ));
    }
    let change = ChangeApp { name, settings };
    let path = format!("/v1/apps/{app_id}");
    print_app(&admin.client()?.patch(&path, &change)?, admin)
}

fn delete(app_id: u64, yes: bool, admin: &AdminArguments) -> Result<(), CliError> {
    if !yes {
        return Err(CliError::Usage(format!(
            "app {app_id} goes with all its accounts and friends, and cannot be brought back; add --yes"
        )));
    }
    admin.client()?.delete(&format!("/v1/apps/{app_id}"))?;
    done(&format!("app {app_id} deleted"), admin)
}

fn done(text: &str, admin: &AdminArguments) -> Result<(), CliError> {
    match admin.json {
        true => output::text("{}\n"),
        false => output::text(&format!("{text}\n")),
    }
}

fn print_app(app: &AppView, admin: &AdminArguments) -> Result<(), CliError> {
    match admin.json {
        true => output::json(app),
        false => output::text(&app_for_people(app)),
    }
}

fn app_for_people(app: &AppView) -> String {
    let mut text = format!(
        "app {} \"{}\", created {}\n\n{}\n",
        app.id,
        app.name.escape_debug(),
        date::utc(app.created_at_ms / 1_000),
        toml::to_string(&app.settings).expect("settings are texts, numbers and booleans"),
    );
    for key in &app.keys {
        text.push_str(&key_for_people(key));
    }
    text
}

fn key_for_people(key: &KeyView) -> String {
    let mut text = format!(
        "key {}, added {}",
        key.id,
        date::utc(key.created_at_ms / 1_000)
    );
    if let Some(secret_key) = &key.secret_key {
        write!(text, ": {secret_key}").expect("writing to a String does not fail");
    }
    text.push('\n');
    text
}

fn list_for_people(list: &AppList) -> String {
    if list.apps.is_empty() {
        return "there is no app yet; userstatusd app create makes one\n".to_owned();
    }
    let switch = |on: Option<bool>| if on == Some(true) { "on" } else { "off" };
    let mut text = format!(
        "{:<20} {:<8} {:<12} {:<20} name\n",
        "app id", "plan", "user-status", "friend-notification"
    );
    for app in &list.apps {
        let settings = &app.settings;
        let plan = settings
            .plan
            .map_or_else(String::new, |plan| format!("{plan:?}").to_lowercase());
        writeln!(
            text,
            "{:<20} {:<8} {:<12} {:<20} {}",
            app.id,
            plan,
            switch(settings.user_status),
            switch(settings.friend_status_notification),
            app.name.escape_debug(),
        )
        .expect("writing to a String does not fail");
    }
    text
}
