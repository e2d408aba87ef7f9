//! A client as the C ABI has it: settings, a dispatcher, and the instance between `TIMInit` and `TIMUninit`.
//!
//! A process has a default one, which the mirrored functions mean, and as many numbered ones ([`clients`]) as it opens.
//!
//! A call holds the instance for reading while it hands its request in, which takes no time and runs no user code. So when `TIMUninit`
//! has the instance for itself, no call is half way, and every request accepted is known to the client, which ends it.

pub(crate) mod clients;
mod instance;
mod operation;
mod reply;

use crate::dispatch::{
    Completer, Dispatcher, Event, Mode, NetworkChange, Slot, default_dispatcher,
};
use crate::ffi::{CommCallback, Listener, TIMLoginStatus, TIMNetworkStatus, TIMResult};
use crate::json::{self, InitConfig, Payload, SetConfig};
use crate::log;
use crate::refused::Refused;
use instance::Instance;
use once_cell::sync::Lazy;
use parking_lot::{Mutex, RwLock, RwLockReadGuard};
use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use userstatus_client::session::check_user_sig;
use userstatus_client::{
    ConnectionState, HEARTBEAT_INTERVAL_MIN, LoginStatus, NetworkChange as PlatformNetwork,
    Request, ServerAddress,
};
use userstatus_core::{AppId, Code, Limits, Platform, UserId};

/// What `sdk_config_heartbeat_interval_ms` may be, beside 0.
const HEARTBEAT_INTERVAL_MS: RangeInclusive<u32> =
    HEARTBEAT_INTERVAL_MIN.as_millis() as u32..=3_600_000;

/// Bytes of `set_config_user_define_data`.
const USER_DEFINED_DATA_BYTES_MAX: usize = 64;

/// The default one of this process.
pub(crate) fn sdk() -> &'static Sdk {
    static SDK: Lazy<Sdk> = Lazy::new(|| Sdk::new(Kind::Default, Arc::clone(default_dispatcher())));
    &SDK
}

/// See the module.
pub(crate) struct Sdk {
    kind: Kind,
    dispatcher: Arc<Dispatcher>,
    instance: RwLock<Option<Instance>>,
    settings: Mutex<Settings>,
}

/// What it means that there is no instance, and whose the log is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Not initialised: calls are answered with 6013. What is the process's is set here, above all the log.
    Default,
    /// Closed: calls are refused. It was never without an instance before.
    Numbered,
}

/// Set before `TIMInit`, and kept from one instance to the next.
struct Settings {
    /// Set with `callExperimentalAPI`; come before any other.
    servers: Vec<ServerAddress>,
    user_defined_data: Vec<u8>,
}

impl Sdk {
    fn new(kind: Kind, dispatcher: Arc<Dispatcher>) -> Self {
        Self {
            kind,
            dispatcher,
            instance: RwLock::new(None),
            settings: Mutex::new(Settings {
                servers: Vec::new(),
                user_defined_data: Vec::new(),
            }),
        }
    }

    /// `TIMInit`.
    pub(crate) fn init(&self, app_id: u64, config: &str) -> Result<(), Refused> {
        let app_id = AppId::new(app_id).ok_or(TIMResult::TIM_ERR_PARAM)?;
        let config = match config {
            "" => InitConfig::default(),
            text => json::parse_object(text)?,
        };
        let mode = mode_of(&config.callback_mode)?;
        let platform = platform_of(&config.platform)?;
        if config.heartbeat_interval_ms != 0
            && !HEARTBEAT_INTERVAL_MS.contains(&config.heartbeat_interval_ms)
        {
            return Err(TIMResult::TIM_ERR_PARAM.into());
        }
        // Two clients would not know which of them has it, and when it is to be closed.
        if self.kind == Kind::Numbered && !config.log_file_path.is_empty() {
            return Err(TIMResult::TIM_ERR_PARAM.into());
        }
        let mut instance = self.instance.write();
        if let Some(instance) = &*instance {
            return if instance.is_of(app_id, &config) {
                Ok(())
            } else {
                Err(TIMResult::TIM_ERR_PARAM.into())
            };
        }
        self.dispatcher.set_mode(mode)?;
        if !config.log_file_path.is_empty() {
            log::open_file(Path::new(&config.log_file_path));
        }
        let settings = self.settings.lock();
        let (servers, data) = (settings.servers.clone(), settings.user_defined_data.clone());
        drop(settings);
        let tell = teller(Arc::clone(&self.dispatcher));
        match Instance::start(app_id, config, servers, platform, data, tell) {
            Ok(started) => *instance = Some(started),
            Err(error) => {
                tracing::error!(%error, "the network thread could not be started");
                if self.kind == Kind::Default {
                    log::close_file();
                }
                return Err(crate::ffi::USResult::US_ERR_INTERNAL.into());
            }
        }
        Ok(())
    }

    /// `TIMUninit`.
    pub(crate) fn uninit(&self) {
        let instance = {
            let mut instance = self.instance.write();
            if instance.is_some() {
                self.dispatcher.clear_listeners();
                if self.kind == Kind::Default {
                    log::set_callback(false);
                }
            }
            instance.take()
        };
        if let Some(instance) = instance {
            instance.stop();
            if self.kind == Kind::Default {
                log::close_file();
            }
        }
        // Last: by now every call made before has its answer.
        self.dispatcher.flush();
        self.dispatcher.end_thread();
        if self.kind == Kind::Numbered {
            self.dispatcher.close();
        }
    }

    /// `TIMSetConfig`.
    pub(crate) fn set_config(
        &self,
        callback: Option<CommCallback>,
        text: &str,
    ) -> Result<(), Refused> {
        let config: SetConfig = json::parse_object(text)?;
        let level = |number: Option<u32>| match number {
            None => Ok(None),
            Some(number) => match log::level_of(number) {
                Some(level) => Ok(Some(level)),
                None => Err(TIMResult::TIM_ERR_PARAM),
            },
        };
        let log_level = level(config.log_level)?;
        let callback_log_level = level(config.callback_log_level)?;
        let data = config.user_define_data.map(String::into_bytes);
        if data
            .as_ref()
            .is_some_and(|data| data.len() > USER_DEFINED_DATA_BYTES_MAX)
        {
            return Err(TIMResult::TIM_ERR_PARAM.into());
        }
        let is_about_log = log_level.is_some()
            || callback_log_level.is_some()
            || config.is_log_output_console.is_some();
        if is_about_log && self.kind == Kind::Numbered {
            return Err(TIMResult::TIM_ERR_PARAM.into());
        }
        // Layers above read what they gave, whatever became of it.
        let given = || Payload::Ready(text.to_owned().into());
        let (instance, completer) = self.accept(callback, given())?;
        if let Some(level) = log_level {
            log::set_level(level);
        }
        if let Some(level) = callback_log_level {
            log::set_callback_level(level);
        }
        if let Some(is_on) = config.is_log_output_console {
            log::set_console(is_on);
        }
        let Some(data) = data else {
            completer.succeed(given());
            return Ok(());
        };
        self.settings.lock().user_defined_data.clone_from(&data);
        match instance
            .as_ref()
            .and_then(|instance| instance.client().ok())
        {
            // It goes to the server now, or with the login.
            Some(client) => {
                let given = given();
                client.submit(
                    Request::SetUserDefinedData(data),
                    move |reply| match reply {
                        Ok(_) => completer.succeed(given),
                        Err(error) => completer.fail_with(error.code, error.desc.into()),
                    },
                );
            }
            None => completer.succeed(given()),
        }
        Ok(())
    }

    /// `TIMLogin`.
    pub(crate) fn log_in(
        &self,
        callback: Option<CommCallback>,
        user_id: &str,
        user_sig: &str,
    ) -> Result<(), Refused> {
        let (instance, completer) = self.accept(callback, Payload::Empty)?;
        let Some(instance) = &*instance else {
            completer.fail(Code::NotInitialized);
            return Ok(());
        };
        match (UserId::parse(user_id), instance.client()) {
            (Err(error), _) => {
                let code = Code::InvalidParameters.number();
                completer.fail_with(code, error.to_string().into());
            }
            // Before it counts as a login under way.
            (Ok(_), _) if let Err(error) = check_user_sig(user_sig) => {
                completer.fail_with(error.code, error.desc.into());
            }
            (_, Err(why)) => {
                completer.fail_with(Code::NoConnection.number(), why.to_owned().into());
            }
            (Ok(_), Ok(client)) => {
                let (user_id, user_sig) = (user_id.to_owned(), user_sig.to_owned());
                reply::submit(client, Request::Login { user_id, user_sig }, completer);
            }
        }
        Ok(())
    }

    /// `TIMLogout`.
    pub(crate) fn log_out(&self, callback: Option<CommCallback>) -> Result<(), Refused> {
        let (instance, completer) = self.accept(callback, Payload::Empty)?;
        match &*instance {
            None => completer.fail(Code::NotInitialized),
            Some(instance) => match instance.client() {
                Ok(client) => reply::submit(client, Request::Logout, completer),
                // Without a client nobody is logged in.
                Err(_) => completer.succeed(Payload::Empty),
            },
        }
        Ok(())
    }

    /// Asks the server something, on behalf of whoever is logged in.
    pub(crate) fn ask(
        &self,
        callback: Option<CommCallback>,
        on_failure: Payload,
        request: impl FnOnce() -> Request,
    ) -> Result<(), Refused> {
        self.with_login(callback, on_failure, |instance, completer| {
            if let Ok(client) = instance.client() {
                reply::submit(client, request(), completer);
            } else {
                completer.fail(Code::NotLoggedIn);
            }
        })
    }

    /// `TIMMsgDoBackground`: the status stays as it is (S5).
    pub(crate) fn enter_background(&self, callback: Option<CommCallback>) -> Result<(), Refused> {
        self.with_login(callback, Payload::Empty, |_, completer| {
            completer.succeed(Payload::Empty)
        })
    }

    /// `TIMMsgDoForeground`: a connection that died meanwhile is found out at once.
    pub(crate) fn enter_foreground(&self, callback: Option<CommCallback>) -> Result<(), Refused> {
        self.with_login(callback, Payload::Empty, |instance, completer| {
            if let Ok(client) = instance.client() {
                client.probe();
            }
            completer.succeed(Payload::Empty);
        })
    }

    /// `USNetworkChanged`: there may be nobody whom it concerns.
    pub(crate) fn network_changed(&self, change: PlatformNetwork) {
        if let Some(Ok(client)) = self.instance.read().as_ref().map(Instance::client) {
            client.network_changed(change);
        }
    }

    /// `TIMGetLoginStatus`.
    pub(crate) fn login_status(&self) -> TIMLoginStatus {
        let status = self.instance.read().as_ref().map(Instance::login_status);
        match status {
            Some(LoginStatus::LoggedIn) => TIMLoginStatus::kTIMLoginStatus_Logined,
            Some(LoginStatus::LoggingIn) => TIMLoginStatus::kTIMLoginStatus_Logining,
            Some(LoginStatus::LoggingOut) => TIMLoginStatus::kTIMLoginStatus_Logouting,
            Some(LoginStatus::LoggedOut) | None => TIMLoginStatus::kTIMLoginStatus_UnLogined,
        }
    }

    /// `TIMGetLoginUserID`: empty if nobody is logged in.
    pub(crate) fn login_user(&self) -> String {
        let instance = self.instance.read();
        let client = instance
            .as_ref()
            .and_then(|instance| instance.client().ok());
        client
            .and_then(userstatus_client::Client::login_user)
            .unwrap_or_default()
    }

    /// `TIMGetServerTime`: this machine's clock, until a server has told its own.
    pub(crate) fn server_time_s(&self) -> u64 {
        let instance = self.instance.read();
        let client = instance
            .as_ref()
            .and_then(|instance| instance.client().ok());
        client
            .and_then(userstatus_client::Client::server_time_ms)
            .unwrap_or_else(local_time_ms)
            / 1_000
    }

    /// `USGetSubscriptionsMax`.
    pub(crate) fn subscriptions_max(&self) -> u32 {
        let instance = self.instance.read();
        let client = instance
            .as_ref()
            .and_then(|instance| instance.client().ok());
        client.map_or_else(
            || Limits::default().subscriptions_max,
            userstatus_client::Client::subscriptions_max,
        )
    }

    /// `TIMSet…Callback`.
    pub(crate) fn listen(&self, slot: Slot, listener: Option<Listener>) {
        let number = {
            let instance = self.instance.read();
            if self.is_closed(&instance) {
                return;
            }
            if slot == Slot::Log {
                log::set_callback(listener.is_some());
            }
            self.dispatcher.set_listener(slot, listener)
        };
        // Without the lock: the callback waited for may end this client.
        self.dispatcher.wait_for_older(slot, number);
    }

    /// `USPump`.
    pub(crate) fn pump(&self, callbacks_max: u32, timeout: Duration) -> Result<u32, Refused> {
        self.dispatcher
            .pump(callbacks_max, timeout)
            .map_err(Refused::from)
    }

    /// Promises a call its callback, and holds the instance while the call is handed in: until then nobody ends this client.
    fn accept(
        &self,
        callback: Option<CommCallback>,
        on_failure: Payload,
    ) -> Result<(RwLockReadGuard<'_, Option<Instance>>, Completer), Refused> {
        let instance = self.instance.read();
        if self.is_closed(&instance) {
            return Err(TIMResult::TIM_ERR_PARAM.into());
        }
        let completer = self.dispatcher.promise(callback, on_failure)?;
        Ok((instance, completer))
    }

    /// Whether it is gone for good.
    fn is_closed(&self, instance: &Option<Instance>) -> bool {
        instance.is_none() && self.kind == Kind::Numbered
    }

    fn with_login(
        &self,
        callback: Option<CommCallback>,
        on_failure: Payload,
        body: impl FnOnce(&Instance, Completer),
    ) -> Result<(), Refused> {
        let (instance, completer) = self.accept(callback, on_failure)?;
        match &*instance {
            None => completer.fail(Code::NotInitialized),
            Some(instance) => match instance.login_status() {
                LoginStatus::LoggedOut => completer.fail(Code::NotLoggedIn),
                // While it changes the client says, in the order of the requests.
                LoginStatus::LoggedIn | LoginStatus::LoggingIn | LoginStatus::LoggingOut => {
                    body(instance, completer);
                }
            },
        }
        Ok(())
    }
}

fn local_time_ms() -> u64 {
    let since_epoch = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX)
}

/// Passes on what the client tells.
fn teller(dispatcher: Arc<Dispatcher>) -> impl FnMut(userstatus_client::Event) + Send + 'static {
    move |event| dispatcher.notify(told(event))
}

fn told(event: userstatus_client::Event) -> Event {
    use userstatus_client::Event as Told;
    match event {
        Told::StatusChanged(statuses) => Event::StatusChanged(statuses),
        Told::FriendsAdded(users) => Event::FriendsAdded(users),
        Told::FriendsDeleted(users) => Event::FriendsDeleted(users),
        Told::KickedOffline(why) => {
            tracing::info!(code = why.code, why = %why.desc, "kicked offline");
            Event::KickedOffline
        }
        Told::UserSigExpiring { expires_in } if expires_in.is_zero() => {
            tracing::info!("the UserSig has ended");
            Event::SigExpired
        }
        Told::UserSigExpiring { expires_in } => {
            tracing::info!(?expires_in, "the UserSig is about to end");
            Event::SigExpiring(u64::try_from(expires_in.as_millis()).unwrap_or(u64::MAX))
        }
        Told::UserSigExpired(why) => {
            tracing::info!(code = why.code, why = %why.desc, "the UserSig no longer lets us in");
            Event::SigExpired
        }
        Told::Connection(state) => {
            let (status, failure) = match state {
                ConnectionState::Connecting => (TIMNetworkStatus::kTIMConnecting, None),
                ConnectionState::Connected => (TIMNetworkStatus::kTIMConnected, None),
                ConnectionState::Disconnected(why) => {
                    (TIMNetworkStatus::kTIMDisconnected, Some(why))
                }
                ConnectionState::ConnectFailed(why) => {
                    (TIMNetworkStatus::kTIMConnectFailed, Some(why))
                }
            };
            tracing::info!(?status, why = failure.as_deref(), "connection");
            let (code, desc) = match failure {
                None => (Code::Ok, Code::Ok.text().into()),
                Some(why) => (Code::NoConnection, why.into()),
            };
            Event::Network(NetworkChange {
                status,
                code: code.number(),
                desc,
            })
        }
    }
}

fn mode_of(name: &str) -> Result<Mode, Refused> {
    match name {
        "" | "thread" => Ok(Mode::Thread),
        "pump" => Ok(Mode::Pump),
        _ => Err(TIMResult::TIM_ERR_PARAM.into()),
    }
}

fn platform_of(name: &str) -> Result<Option<Platform>, Refused> {
    if name.is_empty() {
        return Ok(None);
    }
    match Platform::from_name(name) {
        Some(platform) => Ok(Some(platform)),
        None => Err(TIMResult::TIM_ERR_PARAM.into()),
    }
}
