//! The behaviour that a test asks of the service.

use std::time::Duration;

use serde_json::Value;

use crate::evaluator::{Dash, MissingTest, Mixed, NotNull, Settings, SumOfNothing};

/// The result of one poll of a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Scheduled,
    /// So many rows are found already; none where the query groups.
    Running(usize),
    Complete,
    Failed,
    Cancelled,
    Timeout,
    Unknown,
}

impl Step {
    /// The status as it is called.
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

    /// Whether the query goes on.
    pub(super) fn is_running(self) -> bool {
        matches!(self, Self::Scheduled | Self::Running(_) | Self::Unknown)
    }
}

/// How the service behaves.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    /// The results of a query's polls, one after the other; the last stays.
    pub(crate) steps: Vec<Step>,
    /// How long each query runs, before the steps.
    pub(crate) lasts: Duration,
    /// So many calls that start a query or look at it are throttled before any is answered.
    pub(crate) throttled: usize,
    /// The queries that may run at once.
    pub(crate) most_running: usize,
    /// Whether answers have statistics.
    pub(crate) has_statistics: bool,
    /// How long each answer takes.
    pub(crate) delay: Duration,
    /// The calls of one operation that are answered within a second; further ones are throttled.
    pub(crate) calls_a_second: usize,
    /// An operation that is not answered for a minute.
    pub(crate) hangs_at: &'static str,
    /// Whether every page names itself as the next one.
    pub(crate) repeats_pages: bool,
    /// An operation that the caller is not allowed.
    pub(crate) denied: &'static str,
    /// The classes of log groups that are not STANDARD.
    pub(crate) classes: Vec<(&'static str, &'static str)>,
    /// A log group that is gone since it was described.
    pub(crate) vanished: String,
    /// The rows of every query that is complete, whatever it asks for.
    pub(crate) rows: Option<Vec<Value>>,
    /// How many times the bytes of their messages log groups say that they store; the service counts them a while later.
    pub(crate) stored_times: usize,
    /// The points on which the service's documentation is not settled.
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
