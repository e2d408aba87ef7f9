//! What a custom status of the tool says: who set it, the how-manieth it is, and when.

use std::time::{Duration, Instant};

/// Bytes of a custom status.
pub(crate) const STATUS_BYTES: usize = 64;
const FILLER: &str = " in a match, ranked, map 7, wave";

/// A status that tells its watcher how long it took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// Who, as a number.
    pub(crate) user: u32,
    /// Rises by one with each status of a user.
    pub(crate) sequence: u32,
    /// When it was handed in.
    pub(crate) at: Duration,
}

impl Stamp {
    /// The custom status.
    pub(crate) fn write(&self) -> String {
        let ns = u64::try_from(self.at.as_nanos()).unwrap_or(u64::MAX);
        let text = format!("{:08x}{:08x}{ns:016x}{FILLER}", self.user, self.sequence);
        debug_assert_eq!(text.len(), STATUS_BYTES);
        text
    }

    /// `None`: the status is not one of ours.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let hex = |from: usize, to: usize| u64::from_str_radix(text.get(from..to)?, 16).ok();
        Some(Self {
            user: u32::try_from(hex(0, 8)?).ok()?,
            sequence: u32::try_from(hex(8, 16)?).ok()?,
            at: Duration::from_nanos(hex(16, 32)?),
        })
    }
}

/// The clock of all stamps of a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock(Instant);

impl Clock {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn now(self) -> Duration {
        self.0.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_64_bytes_and_reads_as_it_was_written() {
        let stamp = Stamp {
            user: u32::MAX,
            sequence: 7,
            at: Duration::from_nanos(123_456_789_012),
        };
        let text = stamp.write();
        assert_eq!(text.len(), STATUS_BYTES);
        assert_eq!(Stamp::read(&text), Some(stamp));
    }

    #[test]
    fn other_statuses_are_no_stamps() {
        for text in ["", "in a match", "zzzzzzzz00000000000000000000000000000000"] {
            assert_eq!(Stamp::read(text), None, "{text:?}");
        }
    }
}
