//! Logins as fast as they go, each on a connection of its own.

use crate::Failure;
use crate::clients::log_in;
use crate::measure::rounded;
use crate::server::Server;
use serde_json::{Value, json};
use std::time::Instant;

pub(crate) async fn run(
    server: &Server,
    connections: usize,
    concurrency: usize,
) -> Result<Value, Failure> {
    let cpu_before = server.cpu_s()?;
    let start = Instant::now();
    let clients = log_in(server, "login", connections, concurrency.max(1), |_| |_| {}).await?;
    let took_s = start.elapsed().as_secs_f64();
    let cpu_s = server.cpu_s()? - cpu_before;
    drop(clients);
    #[allow(clippy::cast_precision_loss, reason = "a count of a test run")]
    let count = connections as f64;
    eprintln!(
        "{count} logins in {took_s:.2} s, {:.1} us of server CPU each",
        cpu_s / count * 1e6
    );
    Ok(json!({
        "scenario": "logins",
        "logins": connections,
        "wall_s": rounded(took_s),
        "logins_per_s": rounded(count / took_s),
        "server_cpu_ms_per_login": rounded(cpu_s * 1_000.0 / count),
    }))
}
