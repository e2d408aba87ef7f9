//! What the operator decides per app (P1 to P3, D1).

use crate::{Network, UserId};
use alloc::vec;
use alloc::vec::Vec;

/// What an app pays for (P1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plan {
    /// Setting one's own status and asking about oneself.
    Basic,
    /// Everything.
    Premium,
}

/// Which logins of one account coexist (D1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DevicePolicy {
    /// One device in all.
    One,
    /// One device of each platform. The default.
    OnePerPlatform,
    /// Up to this many devices of each platform (1 to 100).
    UpToPerPlatform(u32),
}

impl DevicePolicy {
    /// Devices of each platform that may be there at once.
    pub const fn per_platform_max(self) -> u32 {
        match self {
            Self::One | Self::OnePerPlatform => 1,
            Self::UpToPerPlatform(count) => count,
        }
    }
}

/// Who may make friends (R2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FriendsPolicy {
    /// Any user, with any other, who is not asked. The default.
    #[default]
    Anyone,
    /// The studio's own server only; a client's request is refused.
    Server,
}

/// What happens when the UserSig of a session ends (D3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SigEnd {
    /// The client is told and the session goes on; a reconnect needs a good one. The default.
    #[default]
    Notify,
    /// The client is told, and closed [`Limits::sig_close_grace_ms`] later unless it was renewed.
    Close,
}

/// The limits of an app (P3). The defaults are the numbers of the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Requests of one kind an account may make in any window of [`Limits::window_ms`] (G3, W1): 20.
    pub requests_per_window: u32,
    /// Length of that window: 5,000 ms.
    pub window_ms: u32,
    /// Users in one query (G3): 500.
    pub query_users_max: u32,
    /// Users in one subscribe or unsubscribe request (W1): 100.
    pub subscribe_users_max: u32,
    /// Users on an account's subscription list (W2): 200.
    pub subscriptions_max: u32,
    /// Bytes of UTF-8 in a custom status (C5): 100.
    pub custom_status_bytes_max: u32,
    /// Friends of an account (D0): 3,000.
    pub friends_max: u32,
    /// How long after the last byte heard a silent device counts as gone (S6): 400,000 ms.
    pub silence_timeout_ms: u32,
    /// How often a client with nothing else to say sends a heartbeat (S6): 120,000 ms.
    pub heartbeat_interval_ms: u32,
    /// How long an absent account keeps its subscription list (W7): 600,000 ms.
    pub subscriptions_keep_ms: u32,
    /// How long a broken connection still counts as online (S8): 0.
    pub disconnect_grace_ms: u32,
    /// Changes of one account told to its watchers in a second; of more the newest (C5, N6): 20.
    pub changes_per_s: u32,
    /// Users an account may block (R2): 1,000.
    pub blocks_max: u32,
    /// How long before its UserSig ends a client is told (D3): 300,000 ms.
    pub sig_notice_ms: u32,
    /// How long after the end of its UserSig a session is closed, where the app says so (D3): 60,000 ms.
    pub sig_close_grace_ms: u32,
    /// How far ahead of the server's clock a UserSig may be dated (D4): 300,000 ms.
    pub sig_ahead_ms: u32,
    /// Calls of each REST command the app's back end may make in a second: 200.
    pub rest_calls_per_s: u32,
    /// The same of the two commands that name many accounts to import or to check: 100.
    pub rest_batch_calls_per_s: u32,
}

/// REST admins of an app at most.
pub const REST_ADMINS_MAX: usize = 16;

/// Networks of an app's REST admins at most.
pub const REST_NETWORKS_MAX: usize = 64;

/// Who of the studio's own side may call the REST API for an app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestSettings {
    /// Whose UserSigs are let in; nobody else's are. They need not be accounts. For a new app `administrator`.
    pub admins: Vec<UserId>,
    /// Where they may call from. All there are for a new app.
    pub networks: Vec<Network>,
    /// Whether a status is told as `State`, too, beside `Status`: of the back ends that ask for it some read the one, some the other. On for a
    /// new app.
    pub state_member: bool,
}

impl Default for RestSettings {
    fn default() -> Self {
        let administrator = UserId::parse("administrator").expect("it is 13 letters");
        Self {
            admins: vec![administrator],
            networks: Network::ALL.to_vec(),
            state_member: true,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            requests_per_window: 20,
            window_ms: 5_000,
            query_users_max: 500,
            subscribe_users_max: 100,
            subscriptions_max: 200,
            custom_status_bytes_max: 100,
            friends_max: 3_000,
            silence_timeout_ms: 400_000,
            heartbeat_interval_ms: 120_000,
            subscriptions_keep_ms: 600_000,
            disconnect_grace_ms: 0,
            changes_per_s: 20,
            blocks_max: 1_000,
            sig_notice_ms: 300_000,
            sig_close_grace_ms: 60_000,
            sig_ahead_ms: 300_000,
            rest_calls_per_s: 200,
            rest_batch_calls_per_s: 100,
        }
    }
}

/// Settings that cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// A setting out of its range.
    #[error("{name} is {value}; it must be {min} to {max}")]
    Range {
        /// The setting's name, as in configuration and REST.
        name: &'static str,
        /// What was asked for.
        value: u64,
        /// The least allowed.
        min: u64,
        /// The most allowed.
        max: u64,
    },
    /// A list that is too long.
    #[error("{name} names {count}; at most {max} are allowed")]
    TooMany {
        /// The setting's name, as in configuration and REST.
        name: &'static str,
        /// How many it names.
        count: usize,
        /// How many it may.
        max: usize,
    },
    /// Who has nothing to say would be taken for gone (S6).
    #[error(
        "silence_timeout_ms is {silence_timeout_ms} and heartbeat_interval_ms is {heartbeat_interval_ms}: a client that has nothing to \
         say is heard of once per heartbeat interval and would be taken for gone; silence_timeout_ms must be at least twice \
         heartbeat_interval_ms, three times is better"
    )]
    SilenceTooShort {
        /// What was asked for.
        silence_timeout_ms: u32,
        /// What was asked for.
        heartbeat_interval_ms: u32,
    },
}

/// All the rules need to know about an app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppSettings {
    /// What it pays for.
    pub plan: Plan,
    /// Switch *user status*: asking and subscribing (P2). Off for a new app.
    pub user_status: bool,
    /// Switch *friend status notification* (P2, N3). Off for a new app.
    pub friend_status_notification: bool,
    /// Which logins coexist.
    pub devices: DevicePolicy,
    /// Who may make friends (R2).
    pub friends: FriendsPolicy,
    /// What happens when a UserSig ends (D3).
    pub sig_end: SigEnd,
    /// Whether a client that comes back by itself brings its custom status back (S9). On for a new app.
    pub custom_status_returns: bool,
    /// Who may call the REST API.
    pub rest: RestSettings,
    /// The limits.
    pub limits: Limits,
}

impl Default for AppSettings {
    fn default() -> Self {
        Self {
            plan: Plan::Basic,
            user_status: false,
            friend_status_notification: false,
            devices: DevicePolicy::OnePerPlatform,
            friends: FriendsPolicy::Anyone,
            sig_end: SigEnd::Notify,
            custom_status_returns: true,
            rest: RestSettings::default(),
            limits: Limits::default(),
        }
    }
}

impl AppSettings {
    /// Checks every number against its range, and against the others.
    ///
    /// # Errors
    /// The first setting that is out of range, with the range, or those that contradict each other.
    pub fn check(&self) -> Result<(), SettingsError> {
        let limits = &self.limits;
        // Upper ends keep one account's memory and one frame small; lower ends keep every feature usable.
        let ranges = [
            (
                "devices_per_platform",
                self.devices.per_platform_max(),
                1,
                100,
            ),
            ("requests_per_window", limits.requests_per_window, 1, 1_000),
            ("window_ms", limits.window_ms, 100, 3_600_000),
            ("query_users_max", limits.query_users_max, 1, 1_000),
            ("subscribe_users_max", limits.subscribe_users_max, 1, 1_000),
            ("subscriptions_max", limits.subscriptions_max, 1, 3_000),
            (
                "custom_status_bytes_max",
                limits.custom_status_bytes_max,
                1,
                4_096,
            ),
            ("friends_max", limits.friends_max, 1, 10_000),
            (
                "silence_timeout_ms",
                limits.silence_timeout_ms,
                100,
                86_400_000,
            ),
            (
                "heartbeat_interval_ms",
                limits.heartbeat_interval_ms,
                50,
                86_400_000,
            ),
            (
                "subscriptions_keep_ms",
                limits.subscriptions_keep_ms,
                0,
                2_592_000_000,
            ),
            (
                "disconnect_grace_ms",
                limits.disconnect_grace_ms,
                0,
                3_600_000,
            ),
            ("changes_per_s", limits.changes_per_s, 1, 10_000),
            ("blocks_max", limits.blocks_max, 0, 10_000),
            ("sig_notice_ms", limits.sig_notice_ms, 0, 86_400_000),
            (
                "sig_close_grace_ms",
                limits.sig_close_grace_ms,
                0,
                86_400_000,
            ),
            ("sig_ahead_ms", limits.sig_ahead_ms, 0, 86_400_000),
            ("rest_calls_per_s", limits.rest_calls_per_s, 1, 100_000),
            (
                "rest_batch_calls_per_s",
                limits.rest_batch_calls_per_s,
                1,
                100_000,
            ),
        ];
        for (name, count, max) in [
            ("rest_admins", self.rest.admins.len(), REST_ADMINS_MAX),
            ("rest_networks", self.rest.networks.len(), REST_NETWORKS_MAX),
        ] {
            if count > max {
                return Err(SettingsError::TooMany { name, count, max });
            }
        }
        for (name, value, min, max) in ranges {
            if value < min || value > max {
                return Err(SettingsError::Range {
                    name,
                    value: u64::from(value),
                    min: u64::from(min),
                    max: u64::from(max),
                });
            }
        }
        // One heartbeat may be lost or late.
        if u64::from(limits.silence_timeout_ms) < 2 * u64::from(limits.heartbeat_interval_ms) {
            return Err(SettingsError::SilenceTooShort {
                silence_timeout_ms: limits.silence_timeout_ms,
                heartbeat_interval_ms: limits.heartbeat_interval_ms,
            });
        }
        Ok(())
    }
}
