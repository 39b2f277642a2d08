//! Why a command fails, and how it ends.

use std::io;
use std::process::ExitCode;

use super::console::{self, Terminal};

/// How a command ends.
///
/// In the order of what says more: of several lines the greatest counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exit {
    Done,
    /// The answer was cut and `--fail-on-truncate` asks to say so.
    Truncated,
    /// The answer has rows and `--fail-if-rows` asks to say so.
    HasRows,
    /// This code and no other: what a script asked for, 0 behind lines that were typed, or 1 where a part
    /// failed that was told of.
    Code(u8),
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Done => Self::SUCCESS,
            Exit::Truncated => Self::from(3),
            Exit::HasRows => Self::from(4),
            Exit::Code(code) => Self::from(code),
        }
    }
}

/// The exit codes of the program, for the manual.
pub(crate) const EXIT_CODES: [(&str, &str); 8] = [
    ("0", "done; also when the reader of a pipe closed it"),
    ("1", "failed, also in part; a shell at a terminal says so and ends with 0"),
    ("2", "the command line or the sentence is wrong"),
    ("3", "the default limit cut the answer, and `--fail-on-truncate` asked to say so"),
    ("4", "the answer has a row, and `--fail-if-rows` asked to say so, also where it is cut; of several lines, any"),
    ("130", "interrupted"),
    ("143", "terminated (SIGTERM), with the same care"),
    ("N", "a script called `exit(N)`"),
];

/// Why a command fails.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Error {
    /// A sentence, an expression or a script is wrong; drawn under its text.
    #[error("{drawn}")]
    Query { drawn: String },
    /// A script failed; drawn under its text.
    #[error("{drawn}")]
    Drawn { drawn: String },
    /// Arguments that do not fit each other.
    #[error("{message}")]
    Usage { message: String, help: Option<String> },
    /// A run failed.
    #[error("{message}")]
    Failed { message: String, help: Option<String> },
    /// Ctrl-C.
    #[error("interrupted")]
    Interrupted,
    /// SIGTERM.
    #[error("terminated")]
    Terminated,
    /// Writing failed; a closed pipe is one of these.
    #[error("cannot write: {0}")]
    Write(#[from] io::Error),
}

impl Error {
    pub(crate) fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Write(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }

    /// Says it, and how the process ends if that was all.
    pub(crate) fn report(&self, terminal: &Terminal) -> ExitCode {
        match self {
            Self::Query { drawn } | Self::Drawn { drawn } => console::say_drawn(drawn),
            Self::Usage { message, help } | Self::Failed { message, help } => terminal.error(message, help.as_deref()),
            Self::Write(_) => terminal.error(&self.to_string(), None),
            Self::Interrupted | Self::Terminated => console::say(&self.to_string()),
        }
        ExitCode::from(self.code())
    }

    /// The exit code of a process that ends so.
    pub(crate) const fn code(&self) -> u8 {
        match self {
            Self::Query { .. } | Self::Usage { .. } => 2,
            Self::Failed { .. } | Self::Drawn { .. } | Self::Write(_) => 1,
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }
}
