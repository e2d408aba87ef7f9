//! The newest version seen of each user watched (N6, N7).

use prost::Message;
use std::cmp::Reverse;
use std::collections::HashMap;
use userstatus_wire::{CLIENT_FRAME_ENTRIES_MAX, v1};

/// Users remembered at most: 10,000 friends and a list of 3,000 fit, which is the most an app can allow, and some who were
/// watched once.
const USERS_MAX: usize = 16_384;
/// Named in one login at most; a server takes more entries from nobody.
const NAMED_MAX: usize = CLIENT_FRAME_ENTRIES_MAX - 16;

#[derive(Debug, Default)]
pub(super) struct KnownVersions {
    versions: HashMap<String, u64>,
    /// One's own version to be named instead of the newest, while what came with it may not have arrived: a server takes whom a login
    /// does not name to be unchanged since the version of one's own that it does.
    anchor: Option<u64>,
}

impl KnownVersions {
    /// Whether this is news; if so, it is known from now on.
    pub(super) fn raise(&mut self, user: &str, version: u64) -> bool {
        if let Some(known) = self.versions.get_mut(user) {
            let newer = version > *known;
            *known = version.max(*known);
            return newer;
        }
        if self.versions.len() >= USERS_MAX {
            // Any: whoever is forgotten though watched is at worst told of once more.
            let some = self.versions.keys().next().cloned();
            self.versions.remove(&some.unwrap_or_default());
        }
        self.versions.insert(user.to_owned(), version);
        true
    }

    /// Of a user who is watched; an answer about others leaves no trace.
    pub(super) fn raise_if_known(&mut self, user: &str, version: u64) {
        if let Some(known) = self.versions.get_mut(user) {
            *known = version.max(*known);
        }
    }

    /// The statuses that changed while this client was away are on their way.
    pub(super) fn hold_anchor(&mut self, own: &str) {
        self.anchor = self.anchor.or(self.versions.get(own).copied());
    }

    /// They are here: something came that was asked for after them.
    pub(super) const fn let_go_of_anchor(&mut self) {
        self.anchor = None;
    }

    pub(super) fn clear(&mut self) {
        self.anchor = None;
        self.versions.clear();
    }

    /// As many as fit in `room` bytes of a login, `own` first: of those left out a reconnect is told again.
    pub(super) fn to_messages(&self, own: &str, mut room: usize) -> Vec<v1::KnownVersion> {
        let mut others: Vec<_> = self
            .versions
            .iter()
            .filter(|(user, _)| *user != own)
            .collect();
        // The newest first: a server that a crash took back has lost those, and whom it is not told of it takes to be unchanged.
        others.sort_unstable_by_key(|(user, version)| (Reverse(**version), *user));
        let own = self.versions.get_key_value(own);
        let own = own.map(|(user, version)| (user, self.anchor.as_ref().unwrap_or(version)));
        own.into_iter()
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
