//! The log: a file, the standard error stream, the caller's callback, each with a level or a switch.
//!
//! Lines come from `tracing` events of this library's crates. They are bounded, and hold no UserSig, status or body: the crates do
//! not put them in.

mod file;
mod subscriber;

use crate::dispatch::{Event, LogLine, default_dispatcher};
use crate::ffi::{TIMLogLevel, without_sigpipe};
use file::LogFile;
use parking_lot::Mutex;
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::time::SystemTime;

/// Longest line, in bytes; what is longer is cut.
const LINE_BYTES_MAX: usize = 1_024;

static LOG: Log = Log {
    level: AtomicU8::new(TIMLogLevel::kTIMLog_Info as u8),
    callback_level: AtomicU8::new(TIMLogLevel::kTIMLog_Info as u8),
    is_callback_set: AtomicBool::new(false),
    is_console_on: AtomicBool::new(false),
    is_file_open: AtomicBool::new(false),
    file: Mutex::new(None),
};

struct Log {
    /// Of file and console.
    level: AtomicU8,
    callback_level: AtomicU8,
    is_callback_set: AtomicBool,
    is_console_on: AtomicBool,
    is_file_open: AtomicBool,
    file: Mutex<Option<LogFile>>,
}

/// Sets the least level of file and console.
pub(crate) fn set_level(level: TIMLogLevel) {
    LOG.level.store(level as u8, Ordering::Relaxed);
    subscriber::refresh();
}

/// Sets the least level of the callback.
pub(crate) fn set_callback_level(level: TIMLogLevel) {
    LOG.callback_level.store(level as u8, Ordering::Relaxed);
    subscriber::refresh();
}

/// Says whether there is a callback.
pub(crate) fn set_callback(is_set: bool) {
    LOG.is_callback_set.store(is_set, Ordering::Relaxed);
    subscriber::refresh();
}

/// Switches the console on or off.
pub(crate) fn set_console(is_on: bool) {
    LOG.is_console_on.store(is_on, Ordering::Relaxed);
    subscriber::refresh();
}

/// Opens the log file in a folder, which is made if it is not there. A log that cannot be written is no reason not to run.
pub(crate) fn open_file(folder: &Path) {
    match LogFile::open(folder) {
        Ok(file) => {
            *LOG.file.lock() = Some(file);
            LOG.is_file_open.store(true, Ordering::Relaxed);
            subscriber::refresh();
        }
        Err(error) => tracing::warn!(%error, "the log file cannot be opened"),
    }
}

/// Closes the log file.
pub(crate) fn close_file() {
    LOG.is_file_open.store(false, Ordering::Relaxed);
    let file = LOG.file.lock().take();
    drop(file);
    subscriber::refresh();
}

/// Writes a line.
pub(crate) fn write(level: TIMLogLevel, text: &str) {
    let number = level as u8;
    let text = bounded(text);
    let level_of = |level: &AtomicU8| match level.load(Ordering::Relaxed) {
        0 => u8::MAX,
        level => level,
    };
    if number >= level_of(&LOG.level) {
        let is_console_on = LOG.is_console_on.load(Ordering::Relaxed);
        if is_console_on || LOG.is_file_open.load(Ordering::Relaxed) {
            let line = format!("{} {} {text}\n", utc(SystemTime::now()), name(level));
            if is_console_on {
                // Nobody is left to tell that the console is gone; a host that pipes it somewhere is not to end for it.
                let write = || std::io::stderr().write_all(line.as_bytes());
                let _ = without_sigpipe(write);
            }
            if let Some(file) = &mut *LOG.file.lock() {
                file.write(&line);
            }
        }
    }
    if number >= level_of(&LOG.callback_level) {
        default_dispatcher().notify(Event::Log(LogLine {
            level,
            text: text.into(),
        }));
    }
}

/// Writes that something happened that must not: a bug of this library.
pub(crate) fn assert_failed(text: &str) {
    write(TIMLogLevel::kTIMLog_Assert, text);
}

/// The level of a number, as settings and `write_log` have it.
pub(crate) fn level_of(number: u32) -> Option<TIMLogLevel> {
    Some(match number {
        0 => TIMLogLevel::kTIMLog_Off,
        1 => TIMLogLevel::kTIMLog_Test,
        2 => TIMLogLevel::kTIMLog_Verbose,
        3 => TIMLogLevel::kTIMLog_Debug,
        4 => TIMLogLevel::kTIMLog_Info,
        5 => TIMLogLevel::kTIMLog_Warn,
        6 => TIMLogLevel::kTIMLog_Error,
        7 => TIMLogLevel::kTIMLog_Assert,
        _ => return None,
    })
}

/// The least level anything is listening for.
fn least_level() -> u8 {
    let of = |level: &AtomicU8, is_on: bool| match level.load(Ordering::Relaxed) {
        0 => u8::MAX,
        level if is_on => level,
        _ => u8::MAX,
    };
    let is_written =
        LOG.is_console_on.load(Ordering::Relaxed) || LOG.is_file_open.load(Ordering::Relaxed);
    let is_called = LOG.is_callback_set.load(Ordering::Relaxed);
    of(&LOG.level, is_written).min(of(&LOG.callback_level, is_called))
}

fn name(level: TIMLogLevel) -> &'static str {
    match level {
        TIMLogLevel::kTIMLog_Off => "OFF",
        TIMLogLevel::kTIMLog_Test => "TEST",
        TIMLogLevel::kTIMLog_Verbose => "VERBOSE",
        TIMLogLevel::kTIMLog_Debug => "DEBUG",
        TIMLogLevel::kTIMLog_Info => "INFO",
        TIMLogLevel::kTIMLog_Warn => "WARN",
        TIMLogLevel::kTIMLog_Error => "ERROR",
        TIMLogLevel::kTIMLog_Assert => "ASSERT",
    }
}

/// One line of at most [`LINE_BYTES_MAX`] bytes.
fn bounded(text: &str) -> String {
    let end = text.floor_char_boundary(LINE_BYTES_MAX);
    text[..end].replace(['\n', '\r', '\0'], " ")
}

/// A time as "2026-11-23T05:47:21.123Z".
fn utc(time: SystemTime) -> String {
    let since = time
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    let (days, second) = (since.as_secs() / 86_400, since.as_secs() % 86_400);
    // Years begin in March here, so that the leap day is a year's last. An era is 400 years, which are 146,097 days; day 0 is
    // 1970-01-01, 719,468 days after the first era's beginning.
    let day = days + 719_468;
    let (era, day) = (day / 146_097, day % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, carry) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    let year = era * 400 + year + carry;
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    let millisecond = since.subsec_millis();
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millisecond:03}Z")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn times_are_written_in_utc() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400, "2000-02-29T00:00:00.000Z"),
            (1_709_251_199, "2024-02-29T23:59:59.000Z"),
            (1_795_412_841, "2026-11-23T05:47:21.000Z"),
            (4_107_542_400, "2100-03-01T00:00:00.000Z"),
        ] {
            assert_eq!(
                utc(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)),
                text
            );
        }
    }

    #[test]
    fn lines_are_single_and_bounded() {
        assert_eq!(bounded("a\nb\rc\0d"), "a b c d");
        assert_eq!(bounded(&"é".repeat(1_000)).len(), LINE_BYTES_MAX);
        assert_eq!(
            bounded(&format!("x{}", "é".repeat(1_000))).len(),
            LINE_BYTES_MAX - 1
        );
    }
}
