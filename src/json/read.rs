//! JSON handed in by callers. Unknown keys are ignored; a known key of the wrong type is not.
//!
//! The keys stand here a second time, because serde wants literals; a test holds them against [`crate::keys`].

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, Deserializer, MapAccess, Visitor};
use std::fmt;
use std::marker::PhantomData;

/// The JSON is broken, nested too deep, or of another form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct JsonError;

/// `TIMInit`'s configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct InitConfig {
    #[serde(rename = "sdk_config_log_file_path")]
    pub(crate) log_file_path: String,
    #[serde(rename = "sdk_config_server_address")]
    pub(crate) server_address: String,
    #[serde(rename = "sdk_config_ca_file")]
    pub(crate) ca_file: String,
    #[serde(rename = "sdk_config_ca_pem")]
    pub(crate) ca_pem: String,
    #[serde(rename = "sdk_config_tls_pins")]
    pub(crate) tls_pins: Vec<String>,
    #[serde(rename = "sdk_config_heartbeat_interval_ms")]
    pub(crate) heartbeat_interval_ms: u32,
    #[serde(rename = "sdk_config_platform")]
    pub(crate) platform: String,
    #[serde(rename = "sdk_config_callback_mode")]
    pub(crate) callback_mode: String,
}

/// `TIMSetConfig`'s argument: what is absent stays as it is.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct SetConfig {
    #[serde(rename = "set_config_log_level")]
    pub(crate) log_level: Option<u32>,
    #[serde(rename = "set_config_callback_log_level")]
    pub(crate) callback_log_level: Option<u32>,
    #[serde(rename = "set_config_is_log_output_console")]
    pub(crate) is_log_output_console: Option<bool>,
    #[serde(rename = "set_config_user_define_data")]
    pub(crate) user_define_data: Option<String>,
}

/// `TIMSetSelfStatus`'s argument: only the custom status counts (C1).
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct SelfStatus {
    #[serde(rename = "user_status_custom_status")]
    pub(crate) custom_status: String,
}

/// `TIMFriendshipAddFriend`'s argument.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct AddFriendParam {
    #[serde(rename = "friendship_add_friend_param_identifier")]
    pub(crate) identifier: String,
    #[serde(rename = "friendship_add_friend_param_friend_type")]
    pub(crate) friend_type: u32,
    #[serde(rename = "friendship_add_friend_param_remark")]
    pub(crate) remark: String,
    #[serde(rename = "friendship_add_friend_param_group_name")]
    pub(crate) group_name: String,
    #[serde(rename = "friendship_add_friend_param_add_source")]
    pub(crate) add_source: String,
    #[serde(rename = "friendship_add_friend_param_add_wording")]
    pub(crate) add_wording: String,
}

/// `TIMFriendshipDeleteFriend`'s argument.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct DeleteFriendParam {
    #[serde(rename = "friendship_delete_friend_param_friend_type")]
    pub(crate) friend_type: u32,
    #[serde(rename = "friendship_delete_friend_param_identifier_array")]
    pub(crate) identifier_array: Vec<String>,
}

/// `callExperimentalAPI`'s argument: one operation, and what some of them take.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct Operation {
    #[serde(rename = "request_internal_operation")]
    pub(crate) name: String,
    #[serde(rename = "request_set_custom_server_info_param")]
    pub(crate) server_info: Option<Object<ServerInfo>>,
    #[serde(rename = "request_write_log_log_level_param")]
    pub(crate) log_level: u32,
    #[serde(rename = "request_write_log_log_content_param")]
    pub(crate) log_content: String,
}

/// Where the server is, the ABI's own way.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct ServerInfo {
    #[serde(rename = "longconnection_address_array")]
    pub(crate) addresses: Vec<Object<ServerInfoAddress>>,
}

/// One address of the server.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct ServerInfoAddress {
    #[serde(rename = "server_address_ip")]
    pub(crate) ip: String,
    #[serde(rename = "server_address_port")]
    pub(crate) port: u32,
    #[serde(rename = "server_address_is_quic")]
    pub(crate) is_quic: bool,
}

/// A struct that is read from a JSON object only: serde by itself would take an array of the fields' values as well.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Object<T>(pub(crate) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Object)
            }
        }

        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

/// Reads an object.
pub(crate) fn parse_object<T: DeserializeOwned>(text: &str) -> Result<T, JsonError> {
    serde_json::from_str::<Object<T>>(text)
        .map(|object| object.0)
        .map_err(|_| JsonError)
}

/// Reads an array of user ids. Whether each can be one is said in the answer.
pub(crate) fn parse_users(text: &str) -> Result<Vec<String>, JsonError> {
    serde_json::from_str(text).map_err(|_| JsonError)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys;
    use serde_json::json;

    fn read<T: DeserializeOwned>(value: &serde_json::Value) -> T {
        parse_object(&value.to_string()).expect("the form is right")
    }

    #[test]
    fn the_keys_read_are_those_of_the_header() {
        let config: InitConfig = read(&json!({
            keys::LOG_FILE_PATH: "a", keys::SERVER_ADDRESS: "b", keys::CA_FILE: "c",
            keys::CA_PEM: "g", keys::TLS_PINS: ["h"], keys::HEARTBEAT_INTERVAL: 5_000,
            keys::PLATFORM: "d", keys::CALLBACK_MODE: "e", keys::CONFIG_FILE_PATH: "f", "unknown": [1],
        }));
        let [a, b, c, d, e, g, h] = ["a", "b", "c", "d", "e", "g", "h"].map(str::to_owned);
        assert_eq!(
            config,
            InitConfig {
                log_file_path: a,
                server_address: b,
                ca_file: c,
                ca_pem: g,
                tls_pins: vec![h],
                heartbeat_interval_ms: 5_000,
                platform: d,
                callback_mode: e
            }
        );

        let config: SetConfig = read(&json!({
            keys::SET_LOG_LEVEL: 1, keys::SET_CALLBACK_LOG_LEVEL: 2,
            keys::SET_LOG_CONSOLE: true, keys::SET_USER_DEFINED_DATA: "x",
        }));
        assert_eq!(
            (config.log_level, config.callback_log_level),
            (Some(1), Some(2))
        );
        assert_eq!(config.is_log_output_console, Some(true));
        assert_eq!(config.user_define_data.as_deref(), Some("x"));

        let status: SelfStatus = read(&json!({
            keys::STATUS_CUSTOM: "c", keys::STATUS_USER: 1, keys::STATUS_TYPE: "ignored",
        }));
        assert_eq!(status.custom_status, "c");

        let friend: AddFriendParam = read(&json!({
            keys::ADD_FRIEND_USER: "u", keys::ADD_FRIEND_TYPE: 1, keys::ADD_FRIEND_REMARK: "r",
            keys::ADD_FRIEND_GROUP: "g", keys::ADD_FRIEND_SOURCE: "s", keys::ADD_FRIEND_WORDING: "w",
        }));
        assert_eq!((friend.identifier.as_str(), friend.friend_type), ("u", 1));
        assert_eq!(
            (friend.remark.as_str(), friend.group_name.as_str()),
            ("r", "g")
        );
        assert_eq!(
            (friend.add_source.as_str(), friend.add_wording.as_str()),
            ("s", "w")
        );

        let delete: DeleteFriendParam =
            read(&json!({ keys::DELETE_FRIEND_TYPE: 1, keys::DELETE_FRIEND_USERS: ["u"] }));
        assert_eq!(
            (delete.friend_type, delete.identifier_array),
            (1, vec!["u".to_owned()])
        );

        let operation: Operation = read(&json!({
            keys::OPERATION: keys::OPERATION_SET_SERVER,
            keys::SERVER_INFO: {
                keys::SERVER_INFO_ADDRESSES: [{
                    keys::SERVER_IP: "127.0.0.1", keys::SERVER_PORT: 7700,
                    keys::SERVER_IS_IPV6: false, keys::SERVER_IS_QUIC: false,
                }],
                keys::SERVER_INFO_PUBLIC_KEY: "",
            },
        }));
        assert_eq!(operation.name, keys::OPERATION_SET_SERVER);
        let info = operation.server_info.expect("it is there").0;
        let address = &info.addresses[0].0;
        assert_eq!(
            (address.ip.as_str(), address.port, address.is_quic),
            ("127.0.0.1", 7700, false)
        );

        let operation: Operation = read(
            &json!({ keys::OPERATION: "o", keys::WRITE_LOG_LEVEL: 4, keys::WRITE_LOG_CONTENT: "l" }),
        );
        assert_eq!(
            (operation.log_level, operation.log_content.as_str()),
            (4, "l")
        );
    }

    #[test]
    fn another_form_is_an_error() {
        for text in [
            "", "x", "[]", "\"x\"", "1", "null", "{", "{}x", "{\"a\":}", "[\"x\"]",
        ] {
            assert_eq!(parse_object::<InitConfig>(text), Err(JsonError), "{text}");
        }
        for text in [
            "",
            "x",
            "{}",
            "\"x\"",
            "1",
            "null",
            "[",
            "[1]",
            "[\"a\",]",
            "[[\"a\"]]",
        ] {
            assert_eq!(parse_users(text), Err(JsonError), "{text}");
        }
        assert_eq!(parse_object::<SelfStatus>("{}"), Err(JsonError));
        assert_eq!(
            parse_object::<SelfStatus>("{\"user_status_custom_status\":1}"),
            Err(JsonError)
        );
        let nested = "{\"a\":".repeat(1_000_000);
        assert_eq!(parse_object::<InitConfig>(&nested), Err(JsonError));
        let address = format!(
            "{{\"{}\":{{\"{}\":[[\"h\",1]]}}}}",
            keys::SERVER_INFO,
            keys::SERVER_INFO_ADDRESSES
        );
        assert_eq!(parse_object::<Operation>(&address), Err(JsonError));
    }
}
