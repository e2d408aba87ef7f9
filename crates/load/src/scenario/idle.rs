//! Connections that are logged in and do nothing.

use super::{Mark, told};
use crate::error::LoadError;
use crate::herd::{self, Member, PREPARING_AT_ONCE};
use crate::options::IdleOptions;
use crate::progress::grouped;
use crate::report::{Report, rounded};
use crate::scrape::{SCRAPES, scrape};
use crate::stage::Stage;
use crate::usage::check_open_files;
use serde_json::json;
use std::time::Duration;

pub(crate) async fn idle(stage: &Stage, options: &IdleOptions) -> Result<Report, LoadError> {
    options.check()?;
    check_open_files(options.connections)?;
    let members = (0..options.connections)
        .map(|index| Member::new(stage, format!("player{index}"), |_| {}))
        .collect::<Result<Vec<_>, _>>()?;
    let before = stage.server_pss_bytes()?;
    herd::each(
        "login",
        &members,
        PREPARING_AT_ONCE,
        |_, member| async move { member.log_in().await },
    )
    .await?;
    stage.check_nobody_lost()?;
    let mark = Mark::now(stage)?;
    tokio::time::sleep(Duration::from_secs(options.duration_s.into())).await;
    let spent = mark.spent(stage)?;
    // After the pause: what the logins needed for a moment has been given back, or counts.
    let after = stage.server_pss_bytes()?;
    let per_connection = before.zip(after).map(|(before, after)| {
        rounded(after.saturating_sub(before) as f64 / f64::from(options.connections))
    });
    let mark = Mark::now(stage)?;
    let scraped = match stage.admin() {
        Some(admin) => Some(scrape(admin).await?),
        None => None,
    };
    let scraping = mark.spent(stage)?;
    let scrape_ms = |share| scraped.as_ref().and_then(|scraped| scraped.ms(share));
    let lost = stage.connections_lost();
    let figures = json!({
        "server_pss_bytes_before": before,
        "server_pss_bytes_after": after,
        "server_pss_bytes_per_connection": per_connection,
        "server_cpu_cores": spent.server_cpu_s.map(|cpu_s| rounded(cpu_s / spent.elapsed_s)),
        "scrape": scraped.as_ref().map(|scraped| json!({
            "p50_ms": scrape_ms(0.5).map(rounded),
            "p99_ms": scrape_ms(0.99).map(rounded),
            "server_cpu_us": scraping.server_us_per(SCRAPES.into()),
            "page_bytes": scraped.page_bytes,
        })),
        "connections_lost": lost,
    });
    let summary = format!(
        "{} connections, {} of server memory (PSS) each; a scrape takes {}",
        grouped(options.connections.into()),
        told(per_connection.map(|bytes| bytes / 1024.0), 2, "KiB"),
        told(scrape_ms(0.5), 2, "ms"),
    );
    let setup = json!({ "connections": options.connections, "idle_s": options.duration_s });
    Ok(Report::new("idle", setup, figures, &summary).must_be_none("connections lost", lost))
}
