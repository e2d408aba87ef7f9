//! The limit on open files, which is the limit on connections.

#[cfg(unix)]
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files that are no clients' connections: the database, listeners, operators and balancers (96 connections), clients that are being
/// refused. Back ends come on top where they may connect.
const OTHER_FILES: u64 = 256;

/// As far as anybody needs; also where the system sets no limit.
const CONNECTIONS_MAX: u64 = 4_000_000;

/// Raises the limit to what the system allows this process, and logs it.
#[cfg(unix)]
pub(crate) fn raise_limit() {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current == maximum {
        return;
    }
    let raised = Rlimit {
        current: maximum,
        maximum,
    };
    match setrlimit(Resource::Nofile, raised) {
        Ok(()) => tracing::info!(from = current, to = maximum, "limit on open files raised"),
        Err(error) => tracing::warn!(limit = current, %error, "limit on open files not raised"),
    }
}

/// Windows limits no process's sockets.
#[cfg(windows)]
pub(crate) fn raise_limit() {}

#[cfg(unix)]
fn limit() -> u64 {
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

#[cfg(windows)]
fn limit() -> u64 {
    u64::MAX
}

/// How many connections there may be: as many as asked for, 0 for as many as possible, and no more than the limit on open files
/// leaves where back ends have so many.
pub(crate) fn connections_max(wanted: u32, back_ends: usize) -> u32 {
    let back_ends = u64::try_from(back_ends).unwrap_or(u64::MAX);
    let possible = possible_connections(limit(), back_ends);
    match wanted {
        0 => possible,
        wanted if wanted > possible => {
            tracing::warn!(
                wanted,
                possible,
                "the limit on open files (ulimit -n, LimitNOFILE=) allows fewer connections than configured"
            );
            possible
        }
        wanted => wanted,
    }
}

/// Where even the others do not fit, half of the files are for clients.
fn possible_connections(limit: u64, back_ends: u64) -> u32 {
    let possible = limit
        .saturating_sub(OTHER_FILES + back_ends)
        .max(limit / 2)
        .min(CONNECTIONS_MAX);
    u32::try_from(possible).expect("4 million fit in 32 bits")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_files_for_the_rest() {
        assert_eq!(possible_connections(256, 0), 128);
        assert_eq!(possible_connections(1_024, 0), 768);
        assert_eq!(possible_connections(1_024, 256), 512);
        assert_eq!(possible_connections(20_000, 0), 19_744);
        assert_eq!(possible_connections(u64::MAX, 0), 4_000_000);
    }
}
