//! A query: its whole answer is computed at once, and returned step by step.

use std::time::Instant;

use serde_json::{Value, json};

use super::api::Refusal;
use super::script::{Script, Step};
use super::state::Group;
use crate::evaluator::{self, Log, OutRow};

/// The service's message about a window before the creation of the log groups.
const OUTSIDE: &str = "Query's end date and time is either before the log groups creation time or exceeds the log \
                       groups log retention settings ([0,79])";

pub(super) struct Query {
    rows: Vec<Value>,
    has_stats: bool,
    has_statistics: bool,
    steps: Vec<Step>,
    /// The step of the last poll; `None` before the first.
    at: Option<usize>,
    matched: usize,
    scanned: usize,
    bytes: usize,
    groups: usize,
    /// The time until which it runs, whatever the steps are.
    until: Instant,
}

impl Query {
    /// Runs the text over the events of a window, both seconds included.
    pub(super) fn run(
        text: &str,
        groups: &[&Group],
        (first, last): (i64, i64),
        limit: Option<usize>,
        script: &Script,
    ) -> Result<Self, Refusal> {
        let malformed = |message: String| Refusal::new("MalformedQueryException", message);
        if last < first {
            return Err(Refusal::parameter("the end is before the start"));
        }
        if groups.iter().all(|group| last < group.created / 1000) {
            return Err(malformed(OUTSIDE.into()));
        }
        let (text, is_estimate) = text.strip_suffix("\n| estimate").map_or((text, false), |text| (text, true));
        let (names, text) = parse_command(text);
        let query = evaluator::Query::parse(text).map_err(|error| malformed(error.to_string()))?;
        let events = groups.iter().flat_map(|group| &group.events);
        let is_within = |event: &&Vec<(String, String)>| {
            let time = event.iter().find(|(name, _)| name == "@timestamp").and_then(|(_, text)| text.parse().ok());
            time.is_some_and(|time: i64| (first..=last).contains(&time.div_euclid(1000)))
        };
        let events: Vec<&Vec<(String, String)>> = events.filter(is_within).collect();
        let bytes = events.iter().copied().flatten().map(|(_, text)| text.len() + 1).sum();
        let parsed: Vec<Vec<(String, String)>> = events.iter().map(|event| parsed(event, &names)).collect();
        let events = if names.is_empty() { events } else { parsed.iter().collect() };
        let pairs = events.iter().map(|event| event.iter().map(|(name, text)| (name.as_str(), text.as_str())));
        let log = Log::new(pairs, script.settings.dash).map_err(|error| malformed(error.to_string()))?;
        let answer = evaluator::run(&query, &log, script.settings);
        // Both limits hold, so the smaller one wins.
        let limit = limit.map_or(query.limit, |limit| limit.min(query.limit));
        let estimate = vec![json!([{ "field": "estimatedBytes", "value": usize::to_string(&bytes) }])];
        let found = || answer.rows.iter().take(limit).map(row).collect();
        let rows = if is_estimate { estimate } else { script.rows.clone().unwrap_or_else(found) };
        Ok(Self {
            rows,
            has_stats: query.has_stats(),
            has_statistics: script.has_statistics,
            steps: script.steps.clone(),
            at: None,
            matched: answer.matched,
            scanned: log.len(),
            bytes,
            groups: groups.len(),
            until: Instant::now() + script.lasts,
        })
    }

    /// The result of the last poll.
    pub(super) fn step(&self) -> Step {
        if Instant::now() < self.until {
            return Step::Running(0);
        }
        self.at.and_then(|at| self.steps.get(at)).copied().unwrap_or(Step::Scheduled)
    }

    /// Advances by one step; the last step stays.
    pub(super) fn advance(&mut self) {
        self.at = Some(self.at.map_or(0, |at| at + 1).min(self.steps.len().saturating_sub(1)));
    }

    /// Ends the query, whatever steps are left.
    pub(super) fn end(&mut self, step: Step) {
        self.until = Instant::now();
        self.steps = vec![step];
        self.at = Some(0);
    }

    /// A page of the rows so far.
    pub(super) fn page(&self, first: usize, most: usize) -> Value {
        let there = match self.step() {
            Step::Complete => self.rows.len(),
            Step::Running(rows) if !self.has_stats => rows.min(self.rows.len()),
            _ => 0,
        };
        let rows = &self.rows[first.min(there)..(first + most).min(there)];
        let mut page = json!({
            "queryLanguage": "CWLI",
            "status": self.step().status(),
            "results": rows,
        });
        if self.has_statistics {
            page["statistics"] = self.statistics(there);
        }
        if first + most < there {
            page["nextToken"] = token(first + most).into();
        }
        page
    }

    /// The statistics; all of them are doubles.
    #[expect(clippy::cast_precision_loss, reason = "there are few records")]
    fn statistics(&self, rows: usize) -> Value {
        let is_known = !matches!(self.step(), Step::Scheduled);
        let number = |count: usize| if is_known { count as f64 } else { 0.0 };
        json!({
            "recordsMatched": number(self.matched),
            "recordsScanned": number(self.scanned),
            "bytesScanned": number(self.bytes),
            "estimatedRecordsSkipped": 0.0,
            "estimatedBytesSkipped": 0.0,
            "logGroupsScanned": number(self.groups),
            "resultCount": rows as f64,
        })
    }
}

/// The names that `parse` with a glob gives to the values between blanks in the text of events, and the rest of the
/// query.
fn parse_command(text: &str) -> (Vec<&str>, &str) {
    let command = text.strip_prefix("parse @message \"").and_then(|rest| rest.split_once("\n| "));
    let Some((command, rest)) = command else { return (Vec::new(), text) };
    let Some((globs, names)) = command.split_once("\" as ") else { return (Vec::new(), text) };
    let names: Vec<&str> = names.split(", ").collect();
    assert_eq!(globs.split(' ').filter(|glob| *glob == "*").count(), names.len());
    // The service reads a dash in a name as a minus.
    assert!(names.iter().all(|name| !name.contains('-')), "{names:?}");
    (names, rest)
}

/// An event with the values of these names; names of unknown fields are left out.
fn parsed(event: &[(String, String)], names: &[&str]) -> Vec<(String, String)> {
    let message = event.iter().find(|(name, _)| name == "@message").map_or("", |(_, text)| text);
    let values = names.iter().zip(message.split(' ')).filter(|(name, _)| !name.starts_with("unknown"));
    event.iter().cloned().chain(values.map(|(name, text)| ((*name).to_string(), text.to_string()))).collect()
}

/// The longest value of a row, in characters.
const LONGEST_VALUE: usize = 1_000;

/// A row as pairs. Longer values are cut silently; events also have a pointer.
fn row(row: &OutRow) -> Value {
    let pair = |field: &str, value: &str| json!({ "field": field, "value": value.chars().take(LONGEST_VALUE).collect::<String>() });
    let mut cells: Vec<Value> = row.cells.iter().map(|(field, value)| pair(field, value)).collect();
    if let Some(event) = row.event {
        cells.push(pair("@ptr", &format!("ptr-{event}")));
    }
    Value::Array(cells)
}

/// The token of the page that starts at this place.
pub(super) fn token(place: usize) -> String {
    format!("page-{place}")
}

pub(super) fn token_place(token: &str) -> Option<usize> {
    token.strip_prefix("page-")?.parse().ok()
}
