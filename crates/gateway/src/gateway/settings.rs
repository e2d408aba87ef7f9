//! An app's settings change under those who are connected (P2).

use super::Gateway;
use crate::outbox::EncodedChange;
use hashbrown::HashMap;
use hashbrown::hash_map::Entry;
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::task::JoinHandle;
use userstatus_core::{AppId, Version};
use userstatus_store::apps::{App, AppError};
use userstatus_store::{AccountKey, Store, StoreError};

/// Telling those connected what they were not told while a switch was off: one task for each app where anybody is owed something.
#[derive(Debug, Default)]
pub(super) struct CatchingUp {
    /// Held across a change of settings and what follows from it: switches are turned one after the other.
    changing: tokio::sync::Mutex<()>,
    tasks: Mutex<HashMap<AppId, Task>>,
}

#[derive(Debug)]
struct Task {
    handle: JoinHandle<()>,
    /// The switches were turned again since it last looked who is owed something.
    again: bool,
}

impl CatchingUp {
    /// One that is at it goes on, and looks once more; else there is a new one.
    fn begin(&self, app: AppId, start: impl FnOnce() -> JoinHandle<()>) {
        let mut tasks = self.tasks.lock();
        match tasks.entry(app) {
            Entry::Occupied(mut task) if !task.get().handle.is_finished() => {
                task.get_mut().again = true;
            }
            entry => {
                let handle = start();
                let again = false;
                entry.insert(Task { handle, again });
            }
        }
    }

    /// Whether the task of an app has no more to do; then there is none any more.
    fn is_over(&self, app: AppId) -> bool {
        let mut tasks = self.tasks.lock();
        let looks_again = tasks
            .get_mut(&app)
            .is_some_and(|task| std::mem::take(&mut task.again));
        if !looks_again {
            tasks.remove(&app);
        }
        !looks_again
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
        let _changing = self.catching_up.changing.lock().await;
        let changed = self.apps.update(id, change).await?;
        self.app_changed(&changed);
        Ok(changed)
    }

    fn app_changed(self: &Arc<Self>, app: &App) {
        self.settings_epoch.fetch_add(1, Ordering::Release);
        let grace_ms = u64::from(app.settings.limits.sig_close_grace_ms);
        self.hub.for_each_session(app.id, |outbox| {
            outbox.wake();
            self.sig_ends
                .go_by_grace(outbox, grace_ms, self.clock.wall());
        });
        if self.hub.settle(app.id) {
            let start = || tokio::spawn(Arc::clone(self).catch_all_up(app.id));
            self.catching_up.begin(app.id, start);
        }
    }

    /// Tells those connected what they were not told while a switch was off: nothing else would put it right until the next change.
    /// What cannot be told, because it is off again, stays owed.
    async fn catch_all_up(self: Arc<Self>, app: AppId) {
        loop {
            for watcher in self.hub.owed(app) {
                if let Err(error) = self.catch_up(&watcher).await {
                    tracing::error!(app = app.get(), user = watcher.user.as_str(), %error, "somebody connected was not told what changed while a switch was off");
                }
                // They may be very many: others want the thread, too.
                tokio::task::yield_now().await;
            }
            if self.catching_up.is_over(app) {
                return;
            }
        }
    }

    /// Tells one account what it was not told and can be told now.
    pub(super) async fn catch_up(&self, watcher: &AccountKey) -> Result<(), StoreError> {
        let Some(due) = self.hub.take_owed(watcher) else {
            return Ok(());
        };
        let read_at = Version::first_at(self.clock.now());
        let me = Some(&watcher.user);
        let statuses = match self.store.statuses(watcher.app, me, &due.users).await {
            Ok(statuses) => statuses,
            Err(error) => {
                self.hub.take_back(watcher, due);
                return Err(error);
            }
        };
        for status in statuses {
            let is_watched = self.hub.is_watching(watcher, &status.user);
            if let Some(news) = due.news(status, read_at, is_watched) {
                self.hub.tell(watcher, &Arc::new(EncodedChange::new(&news)));
            }
        }
        Ok(())
    }
}
