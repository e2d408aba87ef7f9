//! Drives a userstatusd on this machine and says what it can carry: `userstatus-load fanout|graph|idle|logins|query`.
//!
//! Progress goes to standard error, the result as one JSON object to standard output. Every client is a `userstatus_client::Client`,
//! as in the library that games link. What is measured how stands in `docs/performance.md`.
#![forbid(unsafe_code)]

mod error;
mod herd;
mod latency;
mod options;
mod pacer;
mod progress;
mod report;
mod scenario;
mod scrape;
mod server;
mod stage;
mod stamp;
mod usage;
mod watcher;

use clap::Parser;
use error::LoadError;
use options::{Options, Scenario};
use report::Report;
use stage::Stage;
use std::process::ExitCode;

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(report) => {
            report.print();
            if report.is_sound() {
                ExitCode::SUCCESS
            } else {
                eprintln!(
                    "userstatus-load: the server did wrong under load: {}",
                    report.faults()
                );
                ExitCode::FAILURE
            }
        }
        Err(error) => {
            eprintln!("userstatus-load: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<Report, LoadError> {
    usage::raise_open_files_limit()?;
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    if let Some(threads) = options.server.threads {
        builder.worker_threads(threads.get());
    }
    let runtime = builder.enable_all().build().map_err(LoadError::Runtime)?;
    let stage = runtime.block_on(Stage::open(&options.server))?;
    let report = runtime.block_on(async {
        match &options.scenario {
            Scenario::Fanout(options) => scenario::fanout(&stage, options).await,
            Scenario::Graph(options) => scenario::graph(&stage, options).await,
            Scenario::Idle(options) => scenario::idle(&stage, options).await,
            Scenario::Logins(options) => scenario::logins(&stage, options).await,
            Scenario::Query(options) => scenario::query(&stage, options).await,
        }
    });
    // The server first: thousands of clients that leave at once would have it tell everybody of everybody.
    drop(stage);
    runtime.shutdown_background();
    report
}
