//! The custom status this instance last set: a reconnect brings it back (S9).

use userstatus_wire::v1;

/// Since its user's login; an own clear counts as well.
#[derive(Debug, Default)]
pub(super) struct OwnStatus(Option<LastSet>);

#[derive(Debug)]
struct LastSet {
    custom_status: String,
    /// What the server answered.
    version: u64,
}

impl OwnStatus {
    /// The server has set it. A server that names no version knows nothing of bringing it back.
    pub(super) fn set(&mut self, custom_status: &str, version: u64) {
        self.0 = (version != 0).then(|| LastSet {
            custom_status: custom_status.to_owned(),
            version,
        });
    }

    /// The account as the server tells of it. A later text than the own one was set elsewhere, and is not to be taken back.
    pub(super) fn told(&mut self, own: &v1::UserStatus) {
        let is_overridden = self.0.as_ref().is_some_and(|last| {
            own.version > last.version && own.custom_status != last.custom_status
        });
        if is_overridden {
            self.0 = None;
        }
    }

    pub(super) fn forget(&mut self) {
        self.0 = None;
    }

    pub(super) fn bring(&self, login: &mut v1::Login) {
        if let Some(last) = &self.0 {
            login.custom_status.clone_from(&last.custom_status);
            login.custom_status_version = last.version;
        }
    }
}
