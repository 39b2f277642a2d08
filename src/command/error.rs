//! Errors of commands, and their exit codes.

use std::io;
use std::process::ExitCode;

use super::console::{self, Terminal};

/// The way a command ends.
///
/// The variants are ordered by importance: of several lines, the greatest counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exit {
    Done,
    /// The answer was cut, and `--fail-on-truncate` makes that an exit code.
    Truncated,
    /// The answer has rows, and `--fail-if-rows` makes that an exit code.
    HasRows,
    /// This code in any case: the one that a script asked for, 0 at the end of an interactive shell, or 1 if a part
    /// failed, which was reported.
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
pub(crate) const EXIT_CODES: [(&str, &str); 9] = [
    ("0", "done; also when the reader of a pipe closed it"),
    ("1", "failed, also in part; a shell at a terminal says so and ends with 0"),
    ("2", "the command line or the sentence is wrong"),
    ("3", "the default limit cut the answer, and `--fail-on-truncate` asked to say so"),
    ("4", "the answer has a row, and `--fail-if-rows` asked to say so, also where it is cut; of several lines, any"),
    ("5", "`why --check` cannot judge a connection; one that is denied is 4"),
    ("130", "interrupted"),
    ("143", "terminated (SIGTERM), with the same care"),
    ("N", "a script called `exit(N)`"),
];

/// An error of a command.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Error {
    /// A mistake in a sentence, an expression or a script; drawn under its text.
    #[error("{drawn}")]
    Query { drawn: String },
    /// A script failed; drawn under its text.
    #[error("{drawn}")]
    Drawn { drawn: String },
    /// Arguments that do not go together.
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
    /// Writing failed, for example to a closed pipe.
    #[error("cannot write: {0}")]
    Write(#[from] io::Error),
}

impl Error {
    pub(crate) fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Write(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }

    /// Prints the error; returns the exit code of the process if this was all.
    pub(crate) fn report(&self, terminal: &Terminal) -> ExitCode {
        match self {
            Self::Query { drawn } | Self::Drawn { drawn } => console::say_drawn(drawn),
            Self::Usage { message, help } | Self::Failed { message, help } => terminal.error(message, help.as_deref()),
            Self::Write(_) => terminal.error(&self.to_string(), None),
            Self::Interrupted | Self::Terminated => console::say(&self.to_string()),
        }
        ExitCode::from(self.code())
    }

    /// The exit code of the process.
    pub(crate) const fn code(&self) -> u8 {
        match self {
            Self::Query { .. } | Self::Usage { .. } => 2,
            Self::Failed { .. } | Self::Drawn { .. } | Self::Write(_) => 1,
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }
}
