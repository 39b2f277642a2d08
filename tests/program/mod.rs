//! A run of the program, and assertions about it.

#![allow(dead_code, reason = "each test uses a part")]

use std::process::{Command, Output};

pub(crate) struct Ran {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) code: Option<i32>,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { stdout: text(output.stdout), stderr: text(output.stderr), code: output.status.code() }
    }
}

impl Ran {
    /// Runs a command to its end.
    pub(crate) fn of(command: &mut Command) -> Self {
        command.output().unwrap().into()
    }

    /// The output of a run that succeeded.
    #[track_caller]
    pub(crate) fn done(self) -> String {
        assert_eq!(self.code, Some(0), "{}{}", self.stdout, self.stderr);
        self.stdout
    }

    /// Asserts that the run ended with this code and message.
    #[track_caller]
    pub(crate) fn fails(self, code: i32, part: &str) {
        assert_eq!(self.code, Some(code), "{}{}", self.stdout, self.stderr);
        assert!(self.stderr.contains(part), "`{part}` is not in: {}", self.stderr);
    }
}

/// The number of covered interfaces of a listed flow log's resource, and of all: `2 of 3`.
pub(crate) fn coverage(flow_log: &serde_json::Value) -> String {
    format!("{} of {}", flow_log["covered"], flow_log["interfaces"])
}
