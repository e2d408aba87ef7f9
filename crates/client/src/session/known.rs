//! The newest version seen of each user watched (N6, N7).

use prost::Message;
use std::collections::HashMap;
use userstatus_wire::{CLIENT_FRAME_ENTRIES_MAX, v1};

/// Users remembered at most: 10,000 friends and a list of 3,000 fit, which is the most an app can allow.
const USERS_MAX: usize = 16_384;
/// Named in one login at most; a server takes more entries from nobody.
const NAMED_MAX: usize = CLIENT_FRAME_ENTRIES_MAX - 16;

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

    /// As many as fit in `room` bytes of a login, `own` first: of those left out a reconnect is told again.
    pub(super) fn to_messages(&self, own: &str, mut room: usize) -> Vec<v1::KnownVersion> {
        let others = self.0.iter().filter(|(user, _)| *user != own);
        self.0
            .get_key_value(own)
            .into_iter()
            .chain(others)
            .map(|(user, version)| v1::KnownVersion {
                user_id: user.clone(),
                version: *version,
            })
            .take_while(|known| {
                let bytes = known.encoded_len();
                let with_tag = 1 + prost::length_delimiter_len(bytes) + bytes;
                let fits = with_tag <= room;
                room = room.saturating_sub(with_tag);
                fits
            })
            .take(NAMED_MAX)
            .collect()
    }
}
