//! What a process has one of: settings that outlive an instance, and the instance between `TIMInit` and `TIMUninit`.
//!
//! A call holds the instance for reading while it hands its request in, which takes no time and runs no user code. So when `TIMUninit`
//! has the instance for itself, no call is half way, and every request accepted is known to the client, which ends it.

mod instance;
mod operation;
mod reply;

use crate::dispatch::{Completer, Event, Mode, NetworkChange, Slot, dispatcher};
use crate::ffi::{CommCallback, Listener, TIMLoginStatus, TIMNetworkStatus, TIMResult};
use crate::json::{self, InitConfig, Payload, SetConfig};
use crate::log;
use crate::refused::Refused;
use instance::Instance;
use parking_lot::{Mutex, RwLock};
use std::ops::RangeInclusive;
use std::path::Path;
use std::time::Duration;
use userstatus_client::session::check_user_sig;
use userstatus_client::{
    ConnectionState, HEARTBEAT_INTERVAL_MIN, LoginStatus, NetworkChange as PlatformNetwork,
    Request, ServerAddress,
};
use userstatus_core::{AppId, Code, Platform, UserId};

/// What `sdk_config_heartbeat_interval_ms` may be, beside 0.
const HEARTBEAT_INTERVAL_MS: RangeInclusive<u32> =
    HEARTBEAT_INTERVAL_MIN.as_millis() as u32..=3_600_000;

/// Bytes of `set_config_user_define_data`.
const USER_DEFINED_DATA_BYTES_MAX: usize = 64;

static SDK: Sdk = Sdk {
    instance: RwLock::new(None),
    settings: Mutex::new(Settings {
        servers: Vec::new(),
        user_defined_data: Vec::new(),
    }),
};

/// The one of this process.
pub(crate) fn sdk() -> &'static Sdk {
    &SDK
}

/// See the module.
pub(crate) struct Sdk {
    instance: RwLock<Option<Instance>>,
    settings: Mutex<Settings>,
}

/// Set before `TIMInit`, and kept from one instance to the next.
struct Settings {
    /// Set with `callExperimentalAPI`; come before any other.
    servers: Vec<ServerAddress>,
    user_defined_data: Vec<u8>,
}

impl Sdk {
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
        let mut instance = self.instance.write();
        if let Some(instance) = &*instance {
            return if instance.is_of(app_id, &config) {
                Ok(())
            } else {
                Err(TIMResult::TIM_ERR_PARAM.into())
            };
        }
        dispatcher().set_mode(mode)?;
        if !config.log_file_path.is_empty() {
            log::open_file(Path::new(&config.log_file_path));
        }
        let settings = self.settings.lock();
        let (servers, data) = (settings.servers.clone(), settings.user_defined_data.clone());
        drop(settings);
        match Instance::start(app_id, config, servers, platform, data) {
            Ok(started) => *instance = Some(started),
            Err(error) => {
                tracing::error!(%error, "the network thread could not be started");
                log::close_file();
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
                dispatcher().clear_listeners();
                log::set_callback(false);
            }
            instance.take()
        };
        if let Some(instance) = instance {
            instance.stop();
            log::close_file();
        }
        // Last: by now every call made before has its answer.
        dispatcher().flush();
        dispatcher().end_thread();
    }

    /// `TIMSetConfig`.
    pub(crate) fn set_config(
        &self,
        callback: Option<CommCallback>,
        config: SetConfig,
    ) -> Result<(), Refused> {
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
        let completer = dispatcher().promise(callback, Payload::Empty)?;
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
            completer.succeed(Payload::Empty);
            return Ok(());
        };
        self.settings.lock().user_defined_data.clone_from(&data);
        match self
            .instance
            .read()
            .as_ref()
            .and_then(|instance| instance.client().ok())
        {
            // It goes to the server now, or with the login.
            Some(client) => reply::submit(client, Request::SetUserDefinedData(data), completer),
            None => completer.succeed(Payload::Empty),
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
        let completer = dispatcher().promise(callback, Payload::Empty)?;
        let instance = self.instance.read();
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
        let completer = dispatcher().promise(callback, Payload::Empty)?;
        match &*self.instance.read() {
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

    /// `TIMGetServerTime`: 0 if it is not known.
    pub(crate) fn server_time_s(&self) -> u64 {
        let instance = self.instance.read();
        let client = instance
            .as_ref()
            .and_then(|instance| instance.client().ok());
        client
            .and_then(userstatus_client::Client::server_time_ms)
            .unwrap_or(0)
            / 1_000
    }

    /// `TIMSet…Callback`.
    pub(crate) fn listen(&self, slot: Slot, listener: Option<Listener>) {
        if slot == Slot::Log {
            log::set_callback(listener.is_some());
        }
        dispatcher().set_listener(slot, listener);
    }

    /// `USPump`.
    pub(crate) fn pump(&self, callbacks_max: u32, timeout: Duration) -> Result<u32, Refused> {
        dispatcher()
            .pump(callbacks_max, timeout)
            .map_err(Refused::from)
    }

    fn with_login(
        &self,
        callback: Option<CommCallback>,
        on_failure: Payload,
        body: impl FnOnce(&Instance, Completer),
    ) -> Result<(), Refused> {
        let completer = dispatcher().promise(callback, on_failure)?;
        match &*self.instance.read() {
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

/// Passes on what the client tells.
fn tell(event: userstatus_client::Event) {
    use userstatus_client::Event as Told;
    let event = match event {
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
    };
    dispatcher().notify(event);
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
