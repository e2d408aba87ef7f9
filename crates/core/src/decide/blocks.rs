//! Hiding two users from each other (R2).

use super::draft::Draft;
use super::{Command, Effect, Outcome, Refusal};
use crate::{Block, Code, Edit, UserId, Version};
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::vec::Vec;

pub(super) fn block(draft: &mut Draft<'_>, users: &[UserId], strangers: &[UserId]) -> Outcome {
    let max = draft.settings.limits.blocks_max as usize;
    let mut count = draft.account.blocks.own_count();
    let mut refused = Vec::new();
    let mut seen = BTreeSet::new();
    for user in users.iter().filter(|user| seen.insert(*user)) {
        let standing = standing(draft, user);
        let refusal = if *user == draft.account.user {
            let detail = "one cannot block oneself";
            Some((Code::FriendRequestInvalid, Some(detail.into())))
        } else if strangers.contains(user) {
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
            affect(draft, user, |user| Command::BecomeBlockedBy { user });
        }
    }
    Outcome::Blocked { refused }
}

pub(super) fn unblock(draft: &mut Draft<'_>, users: &[UserId]) -> Outcome {
    let mut seen = BTreeSet::new();
    for user in users.iter().filter(|user| seen.insert(*user)) {
        let standing = standing(draft, user);
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

fn affect(draft: &mut Draft<'_>, user: &UserId, command: impl FnOnce(UserId) -> Command) {
    let effect = Effect {
        user: user.clone(),
        command: command(draft.account.user.clone()),
    };
    draft.effects.push(effect);
}
