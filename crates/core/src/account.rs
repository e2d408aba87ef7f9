//! The state of one account, and the edits that change it.

use crate::{
    CustomStatus, Device, Friend, FriendList, InstanceId, KICKED_INSTANCES_MAX, NormalStatus,
    Quotas, SessionId, SubscriptionList, Timestamp, UserId, UserStatus, Version,
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
    /// Whom it watches.
    pub subscriptions: SubscriptionList,
    /// When the list is cleared, if nobody comes back before (W7).
    pub subscriptions_clear_at: Option<Timestamp>,
    /// Its friends.
    pub friends: FriendList,
    /// Instances kicked and not logged in again by their user since, oldest first (D1).
    pub kicked: Vec<InstanceId>,
    /// UserSigs minted before this are revoked (D2, 70052).
    pub sigs_valid_from: Timestamp,
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
    SetAway(Away),
    /// The custom status.
    SetCustom(CustomStatus),
    /// The version of the change being made.
    SetVersion(Version),
    /// A subscription at the end of the list.
    AddSubscription(UserId),
    /// A subscription off the list: unsubscribed or evicted.
    RemoveSubscription(UserId),
    /// The whole list emptied.
    ClearSubscriptions,
    /// When the list is to be cleared.
    SetSubscriptionsClearAt(Option<Timestamp>),
    /// A friend added or changed.
    PutFriend(Friend),
    /// A friend removed.
    RemoveFriend(UserId),
    /// An instance kicked.
    AddKicked(InstanceId),
    /// A kicked instance let in again.
    RemoveKicked(InstanceId),
    /// UserSigs minted before this are revoked.
    SetSigsValidFrom(Timestamp),
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
    /// Whether a store has to keep it: request counts live in memory only.
    pub const fn is_durable(&self) -> bool {
        !matches!(
            self,
            Self::CountQuery { .. } | Self::CountSubscribe { .. } | Self::CountUnsubscribe { .. }
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
            devices: Vec::new(),
            subscriptions: SubscriptionList::default(),
            subscriptions_clear_at: None,
            friends: FriendList::default(),
            kicked: Vec::new(),
            sigs_valid_from: Timestamp::default(),
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

    /// When something happens to the account by itself: a lease ends, a list is cleared. Then run [`crate::Command::Expire`].
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.devices
            .iter()
            .filter_map(|device| device.lease_until)
            .chain(self.subscriptions_clear_at)
            .min()
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
            Edit::SetAway(away) => self.away = *away,
            Edit::SetCustom(custom) => self.custom = custom.clone(),
            Edit::SetVersion(version) => self.version = *version,
            Edit::AddSubscription(user) => self.subscriptions.add(user.clone()),
            Edit::RemoveSubscription(user) => self.subscriptions.remove(user.as_str()),
            Edit::ClearSubscriptions => self.subscriptions.clear(),
            Edit::SetSubscriptionsClearAt(at) => self.subscriptions_clear_at = *at,
            Edit::PutFriend(friend) => self.friends.put(friend.clone()),
            Edit::RemoveFriend(user) => self.friends.remove(user.as_str()),
            Edit::AddKicked(instance) => {
                self.kicked.retain(|known| known != instance);
                self.kicked.push(*instance);
                let excess = self.kicked.len().saturating_sub(KICKED_INSTANCES_MAX);
                self.kicked.drain(..excess);
            }
            Edit::RemoveKicked(instance) => self.kicked.retain(|known| known != instance),
            Edit::SetSigsValidFrom(at) => self.sigs_valid_from = *at,
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
