//! The last place a line comes through. What is in it may be anybody's: a name, a path, what a system or a library says.

use crate::config::LogFormat;
use std::borrow::Cow;
use std::io::{self, IsTerminal, Write};
use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;
use userstatus_operate::visible::{Form, visible};

/// Writes lines in which nothing but their end does anything.
pub(super) struct VisibleLines<M> {
    form: Form,
    is_coloured: bool,
    to: M,
}

impl<M> VisibleLines<M> {
    pub(super) fn new(format: LogFormat, to: M) -> Self {
        let (form, is_coloured) = match format {
            LogFormat::Text => (Form::Text, io::stderr().is_terminal()),
            LogFormat::Json => (Form::Json, false),
        };
        Self {
            form,
            is_coloured,
            to,
        }
    }
}

impl<'a, M: MakeWriter<'a>> MakeWriter<'a> for VisibleLines<M> {
    type Writer = VisibleLine<M::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        VisibleLine {
            form: self.form,
            colour_of: None,
            to: self.to.make_writer(),
        }
    }

    fn make_writer_for(&'a self, about: &Metadata<'_>) -> Self::Writer {
        VisibleLine {
            form: self.form,
            colour_of: self.is_coloured.then(|| *about.level()),
            to: self.to.make_writer_for(about),
        }
    }
}

/// Takes one line, whole.
pub(super) struct VisibleLine<W> {
    form: Form,
    colour_of: Option<Level>,
    to: W,
}

impl<W: Write> Write for VisibleLine<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        let (text, end) = match text.strip_suffix('\n') {
            Some(text) => (text, "\n"),
            None => (&*text, ""),
        };
        let mut shown = visible(text, self.form);
        if let Some(level) = self.colour_of {
            // Before it there is only the time.
            shown = Cow::Owned(shown.replacen(level.as_str(), &coloured(level), 1));
        }
        let mut shown = shown.into_owned();
        shown.push_str(end);
        // In one piece: lines are queued as they are written.
        self.to.write_all(shown.as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

fn coloured(level: Level) -> String {
    let colour = match level {
        Level::ERROR => 31,
        Level::WARN => 33,
        Level::INFO => 32,
        Level::DEBUG => 34,
        Level::TRACE => 35,
    };
    format!("\u{1b}[{colour}m{level}\u{1b}[0m")
}

#[cfg(test)]
mod tests {
    use super::*;
    use parking_lot::Mutex;
    use proptest::prelude::*;
    use std::sync::Arc;
    use tracing_subscriber::layer::{Layer, SubscriberExt};
    use userstatus_operate::visible::does_something;

    #[derive(Clone, Default)]
    struct Heard(Arc<Mutex<Vec<u8>>>);

    impl Write for Heard {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[derive(Debug, thiserror::Error)]
    #[error("{0}")]
    struct Failed(String);

    /// What is written of a text that came from anywhere, through the layers that the log has, by every way a text gets into a line.
    fn written(format: LogFormat, text: &str) -> String {
        let heard = Heard::default();
        let to = heard.clone();
        let lines = super::super::layer_to(format, move || to.clone());
        let subscriber = tracing_subscriber::registry().with(lines.boxed());
        tracing::subscriber::with_default(subscriber, || {
            let error = Failed(text.to_owned());
            let span = tracing::info_span!("span", %text, text);
            let _within = span.enter();
            tracing::error!(text, %error, shown = %text, debugged = ?text, "{text}");
            tracing::debug!(error = &error as &dyn std::error::Error, "{error}");
        });
        let bytes = heard.0.lock().clone();
        String::from_utf8(bytes).unwrap()
    }

    fn check(text: &str) {
        for format in [LogFormat::Text, LogFormat::Json] {
            let log = written(format, text);
            let lines: Vec<_> = log.split('\n').collect();
            assert_eq!(lines.len(), 3, "two lines, and no more: {log:?}");
            assert!(!lines.concat().contains(does_something), "{log:?}");
            if format == LogFormat::Json {
                for line in &lines[..2] {
                    let line: serde_json::Value = serde_json::from_str(line).unwrap();
                    assert_eq!(line["message"], text, "{log:?}");
                }
            }
        }
    }

    #[test]
    fn what_turns_the_line_round_or_ends_it_is_escaped() {
        check("plain, Zoë, 在线");
        check(
            "\u{1b}[31mred\u{1b}[0m \u{9b}2J\u{202e}gpj\u{2028}next\r\nforged INFO line\u{0}\u{85}\u{7f}\u{e0041}",
        );
    }

    const NASTY: [char; 12] = [
        '\0',
        '\n',
        '\r',
        '\u{1b}',
        '\u{7f}',
        '\u{9b}',
        '\u{61c}',
        '\u{200f}',
        '\u{2028}',
        '\u{202e}',
        '\u{2069}',
        '\u{e0001}',
    ];

    proptest! {
        #[test]
        fn whatever_comes_no_line_does_anything(
            text in prop::collection::vec(
                prop_oneof![any::<char>(), prop::sample::select(&NASTY[..])],
                0..40,
            )
        ) {
            check(&text.into_iter().collect::<String>());
        }
    }

    #[test]
    fn at_a_terminal_the_level_alone_is_coloured() {
        let mut to = Vec::new();
        let mut line = VisibleLine {
            form: Form::Text,
            colour_of: Some(Level::WARN),
            to: &mut to,
        };
        line.write_all("2026  WARN a WARN \u{1b}[2J\n".as_bytes())
            .unwrap();
        let shown = String::from_utf8(to).unwrap();
        assert_eq!(shown, "2026  \u{1b}[33mWARN\u{1b}[0m a WARN \\u{1b}[2J\n");
    }
}
