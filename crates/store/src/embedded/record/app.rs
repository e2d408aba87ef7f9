//! Apps on disk.

use super::{RECORD_VERSION, RecordError, check_layout};
use crate::apps::{App, AppKey};
use prost::Message;
use userstatus_core::{
    AppId, AppSettings, DevicePolicy, FriendsPolicy, Limits, Plan, RestSettings, SettingsError,
    SigEnd, Timestamp, UserId,
};
use userstatus_usersig::SecretKey;

// No Debug: it holds secret keys.
#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
struct AppRecord {
    #[prost(uint32, tag = "1")]
    record_version: u32,
    #[prost(string, tag = "2")]
    name: String,
    #[prost(uint64, tag = "3")]
    created_at_ms: u64,
    #[prost(message, repeated, tag = "4")]
    keys: Vec<AppKeyRecord>,
    #[prost(bool, tag = "5")]
    premium: bool,
    #[prost(bool, tag = "6")]
    user_status: bool,
    #[prost(bool, tag = "7")]
    friend_status_notification: bool,
    /// 0: one device in all. Otherwise so many of a platform.
    #[prost(uint32, tag = "8")]
    devices_per_platform: u32,
    #[prost(uint32, tag = "9")]
    requests_per_window: u32,
    #[prost(uint32, tag = "10")]
    window_ms: u32,
    #[prost(uint32, tag = "11")]
    query_users_max: u32,
    #[prost(uint32, tag = "12")]
    subscribe_users_max: u32,
    #[prost(uint32, tag = "13")]
    subscriptions_max: u32,
    #[prost(uint32, tag = "14")]
    custom_status_bytes_max: u32,
    #[prost(uint32, tag = "15")]
    friends_max: u32,
    #[prost(uint32, tag = "16")]
    silence_timeout_ms: u32,
    #[prost(uint32, tag = "17")]
    heartbeat_interval_ms: u32,
    #[prost(uint32, tag = "18")]
    subscriptions_keep_ms: u32,
    #[prost(uint32, tag = "19")]
    disconnect_grace_ms: u32,
    // Apps of format 1 have none of these: the defaults hold.
    #[prost(uint32, optional, tag = "20")]
    changes_per_s: Option<u32>,
    #[prost(uint32, optional, tag = "21")]
    blocks_max: Option<u32>,
    #[prost(uint32, optional, tag = "22")]
    sig_notice_ms: Option<u32>,
    #[prost(uint32, optional, tag = "23")]
    sig_close_grace_ms: Option<u32>,
    #[prost(uint32, optional, tag = "24")]
    sig_ahead_ms: Option<u32>,
    #[prost(bool, tag = "25")]
    friends_by_server_only: bool,
    #[prost(bool, tag = "26")]
    sig_end_closes: bool,
    #[prost(bool, optional, tag = "27")]
    custom_status_returns: Option<bool>,
    // Apps from before the REST API have none of these.
    #[prost(message, optional, tag = "28")]
    rest: Option<RestRecord>,
    #[prost(uint32, optional, tag = "29")]
    rest_calls_per_s: Option<u32>,
    #[prost(uint32, optional, tag = "30")]
    rest_batch_calls_per_s: Option<u32>,
}

/// In a message of its own: there is a difference between a list that is empty and none.
#[derive(Clone, PartialEq, Message)]
struct RestRecord {
    #[prost(string, repeated, tag = "1")]
    admins: Vec<String>,
    #[prost(string, repeated, tag = "2")]
    networks: Vec<String>,
    #[prost(bool, tag = "3")]
    state_member: bool,
}

#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
struct AppKeyRecord {
    #[prost(uint32, tag = "1")]
    id: u32,
    #[prost(string, tag = "2")]
    secret: String,
    #[prost(uint64, tag = "3")]
    created_at_ms: u64,
}

pub(in crate::embedded) fn encode_app(app: &App) -> Vec<u8> {
    let AppSettings {
        plan,
        user_status,
        friend_status_notification,
        devices,
        friends,
        sig_end,
        custom_status_returns,
        rest,
        limits,
    } = &app.settings;
    let record = AppRecord {
        record_version: RECORD_VERSION,
        name: app.name.clone(),
        created_at_ms: app.created_at.as_ms(),
        keys: app
            .keys
            .iter()
            .map(|key| AppKeyRecord {
                id: key.id,
                secret: key.secret.expose().to_owned(),
                created_at_ms: key.created_at.as_ms(),
            })
            .collect(),
        premium: *plan == Plan::Premium,
        user_status: *user_status,
        friend_status_notification: *friend_status_notification,
        devices_per_platform: match devices {
            DevicePolicy::One => 0,
            DevicePolicy::OnePerPlatform => 1,
            DevicePolicy::UpToPerPlatform(count) => *count,
        },
        requests_per_window: limits.requests_per_window,
        window_ms: limits.window_ms,
        query_users_max: limits.query_users_max,
        subscribe_users_max: limits.subscribe_users_max,
        subscriptions_max: limits.subscriptions_max,
        custom_status_bytes_max: limits.custom_status_bytes_max,
        friends_max: limits.friends_max,
        silence_timeout_ms: limits.silence_timeout_ms,
        heartbeat_interval_ms: limits.heartbeat_interval_ms,
        subscriptions_keep_ms: limits.subscriptions_keep_ms,
        disconnect_grace_ms: limits.disconnect_grace_ms,
        changes_per_s: Some(limits.changes_per_s),
        blocks_max: Some(limits.blocks_max),
        sig_notice_ms: Some(limits.sig_notice_ms),
        sig_close_grace_ms: Some(limits.sig_close_grace_ms),
        sig_ahead_ms: Some(limits.sig_ahead_ms),
        friends_by_server_only: *friends == FriendsPolicy::Server,
        sig_end_closes: *sig_end == SigEnd::Close,
        custom_status_returns: Some(*custom_status_returns),
        rest: Some(rest_record(rest)),
        rest_calls_per_s: Some(limits.rest_calls_per_s),
        rest_batch_calls_per_s: Some(limits.rest_batch_calls_per_s),
    };
    record.encode_to_vec()
}

pub(in crate::embedded) fn decode_app(id: u64, bytes: &[u8]) -> Result<App, RecordError> {
    let record = AppRecord::decode(bytes)?;
    check_layout(record.record_version)?;
    let defaults = AppSettings::default();
    let settings = AppSettings {
        plan: if record.premium {
            Plan::Premium
        } else {
            Plan::Basic
        },
        user_status: record.user_status,
        friend_status_notification: record.friend_status_notification,
        devices: match record.devices_per_platform {
            0 => DevicePolicy::One,
            1 => DevicePolicy::OnePerPlatform,
            count => DevicePolicy::UpToPerPlatform(count),
        },
        friends: match record.friends_by_server_only {
            true => FriendsPolicy::Server,
            false => FriendsPolicy::Anyone,
        },
        sig_end: match record.sig_end_closes {
            true => SigEnd::Close,
            false => SigEnd::Notify,
        },
        custom_status_returns: record
            .custom_status_returns
            .unwrap_or(defaults.custom_status_returns),
        rest: match &record.rest {
            Some(rest) => rest_settings(rest)?,
            None => defaults.rest,
        },
        limits: Limits {
            requests_per_window: record.requests_per_window,
            window_ms: record.window_ms,
            query_users_max: record.query_users_max,
            subscribe_users_max: record.subscribe_users_max,
            subscriptions_max: record.subscriptions_max,
            custom_status_bytes_max: record.custom_status_bytes_max,
            friends_max: record.friends_max,
            silence_timeout_ms: record.silence_timeout_ms,
            heartbeat_interval_ms: record.heartbeat_interval_ms,
            subscriptions_keep_ms: record.subscriptions_keep_ms,
            disconnect_grace_ms: record.disconnect_grace_ms,
            changes_per_s: record
                .changes_per_s
                .unwrap_or(defaults.limits.changes_per_s),
            blocks_max: record.blocks_max.unwrap_or(defaults.limits.blocks_max),
            sig_notice_ms: record
                .sig_notice_ms
                .unwrap_or(defaults.limits.sig_notice_ms),
            sig_close_grace_ms: record
                .sig_close_grace_ms
                .unwrap_or(defaults.limits.sig_close_grace_ms),
            sig_ahead_ms: record.sig_ahead_ms.unwrap_or(defaults.limits.sig_ahead_ms),
            rest_calls_per_s: record
                .rest_calls_per_s
                .unwrap_or(defaults.limits.rest_calls_per_s),
            rest_batch_calls_per_s: record
                .rest_batch_calls_per_s
                .unwrap_or(defaults.limits.rest_batch_calls_per_s),
        },
    };
    match settings.check() {
        Ok(()) => {}
        Err(SettingsError::Range { name, .. } | SettingsError::TooMany { name, .. }) => {
            return Err(RecordError::Field(name));
        }
        // Earlier versions let such apps be: they are told so at the next change, and the server starts all the same.
        Err(SettingsError::SilenceTooShort { .. }) => {}
    }
    Ok(App {
        id: AppId::new(id).ok_or(RecordError::Key)?,
        name: record.name,
        settings,
        keys: record.keys.iter().map(app_key).collect::<Result<_, _>>()?,
        created_at: Timestamp::from_ms(record.created_at_ms),
    })
}

fn rest_record(rest: &RestSettings) -> RestRecord {
    RestRecord {
        admins: rest.admins.iter().map(ToString::to_string).collect(),
        networks: rest.networks.iter().map(ToString::to_string).collect(),
        state_member: rest.state_member,
    }
}

fn rest_settings(record: &RestRecord) -> Result<RestSettings, RecordError> {
    let admins = record.admins.iter().map(|admin| UserId::parse(admin));
    let networks = record.networks.iter().map(|network| network.parse());
    Ok(RestSettings {
        admins: admins
            .collect::<Result<_, _>>()
            .map_err(|_| RecordError::Field("rest_admins"))?,
        networks: networks
            .collect::<Result<_, _>>()
            .map_err(|_| RecordError::Field("rest_networks"))?,
        state_member: record.state_member,
    })
}

fn app_key(record: &AppKeyRecord) -> Result<AppKey, RecordError> {
    Ok(AppKey {
        id: record.id,
        secret: SecretKey::new(&record.secret).map_err(|_| RecordError::Field("a secret key"))?,
        created_at: Timestamp::from_ms(record.created_at_ms),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use userstatus_core::Network;

    /// As it was written before there was a REST API.
    const BEFORE_REST: &str = "080112076d792067616d651880d8c1a28c34221108011206736573616d651880d8c1a28c3428013001400148145088275807606468\
        c801706478b817800180b5188801c0a9079001c0cf24a00114a801e807b001e0a712b801e0d403c001e0a712d80101";

    fn bytes(hex: &str) -> Vec<u8> {
        let digits: Vec<_> = hex.chars().filter_map(|digit| digit.to_digit(16)).collect();
        let pairs = digits.chunks(2).map(|pair| 16 * pair[0] + pair[1]);
        pairs.map(|byte| u8::try_from(byte).unwrap()).collect()
    }

    fn app(settings: AppSettings) -> App {
        let at = Timestamp::from_ms(1_790_000_000_000);
        App {
            id: AppId::new(7).unwrap(),
            name: "my game".to_owned(),
            settings,
            keys: vec![AppKey {
                id: 1,
                secret: SecretKey::new("sesame").unwrap(),
                created_at: at,
            }],
            created_at: at,
        }
    }

    #[test]
    fn a_row_from_before_rest_has_the_defaults_of_rest_and_all_else_as_it_was() {
        let mut settings = AppSettings {
            plan: Plan::Premium,
            user_status: true,
            ..AppSettings::default()
        };
        settings.limits.query_users_max = 7;
        assert_eq!(decode_app(7, &bytes(BEFORE_REST)), Ok(app(settings)));
    }

    #[test]
    fn an_app_is_read_as_it_was_written_and_lists_that_are_empty_stay_so() {
        let ops = RestSettings {
            admins: vec![UserId::parse("ops").unwrap()],
            networks: vec!["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()],
            state_member: false,
        };
        let nobody = RestSettings {
            admins: Vec::new(),
            networks: Vec::new(),
            state_member: true,
        };
        for rest in [ops, nobody, RestSettings::default()] {
            let mut settings = AppSettings {
                rest,
                ..AppSettings::default()
            };
            settings.limits.rest_calls_per_s = 9;
            let app = app(settings);
            assert_eq!(decode_app(7, &encode_app(&app)), Ok(app));
        }
        assert_eq!(RestSettings::default().networks, Network::ALL);
    }

    #[test]
    fn a_row_whose_networks_are_none_is_refused_and_not_guessed_at() {
        let mut record = AppRecord::decode(&*encode_app(&app(AppSettings::default()))).unwrap();
        record.rest.as_mut().unwrap().networks = vec!["everywhere".to_owned()];
        let decoded = decode_app(7, &record.encode_to_vec());
        assert_eq!(decoded, Err(RecordError::Field("rest_networks")));
    }
}
