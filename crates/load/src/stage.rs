//! What every scenario needs: a server, its figures, and a count of connections lost.

use crate::error::LoadError;
use crate::options::ServerOptions;
use crate::server::{Admin, Server};
use crate::stamp::Clock;
use crate::usage::Process;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use userstatus_client::{ClientConfig, ConnectionState, Event, ServerAddress};
use userstatus_usersig::SecretKey;

/// The server under load, and what is counted about it.
pub(crate) struct Stage {
    address: ServerAddress,
    app_id: u64,
    key: SecretKey,
    clock: Clock,
    lost: Arc<AtomicU64>,
    process: Option<Process>,
    /// One of our own lives as long as the stage.
    server: Option<Server>,
}

impl Stage {
    pub(crate) async fn open(options: &ServerOptions) -> Result<Self, LoadError> {
        let key = SecretKey::new(&options.secret_key)?;
        let (address, pid, server) = if let Some(address) = &options.server {
            check_loopback(address)?;
            (address.clone(), options.server_pid, None)
        } else {
            let server = Server::start(options).await?;
            (server.address().clone(), server.pid(), Some(server))
        };
        Ok(Self {
            address,
            app_id: options.app_id,
            key,
            clock: Clock::start(),
            lost: Arc::default(),
            process: pid.map(Process::new),
            server,
        })
    }

    pub(crate) fn client_config(&self) -> ClientConfig {
        ClientConfig {
            sdk_name: "userstatus-load".to_owned(),
            ..ClientConfig::new(self.address.clone(), self.app_id)
        }
    }

    pub(crate) const fn app_id(&self) -> u64 {
        self.app_id
    }

    pub(crate) const fn key(&self) -> &SecretKey {
        &self.key
    }

    pub(crate) const fn clock(&self) -> Clock {
        self.clock
    }

    /// Of a client's events, those that mean that the server let go of it.
    pub(crate) fn loss_counter(&self) -> impl Fn(&Event) + Send + Sync + 'static {
        let lost = Arc::clone(&self.lost);
        move |event| {
            if matches!(
                event,
                Event::Connection(ConnectionState::Disconnected(_))
                    | Event::KickedOffline(_)
                    | Event::UserSigExpired(_)
            ) {
                lost.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// Connections lost so far.
    pub(crate) fn connections_lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// # Errors
    /// A figure taken after a loss would be one of something else.
    pub(crate) fn check_nobody_lost(&self) -> Result<(), LoadError> {
        match self.connections_lost() {
            0 => Ok(()),
            lost => Err(LoadError::LostEarly(lost)),
        }
    }

    /// Where operators ask; `None`: the server is not ours.
    pub(crate) fn admin(&self) -> Option<&Admin> {
        self.server.as_ref().map(Server::admin)
    }

    /// `None`: the process is not known.
    pub(crate) fn server_cpu(&self) -> Result<Option<Duration>, LoadError> {
        self.process.map(Process::cpu).transpose()
    }

    /// `None`: the process is not known.
    pub(crate) fn server_pss_bytes(&self) -> Result<Option<u64>, LoadError> {
        self.process.map(Process::pss_bytes).transpose()
    }
}

fn check_loopback(address: &ServerAddress) -> Result<(), LoadError> {
    let is_loopback = address.host == "localhost"
        || address
            .host
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback());
    if is_loopback {
        Ok(())
    } else {
        Err(LoadError::NotLoopback(address.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_loaded() {
        for (address, is_allowed) in [
            ("127.0.0.1:7700", true),
            ("127.9.9.9:7700", true),
            ("tls://localhost:7700", true),
            ("[::1]:7700", true),
            ("10.0.0.1:7700", false),
            ("presence.example:7700", false),
            ("localhost.example:7700", false),
        ] {
            let parsed = address.parse().expect("an address");
            assert_eq!(check_loopback(&parsed).is_ok(), is_allowed, "{address}");
        }
    }
}
