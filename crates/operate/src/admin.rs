//! The operator's port: HTTP and JSON behind a bearer token, on loopback unless told otherwise.
//!
//! The token is in a header, which no page in a browser can make it send: neither a forged request nor a name that is bound to
//! loopback gets anywhere without it.

pub mod api;
mod routes;
pub mod settings;
mod token;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use token::Token;
pub use token::{ADMIN_TOKEN_BYTES_MIN, TokenError, read_token_file};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use userstatus_gateway::{Census, Gateway};
use userstatus_store::embedded::EmbeddedStore;

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

/// Where the token comes from.
#[derive(Clone)]
pub enum TokenSource {
    /// It is this.
    Text(String),
    /// A file holds it; it is made with a random one if it is not there.
    File(PathBuf),
    /// A new one, for as long as the server runs.
    Random,
}

/// What handlers work on.
pub(crate) struct Admin {
    gateway: Arc<Gateway<EmbeddedStore>>,
    census: Arc<Census>,
    token: Token,
}

/// An admin port that is open.
pub struct RunningAdmin {
    address: SocketAddr,
    admin: Arc<Admin>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<io::Result<()>>,
}

/// Opens the admin port.
///
/// # Errors
/// [`AdminError`].
pub async fn listen(
    address: SocketAddr,
    token: &TokenSource,
    gateway: Arc<Gateway<EmbeddedStore>>,
    census: Arc<Census>,
) -> Result<RunningAdmin, AdminError> {
    let token = match token {
        TokenSource::Text(text) => Token::new(text),
        TokenSource::File(file) => Token::from_file(file)?,
        TokenSource::Random => Token::random(),
    };
    let failed = |source| AdminError::Socket { address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let admin = Arc::new(Admin {
        gateway,
        census,
        token,
    });
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = axum::serve(listener, routes::router(Arc::clone(&admin))).with_graceful_shutdown(
        async move {
            // The other end is dropped only when everything is.
            _ = stopped.await;
        },
    );
    Ok(RunningAdmin {
        address,
        admin,
        stop,
        task: tokio::spawn(async move { serving.await }),
    })
}

impl RunningAdmin {
    /// Where it listens; the port is the real one.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// What operators have to show. Never for a log.
    pub fn token(&self) -> &str {
        self.admin.token.expose()
    }

    /// Closes it; requests being answered may take a second.
    pub async fn stop(mut self) {
        // It is gone already if nobody listens.
        _ = self.stop.send(());
        if timeout(STOP_TIMEOUT, &mut self.task).await.is_err() {
            self.task.abort();
        }
    }
}
