//! Each scenario, small, against a real server: that it ends by itself, prints its figures, and finds nothing wrong.

use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

fn load(arguments: &[&str]) -> Output {
    let program = Path::new(env!("CARGO_BIN_EXE_userstatus-load"));
    let server = program.with_file_name("userstatusd");
    assert!(
        server.exists(),
        "no {}; `make build` builds it",
        server.display()
    );
    Command::new(program)
        .args(arguments)
        .output()
        .expect("it was built for this test")
}

/// The figures of a run that must succeed.
fn figures(arguments: &[&str]) -> Value {
    let output = load(arguments);
    assert!(
        output.status.success(),
        "{arguments:?}: {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    let report: Value = serde_json::from_slice(&output.stdout).expect("it prints JSON");
    assert_eq!(report["scenario"], arguments[0]);
    report["figures"].clone()
}

/// The last status of everybody came to everybody, and those before it as far as none was merged (N6): how many that are, the
/// machine decides.
fn assert_delivered(figures: &Value) {
    assert!(figures["changes"].as_u64() > Some(0), "{figures}");
    assert!(
        figures["deliveries_per_s"].as_f64() > Some(0.0),
        "{figures}"
    );
    for wrong in ["last_statuses_missing", "out_of_order", "connections_lost"] {
        assert_eq!(figures[wrong], 0, "{figures}");
    }
}

#[test]
fn fanout_delivers_what_it_offers() {
    let figures = figures(&[
        "fanout",
        "--users",
        "5",
        "--watchers",
        "20",
        "--rate",
        "1000",
        "--duration-s",
        "1",
    ]);
    assert_delivered(&figures);
    assert!(
        figures["latency"]["p99_ms"].as_f64() > Some(0.0),
        "{figures}"
    );
}

#[test]
fn graph_delivers_what_it_offers() {
    let figures = figures(&[
        "graph",
        "--users",
        "20",
        "--watched",
        "5",
        "--rate",
        "500",
        "--duration-s",
        "1",
    ]);
    assert_delivered(&figures);
}

#[test]
fn idle_tells_what_a_connection_costs() {
    let figures = figures(&["idle", "--connections", "50", "--duration-s", "1"]);
    for figure in ["server_pss_bytes_before", "server_pss_bytes_after"] {
        assert!(figures[figure].as_u64() > Some(1_000_000), "{figures}");
    }
    assert!(
        figures["scrape"]["p50_ms"].as_f64() > Some(0.0),
        "{figures}"
    );
    assert!(
        figures["scrape"]["page_bytes"].as_u64() > Some(5_000),
        "{figures}"
    );
}

#[test]
fn logins_are_all_let_in() {
    let figures = figures(&["logins", "--connections", "100"]);
    assert!(figures["logins_per_s"].as_f64() > Some(10.0), "{figures}");
}

#[test]
fn queries_are_all_answered() {
    let figures = figures(&[
        "query",
        "--connections",
        "20",
        "--users",
        "30",
        "--rate",
        "50",
        "--duration-s",
        "1",
    ]);
    assert_eq!(figures["queries_failed"], 0, "{figures}");
    assert!(figures["queries_per_s"].as_f64() > Some(10.0), "{figures}");
}

#[test]
fn what_cannot_be_done_is_said_before_anything_starts() {
    for (arguments, complaint) in [
        (
            &["fanout", "--users", "201"][..],
            "--users is 201; it must be 1 to 200",
        ),
        (
            &["query", "--connections", "10", "--rate", "1000"],
            "--rate is 1000; it must be 1 to 38",
        ),
        (
            &["idle", "--server", "192.0.2.1:7700"],
            "not on this machine",
        ),
        (
            &["idle", "--userstatusd", "/nowhere/userstatusd"],
            "cannot run /nowhere/userstatusd",
        ),
    ] {
        let output = load(arguments);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{arguments:?}");
        assert!(stderr.contains(complaint), "{arguments:?}: {stderr}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
}
