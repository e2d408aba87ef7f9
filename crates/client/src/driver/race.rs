//! Several ways to the same end, raced (RFC 8305, "Happy Eyeballs"): one that is dead costs a moment, not its time-out.

use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep_until, timeout};

/// The next attempt begins when the one before has failed, or has taken this long (RFC 8305, section 8).
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);
/// How long the first attempt waits for the lookups that are not done when the first is (the same).
const RESOLUTION_DELAY: Duration = Duration::from_millis(50);
/// How long one attempt may take.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);
/// Attempts in one race.
const ATTEMPTS_MAX: usize = 32;

/// Finds ways to try, the best first.
pub(super) type Lookup<W> = Pin<Box<dyn Future<Output = io::Result<Vec<W>>> + Send>>;
/// Tries one.
pub(super) type Attempt<T> = Pin<Box<dyn Future<Output = io::Result<T>> + Send>>;

/// The first attempt that succeeds, and by which way; or why each failed, in the order they did. A lookup that fails is a failure
/// of no way.
///
/// Of several lookups the ways take turns. `rank` puts some before others, the lowest first.
pub(super) async fn race<W, T: 'static>(
    lookups: Vec<Lookup<W>>,
    rank: impl Fn(&W) -> u8,
    start: impl Fn(&W) -> Attempt<T>,
) -> Result<(W, T), Vec<(Option<W>, io::Error)>> {
    let mut race = Race {
        lookups: lookups.into_iter().map(Some).collect(),
        line: BTreeMap::new(),
        running: Vec::new(),
        started: 0,
        pause: None,
        failures: Vec::new(),
    };
    poll_fn(|context| race.poll(context, &rank, &start)).await
}

struct Race<W, T> {
    lookups: Vec<Option<Lookup<W>>>,
    /// Those not tried yet, by rank, place in their lookup, and lookup.
    line: BTreeMap<(u8, usize, usize), W>,
    running: Vec<(W, Attempt<T>)>,
    started: usize,
    /// Until then no attempt begins.
    pause: Option<Pin<Box<Sleep>>>,
    failures: Vec<(Option<W>, io::Error)>,
}

type Outcome<W, T> = Result<(W, T), Vec<(Option<W>, io::Error)>>;

impl<W, T: 'static> Race<W, T> {
    fn poll(
        &mut self,
        context: &mut Context<'_>,
        rank: &impl Fn(&W) -> u8,
        start: &impl Fn(&W) -> Attempt<T>,
    ) -> Poll<Outcome<W, T>> {
        loop {
            self.poll_lookups(context, rank);
            if let Some(winner) = self.poll_running(context) {
                return Poll::Ready(Ok(winner));
            }
            if self.is_paused(context) {
                return Poll::Pending;
            }
            let next = self.line.pop_first();
            match next.filter(|_| self.started < ATTEMPTS_MAX) {
                Some((_, way)) => {
                    let attempt = start(&way);
                    self.running.push((way, in_time(attempt)));
                    self.started += 1;
                    self.pause_for(ATTEMPT_DELAY);
                }
                None if self.running.is_empty() && self.is_looked_up() => {
                    return Poll::Ready(Err(std::mem::take(&mut self.failures)));
                }
                None => return Poll::Pending,
            }
        }
    }

    fn poll_lookups(&mut self, context: &mut Context<'_>, rank: &impl Fn(&W) -> u8) {
        let was_waiting = self.started == 0 && self.line.is_empty();
        for (number, place) in self.lookups.iter_mut().enumerate() {
            let Some(lookup) = place else { continue };
            let Poll::Ready(found) = lookup.as_mut().poll(context) else {
                continue;
            };
            *place = None;
            match found {
                Ok(ways) => {
                    for (turn, way) in ways.into_iter().enumerate() {
                        self.line.insert((rank(&way), turn, number), way);
                    }
                }
                Err(error) => self.failures.push((None, error)),
            }
        }
        if was_waiting && !self.line.is_empty() && !self.is_looked_up() {
            self.pause_for(RESOLUTION_DELAY);
        } else if self.started == 0 && self.is_looked_up() {
            self.pause = None;
        }
    }

    fn poll_running(&mut self, context: &mut Context<'_>) -> Option<(W, T)> {
        let mut number = 0;
        while let Some((_, attempt)) = self.running.get_mut(number) {
            match attempt.as_mut().poll(context) {
                Poll::Pending => number += 1,
                Poll::Ready(Ok(done)) => return Some((self.running.swap_remove(number).0, done)),
                Poll::Ready(Err(error)) => {
                    let (way, _) = self.running.remove(number);
                    self.failures.push((Some(way), error));
                    self.pause = None;
                }
            }
        }
        None
    }

    fn is_looked_up(&self) -> bool {
        self.lookups.iter().all(Option::is_none)
    }

    fn pause_for(&mut self, length: Duration) {
        let until = Instant::now() + length;
        match &mut self.pause {
            Some(sleep) => sleep.as_mut().reset(until),
            none => *none = Some(Box::pin(sleep_until(until))),
        }
    }

    fn is_paused(&mut self, context: &mut Context<'_>) -> bool {
        let is_paused = self
            .pause
            .as_mut()
            .is_some_and(|sleep| sleep.as_mut().poll(context).is_pending());
        if !is_paused {
            self.pause = None;
        }
        is_paused
    }
}

fn in_time<T: 'static>(attempt: Attempt<T>) -> Attempt<T> {
    Box::pin(async move {
        timeout(ATTEMPT_TIMEOUT, attempt)
            .await
            .unwrap_or_else(|_| Err(io::Error::new(io::ErrorKind::TimedOut, "no answer")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};
    use tokio::time::sleep;

    /// What becomes of an attempt, after so many milliseconds.
    #[derive(Clone, Copy, Debug)]
    enum Fate {
        Works(u64),
        Fails(u64),
        Hangs,
    }
    use Fate::{Fails, Hangs, Works};

    fn found_after(delay_ms: u64, ways: &[(&'static str, Fate)]) -> Lookup<(&'static str, Fate)> {
        let ways = ways.to_vec();
        Box::pin(async move {
            sleep(Duration::from_millis(delay_ms)).await;
            Ok(ways)
        })
    }

    struct Told {
        winner: Option<&'static str>,
        /// Which attempts began, and when.
        begun: Vec<(&'static str, u64)>,
        ended_ms: u64,
    }

    async fn run(lookups: Vec<Lookup<(&'static str, Fate)>>, best: &'static str) -> Told {
        let start = Instant::now();
        let elapsed_ms = move || u64::try_from(start.elapsed().as_millis()).unwrap();
        let begun = Arc::new(Mutex::new(Vec::new()));
        let outcome = race(
            lookups,
            |(name, _)| u8::from(*name != best),
            |(name, fate)| -> Attempt<()> {
                begun.lock().unwrap().push((*name, elapsed_ms()));
                let fate = *fate;
                Box::pin(async move {
                    match fate {
                        Works(after_ms) => sleep(Duration::from_millis(after_ms)).await,
                        Fails(after_ms) => {
                            sleep(Duration::from_millis(after_ms)).await;
                            return Err(io::ErrorKind::ConnectionRefused.into());
                        }
                        Hangs => std::future::pending().await,
                    }
                    Ok(())
                })
            },
        )
        .await;
        Told {
            winner: outcome.ok().map(|((name, _), ())| name),
            begun: begun.lock().unwrap().clone(),
            ended_ms: elapsed_ms(),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_dead_first_way_costs_a_moment() {
        let told = run(vec![found_after(0, &[("a", Hangs), ("b", Works(30))])], "").await;
        assert_eq!(told.winner, Some("b"));
        assert_eq!(told.begun, [("a", 0), ("b", 250)]);
        assert!((280..300).contains(&told.ended_ms), "{}", told.ended_ms);
    }

    #[tokio::test(start_paused = true)]
    async fn a_way_that_fails_makes_room_for_the_next_at_once() {
        let ways = [("a", Fails(10)), ("b", Fails(10)), ("c", Works(10))];
        let told = run(vec![found_after(0, &ways)], "").await;
        assert_eq!(told.winner, Some("c"));
        assert!(told.ended_ms < 50, "{}", told.ended_ms);
    }

    #[tokio::test(start_paused = true)]
    async fn a_quick_first_way_is_the_only_one_tried() {
        let told = run(
            vec![found_after(0, &[("a", Works(240)), ("b", Works(1))])],
            "",
        )
        .await;
        assert_eq!(told.begun, [("a", 0)]);
        assert_eq!(told.winner, Some("a"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_first_way_still_wins_if_the_others_are_slower() {
        let told = run(
            vec![found_after(0, &[("a", Works(900)), ("b", Works(5_000))])],
            "",
        )
        .await;
        assert_eq!(told.winner, Some("a"));
        assert!((900..950).contains(&told.ended_ms), "{}", told.ended_ms);
    }

    #[tokio::test(start_paused = true)]
    async fn what_worked_last_is_tried_first() {
        let ways = [("a", Hangs), ("b", Hangs), ("c", Works(20))];
        let told = run(vec![found_after(0, &ways)], "c").await;
        assert_eq!(told.begun, [("c", 0)]);
    }

    #[tokio::test(start_paused = true)]
    async fn several_lookups_take_turns_and_a_slow_one_holds_nobody_up() {
        let told = run(
            vec![
                found_after(30, &[("a1", Hangs), ("a2", Hangs)]),
                found_after(0, &[("b1", Hangs), ("b2", Works(10))]),
            ],
            "",
        )
        .await;
        let order: Vec<_> = told.begun.iter().map(|(name, _)| *name).collect();
        assert_eq!(order, ["a1", "b1", "a2", "b2"]);
        let told = run(
            vec![
                found_after(9_000, &[("a1", Works(0))]),
                found_after(0, &[("b1", Works(10))]),
            ],
            "",
        )
        .await;
        assert_eq!(told.winner, Some("b1"));
        assert!((60..80).contains(&told.ended_ms), "{}", told.ended_ms);
    }

    #[tokio::test(start_paused = true)]
    async fn a_race_that_nobody_wins_ends_and_says_why_each_failed() {
        let told = run(vec![found_after(0, &[("a", Hangs), ("b", Fails(5))])], "").await;
        assert_eq!(told.winner, None);
        assert!(
            (10_000..10_100).contains(&told.ended_ms),
            "{}",
            told.ended_ms
        );
        let nobody: Lookup<u8> = Box::pin(async { Err(io::Error::other("no such name")) });
        let failures = race(vec![nobody], |_| 0, |_| -> Attempt<()> { unreachable!() })
            .await
            .expect_err("there is no way");
        assert!(
            matches!(&failures[..], [(None, error)] if error.to_string() == "no such name"),
            "{failures:?}"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_ways_are_tried_than_the_limit() {
        let ways = vec![("a", Hangs); ATTEMPTS_MAX + 1];
        let told = run(vec![found_after(0, &ways)], "").await;
        assert_eq!(told.begun.len(), ATTEMPTS_MAX);
    }
}
