//! How often an app may call a command.

use super::command::Command;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::time::Duration;
use tokio::time::Instant;
use userstatus_core::AppId;
use userstatus_store::apps::APPS_MAX;

/// Calls are counted for so long.
const WINDOW: Duration = Duration::from_secs(1);

/// Calls of each command of each app. An app comes in by its admin's UserSig only: there are no more than the server has.
#[derive(Default)]
pub(super) struct Rates(Mutex<HashMap<AppId, HashMap<Command, Window>>>);

struct Window {
    began_at: Instant,
    calls: u32,
}

impl Rates {
    /// Whether one more call may be made now; then it counts.
    pub(super) fn allows(&self, app: AppId, command: Command, per_s: u32) -> bool {
        let now = Instant::now();
        let mut apps = self.0.lock();
        if apps.len() >= APPS_MAX && !apps.contains_key(&app) {
            // Of apps that are deleted nothing is forgotten until then.
            apps.retain(|_, commands| {
                let recent = |window: &Window| now - window.began_at < WINDOW;
                commands.values().any(recent)
            });
        }
        let commands = apps.entry(app).or_default();
        let window = commands.entry(command).or_insert(Window {
            began_at: now,
            calls: 0,
        });
        if now - window.began_at >= WINDOW {
            *window = Window {
                began_at: now,
                calls: 0,
            };
        }
        if window.calls >= per_s {
            return false;
        }
        window.calls += 1;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn each_command_of_each_app_has_calls_of_its_own_in_a_second() {
        let rates = Rates::default();
        let [one, other] = [1, 2].map(|id| AppId::new(id).unwrap());
        let kick = |app| rates.allows(app, Command::Kick, 2);
        assert!(kick(one) && kick(one));
        assert!(!kick(one));
        assert!(kick(other));
        assert!(rates.allows(one, Command::FriendGet, 2));
        tokio::time::advance(WINDOW - Duration::from_millis(1)).await;
        assert!(
            !kick(one),
            "a refused call does not count, and gains no time"
        );
        tokio::time::advance(Duration::from_millis(1)).await;
        assert!(kick(one) && kick(one) && !kick(one));
    }
}
