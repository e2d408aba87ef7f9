//! Status changes delivered to those who watch.

use crate::Failure;
use crate::clients::{CONCURRENCY, log_in};
use crate::measure::{Latencies, cpu_s, rounded};
use crate::server::Server;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, interval};
use userstatus_client::{Client, ConnectionState, Event, Request};

/// Bytes of each custom status.
const STATUS_BYTES: usize = 64;
/// How often the talkers are given something to say.
const TICK: Duration = Duration::from_millis(5);
/// How long the last change may take to reach everybody.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(30);
/// Users in one subscribe request (W1).
const SUBSCRIBE_USERS: usize = 100;

/// Who watches whom, by number.
pub(crate) struct Plan {
    name: &'static str,
    users: usize,
    talkers: usize,
    watched_by: Vec<Vec<usize>>,
}

impl Plan {
    /// The first `talkers` users change; the others watch them all.
    pub(crate) fn star(talkers: usize, watchers: usize) -> Self {
        let users = talkers + watchers;
        let watched_by = (0..users)
            .map(|user| {
                if user < talkers {
                    Vec::new()
                } else {
                    (0..talkers).collect()
                }
            })
            .collect();
        Self {
            name: "fanout",
            users,
            talkers,
            watched_by,
        }
    }

    /// Everybody changes and watches the next `watched` users.
    pub(crate) fn mesh(users: usize, watched: usize) -> Result<Self, Failure> {
        if watched >= users || watched > 200 {
            return Err("--watched must be below --users, and at most 200".into());
        }
        let watched_by = (0..users)
            .map(|user| {
                (1..=watched)
                    .map(|step| (user + step * 7) % users)
                    .collect()
            })
            .collect();
        Ok(Self {
            name: "graph",
            users,
            talkers: users,
            watched_by,
        })
    }

    fn edges(&self) -> usize {
        self.watched_by.iter().map(Vec::len).sum()
    }
}

struct Tally {
    latencies: Latencies,
    deliveries: AtomicU64,
    lost_connections: AtomicU64,
    /// Edges over which the last change has come.
    arrived: AtomicU64,
    is_last: AtomicBool,
    news: Notify,
}

pub(crate) async fn run(
    server: &Server,
    plan: Plan,
    rate: u64,
    duration_s: u64,
) -> Result<Value, Failure> {
    let tally = Arc::new(Tally {
        latencies: Latencies::new()?,
        deliveries: AtomicU64::new(0),
        lost_connections: AtomicU64::new(0),
        arrived: AtomicU64::new(0),
        is_last: AtomicBool::new(false),
        news: Notify::new(),
    });
    let clients = log_in(server, "u", plan.users, CONCURRENCY, |number| {
        let tally = Arc::clone(&tally);
        let own = format!("u{number}");
        move |event| tally.take(number, &own, event)
    })
    .await?;
    for (client, watched) in clients.iter().zip(&plan.watched_by) {
        for chunk in watched.chunks(SUBSCRIBE_USERS) {
            client
                .subscribe(chunk.iter().map(|user| format!("u{user}")).collect())
                .await?;
        }
    }
    let edges = plan.edges();
    let per_change = edges as f64 / plan.talkers as f64;
    let changes_per_s = rate as f64 / per_change;
    eprintln!("{edges} subscriptions; {changes_per_s:.1} changes a second for {duration_s} s");

    // One round through everything before the clock starts.
    talk(
        &clients[..plan.talkers],
        &tally,
        changes_per_s,
        Duration::from_secs(1),
    )
    .await;
    let (server_before, own_before) = (server.cpu_s()?, cpu_s(std::process::id())?);
    tally.latencies.reset();
    tally.deliveries.store(0, Ordering::Relaxed);
    let start = Instant::now();
    let changes = talk(
        &clients[..plan.talkers],
        &tally,
        changes_per_s,
        Duration::from_secs(duration_s),
    )
    .await;
    let talked_for = start.elapsed();
    let latencies = tally.latencies.to_json();
    let during = tally.deliveries.load(Ordering::Relaxed);
    let server_cpu = server.cpu_s()? - server_before;
    let own_cpu = cpu_s(std::process::id())? - own_before;
    settle(&clients[..plan.talkers], &tally, edges as u64).await?;
    drop(clients);

    let expected = (changes as f64 * per_change).round();
    let deliveries_per_s = during as f64 / talked_for.as_secs_f64();
    eprintln!("{deliveries_per_s:.0} deliveries/s, latency in ms {latencies}");
    Ok(json!({
        "scenario": plan.name,
        "users": plan.users,
        "subscriptions": edges,
        "duration_s": rounded(talked_for.as_secs_f64()),
        "changes": changes,
        "deliveries_aimed_at_per_s": rate,
        "deliveries": during,
        "deliveries_per_s": rounded(deliveries_per_s),
        "merged_or_late": rounded((expected - during as f64).max(0.0)),
        "latency_ms": latencies,
        "server_cpu_s": rounded(server_cpu),
        "server_cpu_s_per_million_deliveries": rounded(server_cpu * 1e6 / (during.max(1) as f64)),
        "client_cpu_s": rounded(own_cpu),
        "connections_lost": tally.lost_connections.load(Ordering::Relaxed),
        "last_change_reached_everybody": true,
    }))
}

/// Lets the talkers change in turn at a steady rate. Returns how many changes were made.
async fn talk(talkers: &[Client], tally: &Arc<Tally>, changes_per_s: f64, length: Duration) -> u64 {
    let mut ticks = interval(TICK);
    let start = Instant::now();
    let mut made = 0u64;
    loop {
        ticks.tick().await;
        let elapsed = start.elapsed().min(length);
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a count of a test run"
        )]
        let due = (elapsed.as_secs_f64() * changes_per_s) as u64;
        while made < due {
            #[allow(clippy::cast_possible_truncation, reason = "an index")]
            let talker = &talkers[made as usize % talkers.len()];
            let text = format!("{:0>STATUS_BYTES$}", tally.latencies.now_us());
            talker.submit(Request::SetSelfStatus(text), |_| {});
            made += 1;
        }
        if elapsed == length {
            return made;
        }
    }
}

/// Everybody says a last word, and every watcher must hear it.
async fn settle(talkers: &[Client], tally: &Arc<Tally>, edges: u64) -> Result<(), Failure> {
    tally.is_last.store(true, Ordering::Release);
    for talker in talkers {
        talker.set_self_status("the last").await?;
    }
    let all = async {
        loop {
            let news = tally.news.notified();
            if tally.arrived.load(Ordering::Acquire) >= edges {
                return;
            }
            news.await;
        }
    };
    tokio::time::timeout(SETTLE_TIMEOUT, all)
        .await
        .map_err(|_| {
            let arrived = tally.arrived.load(Ordering::Acquire);
            format!("the last change reached {arrived} of {edges} watchers in {SETTLE_TIMEOUT:?}")
        })?;
    Ok(())
}

impl Tally {
    fn take(&self, number: usize, own: &str, event: Event) {
        match event {
            Event::StatusChanged(statuses) => {
                for status in statuses {
                    if status.user_id == own {
                        continue;
                    }
                    if status.custom_status == "the last" {
                        self.arrived.fetch_add(1, Ordering::AcqRel);
                        self.news.notify_waiters();
                    } else if let Ok(sent_us) = status.custom_status.parse() {
                        self.latencies.record(number, sent_us);
                        self.deliveries.fetch_add(1, Ordering::Relaxed);
                    }
                }
            }
            Event::Connection(ConnectionState::Disconnected(reason))
                if self.lost_connections.fetch_add(1, Ordering::Relaxed) == 0 =>
            {
                eprintln!("a connection was lost: {reason}");
            }
            _ => {}
        }
    }
}
