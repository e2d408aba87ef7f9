//! Failed logins: who fails too often is refused for a while without a look at the UserSig (70050).

use crate::settings::Throttle as Settings;
use hashbrown::HashMap;
use parking_lot::Mutex;
use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, Ipv6Addr};
use userstatus_core::{AppId, Timestamp};
use userstatus_store::account_hash;

/// Counts failed logins per address, and per account and address. An account is never refused for what others do elsewhere:
/// nobody can lock somebody else out.
#[derive(Debug)]
pub struct Throttle {
    settings: Settings,
    failures: Mutex<Failures>,
}

/// Whoever one client can pretend to be: an IPv4 address, or a /64 of IPv6, which is what one customer gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Origin(IpAddr);

impl Origin {
    /// Of an address.
    pub(crate) fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V6(address) => {
                let network = address.to_bits() & !u128::from(u64::MAX);
                Self(IpAddr::V6(Ipv6Addr::from_bits(network)))
            }
            address @ IpAddr::V4(_) => Self(address),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Subject {
    Origin(Origin),
    /// The account as a number: a name that fails may be anything, of any length.
    Account(Origin, u64),
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

    /// Whether a login may be tried.
    ///
    /// # Errors
    /// How long to wait, in milliseconds.
    pub(crate) fn check(
        &self,
        address: IpAddr,
        app_id: u64,
        user_id: &str,
        now: Timestamp,
    ) -> Result<(), u64> {
        let failures = self.failures.lock();
        if failures.by_subject.is_empty() {
            return Ok(());
        }
        let wait_ms = self
            .subjects(address, app_id, user_id)
            .into_iter()
            .filter_map(|(subject, max)| {
                let recent = failures.by_subject.get(&subject)?;
                recent.wait_ms(max, self.settings.window_ms, now)
            })
            .max();
        wait_ms.map_or(Ok(()), Err)
    }

    /// A login was refused.
    pub(crate) fn record_failure(
        &self,
        address: IpAddr,
        app_id: u64,
        user_id: &str,
        now: Timestamp,
    ) {
        let mut failures = self.failures.lock();
        for (subject, max) in self.subjects(address, app_id, user_id) {
            failures.record(subject, max, now);
        }
        while failures.by_subject.len() > self.settings.entries_max as usize {
            failures.forget_oldest();
        }
    }

    /// A login succeeded: whoever knows the way in has merely mistyped before.
    pub(crate) fn record_success(&self, address: IpAddr, app_id: u64, user_id: &str) {
        let mut failures = self.failures.lock();
        if !failures.by_subject.is_empty() {
            failures.forget(&account_subject(address, app_id, user_id));
        }
    }

    fn subjects(&self, address: IpAddr, app_id: u64, user_id: &str) -> [(Subject, u32); 2] {
        [
            (
                account_subject(address, app_id, user_id),
                self.settings.failures_per_account_max,
            ),
            (
                Subject::Origin(Origin::of(address)),
                self.settings.failures_per_address_max,
            ),
        ]
    }
}

fn account_subject(address: IpAddr, app_id: u64, user_id: &str) -> Subject {
    // App 0 does not exist, but whoever names it fails all the same.
    let app = AppId::new(app_id).unwrap_or(AppId::new(u64::MAX).expect("it is not 0"));
    Subject::Account(Origin::of(address), account_hash(app, user_id))
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

    fn forget(&mut self, subject: &Subject) {
        if let Some(recent) = self.by_subject.remove(subject) {
            self.order.remove(&recent.place);
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

    const HOME: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
    const ELSEWHERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 2));

    fn throttle(account_max: u32, address_max: u32, entries_max: u32) -> Throttle {
        Throttle::new(Settings {
            window_ms: 60_000,
            failures_per_account_max: account_max,
            failures_per_address_max: address_max,
            entries_max,
        })
    }

    fn at(ms: u64) -> Timestamp {
        Timestamp::from_ms(1_000_000 + ms)
    }

    #[test]
    fn the_20th_failure_of_an_account_is_its_last_for_a_minute() {
        let throttle = throttle(20, 100, 1_000);
        for number in 0..20 {
            assert_eq!(throttle.check(HOME, 7, "alice", at(number)), Ok(()));
            throttle.record_failure(HOME, 7, "alice", at(number));
        }
        assert_eq!(throttle.check(HOME, 7, "alice", at(19)), Err(59_981));
        assert_eq!(throttle.check(HOME, 7, "alice", at(59_999)), Err(1));
        assert_eq!(throttle.check(HOME, 7, "alice", at(60_000)), Ok(()));
        throttle.record_failure(HOME, 7, "alice", at(60_000));
        assert_eq!(
            throttle.check(HOME, 7, "alice", at(60_000)),
            Err(1),
            "a window slides, it is not emptied"
        );
    }

    #[test]
    fn nobody_is_locked_out_by_others() {
        let throttle = throttle(2, 100, 1_000);
        for _ in 0..5 {
            throttle.record_failure(HOME, 7, "alice", at(0));
        }
        assert!(throttle.check(HOME, 7, "alice", at(0)).is_err());
        assert_eq!(throttle.check(ELSEWHERE, 7, "alice", at(0)), Ok(()));
        assert_eq!(throttle.check(HOME, 7, "bob", at(0)), Ok(()));
        assert_eq!(throttle.check(HOME, 8, "alice", at(0)), Ok(()));
    }

    #[test]
    fn an_address_that_tries_many_accounts_is_refused() {
        let throttle = throttle(20, 100, 1_000);
        for number in 0..100 {
            let user = format!("user{number}");
            assert_eq!(throttle.check(HOME, 7, &user, at(0)), Ok(()));
            throttle.record_failure(HOME, 7, &user, at(0));
        }
        assert_eq!(throttle.check(HOME, 7, "another", at(0)), Err(60_000));
        assert_eq!(throttle.check(ELSEWHERE, 7, "another", at(0)), Ok(()));
    }

    #[test]
    fn addresses_of_one_64_count_as_one() {
        let throttle = throttle(20, 3, 1_000);
        for last in 1..=3 {
            let address: IpAddr = format!("2001:db8:0:1::{last}").parse().unwrap();
            throttle.record_failure(address, 7, &format!("user{last}"), at(0));
        }
        let (same, other) = ("2001:db8:0:1:ffff::", "2001:db8:0:2::1");
        assert!(
            throttle
                .check(same.parse().unwrap(), 7, "x", at(0))
                .is_err()
        );
        assert!(
            throttle
                .check(other.parse().unwrap(), 7, "x", at(0))
                .is_ok()
        );
    }

    #[test]
    fn an_ipv4_address_is_the_same_in_its_ipv6_form() {
        assert_eq!(
            Origin::of(HOME),
            Origin::of("::ffff:192.0.2.1".parse().unwrap())
        );
    }

    #[test]
    fn a_login_that_succeeds_forgives_the_account_but_not_the_address() {
        let throttle = throttle(2, 4, 1_000);
        for _ in 0..2 {
            throttle.record_failure(HOME, 7, "alice", at(0));
        }
        throttle.record_success(HOME, 7, "alice");
        assert_eq!(throttle.check(HOME, 7, "alice", at(0)), Ok(()));
        for _ in 0..2 {
            throttle.record_failure(HOME, 7, "bob", at(0));
        }
        assert!(throttle.check(HOME, 7, "carol", at(0)).is_err());
    }

    #[test]
    fn the_table_is_bounded_and_forgets_who_failed_longest_ago() {
        let throttle = throttle(1, 10_000, 3);
        for (number, user) in ["a", "b", "c"].iter().enumerate() {
            throttle.record_failure(HOME, 7, user, at(number as u64));
            let failures = throttle.failures.lock();
            assert!(failures.by_subject.len() <= 3);
            assert_eq!(failures.by_subject.len(), failures.order.len());
        }
        // The address failed last of all: it and the two newest are there.
        assert_eq!(throttle.check(HOME, 7, "a", at(5)), Ok(()));
        assert!(throttle.check(HOME, 7, "b", at(5)).is_err());
        assert!(throttle.check(HOME, 7, "c", at(5)).is_err());
    }
}
