//! The account as it stands while a command is being decided.

use super::{Decision, Effect, Outcome, Refusal};
use crate::{
    Account, AppSettings, Away, Code, CustomStatus, Device, Edit, NormalStatus, SessionId,
    Timestamp, UserStatus,
};
use alloc::boxed::Box;
use alloc::vec::Vec;

/// Collects edits, and follows those that later steps of the same command depend on. Cloning the whole account would cost
/// thousands of friends per command.
pub(super) struct Draft<'a> {
    pub(super) account: &'a Account,
    pub(super) settings: &'a AppSettings,
    pub(super) now: Timestamp,
    pub(super) effects: Vec<Effect>,
    edits: Vec<Edit>,
    devices: Vec<Device>,
    registered: bool,
    away: Away,
    custom: Option<CustomStatus>,
    subscriptions_cleared: bool,
    subscriptions_clear_at: Option<Timestamp>,
    announced: bool,
}

impl<'a> Draft<'a> {
    pub(super) fn new(account: &'a Account, settings: &'a AppSettings, now: Timestamp) -> Self {
        Self {
            account,
            settings,
            now,
            effects: Vec::new(),
            edits: Vec::new(),
            devices: account.devices.clone(),
            registered: account.registered,
            away: account.away,
            custom: None,
            subscriptions_cleared: false,
            subscriptions_clear_at: account.subscriptions_clear_at,
            announced: false,
        }
    }

    pub(super) fn edit(&mut self, edit: Edit) {
        self.edits.push(edit);
    }

    pub(super) fn has_edits(&self) -> bool {
        !self.edits.is_empty()
    }

    pub(super) fn devices(&self) -> &[Device] {
        &self.devices
    }

    pub(super) fn device_of(&self, session: SessionId) -> Option<Device> {
        self.devices
            .iter()
            .copied()
            .find(|device| device.session == session)
    }

    pub(super) fn subscriptions_cleared(&self) -> bool {
        self.subscriptions_cleared
    }

    pub(super) fn normal(&self) -> NormalStatus {
        match (self.registered, self.devices.is_empty(), self.away) {
            (false, _, _) => NormalStatus::Unknown,
            (true, false, _) => NormalStatus::Online,
            (true, true, Away::LoggedOut) => NormalStatus::UnLogined,
            (true, true, Away::Lost) => NormalStatus::Offline,
        }
    }

    pub(super) fn register(&mut self) {
        if !self.registered {
            self.registered = true;
            self.edit(Edit::Register);
        }
    }

    /// Puts a device on the list, where one of the same instance was or at the end.
    pub(super) fn put_device(&mut self, device: Device) {
        match self
            .devices
            .iter_mut()
            .find(|known| known.instance == device.instance)
        {
            Some(known) => *known = device,
            None => self.devices.push(device),
        }
        self.edit(Edit::PutDevice(device));
    }

    pub(super) fn remove_device(&mut self, session: SessionId) {
        self.devices.retain(|device| device.session != session);
        self.edit(Edit::RemoveDevice(session));
    }

    /// Somebody is there (again): the list is kept (W7), and watchers are told unless they saw the account online all along.
    pub(super) fn arrived(&mut self, was: NormalStatus) {
        if self.subscriptions_clear_at.take().is_some() {
            self.edit(Edit::SetSubscriptionsClearAt(None));
        }
        if was != NormalStatus::Online {
            self.announced = true;
        }
    }

    /// The last device left at `at`, in the way `away` says (S4): the custom status goes with it (C4), the list later (W7).
    pub(super) fn departed(&mut self, away: Away, at: Timestamp) {
        if self.away != away {
            self.away = away;
            self.edit(Edit::SetAway(away));
        }
        if !self.custom().is_empty() {
            self.set_custom(CustomStatus::default());
        }
        if !self.account.subscriptions.is_empty() && !self.subscriptions_cleared {
            let keep_ms = u64::from(self.settings.limits.subscriptions_keep_ms);
            let clear_at = at.plus_ms(keep_ms);
            if clear_at <= self.now {
                self.clear_subscriptions();
            } else {
                self.subscriptions_clear_at = Some(clear_at);
                self.edit(Edit::SetSubscriptionsClearAt(Some(clear_at)));
            }
        }
        self.announced = true;
    }

    pub(super) fn set_custom(&mut self, custom: CustomStatus) {
        self.edit(Edit::SetCustom(custom.clone()));
        self.custom = Some(custom);
    }

    pub(super) fn clear_subscriptions(&mut self) {
        self.edit(Edit::ClearSubscriptions);
        self.subscriptions_cleared = true;
        if self.subscriptions_clear_at.take().is_some() {
            self.edit(Edit::SetSubscriptionsClearAt(None));
        }
    }

    pub(super) fn announce(&mut self) {
        self.announced = true;
    }

    /// Carries out what is due at or before now: ended leases (S6, S8), then the list (W7).
    pub(super) fn expire(&mut self) {
        let ended: Vec<_> = self
            .devices
            .iter()
            .filter(|device| device.lease_until.is_some_and(|until| until <= self.now))
            .map(|device| (device.session, device.lease_until.unwrap_or(self.now)))
            .collect();
        for (session, _) in &ended {
            self.remove_device(*session);
        }
        if let Some(last_at) = ended.iter().map(|(_, until)| *until).max()
            && self.devices.is_empty()
        {
            self.departed(Away::Lost, last_at);
        }
        if self.subscriptions_clear_at.is_some_and(|at| at <= self.now) {
            self.clear_subscriptions();
        }
    }

    pub(super) fn refuse(&self, code: Code, detail: Option<Box<str>>) -> Outcome {
        Outcome::Refused(Refusal { code, detail })
    }

    /// The status after the edits so far, as announced at `finish`.
    pub(super) fn status(&self) -> UserStatus {
        let mut platforms: Vec<_> = self.devices.iter().map(|device| device.platform).collect();
        platforms.sort_unstable();
        platforms.dedup();
        UserStatus {
            user: self.account.user.clone(),
            version: if self.announced {
                self.account.version.next(self.now)
            } else {
                self.account.version
            },
            normal: self.normal(),
            custom: self.custom().clone(),
            platforms,
        }
    }

    /// The decision. A refusal changes nothing, whatever was due: that happens at its own deadline.
    pub(super) fn finish(mut self, outcome: Outcome) -> Decision {
        if matches!(outcome, Outcome::Refused(_)) {
            return Decision {
                edits: Vec::new(),
                change: None,
                effects: Vec::new(),
                outcome,
            };
        }
        let change = self.announced.then(|| self.status());
        if let Some(status) = &change {
            self.edits.push(Edit::SetVersion(status.version));
        }
        Decision {
            edits: self.edits,
            change,
            effects: self.effects,
            outcome,
        }
    }

    fn custom(&self) -> &CustomStatus {
        self.custom.as_ref().unwrap_or(&self.account.custom)
    }
}
