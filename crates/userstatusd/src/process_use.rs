//! What this process uses of the machine.

use std::time::{SystemTime, UNIX_EPOCH};
use userstatus_operate::metrics::ProcessUse;

/// When this process was started, in Unix time: asked first at its start.
pub(crate) fn now_s() -> f64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
    since_epoch.unwrap_or_default().as_secs_f64()
}

/// What it uses now. Reads nothing that lies on a disk, and takes the same time however many files are open.
pub(crate) fn now(started_s: f64) -> ProcessUse {
    ProcessUse {
        cpu_s: cpu_s(),
        resident_bytes: resident_bytes(),
        open_files: open_files(),
        open_files_max: open_files_max(),
        started_s,
    }
}

#[cfg(unix)]
fn cpu_s() -> Option<f64> {
    use rustix::time::{ClockId, clock_gettime};
    let used = clock_gettime(ClockId::ProcessCPUTime);
    Some(used.tv_sec as f64 + used.tv_nsec as f64 / 1e9)
}

#[cfg(unix)]
fn open_files_max() -> Option<u64> {
    use rustix::process::{Resource, getrlimit};
    Some(getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX))
}

#[cfg(target_os = "linux")]
fn resident_bytes() -> Option<u64> {
    let pages = std::fs::read_to_string("/proc/self/statm").ok()?;
    let resident: u64 = pages.split(' ').nth(1)?.parse().ok()?;
    Some(resident * rustix::param::page_size() as u64)
}

/// Linux says how many there are as the folder's size, from 6.2 on; before, they have to be counted.
#[cfg(target_os = "linux")]
fn open_files() -> Option<u64> {
    const FOLDER: &str = "/proc/self/fd";
    match std::fs::metadata(FOLDER).ok()?.len() {
        0 => Some(std::fs::read_dir(FOLDER).ok()?.count() as u64),
        count => Some(count),
    }
}

#[cfg(not(unix))]
fn cpu_s() -> Option<f64> {
    None
}

#[cfg(not(unix))]
fn open_files_max() -> Option<u64> {
    None
}

#[cfg(not(target_os = "linux"))]
fn resident_bytes() -> Option<u64> {
    None
}

#[cfg(not(target_os = "linux"))]
fn open_files() -> Option<u64> {
    None
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn what_linux_says_of_this_process_is_plausible() {
        let before = now(0.0);
        let opened: Vec<_> = (0..50)
            .map(|_| std::fs::File::open("/dev/null").unwrap())
            .collect();
        let after = now(0.0);
        // Other tests open and close files meanwhile.
        assert!(after.open_files.unwrap() + 20 > before.open_files.unwrap() + 50);
        assert!(after.open_files.unwrap() < after.open_files_max.unwrap());
        assert!(after.cpu_s.unwrap() > 0.0 && after.cpu_s >= before.cpu_s);
        assert!(after.resident_bytes.unwrap() > 1 << 20);
        drop(opened);
    }
}
