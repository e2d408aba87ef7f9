//! Friends (D0, N3).

use super::draft::Draft;
use super::{Command, Effect, Outcome, PeerFacts};
use crate::{Code, Edit, Friend, UserId};
use alloc::boxed::Box;
use alloc::format;

/// Longest texts of a friend entry, in bytes of UTF-8.
const TEXT_BYTES_MAX: [(&str, usize); 4] = [
    ("remark", 96),
    ("group_name", 30),
    ("add_source", 32),
    ("add_wording", 256),
];

pub(super) fn add_friend(
    draft: &mut Draft<'_>,
    friend: &Friend,
    both: bool,
    peer: PeerFacts,
    resent: bool,
) -> Outcome {
    if friend.user == draft.account.user {
        let detail = "one cannot be one's own friend";
        return draft.refuse(Code::FriendRequestInvalid, Some(detail.into()));
    }
    let texts = [
        &friend.remark,
        &friend.group_name,
        &friend.add_source,
        &friend.add_wording,
    ];
    for ((name, max), text) in TEXT_BYTES_MAX.into_iter().zip(texts) {
        if text.len() > max {
            let detail = format!(
                "{name} has {} bytes of UTF-8; at most {max} are allowed",
                text.len()
            );
            return draft.refuse(Code::FriendRequestInvalid, Some(detail.into()));
        }
    }
    if !peer.registered {
        return draft.refuse(Code::FriendNoSuchAccount, None);
    }
    let max = draft.settings.limits.friends_max;
    let has_peer = draft.account.friends.contains(friend.user.as_str());
    let peer_is_to_gain = both && !peer.has_me;
    if has_peer && !peer_is_to_gain && !resent {
        return draft.refuse(Code::AlreadyFriends, None);
    }
    if !has_peer && draft.account.friends.len() >= max as usize {
        return draft.refuse(Code::FriendsFull, Some(full(max)));
    }
    if peer_is_to_gain && peer.friends >= max {
        return draft.refuse(Code::PeerFriendsFull, None);
    }
    if !has_peer {
        draft.edit(Edit::PutFriend(Friend {
            added_at: draft.now,
            ..friend.clone()
        }));
    }
    if peer_is_to_gain {
        let command = Command::BecomeFriendOf {
            user: draft.account.user.clone(),
        };
        draft.effects.push(Effect {
            user: friend.user.clone(),
            command,
        });
    }
    Outcome::Done
}

pub(super) fn become_friend_of(draft: &mut Draft<'_>, user: &UserId) -> Outcome {
    if draft.account.friends.contains(user.as_str()) {
        return Outcome::Nothing;
    }
    // Another addition may have filled the list since the facts about this account were read.
    let max = draft.settings.limits.friends_max;
    if draft.account.friends.len() >= max as usize {
        return draft.refuse(Code::PeerFriendsFull, Some(full(max)));
    }
    draft.edit(Edit::PutFriend(Friend {
        user: user.clone(),
        remark: Box::default(),
        group_name: Box::default(),
        add_source: Box::default(),
        add_wording: Box::default(),
        added_at: draft.now,
    }));
    Outcome::Done
}

pub(super) fn delete_friend(
    draft: &mut Draft<'_>,
    user: &UserId,
    both: bool,
    resent: bool,
) -> Outcome {
    let is_friend = draft.account.friends.contains(user.as_str());
    if !is_friend && !resent {
        return draft.refuse(Code::NotAFriend, None);
    }
    if is_friend {
        draft.edit(Edit::RemoveFriend(user.clone()));
    }
    if both {
        let command = Command::CeaseFriendOf {
            user: draft.account.user.clone(),
        };
        draft.effects.push(Effect {
            user: user.clone(),
            command,
        });
    }
    Outcome::Done
}

pub(super) fn cease_friend_of(draft: &mut Draft<'_>, user: &UserId) -> Outcome {
    if !draft.account.friends.contains(user.as_str()) {
        return Outcome::Nothing;
    }
    draft.edit(Edit::RemoveFriend(user.clone()));
    Outcome::Done
}

fn full(max: u32) -> Box<str> {
    format!("the list has {max} friends, which is the most allowed").into()
}
