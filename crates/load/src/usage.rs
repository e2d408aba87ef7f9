//! What a process has used, as Linux tells.

use crate::error::LoadError;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::fs;
use std::time::Duration;

/// A process whose use is watched.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Process(u32);

impl Process {
    pub(crate) const fn new(pid: u32) -> Self {
        Self(pid)
    }

    pub(crate) fn own() -> Self {
        Self(std::process::id())
    }

    /// CPU time of all its threads so far, also of those that ended; in steps of 10 ms.
    pub(crate) fn cpu(self) -> Result<Duration, LoadError> {
        let path = format!("/proc/{}/stat", self.0);
        let text = read(&path)?;
        // The name, in parentheses, may hold anything; field 3 comes after the last one.
        let fields = text
            .rsplit_once(')')
            .map(|(_, rest)| rest.split_whitespace());
        let mut times = fields.into_iter().flatten().skip(11).map(str::parse::<u64>);
        match (times.next(), times.next()) {
            (Some(Ok(user)), Some(Ok(system))) => {
                let per_s = rustix::param::clock_ticks_per_second();
                Ok(Duration::from_secs(user + system) / u32::try_from(per_s).unwrap_or(100))
            }
            _ => Err(LoadError::Proc {
                path,
                reason: "it has no CPU times".to_owned(),
            }),
        }
    }

    /// Its memory in bytes, shared pages counted in part.
    pub(crate) fn pss_bytes(self) -> Result<u64, LoadError> {
        let path = format!("/proc/{}/smaps_rollup", self.0);
        let text = read(&path)?;
        text.lines()
            .find_map(|line| line.strip_prefix("Pss:")?.trim().strip_suffix(" kB"))
            .and_then(|kib| kib.parse::<u64>().ok())
            .map(|kib| kib * 1024)
            .ok_or_else(|| LoadError::Proc {
                path,
                reason: "it has no Pss".to_owned(),
            })
    }
}

fn read(path: &str) -> Result<String, LoadError> {
    fs::read_to_string(path).map_err(|error| LoadError::Proc {
        path: path.to_owned(),
        reason: error.to_string(),
    })
}

/// Takes what the system allows; the server that is started inherits it.
pub(crate) fn raise_open_files_limit() -> Result<(), LoadError> {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(
        Resource::Nofile,
        Rlimit {
            current: limit.maximum,
            maximum: limit.maximum,
        },
    )
    .map_err(|error| LoadError::Proc {
        path: "the limit on open files".to_owned(),
        reason: error.to_string(),
    })
}

/// Whether so many connections can be open at once.
pub(crate) fn check_open_files(connections: u32) -> Result<(), LoadError> {
    /// Standard streams, epoll, the server's own files.
    const OTHERS: u64 = 100;
    let needed = u64::from(connections) + OTHERS;
    match getrlimit(Resource::Nofile).current {
        Some(limit) if limit < needed => Err(LoadError::OpenFiles { limit, needed }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ones_own_use_can_be_read_and_does_not_fall() {
        let own = Process::own();
        let before = own.cpu().unwrap();
        assert!(own.pss_bytes().unwrap() > 100 * 1024);
        assert!(own.cpu().unwrap() >= before);
    }

    #[test]
    fn a_process_that_is_not_there_is_an_error_that_names_the_file() {
        let error = Process::new(u32::MAX).cpu().unwrap_err().to_string();
        assert!(error.contains("/proc/4294967295/stat"), "{error}");
    }
}
