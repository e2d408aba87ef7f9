//! Takes `tracing` events of this library's crates and makes lines of them.

use super::{least_level, write};
use crate::ffi::TIMLogLevel;
use std::fmt::{self, Write};
use std::sync::Once;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Level, Metadata, Subscriber};

/// Installs the subscriber, and tells `tracing` which levels are wanted now: an event nobody wants costs one comparison.
pub(super) fn refresh() {
    static INSTALLED: Once = Once::new();
    // In a Rust program that links this crate there may be one already; its log is then the program's.
    INSTALLED.call_once(|| drop(tracing::subscriber::set_global_default(Lines)));
    tracing::callsite::rebuild_interest_cache();
}

struct Lines;

impl Subscriber for Lines {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if metadata.target().starts_with("userstatus") && metadata.is_event() {
            Interest::sometimes()
        } else {
            Interest::never()
        }
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        level_of(*metadata.level()) as u8 >= least_level()
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(match least_level() {
            0..=2 => LevelFilter::TRACE,
            3 => LevelFilter::DEBUG,
            4 => LevelFilter::INFO,
            5 => LevelFilter::WARN,
            6 | 7 => LevelFilter::ERROR,
            8.. => LevelFilter::OFF,
        })
    }

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(String::new());
        event.record(&mut line);
        let metadata = event.metadata();
        write(
            level_of(*metadata.level()),
            &format!("{}: {}", metadata.target(), line.0),
        );
    }

    // Spans are not used by this library's crates.
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// A message and its fields, as "message key=value".
struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let space = if self.0.is_empty() { "" } else { " " };
        // Writing to a String cannot fail; a value whose Debug does is left out.
        let _ = match field.name() {
            "message" => {
                let fields = std::mem::take(&mut self.0);
                write!(
                    self.0,
                    "{value:?}{}{fields}",
                    if fields.is_empty() { "" } else { " " }
                )
            }
            name => write!(self.0, "{space}{name}={value:?}"),
        };
    }
}

fn level_of(level: Level) -> TIMLogLevel {
    match level {
        Level::TRACE => TIMLogLevel::kTIMLog_Verbose,
        Level::DEBUG => TIMLogLevel::kTIMLog_Debug,
        Level::INFO => TIMLogLevel::kTIMLog_Info,
        Level::WARN => TIMLogLevel::kTIMLog_Warn,
        Level::ERROR => TIMLogLevel::kTIMLog_Error,
    }
}
