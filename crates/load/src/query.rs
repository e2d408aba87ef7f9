//! Queries of many users, one after the other on each client.

use crate::Failure;
use crate::clients::{CONCURRENCY, log_in};
use crate::measure::{Latencies, rounded};
use crate::server::Server;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

pub(crate) async fn run(
    server: &Server,
    users: usize,
    clients: usize,
    duration_s: u64,
) -> Result<Value, Failure> {
    // The rules allow 20 queries in 5 s; what is measured is the server, not the quota.
    server
        .set_app(&["--requests-per-window", "1000", "--window-ms", "100"])
        .await?;
    let asked: Vec<String> = (0..users).map(|number| format!("asked{number}")).collect();
    let targets = log_in(server, "asked", users, CONCURRENCY, |_| |_| {}).await?;
    let askers = log_in(server, "asker", clients, CONCURRENCY, |_| |_| {}).await?;
    let latencies = Arc::new(Latencies::new()?);
    let cpu_before = server.cpu_s()?;
    let start = Instant::now();
    let end = start + Duration::from_secs(duration_s);
    let mut tasks = JoinSet::new();
    for (number, asker) in askers.into_iter().enumerate() {
        let (asked, latencies) = (asked.clone(), Arc::clone(&latencies));
        tasks.spawn(async move {
            let mut queries = 0u64;
            while Instant::now() < end {
                let sent_us = latencies.now_us();
                let statuses = asker.get_user_status(asked.clone()).await?;
                latencies.record(number, sent_us);
                if statuses.len() != asked.len() {
                    return Err(
                        format!("{} statuses for {} users", statuses.len(), asked.len()).into(),
                    );
                }
                queries += 1;
            }
            Ok::<_, Failure>(queries)
        });
    }
    let mut queries = 0;
    while let Some(count) = tasks.join_next().await {
        queries += count??;
    }
    let took_s = start.elapsed().as_secs_f64();
    let cpu_s = server.cpu_s()? - cpu_before;
    drop(targets);
    #[allow(clippy::cast_precision_loss, reason = "a count of a test run")]
    let count = queries.max(1) as f64;
    eprintln!(
        "{:.0} queries/s, {:.1} us of server CPU each",
        count / took_s,
        cpu_s / count * 1e6
    );
    Ok(json!({
        "scenario": "query",
        "users_per_query": users,
        "queries": queries,
        "queries_per_s": rounded(count / took_s),
        "latency_ms": latencies.to_json(),
        "server_cpu_us_per_query": rounded(cpu_s / count * 1e6),
    }))
}
