//! The behaviour of the service in a test.

use std::time::Duration;

use serde_json::Value;

use crate::evaluator::{Dash, MissingTest, Mixed, NotNull, Settings, SumOfNothing};

/// The result of one poll of a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Scheduled,
    /// The query has found this many rows already; none if it groups.
    Running(usize),
    Complete,
    Failed,
    Cancelled,
    Timeout,
    Unknown,
}

impl Step {
    /// The name of the status.
    pub(super) fn status(self) -> &'static str {
        match self {
            Self::Scheduled => "Scheduled",
            Self::Running(_) => "Running",
            Self::Complete => "Complete",
            Self::Failed => "Failed",
            Self::Cancelled => "Cancelled",
            Self::Timeout => "Timeout",
            Self::Unknown => "Unknown",
        }
    }

    /// Returns whether the query continues.
    pub(super) fn is_running(self) -> bool {
        matches!(self, Self::Scheduled | Self::Running(_) | Self::Unknown)
    }
}

/// The behaviour of the service.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    /// The results of a query's polls, one after the other; the last stays.
    pub(crate) steps: Vec<Step>,
    /// The time that each query runs, before the steps.
    pub(crate) lasts: Duration,
    /// The number of first calls to start or poll a query that are throttled.
    pub(crate) throttled: usize,
    /// The most queries that may run at once.
    pub(crate) most_running: usize,
    /// Whether answers have statistics.
    pub(crate) has_statistics: bool,
    /// The time that each answer takes.
    pub(crate) delay: Duration,
    /// The most calls of one operation that are answered within a second; further ones are throttled.
    pub(crate) calls_a_second: usize,
    /// An operation that is not answered for a minute.
    pub(crate) hangs_at: &'static str,
    /// Whether every page names itself as the next one.
    pub(crate) repeats_pages: bool,
    /// An operation that the caller is denied.
    pub(crate) denied: &'static str,
    /// The classes of log groups that are not STANDARD.
    pub(crate) classes: Vec<(&'static str, &'static str)>,
    /// A log group that vanishes after it was described.
    pub(crate) vanished: String,
    /// The rows of every complete query, whatever its text.
    pub(crate) rows: Option<Vec<Value>>,
    /// The size that a log group reports, in multiples of its messages' bytes; the service counts these bytes with a
    /// delay.
    pub(crate) stored_times: usize,
    /// The behaviour where the service's documentation is open.
    pub(crate) settings: Settings,
}

impl Script {
    /// The class of a log group.
    pub(super) fn class(&self, group: &str) -> &'static str {
        let known = self.classes.iter().find(|(name, _)| *name == group);
        known.map_or("STANDARD", |(_, class)| class)
    }
}

impl Default for Script {
    fn default() -> Self {
        Self {
            steps: vec![Step::Scheduled, Step::Running(1), Step::Complete],
            lasts: Duration::ZERO,
            throttled: 0,
            most_running: 100,
            has_statistics: true,
            delay: Duration::ZERO,
            calls_a_second: usize::MAX,
            hangs_at: "",
            repeats_pages: false,
            denied: "",
            classes: Vec::new(),
            vanished: String::new(),
            rows: None,
            stored_times: 1,
            settings: Settings {
                missing: MissingTest::Null,
                not_null: NotNull::Null,
                dash: Dash::Text,
                mixed: Mixed::Missing,
                sum_of_nothing: SumOfNothing::Null,
            },
        }
    }
}
