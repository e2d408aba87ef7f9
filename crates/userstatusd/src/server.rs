//! A running server, put together from its configuration.

use crate::config::{self, Config};
use crate::open_files;
use crate::reload::{Reloader, token_source};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio::time::{interval, sleep_until, timeout};
use userstatus_core::Timestamp;
use userstatus_edge::settings::ms;
use userstatus_edge::{ListenError, Listener, STOPPING, Scheme, Shared, Slots, Stopper, Throttle};
use userstatus_gateway::clock::Clock;
use userstatus_gateway::hub::Hub;
use userstatus_gateway::{Census, CensusCount, Gateway};
use userstatus_operate::admin::{self, AdminError, AdminToken, Parts, RunningAdmin, TokenError};
use userstatus_operate::health::{CertificateFiles, CertificateHealth, Health, HealthPort, Phase};
use userstatus_operate::metrics::Metrics;
use userstatus_operate::rest::{self, RestError, RunningRest};
use userstatus_store::apps::{AppError, AppRegistry};
use userstatus_store::embedded::{EmbeddedStore, LoadPhase, LoadProgress, OpenError};
use userstatus_store::{NotDurable, Store, StoreError};
use userstatus_tls::TlsError;

/// Those that are closed at the deadline may take this long to hear it.
const LAST_WORDS_TIMEOUT: Duration = Duration::from_millis(500);

/// What is not on disk this long after everybody has left is given up: the disk hangs.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(2);

const DAY_MS: i64 = 86_400_000;

/// How often a start that takes long says how far it is.
const PROGRESS_EVERY: Duration = Duration::from_secs(1);

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
    /// The port for back ends.
    #[error(transparent)]
    Rest(#[from] RestError),
    /// Its certificate.
    #[error("rest: {0}")]
    RestTls(#[from] TlsError),
    /// What operators have to show.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The port for balancers.
    #[error(
        "cannot listen for health checks on {address}: {source}; choose another address with health.listen"
    )]
    Health {
        /// Where.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// Work beside the threads that serve.
    #[error(
        "a thread panicked while the server started: {0}; this is a fault of ours: report it, with the log"
    )]
    Panicked(String),
}

/// Why a stop was not in good order.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StopError {
    /// The disk refuses.
    #[error(transparent)]
    NotDurable(#[from] NotDurable),
    /// The disk hangs.
    #[error(
        "the disk did not take what was to be written within {} s; changes of the last moments are not on it", FLUSH_TIMEOUT.as_secs()
    )]
    Stalled,
}

/// A server that has its state and does not listen yet.
pub(crate) struct Server {
    config: Config,
    reloader: Arc<Reloader>,
    gateway: Arc<Gateway>,
    health: Arc<Health>,
    health_port: Option<HealthPort>,
    metrics: Arc<Metrics>,
}

/// A server that listens.
pub(crate) struct RunningServer {
    reloader: Arc<Reloader>,
    gateway: Arc<Gateway>,
    shared: Arc<Shared<EmbeddedStore>>,
    stopper: Stopper,
    reconnect_spread_ms: u32,
    listeners: Vec<RunningListener>,
    admin: Option<RunningAdmin>,
    rest: Option<RunningRest>,
    health: Arc<Health>,
    health_port: Option<HealthPort>,
}

struct RunningListener {
    address: SocketAddr,
    scheme: Scheme,
    task: JoinHandle<()>,
}

impl Server {
    /// Opens the data directory and takes up what stood when the server stopped. The configuration has been checked.
    ///
    /// # Errors
    /// [`StartError`].
    pub(crate) async fn open(reloader: Arc<Reloader>) -> Result<Self, StartError> {
        let config = reloader.running();
        let health = Arc::new(Health::default());
        let metrics = Metrics::new(
            Arc::clone(&health),
            Arc::clone(&reloader) as _,
            config.metrics.apps_max as usize,
        );
        let health_port = match config.health.address() {
            Ok(Some(address)) => Some(
                HealthPort::open(
                    address,
                    Arc::clone(&health),
                    config.health.metrics.then(|| Arc::clone(&metrics)),
                )
                .await
                .map_err(|source| StartError::Health { address, source })?,
            ),
            // The configuration has been checked.
            Ok(None) | Err(_) => None,
        };
        let store = open_store(&config).await?;
        health.watch_store(Arc::clone(&store));
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
        let starting = Arc::clone(&gateway);
        off_the_workers(move |runtime| runtime.block_on(starting.start())).await??;
        Ok(Self {
            config,
            reloader,
            gateway,
            health,
            health_port,
            metrics,
        })
    }

    /// What answers requests.
    pub(crate) const fn gateway(&self) -> &Arc<Gateway> {
        &self.gateway
    }

    /// Listens: when this returns, clients and operators can connect.
    ///
    /// # Errors
    /// [`StartError::Listen`], [`StartError::Admin`], [`StartError::Rest`]; then it listens nowhere.
    pub(crate) async fn listen(self) -> Result<RunningServer, StartError> {
        let Self {
            config,
            reloader,
            gateway,
            health,
            health_port,
            metrics,
        } = self;
        let (stopper, stopping) = Stopper::new();
        let back_ends = match config.rest.listen.is_empty() {
            true => 0,
            false => rest::REST_CONNECTIONS_MAX,
        };
        let census = Arc::new(Census::new(open_files::connections_max(
            config.connections.count_max,
            back_ends,
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
        let settings = config.listeners.clone();
        // It reads certificates.
        let bind = move |_: &Handle| settings.iter().map(Listener::bind).collect();
        let listeners: Result<Vec<_>, _> = off_the_workers(bind).await?;
        let listeners = listeners?;
        metrics.watch(Arc::clone(&gateway), Arc::clone(&census));
        let rest = rest_settings(&config).await?;
        follow_certificates(
            &listeners,
            rest.as_ref(),
            &reloader,
            &health,
            *gateway.clock(),
        );
        let admin = match config.admin.enabled {
            true => {
                let admin =
                    listen_for_operators(&config, &reloader, &gateway, census, &health, metrics);
                Some(admin.await?)
            }
            false => None,
        };
        let rest = match rest {
            Some(settings) => Some(rest::listen(settings, Arc::clone(&gateway)).await?),
            None => None,
        };
        let listeners = listeners
            .into_iter()
            .map(|listener| RunningListener {
                address: listener.address(),
                scheme: listener.scheme(),
                task: tokio::spawn(listener.run(Arc::clone(&shared))),
            })
            .collect();
        health.enter(Phase::Serving);
        let running = RunningServer {
            reloader,
            gateway,
            shared,
            stopper,
            reconnect_spread_ms: config.shutdown.reconnect_spread_ms,
            listeners,
            admin,
            rest,
            health,
            health_port,
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

    /// Where clients connect, and what they speak there, in the order of the configuration.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = (SocketAddr, Scheme)> {
        self.listeners
            .iter()
            .map(|listener| (listener.address, listener.scheme))
    }

    /// Where operators connect, and what they have to show.
    pub(crate) fn admin(&self) -> Option<(SocketAddr, String)> {
        let admin = self.admin.as_ref()?;
        Some((admin.address(), admin.token()))
    }

    /// Where back ends connect, if they may.
    pub(crate) fn rest(&self) -> Option<String> {
        self.rest.as_ref().map(RunningRest::url)
    }

    /// Where balancers ask, if there is a port for them.
    pub(crate) fn health(&self) -> Option<SocketAddr> {
        self.health_port.as_ref().map(HealthPort::address)
    }

    /// How many connections there are.
    pub(crate) fn connections(&self) -> CensusCount {
        self.shared.slots().count()
    }

    /// Stops: no new connections, goaway to all, until they have left or the time is over; then all is written to disk.
    ///
    /// # Errors
    /// [`StopError`] if it could not be.
    pub(crate) async fn stop(self) -> Result<(), StopError> {
        let slots = self.shared.slots();
        let drain_timeout = ms(self.reloader.running().shutdown.drain_timeout_ms);
        tracing::info!(
            connections = slots.count().connections,
            drain_timeout_ms = drain_timeout.as_millis(),
            "stopping"
        );
        self.health.enter(Phase::Draining);
        // From here on devices whose connections end stay in place: it is the server that leaves, not they.
        self.gateway.begin_shutdown();
        let deadline = self.stopper.stop_within(drain_timeout);
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
        let close_ports = async {
            if let Some(admin) = self.admin {
                admin.close().await;
            }
            if let Some(rest) = self.rest {
                rest.close().await;
            }
            if let Some(health) = self.health_port {
                health.close().await;
            }
        };
        let ((), flushed) = tokio::join!(close_ports, timeout(FLUSH_TIMEOUT, self.gateway.flush()));
        let flushed = flushed.map_err(|_| StopError::Stalled);
        if let Err(error) = flushed.and_then(|flushed| Ok(flushed?)) {
            // Whoever drops the store last waits for its disk.
            std::mem::forget(Arc::clone(&self.gateway));
            tracing::error!(%error, "what was to be written last is not on disk");
            return Err(error);
        }
        tracing::info!("stopped");
        Ok(())
    }

    fn log_addresses(&self) {
        for (address, scheme) in self.addresses() {
            let address = scheme.address(address);
            tracing::info!(address, "listening for clients");
        }
        if let Some((address, _)) = self.admin() {
            tracing::info!(%address, "listening for operators");
        }
        if let Some(url) = self.rest() {
            tracing::info!(url, "listening for back ends");
        }
        if let Some(address) = self.health() {
            tracing::info!(%address, "listening for health checks");
        }
    }

    /// The last line of a start, after everything that can fail.
    pub(crate) fn log_ready(&self) {
        let count = self.connections();
        tracing::info!(
            connections_max = count.connections_max,
            accounts = self.gateway.store().accounts_count(),
            apps = self.gateway.apps().list().len(),
            "ready"
        );
    }
}

/// Certificates are read anew with the configuration, and balancers are told when they end.
fn follow_certificates(
    listeners: &[Listener],
    rest: Option<&rest::Listen>,
    reloader: &Reloader,
    health: &Health,
    clock: Clock,
) {
    let mut certificates = Vec::new();
    let mut served = Vec::new();
    for (index, listener) in listeners.iter().enumerate() {
        if let Some(certificate) = listener.certificate() {
            certificates.push((format!("listeners.{index}"), certificate.clone()));
            served.push((listener.address(), certificate.clone()));
        }
    }
    if let Some(rest) = rest
        && let Some((_, certificate)) = &rest.tls
    {
        certificates.push(("rest".to_owned(), certificate.clone()));
        served.push((rest.address, certificate.clone()));
    }
    reloader.watch_certificates(certificates);
    health.watch_certificates(Box::new(move || {
        let now = clock.wall();
        served
            .iter()
            .map(|(address, certificate)| {
                let (renewed, rejected) = certificate.renewals();
                CertificateHealth {
                    listener: address.to_string(),
                    days_left: days_between(now, certificate.not_after()),
                    files: match certificate.failure() {
                        None => CertificateFiles::Ok,
                        Some(_) => CertificateFiles::Unusable,
                    },
                    not_after_s: certificate.not_after().as_s(),
                    renewed,
                    rejected,
                }
            })
            .collect()
    }));
}

/// Whole days; negative if it has ended.
fn days_between(now: Timestamp, end: Timestamp) -> i64 {
    let [now, end] = [now, end].map(|at| i64::try_from(at.as_ms()).unwrap_or(i64::MAX));
    (end - now).div_euclid(DAY_MS)
}

/// Where back ends connect; it reads the certificate.
async fn rest_settings(config: &Config) -> Result<Option<rest::Listen>, StartError> {
    // The configuration has been checked.
    let Ok(Some(address)) = config.rest.address() else {
        return Ok(None);
    };
    let settings = config.rest.clone();
    let tls = off_the_workers(move |_| {
        let files = settings.tls_files();
        files
            .map(|(cert, key)| userstatus_tls::acceptor(cert, key))
            .transpose()
    });
    Ok(Some(rest::Listen {
        address,
        tls: tls.await??,
        balancers: config
            .rest
            .proxy_trusted
            .iter()
            .map(|network| network.0)
            .collect(),
    }))
}

async fn listen_for_operators(
    config: &Config,
    reloader: &Arc<Reloader>,
    gateway: &Arc<Gateway>,
    census: Arc<Census>,
    health: &Arc<Health>,
    metrics: Arc<Metrics>,
) -> Result<RunningAdmin, StartError> {
    let source = token_source(&config.admin, &config.storage);
    let token = off_the_workers(move |_| AdminToken::load(&source)).await??;
    reloader.watch_token(&token);
    let parts = Parts {
        gateway: Arc::clone(gateway),
        census,
        health: Arc::clone(health),
        metrics,
        token,
        host: Arc::clone(reloader) as _,
    };
    Ok(admin::listen(config.admin.listen, parts).await?)
}

/// Opens the data directory, and says every second how far it is.
async fn open_store(config: &Config) -> Result<Arc<EmbeddedStore>, StartError> {
    let data_dir = config.data_dir().map(ToOwned::to_owned);
    let progress = Arc::new(LoadProgress::default());
    let opening = {
        let progress = Arc::clone(&progress);
        off_the_workers(move |_| EmbeddedStore::open_and_tell(data_dir.as_deref(), &progress))
    };
    let mut opening = std::pin::pin!(opening);
    let mut ticks = interval(PROGRESS_EVERY);
    // The first comes at once.
    ticks.tick().await;
    loop {
        tokio::select! {
            store = opening.as_mut() => return Ok(store??),
            _ = ticks.tick() => {
                let (phase, rows) = progress.now();
                match phase {
                    LoadPhase::Checking => tracing::info!("starting: checking the data file"),
                    phase => tracing::info!(what = phase.name(), loaded = rows, "starting: reading the data file"),
                }
            }
        }
    }
}

/// Runs on a thread of its own: those that serve connections and hear signals are not held up.
async fn off_the_workers<T: Send + 'static>(
    work: impl FnOnce(&Handle) -> T + Send + 'static,
) -> Result<T, StartError> {
    let runtime = Handle::current();
    tokio::task::spawn_blocking(move || work(&runtime))
        .await
        .map_err(|error| StartError::Panicked(error.to_string()))
}

// Configuration is read without the operators' room, which holds the other half of the rule.
const _: () = assert!(config::ADMIN_TOKEN_BYTES_MIN == admin::ADMIN_TOKEN_BYTES_MIN);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_that_ended_a_moment_ago_has_less_than_no_days_left() {
        let day = |days: u64| Timestamp::from_ms(days * 86_400_000);
        assert_eq!(days_between(day(10), day(17)), 7);
        assert_eq!(days_between(day(10).plus_ms(1), day(17)), 6);
        assert_eq!(days_between(day(10).plus_ms(1), day(10)), -1);
    }
}
