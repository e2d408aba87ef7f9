//! The operator's port: HTTP and JSON behind a bearer token, on loopback unless told otherwise.
//!
//! The token is in a header, which no page in a browser can make it send: neither a forged request nor a name that is bound to
//! loopback gets anywhere without it.

pub mod api;
mod routes;
pub mod settings;
mod token;

use crate::config::Config;
use crate::connection::Shared;
use crate::gateway::Gateway;
use crate::store::embedded::EmbeddedStore;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use token::Token;
pub use token::{TokenError, read_token_file};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Requests that are being answered when the server stops may take this long.
const STOP_TIMEOUT: Duration = Duration::from_secs(1);

/// Why operators cannot connect.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// The system refused.
    #[error(
        "cannot listen for operators on {address}: {source}; choose another address with admin.listen or --admin-listen (port 0 is any free one)"
    )]
    Socket {
        /// Where.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// There is no token.
    #[error(transparent)]
    Token(#[from] TokenError),
}

/// What handlers work on.
pub(crate) struct Admin {
    shared: Arc<Shared<EmbeddedStore>>,
    token: Token,
}

/// An admin port that is open.
pub(crate) struct RunningAdmin {
    address: SocketAddr,
    admin: Arc<Admin>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<io::Result<()>>,
}

/// Opens the admin port, if there is to be one.
pub(crate) async fn listen(
    config: &Config,
    shared: Arc<Shared<EmbeddedStore>>,
) -> Result<Option<RunningAdmin>, AdminError> {
    if !config.admin.enabled {
        return Ok(None);
    }
    let token = match config.admin.token_file(&config.storage) {
        Some(file) => Token::from_file(&file)?,
        None if config.admin.token.is_empty() => Token::random(),
        None => Token::new(&config.admin.token),
    };
    let failed = |source| AdminError::Socket {
        address: config.admin.listen,
        source,
    };
    let listener = TcpListener::bind(config.admin.listen)
        .await
        .map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let admin = Arc::new(Admin { shared, token });
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = axum::serve(listener, routes::router(Arc::clone(&admin))).with_graceful_shutdown(
        async move {
            // The other end is dropped only when everything is.
            _ = stopped.await;
        },
    );
    Ok(Some(RunningAdmin {
        address,
        admin,
        stop,
        task: tokio::spawn(async move { serving.await }),
    }))
}

impl Admin {
    fn gateway(&self) -> &Arc<Gateway<EmbeddedStore>> {
        self.shared.gateway()
    }
}

impl RunningAdmin {
    /// Where it listens; the port is the real one.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// What operators have to show. Never for a log.
    pub(crate) fn token(&self) -> &str {
        self.admin.token.expose()
    }

    pub(crate) async fn stop(mut self) {
        // It is gone already if nobody listens.
        _ = self.stop.send(());
        if timeout(STOP_TIMEOUT, &mut self.task).await.is_err() {
            self.task.abort();
        }
    }
}
