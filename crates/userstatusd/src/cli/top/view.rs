//! What is made of two readings.

use super::reading::{Reading, quantile};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use userstatus_core::Code;

/// Codes that are shown to people; with `--json` all are.
const CODES_SHOWN_MAX: usize = 8;

/// How a server fares. Rates are per second, between two readings; what is refused and kicked is counted since the start as well.
#[derive(Debug, Serialize)]
pub(super) struct View {
    version: String,
    phase: String,
    is_ready: bool,
    is_degraded: bool,
    up_s: f64,
    connections: f64,
    connections_max: f64,
    connections_by_kind: BTreeMap<String, f64>,
    connections_blocked: f64,
    sessions: f64,
    accounts: f64,
    subscriptions: f64,
    accepted_per_s: f64,
    closed_per_s: BTreeMap<String, f64>,
    logins_per_s: f64,
    logins_refused_per_s: f64,
    requests_per_s: f64,
    changes_per_s: f64,
    deliveries_per_s: f64,
    merges_per_s: f64,
    /// None: nothing was delivered.
    watch_latency_p50_ms: Option<f64>,
    watch_latency_p99_ms: Option<f64>,
    waiting_bytes: f64,
    refused: BTreeMap<String, Refusals>,
    kicked: BTreeMap<String, Refusals>,
    store_state: String,
    /// None: in memory only.
    store: Option<Store>,
    memory_bytes: f64,
    cpu_cores: f64,
    open_files: f64,
    open_files_max: f64,
    log_lines_dropped: f64,
}

/// Of one code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
struct Refusals {
    total: f64,
    per_s: f64,
}

#[derive(Debug, Serialize)]
struct Store {
    commits_per_s: f64,
    /// None: nothing was written.
    commit_p99_ms: Option<f64>,
    lag_s: f64,
    accounts_unwritten: f64,
    file_bytes: f64,
    records_failed: f64,
}

impl View {
    pub(super) fn between(before: &Reading, now: &Reading) -> Self {
        let seconds = now.at.duration_since(before.at).as_secs_f64().max(1e-3);
        let since = |before: f64, now: f64| {
            // A server that was started anew counts from 0.
            let more = if now < before { now } else { now - before };
            more / seconds
        };
        let rate = |name: &str| since(before.sum(name), now.sum(name));
        let rate_of = |name: &str, label: &str, value: &str| {
            let of = |reading: &Reading| {
                let series = reading.by(name, label).into_iter();
                let found = series.filter(|(other, _)| *other == value);
                found.map(|(_, count)| count).sum()
            };
            since(of(before), of(now))
        };
        let counts = |name: &str, label: &str, counts: &mut BTreeMap<String, Refusals>| {
            for (value, total) in now.by(name, label) {
                let count: &mut Refusals = counts.entry(value.to_owned()).or_default();
                count.total += total;
                count.per_s += rate_of(name, label, value);
            }
        };
        let (mut refused, mut kicked) = (BTreeMap::new(), BTreeMap::new());
        counts("userstatus_logins_refused_total", "code", &mut refused);
        counts("userstatus_requests_refused_total", "code", &mut refused);
        counts("userstatus_kicks_total", "code", &mut kicked);
        let closed = "userstatus_connections_closed_total";
        let quantile_ms = |share: f64, name: &str| {
            let found = quantile(share, &before.buckets(name), &now.buckets(name))?;
            Some(found * 1e3)
        };
        let state = |name: &str, label: &str| {
            let state = now.state(name, label);
            state.unwrap_or("unknown").to_owned()
        };
        let unix_s = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap_or_default()
            .as_secs_f64();
        let logins = "userstatus_logins_total";
        let commits = "userstatus_store_commit_seconds";
        let has_journal = !now.buckets(commits).is_empty();
        Self {
            version: now
                .label("userstatus_build_info", "version")
                .unwrap_or_default()
                .to_owned(),
            phase: state("userstatus_phase", "phase"),
            is_ready: now.sum("userstatus_ready") == 1.0,
            is_degraded: now.sum("userstatus_degraded") == 1.0,
            up_s: (unix_s - now.sum("process_start_time_seconds")).max(0.0),
            connections: now.sum("userstatus_connections"),
            connections_max: now.sum("userstatus_connections_max"),
            connections_by_kind: now
                .by("userstatus_connections", "kind")
                .into_iter()
                .map(|(kind, count)| (kind.to_owned(), count))
                .collect(),
            connections_blocked: now.sum("userstatus_connections_blocked"),
            sessions: now.sum("userstatus_sessions"),
            accounts: now.sum("userstatus_accounts"),
            subscriptions: now.sum("userstatus_watched"),
            accepted_per_s: rate("userstatus_connections_accepted_total"),
            closed_per_s: now
                .by(closed, "reason")
                .into_iter()
                .map(|(reason, _)| (reason.to_owned(), rate_of(closed, "reason", reason)))
                .collect(),
            logins_per_s: rate_of(logins, "result", "ok"),
            logins_refused_per_s: rate_of(logins, "result", "refused")
                + rate_of(logins, "result", "failed"),
            requests_per_s: rate("userstatus_requests_total"),
            changes_per_s: rate("userstatus_status_changes_total"),
            deliveries_per_s: rate("userstatus_deliveries_total"),
            merges_per_s: rate("userstatus_merges_total"),
            watch_latency_p50_ms: quantile_ms(0.5, "userstatus_watch_latency_seconds"),
            watch_latency_p99_ms: quantile_ms(0.99, "userstatus_watch_latency_seconds"),
            waiting_bytes: now.sum("userstatus_outbox_waiting_bytes")
                + now.sum("userstatus_socket_waiting_bytes"),
            refused,
            kicked,
            store_state: state("userstatus_store_state", "state"),
            store: has_journal.then(|| Store {
                commits_per_s: rate("userstatus_store_commit_seconds_count"),
                commit_p99_ms: quantile_ms(0.99, commits),
                lag_s: now.sum("userstatus_store_lag_seconds"),
                accounts_unwritten: now.sum("userstatus_store_accounts_unwritten"),
                file_bytes: now.sum("userstatus_store_file_bytes"),
                records_failed: now.sum("userstatus_records_failed_total"),
            }),
            memory_bytes: now.sum("process_resident_memory_bytes"),
            cpu_cores: rate("process_cpu_seconds_total"),
            open_files: now.sum("process_open_fds"),
            open_files_max: now.sum("process_max_fds"),
            log_lines_dropped: now.sum("userstatus_log_lines_dropped_total"),
        }
    }

    /// For people: the most important first, since a small terminal shows no more than fits.
    pub(super) fn text(&self, server: &str) -> String {
        let mut text = String::new();
        let health = match (self.is_ready, self.is_degraded) {
            (true, false) => "ready",
            (true, true) => "DEGRADED: ask /readyz",
            (false, _) => "NOT READY",
        };
        let mut line = |label: &str, value: String| {
            let line = format!("{label:<14}{value}");
            writeln!(text, "{}", line.trim_end()).expect("writing to a String does not fail");
        };
        line(
            "userstatusd",
            format!(
                "{} at {server}: {}, {health}, up {}",
                self.version,
                self.phase,
                age(self.up_s)
            ),
        );
        line(
            "connections",
            format!(
                "{} of {} ({}), {} logged in; {}/s come, {}/s go",
                count(self.connections),
                count(self.connections_max),
                list(&self.connections_by_kind, |value| count(*value)),
                count(self.sessions),
                rate(self.accepted_per_s),
                rate(self.closed_per_s.values().sum()),
            ),
        );
        line(
            "logins",
            format!(
                "{}/s, {}/s refused",
                rate(self.logins_per_s),
                rate(self.logins_refused_per_s)
            ),
        );
        line("requests", format!("{}/s", rate(self.requests_per_s)));
        line("changes", format!("{}/s", rate(self.changes_per_s)));
        line(
            "deliveries",
            format!(
                "{}/s, {}/s merged",
                rate(self.deliveries_per_s),
                rate(self.merges_per_s)
            ),
        );
        line(
            "watch latency",
            format!(
                "p50 {}, p99 {}",
                ms(self.watch_latency_p50_ms),
                ms(self.watch_latency_p99_ms)
            ),
        );
        line(
            "slow readers",
            format!(
                "{}, {} wait for them",
                count(self.connections_blocked),
                bytes(self.waiting_bytes)
            ),
        );
        line("disk", self.disk());
        line(
            "process",
            format!(
                "{} of memory, {:.2} cores, {} of {} files open{}",
                bytes(self.memory_bytes),
                self.cpu_cores,
                count(self.open_files),
                count(self.open_files_max),
                match self.log_lines_dropped {
                    0.0 => String::new(),
                    dropped => format!(", {} LOG LINES DROPPED", count(dropped)),
                }
            ),
        );
        line(
            "known",
            format!(
                "{} accounts, {} watched by those online",
                count(self.accounts),
                count(self.subscriptions)
            ),
        );
        let closed = self.closed_per_s.iter().filter(|(_, per_s)| **per_s > 0.0);
        let closed: BTreeMap<_, _> = closed
            .map(|(reason, per_s)| (reason.clone(), *per_s))
            .collect();
        if !closed.is_empty() {
            line(
                "ended by",
                list(&closed, |per_s| format!("{}/s", rate(*per_s))),
            );
        }
        codes(&mut text, "refused", &self.refused);
        codes(&mut text, "kicked", &self.kicked);
        text
    }

    fn disk(&self) -> String {
        let state = match self.store_state.as_str() {
            "ok" => "ok".to_owned(),
            other => other.to_uppercase(),
        };
        match &self.store {
            None => format!("{state}, in memory only"),
            Some(store) => format!(
                "{state}, {} transactions/s, p99 {}; {} accounts wait, {:.1} s at most; file {}{}",
                rate(store.commits_per_s),
                ms(store.commit_p99_ms),
                count(store.accounts_unwritten),
                store.lag_s,
                bytes(store.file_bytes),
                match store.records_failed {
                    0.0 => String::new(),
                    failed => format!("; {} RECORDS NOT MADE", count(failed)),
                }
            ),
        }
    }
}

/// Most frequent first.
fn codes(text: &mut String, title: &str, codes: &BTreeMap<String, Refusals>) {
    let mut codes: Vec<_> = codes.iter().collect();
    codes.sort_by(|(_, one), (_, other)| {
        let of = |refusals: &Refusals| (refusals.per_s, refusals.total);
        of(other)
            .partial_cmp(&of(one))
            .unwrap_or(std::cmp::Ordering::Equal)
    });
    for (code, refusals) in codes.into_iter().take(CODES_SHOWN_MAX) {
        let known = code.parse().ok().and_then(Code::from_number);
        let meaning = known.map_or("", Code::text);
        writeln!(
            text,
            "{title:<14}{code:>5} {:>9}/s {:>11} in all  {meaning}",
            rate(refusals.per_s),
            count(refusals.total)
        )
        .expect("writing to a String does not fail");
    }
}

fn list<T>(values: &BTreeMap<String, T>, text: impl Fn(&T) -> String) -> String {
    let values: Vec<_> = values
        .iter()
        .map(|(name, value)| format!("{name} {}", text(value)))
        .collect();
    values.join(", ")
}

/// With thousands set apart.
fn count(value: f64) -> String {
    let digits = format!("{:.0}", value.max(0.0));
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn rate(per_s: f64) -> String {
    match per_s {
        0.0 => "0".to_owned(),
        few if few < 10.0 => format!("{few:.1}"),
        many => count(many),
    }
}

fn ms(value: Option<f64>) -> String {
    match value {
        None => "-".to_owned(),
        Some(ms) if ms < 10.0 => format!("{ms:.1} ms"),
        Some(ms) if ms < 10_000.0 => format!("{ms:.0} ms"),
        Some(ms) => format!("{:.0} s", ms / 1e3),
    }
}

fn bytes(value: f64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut value = value.max(0.0);
    let mut unit = 0;
    while value >= 1_024.0 && unit + 1 < units.len() {
        value /= 1_024.0;
        unit += 1;
    }
    match unit {
        0 => format!("{value:.0} {}", units[unit]),
        _ => format!("{value:.1} {}", units[unit]),
    }
}

fn age(seconds: f64) -> String {
    let minutes = (seconds / 60.0) as u64;
    let (days, hours) = (minutes / 1_440, minutes / 60 % 24);
    match (days, hours) {
        (0, 0) if minutes == 0 => format!("{seconds:.0} s"),
        (0, 0) => format!("{minutes} min"),
        (0, hours) => format!("{hours} h {} min", minutes % 60),
        (days, hours) => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_written_as_people_read_them() {
        assert_eq!(
            [0.0, 999.0, 1_000.0, 1_234_567.4].map(count),
            ["0", "999", "1,000", "1,234,567"]
        );
        assert_eq!(
            [0.0, 0.25, 9.96, 12.4].map(rate),
            ["0", "0.2", "10.0", "12"]
        );
        assert_eq!(
            [Some(0.5), Some(11.4), Some(12_000.0), None].map(ms),
            ["0.5 ms", "11 ms", "12 s", "-"]
        );
        assert_eq!(
            [17.0, 2_048.0, 5e9].map(bytes),
            ["17 B", "2.0 KiB", "4.7 GiB"]
        );
        assert_eq!(
            [5.0, 120.0, 7_260.0, 200_000.0].map(age),
            ["5 s", "2 min", "2 h 1 min", "2 d 7 h"]
        );
    }

    #[test]
    fn a_server_that_was_started_anew_has_done_nothing_negative() {
        let page = |logins: u32| {
            let page = format!(
                "userstatus_build_info{{version=\"1\"}} 1\nuserstatus_logins_total{{result=\"ok\"}} {logins}\n"
            );
            Reading::of(&page).unwrap()
        };
        let (before, now) = (page(1_000), page(4));
        assert!(View::between(&before, &now).logins_per_s > 0.0);
    }

    #[test]
    fn refusals_stand_with_what_their_code_means_the_most_frequent_first() {
        let mut text = String::new();
        let refusals = |total, per_s| Refusals { total, per_s };
        codes(
            &mut text,
            "refused",
            &BTreeMap::from([
                ("70001".to_owned(), refusals(9_000.0, 0.0)),
                ("70009".to_owned(), refusals(3.0, 1.5)),
            ]),
        );
        let lines: Vec<_> = text.lines().collect();
        assert!(lines[0].contains("70009") && lines[0].contains("not signed with a key"));
        assert!(lines[1].contains("9,000 in all"), "{text}");
    }
}
