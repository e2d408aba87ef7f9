//! What waits to be told to the caller: a pure, bounded data structure.
//!
//! Everything gets a number when it comes in, and goes out in the order of the numbers. Each kind waits in a lane of its own with a
//! bound of its own; where a lane is full, or a newer thing makes an older one pointless, the older one goes. Nothing ever moves
//! forward: a status that comes after an answer is never told before it, or the caller would see the older one last.

use super::event::{Event, LogLine, NetworkChange};
use std::collections::{BTreeMap, HashMap, VecDeque};
use userstatus_client::UserStatus;

/// Users with a status waiting to be told. An account watches at most 3,200 at a time; more only wait if the caller lets
/// notifications lie while it subscribes to ever new users.
pub(crate) const STATUS_USERS_MAX: usize = 8_192;
/// Changes of the friend list waiting to be told.
pub(crate) const FRIEND_CHANGES_MAX: usize = 4_096;
/// Changes of the connection waiting to be told: the last few say all there is to say.
pub(crate) const NETWORK_CHANGES_MAX: usize = 16;
/// Log lines waiting to be told.
pub(crate) const LOG_LINES_MAX: usize = 1_024;

/// Position in the order of everything that is told.
pub(crate) type Position = u64;

/// What waits. `A` is what answers are made of.
pub(crate) struct Backlog<A> {
    next: Position,
    answers: VecDeque<(Position, A)>,
    statuses: StatusLane,
    friends: VecDeque<(Position, String, FriendChange)>,
    network: VecDeque<(Position, NetworkChange)>,
    kicked: Option<Position>,
    sig_expiring: Option<(Position, u64)>,
    sig_expired: Option<Position>,
    log: VecDeque<(Position, LogLine)>,
}

/// What [`Backlog::take`] found to be next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Answers; they are in the batch now.
    Answers,
    /// An event, and the position it waited at.
    Event(Position, Event),
    /// Nothing waits.
    Nothing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FriendChange {
    Added,
    Deleted,
}

#[derive(Clone, Copy)]
enum Lane {
    Statuses,
    Friends,
    Network,
    Kicked,
    SigExpiring,
    SigExpired,
    Log,
}

/// The newest status of each user, in order of the newest change.
#[derive(Default)]
struct StatusLane {
    by_position: BTreeMap<Position, UserStatus>,
    by_user: HashMap<String, Position>,
}

impl<A> Backlog<A> {
    pub(crate) fn new() -> Self {
        Self {
            next: 0,
            answers: VecDeque::new(),
            statuses: StatusLane::default(),
            friends: VecDeque::new(),
            network: VecDeque::new(),
            kicked: None,
            sig_expiring: None,
            sig_expired: None,
            log: VecDeque::new(),
        }
    }

    /// The position the next thing will get: everything that waits has a lower one.
    pub(crate) fn end(&self) -> Position {
        self.next
    }

    /// Puts an answer at the end. How many may wait is bounded where calls are accepted.
    pub(crate) fn push_answer(&mut self, answer: A) {
        let position = self.position();
        self.answers.push_back((position, answer));
    }

    /// Puts an event at the end.
    pub(crate) fn push_event(&mut self, event: Event) {
        match event {
            Event::StatusChanged(statuses) => {
                for status in statuses {
                    let position = self.position();
                    self.statuses.push(position, status);
                }
            }
            Event::FriendsAdded(users) => self.push_friends(users, FriendChange::Added),
            Event::FriendsDeleted(users) => self.push_friends(users, FriendChange::Deleted),
            Event::Network(change) => {
                let position = self.position();
                self.network.push_back((position, change));
                if self.network.len() > NETWORK_CHANGES_MAX {
                    self.network.pop_front();
                }
            }
            Event::KickedOffline => self.kicked = Some(self.position()),
            Event::SigExpiring(in_ms) => self.sig_expiring = Some((self.position(), in_ms)),
            Event::SigExpired => self.sig_expired = Some(self.position()),
            Event::Log(line) => {
                let position = self.position();
                self.log.push_back((position, line));
                if self.log.len() > LOG_LINES_MAX {
                    self.log.pop_front();
                }
            }
        }
    }

    /// Forgets all events: there is nobody left to be told.
    pub(crate) fn forget_events(&mut self) {
        self.statuses = StatusLane::default();
        self.friends = VecDeque::new();
        self.network = VecDeque::new();
        self.kicked = None;
        self.sig_expiring = None;
        self.sig_expired = None;
        self.log = VecDeque::new();
    }

    /// The position of what is next.
    pub(crate) fn first(&self) -> Option<Position> {
        let event = self.first_event().map(|(position, _)| position);
        [self.first_answer(), event].into_iter().flatten().min()
    }

    /// Whether anything waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.first().is_none()
    }

    /// Puts back, in front, answers that were taken and not told.
    pub(crate) fn put_back(&mut self, batch: &mut VecDeque<(Position, A)>) {
        batch.append(&mut self.answers);
        std::mem::swap(batch, &mut self.answers);
    }

    /// Takes what is next: an event, or all answers that come before the next event. `batch` must be empty.
    pub(crate) fn take(&mut self, batch: &mut VecDeque<(Position, A)>) -> Next {
        debug_assert!(batch.is_empty());
        match (self.first_answer(), self.first_event()) {
            (None, None) => Next::Nothing,
            (Some(_), None) => {
                // The usual case costs a swap, however many there are, and reuses the memory of the last batch.
                std::mem::swap(&mut self.answers, batch);
                Next::Answers
            }
            (Some(answer), Some((event, _))) if answer < event => {
                while let Some(first) = self.answers.pop_front_if(|(at, _)| *at < event) {
                    batch.push_back(first);
                }
                Next::Answers
            }
            (first_answer, Some((position, lane))) => match self.take_event(lane, first_answer) {
                Some(event) => Next::Event(position, event),
                None => Next::Nothing,
            },
        }
    }

    fn first_answer(&self) -> Option<Position> {
        self.answers.front().map(|(position, _)| *position)
    }

    fn position(&mut self) -> Position {
        let position = self.next;
        self.next += 1;
        position
    }

    fn push_friends(&mut self, users: Vec<String>, change: FriendChange) {
        for user in users {
            let position = self.position();
            self.friends.push_back((position, user, change));
        }
        if self.friends.len() <= FRIEND_CHANGES_MAX {
            return;
        }
        // Of each user the newest says what is true now.
        let mut newest = HashMap::new();
        for (position, user, _) in &self.friends {
            newest.insert(user.clone(), *position);
        }
        self.friends
            .retain(|(position, user, _)| newest.get(user) == Some(position));
        // Still too many different users: an eighth goes, so that this is not done again for the next one.
        let excess = self
            .friends
            .len()
            .saturating_sub(FRIEND_CHANGES_MAX - FRIEND_CHANGES_MAX / 8);
        if self.friends.len() > FRIEND_CHANGES_MAX {
            self.friends.drain(..excess);
        }
    }

    fn first_event(&self) -> Option<(Position, Lane)> {
        [
            (self.statuses.first(), Lane::Statuses),
            (self.friends.front().map(|(at, ..)| *at), Lane::Friends),
            (self.network.front().map(|(at, _)| *at), Lane::Network),
            (self.kicked, Lane::Kicked),
            (self.sig_expiring.map(|(at, _)| at), Lane::SigExpiring),
            (self.sig_expired, Lane::SigExpired),
            (self.log.front().map(|(at, _)| *at), Lane::Log),
        ]
        .into_iter()
        .filter_map(|(position, lane)| Some((position?, lane)))
        .min_by_key(|(position, _)| *position)
    }

    /// Takes the first event of a lane, with all that directly follow it in the same lane where one callback can tell several.
    fn take_event(&mut self, lane: Lane, first_answer: Option<Position>) -> Option<Event> {
        match lane {
            Lane::Statuses => {
                let statuses = std::mem::take(&mut self.statuses.by_position);
                let end = self.first_event().map(|(position, _)| position);
                let end = [end, first_answer].into_iter().flatten().min();
                self.statuses.by_position = statuses;
                Some(Event::StatusChanged(self.statuses.take_before(end)))
            }
            Lane::Friends => self.take_friends(first_answer),
            Lane::Network => self
                .network
                .pop_front()
                .map(|(_, change)| Event::Network(change)),
            Lane::Kicked => self.kicked.take().map(|_| Event::KickedOffline),
            Lane::SigExpiring => self
                .sig_expiring
                .take()
                .map(|(_, in_ms)| Event::SigExpiring(in_ms)),
            Lane::SigExpired => self.sig_expired.take().map(|_| Event::SigExpired),
            Lane::Log => self.log.pop_front().map(|(_, line)| Event::Log(line)),
        }
    }

    fn take_friends(&mut self, first_answer: Option<Position>) -> Option<Event> {
        let friends = std::mem::take(&mut self.friends);
        let end = [
            self.first_event().map(|(position, _)| position),
            first_answer,
        ];
        let end = end.into_iter().flatten().min().unwrap_or(Position::MAX);
        self.friends = friends;
        let kind = self.friends.front().map(|(_, _, change)| *change)?;
        let mut users = Vec::new();
        while let Some((_, user, _)) = self
            .friends
            .pop_front_if(|(at, _, change)| *at < end && *change == kind)
        {
            users.push(user);
        }
        Some(match kind {
            FriendChange::Added => Event::FriendsAdded(users),
            FriendChange::Deleted => Event::FriendsDeleted(users),
        })
    }
}

impl StatusLane {
    fn first(&self) -> Option<Position> {
        self.by_position
            .first_key_value()
            .map(|(position, _)| *position)
    }

    fn push(&mut self, position: Position, status: UserStatus) {
        match self.by_user.get_mut(&status.user_id) {
            Some(known) => {
                let older = self.by_position.remove(known);
                // An older status after a newer one would be told last (N6).
                let status = match older {
                    Some(older) if older.version > status.version => older,
                    _ => status,
                };
                *known = position;
                self.by_position.insert(position, status);
            }
            None => {
                self.by_user.insert(status.user_id.clone(), position);
                self.by_position.insert(position, status);
            }
        }
        if self.by_position.len() > STATUS_USERS_MAX
            && let Some((_, dropped)) = self.by_position.pop_first()
        {
            self.by_user.remove(&dropped.user_id);
        }
    }

    fn take_before(&mut self, end: Option<Position>) -> Vec<UserStatus> {
        let taken = match end {
            Some(end) => {
                let rest = self.by_position.split_off(&end);
                std::mem::replace(&mut self.by_position, rest)
            }
            None => std::mem::take(&mut self.by_position),
        };
        if self.by_position.is_empty() {
            self.by_user = HashMap::new();
        } else {
            for status in taken.values() {
                self.by_user.remove(&status.user_id);
            }
        }
        taken.into_values().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ffi::{TIMLogLevel, TIMNetworkStatus};
    use userstatus_core::NormalStatus;

    fn user(name: &str) -> String {
        name.to_owned()
    }

    fn status(name: &str, version: u64) -> UserStatus {
        UserStatus {
            user_id: user(name),
            version,
            normal: NormalStatus::Online,
            custom_status: String::new(),
            platforms: Vec::new(),
        }
    }

    fn push_status(backlog: &mut Backlog<&'static str>, name: &str, version: u64) {
        backlog.push_event(Event::StatusChanged(vec![status(name, version)]));
    }

    /// Everything that waits, in the order it is told, in words.
    fn told(backlog: &mut Backlog<&'static str>) -> Vec<String> {
        let mut told = Vec::new();
        loop {
            let mut batch = VecDeque::new();
            match backlog.take(&mut batch) {
                Next::Nothing => return told,
                Next::Answers => told.extend(batch.into_iter().map(|(_, name)| name.to_owned())),
                Next::Event(_, Event::StatusChanged(statuses)) => told.push(
                    statuses
                        .iter()
                        .map(|status| format!("{}@{}", status.user_id, status.version))
                        .collect::<Vec<_>>()
                        .join(" "),
                ),
                Next::Event(_, event) => told.push(format!("{event:?}")),
            }
        }
    }

    #[test]
    fn n6_a_backlog_holds_the_newest_status_of_each_user_once() {
        let mut backlog = Backlog::new();
        for version in 1..=1_000 {
            push_status(&mut backlog, "bob", version);
            push_status(&mut backlog, "eve", version);
        }
        assert_eq!(backlog.statuses.by_position.len(), 2);
        assert_eq!(told(&mut backlog), ["bob@1000 eve@1000"]);
        assert!(backlog.statuses.by_user.is_empty());
    }

    #[test]
    fn n6_a_status_is_never_told_before_an_answer_that_came_first() {
        let mut backlog = Backlog::new();
        push_status(&mut backlog, "bob", 1);
        backlog.push_answer("answer");
        push_status(&mut backlog, "bob", 2);
        push_status(&mut backlog, "eve", 1);
        assert_eq!(told(&mut backlog), ["answer", "bob@2 eve@1"]);
    }

    #[test]
    fn n6_an_older_status_does_not_replace_a_newer_one() {
        let mut backlog = Backlog::new();
        push_status(&mut backlog, "bob", 7);
        push_status(&mut backlog, "bob", 3);
        assert_eq!(told(&mut backlog), ["bob@7"]);
    }

    #[test]
    fn answers_and_events_come_out_in_the_order_they_came_in() {
        let mut backlog = Backlog::new();
        backlog.push_answer("first");
        push_status(&mut backlog, "bob", 1);
        backlog.push_answer("second");
        backlog.push_answer("third");
        backlog.push_event(Event::KickedOffline);
        backlog.push_answer("fourth");
        assert_eq!(
            told(&mut backlog),
            [
                "first",
                "bob@1",
                "second",
                "third",
                "KickedOffline",
                "fourth"
            ]
        );
        assert!(backlog.is_empty());
    }

    #[test]
    fn a_second_kick_is_told_after_what_happened_between() {
        let mut backlog = Backlog::new();
        backlog.push_event(Event::KickedOffline);
        backlog.push_answer("logged in again");
        backlog.push_event(Event::KickedOffline);
        assert_eq!(told(&mut backlog), ["logged in again", "KickedOffline"]);
    }

    #[test]
    fn the_connection_keeps_its_last_16_changes() {
        let mut backlog = Backlog::<&'static str>::new();
        for code in 0..100 {
            backlog.push_event(Event::Network(NetworkChange {
                status: TIMNetworkStatus::kTIMConnecting,
                code,
                desc: "".into(),
            }));
        }
        assert_eq!(backlog.network.len(), NETWORK_CHANGES_MAX);
        let told = told(&mut backlog);
        assert!(told[0].contains("code: 84"), "{told:?}");
        assert!(told[15].contains("code: 99"), "{told:?}");
    }

    #[test]
    fn the_log_keeps_its_last_1024_lines() {
        let mut backlog = Backlog::<&'static str>::new();
        for number in 0..LOG_LINES_MAX + 5 {
            backlog.push_event(Event::Log(LogLine {
                level: TIMLogLevel::kTIMLog_Info,
                text: format!("line {number}").into(),
            }));
        }
        let told = told(&mut backlog);
        assert_eq!(told.len(), LOG_LINES_MAX);
        assert!(told[0].contains("line 5"), "{}", told[0]);
    }

    #[test]
    fn statuses_of_more_than_8192_users_drop_the_longest_waiting() {
        let mut backlog = Backlog::new();
        for number in 0..=STATUS_USERS_MAX {
            push_status(&mut backlog, &format!("u{number}"), 1);
        }
        assert_eq!(backlog.statuses.by_position.len(), STATUS_USERS_MAX);
        assert_eq!(backlog.statuses.by_user.len(), STATUS_USERS_MAX);
        assert!(told(&mut backlog)[0].starts_with("u1@1 u2@1"));
    }

    #[test]
    fn friends_added_and_deleted_are_told_apart_and_in_order() {
        let mut backlog = Backlog::<&'static str>::new();
        backlog.push_event(Event::FriendsAdded(vec![user("bob"), user("eve")]));
        backlog.push_event(Event::FriendsAdded(vec![user("joe")]));
        backlog.push_event(Event::FriendsDeleted(vec![user("bob")]));
        assert_eq!(
            told(&mut backlog),
            [
                "FriendsAdded([\"bob\", \"eve\", \"joe\"])",
                "FriendsDeleted([\"bob\"])"
            ]
        );
    }

    #[test]
    fn a_full_friend_lane_keeps_the_newest_of_each_user() {
        let mut backlog = Backlog::<&'static str>::new();
        for _ in 0..FRIEND_CHANGES_MAX {
            backlog.push_event(Event::FriendsAdded(vec![user("bob")]));
            backlog.push_event(Event::FriendsDeleted(vec![user("bob")]));
        }
        backlog.push_event(Event::FriendsAdded(vec![user("eve")]));
        assert!(backlog.friends.len() <= FRIEND_CHANGES_MAX);
        let last = told(&mut backlog).pop().expect("something waits");
        assert_eq!(last, "FriendsAdded([\"eve\"])");

        for number in 0..3 * FRIEND_CHANGES_MAX {
            backlog.push_event(Event::FriendsAdded(vec![user(&format!("u{number}"))]));
            assert!(backlog.friends.len() <= FRIEND_CHANGES_MAX);
        }
    }

    #[test]
    fn forgetting_events_keeps_the_answers() {
        let mut backlog = Backlog::new();
        push_status(&mut backlog, "bob", 1);
        backlog.push_answer("answer");
        backlog.push_event(Event::SigExpired);
        backlog.forget_events();
        assert_eq!(told(&mut backlog), ["answer"]);
        assert!(backlog.is_empty());
    }
}
