//! When the server was started: what a device that was connected then is measured by (S6, S7).

use super::rows::Rows;
use userstatus_core::{Account, AppSettings, Command, SessionId, Timestamp, decide};

/// Starts remembered.
const STARTS_MAX: usize = 64;

/// Longer than any silence time-out: a device from before a start that is older has been gone for as long.
const KEEP_MS: u64 = 2 * 86_400_000;

/// Starts, earliest first. Of each the lowest number it gave to a connection: those with lower numbers are from before it.
#[derive(Clone, Debug, Default)]
pub(super) struct Starts(Vec<(SessionId, Timestamp)>);

impl Starts {
    pub(super) fn push(&mut self, first_session: SessionId, at: Timestamp) {
        self.0.push((first_session, at));
    }

    /// Adds this start; `rows` gets what changed.
    pub(super) fn begin(&mut self, first_session: SessionId, now: Timestamp, rows: &mut Rows) {
        self.push(first_session, now);
        rows.starts.push((first_session.0, Some(now.as_ms())));
    }

    /// Forgets those that no lease goes by any more; of too many the two closest become one, at the time of the earlier.
    pub(super) fn forget_old(&mut self, now: Timestamp, rows: &mut Rows) {
        let outdated = self
            .0
            .iter()
            .take_while(|(_, at)| now.ms_since(*at) > KEEP_MS)
            .count();
        for (session, _) in self.0.drain(..outdated) {
            rows.starts.push((session.0, None));
        }
        while self.0.len() > STARTS_MAX {
            let gap_ms = |place: &usize| self.0[place + 1].1.ms_since(self.0[*place].1);
            let closest = (0..self.0.len() - 1).min_by_key(gap_ms).unwrap_or_default();
            let (session, at) = self.0.remove(closest);
            rows.starts.push((session.0, None));
            self.0[closest].1 = at;
            rows.starts.push((self.0[closest].0.0, Some(at.as_ms())));
        }
    }

    /// Puts each device under the lease that the first start after its connection began.
    pub(super) fn hold(&self, account: &mut Account, settings: &AppSettings) {
        for (first_session, at) in &self.0 {
            let is_from_before = |device: &userstatus_core::Device| device.session < *first_session;
            if !account.devices.iter().any(is_from_before) {
                continue;
            }
            let command = Command::HoldUnderLease {
                since: *at,
                before: *first_session,
            };
            for edit in decide(account, settings, &command, *at).edits {
                account.apply(&edit);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_ms(1_000_000);

    #[test]
    fn s7_of_hundreds_of_starts_those_are_kept_that_leases_go_by() {
        let mut starts = Starts::default();
        let mut rows = Rows::default();
        starts.begin(SessionId(0), START, &mut rows);
        for number in 1..=500 {
            // After an hour in peace one start chases the other.
            let now = START.plus_ms(3_600_000 + number * 26);
            starts.begin(SessionId(number), now, &mut rows);
            starts.forget_old(now, &mut rows);
        }
        assert_eq!(starts.0.len(), STARTS_MAX);
        assert_eq!(starts.0[0], (SessionId(0), START));
        for number in [0, 1, 100, 400, 499] {
            // Of a device that connected after this start and before the next.
            let begins_at = starts
                .0
                .iter()
                .find(|(first_session, _)| SessionId(number) < *first_session)
                .map(|(_, at)| *at)
                .unwrap();
            let next = START.plus_ms(3_600_000 + (number + 1) * 26);
            let off_ms = begins_at.as_ms().abs_diff(next.as_ms());
            assert!(off_ms < 1_000, "a lease would begin {off_ms} ms off");
        }
    }
}
