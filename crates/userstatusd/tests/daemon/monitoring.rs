//! What monitoring makes of the server: Prometheus as Debian has it, the alert rules and the dashboard.

use crate::client::Client;
use crate::process::{Daemon, PATIENCE, temp_dir, text, until};
use crate::tls::Certificate;
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use tempfile::TempDir;
use userstatus_wire::v1::{self, request};

/// One round of traffic after the other.
const ROUND: Duration = Duration::from_millis(40);

fn file_of_the_project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(path)
        .canonicalize()
        .unwrap()
}

fn monitoring(name: &str) -> PathBuf {
    file_of_the_project("packaging/monitoring").join(name)
}

/// A page of metrics, without a token unless one is given.
fn page(address: SocketAddr, token: Option<&str>, accept: &str) -> (u16, String) {
    let agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(PATIENCE))
        .build()
        .new_agent();
    let mut request = agent
        .get(format!("http://{address}/metrics"))
        .header("Accept", accept);
    if let Some(token) = token {
        request = request.header("Authorization", format!("Bearer {token}"));
    }
    let mut answer = request.call().unwrap();
    let page = answer.body_mut().read_to_string().unwrap();
    (answer.status().as_u16(), page)
}

fn health_of(daemon: &Daemon) -> SocketAddr {
    let health = daemon.announced["health"].as_str().unwrap();
    health.parse().unwrap()
}

#[test]
fn metrics_are_told_at_the_health_address_without_a_token_and_at_the_admin_port_with_one() {
    let dir = temp_dir();
    let config =
        "[[listeners]]\nplain_tcp = true\n[health]\nlisten = \"127.0.0.1:0\"\nmetrics = true\n";
    let daemon = Daemon::serve(config, &dir.path().join("data"));
    let _alice = Client::logged_in(&daemon, "alice");
    for (address, token, status) in [
        (health_of(&daemon), None, 200),
        (daemon.admin, None, 401),
        (daemon.admin, Some(daemon.token.as_str()), 200),
    ] {
        let (found, page) = page(address, token, "*/*");
        assert_eq!(found, status, "{address}: {page}");
        let tells = page.contains("\nuserstatus_sessions 1\n");
        assert_eq!(tells, status == 200, "{page}");
        // Nobody by name, and nothing that lets in.
        for secret in ["alice", "127.0.0.1", &daemon.token, "sesame", "1400000000"] {
            assert!(!page.contains(secret), "{secret}: {page}");
        }
    }
}

#[test]
fn metrics_are_not_told_without_a_token_where_they_are_not_wanted() {
    let dir = temp_dir();
    let config =
        "[[listeners]]\nplain_tcp = true\n[health]\nlisten = \"127.0.0.1:0\"\nmetrics = false\n";
    let daemon = Daemon::serve(config, &dir.path().join("data"));
    assert_eq!(page(health_of(&daemon), None, "*/*").0, 404);
    let token = Some(daemon.token.as_str());
    assert_eq!(page(daemon.admin, token, "*/*").0, 200);
}

/// Clients of all kinds that do what there is to be done, again and again, until it is dropped.
struct Traffic {
    stop: Option<SyncSender<()>>,
    driving: Option<JoinHandle<()>>,
}

impl Traffic {
    fn drive(daemon: Daemon, certificate: Certificate, tls: SocketAddr) -> Self {
        let (stop, stopped) = sync_channel(1);
        let driving = thread::spawn(move || {
            let mut players = Players::enter(&daemon);
            let mut round = 0;
            while stopped.recv_timeout(ROUND) == Err(RecvTimeoutError::Timeout) {
                players.play(&daemon, round);
                let greeted = certificate.connect(tls);
                drop(greeted);
                round += 1;
            }
        });
        Self {
            stop: Some(stop),
            driving: Some(driving),
        }
    }
}

impl Drop for Traffic {
    fn drop(&mut self) {
        self.stop = None;
        let driven = self.driving.take().map(JoinHandle::join);
        if !thread::panicking() {
            driven.unwrap().unwrap();
        }
    }
}

struct Players {
    alice: Client,
    bob: Client,
}

impl Players {
    fn enter(daemon: &Daemon) -> Self {
        let mut alice = Client::logged_in(daemon, "alice");
        let bob = Client::logged_in(daemon, "bob");
        drop(Client::logged_in(daemon, "carol"));
        let user_ids = vec!["bob".to_owned()];
        alice.ask(request::Body::Subscribe(v1::Subscribe { user_ids }));
        Self { alice, bob }
    }

    fn play(&mut self, daemon: &Daemon, round: u32) {
        // What is refused is an answer, too: some of it has to be.
        let custom_status = format!("round {round}");
        let set = v1::SetSelfStatus { custom_status };
        self.bob.ask(request::Body::SetSelfStatus(set));
        let user_ids = (0..=round % 2 * 3_000)
            .map(|n| format!("user{n}"))
            .collect();
        let get = v1::GetUserStatus { user_ids };
        self.alice.ask(request::Body::GetUserStatus(get));
        let add = v1::AddFriend {
            user_id: "carol".to_owned(),
            ..v1::AddFriend::default()
        };
        self.alice.ask(request::Body::AddFriend(add));
        let delete = v1::DeleteFriends {
            user_ids: vec!["carol".to_owned()],
            ..v1::DeleteFriends::default()
        };
        self.alice.ask(request::Body::DeleteFriends(delete));
        let mut stranger = Client::greeted(daemon.server);
        let mut login = stranger.login_of(daemon, "mallory");
        login.user_sig = "forged".to_owned();
        stranger.login(login).unwrap_err();
        // Another device of the same kind takes the place of the first. Somebody else each time: an account may log in so often.
        let user = format!("dora{round}");
        let first = Client::logged_in(daemon, &user);
        let second = Client::logged_in(daemon, &user);
        drop((first, second));
    }
}

/// Prometheus, killed when dropped.
struct Prometheus {
    child: Child,
    address: SocketAddr,
    _dir: TempDir,
}

impl Prometheus {
    fn scraping(target: SocketAddr) -> Self {
        let dir = temp_dir();
        let config = dir.path().join("prometheus.yml");
        std::fs::write(
            &config,
            format!(
                "global: {{scrape_interval: 200ms, scrape_timeout: 200ms, evaluation_interval: 500ms}}\nrule_files: ['{}']\n\
                 scrape_configs:\n  - job_name: userstatusd\n    static_configs: [{{targets: ['{target}']}}]\n",
                monitoring("alerts.yml").display()
            ),
        )
        .unwrap();
        // It does not say which port it took, if it may choose.
        let address = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap();
        let child = Command::new("prometheus")
            .arg(format!("--config.file={}", config.display()))
            .arg(format!(
                "--storage.tsdb.path={}",
                dir.path().join("tsdb").display()
            ))
            .arg(format!("--web.listen-address={address}"))
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(dir.path().join("log")).unwrap())
            .spawn()
            .unwrap();
        Self {
            child,
            address,
            _dir: dir,
        }
    }

    fn get(&self, path: &str, query: Option<&str>) -> Result<Value, String> {
        let mut request = ureq::get(format!("http://{}{path}", self.address));
        if let Some(query) = query {
            request = request.query("query", query);
        }
        let mut answer = request.call().map_err(|error| error.to_string())?;
        let body = answer.body_mut().read_to_string().unwrap();
        serde_json::from_str(&body).map_err(|error| error.to_string())
    }

    /// Values it answers with that are numbers.
    fn values(&self, query: &str) -> Result<Vec<f64>, String> {
        let answer = self.get("/api/v1/query", Some(query))?;
        let results = answer["data"]["result"].as_array().cloned();
        let values = results.ok_or_else(|| answer.to_string())?;
        let values = values.iter().filter_map(|result| {
            let value = result["value"][1].as_str()?.parse::<f64>().ok()?;
            value.is_finite().then_some(value)
        });
        Ok(values.collect())
    }

    /// Waits until it answers with numbers that are so.
    fn until(&self, query: &str, is_so: impl Fn(&[f64]) -> bool) {
        let mut last = Ok(Vec::new());
        let started_at = std::time::Instant::now();
        until(query, || {
            last = self.values(query);
            let is_so = matches!(&last, Ok(values) if !values.is_empty() && is_so(values));
            assert!(
                is_so || started_at.elapsed() < PATIENCE,
                "{query}: {last:?}"
            );
            is_so.then_some(())
        });
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        // It may have ended by itself.
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// Every query of the dashboard, as it is asked when somebody looks at it.
fn queries_of_the_dashboard() -> Vec<(String, String)> {
    let dashboard = std::fs::read_to_string(monitoring("grafana.json")).unwrap();
    let dashboard: Value = serde_json::from_str(&dashboard).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let mut queries = Vec::new();
    for panel in panels {
        for target in panel["targets"].as_array().into_iter().flatten() {
            let title = panel["title"].as_str().unwrap().to_owned();
            let query = target["expr"].as_str().unwrap();
            assert!(query.contains("job=\"$job\""), "{title}: {query}");
            assert!(
                query.contains("instance=~\"$instance\""),
                "{title}: {query}"
            );
            let query = query
                .replace("$job", "userstatusd")
                .replace("$instance", ".*")
                .replace("$__rate_interval", "5s");
            assert!(!query.contains('$'), "{title}: {query}");
            queries.push((title, query));
        }
    }
    for variable in dashboard["templating"]["list"].as_array().unwrap() {
        let Some(definition) = variable["definition"].as_str() else {
            continue;
        };
        let inside = definition
            .strip_prefix("label_values(")
            .and_then(|rest| rest.strip_suffix(')'));
        let (series, _) = inside.unwrap().rsplit_once(", ").unwrap();
        queries.push((definition.to_owned(), series.replace("$job", "userstatusd")));
    }
    queries
}

#[test]
fn a_prometheus_scrapes_it_under_load_and_every_query_of_the_dashboard_is_answered() {
    let dir = temp_dir();
    let certificate = Certificate::new(dir.path());
    let config = format!(
        "[[listeners]]\nplain_tcp = true\n{}[health]\nlisten = \"127.0.0.1:0\"\n[metrics]\napps_max = 10\n",
        certificate.listener(dir.path())
    );
    let daemon = Daemon::serve(&config, &dir.path().join("data"));
    let health = health_of(&daemon);
    let servers = daemon.announced["servers"].as_array().unwrap();
    let tls = servers[1].as_str().unwrap().trim_start_matches("tls://");
    let tls = tls.parse().unwrap();
    let _traffic = Traffic::drive(daemon, certificate, tls);
    let prometheus = Prometheus::scraping(health);

    prometheus.until("up{job=\"userstatusd\"}", |up| up == [1.0]);
    prometheus.until("scrape_samples_scraped", |samples| samples[0] > 200.0);
    prometheus.until("userstatus_sessions", |sessions| sessions[0] >= 2.0);
    let queries = queries_of_the_dashboard();
    assert!(queries.len() > 50);
    for (title, query) in queries {
        prometheus.until(&query, |_| true);
        // What has a unit of its own is plausible.
        if title.starts_with("Watch latency") {
            prometheus.until(&query, |latency| latency[0] > 0.0 && latency[0] < 10.0);
        }
    }
    // Nobody forgets what is a counter: it rises.
    for counter in [
        "logins",
        "requests",
        "deliveries",
        "store_commit_seconds_count",
    ] {
        let name = match counter.ends_with("count") {
            true => format!("userstatus_{counter}"),
            false => format!("userstatus_{counter}_total"),
        };
        prometheus.until(&format!("sum(rate({name}[5s]))"), |rate| rate[0] > 0.0);
    }

    until("that the rules were looked at", || {
        let rules = prometheus.get("/api/v1/rules", None).ok()?;
        let groups = rules["data"]["groups"].as_array()?;
        let rules = groups.first()?["rules"].as_array()?.clone();
        let are_known = rules.iter().all(|rule| rule["health"] != "unknown");
        are_known.then_some(rules)
    })
    .iter()
    .for_each(|rule| assert_eq!(rule["health"], "ok", "{rule}"));
    prometheus.until("count(ALERTS) or vector(0)", |_| true);
    let alerts = prometheus.get("/api/v1/alerts", None).unwrap();
    for alert in alerts["data"]["alerts"].as_array().unwrap() {
        let is_of_the_disk = alert["labels"]["alertname"]
            .as_str()
            .unwrap()
            .contains("Disk");
        assert!(!is_of_the_disk, "{alert}");
        assert!(!alert.to_string().contains("error expanding"), "{alert}");
    }
}

fn promtool(arguments: &[&str], input: &str) {
    let mut child = Command::new("promtool")
        .args(arguments)
        .current_dir(monitoring(""))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "promtool {arguments:?}: {}{}",
        text(&output.stdout),
        text(&output.stderr)
    );
}

#[test]
fn promtool_finds_nothing_wrong_with_metrics_rules_and_what_the_rules_are_to_do() {
    let daemon = Daemon::dev(&[]);
    let _alice = Client::logged_in(&daemon, "alice");
    let (_, page) = page(daemon.admin, Some(&daemon.token), "text/plain");
    promtool(&["check", "metrics"], &page);
    promtool(&["check", "rules", "alerts.yml"], "");
    promtool(&["test", "rules", "alerts.test.yml"], "");
}

/// Names in a text that are those of metrics.
fn metrics_named_in(text: &str) -> BTreeSet<&str> {
    text.split(|character: char| !character.is_ascii_alphanumeric() && character != '_')
        .filter(|word| word.starts_with("userstatus_") || word.starts_with("process_"))
        .collect()
}

#[test]
fn rules_dashboard_and_document_speak_of_metrics_and_alerts_that_there_are() {
    let dir = temp_dir();
    let certificate = Certificate::new(dir.path());
    let config = format!(
        "[[listeners]]\nplain_tcp = true\n{}[health]\nlisten = \"127.0.0.1:0\"\n[metrics]\napps_max = 10\n",
        certificate.listener(dir.path())
    );
    let daemon = Daemon::serve(&config, &dir.path().join("data"));
    let (_, page) = page(health_of(&daemon), None, "*/*");
    let described: BTreeSet<_> = page
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next())
        .collect();
    let read = |file: PathBuf| std::fs::read_to_string(file).unwrap();
    let rules = read(monitoring("alerts.yml"));
    let document = read(file_of_the_project("docs/operations/monitoring.md"));
    for text in [&rules, &read(monitoring("grafana.json")), &document] {
        for name in metrics_named_in(text) {
            let family = ["_total", "_info", "_bucket", "_sum", "_count"]
                .iter()
                .find_map(|suffix| name.strip_suffix(suffix))
                .unwrap_or(name);
            assert!(
                described.contains(family) || described.contains(name),
                "there is no {name}"
            );
        }
    }
    let shown = read(monitoring("grafana.json"));
    for name in &described {
        let is_asked_for = shown.contains(name) || rules.contains(name);
        assert!(is_asked_for, "neither dashboard nor rules ask for {name}");
    }
    let alerts = rules.lines().filter_map(|line| {
        let name = line.trim().strip_prefix("- alert: ")?;
        Some(format!("| `{name}` |"))
    });
    for alert in alerts {
        assert!(document.contains(&alert), "the document lacks {alert}");
    }
}
