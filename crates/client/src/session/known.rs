//! The newest version seen of each user watched (N6, N7).

use std::collections::HashMap;
use userstatus_wire::v1;

/// Users remembered at most; a login frame cannot name more. Of those beyond it a reconnect is told again.
const USERS_MAX: usize = 8_000;

#[derive(Debug, Default)]
pub(super) struct KnownVersions(HashMap<String, u64>);

impl KnownVersions {
    /// Whether this is news; if so, it is known from now on.
    pub(super) fn raise(&mut self, user: &str, version: u64) -> bool {
        if let Some(known) = self.0.get_mut(user) {
            let newer = version > *known;
            *known = version.max(*known);
            return newer;
        }
        if self.0.len() < USERS_MAX {
            self.0.insert(user.to_owned(), version);
        }
        true
    }

    /// Of a user who is watched; an answer about others leaves no trace.
    pub(super) fn raise_if_known(&mut self, user: &str, version: u64) {
        if let Some(known) = self.0.get_mut(user) {
            *known = version.max(*known);
        }
    }

    pub(super) fn forget(&mut self, user: &str) {
        self.0.remove(user);
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    pub(super) fn to_messages(&self) -> Vec<v1::KnownVersion> {
        self.0
            .iter()
            .map(|(user, version)| v1::KnownVersion {
                user_id: user.clone(),
                version: *version,
            })
            .collect()
    }
}
