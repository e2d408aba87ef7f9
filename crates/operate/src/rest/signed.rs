//! UserSigs that were good a moment ago: what was signed once is not computed anew with each request.

use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use userstatus_core::{AppId, Refusal, UserId};
use userstatus_gateway::{CheckedSig, Gateway};
use userstatus_store::apps::App;
use userstatus_store::embedded::EmbeddedStore;

/// UserSigs remembered; then all are forgotten, and checked again. Up to 1 KiB each.
const SIGS_MAX: usize = 4_096;

/// By the UserSig's own text.
#[derive(Default)]
pub(super) struct Signed(Mutex<HashMap<Box<str>, Known>>);

struct Known {
    app: AppId,
    user: UserId,
    checked: Arc<CheckedSig>,
}

impl Signed {
    /// Checks that a UserSig lets somebody speak for an app now.
    pub(super) async fn check(
        &self,
        gateway: &Gateway<EmbeddedStore>,
        app: &App,
        user: &UserId,
        sig: &str,
    ) -> Result<(), Refusal> {
        let known = self.known(app.id, user, sig);
        let checked = match known {
            Some(checked) => checked,
            None => {
                let checked = Arc::new(gateway.check_backend_sig(app, user, sig)?);
                self.remember(app.id, user, sig, Arc::clone(&checked));
                checked
            }
        };
        // It may have ended, or been revoked, since it was checked.
        gateway.backend_sig_holds(app, user, &checked).await
    }

    fn known(&self, app: AppId, user: &UserId, sig: &str) -> Option<Arc<CheckedSig>> {
        let sigs = self.0.lock();
        let known = sigs.get(sig)?;
        (known.app == app && known.user == *user).then(|| Arc::clone(&known.checked))
    }

    fn remember(&self, app: AppId, user: &UserId, sig: &str, checked: Arc<CheckedSig>) {
        let mut sigs = self.0.lock();
        if sigs.len() >= SIGS_MAX {
            sigs.clear();
        }
        sigs.insert(
            sig.into(),
            Known {
                app,
                user: user.clone(),
                checked,
            },
        );
    }
}
