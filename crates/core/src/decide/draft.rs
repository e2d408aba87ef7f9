//! The account as it stands while a command is being decided.

use super::{Decision, Effect, Outcome, Refusal};
use crate::account::announcement_limit;
use crate::{
    Account, AppSettings, Away, Code, CustomStatus, Device, Edit, NormalStatus, Quotas, SessionId,
    SlidingWindow, Timestamp, UserStatus, Version,
};
use alloc::boxed::Box;
use alloc::format;
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
    subscriptions_changed: bool,
    /// The account gets a new version and is announced.
    announced: bool,
    /// And the version is to be above this one.
    above: Version,
    /// What was changed before is announced now (N6).
    is_owed_due: bool,
    /// Somebody, and not the system, made a change to the custom status (S9); `None` as version: the one of this change.
    custom_set: Option<Option<Version>>,
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
            subscriptions_changed: false,
            announced: false,
            above: Version(0),
            is_owed_due: false,
            custom_set: None,
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
        self.away = away;
        self.edit(Edit::SetAway { away, since: at });
        if away == Away::LoggedOut {
            // A logout is its user's doing: nothing set before it comes back (S9).
            self.custom_set = Some(None);
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

    /// Whether a text may be a custom status (C5).
    ///
    /// # Errors
    /// The refusal, with what is wrong.
    pub(super) fn accepts(&self, custom: &CustomStatus) -> Result<(), Refusal> {
        let (bytes, max) = (
            custom.as_str().len(),
            self.settings.limits.custom_status_bytes_max,
        );
        let detail = if bytes > max as usize {
            format!("the custom status has {bytes} bytes of UTF-8; at most {max} are allowed")
        } else if custom.as_str().contains('\0') {
            "the custom status holds U+0000, which C strings cannot carry".into()
        } else {
            return Ok(());
        };
        Err(Refusal {
            code: Code::InvalidParameters,
            detail: Some(detail.into()),
        })
    }

    /// Whether one more request may be made now (G3, W1, R1). `what` says for people which requests the window counts.
    ///
    /// # Errors
    /// The refusal, with the quota.
    pub(super) fn check_quota(
        &self,
        window: impl FnOnce(&Quotas) -> &SlidingWindow,
        what: &str,
    ) -> Result<(), Refusal> {
        let limits = &self.settings.limits;
        let (max, window_ms) = (limits.requests_per_window, limits.window_ms);
        let never_used = SlidingWindow::default();
        let quotas = self.account.quotas.as_ref();
        let window = quotas.map_or(&never_used, |quotas| window(quotas));
        if window.allows(max, window_ms, self.now) {
            return Ok(());
        }
        let detail = format!("too frequent: at most {max} requests {what} in {window_ms} ms");
        Err(Refusal {
            code: Code::TooFrequent,
            detail: Some(detail.into()),
        })
    }

    /// The custom status is what its user wants: by a change made now, or at an earlier version.
    pub(super) fn custom_was_set(&mut self, at: Option<Version>) {
        self.custom_set = Some(at);
    }

    pub(super) fn custom(&self) -> &CustomStatus {
        self.custom.as_ref().unwrap_or(&self.account.custom)
    }

    /// The list is being changed: it gets a new version, which is handed back.
    pub(super) fn subscriptions_changed(&mut self) -> Version {
        self.subscriptions_changed = true;
        self.subscriptions_version()
    }

    pub(super) fn subscriptions_version(&self) -> Version {
        let standing = self.account.subscriptions_version;
        match self.subscriptions_changed {
            true => standing.next(self.now),
            false => standing,
        }
    }

    pub(super) fn clear_subscriptions(&mut self) {
        self.subscriptions_changed();
        self.edit(Edit::ClearSubscriptions);
        self.subscriptions_cleared = true;
        if self.subscriptions_clear_at.take().is_some() {
            self.edit(Edit::SetSubscriptionsClearAt(None));
        }
    }

    pub(super) fn announce(&mut self) {
        self.announced = true;
    }

    /// Announces under a version above `known`.
    pub(super) fn announce_above(&mut self, known: Version) {
        self.announced = true;
        self.above = known;
    }

    /// Announces a change that others came too closely before, if it is time (N6).
    pub(super) fn announce_owed(&mut self) {
        self.is_owed_due = self.account.owes_announcement
            && self
                .account
                .pace
                .ready_at(announcement_limit(self.settings))
                <= self.now;
    }

    /// The version of the change being made.
    pub(super) fn version(&self) -> Version {
        if self.announced {
            self.account.version.max(self.above).next(self.now)
        } else {
            self.account.version
        }
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
            version: self.version(),
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
        if self.subscriptions_changed {
            let version = self.subscriptions_version();
            self.edit(Edit::SetSubscriptionsVersion(version));
        }
        let version = self.version();
        if let Some(at) = self.custom_set {
            self.edit(Edit::SetCustomSetAt(at.unwrap_or(version).min(version)));
        }
        if self.announced {
            self.edit(Edit::SetVersion(version));
        }
        let change = self.paced();
        Decision {
            edits: self.edits,
            change,
            effects: self.effects,
            outcome,
        }
    }

    /// What is announced now. Of changes that come faster than the app allows the newest is announced when it is time (N6).
    fn paced(&mut self) -> Option<UserStatus> {
        let account = self.account;
        let limit = announcement_limit(self.settings);
        let is_time = account.pace.ready_at(limit) <= self.now;
        let (pace, owes) = match (self.announced || self.is_owed_due, is_time) {
            (false, _) => return None,
            (true, true) => (account.pace.after_one(limit, self.now), false),
            (true, false) => (account.pace, true),
        };
        if (pace, owes) != (account.pace, account.owes_announcement) {
            self.edit(Edit::SetPace { pace, owes });
        }
        (!owes).then(|| self.status())
    }
}
