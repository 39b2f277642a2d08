//! The signals of the system that ask a process to stop.

#[cfg(unix)]
pub(super) use unix::Signals;
#[cfg(windows)]
pub(super) use windows::Signals;

#[cfg(unix)]
mod unix {
    use std::io;

    use tokio::signal::unix::{Signal, SignalKind, signal};

    /// Ctrl-C, SIGTERM, and SIGHUP of a terminal that is closed.
    pub(in crate::session) struct Signals {
        interrupts: Signal,
        terminations: Signal,
        hangups: Signal,
    }

    impl Signals {
        /// Starts listening: a signal is not lost even if nothing waits for one.
        pub(in crate::session) fn listen() -> io::Result<Self> {
            Ok(Self {
                interrupts: signal(SignalKind::interrupt())?,
                terminations: signal(SignalKind::terminate())?,
                hangups: signal(SignalKind::hangup())?,
            })
        }

        /// Waits for the next signal. Returns whether it ends the process; `None` if no more will arrive.
        pub(in crate::session) async fn next(&mut self) -> Option<bool> {
            tokio::select! {
                Some(()) = self.interrupts.recv() => Some(false),
                Some(()) = self.terminations.recv() => Some(true),
                Some(()) = self.hangups.recv() => Some(true),
                else => None,
            }
        }
    }
}

#[cfg(windows)]
mod windows {
    use std::io;

    use tokio::signal::windows::{
        CtrlBreak, CtrlC, CtrlClose, CtrlShutdown, ctrl_break, ctrl_c, ctrl_close, ctrl_shutdown,
    };

    /// Ctrl-C, Ctrl-Break, and the end of the console or of the system.
    pub(in crate::session) struct Signals {
        interrupts: CtrlC,
        breaks: CtrlBreak,
        closes: CtrlClose,
        shutdowns: CtrlShutdown,
    }

    impl Signals {
        /// Starts listening: a signal is not lost even if nothing waits for one.
        pub(in crate::session) fn listen() -> io::Result<Self> {
            Ok(Self {
                interrupts: ctrl_c()?,
                breaks: ctrl_break()?,
                closes: ctrl_close()?,
                shutdowns: ctrl_shutdown()?,
            })
        }

        /// Waits for the next signal. Returns whether it ends the process; `None` if no more will arrive.
        pub(in crate::session) async fn next(&mut self) -> Option<bool> {
            tokio::select! {
                Some(()) = self.interrupts.recv() => Some(false),
                Some(()) = self.breaks.recv() => Some(true),
                Some(()) = self.closes.recv() => Some(true),
                Some(()) = self.shutdowns.recv() => Some(true),
                else => None,
            }
        }
    }
}
