//! What was found.

use crate::progress::note;
use serde_json::{Value, json};
use std::io::Write;

/// The result of a run.
pub(crate) struct Report {
    json: Value,
    faults: Vec<String>,
}

impl Report {
    /// `summary` is one line for people.
    pub(crate) fn new(scenario: &str, setup: Value, figures: Value, summary: &str) -> Self {
        note(&format!("{scenario}: {summary}"));
        Self {
            json: json!({ "scenario": scenario, "setup": setup, "figures": figures }),
            faults: Vec::new(),
        }
    }

    /// What must not happen, however high the load.
    pub(crate) fn must_be_none(mut self, what: &str, count: u64) -> Self {
        if count > 0 {
            self.faults.push(format!("{count} {what}"));
        }
        self
    }

    pub(crate) const fn is_sound(&self) -> bool {
        self.faults.is_empty()
    }

    pub(crate) fn faults(&self) -> String {
        self.faults.join(", ")
    }

    pub(crate) fn print(&self) {
        // Whoever closed the pipe does not want it.
        let _ = writeln!(std::io::stdout(), "{:#}", self.json);
    }
}

/// For figures that would otherwise show digits nobody measured.
pub(crate) fn rounded(value: f64) -> f64 {
    (value * 1_000.0).round() / 1_000.0
}
