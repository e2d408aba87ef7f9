//! Running a server from the command line, until a signal ends it.

use super::{CliError, output};
use crate::config::Config;
use crate::open_files;
use crate::server::{RunningServer, Server};
use crate::shutdown::Signals;
use std::process::ExitCode;
use tokio::runtime::{Builder, Runtime};

/// Opens a server, prepares it, listens, announces it, and serves until SIGTERM or SIGINT. A second signal ends it at once.
pub(super) fn serve<P>(
    config: Config,
    prepare: impl AsyncFnOnce(&Server) -> Result<P, CliError>,
    announce: impl FnOnce(&RunningServer, P) -> Result<(), CliError>,
) -> Result<ExitCode, CliError> {
    crate::logging::init(&config.log).map_err(CliError::Usage)?;
    open_files::raise_limit();
    let runtime = runtime(config.runtime.worker_threads)?;
    let served = runtime.block_on(async {
        let mut signals = Signals::catch().map_err(CliError::System)?;
        let server = Server::open(config).await?;
        let prepared = prepare(&server).await?;
        let running = server.listen().await?;
        announce(&running, prepared)?;
        let signal = signals.next().await;
        tracing::info!(signal, "asked to stop; a second time stops at once");
        tokio::select! {
            stopped = running.stop() => Ok(stopped.map(|()| ExitCode::SUCCESS)?),
            signal = signals.next() => {
                Err(CliError::Failed(format!("stopped at once by a second signal, {signal}")))
            }
        }
    });
    // Everything that had to be waited for has been; connections that are left are cut.
    runtime.shutdown_background();
    if let Err(error) = &served {
        output::error(&error.to_string());
        return Ok(error.exit_code());
    }
    served
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
