//! Coming, going, and one's own custom status (S, C, D).

use super::draft::Draft;
use super::{LossCause, Outcome};
use crate::{
    Away, Code, CustomStatus, Device, DevicePolicy, Edit, InstanceId, Platform, SessionId,
    Timestamp,
};
use alloc::format;
use alloc::vec::Vec;

pub(super) fn login(
    draft: &mut Draft<'_>,
    session: SessionId,
    instance: InstanceId,
    platform: Platform,
    reconnect: bool,
    sig_minted_at: Timestamp,
) -> Outcome {
    if sig_minted_at < draft.account.sigs_valid_from {
        return draft.refuse(Code::SigRevoked, None);
    }
    let was_kicked = draft.account.kicked.contains(&instance);
    if reconnect && was_kicked {
        return draft.refuse(Code::KickedOffline, None);
    }
    let was = draft.account.normal();
    let earlier = draft
        .devices()
        .iter()
        .copied()
        .find(|device| device.instance == instance);
    let over = over_policy(draft, instance, platform);
    if reconnect && !over.is_empty() {
        // A later login took the place: an automatic reconnect must not fight it.
        return draft.refuse(Code::KickedOffline, None);
    }
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
    let subscriptions: Vec<_> = if draft.subscriptions_cleared() {
        Vec::new()
    } else {
        draft.account.subscriptions.iter().cloned().collect()
    };
    Outcome::LoggedIn {
        replaced: earlier
            .map(|device| device.session)
            .filter(|earlier| *earlier != session),
        kicked: over.iter().map(|device| device.session).collect(),
        subscriptions_kept: !subscriptions.is_empty(),
        subscriptions,
        friends: draft
            .account
            .friends
            .iter()
            .map(|friend| friend.user.clone())
            .collect(),
        status: draft.status(),
    }
}

/// The devices a login of `instance` pushes out, oldest login first (D1).
fn over_policy(draft: &Draft<'_>, instance: InstanceId, platform: Platform) -> Vec<Device> {
    let max = match draft.settings.devices {
        DevicePolicy::One | DevicePolicy::OnePerPlatform => 1,
        DevicePolicy::UpToPerPlatform(count) => count as usize,
    };
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

pub(super) fn hold_under_lease(draft: &mut Draft<'_>) -> Outcome {
    let until = draft
        .now
        .plus_ms(u64::from(draft.settings.limits.silence_timeout_ms));
    let held: Vec<_> = draft
        .devices()
        .iter()
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
    let (bytes, max) = (
        custom.as_str().len(),
        draft.settings.limits.custom_status_bytes_max,
    );
    if bytes > max as usize {
        let detail =
            format!("the custom status has {bytes} bytes of UTF-8; at most {max} are allowed");
        return draft.refuse(Code::InvalidParameters, Some(detail.into()));
    }
    if custom.as_str().contains('\0') {
        let detail = "the custom status holds U+0000, which C strings cannot carry";
        return draft.refuse(Code::InvalidParameters, Some(detail.into()));
    }
    draft.set_custom(custom.clone());
    draft.announce();
    Outcome::Done
}

pub(super) fn import(draft: &mut Draft<'_>) -> Outcome {
    if draft.account.registered {
        return Outcome::Nothing;
    }
    draft.register();
    draft.announce();
    Outcome::Done
}

pub(super) fn kick_all(draft: &mut Draft<'_>, minters_now: Timestamp) -> Outcome {
    let devices = draft.devices().to_vec();
    for device in &devices {
        draft.remove_device(device.session);
        draft.edit(Edit::AddKicked(device.instance));
    }
    // UserSig times are whole seconds: one minted in this second may be from before the kick, so it counts as before.
    let valid_from = Timestamp::from_ms((minters_now.as_s() + 1) * 1000);
    draft.edit(Edit::SetSigsValidFrom(valid_from));
    if !devices.is_empty() {
        draft.departed(Away::LoggedOut, draft.now);
    }
    Outcome::KickedAll {
        sessions: devices.iter().map(|device| device.session).collect(),
    }
}
