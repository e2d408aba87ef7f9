//! The state of one account, and the edits that change it.

use crate::{
    AppSettings, Block, BlockList, CustomStatus, Device, Friend, FriendList, InstanceId,
    KICKED_INSTANCES_MAX, NormalStatus, Pace, PaceLimit, Quotas, SessionId, SubscriptionList,
    Timestamp, UserId, UserStatus, Version,
};
use alloc::boxed::Box;
use alloc::vec::Vec;

/// What an account is while no device of it is connected or under lease (S4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Away {
    /// Its last device logged out, or none ever logged in.
    #[default]
    LoggedOut,
    /// Its last device was lost.
    Lost,
}

/// One account of one app. Built by [`Account::unheard`] or from a store's record; changed only by [`Account::apply`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Whose.
    pub user: UserId,
    /// Whether it exists: the first login, or an import, registers it (D0, S7).
    pub registered: bool,
    /// Of its newest announced change.
    pub version: Version,
    /// Why nobody is there, when nobody is.
    pub away: Away,
    /// The custom status; empty while nobody is there (C4).
    pub custom: CustomStatus,
    /// Devices connected or under lease, in order of login.
    pub devices: Vec<Device>,
    /// The version of the last change somebody made to the custom status: a set, or a logout (S9). What the system clears when nobody
    /// is there any more is no such change.
    pub custom_set_at: Version,
    /// Since when nobody is there; while somebody is, since when nobody was before.
    pub away_since: Timestamp,
    /// Whom it watches.
    pub subscriptions: SubscriptionList,
    /// Of the newest change to the list: who knows a higher one knows of changes that were lost (W7).
    pub subscriptions_version: Version,
    /// When the list is cleared, if nobody comes back before (W7).
    pub subscriptions_clear_at: Option<Timestamp>,
    /// Its friends.
    pub friends: FriendList,
    /// Who is hidden from it, and from whom it is (R2).
    pub blocks: BlockList,
    /// Instances kicked and not logged in again by their user since, oldest first (D1).
    pub kicked: Vec<InstanceId>,
    /// UserSigs minted before this are revoked (D2, 70052).
    pub sigs_valid_from: Timestamp,
    /// The latest date of a UserSig it was let in with: it may lie ahead of the clock (D4), and a kick revokes it all the same.
    pub sigs_minted_until: Timestamp,
    /// When changes may be announced (N6). In memory only.
    pub pace: Pace,
    /// A change was made that is not announced yet, because others were just before (N6). In memory only.
    pub owes_announcement: bool,
    /// When devices may log in. In memory only.
    pub login_pace: Pace,
    /// Request windows; allocated by the first request that counts.
    pub quotas: Option<Box<Quotas>>,
}

/// One step of a change to an account. A store persists edits, the hub follows them, [`Account::apply`] carries them out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// The account now exists.
    Register,
    /// A device logged in, came back, or was put under lease. One of the same instance is replaced in place.
    PutDevice(Device),
    /// A device is gone.
    RemoveDevice(SessionId),
    /// Why nobody is there, from now on.
    SetAway {
        /// Why.
        away: Away,
        /// Since when.
        since: Timestamp,
    },
    /// The custom status.
    SetCustom(CustomStatus),
    /// The version of the last change somebody made to it.
    SetCustomSetAt(Version),
    /// The version of the change being made.
    SetVersion(Version),
    /// A subscription at the end of the list.
    AddSubscription(UserId),
    /// A subscription off the list: unsubscribed or evicted.
    RemoveSubscription(UserId),
    /// The whole list emptied.
    ClearSubscriptions,
    /// The version of the list.
    SetSubscriptionsVersion(Version),
    /// When the list is to be cleared.
    SetSubscriptionsClearAt(Option<Timestamp>),
    /// A friend added or changed.
    PutFriend(Friend),
    /// A friend removed.
    RemoveFriend(UserId),
    /// What stands between the account and another; an entry that says nothing goes.
    PutBlock(Block),
    /// An instance kicked.
    AddKicked(InstanceId),
    /// A kicked instance let in again.
    RemoveKicked(InstanceId),
    /// UserSigs minted before this are revoked.
    SetSigsValidFrom(Timestamp),
    /// Let in with a UserSig of this date.
    SetSigsMintedUntil(Timestamp),
    /// When the next change may be announced, and whether one waits for that.
    SetPace {
        /// When.
        pace: Pace,
        /// Whether a change waits.
        owes: bool,
    },
    /// A login counted.
    SetLoginPace(Pace),
    /// A request about friends counted.
    CountFriends {
        /// When.
        at: Timestamp,
        /// The window it counts in.
        window_ms: u32,
    },
    /// A query counted.
    CountQuery {
        /// When.
        at: Timestamp,
        /// The window it counts in.
        window_ms: u32,
    },
    /// A subscribe request counted.
    CountSubscribe {
        /// When.
        at: Timestamp,
        /// The window it counts in.
        window_ms: u32,
    },
    /// An unsubscribe request counted.
    CountUnsubscribe {
        /// When.
        at: Timestamp,
        /// The window it counts in.
        window_ms: u32,
    },
}

impl Edit {
    /// Whether a store has to keep it: counts and paces live in memory only.
    pub const fn is_durable(&self) -> bool {
        !matches!(
            self,
            Self::CountQuery { .. }
                | Self::CountSubscribe { .. }
                | Self::CountUnsubscribe { .. }
                | Self::CountFriends { .. }
                | Self::SetPace { .. }
                | Self::SetLoginPace(_)
        )
    }

    /// Whether it is what a record is about: of a [`crate::Command::is_record`] this is on disk before anything takes effect.
    pub const fn is_record(&self) -> bool {
        matches!(
            self,
            Self::Register
                | Self::PutFriend(_)
                | Self::RemoveFriend(_)
                | Self::PutBlock(_)
                | Self::SetSigsValidFrom(_)
        )
    }
}

impl Account {
    /// An account nobody has heard of: what a store hands to the rules when it has no record (S7).
    pub fn unheard(user: UserId) -> Self {
        Self {
            user,
            registered: false,
            version: Version(0),
            away: Away::LoggedOut,
            custom: CustomStatus::default(),
            custom_set_at: Version(0),
            away_since: Timestamp::default(),
            devices: Vec::new(),
            subscriptions: SubscriptionList::default(),
            subscriptions_version: Version(0),
            subscriptions_clear_at: None,
            friends: FriendList::default(),
            blocks: BlockList::default(),
            kicked: Vec::new(),
            sigs_valid_from: Timestamp::default(),
            sigs_minted_until: Timestamp::default(),
            pace: Pace::default(),
            owes_announcement: false,
            login_pace: Pace::default(),
            quotas: None,
        }
    }

    /// The normal status (S3, S4).
    pub fn normal(&self) -> NormalStatus {
        match (self.registered, self.devices.is_empty(), self.away) {
            (false, _, _) => NormalStatus::Unknown,
            (true, false, _) => NormalStatus::Online,
            (true, true, Away::LoggedOut) => NormalStatus::UnLogined,
            (true, true, Away::Lost) => NormalStatus::Offline,
        }
    }

    /// What watchers see.
    pub fn status(&self) -> UserStatus {
        let mut platforms: Vec<_> = self.devices.iter().map(|device| device.platform).collect();
        platforms.sort_unstable();
        platforms.dedup();
        UserStatus {
            user: self.user.clone(),
            version: self.version,
            normal: self.normal(),
            custom: self.custom.clone(),
            platforms,
        }
    }

    /// When something happens to the account by itself: a lease ends, a list is cleared, a change is announced that others came
    /// before. Then run [`crate::Command::Expire`].
    pub fn next_deadline(&self, settings: &AppSettings) -> Option<Timestamp> {
        let announcement = self
            .owes_announcement
            .then(|| self.pace.ready_at(announcement_limit(settings)));
        self.devices
            .iter()
            .filter_map(|device| device.lease_until)
            .chain(self.subscriptions_clear_at)
            .chain(announcement)
            .min()
    }

    /// What it sees of another account's status: nothing of somebody hidden from it (R2).
    pub fn sees(&self, status: UserStatus) -> UserStatus {
        match self.blocks.get(status.user.as_str()) {
            Some(block) => UserStatus::hidden(status.user, block.since),
            None => status,
        }
    }

    /// Carries out one edit.
    pub fn apply(&mut self, edit: &Edit) {
        match edit {
            Edit::Register => self.registered = true,
            Edit::PutDevice(device) => {
                match self
                    .devices
                    .iter_mut()
                    .find(|known| known.instance == device.instance)
                {
                    Some(known) => *known = *device,
                    None => self.devices.push(*device),
                }
            }
            Edit::RemoveDevice(session) => self.devices.retain(|device| device.session != *session),
            Edit::SetAway { away, since } => {
                self.away = *away;
                self.away_since = *since;
            }
            Edit::SetCustom(custom) => self.custom = custom.clone(),
            Edit::SetCustomSetAt(version) => self.custom_set_at = *version,
            Edit::SetVersion(version) => self.version = *version,
            Edit::AddSubscription(user) => self.subscriptions.add(user.clone()),
            Edit::RemoveSubscription(user) => self.subscriptions.remove(user.as_str()),
            Edit::ClearSubscriptions => self.subscriptions.clear(),
            Edit::SetSubscriptionsVersion(version) => self.subscriptions_version = *version,
            Edit::SetSubscriptionsClearAt(at) => self.subscriptions_clear_at = *at,
            Edit::PutFriend(friend) => self.friends.put(friend.clone()),
            Edit::RemoveFriend(user) => self.friends.remove(user.as_str()),
            Edit::PutBlock(block) => self.blocks.put(block.clone()),
            Edit::AddKicked(instance) => {
                self.kicked.retain(|known| known != instance);
                self.kicked.push(*instance);
                let excess = self.kicked.len().saturating_sub(KICKED_INSTANCES_MAX);
                self.kicked.drain(..excess);
            }
            Edit::RemoveKicked(instance) => self.kicked.retain(|known| known != instance),
            Edit::SetSigsValidFrom(at) => self.sigs_valid_from = *at,
            Edit::SetSigsMintedUntil(at) => self.sigs_minted_until = *at,
            Edit::SetPace { pace, owes } => {
                self.pace = *pace;
                self.owes_announcement = *owes;
            }
            Edit::SetLoginPace(pace) => self.login_pace = *pace,
            Edit::CountFriends { at, window_ms } => {
                self.quotas_mut().friends.record(*window_ms, *at);
            }
            Edit::CountQuery { at, window_ms } => self.quotas_mut().query.record(*window_ms, *at),
            Edit::CountSubscribe { at, window_ms } => {
                self.quotas_mut().subscribe.record(*window_ms, *at);
            }
            Edit::CountUnsubscribe { at, window_ms } => {
                self.quotas_mut().unsubscribe.record(*window_ms, *at);
            }
        }
    }

    fn quotas_mut(&mut self) -> &mut Quotas {
        self.quotas.get_or_insert_default()
    }
}

/// How often changes of an account are announced (N6).
pub(crate) const fn announcement_limit(settings: &AppSettings) -> PaceLimit {
    PaceLimit::strict(settings.limits.changes_per_s, 1_000)
}
