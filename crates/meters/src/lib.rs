//! Numbers that many threads add to at next to no cost, and that operators read now and then.
//!
//! A thread adds to cells of its own, which no other thread's cache wants; who reads adds them up. So counting what happens a million
//! times a second costs a few nanoseconds each, and reading costs as many loads as there are cells. Nothing is locked, nothing is
//! looked up by name.
#![forbid(unsafe_code)]

mod cells;
mod histogram;

use cells::Cells;
pub use histogram::{BOUNDS_MAX, Batch, Histogram, HistogramCount};

/// Things that happened.
#[derive(Debug)]
pub struct Counter(Cells);

impl Default for Counter {
    fn default() -> Self {
        Self(Cells::new(1))
    }
}

impl Counter {
    /// One more.
    pub fn count(&self) {
        self.add(1);
    }

    /// So many more.
    pub fn add(&self, count: u64) {
        self.0.add(0, count);
    }

    /// How many.
    pub fn total(&self) -> u64 {
        self.0.sum(0)
    }
}

/// Things that are there: they come and go, on whatever thread.
#[derive(Debug)]
pub struct Level(Cells);

impl Default for Level {
    fn default() -> Self {
        Self(Cells::new(1))
    }
}

impl Level {
    /// So many came.
    pub fn rise(&self, count: u64) {
        self.0.add(0, count);
    }

    /// So many went.
    pub fn fall(&self, count: u64) {
        // Each thread's cell may be below zero; their sum is not.
        self.0.add(0, count.wrapping_neg());
    }

    /// How many are there. While others add this may be off by what they are adding, and is never below zero.
    pub fn now(&self) -> u64 {
        self.0.sum(0).cast_signed().max(0).cast_unsigned()
    }
}

/// A counter for each of a few kinds, which are known when it is made.
#[derive(Debug)]
pub struct Counters<K> {
    cells: Cells,
    kind: std::marker::PhantomData<fn(K)>,
}

/// The kinds of [`Counters`].
pub trait Kind: Copy + Sized + 'static {
    /// All of them.
    const ALL: &'static [Self];

    /// Its place in [`Kind::ALL`].
    fn place(self) -> usize;

    /// What it is called where it is read.
    fn name(self) -> &'static str;
}

impl<K: Kind> Default for Counters<K> {
    fn default() -> Self {
        Self {
            cells: Cells::new(K::ALL.len()),
            kind: std::marker::PhantomData,
        }
    }
}

impl<K: Kind> Counters<K> {
    /// One more of this kind.
    pub fn count(&self, kind: K) {
        self.cells.add(kind.place(), 1);
    }

    /// How many of one kind.
    pub fn of(&self, kind: K) -> u64 {
        self.cells.sum(kind.place())
    }

    /// How many of all kinds together.
    pub fn total(&self) -> u64 {
        K::ALL.iter().map(|kind| self.of(*kind)).sum()
    }

    /// How many of each.
    pub fn each(&self) -> impl Iterator<Item = (K, u64)> {
        K::ALL.iter().map(|kind| (*kind, self.of(*kind)))
    }
}

/// A level for each of a few kinds.
#[derive(Debug)]
pub struct Levels<K>(Counters<K>);

impl<K: Kind> Default for Levels<K> {
    fn default() -> Self {
        Self(Counters::default())
    }
}

impl<K: Kind> Levels<K> {
    /// One more.
    pub fn rise(&self, kind: K) {
        self.0.cells.add(kind.place(), 1);
    }

    /// One less.
    pub fn fall(&self, kind: K) {
        self.0.cells.add(kind.place(), 1_u64.wrapping_neg());
    }

    /// How many of each there are.
    pub fn each(&self) -> impl Iterator<Item = (K, u64)> {
        self.0
            .each()
            .map(|(kind, count)| (kind, count.cast_signed().max(0).cast_unsigned()))
    }
}

/// Declares an enum whose variants have names, as [`Kind`].
#[macro_export]
macro_rules! kinds {
    ($(#[$meta:meta])* $visibility:vis enum $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        $visibility enum $name { $($(#[$doc])* $variant,)+ }

        impl $crate::Kind for $name {
            const ALL: &'static [Self] = &[$(Self::$variant,)+];

            fn place(self) -> usize {
                self as usize
            }

            fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    kinds! {
        enum Fruit {
            Apple = "apple",
            Pear = "pear",
        }
    }

    #[test]
    fn what_all_threads_counted_is_there_once() {
        let counter = Counter::default();
        let fruit = Counters::<Fruit>::default();
        std::thread::scope(|scope| {
            for _ in 0..100 {
                scope.spawn(|| {
                    for _ in 0..1_000 {
                        counter.count();
                        fruit.count(Fruit::Pear);
                    }
                });
            }
        });
        assert_eq!(counter.total(), 100_000);
        assert_eq!((fruit.of(Fruit::Apple), fruit.total()), (0, 100_000));
        let each: Vec<_> = fruit
            .each()
            .map(|(kind, count)| (kind.name(), count))
            .collect();
        assert_eq!(each, [("apple", 0), ("pear", 100_000)]);
    }

    #[test]
    fn what_came_on_one_thread_may_go_on_another() {
        let level = Level::default();
        std::thread::scope(|scope| {
            scope.spawn(|| level.rise(100));
        });
        std::thread::scope(|scope| {
            scope.spawn(|| level.fall(40));
        });
        level.fall(59);
        assert_eq!(level.now(), 1);
        level.fall(2);
        assert_eq!(level.now(), 0, "never below");
    }
}
