//! JSON handed to callbacks.

use crate::keys;
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::borrow::Cow;
use std::ffi::CStr;
use userstatus_client::{Friend, FriendResult, UserStatus};

/// What goes into the JSON argument of a callback. Written by the thread that runs the callback, not by the network thread.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Payload {
    /// The empty string.
    Empty,
    /// JSON that is written already: what a failure hands over, or what the caller gave.
    Ready(Cow<'static, str>),
    /// An array of user statuses.
    Statuses(Vec<UserStatus>),
    /// An array of friends.
    Friends(Vec<Friend>),
    /// An array of those who are blocked, as of friends of whom nothing but the id is known.
    Blocked(Vec<String>),
    /// What became of the one friend that was added.
    FriendResult(FriendResult),
    /// What became of each of several friends.
    FriendResults(Vec<FriendResult>),
    /// An array of user ids.
    Users(Vec<String>),
}

impl Payload {
    /// Writes it to the buffer, and returns it as C sees it.
    pub(crate) fn write<'a>(&self, buffer: &'a mut Vec<u8>) -> &'a CStr {
        buffer.clear();
        let written = match self {
            Self::Empty => Ok(()),
            Self::Ready(json) => {
                buffer.extend_from_slice(json.as_bytes());
                Ok(())
            }
            Self::Statuses(statuses) => write_array(buffer, statuses, StatusOut),
            Self::Friends(friends) => write_array(buffer, friends, FriendOut),
            Self::Blocked(users) => write_array(buffer, users, BlockedOut),
            Self::FriendResult(result) => serde_json::to_writer(&mut *buffer, &ResultOut(result)),
            Self::FriendResults(results) => write_array(buffer, results, ResultOut),
            Self::Users(users) => serde_json::to_writer(&mut *buffer, users),
        };
        // Strings and numbers into memory: there is nothing that could fail. Half a text would be worse than none.
        if written.is_err() {
            buffer.clear();
        }
        buffer.push(0);
        // JSON writes a NUL inside a string as \u0000: the only NUL is the one at the end.
        CStr::from_bytes_until_nul(buffer).unwrap_or_default()
    }
}

fn write_array<'a, T, Out: Serialize>(
    buffer: &mut Vec<u8>,
    items: &'a [T],
    out: impl Fn(&'a T) -> Out,
) -> serde_json::Result<()> {
    let mut serializer = serde_json::Serializer::new(buffer);
    serializer.collect_seq(items.iter().map(out))
}

struct StatusOut<'a>(&'a UserStatus);
struct FriendOut<'a>(&'a Friend);
struct BlockedOut<'a>(&'a String);
struct ProfileOut<'a>(&'a String);
struct ResultOut<'a>(&'a FriendResult);

impl Serialize for StatusOut<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let UserStatus {
            user_id,
            version: _,
            normal,
            custom_status,
            platforms,
        } = self.0;
        let mut map = serializer.serialize_map(Some(4))?;
        map.serialize_entry(keys::STATUS_USER, user_id)?;
        map.serialize_entry(keys::STATUS_TYPE, &normal.number())?;
        map.serialize_entry(keys::STATUS_CUSTOM, custom_status)?;
        let devices: Vec<_> = platforms.iter().map(|platform| platform.name()).collect();
        map.serialize_entry(keys::STATUS_DEVICES, &devices)?;
        map.end()
    }
}

impl Serialize for FriendOut<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Friend {
            user_id,
            remark,
            group_name,
            add_source,
            add_wording,
            add_time_s,
        } = self.0;
        let groups: &[&String] = if group_name.is_empty() {
            &[]
        } else {
            &[group_name]
        };
        let mut map = serializer.serialize_map(Some(8))?;
        map.serialize_entry(keys::FRIEND_USER, user_id)?;
        map.serialize_entry(keys::FRIEND_GROUPS, groups)?;
        map.serialize_entry(keys::FRIEND_REMARK, remark)?;
        map.serialize_entry(keys::FRIEND_ADD_WORDING, add_wording)?;
        map.serialize_entry(keys::FRIEND_ADD_SOURCE, add_source)?;
        map.serialize_entry(keys::FRIEND_ADD_TIME, add_time_s)?;
        // Layers above look into these without asking whether they are there.
        map.serialize_entry(keys::FRIEND_PROFILE, &ProfileOut(user_id))?;
        map.serialize_entry(keys::FRIEND_CUSTOM, &NONE)?;
        map.end()
    }
}

/// The empty array.
const NONE: [(); 0] = [];

impl Serialize for ProfileOut<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(4))?;
        map.serialize_entry(keys::PROFILE_USER, self.0)?;
        map.serialize_entry(keys::PROFILE_NICK_NAME, "")?;
        map.serialize_entry(keys::PROFILE_FACE_URL, "")?;
        map.serialize_entry(keys::PROFILE_CUSTOM, &NONE)?;
        map.end()
    }
}

impl Serialize for BlockedOut<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let entry = Friend {
            user_id: self.0.clone(),
            ..Friend::default()
        };
        FriendOut(&entry).serialize(serializer)
    }
}

impl Serialize for ResultOut<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let FriendResult {
            user_id,
            code,
            desc,
        } = self.0;
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry(keys::FRIEND_RESULT_USER, user_id)?;
        map.serialize_entry(keys::FRIEND_RESULT_CODE, code)?;
        map.serialize_entry(keys::FRIEND_RESULT_DESC, desc)?;
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use userstatus_core::{NormalStatus, Platform};

    fn written(payload: &Payload) -> String {
        let mut buffer = Vec::new();
        payload
            .write(&mut buffer)
            .to_str()
            .expect("UTF-8")
            .to_owned()
    }

    #[test]
    fn a_status_has_the_keys_of_the_abi() {
        let status = UserStatus {
            user_id: "bob".to_owned(),
            version: 7,
            normal: NormalStatus::Online,
            custom_status: "in a \"match\"\0".to_owned(),
            platforms: vec![Platform::Windows, Platform::IPhone],
        };
        assert_eq!(
            written(&Payload::Statuses(vec![status])),
            r#"[{"user_status_identifier":"bob","user_status_status_type":1,"user_status_custom_status":"in a \"match\"\u0000","user_status_online_devices":["Windows","iPhone"]}]"#
        );
    }

    #[test]
    fn friends_and_results_have_the_keys_of_the_abi() {
        let friend = Friend {
            user_id: "bob".to_owned(),
            remark: "r".to_owned(),
            group_name: "g".to_owned(),
            add_source: "s".to_owned(),
            add_wording: "w".to_owned(),
            add_time_s: 12,
        };
        assert_eq!(
            written(&Payload::Friends(vec![friend])),
            r#"[{"friend_profile_identifier":"bob","friend_profile_group_name_array":["g"],"friend_profile_remark":"r","friend_profile_add_wording":"w","friend_profile_add_source":"s","friend_profile_add_time":12,"friend_profile_user_profile":{"user_profile_identifier":"bob","user_profile_nick_name":"","user_profile_face_url":"","user_profile_custom_string_array":[]},"friend_profile_custom_string_array":[]}]"#
        );
        assert_eq!(
            written(&Payload::Blocked(vec!["c\"d".to_owned()])),
            r#"[{"friend_profile_identifier":"c\"d","friend_profile_group_name_array":[],"friend_profile_remark":"","friend_profile_add_wording":"","friend_profile_add_source":"","friend_profile_add_time":0,"friend_profile_user_profile":{"user_profile_identifier":"c\"d","user_profile_nick_name":"","user_profile_face_url":"","user_profile_custom_string_array":[]},"friend_profile_custom_string_array":[]}]"#
        );
        let result = FriendResult {
            user_id: "bob".to_owned(),
            code: 30003,
            desc: "no".to_owned(),
        };
        let text = r#"{"friend_result_identifier":"bob","friend_result_code":30003,"friend_result_desc":"no"}"#;
        assert_eq!(written(&Payload::FriendResult(result.clone())), text);
        assert_eq!(
            written(&Payload::FriendResults(vec![result])),
            format!("[{text}]")
        );
    }

    #[test]
    fn what_has_no_content_is_empty() {
        assert_eq!(written(&Payload::Empty), "");
        assert_eq!(written(&Payload::Ready("[]".into())), "[]");
        assert_eq!(written(&Payload::Users(Vec::new())), "[]");
    }
}
