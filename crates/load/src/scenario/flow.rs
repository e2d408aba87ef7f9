//! Changes flowing to watchers, at one rate for a while.

use super::{Mark, Spent};
use crate::error::LoadError;
use crate::herd::Member;
use crate::latency::Percentiles;
use crate::pacer::{self, Offered, OfferedCount, Publisher};
use crate::progress::{grouped, note};
use crate::report::{Report, rounded};
use crate::stage::Stage;
use crate::watcher::{Tally, Watcher};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The first moments of a rate are not those that last.
const WARM_UP: Duration = Duration::from_secs(1);
/// After the last change: until every watcher has seen it.
const SETTLE_MAX: Duration = Duration::from_secs(60);
const SETTLE_LOOK_EVERY: Duration = Duration::from_millis(20);

/// Who says, and who is told.
pub(super) struct Flow {
    pub(super) publishers: Arc<Vec<Publisher>>,
    /// Each with the publishers it watches, as indexes.
    pub(super) watchers: Vec<(Watcher, Watched)>,
    /// A client ends with its last handle.
    pub(super) _watching: Vec<Member>,
    pub(super) tally: Arc<Tally>,
}

/// Whom a watcher watches.
pub(super) enum Watched {
    Everybody,
    These(Vec<usize>),
}

/// What was seen at one rate.
pub(super) struct Seen {
    spent: Spent,
    offered: OfferedCount,
    offered_in_window: u64,
    delivered_in_window: u64,
    delivered: u64,
    pub(super) latency: Percentiles,
    settled_after: Duration,
    last_missing: u64,
    out_of_order: u64,
    connections_lost: u64,
}

impl Flow {
    /// Deliveries of one change, on average.
    fn audience(&self) -> f64 {
        let watched: usize = self
            .watchers
            .iter()
            .map(|(_, watched)| match watched {
                Watched::Everybody => self.publishers.len(),
                Watched::These(these) => these.len(),
            })
            .sum();
        watched as f64 / self.publishers.len() as f64
    }

    /// Offers changes that make `deliveries_per_s`, and looks what becomes of them.
    pub(super) async fn run(
        &self,
        stage: &Stage,
        deliveries_per_s: f64,
        duration: Duration,
    ) -> Result<Seen, LoadError> {
        let changes_per_s = deliveries_per_s / self.audience();
        let offered = Arc::new(Offered::default());
        let delivered_before = self.tally.delivered();
        let pacer = {
            let (publishers, offered) = (Arc::clone(&self.publishers), Arc::clone(&offered));
            let (clock, whole) = (stage.clock(), WARM_UP + duration);
            tokio::task::spawn_blocking(move || {
                pacer::offer(&publishers, clock, changes_per_s, whole, &offered);
            })
        };
        tokio::time::sleep(WARM_UP).await;
        self.tally.latencies().take();
        self.tally.record(true);
        let (offered_at, delivered_at) = (offered.count().deliveries, self.tally.delivered());
        let mark = Mark::now(stage)?;
        self.watch(duration).await;
        let spent = mark.spent(stage)?;
        let delivered_in_window = self.tally.delivered() - delivered_at;
        let offered_in_window = offered.count().deliveries - offered_at;
        self.tally.record(false);
        let latency = Percentiles::of(&self.tally.latencies().take());
        // It panics only if a publisher did, and then the last statuses are missing.
        let _ = pacer.await;
        let (settled_after, last_missing) = self.settle().await;
        Ok(Seen {
            spent,
            offered: offered.count(),
            offered_in_window,
            delivered_in_window,
            delivered: self.tally.delivered() - delivered_before,
            latency,
            settled_after,
            last_missing,
            out_of_order: self.tally.out_of_order(),
            connections_lost: stage.connections_lost(),
        })
    }

    async fn watch(&self, duration: Duration) {
        let begin = Instant::now();
        let mut delivered = self.tally.delivered();
        while begin.elapsed() < duration {
            let left = duration.saturating_sub(begin.elapsed());
            let step = left.min(Duration::from_secs(1));
            tokio::time::sleep(step).await;
            let now = self.tally.delivered();
            let per_s = (now - delivered) as f64 / step.as_secs_f64();
            delivered = now;
            note(&format!(
                "  {:>4.0} s  {:>10} deliveries/s",
                begin.elapsed().as_secs_f64(),
                grouped(per_s as u64)
            ));
        }
    }

    /// Waits until every watcher has seen the last of everybody (N6). How long that took, and how many are missing in the end.
    async fn settle(&self) -> (Duration, u64) {
        let begin = Instant::now();
        loop {
            let is_answered = self.publishers.iter().all(Publisher::is_answered);
            let missing: usize = self
                .watchers
                .iter()
                .map(|(watcher, watched)| match watched {
                    Watched::Everybody => {
                        watcher.behind(self.publishers.iter().filter_map(Publisher::last))
                    }
                    Watched::These(these) => watcher.behind(
                        these
                            .iter()
                            .filter_map(|&index| self.publishers[index].last()),
                    ),
                })
                .sum();
            if (is_answered && missing == 0) || begin.elapsed() > SETTLE_MAX {
                return (begin.elapsed(), missing as u64);
            }
            tokio::time::sleep(SETTLE_LOOK_EVERY).await;
        }
    }
}

impl Seen {
    pub(super) fn deliveries_per_s(&self) -> f64 {
        self.delivered_in_window as f64 / self.spent.elapsed_s
    }

    /// Deliveries that did not happen since a newer status of the same user took their place (N6).
    fn merged(&self) -> u64 {
        self.offered.deliveries.saturating_sub(self.delivered)
    }

    pub(super) fn merged_ratio(&self) -> f64 {
        self.merged() as f64 / self.offered.deliveries.max(1) as f64
    }

    pub(super) const fn held_back(&self) -> u64 {
        self.offered.held_back
    }

    fn cpu_us_per_delivery(&self) -> Option<f64> {
        self.spent.server_us_per(self.delivered_in_window)
    }

    pub(super) fn json(&self) -> Value {
        let per_s = |count: f64| rounded(count / self.spent.elapsed_s);
        json!({
            "duration_s": rounded(self.spent.elapsed_s),
            "offered_deliveries_per_s": per_s(self.offered_in_window as f64),
            "deliveries_per_s": rounded(self.deliveries_per_s()),
            "latency": self.latency,
            "server_cpu_s_per_million_deliveries": self.cpu_us_per_delivery(),
            "server_cpu_cores": self.spent.server_cpu_s.map(per_s),
            "client_cpu_cores": per_s(self.spent.own_cpu_s),
            "changes": self.offered.changes,
            "changes_held_back": self.offered.held_back,
            "changes_failed": self.offered.failed,
            "merged_deliveries": self.merged(),
            "settled_after_ms": rounded(self.settled_after.as_secs_f64() * 1_000.0),
            "last_statuses_missing": self.last_missing,
            "out_of_order": self.out_of_order,
            "connections_lost": self.connections_lost,
        })
    }

    pub(super) fn summary(&self) -> String {
        format!(
            "{} deliveries/s, latency p50 {:.1} ms, p99 {:.1} ms, {} of server CPU each; {} merged, {} connections lost",
            grouped(self.deliveries_per_s() as u64),
            self.latency.p50_ms,
            self.latency.p99_ms,
            super::told(self.cpu_us_per_delivery(), 2, "µs"),
            grouped(self.merged()),
            self.connections_lost,
        )
    }

    pub(super) fn judge(&self, report: Report) -> Report {
        report
            .must_be_none("connections lost", self.connections_lost)
            .must_be_none("statuses after a newer one", self.out_of_order)
            .must_be_none("last statuses never seen", self.last_missing)
            .must_be_none("changes answered with an error", self.offered.failed)
    }
}
