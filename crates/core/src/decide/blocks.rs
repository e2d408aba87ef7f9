//! Hiding two users from each other (R2).

use super::draft::Draft;
use super::{Command, Effect, Outcome};
use crate::{Block, Code, Edit, UserId, Version};
use alloc::format;

pub(super) fn block(draft: &mut Draft<'_>, user: &UserId, is_registered: bool) -> Outcome {
    if *user == draft.account.user {
        let detail = "one cannot block oneself";
        return draft.refuse(Code::FriendRequestInvalid, Some(detail.into()));
    }
    if !is_registered {
        return draft.refuse(Code::FriendNoSuchAccount, None);
    }
    let standing = standing(draft, user);
    if standing.mine {
        return Outcome::Nothing;
    }
    let max = draft.settings.limits.blocks_max;
    if draft.account.blocks.own_count() >= max as usize {
        let detail = format!("{max} users are blocked, which is the most allowed");
        return draft.refuse(Code::FriendsFull, Some(detail.into()));
    }
    draft.edit(Edit::PutBlock(Block {
        mine: true,
        ..standing
    }));
    affect(draft, user, |user| Command::BecomeBlockedBy { user })
}

pub(super) fn unblock(draft: &mut Draft<'_>, user: &UserId) -> Outcome {
    let standing = standing(draft, user);
    if !standing.mine {
        return Outcome::Nothing;
    }
    draft.edit(Edit::PutBlock(Block {
        mine: false,
        ..standing
    }));
    affect(draft, user, |user| Command::CeaseBlockedBy { user })
}

pub(super) fn become_blocked_by(draft: &mut Draft<'_>, user: &UserId) -> Outcome {
    become_blocked(draft, user, true)
}

pub(super) fn cease_blocked_by(draft: &mut Draft<'_>, user: &UserId) -> Outcome {
    become_blocked(draft, user, false)
}

fn become_blocked(draft: &mut Draft<'_>, user: &UserId, theirs: bool) -> Outcome {
    let standing = standing(draft, user);
    if standing.theirs == theirs {
        return Outcome::Nothing;
    }
    draft.edit(Edit::PutBlock(Block { theirs, ..standing }));
    Outcome::Done
}

/// What stands between the two now; where nothing does, an entry that would begin now.
fn standing(draft: &Draft<'_>, user: &UserId) -> Block {
    let begun = || Block {
        user: user.clone(),
        mine: false,
        theirs: false,
        since: Version(0).next(draft.now),
    };
    draft
        .account
        .blocks
        .get(user.as_str())
        .cloned()
        .unwrap_or_else(begun)
}

fn affect(
    draft: &mut Draft<'_>,
    user: &UserId,
    command: impl FnOnce(UserId) -> Command,
) -> Outcome {
    let effect = Effect {
        user: user.clone(),
        command: command(draft.account.user.clone()),
    };
    draft.effects.push(effect);
    Outcome::Done
}
