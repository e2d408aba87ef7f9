//! The server itself, as operators ask for it.

use super::api::{BackedUp, Backup, Reloaded, Stats};
use super::openapi::Refusals;
use super::routes::{Answer, At, Failure, parse};
use crate::metrics;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;
use userstatus_core::Code;
use userstatus_store::Store;
use userstatus_store::embedded::BackupError;

/// Counts, since the start where it is not said otherwise.
#[utoipa::path(
    get, path = "/v1/stats", tag = "server", operation_id = "stats",
    responses((status = 200, description = "It was done", body = Stats), Refusals)
)]
pub(super) async fn stats(State(admin): At) -> Json<Stats> {
    let hub = admin.gateway.hub().counters();
    let census = admin.census.count();
    Json(Stats {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        apps: admin.gateway.apps().list().len(),
        accounts: admin.gateway.store().accounts_count(),
        connections: census.connections,
        connections_max: census.connections_max,
        connections_accepted: census.accepted,
        connections_refused: census.refused,
        sessions: hub.sessions,
        encodes: hub.encodes,
        deliveries: hub.deliveries,
        merges: hub.merges,
        log_lines_dropped: admin.host.count().log_lines_dropped,
    })
}

pub(super) async fn metrics(State(admin): At, headers: HeaderMap) -> Response {
    metrics::answer(&admin.metrics, &headers)
}

/// Reads the configuration again.
#[utoipa::path(
    post, path = "/v1/reload", tag = "server", operation_id = "reload",
    responses((status = 200, description = "It was done", body = Reloaded), Refusals)
)]
pub(super) async fn reload(State(admin): At) -> Answer<Reloaded> {
    let host = Arc::clone(&admin.host);
    // It reads files.
    let reloaded = tokio::task::spawn_blocking(move || host.reload()).await;
    reloaded.map(Json).map_err(|error| {
        Failure::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            Code::Internal,
            error.to_string(),
        )
    })
}

/// Writes a copy of the data file.
#[utoipa::path(
    post, path = "/v1/backup", tag = "server", operation_id = "backup",
    request_body = Backup,
    responses((status = 200, description = "It was done", body = BackedUp), Refusals)
)]
pub(super) async fn backup(State(admin): At, body: Bytes) -> Answer<BackedUp> {
    let Backup { to } = parse(&body)?;
    let report = admin.gateway.store().backup_to(Path::new(&to)).await;
    let report = report.map_err(backup_failure)?;
    let took_ms = u64::try_from(report.took.as_millis()).unwrap_or(u64::MAX);
    tracing::info!(
        file = to,
        bytes = report.bytes,
        accounts = report.accounts,
        took_ms,
        "backup written"
    );
    Ok(Json(BackedUp {
        file: to,
        bytes: report.bytes,
        apps: report.apps,
        accounts: report.accounts,
        took_ms,
    }))
}

fn backup_failure(error: BackupError) -> Failure {
    let (status, code) = match &error {
        BackupError::Relative(_) | BackupError::InDataDir(_) => {
            (StatusCode::BAD_REQUEST, Code::InvalidParameters)
        }
        BackupError::Exists(_) | BackupError::NoDataDir | BackupError::UnderWay => {
            (StatusCode::CONFLICT, Code::InvalidOperation)
        }
        BackupError::NotDurable(_) | BackupError::Io { .. } | BackupError::Database { .. } => {
            tracing::error!(%error, "a backup failed");
            (StatusCode::INTERNAL_SERVER_ERROR, Code::Internal)
        }
    };
    Failure::new(status, code, format!("{error}{}", advice(&error)))
}

fn advice(error: &BackupError) -> &'static str {
    let BackupError::Io { source, .. } = error else {
        return "";
    };
    match source.kind() {
        ErrorKind::NotFound => "; make the folder first: a backup makes none",
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            "; the server's user has to be allowed to write there"
        }
        _ => "",
    }
}
