//! What goes on, for whoever waits: on standard error.

use std::io::{IsTerminal, Write, stderr};
use std::time::{Duration, Instant};

const EVERY: Duration = Duration::from_millis(500);

/// A count that runs up to a known number.
pub(crate) struct Progress {
    what: &'static str,
    done: usize,
    total: usize,
    begin: Instant,
    shown: Instant,
}

impl Progress {
    pub(crate) fn of(what: &'static str, total: usize) -> Self {
        let now = Instant::now();
        Self {
            what,
            done: 0,
            total,
            begin: now,
            shown: now,
        }
    }

    pub(crate) fn one_more(&mut self) {
        self.done += 1;
        if self.shown.elapsed() >= EVERY && stderr().is_terminal() {
            self.shown = Instant::now();
            let (what, done, total) = (self.what, self.done, self.total);
            let _ = write!(stderr(), "\r  {what}: {done} of {total} ");
        }
    }

    pub(crate) fn end(self) {
        let begin_of_line = if stderr().is_terminal() { "\r" } else { "" };
        note(&format!(
            "{begin_of_line}  {}: {} in {:.1} s",
            self.what,
            grouped(self.total as u64),
            self.begin.elapsed().as_secs_f64()
        ));
    }
}

/// One line.
pub(crate) fn note(line: &str) {
    // Nobody may be reading it.
    let _ = writeln!(stderr(), "{line}");
}

/// 1234567 as 1,234,567.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_three() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (28_000, "28,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(grouped(number), text);
        }
    }
}
