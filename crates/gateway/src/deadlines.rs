//! What happens by itself, and when: leases that end, lists that are cleared.

use crate::clock::Clock;
use hashbrown::HashMap;
use parking_lot::Mutex;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use tokio::sync::Notify;
use tokio::time::sleep_until;
use userstatus_core::Timestamp;
use userstatus_store::AccountKey;

/// Accounts handed out at once: between two such batches other work gets its turn.
const DUE_MAX: usize = 256;

/// When to look at which account. One entry per account, the earliest: what is due then, and when next, the account itself knows.
#[derive(Debug, Default)]
pub(crate) struct Deadlines {
    schedule: Mutex<Schedule>,
    earlier: Notify,
}

#[derive(Debug, Default)]
struct Schedule {
    /// The truth.
    at: HashMap<AccountKey, Timestamp>,
    /// In order of time; entries that are not in `at` are superseded.
    order: BinaryHeap<Reverse<(Timestamp, AccountKey)>>,
}

impl Deadlines {
    /// To look at an account at `at`, or earlier: an earlier entry stays, and its account will be asked again then.
    pub(crate) fn schedule(&self, account: &AccountKey, at: Timestamp) {
        let mut schedule = self.schedule.lock();
        let standing = schedule.at.get(account);
        if standing.is_some_and(|standing| *standing <= at) {
            return;
        }
        let is_next = schedule
            .order
            .peek()
            .is_none_or(|Reverse((next, _))| at < *next);
        schedule.at.insert(account.clone(), at);
        schedule.order.push(Reverse((at, account.clone())));
        drop(schedule);
        if is_next {
            self.earlier.notify_one();
        }
    }

    /// Waits until accounts are due and takes some. One task at a time waits.
    pub(crate) async fn due(&self, clock: &Clock) -> Vec<AccountKey> {
        loop {
            let due = self.take_due(clock.now());
            if !due.is_empty() {
                return due;
            }
            let next = self.schedule.lock().next();
            match next {
                Some(at) => tokio::select! {
                    () = sleep_until(clock.instant_of(at)) => {}
                    () = self.earlier.notified() => {}
                },
                None => self.earlier.notified().await,
            }
        }
    }

    fn take_due(&self, now: Timestamp) -> Vec<AccountKey> {
        let mut schedule = self.schedule.lock();
        let mut due = Vec::new();
        while due.len() < DUE_MAX && schedule.next().is_some_and(|at| at <= now) {
            let Some(Reverse((_, account))) = schedule.order.pop() else {
                break;
            };
            schedule.at.remove(&account);
            due.push(account);
        }
        due
    }
}

impl Schedule {
    /// The earliest time that stands; drops superseded entries on the way.
    fn next(&mut self) -> Option<Timestamp> {
        while let Some(Reverse((at, account))) = self.order.peek() {
            if self.at.get(account) == Some(at) {
                return Some(*at);
            }
            self.order.pop();
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::time::Duration;
    use userstatus_core::{AppId, UserId};

    const START: Timestamp = Timestamp::from_ms(1_000_000);

    fn account(name: &str) -> AccountKey {
        AccountKey::new(AppId::new(1).unwrap(), UserId::parse(name).unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn accounts_are_due_in_order_of_time() {
        let clock = Clock::starting_at(START);
        let deadlines = Deadlines::default();
        deadlines.schedule(&account("late"), START.plus_ms(500));
        deadlines.schedule(&account("early"), START.plus_ms(100));
        assert_eq!(deadlines.due(&clock).await, [account("early")]);
        assert_eq!(clock.now(), START.plus_ms(100));
        assert_eq!(deadlines.due(&clock).await, [account("late")]);
        assert_eq!(clock.now(), START.plus_ms(500));
    }

    #[tokio::test(start_paused = true)]
    async fn an_account_is_due_once_and_at_its_earliest_time() {
        let clock = Clock::starting_at(START);
        let deadlines = Deadlines::default();
        for after_ms in [300, 200, 400, 200] {
            deadlines.schedule(&account("a"), START.plus_ms(after_ms));
        }
        assert_eq!(deadlines.due(&clock).await, [account("a")]);
        assert_eq!(clock.now(), START.plus_ms(200));
        deadlines.schedule(&account("b"), START.plus_ms(1_000));
        assert_eq!(
            deadlines.due(&clock).await,
            [account("b")],
            "and not once more for 300"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_sleeper_is_woken_for_an_earlier_one() {
        let clock = Clock::starting_at(START);
        let deadlines = Arc::new(Deadlines::default());
        deadlines.schedule(&account("late"), START.plus_ms(60_000));
        let waiting = tokio::spawn({
            let deadlines = Arc::clone(&deadlines);
            async move { (deadlines.due(&clock).await, clock.now()) }
        });
        tokio::time::sleep(Duration::from_millis(10)).await;
        deadlines.schedule(&account("early"), START.plus_ms(20));
        assert_eq!(
            waiting.await.unwrap(),
            (vec![account("early")], START.plus_ms(20))
        );
    }

    #[test]
    fn rescheduling_an_account_without_end_keeps_one_entry() {
        let deadlines = Deadlines::default();
        for round in 0..10_000 {
            deadlines.schedule(&account("flapping"), START.plus_ms(600_000 + round));
        }
        assert_eq!(deadlines.schedule.lock().order.len(), 1);
    }
}
