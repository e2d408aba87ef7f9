//! What the page is told.

use crate::json::Writer;
use userstatus_client::session::Output;
use userstatus_client::{Answer, ConnectionState, Error, Event, Friend, FriendResult, UserStatus};
use userstatus_core::NormalStatus;

/// Either `{"done": 7, "answer": …}`, `{"done": 7, "error": {…}}` or `{"event": "statusChanged", "value": …}`.
pub(crate) fn output(output: &Output) -> Vec<u8> {
    let mut out = Writer::default();
    match output {
        Output::Done(id, Ok(answer)) => {
            out.begin("done").number(id.0).key("answer");
            write_answer(&mut out, answer);
        }
        Output::Done(id, Err(error)) => {
            out.begin("done").number(id.0).key("error");
            write_error(&mut out, error);
        }
        Output::Event(event) => {
            out.begin("event").string(name(event)).key("value");
            write_event(&mut out, event);
        }
    }
    out.end();
    out.into_bytes()
}

fn name(event: &Event) -> &'static str {
    match event {
        Event::StatusChanged(_) => "statusChanged",
        Event::Connection(_) => "connectionChanged",
        Event::KickedOffline(_) => "kickedOffline",
        Event::UserSigExpired(_) => "userSigExpired",
        Event::UserSigExpiring { .. } => "userSigExpiring",
        Event::FriendsAdded(_) | Event::FriendsDeleted(_) => "friendsChanged",
    }
}

fn write_event(out: &mut Writer, event: &Event) {
    match event {
        Event::StatusChanged(statuses) => out.array(statuses, write_status),
        Event::Connection(state) => write_connection(out, state),
        Event::KickedOffline(error) | Event::UserSigExpired(error) => write_error(out, error),
        Event::UserSigExpiring { expires_in } => {
            let expires_in_ms = u64::try_from(expires_in.as_millis()).unwrap_or(u64::MAX);
            out.begin("expiresInMs").number(expires_in_ms).end();
        }
        Event::FriendsAdded(users) => write_friendships(out, users, &[]),
        Event::FriendsDeleted(users) => write_friendships(out, &[], users),
    }
}

fn write_answer(out: &mut Writer, answer: &Answer) {
    match answer {
        Answer::Done => out.null(),
        Answer::Statuses(statuses) => out.array(statuses, write_status),
        Answer::FriendResults(results) => out.array(results, write_result),
        Answer::Friends(friends) => out.array(friends, write_friend),
        Answer::Blocked(users) => write_users(out, users),
    }
}

fn write_status(out: &mut Writer, status: &UserStatus) {
    let normal = match status.normal {
        NormalStatus::Unknown => "unknown",
        NormalStatus::Online => "online",
        NormalStatus::Offline => "offline",
        NormalStatus::UnLogined => "unlogined",
    };
    out.begin("userId").string(&status.user_id);
    out.key("status").string(normal);
    out.key("customStatus").string(&status.custom_status);
    out.key("platforms")
        .array(&status.platforms, |out, platform| {
            out.string(platform.name());
        });
    out.end();
}

fn write_friend(out: &mut Writer, friend: &Friend) {
    out.begin("userId").string(&friend.user_id);
    out.key("remark").string(&friend.remark);
    out.key("groupName").string(&friend.group_name);
    out.key("addSource").string(&friend.add_source);
    out.key("addWording").string(&friend.add_wording);
    out.key("addTimeS").number(friend.add_time_s);
    out.end();
}

fn write_result(out: &mut Writer, result: &FriendResult) {
    out.begin("userId").string(&result.user_id);
    out.key("code").code(result.code);
    out.key("message").string(&result.desc);
    out.end();
}

fn write_error(out: &mut Writer, error: &Error) {
    out.begin("code").code(error.code);
    out.key("message").string(&error.desc);
    out.end();
}

fn write_connection(out: &mut Writer, state: &ConnectionState) {
    let (state, reason) = match state {
        ConnectionState::Connecting => ("connecting", ""),
        ConnectionState::Connected => ("connected", ""),
        ConnectionState::Disconnected(reason) => ("disconnected", reason.as_str()),
        ConnectionState::ConnectFailed(reason) => ("connectFailed", reason.as_str()),
    };
    out.begin("state").string(state);
    out.key("reason").string(reason);
    out.end();
}

fn write_friendships(out: &mut Writer, added: &[String], deleted: &[String]) {
    write_users(out.begin("added"), added);
    write_users(out.key("deleted"), deleted);
    out.end();
}

fn write_users(out: &mut Writer, users: &[String]) {
    out.array(users, |out, user| {
        out.string(user);
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use userstatus_client::session::RequestId;
    use userstatus_core::{Code, Platform};

    fn written(told: &Output) -> String {
        String::from_utf8(output(told)).expect("JSON is UTF-8")
    }

    fn done(answer: Answer) -> String {
        written(&Output::Done(RequestId(7), Ok(answer)))
    }

    #[test]
    fn an_answer_names_its_request() {
        assert_eq!(done(Answer::Done), r#"{"done":7,"answer":null}"#);
        let status = UserStatus {
            user_id: "bob".to_owned(),
            version: 9,
            normal: NormalStatus::Online,
            custom_status: "in a \"match\"\n中文".to_owned(),
            platforms: vec![Platform::Web, Platform::IPhone],
        };
        assert_eq!(
            done(Answer::Statuses(vec![status])),
            r#"{"done":7,"answer":[{"userId":"bob","status":"online","customStatus":"in a \"match\"\u000a中文","platforms":["Web","iPhone"]}]}"#
        );
        let result = FriendResult {
            user_id: "bob".to_owned(),
            code: 30003,
            desc: "no".to_owned(),
        };
        assert_eq!(
            done(Answer::FriendResults(vec![result])),
            r#"{"done":7,"answer":[{"userId":"bob","code":30003,"message":"no"}]}"#
        );
        let friend = Friend {
            user_id: "bob".to_owned(),
            remark: "r".to_owned(),
            group_name: "g".to_owned(),
            add_source: "s".to_owned(),
            add_wording: "w".to_owned(),
            add_time_s: 12,
        };
        assert_eq!(
            done(Answer::Friends(vec![friend])),
            r#"{"done":7,"answer":[{"userId":"bob","remark":"r","groupName":"g","addSource":"s","addWording":"w","addTimeS":12}]}"#
        );
        assert_eq!(
            done(Answer::Blocked(vec!["bob".to_owned()])),
            r#"{"done":7,"answer":["bob"]}"#
        );
        let refused = Output::Done(RequestId(8), Err(Error::with(Code::NotLoggedIn, "no")));
        assert_eq!(
            written(&refused),
            r#"{"done":8,"error":{"code":6014,"message":"no"}}"#
        );
    }

    #[test]
    fn an_event_has_a_name() {
        let error = Error::with(Code::KickedOffline, "out");
        let users = vec!["bob".to_owned()];
        for (event, expected) in [
            (
                Event::StatusChanged(Vec::new()),
                r#"{"event":"statusChanged","value":[]}"#,
            ),
            (
                Event::Connection(ConnectionState::Connected),
                r#"{"event":"connectionChanged","value":{"state":"connected","reason":""}}"#,
            ),
            (
                Event::Connection(ConnectionState::Disconnected("gone".to_owned())),
                r#"{"event":"connectionChanged","value":{"state":"disconnected","reason":"gone"}}"#,
            ),
            (
                Event::KickedOffline(error.clone()),
                r#"{"event":"kickedOffline","value":{"code":6208,"message":"out"}}"#,
            ),
            (
                Event::UserSigExpired(error),
                r#"{"event":"userSigExpired","value":{"code":6208,"message":"out"}}"#,
            ),
            (
                Event::UserSigExpiring {
                    expires_in: Duration::from_millis(300_000),
                },
                r#"{"event":"userSigExpiring","value":{"expiresInMs":300000}}"#,
            ),
            (
                Event::FriendsAdded(users.clone()),
                r#"{"event":"friendsChanged","value":{"added":["bob"],"deleted":[]}}"#,
            ),
            (
                Event::FriendsDeleted(users),
                r#"{"event":"friendsChanged","value":{"added":[],"deleted":["bob"]}}"#,
            ),
        ] {
            assert_eq!(written(&Output::Event(event)), expected);
        }
    }
}
