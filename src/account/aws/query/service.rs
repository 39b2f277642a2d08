//! Runs one query of the service: starts, polls, reads page by page, stops it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use aws_sdk_cloudwatchlogs::operation::get_query_results::GetQueryResultsOutput;
use aws_sdk_cloudwatchlogs::types::{QueryStatistics, QueryStatus, ResultField};

use super::super::connection::Aws;
use super::super::error::Error;
use super::super::policy::Action;
use super::window::LogGroups;
use crate::account::cancellation::Cancellation;
use crate::query::window::Interval;
use crate::value::Progress;

/// The delay of the first poll.
const FIRST_LOOK: Duration = Duration::from_millis(100);
/// The longest pause between polls, at first and later.
const LONGEST_PAUSE: Duration = Duration::from_millis(175);
const LONGEST_LATE_PAUSE: Duration = Duration::from_secs(1);
const LATE: Duration = Duration::from_secs(10);
/// The time after which a query of unknown status is given up.
const UNKNOWN_FOR: Duration = Duration::from_mins(1);

/// The length, in characters, at which the service silently truncates a row's values; `GetLogRecord` does not.
const LONGEST_VALUE: usize = 1_000;

/// A row as the service returns it.
pub(super) type Cells = HashMap<String, String>;

/// A query to run.
#[derive(Clone, Debug)]
pub(super) struct Question<'a> {
    pub(super) groups: &'a [String],
    pub(super) text: &'a str,
    pub(super) interval: Interval,
}

/// The reply to a query.
#[derive(Debug, Default)]
pub(super) struct Reply {
    pub(super) rows: Vec<Cells>,
    /// Records that passed the filters.
    pub(super) matched: u64,
    /// The reason if rows are missing; the rows that arrived before are valid.
    pub(super) cut: Option<Error>,
}

impl Reply {
    /// Corrects a reply without statistics: it matched as many records as it has rows with a value.
    fn counted_by_rows(self) -> Self {
        let has_value = |cells: &&Cells| cells.iter().any(|(name, text)| name != "@ptr" && !text.is_empty());
        let rows = self.rows.iter().filter(has_value).count() as u64;
        Self { matched: self.matched.max(rows), ..self }
    }
}

/// Runs queries, and counts what they scan.
pub(super) struct Service<'a> {
    aws: &'a Aws,
    progress: &'a Arc<Progress>,
    cancellation: &'a Cancellation,
    /// The queries that were started, and what each has scanned.
    started: Mutex<HashMap<String, Scanned>>,
    /// Whether a value is as long as truncated ones are.
    has_long_values: AtomicBool,
}

/// The records and bytes that a query has scanned, and whether it is over.
#[derive(Clone, Copy, Default)]
struct Scanned {
    records: u64,
    bytes: u64,
    is_over: bool,
}

impl<'a> Service<'a> {
    pub(super) fn new(aws: &'a Aws, progress: &'a Arc<Progress>, cancellation: &'a Cancellation) -> Self {
        Self { aws, progress, cancellation, started: Mutex::default(), has_long_values: AtomicBool::new(false) }
    }

    /// The records and bytes that all queries have scanned.
    pub(super) fn scanned(&self) -> (u64, u64) {
        let started = self.started.lock().unwrap_or_else(PoisonError::into_inner);
        started.values().fold((0, 0), |sum, one| (sum.0 + one.records, sum.1 + one.bytes))
    }

    /// The number of queries that were started.
    pub(super) fn queries(&self) -> u64 {
        self.started.lock().unwrap_or_else(PoisonError::into_inner).len() as u64
    }

    /// A note for the user if a value may be truncated.
    pub(super) fn note_of_cut_values(&self) -> Option<String> {
        let is_cut = self.has_long_values.load(Ordering::Relaxed);
        is_cut.then(|| format!("the service cuts values after {LONGEST_VALUE} characters: a row has one that long"))
    }

    /// Runs a query to its end. Ctrl-C stops it, and the rows that arrived are the result.
    pub(super) async fn ask(&self, question: &Question<'_>) -> Result<Reply, Error> {
        // The semaphore is never closed.
        let _one = self.aws.clients().await?.quota.queries.acquire().await;
        self.cancellation.check()?;
        if self.aws.options.budget.is_spent() {
            return Err(Error::OverBudget);
        }
        let id = self.start(question).await?;
        self.note(&id, Scanned::default());
        let outcome = self.watch(&id).await;
        match &outcome {
            Ok(Reply { cut: None, .. }) => self.is_over(&id),
            _ => self.stop(&id).await,
        }
        outcome
    }

    /// The log groups that still exist, or that cannot be checked because they are in another account; reports the
    /// others to the user.
    pub(super) async fn still_there(&self, groups: &[String]) -> Result<Vec<String>, Error> {
        let groups_now = LogGroups::read(self.aws, &groups.iter().map(String::as_str).collect::<Vec<_>>()).await?;
        let refusal = |group: &String| groups_now.refusal(group);
        groups.iter().filter_map(refusal).for_each(|refusal| self.aws.tell(&refusal));
        Ok(groups.iter().filter(|group| refusal(group).is_none()).cloned().collect())
    }

    /// Stops the queries that are still running.
    pub(super) async fn stop_all(&self) {
        let running: Vec<String> = {
            let started = self.started.lock().unwrap_or_else(PoisonError::into_inner);
            started.iter().filter(|(_, one)| !one.is_over).map(|(id, _)| id.clone()).collect()
        };
        for id in running {
            self.stop(&id).await;
        }
    }

    async fn start(&self, question: &Question<'_>) -> Result<String, Error> {
        let clients = self.aws.clients().await?;
        let request = clients
            .logs
            .start_query()
            .set_log_group_identifiers(Some(question.groups.to_vec()))
            .query_string(question.text)
            .start_time(question.interval.from)
            .end_time(question.interval.until);
        let started = clients.call(Action::StartQuery, "start the query", || request.clone().send());
        let started = tokio::select! {
            started = started => started?,
            // Ctrl-C works even if the service does not answer.
            () = self.cancellation.cancelled() => return Err(Error::Interrupted),
        };
        started.query_id.ok_or(Error::Incomplete { doing: "start the query".into(), what: "id" })
    }

    /// Polls a query until it is over, and reads its result.
    async fn watch(&self, id: &str) -> Result<Reply, Error> {
        let began = Instant::now();
        let mut pause = FIRST_LOOK;
        let mut reply = Reply::default();
        let mut unknown_since = None;
        loop {
            if let Err(cancelled) = self.cancellation.sleep(pause).await {
                return Ok(Reply { cut: Some(cancelled.into()), ..reply });
            }
            let page = match self.page(id, None).await {
                Err(interrupted @ Error::Interrupted) => return Ok(Reply { cut: Some(interrupted), ..reply }),
                page => page?,
            };
            let status = page.status.clone().unwrap_or(QueryStatus::Scheduled);
            let token = page.next_token.clone();
            let has_statistics = page.statistics.is_some();
            self.read(id, page, &mut reply);
            if status != QueryStatus::Complete && self.aws.options.budget.is_spent() {
                return Ok(Reply { cut: Some(Error::OverBudget), ..reply });
            }
            match status {
                QueryStatus::Scheduled | QueryStatus::Running => unknown_since = None,
                QueryStatus::Complete => {
                    let reply = self.read_pages(id, token, reply).await?;
                    return Ok(if has_statistics { reply } else { reply.counted_by_rows() });
                }
                QueryStatus::Failed | QueryStatus::Cancelled | QueryStatus::Timeout => {
                    return Ok(Reply { cut: Some(Error::QueryEnded { status: status.to_string() }), ..reply });
                }
                _ if unknown_since.get_or_insert_with(Instant::now).elapsed() > UNKNOWN_FOR => {
                    return Ok(Reply { cut: Some(Error::QueryEnded { status: status.to_string() }), ..reply });
                }
                _ => {}
            }
            let longest = if began.elapsed() < LATE { LONGEST_PAUSE } else { LONGEST_LATE_PAUSE };
            pause = (pause * 5 / 4).min(longest);
        }
    }

    /// Reads the pages after the first.
    async fn read_pages(&self, id: &str, mut token: Option<String>, mut reply: Reply) -> Result<Reply, Error> {
        while let Some(next) = token {
            let mut page = match self.page(id, Some(next.clone())).await {
                Err(interrupted @ Error::Interrupted) => return Ok(Reply { cut: Some(interrupted), ..reply }),
                page => page?,
            };
            token = page.next_token.take();
            if token.as_ref() == Some(&next) {
                return Ok(Reply { cut: Some(Error::RepeatedPage), ..reply });
            }
            reply.rows.extend(page.results.take().unwrap_or_default().into_iter().map(|row| self.cells(row)));
        }
        Ok(reply)
    }

    async fn page(&self, id: &str, token: Option<String>) -> Result<GetQueryResultsOutput, Error> {
        let clients = self.aws.clients().await?;
        let request = clients.logs.get_query_results().query_id(id).set_next_token(token);
        let page = clients.call(Action::GetQueryResults, "read the answer of the query", || request.clone().send());
        tokio::select! {
            page = page => page,
            () = self.cancellation.cancelled() => Err(Error::Interrupted),
        }
    }

    /// Reads the first page of the result so far.
    fn read(&self, id: &str, page: GetQueryResultsOutput, reply: &mut Reply) {
        let rows = page.results.unwrap_or_default();
        // A stopped query may return fewer rows than before: the earlier rows remain valid.
        if !rows.is_empty() || page.status == Some(QueryStatus::Complete) {
            reply.rows = rows.into_iter().map(|row| self.cells(row)).collect();
        }
        if let Some(statistics) = page.statistics {
            reply.matched = whole(statistics.records_matched);
            self.note(id, Scanned::of(&statistics));
        }
    }

    fn cells(&self, row: Vec<ResultField>) -> Cells {
        let cells: Cells =
            row.into_iter().filter_map(|cell| Some((cell.field?, cell.value.unwrap_or_default()))).collect();
        let is_long = |text: &String| text.len() >= LONGEST_VALUE && text.chars().count() >= LONGEST_VALUE;
        if cells.values().any(is_long) {
            self.has_long_values.store(true, Ordering::Relaxed);
        }
        cells
    }

    fn note(&self, id: &str, scanned: Scanned) {
        let before = self.started.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_string(), scanned);
        let before_bytes = before.map_or(0, |before| before.bytes);
        self.aws.options.budget.spend(scanned.bytes.saturating_sub(before_bytes));
        let (records, bytes) = self.scanned();
        self.progress.records.store(records, Ordering::Relaxed);
        self.progress.bytes.store(bytes, Ordering::Relaxed);
    }

    fn is_over(&self, id: &str) {
        if let Some(scanned) = self.started.lock().unwrap_or_else(PoisonError::into_inner).get_mut(id) {
            scanned.is_over = true;
        }
    }

    /// Stops a query; ignores the error if it is already over.
    async fn stop(&self, id: &str) {
        self.is_over(id);
        if let Ok(clients) = self.aws.clients().await {
            let send = || clients.logs.stop_query().query_id(id).send();
            if let Err(error) = clients.call(Action::StopQuery, "stop the query", send).await {
                tracing::debug!(%error, "the query was over, or goes on");
            }
        }
    }
}

impl Scanned {
    fn of(statistics: &QueryStatistics) -> Self {
        Self { records: whole(statistics.records_scanned), bytes: whole(statistics.bytes_scanned), is_over: false }
    }
}

/// Converts a count, which arrives as a float.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count, which the cast keeps in bounds")]
fn whole(number: f64) -> u64 {
    number as u64
}
