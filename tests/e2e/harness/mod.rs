//! What the tests play with: a real `userstatusd`, game processes ("puppets") that call the C ABI, and a network between
//! them that can be broken.
//!
//! Nothing here sleeps in place of a condition: every wait is for something to be seen, and fails with the story of the test
//! when it is not seen in [`PATIENCE`].

mod certificate;
mod command;
mod heard;
mod namespace;
mod programs;
mod puppet;
mod pypi;
mod relay;
mod server;
mod signal;
pub(crate) mod status;
mod timeline;

pub(crate) use certificate::Certificates;
pub(crate) use command::{succeed, text_of};
pub(crate) use heard::Answer;
pub(crate) use namespace::{
    Namespace, hide_certificate_authorities, on_own_network, on_own_network_with_hosts,
    with_own_mounts,
};
pub(crate) use programs::{built_dir, of_another_platform, programs, root};
pub(crate) use puppet::{Host, Pending, Puppet, add_friend_command, ids, set_command};
pub(crate) use pypi::python_with_packages;
pub(crate) use relay::Relay;
pub(crate) use server::{Server, mint, now_s};
pub(crate) use signal::{Signal, send_signal};
pub(crate) use status::{Status, offline, online, strange, unlogined};
pub(crate) use timeline::Timeline;

use std::time::{Duration, Instant};

/// How long anything is waited for. Far longer than it takes: only a fault lets it pass.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Looks again and again at what cannot be waited on.
///
/// # Panics
/// If `look` finds nothing in [`PATIENCE`].
pub(crate) fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begin = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(
            begin.elapsed() < PATIENCE,
            "not seen in {PATIENCE:?}: {what}"
        );
        #[expect(
            clippy::disallowed_methods,
            reason = "between two looks at a condition that has a deadline"
        )]
        std::thread::sleep(Duration::from_millis(20));
    }
}
