//! `userstatusd dev`.

use super::{CliError, address, output, ready};
use crate::config::{Config, DEFAULT_ADMIN_LISTEN, Log};
use crate::server::{RunningServer, Server};
use serde::Serialize;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use userstatus_core::{AppId, AppSettings, Plan, UserId};
use userstatus_edge::settings::{DEFAULT_LISTEN, Listener};
use userstatus_store::apps::{AppError, NewApp};
use userstatus_usersig::{SecretKey, mint};

/// By this name the app is found again in a data directory.
const APP_NAME: &str = "dev";

/// Who gets a UserSig without being asked for.
const USERS: [&str; 2] = ["alice", "bob"];

/// Half a year.
const USER_SIG_EXPIRE_S: u64 = 180 * 86_400;

#[derive(clap::Args)]
// Scripts add to what they were given: of an argument that is there twice the last counts.
#[command(args_override_self = true)]
pub(super) struct Arguments {
    /// Where clients connect; port 0 is any free one
    #[arg(long, value_name = "ADDR:PORT", default_value_t = DEFAULT_LISTEN, value_parser = address::parse)]
    listen: SocketAddr,
    /// Where web pages connect, by WebSocket; port 0 is any free one [default: nowhere]
    #[arg(long, value_name = "ADDR:PORT", value_parser = address::parse)]
    websocket_listen: Option<SocketAddr>,
    /// Where operators connect; port 0 is any free one
    #[arg(long, value_name = "ADDR:PORT", default_value_t = DEFAULT_ADMIN_LISTEN, value_parser = address::parse)]
    admin_listen: SocketAddr,
    /// Where back ends call the REST API; port 0 is any free one [default: nowhere]
    #[arg(long, value_name = "ADDR:PORT", value_parser = address::parse)]
    rest_listen: Option<SocketAddr>,
    /// The app's id [default: what the data directory says, or a random one]
    #[arg(long, value_name = "N")]
    app_id: Option<u64>,
    /// The app's secret key [default: what the data directory says, or a random one]
    #[arg(long, value_name = "TEXT")]
    secret_key: Option<String>,
    /// Keep apps, accounts and friends here across restarts [default: in memory only]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Mint a UserSig for this user, too; may be given several times
    #[arg(long = "user", value_name = "NAME")]
    users: Vec<String>,
    /// Print one line of JSON instead
    #[arg(long)]
    json: bool,
    /// Listen on an address that other machines can reach, although nothing is encrypted
    #[arg(long)]
    allow_remote: bool,
    /// What is logged to standard error: off, error, warn, info, debug, trace, or a filter
    #[arg(long, value_name = "LEVEL", default_value = "info")]
    log_level: String,
}

/// What is printed.
#[derive(Serialize)]
struct Announcement {
    server: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    websocket: Option<String>,
    admin: String,
    admin_token: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    rest: Option<String>,
    app_id: u64,
    users: Vec<UserSigOf>,
    secret_key: String,
}

#[derive(Serialize)]
struct UserSigOf {
    user_id: String,
    user_sig: String,
}

pub(super) fn run(arguments: Arguments) -> Result<ExitCode, CliError> {
    let users = users(&arguments.users)?;
    let app_id = arguments.app_id.map(parse_app_id).transpose()?;
    let secret = arguments
        .secret_key
        .as_deref()
        .map(SecretKey::new)
        .transpose()
        .map_err(|error| CliError::Usage(format!("--secret-key: {error}")))?;
    let config = config(&arguments)?;
    ready::serve(
        config,
        None,
        async |server| dev_app(server, app_id, secret).await,
        |running, (app_id, secret)| {
            let announcement = announcement(running, app_id, &secret, &users);
            if arguments.json {
                output::json(&announcement)
            } else {
                output::text(&announcement.for_people(arguments.data_dir.is_some()))
            }
        },
    )
}

fn config(arguments: &Arguments) -> Result<Config, CliError> {
    for (flag, address) in [
        ("--listen", Some(arguments.listen)),
        ("--websocket-listen", arguments.websocket_listen),
        ("--admin-listen", Some(arguments.admin_listen)),
        ("--rest-listen", arguments.rest_listen),
    ] {
        if let Some(address) = address
            && !arguments.allow_remote
            && !address.ip().is_loopback()
        {
            return Err(CliError::Usage(format!(
                "{flag} {address} can be reached from other machines, and dev encrypts nothing: UserSigs and the admin token could be read on the way; \
                 use a loopback address such as 127.0.0.1, `userstatusd serve` with TLS, or add --allow-remote on a network you trust"
            )));
        }
    }
    let listener = |address, websocket| Listener {
        address,
        plain_tcp: true,
        websocket,
        ..Listener::default()
    };
    let mut listeners = vec![listener(arguments.listen, false)];
    listeners.extend(
        arguments
            .websocket_listen
            .map(|address| listener(address, true)),
    );
    let mut config = Config {
        listeners,
        log: Log {
            level: arguments.log_level.clone(),
            ..Log::default()
        },
        ..Config::default()
    };
    config.storage.data_dir = arguments.data_dir.clone().unwrap_or_default();
    config.admin.listen = arguments.admin_listen;
    config.admin.allow_remote = arguments.allow_remote;
    let rest = arguments.rest_listen.as_ref();
    config.rest.listen = rest.map(ToString::to_string).unwrap_or_default();
    // Said on purpose, and looked at above.
    config.rest.balancer_ends_tls = arguments.allow_remote;
    Ok(config)
}

fn users(more: &[String]) -> Result<Vec<UserId>, CliError> {
    let mut users = Vec::new();
    for name in USERS.into_iter().chain(more.iter().map(String::as_str)) {
        let user = UserId::parse(name)
            .map_err(|error| CliError::Usage(format!("--user {}: {error}", name.escape_debug())))?;
        if !users.contains(&user) {
            users.push(user);
        }
    }
    Ok(users)
}

fn parse_app_id(number: u64) -> Result<AppId, CliError> {
    AppId::new(number).ok_or_else(|| CliError::Usage("--app-id: an app id is not 0".to_owned()))
}

/// The app and the key to mint with: those asked for, those of the last time, or new ones.
async fn dev_app(
    server: &Server,
    id: Option<AppId>,
    secret: Option<SecretKey>,
) -> Result<(AppId, SecretKey), CliError> {
    let (apps, now) = (server.gateway().apps(), server.gateway().clock().wall());
    let standing = match id {
        Some(id) => apps.get(id),
        None => apps.list().into_iter().find(|app| app.name == APP_NAME),
    };
    let failed = |error: AppError| CliError::Failed(error.to_string());
    let app = match standing {
        Some(app) => app,
        None => {
            let new = NewApp {
                id,
                name: APP_NAME.to_owned(),
                settings: AppSettings {
                    plan: Plan::Premium,
                    user_status: true,
                    friend_status_notification: true,
                    ..AppSettings::default()
                },
                secret: secret.clone(),
            };
            apps.create(new, now).await.map_err(failed)?
        }
    };
    let newest = app.keys.last().map(|key| key.secret.clone());
    match (secret, newest) {
        (None, Some(newest)) => Ok((app.id, newest)),
        (Some(secret), _) if app.keys.iter().any(|key| key.secret == secret) => {
            Ok((app.id, secret))
        }
        (secret, _) => {
            let key = apps.add_key(app.id, secret, now).await.map_err(failed)?;
            Ok((app.id, key.secret))
        }
    }
}

fn announcement(
    running: &RunningServer,
    app_id: AppId,
    secret: &SecretKey,
    users: &[UserId],
) -> Announcement {
    let now_s = running.gateway().clock().wall().as_s();
    let named = |is_websocket| {
        let mut addresses = running.addresses();
        addresses
            .find(|(_, scheme)| scheme.is_websocket() == is_websocket)
            .map(|(address, scheme)| scheme.address(address))
    };
    let (admin, admin_token) = running.admin().unzip();
    Announcement {
        server: named(false).unwrap_or_default(),
        websocket: named(true),
        admin: admin.map_or_else(String::new, |address| address.to_string()),
        admin_token: admin_token.unwrap_or_default(),
        rest: running.rest(),
        app_id: app_id.get(),
        users: users
            .iter()
            .map(|user| UserSigOf {
                user_id: user.as_str().to_owned(),
                user_sig: mint(
                    secret,
                    app_id.get(),
                    user.as_str(),
                    now_s,
                    USER_SIG_EXPIRE_S,
                )
                .expect("it is a user id"),
            })
            .collect(),
        secret_key: secret.expose().to_owned(),
    }
}

impl Announcement {
    fn for_people(&self, is_kept: bool) -> String {
        let Self {
            server,
            admin,
            admin_token,
            app_id,
            secret_key,
            ..
        } = self;
        let kept = if is_kept {
            "what happens is kept in the data directory"
        } else {
            "nothing is kept when it stops; --data-dir DIR keeps it"
        };
        let mut text = format!(
            "\nuserstatusd {version} is running, for trying things out on this machine ({kept}).\n\n\
             \x20 server       {server}\n\
             \x20 app id       {app_id}\n\
             \x20 secret key   {secret_key}\n\
             \x20 admin        http://{admin}\n\
             \x20 admin token  {admin_token}\n",
            version = env!("CARGO_PKG_VERSION"),
        );
        if let Some(websocket) = &self.websocket {
            writeln!(text, "  web pages    {websocket}")
                .expect("writing to a String does not fail");
        }
        if let Some(rest) = &self.rest {
            writeln!(
                text,
                "  back ends    {rest}/v4 (identifier administrator; `userstatusd usersig mint` makes its UserSig)"
            )
            .expect("writing to a String does not fail");
        }
        for UserSigOf { user_id, user_sig } in &self.users {
            write!(text, "\nUserSig of {user_id}, for 180 days:\n{user_sig}\n")
                .expect("writing to a String does not fail");
        }
        write!(
            text,
            "\nNext: let a client log in. From the project's folder, after `make examples`:\n\
             \x20 USERSTATUS_SERVER={server} target/examples/minimal {app_id} alice '<her UserSig>' bob\n\
             or in code:\n\
             \x20 TIMInit({app_id}, \"{{\\\"sdk_config_server_address\\\":\\\"{server}\\\"}}\");\n\
             \x20 TIMLogin(\"alice\", \"<her UserSig>\", callback, user_data);\n\
             UserSigs for others: userstatusd dev --user carol, or userstatusd usersig mint.\n\
             Ctrl-C stops the server.\n\n"
        )
        .expect("writing to a String does not fail");
        text
    }
}
