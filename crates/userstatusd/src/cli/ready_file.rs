//! The file that says that a server is ready, where, and which process it is.

use super::{CliError, output};
use crate::server::RunningServer;
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};
use userstatus_edge::Scheme;
use userstatus_store::{Folder, Readers, files};

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

/// Where the ready file of this process is to be. Nothing is there any more that says another is ready.
pub(super) struct ReadyPlace {
    folder: Folder,
    name: OsString,
    data_dir: Option<PathBuf>,
}

/// The ready file of this process. It goes when this is dropped.
pub(super) struct ReadyFile {
    place: ReadyPlace,
    written: File,
}

impl ReadyPlace {
    /// Removes what is left of a server that is gone. One that still runs keeps its own.
    pub(super) fn clear(file: &Path, data_dir: Option<&Path>) -> Result<Self, CliError> {
        let (folder, name) = Folder::of(file).map_err(|error| failed(file, &error))?;
        let place = Self {
            folder,
            name,
            data_dir: data_dir.map(Path::to_owned),
        };
        place.check()?;
        place.clear_own()?;
        Ok(place)
    }

    fn clear_own(&self) -> Result<(), CliError> {
        if self
            .read()
            .is_ok_and(|(_, named)| named.is_some_and(|process| process.is_running()))
        {
            return Ok(());
        }
        if !self.may_go() {
            return Err(CliError::Usage(format!(
                "--ready-file: {} is there and is no ready file; it is not written over, name another",
                self.path().display()
            )));
        }
        let removed = self.folder.remove(&self.name);
        removed.map_err(|error| failed(&self.path(), &error))
    }

    /// It goes and comes as the server does: among the server's own files it could take the place of one. Looked at is the folder
    /// that is written to, not what its path leads to.
    fn check(&self) -> Result<(), CliError> {
        let Some(data_dir) = &self.data_dir else {
            return Ok(());
        };
        match self.folder.lies_in(data_dir) {
            Ok(false) => Ok(()),
            Ok(true) => Err(in_data_dir(&self.path())),
            Err(error) => Err(failed(&self.path(), &error)),
        }
    }

    /// Who waits for the file finds it complete.
    pub(super) fn write(self, running: &RunningServer) -> Result<ReadyFile, CliError> {
        self.write_line(&output::json_line(&Ready::of(running)))
    }

    fn write_line(self, line: &str) -> Result<ReadyFile, CliError> {
        self.check()?;
        let written = self
            .folder
            .begin(&self.name, Readers::Usual)
            .and_then(|unfinished| {
                writeln!(unfinished.file(), "{line}")?;
                let written = unfinished.file().try_clone()?;
                unfinished.replace(&self.name)?;
                Ok(written)
            });
        let written = written.map_err(|error| failed(&self.path(), &error))?;
        Ok(ReadyFile {
            place: self,
            written,
        })
    }

    fn path(&self) -> PathBuf {
        self.folder.path_of(&self.name)
    }

    /// What is there, and the process it names.
    fn read(&self) -> io::Result<(File, Option<Process>)> {
        let (file, bytes) = self.folder.read(&self.name, FILE_BYTES_MAX)?;
        Ok((file, serde_json::from_slice(&bytes).ok()))
    }

    /// Whether what is there was a ready file, or nothing that anybody would miss.
    fn may_go(&self) -> bool {
        match self.folder.read(&self.name, FILE_BYTES_MAX) {
            Ok((_, bytes)) => bytes.is_empty() || bytes.starts_with(b"{"),
            Err(error) => error.kind() == io::ErrorKind::NotFound,
        }
    }
}

impl Drop for ReadyFile {
    fn drop(&mut self) {
        let place = &self.place;
        // Another server may have been started in the meantime, and this be its file.
        if place.read().is_ok_and(|(file, named)| {
            named == Some(Process::this())
                && files::is_same(&file, &self.written).is_ok_and(|is_same| is_same)
        }) && let Err(error) = place.folder.remove(&place.name)
        {
            let file = place.path();
            tracing::warn!(file = %file.display(), %error, "the ready file was not removed");
        }
    }
}

/// What is said where the file would lie among the server's own.
pub(super) fn in_data_dir(file: &Path) -> CliError {
    CliError::Usage(format!(
        "--ready-file: {} lies in the data directory, where names are the server's own; name a file elsewhere, such as in /run",
        file.display()
    ))
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
            ReadyPlace::clear(&file, None).unwrap();
            assert_eq!(file.exists(), stays);
        }
        for rest in ["", "{}", r#"{"server":"127.0.0.1:7700"}"#] {
            fs::write(&file, rest).unwrap();
            ReadyPlace::clear(&file, None).unwrap();
            assert!(!file.exists(), "{rest}");
        }
        ReadyPlace::clear(&file, None).unwrap();
    }

    #[test]
    fn what_is_no_ready_file_stays() {
        let dir = tempfile::tempdir().unwrap();
        let (file, link) = (dir.path().join("file"), dir.path().join("link"));
        std::os::unix::fs::symlink(&file, &link).unwrap();
        for precious in ["token", "[log]\nlevel = \"info\"\n", &" ".repeat(100_000)] {
            fs::write(&file, precious).unwrap();
            for name in [&file, &link] {
                assert!(ReadyPlace::clear(name, None).is_err());
            }
            assert_eq!(fs::read_to_string(&file).unwrap(), precious);
        }
        assert!(ReadyPlace::clear(dir.path(), None).is_err());
        fs::write(&file, "{}").unwrap();
        let place = ReadyPlace::clear(&link, None).unwrap();
        let _written = place.write_line("ready").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "{}");
        assert_eq!(fs::read_to_string(&link).unwrap(), "ready\n");
    }

    #[test]
    fn a_folder_that_becomes_a_link_to_the_data_directory_leads_it_nowhere_else() {
        let dir = tempfile::tempdir().unwrap();
        let [data, runs, away] = ["data", "run", "away"].map(|name| dir.path().join(name));
        for made in [&data, &runs] {
            fs::create_dir(made).unwrap();
        }
        fs::write(data.join("userstatus.redb"), "precious").unwrap();
        let file = runs.join("userstatus.redb");
        let place = ReadyPlace::clear(&file, Some(&data)).unwrap();
        fs::rename(&runs, &away).unwrap();
        std::os::unix::fs::symlink(&data, &runs).unwrap();

        let written = place
            .write_line(&output::json_line(&Process::this()))
            .unwrap();
        assert!(away.join("userstatus.redb").exists());
        // The same words, and another file.
        fs::copy(away.join("userstatus.redb"), data.join("other")).unwrap();
        drop(written);
        assert!(!away.join("userstatus.redb").exists());
        let own = fs::read_to_string(data.join("userstatus.redb")).unwrap();
        assert_eq!(own, "precious");
        assert!(ReadyPlace::clear(&file, Some(&data)).is_err());
        assert_eq!(fs::read_dir(&data).unwrap().count(), 2);

        // The folder itself has come into the data directory.
        let place = ReadyPlace::clear(&away.join("ready"), Some(&data)).unwrap();
        fs::rename(&away, data.join("sub")).unwrap();
        assert!(place.write_line("ready").is_err());
        assert_eq!(fs::read_dir(data.join("sub")).unwrap().count(), 0);
    }

    #[test]
    fn what_another_put_in_its_place_stays() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("ready");
        let line = output::json_line(&Process::this());
        let written = ReadyPlace::clear(&file, None).unwrap();
        let written = written.write_line(&line).unwrap();
        fs::rename(&file, dir.path().join("away")).unwrap();
        fs::write(&file, &line).unwrap();
        drop(written);
        assert!(file.exists());
    }
}
