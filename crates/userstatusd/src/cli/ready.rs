//! Running a server from the command line, until a signal ends it.

use super::{CliError, output};
use crate::config::Config;
use crate::logging::{Logging, last_words};
use crate::open_files;
use crate::reload::{Reloader, Source};
use crate::server::{RunningServer, Server};
use crate::shutdown::{Asked, Signals};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Notify;
use tokio::time::sleep;

/// How often it is looked whether log lines were dropped.
const DROPPED_LINES_EVERY: Duration = Duration::from_secs(1);

/// Opens a server, prepares it, listens, announces it, and serves until SIGTERM or SIGINT. A second signal ends it at once.
/// SIGHUP has it read its configuration again, from `source`. What `announce` returns is dropped at the end.
pub(super) fn serve<P, A>(
    config: Config,
    source: Option<Source>,
    prepare: impl AsyncFnOnce(&Server) -> Result<P, CliError>,
    announce: impl FnOnce(&RunningServer, P) -> Result<A, CliError>,
) -> Result<ExitCode, CliError> {
    let logging = Logging::begin(&config.log).map_err(CliError::Usage)?;
    open_files::raise_limit();
    let runtime = runtime(config.runtime.worker_threads)?;
    let reloader = Reloader::new(config, source, logging);
    let served = runtime.block_on(run(Arc::clone(&reloader), prepare, announce));
    // Everything that had to be waited for has been; connections that are left are cut.
    runtime.shutdown_background();
    reloader.logging().say_what_was_dropped();
    reloader.logging().flush();
    if let Err(error) = &served {
        last_words(error.to_string(), output::error);
        return Ok(error.exit_code());
    }
    served
}

async fn run<P, A>(
    reloader: Arc<Reloader>,
    prepare: impl AsyncFnOnce(&Server) -> Result<P, CliError>,
    announce: impl FnOnce(&RunningServer, P) -> Result<A, CliError>,
) -> Result<ExitCode, CliError> {
    let mut signals = Signals::catch().map_err(CliError::System)?;
    let for_drops = Arc::clone(&reloader);
    tokio::spawn(async move {
        loop {
            sleep(DROPPED_LINES_EVERY).await;
            for_drops.logging().say_what_was_dropped();
        }
    });
    let starting = async {
        let server = Server::open(Arc::clone(&reloader)).await?;
        let prepared = prepare(&server).await?;
        Ok::<_, CliError>((server.listen().await?, prepared))
    };
    let (running, prepared) = tokio::select! {
        started = starting => started?,
        signal = signals.next_stop() => {
            // Nobody has been let in, so there is nothing to be written.
            tracing::info!(signal, "asked to stop while starting: stopped");
            return Ok(ExitCode::SUCCESS);
        }
    };
    let _announced = announce(&running, prepared)?;
    running.log_ready();
    let reloads = reload_when_asked(Arc::clone(&reloader));
    let signal = loop {
        match signals.next().await {
            Asked::Stop(signal) => break signal,
            Asked::Reload => reloads.notify_one(),
        }
    };
    tracing::info!(signal, "asked to stop; a second time stops at once");
    let gateway = Arc::clone(running.gateway());
    tokio::select! {
        stopped = running.stop() => Ok(stopped.map(|()| ExitCode::SUCCESS)?),
        signal = signals.next_stop() => {
            // Whoever drops the store last waits for its disk.
            std::mem::forget(gateway);
            Err(CliError::Failed(format!("stopped at once by a second signal, {signal}")))
        }
    }
}

/// Reloads beside everything else, for it reads files: a stop never waits for it. What is asked meanwhile is one more reload.
fn reload_when_asked(reloader: Arc<Reloader>) -> Arc<Notify> {
    let asked = Arc::new(Notify::new());
    let reloads = Arc::clone(&asked);
    tokio::spawn(async move {
        loop {
            asked.notified().await;
            let reloader = Arc::clone(&reloader);
            // It says by itself what became of it.
            if let Err(error) = tokio::task::spawn_blocking(move || reloader.reload()).await {
                tracing::error!(%error, "the configuration was not reloaded");
            }
        }
    });
    reloads
}

fn runtime(worker_threads: u32) -> Result<Runtime, CliError> {
    let mut builder = Builder::new_multi_thread();
    if worker_threads > 0 {
        builder.worker_threads(worker_threads as usize);
    }
    builder
        .thread_name("userstatusd")
        .enable_all()
        .build()
        .map_err(CliError::System)
}
