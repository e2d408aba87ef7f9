//! The file that says that a server is ready, where, and which process it is.

use super::{CliError, output};
use crate::server::RunningServer;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};
use userstatus_edge::Scheme;
use userstatus_store::files;

/// Far more than such a file has. What stands there in its place may have no end.
const FILE_BYTES_MAX: u64 = 64 * 1024;

/// A server that can be connected to, and the process it is.
#[derive(Serialize)]
struct Ready {
    server: Option<String>,
    servers: Vec<String>,
    websockets: Vec<String>,
    admin: Option<String>,
    rest: Option<String>,
    health: Option<String>,
    #[serde(flatten)]
    process: Process,
    /// Unix time.
    ready_at_ms: u64,
}

/// A process, such that no later one is mistaken for it.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Process {
    pid: u32,
    /// When it was started, in the kernel's ticks since the machine was: field 22 of `/proc/PID/stat`.
    start_ticks: Option<u64>,
}

/// The ready file of this process. It goes when this is dropped.
pub(super) struct ReadyFile(PathBuf);

impl ReadyFile {
    /// Removes what is left of a server that is gone. One that still runs keeps its own.
    pub(super) fn clear(file: &Path) -> Result<(), CliError> {
        if named_in(file).is_some_and(|process| process.is_running()) {
            return Ok(());
        }
        if !may_go(file) {
            return Err(CliError::Usage(format!(
                "--ready-file: {} is there and is no ready file; it is not written over, name another",
                file.display()
            )));
        }
        match fs::remove_file(file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(file, &error)),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Who waits for the file finds it complete.
    pub(super) fn write(file: &Path, running: &RunningServer) -> Result<Self, CliError> {
        let mut unfinished = file.as_os_str().to_owned();
        unfinished.push(".new");
        let line = format!("{}\n", output::json_line(&Ready::of(running)));
        write_new(Path::new(&unfinished), &line)
            .and_then(|()| fs::rename(&unfinished, file))
            .map_err(|error| failed(file, &error))?;
        Ok(Self(file.to_owned()))
    }
}

impl Drop for ReadyFile {
    fn drop(&mut self) {
        // Another server may have been started in the meantime, and this be its file.
        if named_in(&self.0).is_some_and(|process| process == Process::this())
            && let Err(error) = fs::remove_file(&self.0)
        {
            tracing::warn!(file = %self.0.display(), %error, "the ready file was not removed");
        }
    }
}

impl Ready {
    fn of(running: &RunningServer) -> Self {
        let (websockets, servers): (Vec<_>, Vec<_>) = running
            .addresses()
            .partition(|(_, scheme)| scheme.is_websocket());
        let named = |addresses: Vec<(SocketAddr, Scheme)>| -> Vec<_> {
            let named = addresses
                .into_iter()
                .map(|(address, scheme)| scheme.address(address));
            named.collect()
        };
        let (servers, websockets) = (named(servers), named(websockets));
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
        let now_ms = since_epoch.unwrap_or_default().as_millis();
        Self {
            server: servers.first().cloned(),
            servers,
            websockets,
            admin: running.admin().map(|(address, _)| address.to_string()),
            rest: running.rest(),
            health: running.health().map(|address| address.to_string()),
            process: Process::this(),
            ready_at_ms: u64::try_from(now_ms).unwrap_or(u64::MAX),
        }
    }
}

impl Process {
    fn this() -> Self {
        let pid = std::process::id();
        Self {
            pid,
            start_ticks: start_ticks(pid),
        }
    }

    fn is_running(&self) -> bool {
        self.pid != std::process::id()
            && self.start_ticks.is_some()
            && self.start_ticks == start_ticks(self.pid)
    }
}

/// Whether what is there was a ready file, or nothing that anybody would miss.
fn may_go(file: &Path) -> bool {
    match files::read_again(file, FILE_BYTES_MAX) {
        Ok(bytes) => bytes.is_empty() || bytes.starts_with(b"{"),
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    }
}

/// Not through a link that has the name: that, too, goes.
fn write_new(file: &Path, text: &str) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    fs::File::create_new(file)?.write_all(text.as_bytes())
}

fn named_in(file: &Path) -> Option<Process> {
    serde_json::from_slice(&files::read_again(file, FILE_BYTES_MAX).ok()?).ok()
}

fn start_ticks(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name, field 2, stands in brackets and may hold anything.
    let (_, after_name) = stat.rsplit_once(") ")?;
    after_name.split(' ').nth(19)?.parse().ok()
}

fn failed(file: &Path, error: &io::Error) -> CliError {
    CliError::Failed(format!("{}: {error}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_dead_server_left_is_removed_and_what_a_live_one_wrote_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("ready");
        // The parent of a test runs as long as the test does.
        let parent = std::os::unix::process::parent_id();
        let ticks = start_ticks(parent).unwrap();
        for (pid, start_ticks, stays) in [
            (parent, Some(ticks), true),
            (parent, Some(ticks + 1), false),
            (parent, None, false),
        ] {
            let process = Process { pid, start_ticks };
            fs::write(&file, output::json_line(&process)).unwrap();
            ReadyFile::clear(&file).unwrap();
            assert_eq!(file.exists(), stays);
        }
        for rest in ["", "{}", r#"{"server":"127.0.0.1:7700"}"#] {
            fs::write(&file, rest).unwrap();
            ReadyFile::clear(&file).unwrap();
            assert!(!file.exists(), "{rest}");
        }
        ReadyFile::clear(&file).unwrap();
    }

    #[test]
    fn what_is_no_ready_file_stays() {
        let dir = tempfile::tempdir().unwrap();
        let (file, link) = (dir.path().join("file"), dir.path().join("link"));
        std::os::unix::fs::symlink(&file, &link).unwrap();
        for precious in ["token", "[log]\nlevel = \"info\"\n", &" ".repeat(100_000)] {
            fs::write(&file, precious).unwrap();
            for name in [&file, &link] {
                ReadyFile::clear(name).unwrap_err();
            }
            assert_eq!(fs::read_to_string(&file).unwrap(), precious);
        }
        ReadyFile::clear(dir.path()).unwrap_err();
        write_new(&link, "ready").unwrap();
        assert_ne!(fs::read_to_string(&file).unwrap(), "ready");
        assert_eq!(fs::read_to_string(&link).unwrap(), "ready");
    }
}
