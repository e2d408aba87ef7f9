//! The time a session is given.

#[cfg(not(all(target_arch = "wasm32", target_os = "unknown")))]
pub use std::time::Instant;

/// A point in time, counted from whenever its maker began to count. std's own cannot be made on this target: it has no clock.
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(std::time::Duration);

#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
mod counted {
    use super::Instant;
    use std::ops::Add;
    use std::time::Duration;

    impl Instant {
        /// Where counting began.
        pub const START: Self = Self(Duration::ZERO);

        /// How long after `earlier` it is; zero if it is not.
        #[must_use]
        pub const fn duration_since(&self, earlier: Self) -> Duration {
            self.0.saturating_sub(earlier.0)
        }
    }

    impl Add<Duration> for Instant {
        type Output = Self;

        fn add(self, duration: Duration) -> Self {
            Self(self.0.saturating_add(duration))
        }
    }
}
