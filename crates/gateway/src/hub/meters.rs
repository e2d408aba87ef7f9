//! What operators see of changes on their way to those who watch.

use userstatus_meters::{Counter, Histogram, Level};

/// Bounds of how many are told of one change.
const FAN_OUT_BOUNDS: &[u64] = &[
    0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 100_000,
];

/// Bounds of a change's way to who watches, in microseconds. Finest where it should be: what is gathered for 10 ms arrives soon after.
const WATCH_LATENCY_BOUNDS: &[u64] = &[
    500, 1_000, 2_500, 5_000, 7_500, 10_000, 15_000, 25_000, 50_000, 75_000, 100_000, 250_000,
    500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000,
];

/// Shared with the outboxes.
#[derive(Debug)]
pub struct HubMeters {
    // The two of each push lie together.
    /// From the commit of a change until a connection that watches gave it to its socket, in microseconds.
    pub watch_latency: Histogram,
    /// Encoded statuses that wait in outboxes, in bytes.
    pub waiting_bytes: Level,
    /// Changes encoded: one each, however many watch.
    pub encodes: Counter,
    /// Statuses put in outboxes.
    pub deliveries: Counter,
    /// Statuses made superfluous by newer ones while nobody took them (N6), also as they were taken.
    pub merges: Counter,
    /// Into how many outboxes each change was put.
    pub fan_out: Histogram,
}

impl Default for HubMeters {
    fn default() -> Self {
        Self {
            encodes: Counter::default(),
            deliveries: Counter::default(),
            merges: Counter::default(),
            fan_out: Histogram::new(FAN_OUT_BOUNDS),
            watch_latency: Histogram::new(WATCH_LATENCY_BOUNDS),
            waiting_bytes: Level::default(),
        }
    }
}
