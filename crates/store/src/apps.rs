//! The apps of this server: settings and keys, read on every request, written durably.

use crate::{AppStorage, NotDurable, RECORD_TIMEOUT, StoreError};
use arc_swap::ArcSwap;
use hashbrown::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;
use userstatus_core::{AppId, AppSettings, SettingsError, Timestamp};
use userstatus_usersig::{SECRET_KEY_BYTES_MIN, SecretKey};

/// Keys an app may have at once: the one in use and the one that is to follow, or that went before (D2).
pub const APP_KEYS_MAX: usize = 2;

/// Longest name of an app, in bytes.
pub const APP_NAME_BYTES_MAX: usize = 64;

/// Most apps of a server.
pub const APPS_MAX: usize = 10_000;

/// A secret key chosen here has this many random bytes; its text is twice as long.
const SECRET_KEY_RANDOM_BYTES: usize = 32;

/// Ids chosen here have ten digits, as those of the SDK whose ABI is mirrored have.
const RANDOM_APP_IDS: std::ops::Range<u64> = 1_400_000_000..1_800_000_000;

/// One app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct App {
    /// Its id.
    pub id: AppId,
    /// For people.
    pub name: String,
    /// Plan, switches, limits.
    pub settings: AppSettings,
    /// One or two keys, oldest first.
    pub keys: Vec<AppKey>,
    /// When.
    pub created_at: Timestamp,
}

/// A key of an app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppKey {
    /// Names the key among those its app has.
    pub id: u32,
    /// The secret.
    pub secret: SecretKey,
    /// When it was added.
    pub created_at: Timestamp,
}

/// What an app is made from.
#[derive(Clone, Debug, Default)]
pub struct NewApp {
    /// `None`: a random one.
    pub id: Option<AppId>,
    /// For people; may be empty.
    pub name: String,
    /// Plan, switches, limits.
    pub settings: AppSettings,
    /// `None`: a random one.
    pub secret: Option<SecretKey>,
}

/// Why an app was not changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppError {
    /// No such app.
    #[error("there is no app {0}")]
    NoSuchApp(AppId),
    /// The id is taken.
    #[error("there is an app {0} already")]
    Exists(AppId),
    /// The name is too long.
    #[error("the name is {0} bytes long; at most {APP_NAME_BYTES_MAX} are allowed")]
    NameTooLong(usize),
    /// A setting is out of range.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// A third key.
    #[error("app {0} has {APP_KEYS_MAX} keys already; remove one first")]
    TooManyKeys(AppId),
    /// The same key twice.
    #[error("app {0} has this key already")]
    KeyExists(AppId),
    /// A key that could be found by trying.
    #[error(
        "the secret key has {0} bytes; at least {SECRET_KEY_BYTES_MIN} are needed, or others could find it by trying: leave it out and a random one is made, or take what `openssl rand -hex 32` prints"
    )]
    KeyTooShort(usize),
    /// No such key.
    #[error("app {0} has no key {1}")]
    NoSuchKey(AppId, u32),
    /// The only key.
    #[error("key {1} is the only one of app {0}; add another first")]
    LastKey(AppId, u32),
    /// No room.
    #[error("there are {APPS_MAX} apps already, which is the most allowed; delete one first")]
    TooManyApps,
    /// It could not be written, and did not take effect.
    #[error(transparent)]
    NotDurable(#[from] NotDurable),
    /// The apps could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// All apps. Reading takes no lock; a change is on disk before it takes effect.
pub struct AppRegistry {
    apps: ArcSwap<HashMap<AppId, Arc<App>>>,
    storage: Arc<dyn AppStorage>,
    // Held across a whole change: changes are made one after the other.
    changing: tokio::sync::Mutex<()>,
}

impl AppRegistry {
    /// Reads all apps.
    ///
    /// # Errors
    /// [`AppError::Store`] if they cannot be read.
    pub fn load(storage: Arc<dyn AppStorage>) -> Result<Arc<Self>, AppError> {
        let apps = storage.load()?;
        for app in &apps {
            for key in app.keys.iter().filter(|key| key.secret.is_short()) {
                tracing::warn!(
                    app = app.id.get(),
                    key = key.id,
                    bytes_min = SECRET_KEY_BYTES_MIN,
                    "a secret key is so short that others could find it by trying; add another with `userstatusd app key-add` and remove this one"
                );
            }
        }
        let apps = apps
            .into_iter()
            .map(|app| (app.id, Arc::new(app)))
            .collect();
        Ok(Arc::new(Self {
            apps: ArcSwap::from_pointee(apps),
            storage,
            changing: tokio::sync::Mutex::new(()),
        }))
    }

    /// One app, as it now is.
    pub fn get(&self, id: AppId) -> Option<Arc<App>> {
        self.apps.load().get(&id).cloned()
    }

    /// All apps, by id.
    pub fn list(&self) -> Vec<Arc<App>> {
        let mut apps: Vec<_> = self.apps.load().values().cloned().collect();
        apps.sort_unstable_by_key(|app| app.id);
        apps
    }

    /// Creates an app.
    ///
    /// # Errors
    /// [`AppError`]; then there is no such app.
    pub async fn create(&self, new: NewApp, now: Timestamp) -> Result<Arc<App>, AppError> {
        let secret = new_secret(new.secret)?;
        let _changing = self.changing.lock().await;
        let apps = self.apps.load();
        if apps.len() >= APPS_MAX {
            return Err(AppError::TooManyApps);
        }
        let id = match new.id {
            Some(id) if apps.contains_key(&id) => return Err(AppError::Exists(id)),
            Some(id) => id,
            None => random_app_id(|id| apps.contains_key(&id)),
        };
        let key = AppKey {
            id: 1,
            secret,
            created_at: now,
        };
        drop(apps);
        self.put(App {
            id,
            name: new.name,
            settings: new.settings,
            keys: vec![key],
            created_at: now,
        })
        .await
    }

    /// Changes name and settings, at once for everybody connected (P2). What else `change` does has no effect.
    ///
    /// # Errors
    /// [`AppError`]; then nothing changed.
    pub async fn update(
        &self,
        id: AppId,
        change: impl FnOnce(&mut App) + Send,
    ) -> Result<Arc<App>, AppError> {
        let _changing = self.changing.lock().await;
        let standing = self.existing(id)?;
        let mut wanted = App::clone(&standing);
        change(&mut wanted);
        self.put(App {
            name: wanted.name,
            settings: wanted.settings,
            ..App::clone(&standing)
        })
        .await
    }

    /// Adds a key; UserSigs of both are let in from now on. `None`: a random one.
    ///
    /// # Errors
    /// [`AppError`]; then nothing changed.
    pub async fn add_key(
        &self,
        id: AppId,
        secret: Option<SecretKey>,
        now: Timestamp,
    ) -> Result<AppKey, AppError> {
        let _changing = self.changing.lock().await;
        let mut app = App::clone(&*self.existing(id)?);
        if app.keys.len() >= APP_KEYS_MAX {
            return Err(AppError::TooManyKeys(id));
        }
        let secret = new_secret(secret)?;
        if app.keys.iter().any(|key| key.secret == secret) {
            return Err(AppError::KeyExists(id));
        }
        let newest_id = app.keys.iter().map(|key| key.id).max().unwrap_or_default();
        let key = AppKey {
            id: newest_id.saturating_add(1),
            secret,
            created_at: now,
        };
        app.keys.push(key.clone());
        self.put(app).await?;
        Ok(key)
    }

    /// Removes a key; UserSigs signed with it are refused from now on. The last one stays.
    ///
    /// # Errors
    /// [`AppError`]; then nothing changed.
    pub async fn remove_key(&self, id: AppId, key_id: u32) -> Result<Arc<App>, AppError> {
        let _changing = self.changing.lock().await;
        let mut app = App::clone(&*self.existing(id)?);
        let Some(index) = app.keys.iter().position(|key| key.id == key_id) else {
            return Err(AppError::NoSuchKey(id, key_id));
        };
        if app.keys.len() == 1 {
            return Err(AppError::LastKey(id, key_id));
        }
        app.keys.remove(index);
        self.put(app).await
    }

    /// Removes an app. Its accounts and connections are the gateway's business.
    ///
    /// # Errors
    /// [`AppError`]; then it is still there.
    pub async fn delete(&self, id: AppId) -> Result<(), AppError> {
        let _changing = self.changing.lock().await;
        let standing = self.existing(id)?;
        if let Err(error) = self.storage.remove(id).wait_within(RECORD_TIMEOUT).await {
            // It may get to the disk all the same: what stands there last is what stands here.
            drop(self.storage.put(&standing));
            return Err(error.into());
        }
        let mut apps = HashMap::clone(&self.apps.load());
        apps.remove(&id);
        self.apps.store(Arc::new(apps));
        Ok(())
    }

    fn existing(&self, id: AppId) -> Result<Arc<App>, AppError> {
        self.get(id).ok_or(AppError::NoSuchApp(id))
    }

    async fn put(&self, app: App) -> Result<Arc<App>, AppError> {
        if app.name.len() > APP_NAME_BYTES_MAX {
            return Err(AppError::NameTooLong(app.name.len()));
        }
        app.settings.check()?;
        if let Err(error) = self.storage.put(&app).wait_within(RECORD_TIMEOUT).await {
            // It may get to the disk all the same: what stands there last is what stands here.
            drop(match self.get(app.id) {
                Some(standing) => self.storage.put(&standing),
                None => self.storage.remove(app.id),
            });
            return Err(error.into());
        }
        let app = Arc::new(app);
        let mut apps = HashMap::clone(&self.apps.load());
        apps.insert(app.id, Arc::clone(&app));
        self.apps.store(Arc::new(apps));
        Ok(app)
    }
}

fn random_app_id(is_taken: impl Fn(AppId) -> bool) -> AppId {
    loop {
        let id = AppId::new(rand::random_range(RANDOM_APP_IDS)).expect("the range is above 0");
        if !is_taken(id) {
            return id;
        }
    }
}

/// A key given, if it is long enough, or a random one.
fn new_secret(given: Option<SecretKey>) -> Result<SecretKey, AppError> {
    match given {
        Some(secret) if secret.is_short() => Err(AppError::KeyTooShort(secret.expose().len())),
        Some(secret) => Ok(secret),
        None => Ok(random_secret_key()),
    }
}

fn random_secret_key() -> SecretKey {
    let bytes: [u8; SECRET_KEY_RANDOM_BYTES] = rand::random();
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        write!(text, "{byte:02x}").expect("writing to a String does not fail");
    }
    SecretKey::new(&text).expect("64 bytes are neither none nor too many")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded::EmbeddedStore;
    use crate::testing::{START, premium};

    async fn registry_with_one() -> (Arc<AppRegistry>, AppId) {
        let apps = AppRegistry::load(EmbeddedStore::open(None).unwrap() as _).unwrap();
        let id = apps.create(NewApp::default(), START).await.unwrap().id;
        (apps, id)
    }

    #[tokio::test]
    async fn p2_a_new_app_is_basic_and_off_and_has_one_random_key() {
        let (apps, id) = registry_with_one().await;
        let (first, second) = (
            apps.get(id).unwrap(),
            apps.create(NewApp::default(), START).await.unwrap(),
        );
        assert_eq!(first.settings, AppSettings::default());
        assert!(RANDOM_APP_IDS.contains(&id.get()));
        assert_eq!(first.keys.len(), 1);
        assert_eq!(first.keys[0].secret.expose().len(), 64);
        assert_ne!(first.keys[0].secret, second.keys[0].secret);
        assert_ne!(first.id, second.id);
    }

    #[tokio::test]
    async fn an_id_is_taken_once() {
        let (apps, id) = registry_with_one().await;
        let again = NewApp {
            id: Some(id),
            ..NewApp::default()
        };
        assert_eq!(apps.create(again, START).await, Err(AppError::Exists(id)));
    }

    #[tokio::test]
    async fn d2_an_app_has_one_or_two_keys() {
        let (apps, id) = registry_with_one().await;
        let first = apps.get(id).unwrap().keys[0].clone();
        assert_eq!(
            apps.remove_key(id, first.id).await,
            Err(AppError::LastKey(id, first.id))
        );
        let same = apps.add_key(id, Some(first.secret.clone()), START).await;
        assert_eq!(same, Err(AppError::KeyExists(id)));
        let second = apps.add_key(id, None, START).await.unwrap();
        assert_eq!(
            apps.add_key(id, None, START).await,
            Err(AppError::TooManyKeys(id))
        );
        assert_eq!(
            apps.remove_key(id, 99).await,
            Err(AppError::NoSuchKey(id, 99))
        );
        let left = apps.remove_key(id, first.id).await.unwrap();
        assert_eq!(left.keys, std::slice::from_ref(&second));
        let third = apps.add_key(id, None, START).await.unwrap();
        assert!(
            third.id > second.id && second.id > first.id,
            "a number names one key only"
        );
    }

    #[tokio::test]
    async fn a_new_key_has_32_bytes_and_an_old_one_is_used_whatever_it_has() {
        let (apps, id) = registry_with_one().await;
        let key = |bytes: usize| Some(SecretKey::new(&"k".repeat(bytes)).unwrap());
        let of = |secret| NewApp {
            secret,
            ..NewApp::default()
        };
        for bytes in [1, 31] {
            let error = Err(AppError::KeyTooShort(bytes));
            assert_eq!(apps.create(of(key(bytes)), START).await, error);
            let added = apps.add_key(id, key(bytes), START).await;
            assert_eq!(added, Err(AppError::KeyTooShort(bytes)));
        }
        apps.add_key(id, key(32), START).await.unwrap();
        let mut old = App::clone(&apps.create(of(key(32)), START).await.unwrap());
        old.keys[0].secret = key(1).unwrap();
        let store = Kept(old.clone());
        let apps = AppRegistry::load(Arc::new(store)).unwrap();
        assert_eq!(*apps.get(old.id).unwrap(), old);
        let renamed = apps.update(old.id, |app| app.name = "game".to_owned());
        assert_eq!(renamed.await.unwrap().keys, old.keys);
        apps.add_key(old.id, None, START).await.unwrap();
    }

    /// A store with an app from before.
    struct Kept(App);

    impl AppStorage for Kept {
        fn load(&self) -> Result<Vec<App>, StoreError> {
            Ok(vec![self.0.clone()])
        }

        fn put(&self, _app: &App) -> crate::Ticket {
            crate::Ticket::durable()
        }

        fn remove(&self, _app: AppId) -> crate::Ticket {
            crate::Ticket::durable()
        }
    }

    #[tokio::test]
    async fn p3_settings_out_of_range_change_nothing() {
        let (apps, id) = registry_with_one().await;
        let refused = apps.update(id, |app| {
            app.settings = premium();
            app.settings.limits.window_ms = 0;
        });
        let error = refused.await.unwrap_err();
        assert!(error.to_string().contains("window_ms is 0"), "{error}");
        let too_long = apps.update(id, |app| app.name = "x".repeat(APP_NAME_BYTES_MAX + 1));
        assert_eq!(too_long.await, Err(AppError::NameTooLong(65)));
        assert_eq!(apps.get(id).unwrap().settings, AppSettings::default());
    }

    #[tokio::test]
    async fn an_update_reaches_name_and_settings_only() {
        let (apps, id) = registry_with_one().await;
        let before = apps.get(id).unwrap();
        let updated = apps.update(id, |app| {
            app.name = "game".to_owned();
            app.settings = premium();
            app.keys.clear();
            app.created_at = Timestamp::default();
        });
        let updated = updated.await.unwrap();
        assert_eq!(
            (updated.name.as_str(), &updated.settings),
            ("game", &premium())
        );
        assert_eq!(
            (&updated.keys, updated.created_at),
            (&before.keys, before.created_at)
        );
        let nobody = AppId::new(1).unwrap();
        assert_eq!(
            apps.update(nobody, |_| {}).await,
            Err(AppError::NoSuchApp(nobody))
        );
    }
}
