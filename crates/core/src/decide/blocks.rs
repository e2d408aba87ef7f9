//! Hiding two users from each other (R2).

use super::draft::Draft;
use super::{BlockedUser, Command, Effect, Outcome, Refusal};
use crate::{Block, Code, Edit, UserId, Version};
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::vec::Vec;

/// Versions that the other's status may get while a block is on its way to the disk, and more: what is told of it then is below the
/// version under which it is hidden. As many as there are in 16 ms of the clock.
pub(super) const VERSIONS_MEANWHILE: u64 = 1 << 14;

pub(super) fn block(draft: &mut Draft<'_>, users: &[BlockedUser]) -> Outcome {
    // A session's account is registered; it may have been erased a moment ago.
    if !draft.account.registered {
        return draft.refuse(Code::NoSuchAccount, None);
    }
    let max = draft.settings.limits.blocks_max as usize;
    let mut count = draft.account.blocks.own_count();
    let mut refused = Vec::new();
    let mut seen = BTreeSet::new();
    for BlockedUser { user, version } in users.iter().filter(|named| seen.insert(&named.user)) {
        let standing = standing(draft, user, version.unwrap_or_default());
        let refusal = if *user == draft.account.user {
            let detail = "one cannot block oneself";
            Some((Code::FriendRequestInvalid, Some(detail.into())))
        } else if version.is_none() {
            Some((Code::FriendNoSuchAccount, None))
        } else if !standing.mine && count >= max {
            let detail = format!("{max} users are blocked, which is the most allowed");
            Some((Code::FriendsFull, Some(detail.into())))
        } else {
            None
        };
        if let Some((code, detail)) = refusal {
            refused.push((user.clone(), Refusal { code, detail }));
        } else if !standing.mine {
            count += 1;
            draft.edit(Edit::PutBlock(Block {
                mine: true,
                ..standing
            }));
            let version = draft.account.version;
            affect(draft, user, |user| Command::BecomeBlockedBy {
                user,
                version,
            });
        }
    }
    Outcome::Blocked { refused }
}

pub(super) fn unblock(draft: &mut Draft<'_>, users: &[UserId]) -> Outcome {
    let mut seen = BTreeSet::new();
    for user in users.iter().filter(|user| seen.insert(*user)) {
        let standing = standing(draft, user, Version(0));
        if standing.mine {
            draft.edit(Edit::PutBlock(Block {
                mine: false,
                ..standing
            }));
            affect(draft, user, |user| Command::CeaseBlockedBy { user });
        }
    }
    Outcome::Done
}

pub(super) fn become_blocked_by(draft: &mut Draft<'_>, user: &UserId, version: Version) -> Outcome {
    // It may have been erased since the facts about this account were read.
    if !draft.account.registered {
        return draft.refuse(Code::FriendNoSuchAccount, None);
    }
    let standing = standing(draft, user, version);
    set_theirs(draft, standing, true)
}

pub(super) fn cease_blocked_by(draft: &mut Draft<'_>, user: &UserId) -> Outcome {
    let standing = standing(draft, user, Version(0));
    set_theirs(draft, standing, false)
}

fn set_theirs(draft: &mut Draft<'_>, standing: Block, theirs: bool) -> Outcome {
    if standing.theirs == theirs {
        return Outcome::Nothing;
    }
    draft.edit(Edit::PutBlock(Block { theirs, ..standing }));
    Outcome::Done
}

/// What stands between the two now; where nothing does, an entry that would begin now. It hides the other under a version above
/// whatever was told of them, whose status has this one.
fn standing(draft: &Draft<'_>, user: &UserId, version: Version) -> Block {
    let begun = || Block {
        user: user.clone(),
        mine: false,
        theirs: false,
        since: Version(version.0.saturating_add(VERSIONS_MEANWHILE)).next(draft.now),
    };
    draft
        .account
        .blocks
        .get(user.as_str())
        .cloned()
        .unwrap_or_else(begun)
}

fn affect(draft: &mut Draft<'_>, user: &UserId, command: impl FnOnce(UserId) -> Command) {
    let effect = Effect {
        user: user.clone(),
        command: command(draft.account.user.clone()),
    };
    draft.effects.push(effect);
}
