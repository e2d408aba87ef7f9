//! Log lines: to standard error, as text or JSON. Tokens, UserSigs, keys and custom statuses are in none of them.
//!
//! Nothing waits for whoever reads them: lines go through a queue of bounded length to a thread of their own. If that thread
//! cannot write, the queue fills, and what does not fit is dropped and counted.

mod filter;
mod lines;

use crate::config::{Log, LogFormat};
use parking_lot::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::sync_channel;
use std::time::Duration;
use tracing::Subscriber;
use tracing_appender::non_blocking::{ErrorCounter, NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Layer, Layered, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::reload::{self, Handle};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Registry};

pub(crate) use filter::check_level;
use lines::VisibleLines;

/// Lines that wait to be written; more are dropped.
const QUEUED_LINES_MAX: usize = 4_096;

/// How long writing what waits at the end may take.
const FLUSH_TIMEOUT: Duration = Duration::from_millis(500);

/// How long the last words of a process may take.
const LAST_WORDS_TIMEOUT: Duration = Duration::from_millis(500);

type Filtered = Layered<reload::Layer<EnvFilter, Registry>, Registry>;
type Lines = Box<dyn Layer<Filtered> + Send + Sync>;

/// The log of this process.
pub(crate) struct Logging {
    filter: Handle<EnvFilter, Registry>,
    lines: Handle<Lines, Filtered>,
    writer: NonBlocking,
    dropped: ErrorCounter,
    dropped_said: AtomicU64,
    guard: Mutex<Option<WorkerGuard>>,
}

impl Logging {
    /// Begins to log, for the whole process.
    ///
    /// # Errors
    /// The level is none, or logging has begun already.
    pub(crate) fn begin(log: &Log) -> Result<Self, String> {
        let (writer, guard) = NonBlockingBuilder::default()
            .buffered_lines_limit(QUEUED_LINES_MAX)
            .lossy(true)
            .thread_name("log")
            .finish(std::io::stderr());
        let (filter, filter_handle) = reload::Layer::new(filter::parse(&log.level)?);
        let (lines, lines_handle) = reload::Layer::new(layer_to(log.format, writer.clone()));
        tracing_subscriber::registry()
            .with(filter)
            .with(lines)
            .try_init()
            .map_err(|error| error.to_string())?;
        log_panics();
        Ok(Self {
            filter: filter_handle,
            lines: lines_handle,
            dropped: writer.error_counter(),
            writer,
            dropped_said: AtomicU64::new(0),
            guard: Mutex::new(Some(guard)),
        })
    }

    /// Goes by other settings from now on.
    ///
    /// # Errors
    /// The level is none; nothing has changed then.
    pub(crate) fn change(&self, log: &Log) -> Result<(), String> {
        let filter = filter::parse(&log.level)?;
        self.filter
            .reload(filter)
            .and_then(|()| self.lines.reload(layer_to(log.format, self.writer.clone())))
            .map_err(|error| error.to_string())
    }

    /// Writes what waits, unless that takes too long. The end of the log.
    pub(crate) fn flush(&self) {
        let guard = self.guard.lock().take();
        in_time(FLUSH_TIMEOUT, move || drop(guard));
    }

    /// Lines dropped since the start because nobody read them in time.
    pub(crate) fn dropped_lines(&self) -> u64 {
        self.dropped.dropped_lines() as u64
    }

    /// Says that lines were dropped, if some were since it was last said and there is room to say it.
    pub(crate) fn say_what_was_dropped(&self) {
        let dropped = self.dropped_lines();
        let said = self.dropped_said.load(Ordering::Relaxed);
        if dropped == said {
            return;
        }
        tracing::warn!(
            dropped = dropped - said,
            "log lines were dropped: standard error is not being read, or not fast enough"
        );
        // If this line was dropped itself, it is said again, with one more.
        if self.dropped_lines() == dropped {
            self.dropped_said.store(dropped, Ordering::Relaxed);
        }
    }
}

/// Writes a text to standard error at the end of a process, unless nobody reads it.
pub(crate) fn last_words(text: String, write: fn(&str)) {
    in_time(LAST_WORDS_TIMEOUT, move || write(&text));
}

/// Does something on a thread of its own, and does not wait longer than this for it.
fn in_time(limit: Duration, work: impl FnOnce() + Send + 'static) {
    let (done, is_done) = sync_channel(1);
    let working = std::thread::Builder::new().spawn(move || {
        work();
        // Whoever waits may have given up.
        _ = done.send(());
    });
    if working.is_ok() {
        _ = is_done.recv_timeout(limit);
    }
}

fn layer_to<S, W>(format: LogFormat, writer: W) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(VisibleLines::new(format, writer))
        // The writer colours: to it an escape sequence is somebody's text.
        .with_ansi(false)
        // Where a line cannot be written, nor can what is wrong: trying panics if nobody reads any more.
        .log_internal_errors(false);
    match format {
        LogFormat::Text => lines.with_target(false).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    }
}

/// A panic is a line as others are: written by the standard library it would wait for whoever reads.
fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        let thread = std::thread::current();
        tracing::error!(
            place,
            thread = thread.name(),
            reason = panic.payload_as_str(),
            "a thread panicked"
        );
    }));
}
