//! An app's settings change under those who are connected (P2).

use super::Gateway;
use crate::outbox::EncodedChange;
use hashbrown::HashMap;
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use userstatus_core::{AppId, AppSettings, Relation, Version, delivers};
use userstatus_store::Store;
use userstatus_store::apps::{App, AppError};

/// The ways of watching that an app can switch off.
const SWITCHED: [Relation; 2] = [Relation::Subscribed, Relation::Friend];

/// Of apps whose settings have changed since the start: what is told, and since when something is not.
#[derive(Debug, Default)]
pub(super) struct Switches(Mutex<HashMap<AppId, [Switch; SWITCHED.len()]>>);

#[derive(Clone, Copy, Debug)]
struct Switch {
    is_on: bool,
    /// Of a way that is off: versions from this one on were not told. `None`: it has been off since the start.
    off_since: Option<Version>,
}

impl Switches {
    /// Notes how the switches are now; says which have been turned on, and since when they were off.
    fn turned_on(
        &self,
        app: AppId,
        before: &AppSettings,
        after: &AppSettings,
        now: Version,
    ) -> Vec<(Relation, Option<Version>)> {
        let mut apps = self.0.lock();
        let switches = apps.entry(app).or_insert_with(|| {
            SWITCHED.map(|relation| Switch {
                is_on: delivers(before, relation),
                off_since: None,
            })
        });
        let mut turned_on = Vec::new();
        for (relation, switch) in SWITCHED.into_iter().zip(switches) {
            let was_on = std::mem::replace(&mut switch.is_on, delivers(after, relation));
            match (was_on, switch.is_on) {
                (true, false) => switch.off_since = Some(now),
                (false, true) => turned_on.push((relation, switch.off_since)),
                _ => {}
            }
        }
        turned_on
    }

    pub(super) fn forget(&self, app: AppId) {
        self.0.lock().remove(&app);
    }
}

impl<S: Store> Gateway<S> {
    /// Changes an app's name and settings: those connected go by the new ones from now on (P2).
    ///
    /// # Errors
    /// [`AppError`]; then nothing changed.
    pub async fn change_app(
        self: &Arc<Self>,
        id: AppId,
        change: impl FnOnce(&mut App) + Send,
    ) -> Result<Arc<App>, AppError> {
        let mut before = AppSettings::default();
        let changed = self
            .apps
            .update(id, |app| {
                before = app.settings.clone();
                change(app);
            })
            .await?;
        self.app_changed(id, &before);
        Ok(changed)
    }

    fn app_changed(self: &Arc<Self>, id: AppId, before: &AppSettings) {
        self.settings_epoch.fetch_add(1, Ordering::Release);
        // Another change may have come in between: it is the last that counts.
        let Some(app) = self.apps.get(id) else { return };
        let now = Version::first_at(self.clock.now());
        let turned_on = self.switches.turned_on(id, before, &app.settings, now);
        let grace_ms = u64::from(app.settings.limits.sig_close_grace_ms);
        self.hub.for_each_session(id, |outbox| {
            outbox.wake();
            self.sig_ends
                .go_by_grace(outbox, grace_ms, self.clock.wall());
        });
        if !turned_on.is_empty() {
            tokio::spawn(Arc::clone(self).tell_again(id, turned_on));
        }
    }

    /// Tells those connected what they were not told while a switch was off: nothing else would put it right until the next change.
    async fn tell_again(self: Arc<Self>, app: AppId, turned_on: Vec<(Relation, Option<Version>)>) {
        for watcher in self.hub.watchers_of(app) {
            for (relation, off_since) in &turned_on {
                // Turned off again meanwhile: then nobody is told (P2).
                let is_on = self
                    .apps
                    .get(app)
                    .is_some_and(|app| delivers(&app.settings, *relation));
                if !is_on {
                    continue;
                }
                // Of what was so at the start nobody knows who was told. Version 0 is somebody who never was.
                let off_since = off_since.unwrap_or(Version(1));
                let users = self.hub.watched_by(&watcher, *relation);
                let me = Some(&watcher.user);
                let statuses = match self.store.statuses(app, me, &users).await {
                    Ok(statuses) => statuses,
                    Err(error) => {
                        tracing::error!(app = app.get(), %error, "those connected were not told what changed while a switch was off");
                        return;
                    }
                };
                for status in statuses.iter().filter(|status| status.version >= off_since) {
                    self.hub
                        .tell(&watcher, &Arc::new(EncodedChange::new(status)));
                }
            }
            // They may be very many: others want the thread, too.
            tokio::task::yield_now().await;
        }
    }
}
