//! A running server, put together from its configuration.

use crate::config::{self, Config};
use crate::open_files;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::{sleep_until, timeout};
use userstatus_edge::settings::ms;
use userstatus_edge::{ListenError, Listener, STOPPING, Shared, Slots, Stopper, Throttle};
use userstatus_gateway::clock::Clock;
use userstatus_gateway::hub::Hub;
use userstatus_gateway::{Census, CensusCount, Gateway};
use userstatus_operate::admin::{self, AdminError, RunningAdmin, TokenSource};
use userstatus_store::apps::{AppError, AppRegistry};
use userstatus_store::embedded::{EmbeddedStore, OpenError};
use userstatus_store::{NotDurable, Store, StoreError};

/// Those that are closed at the deadline may take this long to hear it.
const LAST_WORDS_TIMEOUT: Duration = Duration::from_secs(3);

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    /// The data directory.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The apps in it.
    #[error(transparent)]
    Apps(#[from] AppError),
    /// The accounts in it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A port for clients.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The port for operators.
    #[error(transparent)]
    Admin(#[from] AdminError),
}

/// A server that has its state and does not listen yet.
pub(crate) struct Server {
    config: Config,
    gateway: Arc<Gateway>,
}

/// A server that listens.
pub(crate) struct RunningServer {
    gateway: Arc<Gateway>,
    shared: Arc<Shared<EmbeddedStore>>,
    stopper: Stopper,
    drain_timeout: Duration,
    reconnect_spread_ms: u32,
    listeners: Vec<RunningListener>,
    admin: Option<RunningAdmin>,
}

struct RunningListener {
    address: SocketAddr,
    is_tls: bool,
    task: JoinHandle<()>,
}

impl Server {
    /// Opens the data directory and takes up what stood when the server stopped. The configuration has been checked.
    ///
    /// # Errors
    /// [`StartError`].
    pub(crate) async fn open(config: Config) -> Result<Self, StartError> {
        let store = EmbeddedStore::open(config.data_dir())?;
        let system = Clock::system();
        let clock = system.not_before(store.time_floor(system.now()));
        let ahead_s = clock.now().ms_since(system.now()) / 1_000;
        if ahead_s > 0 {
            tracing::warn!(
                ahead_s,
                "the system's clock stands before what the data directory has seen; was it set back? Versions go on from there"
            );
        }
        let apps = AppRegistry::load(Arc::clone(&store) as _)?;
        let hub = Hub::new(Arc::clone(&apps), clock);
        let gateway = Gateway::new(apps, store, hub, clock);
        gateway.start().await?;
        Ok(Self { config, gateway })
    }

    /// What answers requests.
    pub(crate) const fn gateway(&self) -> &Arc<Gateway> {
        &self.gateway
    }

    /// Listens: when this returns, clients and operators can connect.
    ///
    /// # Errors
    /// [`StartError::Listen`], [`StartError::Admin`]; then it listens nowhere.
    pub(crate) async fn listen(self) -> Result<RunningServer, StartError> {
        let Self { config, gateway } = self;
        let (stopper, stopping) = Stopper::new();
        let census = Arc::new(Census::new(open_files::connections_max(
            config.connections.count_max,
        )));
        let slots = Slots::new(Arc::clone(&census), config.connections.per_address_max);
        let shared = Shared::new(
            Arc::clone(&gateway),
            Throttle::new(config.throttle.clone()),
            config.connections.clone(),
            config.shutdown.reconnect_spread_ms,
            slots,
            stopping,
        );
        let listeners = config
            .listeners
            .iter()
            .map(Listener::bind)
            .collect::<Result<Vec<_>, _>>()?;
        let admin = if config.admin.enabled {
            let token = token_source(&config.admin, &config.storage);
            let listening =
                admin::listen(config.admin.listen, &token, Arc::clone(&gateway), census);
            Some(listening.await?)
        } else {
            None
        };
        let listeners = listeners
            .into_iter()
            .map(|listener| RunningListener {
                address: listener.address(),
                is_tls: listener.is_tls(),
                task: tokio::spawn(listener.run(Arc::clone(&shared))),
            })
            .collect();
        let running = RunningServer {
            gateway,
            shared,
            stopper,
            drain_timeout: ms(config.shutdown.drain_timeout_ms),
            reconnect_spread_ms: config.shutdown.reconnect_spread_ms,
            listeners,
            admin,
        };
        running.log_addresses();
        Ok(running)
    }
}

impl RunningServer {
    /// What answers requests.
    pub(crate) const fn gateway(&self) -> &Arc<Gateway> {
        &self.gateway
    }

    /// Where clients connect, and whether they have to speak TLS, in the order of the configuration.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = (SocketAddr, bool)> {
        self.listeners
            .iter()
            .map(|listener| (listener.address, listener.is_tls))
    }

    /// Where operators connect, and what they have to show.
    pub(crate) fn admin(&self) -> Option<(SocketAddr, &str)> {
        let admin = self.admin.as_ref()?;
        Some((admin.address(), admin.token()))
    }

    /// How many connections there are.
    pub(crate) fn connections(&self) -> CensusCount {
        self.shared.slots().count()
    }

    /// Stops: no new connections, goaway to all, until they have left or the time is over; then all is written to disk.
    ///
    /// # Errors
    /// [`NotDurable`] if it could not be.
    pub(crate) async fn stop(self) -> Result<(), NotDurable> {
        let slots = self.shared.slots();
        tracing::info!(
            connections = slots.count().connections,
            drain_timeout_ms = self.drain_timeout.as_millis(),
            "stopping"
        );
        // From here on devices whose connections end stay in place: it is the server that leaves, not they.
        self.gateway.begin_shutdown();
        let deadline = self.stopper.stop_within(self.drain_timeout);
        for listener in self.listeners {
            // What is left in the backlog is reset when the socket is closed, and comes back elsewhere.
            if let Err(error) = listener.task.await {
                tracing::error!(address = %listener.address, %error, "the listener had failed");
            }
        }
        self.gateway
            .hub()
            .say_goaway(self.reconnect_spread_ms, STOPPING);
        tokio::select! {
            () = slots.all_free() => {}
            () = sleep_until(deadline) => {
                tracing::info!(connections = slots.count().connections, "closing connections that have not left");
                // Each closes by itself at the deadline.
                _ = timeout(LAST_WORDS_TIMEOUT, slots.all_free()).await;
            }
        }
        if let Some(admin) = self.admin {
            admin.stop().await;
        }
        self.gateway.flush().await?;
        tracing::info!("stopped");
        Ok(())
    }

    fn log_addresses(&self) {
        for (address, is_tls) in self.addresses() {
            tracing::info!(%address, tls = is_tls, "listening for clients");
        }
        if let Some((address, _)) = self.admin() {
            tracing::info!(%address, "listening for operators");
        }
        let count = self.connections();
        tracing::info!(
            connections_max = count.connections_max,
            accounts = self.gateway.store().accounts_count(),
            apps = self.gateway.apps().list().len(),
            "ready"
        );
    }
}

// Configuration is read without the operators' room, which holds the other half of the rule.
const _: () = assert!(config::ADMIN_TOKEN_BYTES_MIN == admin::ADMIN_TOKEN_BYTES_MIN);

fn token_source(admin: &config::Admin, storage: &config::Storage) -> TokenSource {
    match admin.token_file(storage) {
        Some(file) => TokenSource::File(file),
        None if admin.token.is_empty() => TokenSource::Random,
        None => TokenSource::Text(admin.token.clone()),
    }
}
