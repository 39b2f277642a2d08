//! A run of the program, and what is asserted of it.

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

    /// What it printed, where it succeeded.
    #[track_caller]
    pub(crate) fn done(self) -> String {
        assert_eq!(self.code, Some(0), "{}{}", self.stdout, self.stderr);
        self.stdout
    }

    /// It ended with this code, and said so.
    #[track_caller]
    pub(crate) fn fails(self, code: i32, part: &str) {
        assert_eq!(self.code, Some(code), "{}{}", self.stdout, self.stderr);
        assert!(self.stderr.contains(part), "`{part}` is not in: {}", self.stderr);
    }
}

/// How many of the interfaces of a listed flow log's resource it covers: `2 of 3`.
pub(crate) fn coverage(flow_log: &serde_json::Value) -> String {
    format!("{} of {}", flow_log["covered"], flow_log["interfaces"])
}
