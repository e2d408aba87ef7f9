//! Every watcher watches the same users.

use super::flow::{Flow, Seen, Watched};
use crate::error::LoadError;
use crate::herd::{self, Member, PREPARING_AT_ONCE};
use crate::options::FanoutOptions;
use crate::pacer::Publisher;
use crate::progress::{grouped, note};
use crate::report::Report;
use crate::stage::Stage;
use crate::stamp::STATUS_BYTES;
use crate::usage::check_open_files;
use crate::watcher::{Tally, Watcher};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// Users in one subscribe request (W1).
const SUBSCRIBE_USERS_MAX: usize = 100;
/// A rate is carried if less than this much of it is merged …
const MERGED_MAX: f64 = 0.02;
/// … and it is not late.
const LATENCY_P99_MAX_MS: f64 = 50.0;
const SEARCH_STEP: f64 = 1.25;
const SEARCH_STEPS_MAX: u32 = 20;
const SEARCH_STEP_DURATION: Duration = Duration::from_secs(4);
/// A rate that is missed is tried once more: one busy moment of the machine is not a limit of the server.
const MISSES_MAX: u32 = 2;

pub(crate) async fn fanout(stage: &Stage, options: &FanoutOptions) -> Result<Report, LoadError> {
    options.check()?;
    check_open_files(options.users + options.watchers)?;
    let flow = prepare(stage, options).await?;
    let duration = Duration::from_secs(options.duration_s.into());
    let setup = json!({
        "users": options.users,
        "watchers": options.watchers,
        "status_bytes": STATUS_BYTES,
    });
    if !options.overload {
        let seen = flow.run(stage, options.rate.into(), duration).await?;
        let report = Report::new("fanout", setup, seen.json(), &seen.summary());
        return Ok(seen.judge(report));
    }
    let (carried_rate, carried) = search(stage, &flow, options.rate.into()).await?;
    let rate = 2.0 * carried_rate;
    note(&format!(
        "  twice what is carried: {} deliveries/s",
        grouped(rate as u64)
    ));
    let overloaded = flow.run(stage, rate, duration).await?;
    let figures = json!({
        "carried": carried.as_ref().map(Seen::json),
        "overloaded": overloaded.json(),
    });
    let report = Report::new("fanout", setup, figures, &overloaded.summary());
    Ok(overloaded.judge(report))
}

async fn prepare(stage: &Stage, options: &FanoutOptions) -> Result<Flow, LoadError> {
    let tally = Tally::new(stage.clock());
    let names: Arc<Vec<String>> = Arc::new(
        (0..options.users)
            .map(|user| format!("player{user}"))
            .collect(),
    );
    let members = names
        .iter()
        .map(|name| Member::new(stage, name.clone(), |_| {}))
        .collect::<Result<Vec<_>, _>>()?;
    let mut watchers = Vec::new();
    let mut watching = Vec::new();
    for index in 0..options.watchers {
        let watcher = Watcher::new(options.users + index, &tally);
        watchers.push((watcher.clone(), Watched::Everybody));
        watching.push(Member::new(
            stage,
            format!("watcher{index}"),
            move |event| {
                watcher.on_event(&event);
            },
        )?);
    }
    herd::each(
        "login",
        &members,
        PREPARING_AT_ONCE,
        |_, member| async move { member.log_in().await },
    )
    .await?;
    herd::each(
        "login and subscribe",
        &watching,
        PREPARING_AT_ONCE,
        |_, member| {
            let names = Arc::clone(&names);
            async move {
                member.log_in().await?;
                for some in names.chunks(SUBSCRIBE_USERS_MAX) {
                    member.client.subscribe(some.to_vec()).await?;
                }
                Ok(())
            }
        },
    )
    .await?;
    stage.check_nobody_lost()?;
    let publishers = members
        .into_iter()
        .zip(0..)
        .map(|(member, user)| Publisher::new(member, user, options.watchers.into()))
        .collect();
    Ok(Flow {
        publishers: Arc::new(publishers),
        watchers,
        _watching: watching,
        tally,
    })
}

/// The highest rate that is carried, and what was seen at it. Begins at `rate`; if that is too much already, it is what is doubled.
async fn search(stage: &Stage, flow: &Flow, rate: f64) -> Result<(f64, Option<Seen>), LoadError> {
    let mut carried = (rate, None);
    let mut rate = rate;
    let mut misses = 0;
    for _ in 0..SEARCH_STEPS_MAX {
        let seen = flow.run(stage, rate, SEARCH_STEP_DURATION).await?;
        note(&format!(
            "  offered {}: {}",
            grouped(rate as u64),
            seen.summary()
        ));
        let is_carried = seen.merged_ratio() < MERGED_MAX
            && seen.latency.p99_ms < LATENCY_P99_MAX_MS
            && seen.held_back() == 0;
        if is_carried {
            carried = (rate, Some(seen));
            rate *= SEARCH_STEP;
            misses = 0;
        } else {
            misses += 1;
            if misses == MISSES_MAX {
                break;
            }
        }
    }
    Ok(carried)
}
