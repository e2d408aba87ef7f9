//! Signals to processes of the test.

use std::process::Command;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Signal {
    /// Dies at once, without a word; the kernel closes its sockets (S4).
    Kill,
    /// Stands still: its sockets stay open and silent.
    Stop,
    /// Goes on.
    Continue,
    /// Is asked to stop in good order. On Windows that is Ctrl-C, which Wine makes of SIGINT.
    Terminate,
}

/// Sends a signal to a process that has not been waited for, so that its id is still its own.
pub(crate) fn send_signal(pid: u32, signal: Signal) {
    let name = match signal {
        Signal::Kill => "KILL",
        Signal::Stop => "STOP",
        Signal::Continue => "CONT",
        Signal::Terminate if std::env::var_os("USERSTATUS_TEST_WINDOWS").is_some() => "INT",
        Signal::Terminate => "TERM",
    };
    // The shell's own kill: it is there wherever a shell is, and needs no unsafe code here.
    let status = Command::new("sh")
        .args(["-c", &format!("kill -{name} {pid}")])
        .status()
        .expect("sh runs");
    assert!(status.success(), "kill -{name} {pid}: {status}");
}
