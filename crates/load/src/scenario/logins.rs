//! As many logins as possible.

use super::{Mark, told};
use crate::error::LoadError;
use crate::herd::{self, Member};
use crate::latency::{Latencies, Percentiles};
use crate::options::LoginsOptions;
use crate::progress::grouped;
use crate::report::{Report, rounded};
use crate::stage::Stage;
use crate::usage::check_open_files;
use serde_json::json;
use std::sync::Arc;
use std::time::Instant;

pub(crate) async fn logins(stage: &Stage, options: &LoginsOptions) -> Result<Report, LoadError> {
    options.check()?;
    check_open_files(options.connections)?;
    // Clients and UserSigs are made before the clock starts: a studio's own server mints them.
    let members = (0..options.connections)
        .map(|index| Member::new(stage, format!("player{index}"), |_| {}))
        .collect::<Result<Vec<_>, _>>()?;
    let latencies = Arc::new(Latencies::new());
    let mark = Mark::now(stage)?;
    herd::each("login", &members, options.concurrency, |index, member| {
        let latencies = Arc::clone(&latencies);
        async move {
            let begin = Instant::now();
            member.log_in().await?;
            latencies.record(index, begin.elapsed());
            Ok(())
        }
    })
    .await?;
    let spent = mark.spent(stage)?;
    stage.check_nobody_lost()?;
    let count = u64::from(options.connections);
    let per_login = spent.server_us_per(count);
    let per_s = count as f64 / spent.elapsed_s;
    let latency = Percentiles::of(&latencies.take());
    let figures = json!({
        "duration_s": rounded(spent.elapsed_s),
        "logins_per_s": rounded(per_s),
        "latency": latency,
        "server_cpu_us_per_login": per_login,
        "client_cpu_cores": rounded(spent.own_cpu_s / spent.elapsed_s),
    });
    let summary = format!(
        "{} logins in {:.2} s, {}/s, p99 {:.1} ms, {} of server CPU each",
        grouped(count),
        spent.elapsed_s,
        grouped(per_s as u64),
        latency.p99_ms,
        told(per_login, 1, "µs"),
    );
    let setup = json!({ "logins": count, "at_once": options.concurrency });
    Ok(Report::new("logins", setup, figures, &summary))
}
