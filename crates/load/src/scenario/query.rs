//! Queries of many users at once.

use super::{Mark, told};
use crate::error::LoadError;
use crate::herd::{self, Member, PREPARING_AT_ONCE};
use crate::latency::{Latencies, Percentiles};
use crate::options::QueryOptions;
use crate::progress::grouped;
use crate::report::{Report, rounded};
use crate::stage::Stage;
use crate::stamp::{STATUS_BYTES, Stamp};
use crate::usage::check_open_files;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use userstatus_client::{Answer, Request};

const TICK: Duration = Duration::from_millis(1);
/// Longer than a client waits for an answer.
const ANSWERS_MAX: Duration = Duration::from_secs(15);

#[derive(Default)]
struct Answers {
    answered: AtomicU64,
    failed: AtomicU64,
}

pub(crate) async fn query(stage: &Stage, options: &QueryOptions) -> Result<Report, LoadError> {
    options.check()?;
    check_open_files(options.users + options.connections)?;
    let asking = prepare(stage, options).await?;
    let names: Vec<String> = (0..options.users).map(player).collect();
    let latencies = Arc::new(Latencies::new());
    let answers = Arc::new(Answers::default());
    let mark = Mark::now(stage)?;
    let asked = ask(options, &asking, &names, &latencies, &answers).await;
    let spent = mark.spent(stage)?;
    let failed = answers.failed.load(Ordering::Relaxed);
    let per_query = spent.server_us_per(asked);
    let latency = Percentiles::of(&latencies.take());
    let per_s = asked as f64 / spent.elapsed_s;
    let lost = stage.connections_lost();
    let figures = json!({
        "duration_s": rounded(spent.elapsed_s),
        "queries_per_s": rounded(per_s),
        "latency": latency,
        "server_cpu_us_per_query": per_query,
        "client_cpu_cores": rounded(spent.own_cpu_s / spent.elapsed_s),
        "queries_failed": failed,
        "connections_lost": lost,
    });
    let summary = format!(
        "{} queries/s of {} users, p99 {:.1} ms, {} of server CPU each",
        grouped(per_s as u64),
        options.users,
        latency.p99_ms,
        told(per_query, 1, "µs"),
    );
    let setup = json!({
        "connections": options.connections,
        "users_in_a_query": options.users,
        "status_bytes": STATUS_BYTES,
    });
    Ok(Report::new("query", setup, figures, &summary)
        .must_be_none("queries failed", failed)
        .must_be_none("connections lost", lost))
}

/// Those who are asked about, online with a status, and those who ask.
async fn prepare(stage: &Stage, options: &QueryOptions) -> Result<Vec<Member>, LoadError> {
    let clock = stage.clock();
    let asked = (0..options.users)
        .map(|user| Member::new(stage, player(user), |_| {}))
        .collect::<Result<Vec<_>, _>>()?;
    let asking = (0..options.connections)
        .map(|index| Member::new(stage, format!("asking{index}"), |_| {}))
        .collect::<Result<Vec<_>, _>>()?;
    herd::each(
        "login",
        &asking,
        PREPARING_AT_ONCE,
        |_, member| async move { member.log_in().await },
    )
    .await?;
    herd::each(
        "login and status",
        &asked,
        PREPARING_AT_ONCE,
        |index, member| async move {
            member.log_in().await?;
            let stamp = Stamp {
                user: index as u32,
                sequence: 1,
                at: clock.now(),
            };
            member.client.set_self_status(&stamp.write()).await
        },
    )
    .await?;
    stage.check_nobody_lost()?;
    Ok([asking, asked].concat())
}

/// Asks at the rate, each account in turn, until the time is over and everything is answered. How often it asked.
async fn ask(
    options: &QueryOptions,
    members: &[Member],
    names: &[String],
    latencies: &Arc<Latencies>,
    answers: &Arc<Answers>,
) -> u64 {
    let duration = Duration::from_secs(options.duration_s.into());
    let users = names.len();
    let mut turns = members[..options.connections as usize]
        .iter()
        .enumerate()
        .cycle();
    let mut ticks = tokio::time::interval(TICK);
    let begin = Instant::now();
    let mut asked = 0;
    while begin.elapsed() < duration {
        ticks.tick().await;
        let due = (begin.elapsed().as_secs_f64() * f64::from(options.rate)) as u64;
        for (index, member) in turns.by_ref().take((due - asked) as usize) {
            let (latencies, answers) = (Arc::clone(latencies), Arc::clone(answers));
            let handed_in = Instant::now();
            let request = Request::GetUserStatus(names.to_vec());
            member.client.submit(request, move |reply| {
                latencies.record(index, handed_in.elapsed());
                if !matches!(reply, Ok(Answer::Statuses(statuses)) if statuses.len() == users) {
                    answers.failed.fetch_add(1, Ordering::Relaxed);
                }
                answers.answered.fetch_add(1, Ordering::Release);
            });
        }
        asked = due;
    }
    while answers.answered.load(Ordering::Acquire) < asked
        && begin.elapsed() < duration + ANSWERS_MAX
    {
        ticks.tick().await;
    }
    asked
}

fn player(index: u32) -> String {
    format!("player{index}")
}
