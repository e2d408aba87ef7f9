//! What there is between `TIMInit` and `TIMUninit`: a client, and the thread its sockets and timers run on.

use crate::json::InitConfig;
use std::io;
use std::path::PathBuf;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::oneshot;
use userstatus_client::{Client, ClientConfig, Event, LoginStatus, ServerAddress};
use userstatus_core::{AppId, Platform};

/// Where the server is, if nothing else says so.
const SERVER_VARIABLE: &str = "USERSTATUS_SERVER";
const NO_SERVER: &str = "no server address: put \"sdk_config_server_address\":\"host:port\" into TIMInit's configuration, \
     or set the environment variable USERSTATUS_SERVER";

/// See the module.
pub(super) struct Instance {
    app_id: AppId,
    config: InitConfig,
    /// Or why there is none: `TIMLogin`'s callback says so.
    network: Result<Network, String>,
}

struct Network {
    client: Client,
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

impl Instance {
    /// Starts an instance.
    ///
    /// # Errors
    /// The system has no thread or no descriptor left.
    pub(super) fn start(
        app_id: AppId,
        config: InitConfig,
        custom_servers: Vec<ServerAddress>,
        platform: Option<Platform>,
        user_defined_data: Vec<u8>,
        tell: impl FnMut(Event) + Send + 'static,
    ) -> io::Result<Self> {
        let network = match client_config(app_id, &config, custom_servers) {
            Err(why) => Err(why),
            Ok(mut client) => {
                client.platform = platform.unwrap_or(client.platform);
                client.user_defined_data = user_defined_data;
                Network::start(client, tell)?
            }
        };
        if let Err(why) = &network {
            tracing::warn!(%app_id, "initialised, but nobody can log in: {why}");
        }
        Ok(Self {
            app_id,
            config,
            network,
        })
    }

    /// Whether it was started with these.
    pub(super) fn is_of(&self, app_id: AppId, config: &InitConfig) -> bool {
        self.app_id == app_id && self.config == *config
    }

    /// The client, or why there is none.
    pub(super) fn client(&self) -> Result<&Client, &str> {
        match &self.network {
            Ok(network) => Ok(&network.client),
            Err(why) => Err(why),
        }
    }

    pub(super) fn login_status(&self) -> LoginStatus {
        self.client()
            .map_or(LoginStatus::LoggedOut, Client::login_status)
    }

    /// Ends every request with 7009, closes the connection, and returns when the network thread is gone.
    pub(super) fn stop(self) {
        tracing::info!(app_id = %self.app_id, "uninitialised");
        if let Ok(Network {
            client,
            stop,
            thread,
        }) = self.network
        {
            drop(client);
            // Both ends say the same: the thread is to end, or has.
            let _ = stop.send(());
            if thread.join().is_err() {
                crate::log::assert_failed("the network thread ended with a panic");
            }
        }
    }
}

impl Network {
    fn start(
        config: ClientConfig,
        tell: impl FnMut(Event) + Send + 'static,
    ) -> io::Result<Result<Self, String>> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let client = match Client::new(config, runtime.handle(), tell) {
            Ok(client) => client,
            Err(error) => return Ok(Err(error.to_string())),
        };
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name("userstatus-net".to_owned())
            .spawn({
                let client = client.clone();
                move || {
                    runtime.block_on(async move {
                        let _ = stopped.await;
                        client.shutdown().await;
                    });
                    // A name being looked up cannot be called back, and nobody wants to wait for it.
                    runtime.shutdown_background();
                }
            })?;
        Ok(Ok(Self {
            client,
            stop,
            thread,
        }))
    }
}

/// What the configuration says of the way to the server.
fn client_config(
    app_id: AppId,
    config: &InitConfig,
    custom_servers: Vec<ServerAddress>,
) -> Result<ClientConfig, String> {
    let servers = servers(custom_servers, &config.server_address)?;
    let first = servers.first().ok_or(NO_SERVER)?.clone();
    tracing::info!(%app_id, server = %first, others = servers.len() - 1, "initialised");
    let mut client = ClientConfig::new(first, app_id.get());
    client.servers = servers;
    if !config.ca_file.is_empty() {
        client.tls_ca_file = Some(PathBuf::from(&config.ca_file));
    }
    if !config.ca_pem.is_empty() {
        client.tls_ca_pem = Some(config.ca_pem.clone());
    }
    for pin in &config.tls_pins {
        let pin = pin
            .parse()
            .map_err(|error| format!("sdk_config_tls_pins: {error}"))?;
        client.tls_pins.push(pin);
    }
    if config.heartbeat_interval_ms != 0 {
        client.heartbeat_interval = Some(Duration::from_millis(u64::from(
            config.heartbeat_interval_ms,
        )));
    }
    Ok(client)
}

/// The server's addresses: of `callExperimentalAPI`, else of the configuration, else of the environment.
fn servers(custom: Vec<ServerAddress>, configured: &str) -> Result<Vec<ServerAddress>, String> {
    if !custom.is_empty() {
        return Ok(custom);
    }
    let (source, text) = if configured.is_empty() {
        match std::env::var(SERVER_VARIABLE) {
            Ok(text) if !text.is_empty() => (SERVER_VARIABLE, text),
            _ => return Err(NO_SERVER.to_owned()),
        }
    } else {
        ("sdk_config_server_address", configured.to_owned())
    };
    ServerAddress::list(&text).map_err(|error| format!("{source}: {error}"))
}
