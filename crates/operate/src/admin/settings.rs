//! An app's settings as operators write them: in JSON and as flags, under the same names.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use userstatus_core::{
    AppSettings, DevicePolicy, FriendsPolicy, Limits, Network, Plan, RestSettings, SigEnd, UserId,
};
use utoipa::ToSchema;

/// What an app pays for (P1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum PlanName {
    /// Setting one's own status and asking about oneself
    Basic,
    /// Everything
    Premium,
}

/// Which logins of one account coexist (D1): `one`, `one-per-platform` or `up-to:N`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(value_type = String)]
#[serde(try_from = "String", into = "String")]
pub struct DevicesName(pub DevicePolicy);

impl FromStr for DevicesName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "one" => Ok(Self(DevicePolicy::One)),
            "one-per-platform" => Ok(Self(DevicePolicy::OnePerPlatform)),
            _ => text
                .strip_prefix("up-to:")
                .and_then(|count| count.parse().ok())
                .map(|count| Self(DevicePolicy::UpToPerPlatform(count)))
                .ok_or_else(|| format!("`{text}` is none of one, one-per-platform, up-to:N")),
        }
    }
}

impl fmt::Display for DevicesName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            DevicePolicy::One => f.write_str("one"),
            DevicePolicy::OnePerPlatform => f.write_str("one-per-platform"),
            DevicePolicy::UpToPerPlatform(count) => write!(f, "up-to:{count}"),
        }
    }
}

impl TryFrom<String> for DevicesName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<DevicesName> for String {
    fn from(devices: DevicesName) -> Self {
        devices.to_string()
    }
}

/// Who may make friends (R2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum FriendsName {
    /// Any user, with any other
    Anyone,
    /// The studio's own server only
    Server,
}

/// What happens when the UserSig of a session ends (D3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum SigEndName {
    /// The client is told, and the session goes on
    Notify,
    /// The client is told, and closed after `sig_close_grace_ms`
    Close,
}

macro_rules! list {
    ($(#[doc = $doc:literal])+ $name:ident of $item:ty, $parse:expr) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
        #[schema(value_type = Vec<String>)]
        #[serde(try_from = "Vec<String>", into = "Vec<String>")]
        pub struct $name(pub Vec<$item>);

        impl FromStr for $name {
            type Err = String;

            /// As a flag has them: between commas, and none for an empty text.
            fn from_str(text: &str) -> Result<Self, String> {
                let items = text.split(',').filter(|_| !text.is_empty());
                Self::parse(items)
            }
        }

        impl $name {
            fn parse<'t>(items: impl Iterator<Item = &'t str>) -> Result<Self, String> {
                let parse = $parse;
                let items = items.map(|item| parse(item).map_err(|error| error.to_string()));
                items.collect::<Result<_, _>>().map(Self)
            }
        }

        impl TryFrom<Vec<String>> for $name {
            type Error = String;

            fn try_from(texts: Vec<String>) -> Result<Self, String> {
                Self::parse(texts.iter().map(String::as_str))
            }
        }

        impl From<$name> for Vec<String> {
            fn from(list: $name) -> Self {
                list.0.iter().map(ToString::to_string).collect()
            }
        }
    };
}

list! {
    /// Whose UserSigs let them call the REST API.
    RestAdmins of UserId, UserId::parse
}

list! {
    /// Where REST admins may call from, as in `10.0.0.0/8`.
    RestNetworks of Network, str::parse::<Network>
}

fn parse_switch(text: &str) -> Result<bool, String> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err(format!("`{text}` is neither on nor off")),
    }
}

macro_rules! settings {
    ($($(#[doc = $doc:literal])+ $limit:ident,)+) => {
        /// Settings of an app: all of them where they are shown, those that are to change where they are set.
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, clap::Args)]
        #[serde(deny_unknown_fields)]
        #[command(next_help_heading = "Settings of the app")]
        pub struct SettingsPatch {
            /// What it pays for
            #[arg(long)]
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub plan: Option<PlanName>,
            /// Asking about others and subscribing to them
            #[arg(long, value_name = "on|off", value_parser = parse_switch)]
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub user_status: Option<bool>,
            /// Telling users of their friends' changes without a subscription
            #[arg(long, value_name = "on|off", value_parser = parse_switch)]
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub friend_status_notification: Option<bool>,
            /// Which logins of one account coexist: one, one-per-platform or up-to:N of a platform
            #[arg(long, value_name = "POLICY")]
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub devices: Option<DevicesName>,
            /// Who may make friends: anyone, or server (the studio's own, over the admin port)
            #[arg(long, value_name = "WHO")]
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub friends: Option<FriendsName>,
            /// When a UserSig ends: notify (the client is told, the session goes on) or close
            #[arg(long, value_name = "WHAT")]
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub sig_end: Option<SigEndName>,
            /// Whether a client that lost its connection brings its custom status back
            #[arg(long, value_name = "on|off", value_parser = parse_switch)]
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub custom_status_returns: Option<bool>,
            /// Whose UserSigs let them call the REST API; as a flag between commas, "" for nobody [default: administrator]
            #[arg(long, value_name = "USERS")]
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub rest_admins: Option<RestAdmins>,
            /// Which networks they may call from; as a flag between commas [default: 0.0.0.0/0,::/0, which are all]
            #[arg(long, value_name = "NETWORKS")]
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub rest_networks: Option<RestNetworks>,
            /// Whether REST tells a status as State beside Status, for clients that read the one or the other
            #[arg(long, value_name = "on|off", value_parser = parse_switch)]
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub rest_state_member: Option<bool>,
            $(
                $(#[doc = $doc])+
                #[arg(long, value_name = "N")]
                #[serde(default, skip_serializing_if = "Option::is_none")]
                pub $limit: Option<u32>,
            )+
        }

        impl SettingsPatch {
            /// Every setting of an app.
            pub fn of(settings: &AppSettings) -> Self {
                let AppSettings {
                    plan, user_status, friend_status_notification, devices, friends, sig_end, custom_status_returns, rest,
                    limits,
                } = settings;
                let RestSettings { admins, networks, state_member } = rest;
                let Limits { $($limit),+ } = limits;
                Self {
                    plan: Some(match plan {
                        Plan::Basic => PlanName::Basic,
                        Plan::Premium => PlanName::Premium,
                    }),
                    user_status: Some(*user_status),
                    friend_status_notification: Some(*friend_status_notification),
                    devices: Some(DevicesName(*devices)),
                    friends: Some(match friends {
                        FriendsPolicy::Anyone => FriendsName::Anyone,
                        FriendsPolicy::Server => FriendsName::Server,
                    }),
                    sig_end: Some(match sig_end {
                        SigEnd::Notify => SigEndName::Notify,
                        SigEnd::Close => SigEndName::Close,
                    }),
                    custom_status_returns: Some(*custom_status_returns),
                    rest_admins: Some(RestAdmins(admins.clone())),
                    rest_networks: Some(RestNetworks(networks.clone())),
                    rest_state_member: Some(*state_member),
                    $($limit: Some(*$limit),)+
                }
            }

            /// Changes what is given; the rest stays. Ranges are core's business.
            pub fn apply_to(&self, settings: &mut AppSettings) {
                if let Some(plan) = self.plan {
                    settings.plan = match plan {
                        PlanName::Basic => Plan::Basic,
                        PlanName::Premium => Plan::Premium,
                    };
                }
                if let Some(on) = self.user_status {
                    settings.user_status = on;
                }
                if let Some(on) = self.friend_status_notification {
                    settings.friend_status_notification = on;
                }
                if let Some(DevicesName(devices)) = self.devices {
                    settings.devices = devices;
                }
                if let Some(friends) = self.friends {
                    settings.friends = match friends {
                        FriendsName::Anyone => FriendsPolicy::Anyone,
                        FriendsName::Server => FriendsPolicy::Server,
                    };
                }
                if let Some(sig_end) = self.sig_end {
                    settings.sig_end = match sig_end {
                        SigEndName::Notify => SigEnd::Notify,
                        SigEndName::Close => SigEnd::Close,
                    };
                }
                if let Some(returns) = self.custom_status_returns {
                    settings.custom_status_returns = returns;
                }
                if let Some(RestAdmins(admins)) = &self.rest_admins {
                    settings.rest.admins.clone_from(admins);
                }
                if let Some(RestNetworks(networks)) = &self.rest_networks {
                    settings.rest.networks.clone_from(networks);
                }
                if let Some(on) = self.rest_state_member {
                    settings.rest.state_member = on;
                }
                $(if let Some($limit) = self.$limit {
                    settings.limits.$limit = $limit;
                })+
            }
        }
    };
}

settings! {
    /// Requests of one kind an account may make in any window [default: 20]
    requests_per_window,
    /// Length of that window, in ms [default: 5000]
    window_ms,
    /// Users in one query [default: 500]
    query_users_max,
    /// Users in one subscribe or unsubscribe request [default: 100]
    subscribe_users_max,
    /// Users on an account's subscription list [default: 200]
    subscriptions_max,
    /// Bytes of UTF-8 in a custom status [default: 100]
    custom_status_bytes_max,
    /// Friends of an account [default: 3000]
    friends_max,
    /// A device not heard for this long counts as gone, in ms [default: 400000]
    silence_timeout_ms,
    /// How often a client with nothing else to say sends a heartbeat, in ms [default: 120000]
    heartbeat_interval_ms,
    /// How long an absent account keeps its subscription list, in ms [default: 600000]
    subscriptions_keep_ms,
    /// How long a broken connection still counts as online, in ms [default: 0]
    disconnect_grace_ms,
    /// Changes of one account told to its watchers in a second; of more the newest [default: 20]
    changes_per_s,
    /// Users an account may block [default: 1000]
    blocks_max,
    /// How long before its UserSig ends a client is told, in ms [default: 300000]
    sig_notice_ms,
    /// How long after the end of its UserSig a session is closed, where --sig-end is close, in ms [default: 60000]
    sig_close_grace_ms,
    /// How far ahead of the server's clock a UserSig may be dated, in ms [default: 300000]
    sig_ahead_ms,
    /// Calls of each REST command in a second; more are refused with 60007 [default: 200]
    rest_calls_per_s,
    /// The same of multiaccount_import and account_check [default: 100]
    rest_batch_calls_per_s,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_settings_written_and_read_are_the_same_settings() {
        let mut settings = AppSettings {
            plan: Plan::Premium,
            user_status: true,
            friend_status_notification: true,
            devices: DevicePolicy::UpToPerPlatform(3),
            friends: FriendsPolicy::Server,
            sig_end: SigEnd::Close,
            custom_status_returns: false,
            rest: RestSettings {
                admins: vec![UserId::parse("ops").unwrap()],
                networks: vec!["10.0.0.0/8".parse().unwrap()],
                state_member: false,
            },
            limits: Limits::default(),
        };
        settings.limits.silence_timeout_ms = 1_234;
        let json = serde_json::to_string(&SettingsPatch::of(&settings)).unwrap();
        let patch: SettingsPatch = serde_json::from_str(&json).unwrap();
        let mut read = AppSettings::default();
        patch.apply_to(&mut read);
        assert_eq!(read, settings);
    }

    #[test]
    fn a_patch_changes_what_it_names_only() {
        let patch: SettingsPatch =
            serde_json::from_str(r#"{"user_status":true,"window_ms":7}"#).unwrap();
        let mut settings = AppSettings::default();
        patch.apply_to(&mut settings);
        let mut expected = AppSettings {
            user_status: true,
            ..AppSettings::default()
        };
        expected.limits.window_ms = 7;
        assert_eq!(settings, expected);
    }

    #[test]
    fn misspelt_settings_are_refused() {
        for json in [
            r#"{"user_statuss":true}"#,
            r#"{"plan":"gold"}"#,
            r#"{"devices":"up-to:"}"#,
            r#"{"devices":"two"}"#,
            r#"{"window_ms":-1}"#,
            r#"{"user_status":"on"}"#,
            r#"{"rest_admins":["two words"]}"#,
            r#"{"rest_admins":"administrator"}"#,
            r#"{"rest_networks":["10.0.0.1/8"]}"#,
        ] {
            assert!(
                serde_json::from_str::<SettingsPatch>(json).is_err(),
                "{json}"
            );
        }
    }

    #[test]
    fn lists_are_written_between_commas_as_flags_and_may_be_empty() {
        let admins: RestAdmins = "administrator,ops".parse().unwrap();
        let named: Vec<_> = admins.0.iter().map(UserId::as_str).collect();
        assert_eq!(named, ["administrator", "ops"]);
        assert_eq!("".parse(), Ok(RestAdmins(Vec::new())));
        assert!("a,,b".parse::<RestAdmins>().is_err());
        let networks: RestNetworks = "192.0.2.1,fd00::/8".parse().unwrap();
        assert_eq!(Vec::from(networks), ["192.0.2.1/32", "fd00::/8"]);
    }

    #[test]
    fn the_defaults_in_the_help_are_the_defaults() {
        use clap::CommandFactory;
        #[derive(clap::Parser)]
        struct Cli {
            #[command(flatten)]
            settings: SettingsPatch,
        }
        let defaults = serde_json::to_value(SettingsPatch::of(&AppSettings::default())).unwrap();
        let command = Cli::command();
        let defaults = defaults.as_object().unwrap();
        for (name, default) in defaults.iter().filter(|(_, default)| default.is_number()) {
            let argument = command
                .get_arguments()
                .find(|argument| argument.get_id() == name);
            let help = argument.unwrap().get_help().unwrap().to_string();
            assert!(
                help.ends_with(&format!(" [default: {default}]")),
                "{name}: {help}"
            );
        }
    }
}
