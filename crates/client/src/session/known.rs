//! The newest version seen of each user watched (N6, N7).

use super::subscriptions::OnList;
use prost::Message;
use std::cmp::Reverse;
use std::collections::HashMap;
use userstatus_core::NormalStatus;
use userstatus_wire::CLIENT_FRAME_ENTRIES_MAX;
use userstatus_wire::v1::{self, Watched};

/// Users remembered at most: 10,000 friends and a list of 3,000 fit, which is the most an app can allow, and some who were
/// watched once.
const USERS_MAX: usize = 16_384;
/// Named in one login at most; a server takes more entries from nobody.
const NAMED_MAX: usize = CLIENT_FRAME_ENTRIES_MAX - 16;

#[derive(Debug, Default)]
pub(super) struct KnownVersions {
    users: HashMap<String, Known>,
    /// One's own version to be named instead of the newest, while what came with it may not have arrived: a server takes whom a login
    /// does not name to be unchanged since the version of one's own that it does.
    anchor: Option<u64>,
}

#[derive(Clone, Copy, Debug)]
struct Known {
    version: u64,
    word: Word,
}

/// The last that was told of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    /// How they are, and its user counts on being told of changes.
    Counts,
    /// How they were when its user no longer wanted to be told.
    LetGo,
    /// That there is none, or that they are not watched any more.
    Unknown,
}

impl KnownVersions {
    /// Whether a status that was pushed is news; if so, it is known from now on. Of whom nothing is known that is none twice.
    pub(super) fn pushed(&mut self, user: &str, version: u64, normal: NormalStatus) -> bool {
        let word = Word::of(normal);
        let Some(known) = self.users.get_mut(user) else {
            self.insert(user, Known { version, word });
            return true;
        };
        if version <= known.version {
            return false;
        }
        let is_told_already = (known.word, word) == (Word::Unknown, Word::Unknown);
        *known = Known { version, word };
        !is_told_already
    }

    /// Whether a status in the answer to a subscribe is news; known it is in any case. A server says of who is watched no more that they
    /// are unknown, one version above the one named: how they still are is news again.
    pub(super) fn subscribed(&mut self, user: &str, version: u64, normal: NormalStatus) -> bool {
        let is_unknown = normal == NormalStatus::Unknown;
        if let Some(known) = self.users.get_mut(user)
            && !is_unknown
        {
            let is_back = known.word == Word::Unknown && known.version == version.saturating_add(1);
            if is_back {
                let word = Word::Counts;
                *known = Known { version, word };
                return true;
            }
            if known.word == Word::LetGo {
                known.word = Word::Counts;
            }
        }
        self.pushed(user, version, normal)
    }

    /// Of a user who is watched; an answer about others leaves no trace.
    pub(super) fn raise_if_known(&mut self, user: &str, version: u64) {
        if let Some(known) = self.users.get_mut(user) {
            known.version = version.max(known.version);
        }
    }

    /// Its user does not count on being told of them any more; who is watched in another way is, when they are pushed again.
    pub(super) fn let_go(&mut self, users: &[String]) {
        for user in users {
            if let Some(known) = self.users.get_mut(user)
                && known.word == Word::Counts
            {
                known.word = Word::LetGo;
            }
        }
    }

    fn insert(&mut self, user: &str, known: Known) {
        if self.users.len() >= USERS_MAX {
            // Any: whoever is forgotten though watched is at worst told of once more.
            let some = self.users.keys().next().cloned();
            self.users.remove(&some.unwrap_or_default());
        }
        self.users.insert(user.to_owned(), known);
    }

    /// The statuses that changed while this client was away are on their way.
    pub(super) fn hold_anchor(&mut self, own: &str) {
        let own = self.users.get(own).map(|known| known.version);
        self.anchor = self.anchor.or(own);
    }

    /// They are here: something came that was asked for after them.
    pub(super) const fn let_go_of_anchor(&mut self) {
        self.anchor = None;
    }

    pub(super) fn clear(&mut self) {
        self.anchor = None;
        self.users.clear();
    }

    /// As many as fit in `room` bytes of a login, `own` first: of those left out a reconnect is told again. `on_list` says who is on the
    /// list of subscriptions, and is not about to be put there again.
    pub(super) fn to_messages(
        &self,
        own: &str,
        on_list: impl Fn(&str) -> OnList,
        mut room: usize,
    ) -> Vec<v1::KnownVersion> {
        let mut others: Vec<_> = self
            .users
            .iter()
            .filter(|(user, _)| *user != own)
            .map(|(user, known)| (user, known.version, known.watched(on_list(user))))
            .collect();
        // Those counted on, and of them the newest first: a server that a crash took back has lost those, and whom it is not told of it
        // takes to be unchanged.
        others.sort_unstable_by_key(|(user, version, watched)| {
            let is_let_go = *watched == Watched::Unspecified;
            (is_let_go, Reverse(*version), *user)
        });
        let own = self.users.get_key_value(own);
        let own = own.map(|(user, known)| {
            let version = self.anchor.unwrap_or(known.version);
            (user, version, Watched::Unspecified)
        });
        own.into_iter()
            .chain(others)
            .map(|(user, version, watched)| v1::KnownVersion {
                user_id: user.clone(),
                version,
                watched: watched as u32,
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

impl Known {
    fn watched(&self, on_list: OnList) -> Watched {
        match (self.word, on_list) {
            (Word::Unknown | Word::LetGo, _) | (_, OnList::Wrong) => Watched::Unspecified,
            (Word::Counts, OnList::Right) => Watched::Subscribed,
            (Word::Counts, OnList::No) => Watched::Otherwise,
        }
    }
}

impl Word {
    fn of(normal: NormalStatus) -> Self {
        match normal {
            NormalStatus::Unknown => Self::Unknown,
            NormalStatus::Online | NormalStatus::Offline | NormalStatus::UnLogined => Self::Counts,
        }
    }
}
