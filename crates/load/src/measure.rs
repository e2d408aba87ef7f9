//! What the operating system knows of a process, and how long things took.

use crate::Failure;
use hdrhistogram::Histogram;
use serde_json::{Value, json};
use std::fs;
use std::sync::Mutex;
use std::time::Instant;

/// Clock ticks a second in /proc: fixed at 100 on Linux, whatever the kernel's own tick is (proc(5)).
const TICKS_PER_S: f64 = 100.0;
/// Histograms that threads share out among themselves, so that they seldom wait for each other.
const STRIPES: usize = 16;

/// User and system time of a process, in seconds.
pub(crate) fn cpu_s(pid: u32) -> Result<f64, Failure> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The program's name, in parentheses, may hold spaces.
    let after_name = stat.rsplit_once(") ").ok_or("unreadable /proc stat")?.1;
    let ticks: Result<Vec<u64>, _> = after_name
        .split_whitespace()
        .skip(11)
        .take(2)
        .map(str::parse)
        .collect();
    #[allow(clippy::cast_precision_loss, reason = "ticks of a test run are few")]
    Ok(ticks?.iter().sum::<u64>() as f64 / TICKS_PER_S)
}

/// Proportional set size of a process, in bytes.
pub(crate) fn pss_bytes(pid: u32) -> Result<u64, Failure> {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
    let line = rollup
        .lines()
        .find(|line| line.starts_with("Pss:"))
        .ok_or("no Pss in smaps_rollup")?;
    let kib: u64 = line
        .split_whitespace()
        .nth(1)
        .ok_or("unreadable Pss")?
        .parse()?;
    Ok(kib * 1024)
}

/// Latencies recorded by many clients.
pub(crate) struct Latencies {
    origin: Instant,
    stripes: Vec<Mutex<Histogram<u64>>>,
}

impl Latencies {
    pub(crate) fn new() -> Result<Self, Failure> {
        let stripes: Result<Vec<_>, _> = (0..STRIPES)
            .map(|_| Histogram::new_with_max(60_000_000, 3).map(Mutex::new))
            .collect();
        Ok(Self {
            origin: Instant::now(),
            stripes: stripes?,
        })
    }

    /// Microseconds since the start, to be sent along.
    pub(crate) fn now_us(&self) -> u64 {
        u64::try_from(self.origin.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// Something sent at `sent_us` arrived.
    pub(crate) fn record(&self, stripe: usize, sent_us: u64) {
        let took_us = self.now_us().saturating_sub(sent_us);
        if let Ok(mut histogram) = self.stripes[stripe % STRIPES].lock() {
            histogram.saturating_record(took_us);
        }
    }

    pub(crate) fn reset(&self) {
        for stripe in &self.stripes {
            if let Ok(mut histogram) = stripe.lock() {
                histogram.reset();
            }
        }
    }

    /// Quantiles in milliseconds.
    pub(crate) fn to_json(&self) -> Value {
        let mut all: Histogram<u64> = match Histogram::new_with_max(60_000_000, 3) {
            Ok(histogram) => histogram,
            Err(error) => return json!(error.to_string()),
        };
        for stripe in &self.stripes {
            if let Ok(histogram) = stripe.lock() {
                // Same bounds: adding cannot fail.
                let _ = all.add(&*histogram);
            }
        }
        #[allow(clippy::cast_precision_loss, reason = "below 60 s in microseconds")]
        let ms = |quantile: f64| all.value_at_quantile(quantile) as f64 / 1_000.0;
        json!({ "p50": ms(0.5), "p99": ms(0.99), "p99_9": ms(0.999), "max": ms(1.0) })
    }
}

/// A figure with three digits after the point.
pub(crate) fn rounded(value: f64) -> f64 {
    (value * 1_000.0).round() / 1_000.0
}
