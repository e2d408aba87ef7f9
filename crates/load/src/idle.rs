//! Connections that are logged in and do nothing.

use crate::Failure;
use crate::clients::{CONCURRENCY, log_in};
use crate::measure::{pss_bytes, rounded};
use crate::server::Server;
use serde_json::{Value, json};

/// Connections made before the first reading, so that what a server allocates once is not counted as theirs.
const WARM_UP: usize = 100;

pub(crate) async fn run(server: &Server, connections: usize) -> Result<Value, Failure> {
    let warm = log_in(server, "warm", WARM_UP, CONCURRENCY, |_| |_| {}).await?;
    let before = pss_bytes(server.pid)?;
    let clients = log_in(server, "idle", connections, CONCURRENCY, |_| |_| {}).await?;
    let after = pss_bytes(server.pid)?;
    #[allow(clippy::cast_precision_loss, reason = "bytes of one process")]
    let each = (after.saturating_sub(before)) as f64 / connections as f64;
    drop((warm, clients));
    eprintln!(
        "{:.2} KiB of server memory per idle connection",
        each / 1024.0
    );
    Ok(json!({
        "scenario": "idle",
        "connections": connections,
        "server_pss_before_bytes": before,
        "server_pss_after_bytes": after,
        "server_bytes_per_connection": rounded(each),
    }))
}
