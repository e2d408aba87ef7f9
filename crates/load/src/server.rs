//! A userstatusd of one's own.

use crate::error::LoadError;
use crate::options::ServerOptions;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use userstatus_client::ServerAddress;

const READY_TIMEOUT: Duration = Duration::from_secs(30);

/// A server that lives as long as this.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    address: ServerAddress,
    admin: Admin,
}

/// Its port for operators.
#[derive(Clone, Debug)]
pub(crate) struct Admin {
    pub(crate) address: String,
    pub(crate) token: String,
}

/// What `userstatusd dev --json` says once it listens.
#[derive(Deserialize)]
struct Ready {
    server: String,
    admin: String,
    admin_token: String,
}

impl Server {
    pub(crate) async fn start(options: &ServerOptions) -> Result<Self, LoadError> {
        let path = options.userstatusd.clone().unwrap_or_else(beside_this);
        let mut command = Command::new(&path);
        command
            .args(["dev", "--json", "--listen", "127.0.0.1:0"])
            .args(["--admin-listen", "127.0.0.1:0"])
            .args(["--app-id", &options.app_id.to_string()])
            .args(["--secret-key", &options.secret_key]);
        if let Some(dir) = &options.data_dir {
            command.arg("--data-dir").arg(dir);
        }
        let stderr = if options.verbose {
            Stdio::inherit()
        } else {
            Stdio::null()
        };
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(stderr)
            .kill_on_drop(true)
            .spawn()
            .map_err(|source| LoadError::Spawn { path, source })?;
        let (address, admin) = ready(&mut child).await?;
        Ok(Self {
            child,
            address,
            admin,
        })
    }

    pub(crate) fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    pub(crate) const fn address(&self) -> &ServerAddress {
        &self.address
    }

    pub(crate) const fn admin(&self) -> &Admin {
        &self.admin
    }
}

async fn ready(child: &mut Child) -> Result<(ServerAddress, Admin), LoadError> {
    let not_ready = |reason: &dyn ToString| LoadError::NotReady(reason.to_string());
    let stdout = child
        .stdout
        .take()
        .ok_or_else(|| not_ready(&"it has no standard output"))?;
    let mut lines = BufReader::new(stdout).lines();
    let line = tokio::time::timeout(READY_TIMEOUT, lines.next_line())
        .await
        .map_err(|_| not_ready(&"it said nothing for 30 s"))?
        .map_err(|error| not_ready(&error))?
        .ok_or_else(|| not_ready(&"it ended"))?;
    let ready: Ready = serde_json::from_str(&line).map_err(|error| not_ready(&error))?;
    let address = ready.server.parse().map_err(|error| not_ready(&error))?;
    let admin = Admin {
        address: ready.admin,
        token: ready.admin_token,
    };
    Ok((address, admin))
}

fn beside_this() -> PathBuf {
    let name = "userstatusd";
    std::env::current_exe()
        .ok()
        .as_deref()
        .and_then(Path::parent)
        .map_or_else(|| PathBuf::from(name), |dir| dir.join(name))
}
