//! Forged UserSigs: who sends too many is told no more than that (70050).

use crate::settings::Throttle as Settings;
use hashbrown::HashMap;
use parking_lot::Mutex;
use std::collections::{BTreeMap, VecDeque};
use userstatus_core::{AppId, Timestamp};
use userstatus_gateway::Origin;
use userstatus_store::account_hash;

/// Counts forged logins by where they come from, and by the account they are for. It decides how a forgery is answered and
/// nothing else: a UserSig is checked first, and a good one is let in whatever others have sent.
#[derive(Debug)]
pub struct Throttle {
    settings: Settings,
    failures: Mutex<Failures>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Subject {
    Origin(Origin),
    /// The account as a number: a name that fails may be anything, of any length.
    Account(u64),
}

#[derive(Debug, Default)]
struct Failures {
    by_subject: HashMap<Subject, Recent>,
    /// By the time of the last failure; the number tells apart what happened at once.
    order: BTreeMap<(Timestamp, u64), Subject>,
    next_number: u64,
}

/// When a subject failed; no more than it may.
#[derive(Debug)]
struct Recent {
    at: VecDeque<Timestamp>,
    place: (Timestamp, u64),
}

impl Throttle {
    /// Nobody has failed yet.
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            failures: Mutex::default(),
        }
    }

    /// A login was forged. How it is to be answered:
    ///
    /// # Errors
    /// Not at all for this long, in milliseconds: there were too many, and this one is not counted any more.
    pub(crate) fn forged(
        &self,
        origin: Origin,
        app_id: u64,
        user_id: &str,
        now: Timestamp,
    ) -> Result<(), u64> {
        let subjects = [
            (
                account_subject(app_id, user_id),
                self.settings.forgeries_per_account_max,
            ),
            (
                Subject::Origin(origin),
                self.settings.forgeries_per_address_max,
            ),
        ];
        let mut failures = self.failures.lock();
        let wait_ms = subjects
            .iter()
            .filter_map(|(subject, max)| {
                let recent = failures.by_subject.get(subject)?;
                recent.wait_ms(*max, self.settings.window_ms, now)
            })
            .max();
        if let Some(wait_ms) = wait_ms {
            return Err(wait_ms);
        }
        for (subject, max) in subjects {
            failures.record(subject, max, now);
        }
        while failures.by_subject.len() > self.settings.entries_max as usize {
            failures.forget_oldest();
        }
        Ok(())
    }
}

fn account_subject(app_id: u64, user_id: &str) -> Subject {
    // App 0 does not exist, but whoever names it fails all the same.
    let app = AppId::new(app_id).unwrap_or(AppId::new(u64::MAX).expect("it is not 0"));
    Subject::Account(account_hash(app, user_id))
}

impl Failures {
    fn record(&mut self, subject: Subject, max: u32, now: Timestamp) {
        let place = (now, self.next_number);
        self.next_number += 1;
        let recent = self.by_subject.entry(subject).or_insert_with(|| Recent {
            at: VecDeque::new(),
            place,
        });
        self.order.remove(&recent.place);
        recent.place = place;
        recent.at.push_back(now);
        if recent.at.len() > max as usize {
            recent.at.pop_front();
        }
        self.order.insert(place, subject);
    }

    fn forget_oldest(&mut self) {
        if let Some((_, subject)) = self.order.pop_first() {
            self.by_subject.remove(&subject);
        }
    }
}

impl Recent {
    /// How long until one of the last `max` failures is `window_ms` ago, if that many are not.
    fn wait_ms(&self, max: u32, window_ms: u32, now: Timestamp) -> Option<u64> {
        if self.at.len() < max as usize {
            return None;
        }
        let passed_ms = now.ms_since(*self.at.front()?);
        u64::from(window_ms)
            .checked_sub(passed_ms)
            .filter(|wait_ms| *wait_ms > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(last: u8) -> Origin {
        Origin::of(std::net::Ipv4Addr::new(192, 0, 2, last).into())
    }

    fn throttle(account_max: u32, address_max: u32, entries_max: u32) -> Throttle {
        Throttle::new(Settings {
            window_ms: 60_000,
            forgeries_per_account_max: account_max,
            forgeries_per_address_max: address_max,
            entries_max,
        })
    }

    fn at(ms: u64) -> Timestamp {
        Timestamp::from_ms(1_000_000 + ms)
    }

    #[test]
    fn after_20_forgeries_for_an_account_a_minute_passes_before_the_next_is_called_one() {
        let throttle = throttle(20, 100, 1_000);
        let forged = |ms| throttle.forged(origin(1), 7, "alice", at(ms));
        assert!((0..20).all(|number| forged(number) == Ok(())));
        assert_eq!(forged(19), Err(59_981));
        assert_eq!(forged(59_999), Err(1));
        assert_eq!(forged(60_000), Ok(()));
        assert_eq!(forged(60_000), Err(1), "a window slides, it is not emptied");
    }

    #[test]
    fn guesses_at_one_account_add_up_wherever_they_come_from() {
        let throttle = throttle(3, 100, 1_000);
        for last in 1..=3 {
            assert_eq!(throttle.forged(origin(last), 7, "alice", at(0)), Ok(()));
        }
        assert_eq!(throttle.forged(origin(4), 7, "alice", at(0)), Err(60_000));
        assert_eq!(throttle.forged(origin(4), 7, "bob", at(0)), Ok(()));
        assert_eq!(throttle.forged(origin(4), 8, "alice", at(0)), Ok(()));
    }

    #[test]
    fn an_origin_that_tries_many_accounts_is_told_no_more() {
        let throttle = throttle(20, 100, 1_000);
        for number in 0..100 {
            let user = format!("user{number}");
            assert_eq!(throttle.forged(origin(1), 7, &user, at(0)), Ok(()));
        }
        assert_eq!(throttle.forged(origin(1), 7, "other", at(0)), Err(60_000));
        assert_eq!(throttle.forged(origin(2), 7, "other", at(0)), Ok(()));
    }

    #[test]
    fn the_table_is_bounded_and_forgets_who_failed_longest_ago() {
        let throttle = throttle(1, 10_000, 3);
        for (number, user) in ["a", "b", "c"].iter().enumerate() {
            assert_eq!(
                throttle.forged(origin(1), 7, user, at(number as u64)),
                Ok(())
            );
            let failures = throttle.failures.lock();
            assert!(failures.by_subject.len() <= 3);
            assert_eq!(failures.by_subject.len(), failures.order.len());
        }
        // The origin failed last of all: it and the two newest are there.
        assert!(throttle.forged(origin(1), 7, "b", at(5)).is_err());
        assert!(throttle.forged(origin(1), 7, "c", at(5)).is_err());
        assert_eq!(throttle.forged(origin(1), 7, "a", at(5)), Ok(()));
    }
}
