//! Conversations: both directions in one row, and each only once.
//!
//! Traffic between two interfaces is recorded at both, and traffic through a gateway at more. So the account groups by
//! interface, and for each conversation the interface with the most bytes is taken.

use crate::field::Field;
use crate::query::plan::{GroupKey, GroupStage, Groups, Measure, Source};
use crate::value::{Row, RunStats, Value, compare_rows};

/// The conversations of a plan, computed from its [groups by interface](crate::query::Plan::in_parts).
pub(super) struct Conversations<'a> {
    groups: &'a Groups,
}

impl<'a> Conversations<'a> {
    /// The conversations of groups; `None` if the groups are no conversations.
    pub(super) fn of(groups: &'a Groups) -> Option<Self> {
        matches!(groups.stage, GroupStage::Conversations(_)).then_some(Self { groups })
    }

    /// Converts groups by interface to conversations, in any order; adds to the statistics how much is left out.
    pub(super) fn rows(&self, mut rows: Vec<Row>, stats: &mut RunStats) -> Vec<Row> {
        let unknown: u64 = rows.extract_if(.., |row| !self.has_ends(row)).map(|row| self.flows(&row)).sum();
        if unknown > 0 {
            let records = if unknown == 1 { "record is" } else { "records are" };
            stats.notes.push(format!("{unknown} {records} left out: it is not known who asked whom"));
        }
        self.each_once(rows)
    }

    /// Keeps the row of the interface with the most bytes for each conversation, without the interface.
    fn each_once(&self, mut rows: Vec<Row>) -> Vec<Row> {
        let interface = self.groups.keys.len();
        let compare = |a: &Row, b: &Row| compare_rows(a, b, (0..interface).map(|key| (key, false)));
        let bytes = |row: &Row| Measure::Bytes.of_conversation(&row[interface + 1..]);
        rows.sort_by(|a, b| {
            compare(a, b).then_with(|| bytes(b).total_cmp(&bytes(a))).then_with(|| a[interface].compare(&b[interface]))
        });
        rows.dedup_by(|later, first| compare(later, first).is_eq());
        for row in &mut rows {
            row.remove(interface);
        }
        rows
    }

    /// Returns whether the addresses of both ends are known.
    fn has_ends(&self, row: &Row) -> bool {
        let is_end = |key: &GroupKey| matches!(key.source(), Source::Field(Field::ClientAddr | Field::ServerAddr));
        self.groups.keys.iter().zip(row).all(|(key, value)| !is_end(key) || *value != Value::Absent)
    }

    fn flows(&self, row: &Row) -> u64 {
        // The column of the interface comes before the measures.
        match row[self.groups.keys.len() + 1] {
            Value::Int(flows) => flows.unsigned_abs(),
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;
    use crate::query::clock::Clock;
    use crate::query::plan::{Plan, Shape};
    use crate::query::{Context, compile};
    use crate::session::finish::finished;

    fn plan(text: &str) -> Plan {
        compile(text, &Context::new(Clock { now: 1_795_435_200, zone: TimeZone::UTC })).unwrap()
    }

    /// A row of the groups by interface: ends, interface, and measures.
    fn row(client: &str, server: &str, interface: &str, measures: [i64; 5]) -> Row {
        let end = |address: &str| address.parse().map_or(Value::Absent, Value::Address);
        let keys = [end(client), end(server), Value::word("TCP"), Value::Int(443), Value::Text(interface.into())];
        let measures = measures.into_iter().map(Value::Int);
        keys.into_iter().chain(measures).chain([Value::Time(10), Value::Time(20)]).collect()
    }

    /// The flows and the bytes out of each conversation, in order.
    fn found(text: &str, rows: Vec<Row>) -> (Vec<(i64, i64)>, RunStats) {
        let plan = plan(text);
        let Shape::Groups(groups) = &plan.shape else { panic!("groups") };
        let mut stats = RunStats::default();
        let rows = Conversations::of(groups).unwrap().rows(rows, &mut stats);
        let rows = finished(&plan, groups, rows, &mut stats);
        let number = |value: &Value| if let Value::Int(number) = value { *number } else { panic!("{value:?}") };
        (rows.iter().map(|row| (number(&row[4]), number(&row[6]))).collect(), stats)
    }

    fn rows() -> Vec<Row> {
        vec![
            row("10.0.0.1", "10.0.0.2", "eni-b", [4, 10, 1_000, 10, 500]),
            row("10.0.0.1", "10.0.0.2", "eni-a", [4, 10, 1_000, 10, 500]),
            row("10.0.0.1", "10.0.0.2", "eni-c", [9, 2, 100, 0, 0]),
            row("10.0.0.3", "10.0.0.2", "eni-b", [2, 90, 900, 1, 700]),
            row("-", "-", "eni-b", [3, 0, 0, 0, 0]),
        ]
    }

    #[test]
    fn a_conversation_counts_once_where_it_has_the_most_bytes() {
        let (found, stats) = found("conversations", rows());
        assert_eq!(found, [(4, 1_000), (2, 900)]);
        assert_eq!(stats.notes, ["3 records are left out: it is not known who asked whom"]);
        assert_eq!((stats.rows, stats.truncated), (2, false));
    }

    #[test]
    fn the_measure_takes_both_directions() {
        assert_eq!(found("conversations by bytes", rows()).0, [(2, 900), (4, 1_000)]);
        assert_eq!(found("conversations 1 by packets", rows()).0, [(2, 900)]);
        assert_eq!(found("conversations | sort bytes_out asc", rows()).0, [(2, 900), (4, 1_000)]);
        assert_eq!(found("conversations | where flows > 3", rows()).0, [(4, 1_000)]);
        assert_eq!(found("conversations | where client_addr = 10.0.0.3", rows()).0, [(2, 900)]);
    }
}
