//! What the page hands in. A key that is not known is refused: the page's script is of the same version.

use crate::json::Reader;
use userstatus_client::{AddFriend, Request};

/// What a client is made of.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Config {
    pub(crate) app_id: u64,
    /// The page's own: this module has none. 16 bytes are the instance id (D1), the others seed the jitter.
    pub(crate) random: [u8; 24],
    pub(crate) heartbeat_interval_ms: Option<u32>,
}

pub(crate) fn config(bytes: &[u8]) -> Option<Config> {
    let (mut app_id, mut random, mut heartbeat_interval_ms) = (None, Vec::new(), None);
    let mut reader = Reader::new(bytes)?;
    reader.object(&mut |reader, key| {
        match key {
            "appId" => app_id = Some(reader.number()?),
            "random" => reader.array(&mut |reader| {
                random.push(reader.number()?.try_into().ok()?);
                Some(())
            })?,
            "heartbeatIntervalMs" => {
                heartbeat_interval_ms = Some(reader.number()?.try_into().ok()?)
            }
            _ => return None,
        }
        Some(())
    })?;
    reader.end()?;
    Some(Config {
        app_id: app_id?,
        random: random.try_into().ok()?,
        heartbeat_interval_ms,
    })
}

/// A request: `{"login": {…}}`, `{"subscribe": ["bob"]}`, `"logout"` and so on.
pub(crate) fn request(bytes: &[u8]) -> Option<Request> {
    let mut reader = Reader::new(bytes)?;
    let mut request = None;
    if reader.is_at_object() {
        reader.object(&mut |reader, name| {
            // One at a time.
            let is_first = request.is_none();
            request = Some(request_about(name, reader)?);
            is_first.then_some(())
        })?;
    } else {
        request = match reader.string()?.as_str() {
            "logout" => Some(Request::Logout),
            "listFriends" => Some(Request::ListFriends),
            "listBlocked" => Some(Request::ListBlocked),
            _ => None,
        };
    }
    reader.end()?;
    request
}

fn request_about(name: &str, reader: &mut Reader<'_>) -> Option<Request> {
    Some(match name {
        "login" => login(reader)?,
        "setSelfStatus" => Request::SetSelfStatus(reader.string()?),
        "getUserStatus" => Request::GetUserStatus(reader.strings()?),
        "subscribe" => Request::Subscribe(reader.strings()?),
        "unsubscribe" => Request::Unsubscribe(reader.strings()?),
        "addFriend" => Request::AddFriend(friend(reader)?),
        "deleteFriends" => delete_friends(reader)?,
        "block" => Request::Block(reader.strings()?),
        "unblock" => Request::Unblock(reader.strings()?),
        "setUserDefinedData" => Request::SetUserDefinedData(reader.string()?.into_bytes()),
        _ => return None,
    })
}

fn login(reader: &mut Reader<'_>) -> Option<Request> {
    let (mut user_id, mut user_sig) = (None, None);
    reader.object(&mut |reader, key| {
        let place = match key {
            "userId" => &mut user_id,
            "userSig" => &mut user_sig,
            _ => return None,
        };
        *place = Some(reader.string()?);
        Some(())
    })?;
    Some(Request::Login {
        user_id: user_id?,
        user_sig: user_sig?,
    })
}

fn friend(reader: &mut Reader<'_>) -> Option<AddFriend> {
    let mut user_id = None;
    let mut friend = AddFriend::default();
    reader.object(&mut |reader, key| {
        match key {
            "userId" => user_id = Some(reader.string()?),
            "both" => friend.both = reader.boolean()?,
            "remark" => friend.remark = reader.string()?,
            "groupName" => friend.group_name = reader.string()?,
            "addSource" => friend.add_source = reader.string()?,
            "addWording" => friend.add_wording = reader.string()?,
            _ => return None,
        }
        Some(())
    })?;
    friend.user_id = user_id?;
    Some(friend)
}

fn delete_friends(reader: &mut Reader<'_>) -> Option<Request> {
    let (mut user_ids, mut both) = (None, false);
    reader.object(&mut |reader, key| {
        match key {
            "userIds" => user_ids = Some(reader.strings()?),
            "both" => both = reader.boolean()?,
            _ => return None,
        }
        Some(())
    })?;
    let user_ids = user_ids?;
    Some(Request::DeleteFriends { user_ids, both })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_read_from_json() {
        let users = || vec!["bob".to_owned(), "carol".to_owned()];
        for (text, expected) in [
            (
                r#"{"login":{"userId":"alice","userSig":"eJw"}}"#,
                Request::Login {
                    user_id: "alice".to_owned(),
                    user_sig: "eJw".to_owned(),
                },
            ),
            (r#""logout""#, Request::Logout),
            (
                r#"{"setSelfStatus":"\u4e2d文 \ud83c\udfae"}"#,
                Request::SetSelfStatus("中文 🎮".to_owned()),
            ),
            (
                r#"{"getUserStatus":["bob","carol"]}"#,
                Request::GetUserStatus(users()),
            ),
            (
                r#"{"subscribe":["bob","carol"]}"#,
                Request::Subscribe(users()),
            ),
            (r#"{"unsubscribe":[]}"#, Request::Unsubscribe(Vec::new())),
            (
                r#"{"addFriend":{"userId":"bob","both":true,"remark":"r","groupName":"g","addSource":"s","addWording":"w"}}"#,
                Request::AddFriend(AddFriend {
                    user_id: "bob".to_owned(),
                    both: true,
                    remark: "r".to_owned(),
                    group_name: "g".to_owned(),
                    add_source: "s".to_owned(),
                    add_wording: "w".to_owned(),
                }),
            ),
            (
                r#"{"addFriend":{"userId":"bob"}}"#,
                Request::AddFriend(AddFriend {
                    user_id: "bob".to_owned(),
                    ..AddFriend::default()
                }),
            ),
            (
                r#"{"deleteFriends":{"userIds":["bob","carol"],"both":true}}"#,
                Request::DeleteFriends {
                    user_ids: users(),
                    both: true,
                },
            ),
            (r#""listFriends""#, Request::ListFriends),
            (r#"{"block":["bob","carol"]}"#, Request::Block(users())),
            (r#"{"unblock":["bob","carol"]}"#, Request::Unblock(users())),
            (r#""listBlocked""#, Request::ListBlocked),
            (
                r#"{"setUserDefinedData":"x"}"#,
                Request::SetUserDefinedData(b"x".to_vec()),
            ),
        ] {
            let read = request(text.as_bytes()).unwrap_or_else(|| panic!("{text} is refused"));
            assert!(read == expected, "{text} is read as {read:?}");
        }
    }

    #[test]
    fn another_form_is_refused() {
        for text in [
            "",
            "x",
            "{}",
            "[]",
            "null",
            "1",
            r#""login""#,
            r#""dance""#,
            r#"{"login":{}}"#,
            r#"{"login":{"userId":1,"userSig":"s"}}"#,
            r#"{"subscribe":"bob"}"#,
            r#"{"subscribe":[1]}"#,
            r#"{"subscribe":["bob"]"#,
            r#"{"subscribe":["bob"]} "#.repeat(2).as_str(),
            r#"{"setSelfStatus":"\ud83c"}"#,
            r#"{"block":["a"],"unblock":["b"]}"#,
            r#"{"login":{"userId":"a","userSig":"s","more":1}}"#,
            r#"{"deleteFriends":{"both":true}}"#,
            r#"{"addFriend":{"remark":"r"}}"#,
            r#"{"addFriend":{"userId":"a","both":1}}"#,
        ] {
            assert!(request(text.as_bytes()).is_none(), "{text}");
        }
        let nested = r#"{"subscribe":"#.repeat(100_000) + &"[".repeat(100_000);
        assert!(request(nested.as_bytes()).is_none());
        let broken = b"{\"setSelfStatus\":\"\xff\xfe\"}";
        assert!(request(broken).is_none(), "no UTF-8");
    }

    #[test]
    fn a_configuration_has_an_app_and_24_random_bytes() {
        let random = |count: usize| vec!["7"; count].join(",");
        let read =
            |random: String| config(format!(r#"{{"appId":14,"random":[{random}]}}"#).as_bytes());
        let expected = Config {
            app_id: 14,
            random: [7; 24],
            heartbeat_interval_ms: None,
        };
        assert_eq!(read(random(24)), Some(expected));
        for count in [0, 23, 25] {
            assert_eq!(read(random(count)), None, "{count}");
        }
        assert_eq!(read(random(23) + ",256"), None);
        let text = format!(r#"{{"appId":-1,"random":[{}]}}"#, random(24));
        assert_eq!(config(text.as_bytes()), None);
    }
}
