//! A second network on this machine, joined by a cable that can be pulled: the only way to lose a connection without a FIN, a
//! RST or an error at either end (S6).

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// What a run that was killed leaves behind is told by this name and the process id in it.
const PREFIX: &str = "userstatus-e2e-";

pub(crate) struct Namespace {
    name: String,
    cable_inside: String,
    /// This machine's address on the cable.
    pub(crate) outside_ip: String,
}

impl Namespace {
    /// # Panics
    /// Without root or iproute2. The rule cannot be shown without them, and a test that was not run must not look like one that passed.
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        remove_what_dead_runs_left();
        let (pid, count) = (std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let name = format!("{PREFIX}{pid}-{count}");
        // Interface names have at most 15 bytes.
        let (outside, inside) = (format!("us{pid}o{count}"), format!("us{pid}i{count}"));
        // 198.18.0.0/15 is set apart for tests of networks (RFC 2544).
        let subnet = format!("198.18.{}", (pid * 8 + count) % 256);
        let namespace = Self {
            name,
            cable_inside: inside,
            outside_ip: format!("{subnet}.1"),
        };
        let Self {
            name,
            cable_inside: inside,
            outside_ip,
        } = &namespace;
        ip(&["netns", "add", name]);
        ip(&[
            "link", "add", &outside, "type", "veth", "peer", "name", inside,
        ]);
        ip(&["link", "set", inside, "netns", name]);
        ip(&["addr", "add", &format!("{outside_ip}/24"), "dev", &outside]);
        ip(&["link", "set", &outside, "up"]);
        ip(&[
            "-n",
            name,
            "addr",
            "add",
            &format!("{subnet}.2/24"),
            "dev",
            inside,
        ]);
        ip(&["-n", name, "link", "set", inside, "up"]);
        ip(&["-n", name, "link", "set", "lo", "up"]);
        namespace
    }

    /// A program, to be run inside.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new("ip");
        // It becomes the program: the process id is the program's own.
        command.args(["netns", "exec", &self.name]).arg(program);
        command
    }

    /// Pulls the cable.
    pub(crate) fn cut(&self) {
        ip(&["-n", &self.name, "link", "set", &self.cable_inside, "down"]);
    }

    pub(crate) fn mend(&self) {
        ip(&["-n", &self.name, "link", "set", &self.cable_inside, "up"]);
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        // Takes both ends of the cable with it. A panic here would hide the one that is being told.
        let _ = Command::new("ip")
            .args(["netns", "del", &self.name])
            .status();
    }
}

fn ip(arguments: &[&str]) {
    let output = Command::new("ip")
        .args(arguments)
        .output()
        .unwrap_or_else(|error| {
            panic!("ip: {error}; this test needs iproute2: apt-get install iproute2")
        });
    assert!(
        output.status.success(),
        "ip {arguments:?}: {}this test needs root (or CAP_SYS_ADMIN and CAP_NET_ADMIN), as in `sudo -E make test`, or a container run with --privileged",
        String::from_utf8_lossy(&output.stderr)
    );
}

fn remove_what_dead_runs_left() {
    let Ok(output) = Command::new("ip").args(["netns", "list"]).output() else {
        return;
    };
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let name = line.split_whitespace().next().unwrap_or_default();
        let pid = name
            .strip_prefix(PREFIX)
            .and_then(|rest| rest.split('-').next());
        if pid.is_some_and(|pid| !Path::new("/proc").join(pid).exists()) {
            // Another run may be removing it just now.
            let _ = Command::new("ip").args(["netns", "del", name]).status();
        }
    }
}
