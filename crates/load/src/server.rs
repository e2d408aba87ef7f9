//! The server under load: one of our own, or one that runs already.

use crate::Failure;
use crate::measure;
use clap::Args;
use serde::Deserialize;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use userstatus_client::ServerAddress;
use userstatus_usersig::SecretKey;

/// How long a server of our own may take until it listens.
const START_TIMEOUT: Duration = Duration::from_secs(20);
/// UserSigs minted here are good for this long.
const USER_SIG_S: u64 = 86_400;

#[derive(Args)]
pub(crate) struct ServerArgs {
    /// A server that runs already, on this machine (with --app-id, --secret-key, --server-pid).
    #[arg(long, global = true, requires_all = ["app_id", "secret_key", "server_pid"])]
    server: Option<ServerAddress>,
    /// Its app.
    #[arg(long, global = true)]
    app_id: Option<u64>,
    /// The app's secret key.
    #[arg(long, global = true)]
    secret_key: Option<String>,
    /// Its process, whose CPU and memory are measured.
    #[arg(long, global = true)]
    server_pid: Option<u32>,
    /// The server to start where none is given; the default stands beside this program.
    #[arg(long, global = true)]
    userstatusd: Option<PathBuf>,
    /// Where the server started here keeps its data; without it, in memory only.
    #[arg(long, global = true)]
    data_dir: Option<PathBuf>,
}

/// Where to log in, and whom to measure.
pub(crate) struct Server {
    pub(crate) address: ServerAddress,
    pub(crate) app_id: u64,
    pub(crate) pid: u32,
    key: SecretKey,
    program: Option<PathBuf>,
    admin: Option<(String, String)>,
    /// Killed when dropped.
    _own: Option<Child>,
}

#[derive(Deserialize)]
struct Ready {
    server: String,
    admin: String,
    admin_token: String,
    app_id: u64,
    secret_key: String,
}

impl Server {
    pub(crate) async fn start(args: &ServerArgs) -> Result<Self, Failure> {
        if let (Some(address), Some(app_id), Some(key), Some(pid)) =
            (&args.server, args.app_id, &args.secret_key, args.server_pid)
        {
            return Ok(Self {
                address: address.clone(),
                app_id,
                pid,
                key: SecretKey::new(key)?,
                program: args.userstatusd.clone(),
                admin: None,
                _own: None,
            });
        }
        let program = match &args.userstatusd {
            Some(path) => path.clone(),
            None => std::env::current_exe()?.with_file_name("userstatusd"),
        };
        let mut command = Command::new(&program);
        command.args([
            "dev",
            "--json",
            "--listen",
            "127.0.0.1:0",
            "--admin-listen",
            "127.0.0.1:0",
        ]);
        if let Some(data_dir) = &args.data_dir {
            command.arg("--data-dir").arg(data_dir);
        }
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| {
                format!(
                    "cannot start {}: {error}; build it with `cargo build --release`",
                    program.display()
                )
            })?;
        let stdout = child
            .stdout
            .take()
            .ok_or("the server's output is not there")?;
        let mut lines = BufReader::new(stdout).lines();
        let line = tokio::time::timeout(START_TIMEOUT, lines.next_line()).await??;
        let ready: Ready =
            serde_json::from_str(&line.ok_or("the server ended before it listened")?)?;
        Ok(Self {
            address: ready.server.parse()?,
            app_id: ready.app_id,
            pid: child.id().ok_or("the server has ended")?,
            key: SecretKey::new(&ready.secret_key)?,
            program: Some(program),
            admin: Some((ready.admin, ready.admin_token)),
            _own: Some(child),
        })
    }

    /// A UserSig for one of our users.
    pub(crate) fn user_sig(&self, user_id: &str) -> String {
        let now_s = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_secs();
        userstatus_usersig::mint(&self.key, self.app_id, user_id, now_s, USER_SIG_S)
    }

    /// Changes settings of the app, with the operator's own command.
    pub(crate) async fn set_app(&self, settings: &[&str]) -> Result<(), Failure> {
        let (Some((admin, token)), Some(program)) = (&self.admin, &self.program) else {
            eprintln!("not our server: set {} yourself", settings.join(" "));
            return Ok(());
        };
        let output = Command::new(program)
            .args(["app", "set", &self.app_id.to_string()])
            .args(settings)
            .env("USERSTATUS_ADMIN", admin)
            .env("USERSTATUS_ADMIN_TOKEN", token)
            .output()
            .await?;
        if output.status.success() {
            Ok(())
        } else {
            Err(format!(
                "userstatusd app set: {}",
                String::from_utf8_lossy(&output.stderr)
            )
            .into())
        }
    }

    /// CPU time the server has used, in seconds.
    pub(crate) fn cpu_s(&self) -> Result<f64, Failure> {
        measure::cpu_s(self.pid)
    }
}
