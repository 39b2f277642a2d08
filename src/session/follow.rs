//! Follows new records: runs the same plan repeatedly, and passes on the new rows of each result.
//!
//! Records arrive late and out of order, so each round queries the whole time that may still change. A record that was
//! passed on is recognised by its time and its values; identical records are all passed on, each once. The service
//! could tell them apart by `@ptr`, but files have nothing like it, and the rows look the same.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Session;
use crate::account::{Cancellation, Error};
use crate::field::Field;
use crate::query::clock::Clock;
use crate::query::plan::{Limit, Plan, Shape, ShownColumn, SortKey, Source};
use crate::query::window::Interval;
use crate::value::{EpochSeconds, Progress, Row, RowSink, Rows, RunStats, Value};

/// The time after which following an account that does not answer ends.
const PATIENCE: Duration = Duration::from_hours(2);
/// The pause before a retry.
const RETRY: Duration = Duration::from_secs(15);

/// The number of records that were passed on, by their time and a hash of the shown values.
#[derive(Default)]
struct Seen(HashMap<(EpochSeconds, u64), u32>);

impl Session {
    /// Runs a plan of records until it is stopped, or until its window is over and no records can arrive any more. Rows
    /// go to `sink` oldest first: the existing ones up to the plan's limit, then each new one, in one call per round.
    ///
    /// # Errors
    ///
    /// The errors of [`Session::run`]; [`Error::NotFollowed`] if no records can be added.
    pub async fn follow(
        &self,
        plan: &Plan,
        clock: &Clock,
        progress: &Arc<Progress>,
        sink: &mut (dyn RowSink + Send),
    ) -> Result<RunStats, Error> {
        self.account.begin();
        let cancellation = Cancellation::current();
        let lateness_s = self.account.lateness_s()?;
        let timed = timed(plan);
        let first = self.interval(plan, clock);
        let mut seen = Seen::default();
        let mut rows = 0;
        let mut is_first = true;
        let mut rounds = 0;
        // The time of the last answer.
        let mut working = Instant::now();
        let mut is_told = false;
        let mut last_round: Option<(Instant, u64)> = None;
        loop {
            let began = Instant::now();
            let now = Clock::system(clock.zone.clone());
            let until = self.interval(plan, &now).map(|interval| interval.until);
            let late = lateness_s.map(|late| now.now - late).filter(|_| !is_first);
            let from = |first: Interval| late.map_or(first.from, |late| late.max(first.from));
            let interval = first.zip(until).map(|(first, until)| Interval { from: from(first), until });
            let mut found = Rows::default();
            let mut stats = match self.account.run(&timed, interval, progress, &mut found, &cancellation).await {
                // A failed round does not end the follow: the next answer includes its records.
                Err(error) if !is_first && error.is_passing() && working.elapsed() < PATIENCE => {
                    if !is_told {
                        self.account.tell(&format!("waiting until AWS answers again: {error}"));
                        is_told = true;
                    }
                    cancellation.sleep(RETRY).await.map_err(|_| error)?;
                    continue;
                }
                stats => stats?,
            };
            (working, is_told) = (Instant::now(), false);
            // The first round scans the whole window; the duration of a round is known when the next one begins.
            rounds += 1;
            if rounds == 3
                && let Some((before, bytes)) = last_round
            {
                self.tell_cost(bytes, began.duration_since(before));
            }
            last_round = Some((began, stats.bytes_scanned));
            // With several places, the columns of the place come before it.
            let time_at = found.columns.iter().position(|column| column.name == FOLLOW_TIME).unwrap_or(0);
            if is_first {
                found.columns.remove(time_at);
                sink.columns(&found.columns).map_err(Error::Sink)?;
            }
            seen.forget_before(late);
            let mut new = seen.take_new(found.rows, time_at);
            if is_first && let Some(most) = plan.limit.rows() {
                let more = new.len().saturating_sub(usize::try_from(most).unwrap_or(usize::MAX));
                new.drain(..more);
            }
            rows += new.len() as u64;
            if !new.is_empty() || is_first {
                sink.rows(new).map_err(Error::Sink)?;
            }
            if is_over(until, &now, lateness_s) {
                stats.rows = rows;
                return Ok(stats);
            }
            is_first = false;
            self.account.more(&cancellation).await?;
        }
    }
}

impl Session {
    /// Tells the user the cost of following, by the size and the duration of a round.
    #[allow(clippy::cast_precision_loss, reason = "an amount for people")]
    fn tell_cost(&self, bytes: u64, round: Duration) {
        const HOUR: Duration = Duration::from_hours(1);
        if let Some(cost_usd) = self.account.cost_usd(bytes) {
            let an_hour = HOUR.as_secs_f64() / round.as_secs_f64().max(1.0);
            let (gigabytes, cost_usd) = (bytes as f64 * an_hour / 1e9, cost_usd * an_hour);
            self.account.tell(&format!("following scans about {gigabytes:.1} GB an hour, about {cost_usd:.2} USD"));
        }
    }
}

/// Returns whether no record can arrive any more in a window that ends at `until`.
fn is_over(until: Option<EpochSeconds>, now: &Clock, lateness_s: Option<i64>) -> bool {
    until.is_some_and(|until| until < now.now - lateness_s.unwrap_or(0))
}

/// The name of the added column with the time of each record.
const FOLLOW_TIME: &str = "follow_time";

/// The plan for all rows, oldest first, with the time as the first column.
fn timed(plan: &Plan) -> Plan {
    let mut timed = Plan { limit: Limit::None, ..plan.clone() };
    timed.sort = vec![SortKey { descending: false, ..SortKey::NEWEST_FIRST }];
    if let Shape::Records { columns, .. } = &mut timed.shape {
        columns.insert(0, ShownColumn { source: Source::Field(Field::Time), name: FOLLOW_TIME.into() });
    }
    timed
}

impl Seen {
    /// The rows that were not seen before, without the added time column.
    fn take_new(&mut self, mut rows: Vec<Row>, time_at: usize) -> Vec<Row> {
        let time_of = |row: &Row| if let Some(Value::Time(time)) = row.get(time_at) { *time } else { 0 };
        // The results of several places follow one another.
        rows.sort_by_key(time_of);
        let mut found: HashMap<(EpochSeconds, u64), u32> = HashMap::new();
        let mut new = Vec::new();
        for mut row in rows {
            let time = time_of(&row);
            row.remove(time_at);
            let key = (time, hash(&row));
            let count = found.entry(key).or_default();
            *count += 1;
            if *count > self.0.get(&key).copied().unwrap_or(0) {
                new.push(row);
            }
        }
        for (key, count) in found {
            let known = self.0.entry(key).or_default();
            *known = count.max(*known);
        }
        new
    }

    /// Forgets records that no later round returns.
    fn forget_before(&mut self, first: Option<EpochSeconds>) {
        if let Some(first) = first {
            self.0.retain(|(time, _), _| *time >= first);
        }
    }
}

fn hash(row: &Row) -> u64 {
    let mut hasher = DefaultHasher::new();
    for value in row {
        match value {
            Value::Float(number) => number.to_bits().hash(&mut hasher),
            value => format!("{value:?}").hash(&mut hasher),
        }
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(time: i64, bytes: i64) -> Row {
        vec![Value::Time(time), Value::Int(bytes)]
    }

    #[test]
    fn of_equal_records_as_many_are_new_as_there_are_more() {
        let mut seen = Seen::default();
        assert_eq!(seen.take_new(vec![row(1, 5), row(1, 5), row(2, 5)], 0).len(), 3);
        assert_eq!(seen.take_new(vec![row(1, 5), row(1, 5), row(2, 5)], 0), Vec::<Row>::new());
        // One more identical record, and a late one.
        assert_eq!(
            seen.take_new(vec![row(1, 5), row(1, 5), row(1, 5), row(1, 9), row(2, 5)], 0),
            [[Value::Int(5)], [Value::Int(9)]]
        );
    }

    #[test]
    fn rows_of_several_places_are_sorted_by_time() {
        let placed = |place: &'static str, time| vec![Value::word(place), Value::Time(time)];
        let rows = vec![placed("a", 1), placed("a", 3), placed("b", 2)];
        assert_eq!(Seen::default().take_new(rows, 1), [[Value::word("a")], [Value::word("b")], [Value::word("a")]]);
    }

    #[test]
    fn what_is_not_asked_for_again_is_forgotten() {
        let mut seen = Seen::default();
        seen.take_new(vec![row(1, 5), row(9, 5)], 0);
        seen.forget_before(Some(5));
        assert_eq!(seen.0.len(), 1);
        assert!(seen.take_new(vec![row(9, 5)], 0).is_empty());
    }
}
