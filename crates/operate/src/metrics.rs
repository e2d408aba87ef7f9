//! What monitoring reads: `GET /metrics`, in OpenMetrics.
//!
//! The numbers lie where they are counted; here they are read, and written down, when somebody asks. Nothing waits for a disk.

mod page;
mod table;
#[cfg(test)]
mod tests;

pub use table::{METRICS, Metric};

use crate::admin::Host;
use crate::health::{CertificateFiles, Health, Phase};
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use page::Page;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, prometheus_text, text};
use prometheus_client::registry::Registry;
use std::cmp::Reverse;
use std::fmt;
use std::sync::{Arc, OnceLock};
use userstatus_gateway::{Asked, Census, Gateway};
use userstatus_meters::{Counter, Kind};
use userstatus_store::embedded::EmbeddedStore;
use userstatus_store::{Store, StoreHealth};

/// What OpenMetrics is called.
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What a scrape reads.
pub struct Metrics {
    health: Arc<Health>,
    host: Arc<dyn Host>,
    server: OnceLock<Server>,
    /// Apps that have series of their own.
    apps_max: usize,
    /// Requests with a wrong admin token.
    pub(crate) wrong_tokens: Counter,
}

struct Server {
    gateway: Arc<Gateway<EmbeddedStore>>,
    census: Arc<Census>,
}

/// What the process uses, where the system says so.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ProcessUse {
    /// Processor time.
    pub cpu_s: Option<f64>,
    /// Memory that is not swapped out.
    pub resident_bytes: Option<u64>,
    /// Files it has open.
    pub open_files: Option<u64>,
    /// Files it may have open.
    pub open_files_max: Option<u64>,
    /// When it was started, in Unix time.
    pub started_s: f64,
}

/// What the process has done besides serving.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HostCount {
    /// Reloads that were done.
    pub reloads: u64,
    /// Reloads after which the old configuration still holds.
    pub reloads_failed: u64,
    /// Log lines dropped since the start.
    pub log_lines_dropped: u64,
}

impl Metrics {
    /// Of a server that starts. So many apps have series of their own; 0: none, and nobody looks.
    pub fn new(health: Arc<Health>, host: Arc<dyn Host>, apps_max: usize) -> Arc<Self> {
        Arc::new(Self {
            health,
            host,
            server: OnceLock::new(),
            apps_max,
            wrong_tokens: Counter::default(),
        })
    }

    /// There is a server to be read.
    pub fn watch(&self, gateway: Arc<Gateway<EmbeddedStore>>, census: Arc<Census>) {
        self.server.get_or_init(|| Server { gateway, census });
    }

    /// Everything, as OpenMetrics, or in the older text format.
    ///
    /// # Errors
    /// Never: writing to a text does not fail.
    pub fn page(self: &Arc<Self>, is_openmetrics: bool) -> Result<String, fmt::Error> {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(Scrape(Arc::clone(self))));
        let mut page = String::new();
        match is_openmetrics {
            true => text::encode(&mut page, &registry)?,
            false => prometheus_text::encode(&mut page, &registry)?,
        }
        Ok(page)
    }

    fn write(&self, page: &mut Page<'_>) -> fmt::Result {
        self.write_host(page)?;
        if let Some(server) = self.server.get() {
            server.write_gateway(page)?;
            if self.apps_max > 0 {
                server.write_apps(page, self.apps_max)?;
            }
            server.write_connections(page)?;
            server.write_requests(page)?;
            server.write_changes(page)?;
            server.write_store(page)?;
        }
        self.write_certificates(page)?;
        let done = self.host.count();
        page.counters(
            &table::RELOADS,
            [("ok", done.reloads), ("failed", done.reloads_failed)],
        )?;
        page.counter(&table::LOG_LINES_DROPPED, done.log_lines_dropped)?;
        page.counter(&table::WRONG_TOKENS, self.wrong_tokens.total())
    }

    fn write_host(&self, page: &mut Page<'_>) -> fmt::Result {
        page.info(&table::BUILD, env!("CARGO_PKG_VERSION"))?;
        let phase = self.health.phase();
        let phases = [Phase::Starting, Phase::Serving, Phase::Draining];
        page.gauges(
            &table::PHASE,
            phases.map(|other| (other.name(), u64::from(other == phase))),
        )?;
        let readiness = self.health.readiness();
        let is = |status| u64::from(readiness.status == status);
        page.gauge(&table::READY, is("ready") + is("degraded"))?;
        page.gauge(&table::DEGRADED, is("degraded"))?;
        let used = self.host.process();
        if let Some(cpu_s) = used.cpu_s {
            page.counter_of_seconds(&table::CPU, cpu_s)?;
        }
        for (metric, value) in [
            (&table::MEMORY, used.resident_bytes),
            (&table::OPEN_FILES, used.open_files),
            (&table::OPEN_FILES_MAX, used.open_files_max),
        ] {
            if let Some(value) = value {
                page.gauge(metric, value)?;
            }
        }
        page.gauge_of_seconds(&table::STARTED, used.started_s)
    }

    fn write_certificates(&self, page: &mut Page<'_>) -> fmt::Result {
        let certificates = self.health.certificates();
        if certificates.is_empty() {
            return Ok(());
        }
        let each = certificates.iter();
        page.gauges(
            &table::TLS_NOT_AFTER,
            each.clone()
                .map(|certificate| (certificate.listener.as_str(), certificate.not_after_s)),
        )?;
        page.gauges(
            &table::TLS_USABLE,
            each.clone().map(|certificate| {
                let is_usable = certificate.files == CertificateFiles::Ok;
                (certificate.listener.as_str(), u64::from(is_usable))
            }),
        )?;
        let mut reloads = page.family(&table::TLS_RELOADS)?;
        for certificate in each {
            let listener = certificate.listener.as_str();
            reloads.counter([listener, "ok"], certificate.renewed)?;
            reloads.counter([listener, "failed"], certificate.rejected)?;
        }
        Ok(())
    }
}

impl Server {
    fn write_gateway(&self, page: &mut Page<'_>) -> fmt::Result {
        page.gauge(&table::APPS, self.gateway.apps().list().len() as u64)?;
        let accounts = self.gateway.store().accounts_known();
        page.gauge(&table::ACCOUNTS, accounts as u64)?;
        let sessions = self.gateway.hub().counters().sessions;
        page.gauge(&table::SESSIONS, sessions)
    }

    fn write_apps(&self, page: &mut Page<'_>, apps_max: usize) -> fmt::Result {
        let mut online: Vec<_> = self.gateway.hub().online_by_app().into_iter().collect();
        online.sort_by_key(|(app, count)| (Reverse(*count), *app));
        let others: u64 = online.iter().skip(apps_max).map(|(_, count)| count).sum();
        online.truncate(apps_max);
        let named: Vec<_> = online
            .into_iter()
            .map(|(app, count)| (app.to_string(), count))
            .chain([("other".to_owned(), others)])
            .collect();
        let each = named.iter().map(|(app, count)| (app.as_str(), *count));
        page.gauges(&table::APP_ONLINE, each)
    }

    fn write_connections(&self, page: &mut Page<'_>) -> fmt::Result {
        let (count, meters) = (self.census.count(), self.census.meters());
        page.gauges(&table::LISTENERS, named(meters.listeners.each()))?;
        page.gauges(&table::CONNECTIONS, named(meters.entered.each()))?;
        page.gauge(&table::CONNECTIONS_MAX, count.connections_max.into())?;
        page.counter(&table::CONNECTIONS_ACCEPTED, count.accepted)?;
        page.counters(
            &table::CONNECTIONS_REFUSED,
            named(meters.turned_away.each()),
        )?;
        page.counters(&table::CONNECTIONS_CLOSED, named(meters.closed.each()))?;
        page.counter(&table::ACCEPT_FAILURES, meters.accept_failures.total())?;
        page.counters(&table::TLS_HANDSHAKES, named(meters.tls_handshakes.each()))?;
        page.counters(
            &table::WEBSOCKET_HANDSHAKES,
            named(meters.websocket_handshakes.each()),
        )?;
        page.gauge(&table::CONNECTIONS_BLOCKED, meters.blocked.now())?;
        page.gauge(&table::BLOCKED_BYTES, meters.blocked_bytes.now())?;
        let waiting = &self.gateway.hub().meters().waiting_bytes;
        page.gauge(&table::OUTBOX_BYTES, waiting.now())?;
        page.codes(&table::KICKS, &meters.kicks)
    }

    fn write_requests(&self, page: &mut Page<'_>) -> fmt::Result {
        let meters = self.gateway.meters();
        let logins = &meters.of(Asked::Login).answered;
        page.counters(&table::LOGINS, named(logins.each()))?;
        page.codes(&table::LOGINS_REFUSED, &meters.logins_refused)?;
        let throttled = &self.census.meters().forgeries_throttled;
        page.counter(&table::FORGERIES_THROTTLED, throttled.total())?;
        let mut requests = page.family(&table::REQUESTS)?;
        for (asked, meters) in meters.requests() {
            for (answered, count) in meters.answered.each() {
                requests.counter([asked.name(), answered.name()], count)?;
            }
        }
        page.codes(&table::REQUESTS_REFUSED, &meters.requests_refused)?;
        let mut durations = page.family(&table::REQUEST_DURATION)?;
        for (asked, meters) in meters.requests() {
            // A dozen lines each: of those that are asked at all.
            if meters.answered.total() > 0 {
                durations.histogram([asked.name()], &meters.took.count())?;
            }
        }
        Ok(())
    }

    fn write_changes(&self, page: &mut Page<'_>) -> fmt::Result {
        let hub = self.gateway.hub();
        let meters = hub.meters();
        let fan_out = meters.fan_out.count();
        page.counter(&table::CHANGES, fan_out.total())?;
        page.counter(&table::ENCODES, meters.encodes.total())?;
        page.counter(&table::DELIVERIES, meters.deliveries.total())?;
        page.counter(&table::MERGES, meters.merges.total())?;
        page.histogram(&table::FAN_OUT, &fan_out)?;
        page.histogram(&table::WATCH_LATENCY, &meters.watch_latency.count())?;
        let (subscriptions, friends) = hub.watched();
        page.gauges(
            &table::WATCHED,
            [("subscription", subscriptions), ("friend", friends)],
        )
    }

    fn write_store(&self, page: &mut Page<'_>) -> fmt::Result {
        let store = self.gateway.store();
        let state = match store.health() {
            StoreHealth::Well => "ok",
            StoreHealth::Failing { .. } => "failing",
            StoreHealth::Stalled { .. } => "stalled",
        };
        let states = ["ok", "failing", "stalled"];
        page.gauges(
            &table::STORE_STATE,
            states.map(|other| (other, u64::from(other == state))),
        )?;
        if let Some(journal) = store.journal() {
            page.histogram(&table::STORE_COMMIT, &journal.commits)?;
            page.counter(&table::STORE_COMMITS_FAILED, journal.commits_failed)?;
            page.counter(&table::STORE_ROWS, journal.rows_written)?;
            page.gauge(&table::STORE_BYTES, journal.file_bytes)?;
            page.gauge(&table::STORE_UNWRITTEN, journal.accounts_unwritten)?;
            page.gauge_of_seconds(&table::STORE_LAG, journal.lag.as_secs_f64())?;
        }
        let failed = self.gateway.meters().records_failed.each();
        page.counters(&table::RECORDS_FAILED, named(failed))
    }
}

fn named<K: Kind>(
    counts: impl Iterator<Item = (K, u64)>,
) -> impl Iterator<Item = (&'static str, u64)> {
    counts.map(|(kind, count)| (kind.name(), count))
}

/// One reading.
struct Scrape(Arc<Metrics>);

impl fmt::Debug for Scrape {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Scrape")
    }
}

impl Collector for Scrape {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        self.0.write(&mut Page::new(encoder))
    }
}

pub(crate) fn router(metrics: Arc<Metrics>) -> Router {
    Router::new()
        .route("/metrics", get(metrics_page))
        .with_state(metrics)
}

async fn metrics_page(State(metrics): State<Arc<Metrics>>, headers: HeaderMap) -> Response {
    answer(&metrics, &headers)
}

/// In OpenMetrics, unless whoever asks knows the older text format only.
pub(crate) fn answer(metrics: &Arc<Metrics>, headers: &HeaderMap) -> Response {
    let accepted = headers.get(header::ACCEPT);
    let accepted = accepted.and_then(|accepted| accepted.to_str().ok());
    let knows = |format| accepted.is_some_and(|accepted: &str| accepted.contains(format));
    let is_openmetrics = knows("application/openmetrics-text") || !knows("text/plain");
    let format = match is_openmetrics {
        true => OPENMETRICS,
        false => prometheus_text::CONTENT_TYPE,
    };
    match metrics.page(is_openmetrics) {
        Ok(page) => ([(header::CONTENT_TYPE, format)], page).into_response(),
        Err(fmt::Error) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
