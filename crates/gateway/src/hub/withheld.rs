//! What was not told because a switch of the app was off, and who is to hear of it when it is on again (P2).

use super::index::Relations;
use hashbrown::{HashMap, HashSet};
use parking_lot::Mutex;
use userstatus_core::{AppId, NormalStatus, UserId, UserStatus, Version};

/// For each way of watching the lowest version that was not told: what is below it was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Marks {
    subscribed: Option<Version>,
    friend: Option<Version>,
}

/// The marks of each app: what was withheld from everybody since those connected were last found to be owed something. By the
/// lock: of two threads, one of which notes a version and then looks whether the switch is still off, while the other has turned it on and
/// then looks what was noted, one at least sees what the other did.
#[derive(Debug, Default)]
pub(super) struct Withheld(Mutex<HashMap<AppId, Marks>>);

/// What one account was not told. Of as many users at most as it watched when the switch went off: who comes on its lists later was not
/// told to it before.
#[derive(Debug, Default)]
pub(super) struct Owed {
    marks: Marks,
    left: HashMap<UserId, Left>,
}

/// Somebody who was watched, and is no longer.
#[derive(Clone, Copy, Debug)]
struct Left {
    ways: Relations,
    /// Changes from this version on were not told.
    since: Version,
    /// Erased, under this version.
    gone: Option<Version>,
}

/// What is owed to an account and can be told now.
#[derive(Debug)]
pub(crate) struct Due {
    /// Of whom.
    pub(crate) users: Vec<UserId>,
    ways: Relations,
    since: Option<Version>,
    left: HashMap<UserId, Left>,
}

impl Marks {
    fn lower(&mut self, ways: Relations, version: Version) {
        for mark in self.of(ways) {
            *mark = Some(mark.map_or(version, |standing| standing.min(version)));
        }
    }

    fn lower_all(&mut self, other: Self) {
        let marks = [
            (Relations::SUBSCRIBED, other.subscribed),
            (Relations::FRIEND, other.friend),
        ];
        for (way, version) in marks {
            if let Some(version) = version {
                self.lower(way, version);
            }
        }
    }

    /// Takes out those of these ways.
    fn take(&mut self, ways: Relations) -> Self {
        let taken = Self {
            subscribed: self
                .subscribed
                .filter(|_| ways.intersects(Relations::SUBSCRIBED)),
            friend: self.friend.filter(|_| ways.intersects(Relations::FRIEND)),
        };
        for mark in self.of(ways) {
            *mark = None;
        }
        taken
    }

    /// The ways in which something was not told.
    pub(super) fn ways(self) -> Relations {
        let mut ways = Relations::NONE;
        if self.subscribed.is_some() {
            ways = ways.with(Relations::SUBSCRIBED);
        }
        if self.friend.is_some() {
            ways = ways.with(Relations::FRIEND);
        }
        ways
    }

    fn lowest(self) -> Option<Version> {
        self.subscribed.into_iter().chain(self.friend).min()
    }

    fn of(&mut self, ways: Relations) -> impl Iterator<Item = &mut Option<Version>> {
        let subscribed = ways
            .intersects(Relations::SUBSCRIBED)
            .then_some(&mut self.subscribed);
        let friend = ways
            .intersects(Relations::FRIEND)
            .then_some(&mut self.friend);
        subscribed.into_iter().chain(friend)
    }
}

impl Withheld {
    /// A change of this version is not told to who watches in these ways.
    pub(super) fn note(&self, app: AppId, ways: Relations, version: Version) {
        self.0.lock().entry(app).or_default().lower(ways, version);
    }

    pub(super) fn marks(&self, app: AppId) -> Marks {
        self.0.lock().get(&app).copied().unwrap_or_default()
    }

    /// What was noted of these ways is owed to everybody connected now.
    pub(super) fn clear(&self, app: AppId, ways: Relations) {
        if let Some(marks) = self.0.lock().get_mut(&app) {
            marks.take(ways);
        }
    }

    pub(super) fn forget(&self, app: AppId) {
        self.0.lock().remove(&app);
    }
}

impl Owed {
    /// Changes from this version on are not told in these ways.
    pub(super) fn owe(&mut self, ways: Relations, since: Version) {
        self.marks.lower(ways, since);
    }

    /// Of those in these ways this was not told.
    pub(super) fn owe_all(&mut self, marks: Marks, ways: Relations) {
        let mut marks = marks;
        self.marks.lower_all(marks.take(ways));
    }

    /// Somebody is no longer watched in these ways, or soon will not be.
    pub(super) fn leave(
        &mut self,
        user: &UserId,
        ways: Relations,
        since: Version,
        gone: Option<Version>,
    ) {
        let left = self.left.entry_ref(user).or_insert(Left {
            ways,
            since,
            gone: None,
        });
        left.ways = left.ways.with(ways);
        left.since = left.since.min(since);
        left.gone = left.gone.max(gone);
    }

    /// The ways in which something was not told.
    pub(super) fn ways(&self) -> Relations {
        self.left
            .values()
            .fold(self.marks.ways(), |ways, left| ways.with(left.ways))
    }

    /// Takes out what can be told in these ways. `watched` says whom the account watches in some.
    pub(super) fn take(
        &mut self,
        ways: Relations,
        watched: impl FnOnce(Relations) -> Vec<UserId>,
    ) -> Option<Due> {
        let marks = self.marks.take(ways);
        let left: HashMap<_, _> = self
            .left
            .extract_if(|_, left| left.ways.intersects(ways))
            .collect();
        let mut users: HashSet<_> = left.keys().cloned().collect();
        if !marks.ways().is_none() {
            users.extend(watched(marks.ways()));
        }
        (!users.is_empty()).then(|| Due {
            users: users.into_iter().collect(),
            ways: marks.ways(),
            since: marks.lowest(),
            left,
        })
    }

    /// It could not be told.
    pub(super) fn take_back(&mut self, due: Due) {
        if let Some(since) = due.since {
            self.owe(due.ways, since);
        }
        for (user, left) in due.left {
            self.leave(&user, left.ways, left.since, left.gone);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.marks == Marks::default() && self.left.is_empty()
    }
}

impl Due {
    /// What of a status read now, at `read_at` or later, is to be told: nothing of who has not changed. `is_watched` says whether the
    /// account is told of what they do next.
    pub(crate) fn news(
        &self,
        status: UserStatus,
        read_at: Version,
        is_watched: bool,
    ) -> Option<UserStatus> {
        let left = self.left.get(&status.user);
        let is_stranger = status.normal == NormalStatus::Unknown && status.version == Version(0);
        if is_stranger {
            // One who comes by that name from now on comes under a higher version.
            let version = left?.gone.unwrap_or(read_at);
            return Some(UserStatus { version, ..status });
        }
        // Who was erased and has come again is another, even if the versions were to say otherwise; and nobody's, unless watched anew.
        let gone = left.and_then(|left| left.gone);
        if let Some(version) = gone.filter(|_| !is_watched) {
            let unknown = UserStatus::unknown(status.user);
            return Some(UserStatus { version, ..unknown });
        }
        let is_another = gone.is_some();
        let since = self.since.into_iter().chain(left.map(|left| left.since));
        let is_news = since.min().is_some_and(|since| status.version >= since);
        (is_another || is_news).then_some(status)
    }
}
