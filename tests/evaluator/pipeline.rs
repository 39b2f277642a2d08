//! A query over a log, command by command.

use super::eval::{Row, passes, value};
use super::syntax::{Command, Query, SortKey};
use super::{Log, Settings, Value, aggregate, natural};

/// The answer of a query.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answer {
    /// The rows in order, including those beyond the query's limit.
    pub(crate) rows: Vec<OutRow>,
    /// The number of events that passed the filters before any `stats`.
    pub(crate) matched: usize,
}

/// A row as the service returns it: absent values have no cell.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct OutRow {
    /// Names and texts.
    pub(crate) cells: Vec<(String, String)>,
    /// The names and values that the rows are sorted by, in the order of `sort`.
    pub(crate) order: Vec<(String, Option<String>)>,
    /// The number of the event, for rows that are events.
    pub(crate) event: Option<usize>,
}

/// Runs a query. The caller cuts the rows at [`Query::limit`], so that it can see the others.
pub(crate) fn run(query: &Query, log: &Log, settings: Settings) -> Answer {
    assert_eq!(settings.dash, log.dash, "the log was made for other settings");
    let all = log.events.iter().enumerate();
    let mut rows: Vec<Row<'_>> =
        all.map(|(number, event)| Row { event, computed: Vec::new(), number: Some(number) }).collect();
    let mut columns = Vec::new();
    let mut order: &[SortKey] = &[];
    let mut matched = None;
    for command in &query.commands {
        match command {
            Command::Filter(test) => rows.retain(|row| passes(test, row, settings)),
            Command::Fields(shown) => {
                for expr in shown.iter().filter_map(|column| column.computed.as_ref()) {
                    for row in &mut rows {
                        let value = value(expr, row, settings).owned();
                        row.computed.push(value);
                    }
                }
                columns.extend(shown.iter().map(|column| (column.name.as_str(), column.slot)));
            }
            Command::Stats(stats) => {
                matched.get_or_insert(rows.len());
                rows = aggregate::groups(stats, &rows, settings);
                let names =
                    stats.keys.iter().map(|(name, _)| name).chain(stats.aggregates.iter().map(|(name, _)| name));
                columns = names.enumerate().map(|(slot, name)| (name.as_str(), slot)).collect();
            }
            Command::Sort(keys) => {
                sort(&mut rows, keys);
                order = keys;
            }
        }
    }
    let matched = matched.unwrap_or(rows.len());
    Answer { rows: rows.iter().map(|row| out(row, &columns, order)).collect(), matched }
}

fn sort(rows: &mut [Row<'_>], keys: &[SortKey]) {
    rows.sort_by(|a, b| {
        let orders = keys.iter().map(|key| {
            let order = natural::compare(&a.get(key.slot), &b.get(key.slot));
            if key.descending { order.reverse() } else { order }
        });
        orders.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
    });
}

fn out(row: &Row<'_>, columns: &[(&str, usize)], order: &[SortKey]) -> OutRow {
    let text = |slot: usize| match row.get(slot) {
        Value::Null => None,
        value => Some(value.to_string()),
    };
    let cells = columns.iter().filter_map(|(name, slot)| text(*slot).map(|text| ((*name).to_string(), text)));
    let order = order.iter().map(|key| (key.name.clone(), text(key.slot))).collect();
    OutRow { cells: cells.collect(), order, event: row.number }
}
