//! The story of a test: what every process said and was told, in order. Printed when the test fails.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Lines kept. A flood must not fill the memory of the machine, and its end tells more than its beginning.
const LINES_MAX: usize = 4_000;

/// Most characters of a line that are printed.
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
        lines.push(Line {
            at: self.begin.elapsed(),
            who: who.to_owned(),
            text: text.to_owned(),
        });
    }

    /// What one of them said so far.
    pub(crate) fn lines_of(&self, who: &str) -> Vec<String> {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines
            .iter()
            .filter(|line| line.who == who)
            .map(|line| line.text.clone())
            .collect()
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
            let (at, text) = (line.at.as_secs_f64(), &line.text);
            let end = text
                .char_indices()
                .nth(LINE_CHARS_MAX)
                .map_or(text.len(), |(end, _)| end);
            let more = if end < text.len() { "…" } else { "" };
            let _ = writeln!(story, "{at:9.3} {:<16} {}{more}", line.who, &text[..end]);
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
