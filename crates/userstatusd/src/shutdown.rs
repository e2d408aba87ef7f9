//! Signals: those that stop the server, and the one that has it read its configuration again.

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};
#[cfg(windows)]
use tokio::signal::windows::{
    CtrlBreak, CtrlC, CtrlClose, CtrlShutdown, ctrl_break, ctrl_c, ctrl_close, ctrl_shutdown,
};

/// SIGTERM, SIGINT and SIGHUP.
#[cfg(unix)]
#[derive(Debug)]
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

/// What Windows tells a program of a console. None of it asks to reload; `userstatusd reload` does.
#[cfg(windows)]
#[derive(Debug)]
pub(crate) struct Signals {
    interrupt: CtrlC,
    interrupt_hard: CtrlBreak,
    close: CtrlClose,
    shutdown: CtrlShutdown,
}

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// To stop; the signal's name.
    Stop(&'static str),
    /// To read the configuration again.
    #[cfg_attr(
        windows,
        expect(dead_code, reason = "no signal of Windows asks for it")
    )]
    Reload,
}

#[cfg(unix)]
impl Signals {
    /// From now on these signals do not end the process by themselves.
    ///
    /// # Errors
    /// If the system refuses.
    pub(crate) fn catch() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// Waits for the next one.
    pub(crate) async fn next(&mut self) -> Asked {
        tokio::select! {
            _ = self.terminate.recv() => Asked::Stop("SIGTERM"),
            _ = self.interrupt.recv() => Asked::Stop("SIGINT"),
            _ = self.hangup.recv() => Asked::Reload,
        }
    }
}

#[cfg(windows)]
impl Signals {
    /// From now on these do not end the process by themselves.
    ///
    /// # Errors
    /// If the system refuses.
    pub(crate) fn catch() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: ctrl_c()?,
            interrupt_hard: ctrl_break()?,
            close: ctrl_close()?,
            shutdown: ctrl_shutdown()?,
        })
    }

    /// Waits for the next one.
    pub(crate) async fn next(&mut self) -> Asked {
        Asked::Stop(tokio::select! {
            _ = self.interrupt.recv() => "Ctrl-C",
            _ = self.interrupt_hard.recv() => "Ctrl-Break",
            _ = self.close.recv() => "the console was closed",
            _ = self.shutdown.recv() => "Windows shuts down",
        })
    }
}

impl Signals {
    /// Waits for the next one that asks to stop, and names it.
    pub(crate) async fn next_stop(&mut self) -> &'static str {
        loop {
            if let Asked::Stop(signal) = self.next().await {
                return signal;
            }
        }
    }
}
