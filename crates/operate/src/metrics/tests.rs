use super::*;
use crate::admin::api::Reloaded;
use axum::body::to_bytes;
use std::collections::{BTreeMap, BTreeSet};
use userstatus_gateway::clock::Clock;
use userstatus_gateway::hub::Hub;
use userstatus_store::apps::AppRegistry;

/// The document that says what each metric means.
const DOCUMENT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../docs/operations/monitoring.md"
);

struct NoHost;

impl Host for NoHost {
    fn reload(&self) -> Reloaded {
        Reloaded {
            reloaded: false,
            error: None,
            settings: Vec::new(),
        }
    }

    fn count(&self) -> HostCount {
        HostCount {
            reloads: 3,
            reloads_failed: 1,
            log_lines_dropped: 7,
        }
    }

    fn process(&self) -> ProcessUse {
        ProcessUse {
            cpu_s: Some(1.5),
            resident_bytes: Some(4_096),
            open_files: Some(9),
            open_files_max: Some(20_000),
            started_s: 1_700_000_000.25,
        }
    }
}

/// A server with a data directory and a certificate, which has everything there is to tell.
fn metrics(data_dir: &std::path::Path) -> Arc<Metrics> {
    let store = EmbeddedStore::open(Some(data_dir)).unwrap();
    let health = Arc::new(Health::default());
    health.watch_store(Arc::clone(&store));
    health.watch_certificates(Box::new(|| {
        vec![crate::health::CertificateHealth {
            listener: "127.0.0.1:7700".to_owned(),
            days_left: 61,
            files: CertificateFiles::Ok,
            not_after_s: 1_800_000_000,
            renewed: 2,
            rejected: 1,
        }]
    }));
    health.enter(Phase::Serving);
    let clock = Clock::system();
    let apps = AppRegistry::load(Arc::clone(&store) as _).unwrap();
    let hub = Hub::new(Arc::clone(&apps), clock);
    let metrics = Metrics::new(health, Arc::new(NoHost), 2);
    metrics.watch(
        Gateway::new(apps, store, hub, clock),
        Arc::new(Census::new(10_000)),
    );
    metrics
}

/// Name and type of what a page describes, in order.
fn described(page: &str) -> Vec<(String, String)> {
    let types = page.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    types
        .filter_map(|line| line.split_once(' '))
        .map(|(name, kind)| (name.to_owned(), kind.to_owned()))
        .collect()
}

fn samples(page: &str) -> BTreeMap<&str, f64> {
    page.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.rsplit_once(' '))
        .map(|(series, value)| (series, value.parse().unwrap()))
        .collect()
}

#[tokio::test]
async fn a_page_describes_every_metric_of_the_table_and_no_other() {
    let dir = tempfile::tempdir().unwrap();
    let page = metrics(dir.path()).page(true).unwrap();
    let family = |metric: &Metric| {
        let name = metric.name();
        let name = name.strip_suffix("_total").unwrap_or(&name);
        name.strip_suffix("_info").unwrap_or(name).to_owned()
    };
    let expected: BTreeSet<_> = METRICS
        .iter()
        .map(|metric| (family(metric), metric.kind().to_owned()))
        .collect();
    let found = described(&page);
    assert_eq!(found.iter().cloned().collect::<BTreeSet<_>>(), expected);
    assert_eq!(found.len(), METRICS.len(), "each is described once");
    assert!(page.ends_with("# EOF\n"));
}

#[tokio::test]
async fn a_page_says_what_was_counted() {
    let dir = tempfile::tempdir().unwrap();
    let metrics = metrics(dir.path());
    let server = metrics.server.get().unwrap();
    let (gateway, census) = (&server.gateway, &server.census);
    census
        .meters()
        .closed
        .count(userstatus_gateway::Closed::Silent);
    census
        .meters()
        .kicks
        .count(userstatus_core::Code::KickedOffline);
    gateway.hub().meters().watch_latency.add(11_000);
    gateway.hub().meters().watch_latency.add(20_000_000);
    let page = metrics.page(true).unwrap();
    let samples = samples(&page);
    for (series, value) in [
        (
            "userstatus_connections_closed_total{reason=\"silent\"}",
            1.0,
        ),
        (
            "userstatus_connections_closed_total{reason=\"client\"}",
            0.0,
        ),
        ("userstatus_kicks_total{code=\"6208\"}", 1.0),
        ("userstatus_watch_latency_seconds_bucket{le=\"0.01\"}", 0.0),
        ("userstatus_watch_latency_seconds_bucket{le=\"0.015\"}", 1.0),
        ("userstatus_watch_latency_seconds_bucket{le=\"10.0\"}", 1.0),
        ("userstatus_watch_latency_seconds_bucket{le=\"+Inf\"}", 2.0),
        ("userstatus_watch_latency_seconds_sum", 20.011),
        ("userstatus_watch_latency_seconds_count", 2.0),
        ("userstatus_connections_max", 10_000.0),
        ("userstatus_phase{phase=\"serving\"}", 1.0),
        ("userstatus_ready", 1.0),
        ("userstatus_degraded", 0.0),
        ("userstatus_store_state{state=\"ok\"}", 1.0),
        ("userstatus_config_reloads_total{result=\"failed\"}", 1.0),
        ("userstatus_log_lines_dropped_total", 7.0),
        (
            "userstatus_tls_cert_not_after_seconds{listener=\"127.0.0.1:7700\"}",
            1_800_000_000.0,
        ),
        (
            "userstatus_tls_reloads_total{listener=\"127.0.0.1:7700\",result=\"ok\"}",
            2.0,
        ),
        ("process_cpu_seconds_total", 1.5),
        ("process_start_time_seconds", 1_700_000_000.25),
    ] {
        assert_eq!(samples.get(series), Some(&value), "{series}\n{page}");
    }
    assert!(samples["userstatus_store_file_bytes"] > 0.0);
}

#[tokio::test]
async fn the_apps_with_most_players_have_series_of_their_own_and_all_others_are_one() {
    let dir = tempfile::tempdir().unwrap();
    let metrics = metrics(dir.path());
    let page = metrics.page(true).unwrap();
    let series = |page: &str| -> Vec<String> {
        let lines = page.lines().map(ToOwned::to_owned);
        lines
            .filter(|line| line.starts_with("userstatus_app_online{"))
            .collect()
    };
    assert_eq!(series(&page), ["userstatus_app_online{app=\"other\"} 0"]);
    let hub = metrics.server.get().unwrap().gateway.hub();
    for (app, players) in [(1, 3), (2, 1), (3, 2), (4, 1)] {
        for player in 0..players {
            let user = userstatus_core::UserId::parse(&format!("player{player}")).unwrap();
            let key =
                userstatus_store::AccountKey::new(userstatus_core::AppId::new(app).unwrap(), user);
            let session = userstatus_core::SessionId(app * 10 + player);
            hub.attach(Arc::new(userstatus_gateway::outbox::Outbox::new(
                key, session,
            )));
        }
    }
    let page = metrics.page(true).unwrap();
    assert_eq!(
        series(&page),
        [
            "userstatus_app_online{app=\"1\"} 3",
            "userstatus_app_online{app=\"3\"} 2",
            "userstatus_app_online{app=\"other\"} 2",
        ]
    );
}

#[tokio::test]
async fn a_server_that_still_reads_its_data_tells_how_it_is() {
    let metrics = Metrics::new(Arc::default(), Arc::new(NoHost), 0);
    let page = metrics.page(true).unwrap();
    let samples = samples(&page);
    assert_eq!(samples["userstatus_phase{phase=\"starting\"}"], 1.0);
    assert_eq!(samples["userstatus_ready"], 0.0);
    assert!(!samples.contains_key("userstatus_sessions"));
}

#[tokio::test]
async fn whoever_knows_the_older_format_only_gets_that() {
    let metrics = Metrics::new(Arc::default(), Arc::new(NoHost), 0);
    for (accept, format) in [
        (None, "application/openmetrics-text"),
        (Some("*/*"), "application/openmetrics-text"),
        (
            Some("application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"),
            "application/openmetrics-text",
        ),
        (Some("text/plain"), "text/plain"),
    ] {
        let mut headers = HeaderMap::new();
        if let Some(accept) = accept {
            headers.insert(header::ACCEPT, accept.parse().unwrap());
        }
        let answer = answer(&metrics, &headers);
        let kind = answer.headers()[header::CONTENT_TYPE].to_str().unwrap();
        assert!(kind.starts_with(format), "{accept:?}: {kind}");
        let page = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        let page = String::from_utf8(page.to_vec()).unwrap();
        assert_eq!(page.ends_with("# EOF\n"), format.contains("openmetrics"));
        let counter = described(&page);
        let counter = counter.iter().find(|(_, kind)| kind == "counter").unwrap();
        assert_eq!(counter.0.ends_with("_total"), format == "text/plain");
    }
}

/// The table of the document, as it has to be.
fn documented() -> String {
    let mut table = "| metric | type | told apart by | |\n|---|---|---|---|\n".to_owned();
    for metric in METRICS {
        let labels: Vec<_> = metric
            .labels
            .iter()
            .map(|label| format!("`{label}`"))
            .collect();
        table += &format!(
            "| `{}` | {} | {} | {} |\n",
            metric.name(),
            metric.kind(),
            labels.join(", "),
            metric.help
        );
    }
    table
}

#[test]
fn the_document_lists_every_metric_as_the_server_tells_it() {
    let document = std::fs::read_to_string(DOCUMENT).unwrap();
    let table: String = document
        .lines()
        .skip_while(|line| !line.starts_with("| metric |"))
        .take_while(|line| line.starts_with('|'))
        .map(|line| format!("{line}\n"))
        .collect();
    let expected = documented();
    if std::env::var_os("US_UPDATE_DOCUMENTS").is_some() && table != expected {
        std::fs::write(DOCUMENT, document.replace(&table, &expected)).unwrap();
        return;
    }
    assert!(
        table == expected,
        "docs/operations/monitoring.md is behind; run this test with US_UPDATE_DOCUMENTS=1. It has to have:\n{expected}"
    );
}

#[test]
fn names_are_those_that_monitoring_expects() {
    for metric in METRICS {
        let name = metric.name();
        let is_ours = name.starts_with("userstatus_") || name.starts_with("process_");
        assert!(is_ours, "{name}");
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
        assert!(name.bytes().all(is_plain), "{name}");
        // What players do or are called is no label.
        for label in metric.labels {
            let known = [
                "app", "code", "kind", "listener", "phase", "reason", "request", "result", "state",
                "version", "way",
            ];
            assert!(known.contains(label), "{name}: {label}");
        }
    }
}
