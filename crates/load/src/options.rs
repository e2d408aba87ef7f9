//! The command line.

use crate::error::LoadError;
use clap::{Args, Parser, Subcommand};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use userstatus_client::ServerAddress;

/// Drives a userstatusd on this machine and says what it can carry.
///
/// Starts `userstatusd dev` by itself, unless --server names one that runs. The result is one JSON object on standard output.
#[derive(Debug, Parser)]
#[command(name = "userstatus-load", version)]
pub(crate) struct Options {
    #[command(flatten)]
    pub(crate) server: ServerOptions,
    #[command(subcommand)]
    pub(crate) scenario: Scenario,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "The server")]
pub(crate) struct ServerOptions {
    /// A server that runs already, as host:port or tls://host:port, on loopback. Without this one is started.
    #[arg(long, global = true, value_name = "ADDR")]
    pub(crate) server: Option<ServerAddress>,
    /// Process id of that server; without it there are no figures of its CPU and memory.
    #[arg(long, global = true, value_name = "PID", requires = "server")]
    pub(crate) server_pid: Option<u32>,
    /// App to log in to; on the premium plan, with both switches on.
    #[arg(long, global = true, value_name = "N", default_value_t = 1_400_000_001)]
    pub(crate) app_id: u64,
    /// Secret key of the app.
    #[arg(
        long,
        global = true,
        value_name = "TEXT",
        default_value = "userstatus-load, where nothing is secret"
    )]
    pub(crate) secret_key: String,
    /// The program to start; default: userstatusd beside this one.
    #[arg(long, global = true, value_name = "PATH", conflicts_with = "server")]
    pub(crate) userstatusd: Option<PathBuf>,
    /// Data directory of the server that is started; default: none, memory only.
    #[arg(long, global = true, value_name = "DIR", conflicts_with = "server")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Show the log of the server that is started.
    #[arg(long, global = true)]
    pub(crate) verbose: bool,
    /// Threads of the clients; default: one per CPU.
    #[arg(long, global = true, value_name = "N")]
    pub(crate) threads: Option<NonZeroUsize>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Scenario {
    /// Every watcher watches the same users: what one change to many costs.
    Fanout(FanoutOptions),
    /// Users who watch each other at random: what a game's population costs.
    Graph(GraphOptions),
    /// Connections that are logged in and do nothing: what each costs in memory.
    Idle(IdleOptions),
    /// As many logins as possible, each a new connection of a new account.
    Logins(LoginsOptions),
    /// Queries of many users at once: what each costs in CPU.
    Query(QueryOptions),
}

#[derive(Clone, Debug, Args)]
pub(crate) struct FanoutOptions {
    /// Users who change their status; each watcher watches them all.
    #[arg(long, default_value_t = 100)]
    pub(crate) users: u32,
    /// Watchers.
    #[arg(long, default_value_t = 1_000)]
    pub(crate) watchers: u32,
    /// Deliveries a second, over all watchers.
    #[arg(long, default_value_t = 150_000)]
    pub(crate) rate: u32,
    /// Length of the measurement.
    #[arg(long, default_value_t = 10)]
    pub(crate) duration_s: u32,
    /// First find the highest rate that is carried, then offer twice that for --duration-s. --rate is where the search begins.
    #[arg(long)]
    pub(crate) overload: bool,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct GraphOptions {
    /// Users; each changes its status and watches others.
    #[arg(long, default_value_t = 2_000)]
    pub(crate) users: u32,
    /// Users each of them watches.
    #[arg(long, default_value_t = 50)]
    pub(crate) watched: u32,
    /// Deliveries a second, over all of them.
    #[arg(long, default_value_t = 100_000)]
    pub(crate) rate: u32,
    /// Length of the measurement.
    #[arg(long, default_value_t = 10)]
    pub(crate) duration_s: u32,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct IdleOptions {
    /// Connections.
    #[arg(long, default_value_t = 10_000)]
    pub(crate) connections: u32,
    /// How long they idle while the server's CPU is watched.
    #[arg(long, default_value_t = 10)]
    pub(crate) duration_s: u32,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct LoginsOptions {
    /// Logins.
    #[arg(long, default_value_t = 10_000)]
    pub(crate) connections: u32,
    /// Logins under way at once.
    #[arg(long, default_value_t = 256)]
    pub(crate) concurrency: u32,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct QueryOptions {
    /// Accounts that ask; each may do so 20 times in 5 s.
    #[arg(long, default_value_t = 1_000)]
    pub(crate) connections: u32,
    /// Users in one query; they are online and have a custom status.
    #[arg(long, default_value_t = 100)]
    pub(crate) users: u32,
    /// Queries a second, over all accounts.
    #[arg(long, default_value_t = 2_000)]
    pub(crate) rate: u32,
    /// Length of the measurement.
    #[arg(long, default_value_t = 10)]
    pub(crate) duration_s: u32,
}

/// Longest measurement: the tool ends by itself.
const DURATION_S_MAX: u32 = 600;
/// Most connections from one address to one port: there are 28,231 local ports by default.
const CONNECTIONS_MAX: u32 = 28_000;
/// Users on a subscription list (W2).
const SUBSCRIPTIONS_MAX: u32 = 200;
/// Users in a query (G3).
const QUERY_USERS_MAX: u32 = 500;
/// Queries a second of one account: 20 in 5 s (G3), with a margin for pacing.
const QUERIES_PER_S_PER_ACCOUNT: f64 = 3.8;
/// Far beyond what a machine carries; it keeps a slip of the finger from filling memory.
const RATE_MAX: u32 = 10_000_000;

fn check(name: &'static str, value: u32, min: u32, max: u32) -> Result<(), LoadError> {
    if (min..=max).contains(&value) {
        return Ok(());
    }
    Err(LoadError::Option {
        name,
        value: value.into(),
        min: min.into(),
        max: max.into(),
    })
}

impl FanoutOptions {
    pub(crate) fn check(&self) -> Result<(), LoadError> {
        check("users", self.users, 1, SUBSCRIPTIONS_MAX)?;
        check("watchers", self.watchers, 1, CONNECTIONS_MAX - self.users)?;
        check("rate", self.rate, 1, RATE_MAX)?;
        check("duration-s", self.duration_s, 1, DURATION_S_MAX)
    }
}

impl GraphOptions {
    pub(crate) fn check(&self) -> Result<(), LoadError> {
        check("users", self.users, 2, CONNECTIONS_MAX)?;
        check(
            "watched",
            self.watched,
            1,
            SUBSCRIPTIONS_MAX.min(self.users - 1),
        )?;
        check("rate", self.rate, 1, RATE_MAX)?;
        check("duration-s", self.duration_s, 1, DURATION_S_MAX)
    }
}

impl IdleOptions {
    pub(crate) fn check(&self) -> Result<(), LoadError> {
        check("connections", self.connections, 1, CONNECTIONS_MAX)?;
        check("duration-s", self.duration_s, 1, DURATION_S_MAX)
    }
}

impl LoginsOptions {
    pub(crate) fn check(&self) -> Result<(), LoadError> {
        check("connections", self.connections, 1, CONNECTIONS_MAX)?;
        check("concurrency", self.concurrency, 1, CONNECTIONS_MAX)
    }
}

impl QueryOptions {
    pub(crate) fn check(&self) -> Result<(), LoadError> {
        check("users", self.users, 1, QUERY_USERS_MAX)?;
        check(
            "connections",
            self.connections,
            1,
            CONNECTIONS_MAX - self.users,
        )?;
        // Saturating: there are at most 28,000 connections.
        let rate_max = (f64::from(self.connections) * QUERIES_PER_S_PER_ACCOUNT) as u32;
        check("rate", self.rate, 1, rate_max.max(1))?;
        check("duration-s", self.duration_s, 1, DURATION_S_MAX)
    }
}
