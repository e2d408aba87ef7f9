//! Load generator for userstatusd: many clients in one process, figures as JSON on stdout, progress on stderr.
//!
//! Without `--server` it starts a `userstatusd dev` of its own and stops it at the end. Every run is bounded in time and count.

mod clients;
mod fanout;
mod idle;
mod logins;
mod measure;
mod query;
mod server;

use clap::{Args, Parser, Subcommand};
use serde_json::Value;
use server::{Server, ServerArgs};
use std::process::ExitCode;

/// What went wrong; nothing is worth catching here, all of it is worth reading.
type Failure = Box<dyn std::error::Error + Send + Sync>;

#[derive(Parser)]
#[command(version, about, long_about = None)]
struct Cli {
    #[command(flatten)]
    server: ServerArgs,
    #[command(subcommand)]
    scenario: Scenario,
}

#[derive(Subcommand)]
enum Scenario {
    /// Few users change, many watch each: deliveries/s, latency, CPU per delivery.
    Fanout(FanoutArgs),
    /// Everybody changes and watches some others: the same figures on a mesh.
    Graph(GraphArgs),
    /// Logged-in connections that do nothing: memory per connection.
    Idle(CountArgs),
    /// Logins as fast as they go: logins/s and CPU per login.
    Logins(LoginsArgs),
    /// Queries of many users: queries/s and CPU per query.
    Query(QueryArgs),
}

#[derive(Args)]
struct FanoutArgs {
    /// Users who watch.
    #[arg(long, default_value_t = 1_000)]
    watchers: usize,
    /// Users who change; each watcher watches all of them.
    #[arg(long, default_value_t = 1)]
    talkers: usize,
    /// Deliveries a second aimed at: changes a second times watchers.
    #[arg(long, default_value_t = 20_000)]
    rate: u64,
    /// How long to measure, in seconds.
    #[arg(long, default_value_t = 10)]
    duration_s: u64,
}

#[derive(Args)]
struct GraphArgs {
    /// Users, each of whom watches and changes.
    #[arg(long, default_value_t = 2_000)]
    users: usize,
    /// Others each of them watches, at most 200.
    #[arg(long, default_value_t = 20)]
    watched: usize,
    /// Deliveries a second aimed at.
    #[arg(long, default_value_t = 20_000)]
    rate: u64,
    /// How long to measure, in seconds.
    #[arg(long, default_value_t = 10)]
    duration_s: u64,
}

#[derive(Args)]
struct CountArgs {
    /// Connections.
    #[arg(long, default_value_t = 10_000)]
    connections: usize,
}

#[derive(Args)]
struct LoginsArgs {
    /// Logins.
    #[arg(long, default_value_t = 10_000)]
    connections: usize,
    /// Under way at once.
    #[arg(long, default_value_t = 256)]
    concurrency: usize,
}

#[derive(Args)]
struct QueryArgs {
    /// Users asked about in each query.
    #[arg(long, default_value_t = 100)]
    users: usize,
    /// Clients that ask, one query after the other.
    #[arg(long, default_value_t = 8)]
    clients: usize,
    /// How long to measure, in seconds.
    #[arg(long, default_value_t = 5)]
    duration_s: u64,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error.into()),
    };
    match runtime.block_on(run(cli)) {
        Ok(figures) => {
            use std::io::Write as _;
            // Nothing is left to do if nobody reads it.
            let _ = writeln!(std::io::stdout(), "{figures:#}");
            ExitCode::SUCCESS
        }
        Err(error) => fail(&error),
    }
}

fn fail(error: &Failure) -> ExitCode {
    eprintln!("userstatus-load: {error}");
    ExitCode::FAILURE
}

async fn run(cli: Cli) -> Result<Value, Failure> {
    let server = Server::start(&cli.server).await?;
    match cli.scenario {
        Scenario::Fanout(args) => {
            let plan = fanout::Plan::star(args.talkers, args.watchers);
            fanout::run(&server, plan, args.rate, args.duration_s).await
        }
        Scenario::Graph(args) => {
            let plan = fanout::Plan::mesh(args.users, args.watched)?;
            fanout::run(&server, plan, args.rate, args.duration_s).await
        }
        Scenario::Idle(args) => idle::run(&server, args.connections).await,
        Scenario::Logins(args) => logins::run(&server, args.connections, args.concurrency).await,
        Scenario::Query(args) => {
            query::run(&server, args.users, args.clients, args.duration_s).await
        }
    }
}
