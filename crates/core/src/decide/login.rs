//! Coming in (S6, S9, D1 to D4).

use super::draft::Draft;
use super::{Outcome, Refusal, Restored};
use crate::{
    Code, Device, DevicePolicy, Edit, InstanceId, PaceLimit, Platform, SessionId, Timestamp,
    Version,
};
use alloc::format;
use alloc::vec::Vec;

/// About so many kinds of devices exist.
const PLATFORMS: u32 = 8;

/// What a device says of itself when it comes.
pub(super) struct Arrival<'a> {
    pub(super) session: SessionId,
    pub(super) instance: InstanceId,
    pub(super) platform: Platform,
    pub(super) reconnect: bool,
    pub(super) sig_minted_at: Timestamp,
    pub(super) restored: Option<&'a Restored>,
    pub(super) known_list: Version,
    pub(super) began: Version,
}

pub(super) fn login(draft: &mut Draft<'_>, arrival: &Arrival<'_>) -> Outcome {
    let Arrival {
        session,
        instance,
        platform,
        reconnect,
        ..
    } = *arrival;
    if let Err(refusal) = check_sig(draft, arrival.sig_minted_at) {
        return Outcome::Refused(refusal);
    }
    let was_kicked = draft.account.kicked.contains(&instance);
    if reconnect && was_kicked {
        return draft.refuse(Code::KickedOffline, None);
    }
    let over = over_policy(draft, instance, platform);
    if reconnect && !over.is_empty() {
        // A later login took the place: an automatic reconnect must not fight it.
        return draft.refuse(Code::KickedOffline, None);
    }
    if let Err(refusal) = count_login(draft) {
        return Outcome::Refused(refusal);
    }
    let was = draft.account.normal();
    let earlier = draft
        .devices()
        .iter()
        .copied()
        .find(|device| device.instance == instance);
    draft.register();
    for device in &over {
        draft.remove_device(device.session);
        draft.edit(Edit::AddKicked(device.instance));
    }
    if was_kicked {
        draft.edit(Edit::RemoveKicked(instance));
    }
    let logged_in_at = match earlier {
        Some(device) if reconnect => device.logged_in_at,
        _ => draft.now,
    };
    draft.put_device(Device {
        instance,
        session,
        platform,
        logged_in_at,
        lease_until: None,
    });
    draft.arrived(was);
    if let Some(restored) = arrival.restored.filter(|_| reconnect) {
        restore(draft, restored);
    }
    let subscriptions: Vec<_> = if draft.subscriptions_cleared() {
        Vec::new()
    } else {
        draft.account.subscriptions.iter().cloned().collect()
    };
    let account = draft.account;
    let subscriptions_lost = may_be_lost(draft, arrival);
    Outcome::LoggedIn {
        replaced: earlier
            .map(|device| device.session)
            .filter(|earlier| *earlier != session),
        kicked: over.iter().map(|device| device.session).collect(),
        subscriptions_kept: !subscriptions.is_empty() && !subscriptions_lost,
        subscriptions_lost,
        subscriptions_version: draft.subscriptions_version(),
        subscriptions,
        friends: account
            .friends
            .iter()
            .map(|friend| friend.user.clone())
            .collect(),
        hidden: account
            .blocks
            .iter()
            .map(|block| block.user.clone())
            .collect(),
        status: draft.status(),
    }
}

pub(super) fn renew_sig(
    draft: &mut Draft<'_>,
    session: SessionId,
    sig_minted_at: Timestamp,
) -> Outcome {
    if draft.device_of(session).is_none() {
        return draft.refuse(Code::NotLoggedIn, None);
    }
    match check_sig(draft, sig_minted_at) {
        Ok(()) => Outcome::Done,
        Err(refusal) => Outcome::Refused(refusal),
    }
}

/// Refuses a UserSig that a kick revoked (D2); remembers the date of one that is let in.
fn check_sig(draft: &mut Draft<'_>, minted_at: Timestamp) -> Result<(), Refusal> {
    if minted_at < draft.account.sigs_valid_from {
        return Err(Refusal {
            code: Code::SigRevoked,
            detail: None,
        });
    }
    if minted_at > draft.account.sigs_minted_until {
        draft.edit(Edit::SetSigsMintedUntil(minted_at));
    }
    Ok(())
}

/// Whether changes to the list that the client knows of may have been lost in a crash (W7). Where another device has changed the list
/// since, nothing tells any more: then it is said to be, and the client subscribes once more.
fn may_be_lost(draft: &Draft<'_>, arrival: &Arrival<'_>) -> bool {
    let (known, held) = (arrival.known_list, draft.account.subscriptions_version);
    let is_from_before = known != Version(0) && known < arrival.began;
    known > held || (is_from_before && held >= arrival.began)
}

/// A login is work in proportion to friends and subscriptions: an account has as many as it has requests (R1), and all its devices may
/// come back at once.
fn count_login(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    let limits = &draft.settings.limits;
    let (count, window_ms) = (limits.requests_per_window, limits.window_ms);
    let devices = draft.settings.devices.per_platform_max();
    let burst = count.max(devices.saturating_mul(PLATFORMS));
    let limit = PaceLimit::bursting(count, window_ms, burst);
    let pace = draft.account.login_pace;
    if pace.ready_at(limit) > draft.now {
        let detail =
            format!("too frequent: at most {count} logins of an account in {window_ms} ms");
        return Err(Refusal {
            code: Code::TooFrequent,
            detail: Some(detail.into()),
        });
    }
    let pace = pace.after_one(limit, draft.now);
    draft.edit(Edit::SetLoginPace(pace));
    Ok(())
}

/// What the instance last set stands again, if nobody has set another since (S9).
fn restore(draft: &mut Draft<'_>, restored: &Restored) {
    let Restored { custom, set_at } = restored;
    let is_wanted = draft.settings.custom_status_returns
        && *set_at >= draft.account.custom_set_at
        && draft.accepts(custom).is_ok();
    if !is_wanted {
        return;
    }
    if draft.custom() != custom {
        draft.set_custom(custom.clone());
        draft.announce();
    }
    if *set_at > draft.account.custom_set_at {
        draft.custom_was_set(Some(*set_at));
    }
}

/// The devices a login of `instance` pushes out, oldest login first (D1).
fn over_policy(draft: &Draft<'_>, instance: InstanceId, platform: Platform) -> Vec<Device> {
    let max = draft.settings.devices.per_platform_max() as usize;
    let mut rivals: Vec<_> = draft
        .devices()
        .iter()
        .copied()
        .filter(|device| device.instance != instance)
        .filter(|device| draft.settings.devices == DevicePolicy::One || device.platform == platform)
        .collect();
    rivals.sort_by_key(|device| device.logged_in_at);
    rivals.truncate((rivals.len() + 1).saturating_sub(max));
    rivals
}
