//! How large, or how long, things were.

use crate::cells::Cells;
use std::time::Duration;

/// Bounds of a histogram at most.
pub const BOUNDS_MAX: usize = 24;

/// Where the sum stands, and where the buckets begin.
const SUM: usize = 0;
const BUCKETS: usize = 1;

/// How often a number was at most so large, for a few bounds. Times are whole microseconds.
#[derive(Debug)]
pub struct Histogram {
    bounds: &'static [u64],
    /// The sum, one for each bound, and one for what is above them all: the sum lies beside what is counted most.
    cells: Cells,
}

/// What a [`Histogram`] says at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistogramCount {
    /// Upper bounds, and how many numbers were at most that and above the bound before.
    pub buckets: Vec<(u64, u64)>,
    /// How many were above all bounds.
    pub above: u64,
    /// All numbers added up.
    pub sum: u64,
}

/// Numbers that are added to a histogram together: where many come at once, a thread's cells are touched once.
#[derive(Debug)]
pub struct Batch<'h> {
    histogram: &'h Histogram,
    counts: [u32; BOUNDS_MAX + 1],
    sum: u64,
}

impl Histogram {
    /// Bounds rise.
    pub fn new(bounds: &'static [u64]) -> Self {
        debug_assert!(bounds.len() <= BOUNDS_MAX && bounds.is_sorted());
        Self {
            bounds,
            cells: Cells::new(bounds.len() + 2),
        }
    }

    /// Another number.
    pub fn add(&self, number: u64) {
        self.cells
            .add_both([(SUM, number), (BUCKETS + self.bucket(number), 1)]);
    }

    /// Another time.
    pub fn add_time(&self, time: Duration) {
        self.add(micros(time));
    }

    /// To add many.
    pub const fn batch(&self) -> Batch<'_> {
        Batch {
            histogram: self,
            counts: [0; BOUNDS_MAX + 1],
            sum: 0,
        }
    }

    /// What it says now.
    pub fn count(&self) -> HistogramCount {
        HistogramCount {
            buckets: self
                .bounds
                .iter()
                .enumerate()
                .map(|(place, bound)| (*bound, self.cells.sum(BUCKETS + place)))
                .collect(),
            above: self.cells.sum(BUCKETS + self.bounds.len()),
            sum: self.cells.sum(SUM),
        }
    }

    fn bucket(&self, number: u64) -> usize {
        let found = self.bounds.iter().position(|bound| number <= *bound);
        found.unwrap_or(self.bounds.len())
    }
}

impl HistogramCount {
    /// How many numbers there were.
    pub fn total(&self) -> u64 {
        let within: u64 = self.buckets.iter().map(|(_, count)| count).sum();
        within + self.above
    }
}

impl Batch<'_> {
    /// Another number.
    pub fn add(&mut self, number: u64) {
        // In range: there are no more bounds than that.
        self.counts[self.histogram.bucket(number).min(BOUNDS_MAX)] += 1;
        self.sum += number;
    }

    /// Another time.
    pub fn add_time(&mut self, time: Duration) {
        self.add(micros(time));
    }
}

impl Drop for Batch<'_> {
    fn drop(&mut self) {
        let cells = &self.histogram.cells;
        let buckets = self.histogram.bounds.len() + 1;
        for (place, count) in self.counts.iter().take(buckets).enumerate() {
            if *count > 0 {
                cells.add(BUCKETS + place, (*count).into());
            }
        }
        if self.sum > 0 {
            cells.add(SUM, self.sum);
        }
    }
}

/// Nothing here takes half a million years.
const fn micros(time: Duration) -> u64 {
    time.as_secs()
        .saturating_mul(1_000_000)
        .saturating_add(time.subsec_micros() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: &[u64] = &[10, 20, 50];

    #[test]
    fn a_number_is_counted_at_the_first_bound_that_it_is_not_above() {
        let histogram = Histogram::new(BOUNDS);
        for number in [0, 10, 11, 20, 50, 51, 1_000] {
            histogram.add(number);
        }
        let count = histogram.count();
        assert_eq!(count.buckets, [(10, 2), (20, 2), (50, 1)]);
        assert_eq!((count.above, count.sum, count.total()), (2, 1_142, 7));
    }

    #[test]
    fn numbers_added_together_are_those_added_one_by_one() {
        let (one_by_one, together) = (Histogram::new(BOUNDS), Histogram::new(BOUNDS));
        let mut batch = together.batch();
        for number in 0..1_000 {
            one_by_one.add(number % 60);
            batch.add(number % 60);
        }
        drop(batch);
        assert_eq!(together.count(), one_by_one.count());
    }

    #[test]
    fn there_may_be_as_many_bounds_as_a_batch_has_room_for() {
        const MOST: [u64; BOUNDS_MAX] = [7; BOUNDS_MAX];
        let histogram = Histogram::new(&MOST);
        let mut batch = histogram.batch();
        batch.add(8);
        batch.add_time(Duration::from_micros(7));
        drop(batch);
        assert_eq!(histogram.count().above, 1);
        assert_eq!(histogram.count().total(), 2);
    }
}
