//! The story of a test: what every process said and was told, in order. Printed when the test fails.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Lines kept. A flood must not fill the memory of the machine, and its end tells more than its beginning.
const LINES_MAX: usize = 4_000;

/// Longest line, in characters.
const LINE_CHARS_MAX: usize = 400;

struct Line {
    at: Duration,
    who: String,
    text: String,
}

/// Shared by all that takes part in a test.
#[derive(Clone)]
pub(crate) struct Timeline {
    begin: Instant,
    lines: Arc<Mutex<Vec<Line>>>,
}

impl Timeline {
    pub(crate) fn new() -> Self {
        Self {
            begin: Instant::now(),
            lines: Arc::default(),
        }
    }

    pub(crate) fn note(&self, who: &str, text: &str) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == LINES_MAX {
            lines.drain(..LINES_MAX / 2);
        }
        let mut short: String = text.chars().take(LINE_CHARS_MAX).collect();
        if short.len() < text.len() {
            short.push('…');
        }
        lines.push(Line {
            at: self.begin.elapsed(),
            who: who.to_owned(),
            text: short,
        });
    }

    /// To be called when the test's first-made part is dropped.
    pub(crate) fn print_if_failed(&self) {
        if std::thread::panicking() {
            self.print("what happened");
        }
    }

    pub(crate) fn print(&self, title: &str) {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let mut story = format!("---- {title} ----\n");
        for line in lines.iter() {
            let at = line.at.as_secs_f64();
            let _ = writeln!(story, "{at:9.3} {:<16} {}", line.who, line.text);
        }
        #[expect(
            clippy::print_stdout,
            reason = "the test runner captures it, and shows it with the failure"
        )]
        {
            println!("{story}");
        }
    }
}
