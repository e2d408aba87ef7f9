//! Whether this server lives and may be sent clients: for balancers and supervisors, without a token and without a secret.

use crate::admin::failure::Failure;
use crate::http::HttpPort;
use crate::metrics::{self, Metrics};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, OnceLock};
use userstatus_store::embedded::EmbeddedStore;
use userstatus_store::{Store, StoreHealth};
use utoipa::{IntoParams, ToSchema};

/// Connections of a health port at once.
const HEALTH_CONNECTIONS_MAX: usize = 32;

/// A certificate that ends within so many days is worth a word.
const CERTIFICATE_DAYS_MIN: i64 = 7;

/// What the server is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Phase {
    /// It takes up what is on disk.
    Starting = 0,
    /// Clients can connect.
    Serving = 1,
    /// It is stopping: its clients have been told to go.
    Draining = 2,
}

impl Phase {
    /// What it is called where it is told.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Serving => "serving",
            Self::Draining => "draining",
        }
    }
}

/// What is known of the server's health, gathered from its parts.
#[derive(Default)]
pub struct Health {
    phase: AtomicU8,
    store: OnceLock<Arc<EmbeddedStore>>,
    certificates: OnceLock<Certificates>,
}

/// Says what certificates there are now.
pub type Certificates = Box<dyn Fn() -> Vec<CertificateHealth> + Send + Sync>;

/// One listener's certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CertificateHealth {
    /// Where the listener is.
    pub listener: String,
    /// Whole days until it ends; negative: it has ended.
    pub days_left: i64,
    /// Whether what is in its files could be served: `ok`, or `unusable` while the one before is served.
    pub files: CertificateFiles,
    /// When it ends, in Unix time.
    #[serde(skip)]
    pub not_after_s: u64,
    /// How many were taken up since the start.
    #[serde(skip)]
    pub renewed: u64,
    /// How often what came to be in the files could not be served.
    #[serde(skip)]
    pub rejected: u64,
}

/// What is in a certificate's files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum CertificateFiles {
    /// What is served.
    Ok,
    /// Nothing that can be; the log says why.
    Unusable,
}

/// `GET /readyz`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Readiness {
    /// `ready`, `degraded` (clients are served, something needs a look) or `not_ready`.
    pub status: String,
    /// What was looked at.
    pub checks: Checks,
}

/// What was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Checks {
    /// Whether clients can connect: `ok`, `starting` or `draining`.
    pub listening: String,
    /// Whether what is to be kept gets to the disk: `ok`, `failing`, `stalled` or `starting`.
    pub store: StoreCheck,
    /// Of each listener that speaks TLS.
    pub certificates: Vec<CertificateHealth>,
}

/// Whether what is to be kept gets to the disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StoreCheck {
    /// `ok`, `failing`, `stalled` or `starting`.
    pub status: String,
    /// For how long it has not been `ok`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub for_ms: Option<u64>,
    /// What the disk says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Health {
    /// What the server is at from now on.
    pub fn enter(&self, phase: Phase) {
        self.phase.store(phase as u8, Ordering::Release);
    }

    /// The store is open.
    pub fn watch_store(&self, store: Arc<EmbeddedStore>) {
        self.store.get_or_init(|| store);
    }

    /// There are certificates.
    pub fn watch_certificates(&self, certificates: Certificates) {
        self.certificates.get_or_init(|| certificates);
    }

    /// What the server is at.
    pub fn phase(&self) -> Phase {
        match self.phase.load(Ordering::Acquire) {
            phase if phase == Phase::Serving as u8 => Phase::Serving,
            phase if phase == Phase::Draining as u8 => Phase::Draining,
            _ => Phase::Starting,
        }
    }

    /// What certificates there are.
    pub fn certificates(&self) -> Vec<CertificateHealth> {
        let certificates = self.certificates.get();
        certificates.map(|list| list()).unwrap_or_default()
    }

    /// What is true now.
    pub fn readiness(&self) -> Readiness {
        let listening = match self.phase() {
            Phase::Serving => "ok",
            other => other.name(),
        };
        let store = store_check(self.store.get().map(|store| store.health()));
        let certificates = self.certificates();
        // A disk that fails takes nobody's presence away: to send clients elsewhere for it would.
        let is_well = store.status == "ok" && certificates.iter().all(CertificateHealth::is_well);
        let status = match (listening, is_well) {
            ("ok", true) => "ready",
            ("ok", false) => "degraded",
            _ => "not_ready",
        };
        Readiness {
            status: status.to_owned(),
            checks: Checks {
                listening: listening.to_owned(),
                store,
                certificates,
            },
        }
    }
}

impl CertificateHealth {
    fn is_well(&self) -> bool {
        self.days_left >= CERTIFICATE_DAYS_MIN && self.files == CertificateFiles::Ok
    }
}

fn store_check(health: Option<StoreHealth>) -> StoreCheck {
    let (status, for_ms, reason) = match health {
        None => ("starting", None, None),
        Some(StoreHealth::Well) => ("ok", None, None),
        Some(StoreHealth::Failing { for_ms, reason }) => ("failing", Some(for_ms), Some(reason)),
        Some(StoreHealth::Stalled { for_ms }) => ("stalled", Some(for_ms), None),
    };
    StoreCheck {
        status: status.to_owned(),
        for_ms,
        reason,
    }
}

/// A port of its own that tells health, and metrics if they are wanted there.
pub struct HealthPort(HttpPort);

impl HealthPort {
    /// Listens; tells metrics, too, if there are some to be told here.
    ///
    /// # Errors
    /// The system refuses.
    pub async fn open(
        address: SocketAddr,
        health: Arc<Health>,
        metrics: Option<Arc<Metrics>>,
    ) -> io::Result<Self> {
        let mut router = router(health);
        if let Some(metrics) = metrics {
            router = router.merge(metrics::router(metrics));
        }
        HttpPort::open(address, router, HEALTH_CONNECTIONS_MAX)
            .await
            .map(Self)
    }

    /// Where it listens; the port is the real one.
    pub const fn address(&self) -> SocketAddr {
        self.0.address()
    }

    /// Closes it.
    pub async fn close(self) {
        self.0.close().await;
    }
}

pub(crate) fn router(health: Arc<Health>) -> Router {
    Router::new()
        .route("/livez", get(livez))
        .route("/readyz", get(readyz))
        .with_state(health)
}

#[derive(Serialize, ToSchema)]
/// `GET /livez`.
pub(crate) struct Life {
    /// `alive`.
    status: &'static str,
}

/// Whether the server lives.
#[utoipa::path(get, path = "/livez", tag = "health", operation_id = "livez", security(()),
    responses((status = 200, description = "It does", body = Life)))]
pub(crate) async fn livez() -> Json<Life> {
    Json(Life { status: "alive" })
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Question {
    /// Whether `degraded` is not ready, too.
    #[serde(default)]
    #[param(required = false)]
    strict: bool,
}

/// Whether the server may be sent clients.
#[utoipa::path(get, path = "/readyz", tag = "health", operation_id = "readyz", security(()), params(Question),
    responses(
        (status = 200, description = "It may", body = Readiness),
        (status = 503, description = "It may not", body = Readiness),
    ))]
pub(crate) async fn readyz(
    State(health): State<Arc<Health>>,
    question: Result<Query<Question>, QueryRejection>,
) -> Result<(StatusCode, Json<Readiness>), Failure> {
    let Query(question) = question?;
    let readiness = health.readiness();
    let status = match readiness.status.as_str() {
        "ready" => StatusCode::OK,
        "degraded" if !question.strict => StatusCode::OK,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    };
    Ok((status, Json(readiness)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_ready_once_clients_can_connect_and_until_it_drains() {
        let health = Health::default();
        assert_eq!(health.readiness().status, "not_ready");
        health.watch_store(EmbeddedStore::open(None).unwrap());
        health.enter(Phase::Serving);
        assert_eq!(health.readiness().status, "ready");
        health.enter(Phase::Draining);
        let readiness = health.readiness();
        assert_eq!(
            (
                readiness.status.as_str(),
                readiness.checks.listening.as_str()
            ),
            ("not_ready", "draining")
        );
    }

    #[test]
    fn a_certificate_that_is_about_to_end_or_whose_renewal_is_broken_is_said() {
        for (days_left, files, status) in [
            (7, CertificateFiles::Ok, "ready"),
            (6, CertificateFiles::Ok, "degraded"),
            (60, CertificateFiles::Unusable, "degraded"),
        ] {
            let health = Health::default();
            health.watch_store(EmbeddedStore::open(None).unwrap());
            health.enter(Phase::Serving);
            health.watch_certificates(Box::new(move || {
                vec![CertificateHealth {
                    listener: "127.0.0.1:7700".to_owned(),
                    days_left,
                    files,
                    not_after_s: 0,
                    renewed: 0,
                    rejected: 0,
                }]
            }));
            assert_eq!(health.readiness().status, status);
        }
    }
}
