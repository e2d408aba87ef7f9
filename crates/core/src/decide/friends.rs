//! Friends (D0, N3, R1).

use super::draft::Draft;
use super::{
    Command, Effect, FriendRequest, FriendUpdate, ImportedFriend, Outcome, PeerFacts, Refusal,
    needs_premium,
};
use crate::{Code, Edit, Friend, FriendsPolicy, SessionId, Timestamp, UserId};
use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::vec::Vec;

/// Longest texts of a friend entry, in bytes of UTF-8.
const TEXT_BYTES_MAX: [(&str, usize); 4] = [
    ("remark", 96),
    ("group_name", 30),
    ("add_source", 32),
    ("add_wording", 256),
];

/// Plan, policy, quota, in this order: what a retry cannot help comes first, and only what passes is counted.
pub(super) fn request_friends(
    draft: &mut Draft<'_>,
    session: SessionId,
    request: FriendRequest,
) -> Outcome {
    if draft.device_of(session).is_none() {
        return draft.refuse(Code::NotLoggedIn, None);
    }
    if needs_premium(draft.settings) {
        return draft.refuse(Code::NeedsPremium, None);
    }
    if request == FriendRequest::Change && draft.settings.friends == FriendsPolicy::Server {
        let detail = "in this app only the studio's server makes and ends friendships";
        return draft.refuse(Code::InvalidOperation, Some(detail.into()));
    }
    if let Err(refusal) = draft.check_quota(|quotas| &quotas.friends, "about friends") {
        return Outcome::Refused(refusal);
    }
    let (at, window_ms) = (draft.now, draft.settings.limits.window_ms);
    draft.edit(Edit::CountFriends { at, window_ms });
    Outcome::Done
}

pub(super) fn add_friend(
    draft: &mut Draft<'_>,
    friend: &Friend,
    both: bool,
    peer: PeerFacts,
    resent: bool,
) -> Outcome {
    // A session's account is registered; one that an operator names may have been erased a moment ago.
    if !draft.account.registered {
        return draft.refuse(Code::NoSuchAccount, None);
    }
    if let Err(refusal) = could_be_friend(draft, friend, peer.registered) {
        return Outcome::Refused(refusal);
    }
    let has_peer = draft.account.friends.contains(friend.user.as_str());
    let peer_is_to_gain = both && !peer.has_me;
    if has_peer && !peer_is_to_gain && resent {
        // It was made before, whoever has blocked whom since.
        return Outcome::Done;
    }
    if let Err(refusal) = not_blocked(draft, friend) {
        return Outcome::Refused(refusal);
    }
    let max = draft.settings.limits.friends_max;
    if has_peer && !peer_is_to_gain {
        return draft.refuse(Code::AlreadyFriends, None);
    }
    if !has_peer && draft.account.friends.len() >= max as usize {
        return draft.refuse(Code::FriendsFull, Some(full(max)));
    }
    if peer_is_to_gain && peer.friends >= max {
        return draft.refuse(Code::PeerFriendsFull, None);
    }
    if !has_peer {
        draft.edit(Edit::PutFriend(friend.clone()));
    }
    if peer_is_to_gain {
        let command = Command::BecomeFriendOf {
            user: draft.account.user.clone(),
            at: friend.added_at,
        };
        draft.effects.push(Effect {
            user: friend.user.clone(),
            command,
        });
    }
    Outcome::Done
}

pub(super) fn import_friends(draft: &mut Draft<'_>, friends: &[ImportedFriend]) -> Outcome {
    if !draft.account.registered {
        return draft.refuse(Code::NoSuchAccount, None);
    }
    if needs_premium(draft.settings) {
        return draft.refuse(Code::NeedsPremium, None);
    }
    let max = draft.settings.limits.friends_max;
    let mut count = draft.account.friends.len();
    let mut refused = Vec::new();
    let mut seen = BTreeSet::new();
    for imported in friends {
        let mut friend = imported.friend.clone();
        // Of one who is named twice the first counts.
        if !seen.insert(&imported.friend.user) {
            continue;
        }
        let standing = draft.account.friends.get(friend.user.as_str());
        if let Some(standing) = standing
            && !imported.is_dated
        {
            friend.added_at = standing.added_at;
        }
        let is_new = standing.is_none();
        let accepted = could_be_friend(draft, &friend, imported.registered).and_then(|()| {
            // Who is a friend stays one, whoever has blocked whom since.
            if !is_new {
                return Ok(());
            }
            not_blocked(draft, &friend)?;
            match count >= max as usize {
                true => Err(refusal(Code::FriendsFull, Some(full(max)))),
                false => Ok(()),
            }
        });
        match accepted {
            Err(refusal) => refused.push((friend.user, refusal)),
            // An import that is made again changes nothing, and writes nothing.
            Ok(()) if standing == Some(&friend) => {}
            Ok(()) => {
                count += usize::from(is_new);
                draft.edit(Edit::PutFriend(friend));
            }
        }
    }
    Outcome::FriendsChanged { refused }
}

pub(super) fn update_friends(draft: &mut Draft<'_>, updates: &[FriendUpdate]) -> Outcome {
    if !draft.account.registered {
        return draft.refuse(Code::NoSuchAccount, None);
    }
    if needs_premium(draft.settings) {
        return draft.refuse(Code::NeedsPremium, None);
    }
    let mut refused = Vec::new();
    let mut seen = BTreeSet::new();
    for update in updates {
        if !seen.insert(&update.user) {
            continue;
        }
        let Some(standing) = draft.account.friends.get(update.user.as_str()) else {
            refused.push((update.user.clone(), refusal(Code::NotAFriend, None)));
            continue;
        };
        let text = |wanted: &Option<Box<str>>, standing: &str| match wanted {
            Some(wanted) => wanted.clone(),
            None => Box::from(standing),
        };
        let friend = Friend {
            user: update.user.clone(),
            remark: text(&update.remark, &standing.remark),
            group_name: text(&update.group_name, &standing.group_name),
            add_source: text(&update.add_source, &standing.add_source),
            add_wording: text(&update.add_wording, &standing.add_wording),
            added_at: update.added_at.unwrap_or(standing.added_at),
        };
        match texts_fit(&friend) {
            Err(refusal) => refused.push((update.user.clone(), refusal)),
            Ok(()) if friend == *standing => {}
            Ok(()) => draft.edit(Edit::PutFriend(friend)),
        }
    }
    Outcome::FriendsChanged { refused }
}

/// Whether this can be a friend of the account at all, blocks and how many it has aside.
fn could_be_friend(draft: &Draft<'_>, friend: &Friend, registered: bool) -> Result<(), Refusal> {
    if friend.user == draft.account.user {
        let detail = "one cannot be one's own friend";
        return Err(refusal(Code::FriendRequestInvalid, Some(detail.into())));
    }
    texts_fit(friend)?;
    match registered {
        true => Ok(()),
        false => Err(refusal(Code::FriendNoSuchAccount, None)),
    }
}

fn not_blocked(draft: &Draft<'_>, friend: &Friend) -> Result<(), Refusal> {
    match draft.account.blocks.get(friend.user.as_str()) {
        Some(block) if block.mine => Err(refusal(Code::FriendBlocked, None)),
        Some(_) => Err(refusal(Code::BlockedByFriend, None)),
        None => Ok(()),
    }
}

fn texts_fit(friend: &Friend) -> Result<(), Refusal> {
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
            return Err(refusal(Code::FriendRequestInvalid, Some(detail.into())));
        }
    }
    Ok(())
}

const fn refusal(code: Code, detail: Option<Box<str>>) -> Refusal {
    Refusal { code, detail }
}

pub(super) fn become_friend_of(draft: &mut Draft<'_>, user: &UserId, at: Timestamp) -> Outcome {
    if draft.account.friends.contains(user.as_str()) {
        return Outcome::Nothing;
    }
    // It may have been erased, or another addition have filled the list, since the facts about this account were read.
    if !draft.account.registered {
        return draft.refuse(Code::FriendNoSuchAccount, None);
    }
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
        added_at: at,
    }));
    Outcome::Done
}

pub(super) fn delete_friends(
    draft: &mut Draft<'_>,
    users: &[UserId],
    both: bool,
    known_by: &[UserId],
    resent: bool,
) -> Outcome {
    let mut strangers = Vec::new();
    let mut seen = BTreeSet::new();
    let known_by: BTreeSet<_> = known_by.iter().filter(|_| both).collect();
    for user in users.iter().filter(|user| seen.insert(*user)) {
        let is_friend = draft.account.friends.contains(user.as_str());
        if !is_friend && !known_by.contains(user) && !resent {
            strangers.push(user.clone());
            continue;
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
    }
    Outcome::FriendsDeleted { strangers }
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
