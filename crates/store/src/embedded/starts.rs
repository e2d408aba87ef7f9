//! When the server was started: what a device that was connected then is measured by (S6, S7).

use super::disk::Rows;
use userstatus_core::{Account, AppSettings, Command, SessionId, Timestamp, decide};

/// Starts remembered; of more the oldest are forgotten.
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

    /// Forgets those that no lease goes by any more.
    pub(super) fn forget_old(&mut self, now: Timestamp, rows: &mut Rows) {
        let excess = self.0.len().saturating_sub(STARTS_MAX);
        let outdated = self
            .0
            .iter()
            .take_while(|(_, at)| now.ms_since(*at) > KEEP_MS)
            .count();
        for (session, _) in self.0.drain(..excess.max(outdated)) {
            rows.starts.push((session.0, None));
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
