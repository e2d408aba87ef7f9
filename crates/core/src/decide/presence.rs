//! Going, being held, and one's own custom status (S, C).

use super::blocks::VERSIONS_MEANWHILE;
use super::draft::Draft;
use super::{LossCause, Outcome};
use crate::{Away, Code, CustomStatus, Device, Edit, SessionId, Timestamp, Version};
use alloc::vec::Vec;

pub(super) fn logout(draft: &mut Draft<'_>, session: SessionId) -> Outcome {
    if draft.device_of(session).is_none() {
        return Outcome::Nothing;
    }
    draft.remove_device(session);
    if draft.devices().is_empty() {
        draft.departed(Away::LoggedOut, draft.now);
    }
    Outcome::Done
}

pub(super) fn connection_lost(
    draft: &mut Draft<'_>,
    session: SessionId,
    cause: LossCause,
) -> Outcome {
    let Some(device) = draft.device_of(session) else {
        return Outcome::Nothing;
    };
    let grace_ms = u64::from(draft.settings.limits.disconnect_grace_ms);
    if cause == LossCause::Closed && grace_ms > 0 {
        let lease_until = Some(draft.now.plus_ms(grace_ms));
        draft.put_device(Device {
            lease_until,
            ..device
        });
        return Outcome::Done;
    }
    draft.remove_device(session);
    if draft.devices().is_empty() {
        draft.departed(Away::Lost, draft.now);
    }
    Outcome::Done
}

pub(super) fn hold_under_lease(
    draft: &mut Draft<'_>,
    since: Timestamp,
    before: SessionId,
) -> Outcome {
    let silence_ms = u64::from(draft.settings.limits.silence_timeout_ms);
    let until = since.plus_ms(silence_ms);
    let held: Vec<_> = draft
        .devices()
        .iter()
        .filter(|device| device.session < before)
        .filter(|device| device.lease_until.is_none_or(|known| known > until))
        .copied()
        .collect();
    if held.is_empty() {
        return Outcome::Nothing;
    }
    for device in held {
        draft.put_device(Device {
            lease_until: Some(until),
            ..device
        });
    }
    Outcome::Done
}

pub(super) fn set_self_status(
    draft: &mut Draft<'_>,
    session: SessionId,
    custom: &CustomStatus,
) -> Outcome {
    if draft.device_of(session).is_none() {
        return draft.refuse(Code::NotLoggedIn, None);
    }
    set_custom(draft, custom)
}

pub(super) fn set_status_for(draft: &mut Draft<'_>, custom: &CustomStatus) -> Outcome {
    if !draft.account.registered {
        return draft.refuse(Code::NoSuchAccount, None);
    }
    if draft.devices().is_empty() {
        let detail = "nobody is there: a custom status goes with the account's last device, and can be set again when one has come";
        return draft.refuse(Code::NotLoggedIn, Some(detail.into()));
    }
    set_custom(draft, custom)
}

fn set_custom(draft: &mut Draft<'_>, custom: &CustomStatus) -> Outcome {
    if let Err(refusal) = draft.accepts(custom) {
        return Outcome::Refused(refusal);
    }
    draft.set_custom(custom.clone());
    draft.custom_was_set(None);
    draft.announce();
    Outcome::StatusSet {
        version: draft.version(),
    }
}

pub(super) fn import(draft: &mut Draft<'_>) -> Outcome {
    if draft.account.registered {
        return Outcome::Nothing;
    }
    draft.register();
    let (away, since) = (Away::LoggedOut, draft.now);
    draft.edit(Edit::SetAway { away, since });
    draft.announce();
    Outcome::Done
}

pub(super) fn announce(draft: &mut Draft<'_>, above: Version) -> Outcome {
    if !draft.account.registered {
        return Outcome::Nothing;
    }
    // And above the version under which it was hidden from others (R2), be it a moment ago: that is the next one after these.
    let hidden = Version(
        draft
            .account
            .version
            .0
            .saturating_add(VERSIONS_MEANWHILE + 1),
    );
    draft.announce_above(above.max(hidden));
    Outcome::Done
}

pub(super) fn outrun(draft: &mut Draft<'_>, known: Version) -> Outcome {
    let account = draft.account;
    if !account.registered || known <= account.version || !known.is_plausible(draft.now) {
        return Outcome::Nothing;
    }
    draft.announce_above(known);
    Outcome::Done
}

/// What of a kick waits for nothing: who is there goes.
pub(super) fn disconnect_all(draft: &mut Draft<'_>) -> Outcome {
    let devices = draft.devices().to_vec();
    for device in &devices {
        draft.remove_device(device.session);
        draft.edit(Edit::AddKicked(device.instance));
    }
    if !devices.is_empty() {
        draft.departed(Away::LoggedOut, draft.now);
    }
    Outcome::KickedAll {
        sessions: devices.iter().map(|device| device.session).collect(),
    }
}

pub(super) fn kick_all(
    draft: &mut Draft<'_>,
    minters_now: Timestamp,
    unless_set: Timestamp,
) -> Outcome {
    let outcome = disconnect_all(draft);
    // UserSig times are whole seconds: one minted in this second may be from before the kick, so it counts as before. One that was
    // let in with a later date, by a minter whose clock is ahead or a server whose clock is behind, was minted before the kick all the same
    // (D4). A revocation that lies further ahead than any UserSig may was made while this server's own clock was ahead: the next kick
    // puts that right, unless it is now that the clock is wrong.
    let (standing, minted_until) = (
        draft.account.sigs_valid_from,
        draft.account.sigs_minted_until,
    );
    let last = match minted_until < standing {
        true => minters_now,
        false => minters_now.max(minted_until),
    };
    let valid_from = Timestamp::from_ms((last.as_s() + 1) * 1000);
    let ahead_ms = u64::from(draft.settings.limits.sig_ahead_ms);
    let is_believed = standing <= minters_now.max(unless_set).plus_ms(ahead_ms + 1_000);
    if valid_from > standing || !is_believed {
        draft.edit(Edit::SetSigsValidFrom(valid_from));
    }
    outcome
}
