//! A network of a test's own, and a second one joined to it by a cable that can be pulled: the only way to lose a connection
//! without a FIN, a RST or an error at either end (S6).
//!
//! Both are network namespaces that processes hold, and end with them: nothing is left behind, nothing of the machine's own
//! network is touched, and neither a mount nor a name in `/run/netns` is needed. An ordinary user makes them inside a user
//! namespace, where there is root for that.

use super::{programs, succeed};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Tells a test that it is in its own namespace already.
const IN_OWN: &str = "USERSTATUS_E2E_IN_OWN_NAMESPACE";

/// Runs a test, named as the test runner names it, on a network of its own. A process cannot move into a user namespace once it
/// has threads, so the test is run once more, in a process that was made there.
///
/// # Panics
/// If the test fails there, or where nobody may make a network. What a test shows cannot be shown without one, and a test that
/// was not run must not look like one that passed.
pub(crate) fn on_own_network(test: &str, body: impl FnOnce()) {
    in_own(&["--net"], test, || {
        succeed(Command::new("ip").args(["link", "set", "lo", "up"]));
        body();
    });
}

/// The same where names mean what this file of hosts says, in the form of `/etc/hosts`.
///
/// # Panics
/// As [`on_own_network`].
pub(crate) fn on_own_network_with_hosts(test: &str, hosts: &str, body: impl FnOnce()) {
    in_own(&["--net", "--mount"], test, || {
        succeed(Command::new("ip").args(["link", "set", "lo", "up"]));
        let path = programs()
            .scratch
            .join(format!("hosts-{}", std::process::id()));
        std::fs::write(&path, hosts).expect("the target directory can be written to");
        succeed(
            Command::new("mount")
                .arg("--bind")
                .arg(&path)
                .arg("/etc/hosts"),
        );
        body();
    });
}

/// Runs a test, named as the test runner names it, with mounts of its own: what it [hides](hide_certificate_authorities) is hidden from
/// it alone.
///
/// # Panics
/// As [`on_own_network`].
pub(crate) fn with_own_mounts(test: &str, body: impl FnOnce()) {
    in_own(&["--mount"], test, body);
}

/// As on a phone, or in a container that has nothing but the game: nobody is trusted by the system. Only for tests
/// [with their own mounts](with_own_mounts).
pub(crate) fn hide_certificate_authorities() {
    const FOLDERS: [&str; 4] = [
        "/etc/ssl",
        "/etc/pki",
        "/usr/share/ca-certificates",
        "/usr/local/share/ca-certificates",
    ];
    for folder in FOLDERS.iter().filter(|folder| Path::new(folder).is_dir()) {
        succeed(Command::new("mount").args(["-t", "tmpfs", "none", folder]));
    }
}

fn in_own(kinds: &[&'static str], test: &str, body: impl FnOnce()) {
    if std::env::var_os(IN_OWN).is_some() {
        return body();
    }
    assert_may_make_namespaces(kinds);
    // Built here: cargo might want something of the network.
    programs();
    let this = std::env::current_exe().expect("the system knows what it runs");
    let mut command = Command::new("setpriv");
    command
        .args(["--pdeathsig", "KILL", "--", "unshare"])
        .args(flags(kinds))
        .arg("--")
        .arg(this)
        .args(["--exact", test])
        .env(IN_OWN, "yes")
        .env("USERSTATUS_E2E_NO_BUILD", "yes");
    let output = succeed(&mut command);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        said.contains("test result: ok. 1 passed"),
        "{test} is not the name of this test: {said}"
    );
}

fn flags(kinds: &[&'static str]) -> Vec<&'static str> {
    let as_root: &[_] = if rustix::process::geteuid().is_root() {
        &[]
    } else {
        &["--user", "--map-root-user"]
    };
    [as_root, kinds].concat()
}

fn assert_may_make_namespaces(kinds: &[&'static str]) {
    let output = Command::new("unshare")
        .args(flags(kinds))
        .args(["--", "true"])
        .output()
        .unwrap_or_else(|error| panic!("unshare: {error}; scripts/install-deps.sh installs it"));
    let remedy = if rustix::process::geteuid().is_root() {
        "this root lacks CAP_SYS_ADMIN, as in a container; run that one with --privileged"
    } else {
        "ordinary users may make one where user namespaces are allowed, which they are not here, nor ever in a chroot. \
         Either run the tests as root (sudo -E make test), or have an administrator allow it: \
         sysctl -w user.max_user_namespaces=10000, on Debian also kernel.unprivileged_userns_clone=1, \
         on Ubuntu also kernel.apparmor_restrict_unprivileged_userns=0"
    };
    assert!(
        output.status.success(),
        "this test needs a namespace of its own ({}): {remedy}. What was said: {}",
        kinds.join(" "),
        String::from_utf8_lossy(&output.stderr).trim()
    );
}

/// A device that is on no cable.
const NOBODY: &str = "02:00:00:00:00:99";

/// The second network. Only for tests [on their own network](on_own_network).
pub(crate) struct Namespace {
    /// Whoever is in it is in the second network, which ends with the last of them.
    holder: Child,
    /// This side's address on the cable.
    pub(crate) outside_ip: &'static str,
}

impl Namespace {
    pub(crate) fn new() -> Self {
        let mut holder = Command::new("unshare")
            // Ends when its stdin does, which is when this process has ended at the latest.
            .args(["--net", "--", "sh", "-c", "echo ready && exec cat"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it was just tried");
        let stdout = holder.stdout.take().expect("it is piped");
        let mut said = String::new();
        BufReader::new(stdout)
            .read_line(&mut said)
            .expect("it prints UTF-8");
        assert_eq!(said, "ready\n", "there is no second network");
        // 198.18.0.0/15 is set apart for tests of networks (RFC 2544).
        let namespace = Self {
            holder,
            outside_ip: "198.18.0.1",
        };
        let holder = namespace.holder.id().to_string();
        ip("link add outside type veth peer name inside");
        ip(&format!("link set inside netns {holder}"));
        ip("addr add 198.18.0.1/24 dev outside");
        ip("link set outside up");
        namespace.ip("addr add 198.18.0.2/24 dev inside");
        namespace.ip("link set inside up");
        namespace.ip("link set lo up");
        namespace
    }

    /// A program, to be run inside.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new("nsenter");
        // It becomes the program: the process id is the program's own.
        command
            .arg(format!("--net=/proc/{}/ns/net", self.holder.id()))
            .arg("--")
            .arg(program);
        command
    }

    /// Pulls the cable.
    pub(crate) fn cut(&self) {
        self.ip("link set inside down");
    }

    pub(crate) fn mend(&self) {
        self.ip("link set inside up");
    }

    /// From now on every packet of either side vanishes, and neither sees a cable pulled.
    pub(crate) fn lose_everything(&self) {
        self.ip(&format!(
            "neigh replace 198.18.0.1 lladdr {NOBODY} dev inside nud permanent"
        ));
        ip(&format!(
            "neigh replace 198.18.0.2 lladdr {NOBODY} dev outside nud permanent"
        ));
    }

    pub(crate) fn find_everything(&self) {
        self.ip("neigh del 198.18.0.1 dev inside");
        ip("neigh del 198.18.0.2 dev outside");
    }

    /// An address inside's that is closer to it than the outside one, to which packets are sent, and which nobody has.
    pub(crate) fn close_address_of_nobody(&self) -> &'static str {
        self.ip(&format!(
            "neigh replace 198.18.0.3 lladdr {NOBODY} dev inside nud permanent"
        ));
        "198.18.0.3"
    }

    /// An address on the cable to which packets are sent, and which nobody has.
    pub(crate) fn address_of_nobody(&self) -> &'static str {
        ip(&format!(
            "neigh replace 198.18.0.99 lladdr {NOBODY} dev outside nud permanent"
        ));
        "198.18.0.99"
    }

    fn ip(&self, arguments: &str) {
        succeed(
            self.command(Path::new("ip"))
                .args(arguments.split_whitespace()),
        );
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        // It may have ended already. A panic here would hide the one that is being told.
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

fn ip(arguments: &str) {
    succeed(Command::new("ip").args(arguments.split_whitespace()));
}
