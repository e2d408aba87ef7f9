//! Text for whoever reads a log or a terminal: it stands there as it is, and does nothing to what shows it.
//!
//! Names come from clients, and file names from anywhere. A character that moves the cursor, begins a line or turns the direction of
//! reading round would make others read what was never written.

use std::borrow::Cow;
use std::fmt::Write as _;

/// How what is not shown raw is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As in Rust: `\n`, `\u{202e}`.
    Text,
    /// For what is JSON already: `\u202e`.
    Json,
}

/// The text with every character escaped that would not be seen, or would do something.
#[must_use]
pub fn visible(text: &str, form: Form) -> Cow<'_, str> {
    let Some(first) = text.find(does_something) else {
        return Cow::Borrowed(text);
    };
    let (before, rest) = text.split_at(first);
    let mut shown = before.to_owned();
    for letter in rest.chars() {
        match form {
            _ if !does_something(letter) => shown.push(letter),
            Form::Text => shown.extend(letter.escape_default()),
            Form::Json => {
                for unit in letter.encode_utf16(&mut [0; 2]) {
                    write!(shown, "\\u{unit:04x}").expect("writing to a String does not fail");
                }
            }
        }
    }
    Cow::Owned(shown)
}

/// As [`visible`], line by line: the ends of lines stay.
#[must_use]
pub fn visible_lines(text: &str, form: Form) -> Cow<'_, str> {
    if !text.contains(|letter| letter != '\n' && does_something(letter)) {
        return Cow::Borrowed(text);
    }
    let lines: Vec<_> = text.split('\n').map(|line| visible(line, form)).collect();
    Cow::Owned(lines.join("\n"))
}

/// Controls, line and paragraph separators, what turns the direction round, and what is there without being seen.
#[must_use]
pub fn does_something(letter: char) -> bool {
    letter.is_control()
        || matches!(
            letter,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_seen_stays_and_what_does_something_is_escaped() {
        assert!(matches!(
            visible("Zoë 在线 \"é\" \\", Form::Text),
            Cow::Borrowed(_)
        ));
        let text = "a\u{1b}[2J\n\u{9b}\u{202e}\u{2028}\u{e0041}b";
        assert_eq!(
            visible(text, Form::Text),
            r"a\u{1b}[2J\n\u{9b}\u{202e}\u{2028}\u{e0041}b"
        );
        assert_eq!(
            visible(text, Form::Json),
            r"a\u001b[2J\u000a\u009b\u202e\u2028\udb40\udc41b"
        );
        assert_eq!(
            visible_lines("a\r\nb\u{7f}\n", Form::Text),
            "a\\r\nb\\u{7f}\n"
        );
    }
}
