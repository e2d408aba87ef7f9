//! What an account says of a friend: in tags, as it is sent, and in words of its own, as it is kept.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use userstatus_core::{Friend, FriendUpdate, Timestamp, UserId};
use utoipa::ToSchema;

mod tag {
    pub(super) const ADD_SOURCE: &str = "Tag_SNS_IM_AddSource";
    pub(super) const REMARK: &str = "Tag_SNS_IM_Remark";
    pub(super) const GROUP: &str = "Tag_SNS_IM_Group";
    pub(super) const ADD_WORDING: &str = "Tag_SNS_IM_AddWording";
    pub(super) const ADD_TIME: &str = "Tag_SNS_IM_AddTime";
}

/// One thing that is said of a friend.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TagValue {
    /// What.
    tag: String,
    /// A text; a list of texts for `Tag_SNS_IM_Group`; Unix time for `Tag_SNS_IM_AddTime`.
    value: Value,
}

pub(super) const fn from_s(seconds: u64) -> Timestamp {
    Timestamp::from_ms(seconds.saturating_mul(1_000))
}

/// What a list of tags changes. Of values of another kind than the tag has, nothing is.
pub(super) fn update(user: UserId, items: &[TagValue]) -> FriendUpdate {
    let mut update = FriendUpdate {
        user,
        remark: None,
        group_name: None,
        add_source: None,
        add_wording: None,
        added_at: None,
    };
    for TagValue { tag, value } in items {
        let text = || value.as_str().map(Box::from);
        match tag.as_str() {
            tag::REMARK => update.remark = text(),
            tag::ADD_SOURCE => update.add_source = text(),
            tag::ADD_WORDING => update.add_wording = text(),
            tag::GROUP => {
                let first = value.get(0).and_then(Value::as_str);
                update.group_name = match value {
                    Value::Array(_) => Some(first.unwrap_or_default().into()),
                    _ => text(),
                };
            }
            tag::ADD_TIME => update.added_at = value.as_u64().map(from_s),
            _ => {}
        }
    }
    update
}

/// What an account says of a friend, where it says something.
pub(super) fn said_of(friend: &Friend, is_wanted: impl Fn(&str) -> bool) -> Vec<TagValue> {
    let text = |text: &str| (!text.is_empty()).then(|| Value::from(text));
    let group = (!friend.group_name.is_empty()).then(|| Value::from(vec![&*friend.group_name]));
    let said = [
        (tag::ADD_SOURCE, text(&friend.add_source)),
        (tag::REMARK, text(&friend.remark)),
        (tag::GROUP, group),
        (tag::ADD_TIME, Some(friend.added_at.as_s().into())),
        (tag::ADD_WORDING, text(&friend.add_wording)),
    ];
    let said = said.into_iter().filter(|(tag, _)| is_wanted(tag));
    said.filter_map(|(tag, value)| {
        Some(TagValue {
            tag: tag.to_owned(),
            value: value?,
        })
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(json: &str) -> Vec<TagValue> {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn what_is_said_of_a_friend_is_told_by_the_tags_it_was_set_by() {
        let json = r#"[{"Tag":"Tag_SNS_IM_AddSource","Value":"AddSource_Type_Web"},{"Tag":"Tag_SNS_IM_Remark","Value":"r"},{"Tag":"Tag_SNS_IM_Group","Value":["g"]},{"Tag":"Tag_SNS_IM_AddTime","Value":7},{"Tag":"Tag_SNS_IM_AddWording","Value":"w"}]"#;
        let wanted = update(UserId::parse("bob").unwrap(), &values(json));
        let friend = Friend {
            user: wanted.user,
            remark: wanted.remark.unwrap(),
            group_name: wanted.group_name.unwrap(),
            add_source: wanted.add_source.unwrap(),
            add_wording: wanted.add_wording.unwrap(),
            added_at: wanted.added_at.unwrap(),
        };
        let said = serde_json::to_string(&said_of(&friend, |_| true)).unwrap();
        assert_eq!(said, json);
        assert_eq!(said_of(&friend, |tag| tag == tag::REMARK).len(), 1);
    }

    #[test]
    fn tags_that_nobody_knows_and_values_of_another_kind_change_nothing() {
        let json = r#"[{"Tag":"Tag_SNS_Custom_Level","Value":"9"},{"Tag":"Tag_SNS_IM_Remark","Value":9},{"Tag":"Tag_SNS_IM_AddTime","Value":"now"}]"#;
        let wanted = update(UserId::parse("bob").unwrap(), &values(json));
        assert!(wanted.remark.is_none() && wanted.added_at.is_none());
        let json = r#"[{"Tag":"Tag_SNS_IM_Group","Value":[]}]"#;
        let wanted = update(UserId::parse("bob").unwrap(), &values(json));
        assert_eq!(wanted.group_name.as_deref(), Some(""), "out of all groups");
    }
}
