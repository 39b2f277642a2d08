//! Names for the columns that a query computes: unique, and different from fields and words of the service.

use crate::field::FIELDS;

/// The names that a query has given so far.
#[derive(Default)]
pub(super) struct Names(Vec<String>);

impl Names {
    /// Reserves a fixed name.
    pub(super) fn reserve(&mut self, name: &str) {
        self.0.push(name.to_string());
    }

    /// Returns this name, with underscores appended until it is new: a duplicate name fails on the service with
    /// `Unknown symbols found`.
    pub(super) fn give(&mut self, mut name: String) -> String {
        while self.0.iter().any(|given| given.eq_ignore_ascii_case(&name)) {
            name.push('_');
        }
        self.reserve(&name);
        name
    }
}

/// Returns whether the service has a field of this name.
pub(super) fn is_field(name: &str) -> bool {
    FIELDS.iter().any(|info| info.insights.eq_ignore_ascii_case(name))
}

/// Returns whether the name could mean a field or a word of the service.
pub(super) fn means_something(name: &str) -> bool {
    is_field(name) || WORDS.contains(&name.to_ascii_lowercase().as_str())
}

/// Commands, functions and operators of Logs Insights.
///
/// Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html>.
const WORDS: [&str; 67] = [
    "abs",
    "and",
    "anomaly",
    "any",
    "as",
    "asc",
    "avg",
    "bin",
    "by",
    "case",
    "ceil",
    "coalesce",
    "concat",
    "count",
    "count_distinct",
    "countdistinct",
    "datefloor",
    "dateceil",
    "dedup",
    "desc",
    "diff",
    "display",
    "earliest",
    "estimate",
    "false",
    "fields",
    "filter",
    "filterindex",
    "floor",
    "frommillis",
    "head",
    "if",
    "in",
    "isnumeric",
    "ispresent",
    "join",
    "latest",
    "like",
    "limit",
    "max",
    "min",
    "not",
    "now",
    "null",
    "or",
    "order",
    "parse",
    "pattern",
    "pct",
    "search",
    "sort",
    "sortsfirst",
    "sortslast",
    "source",
    "stats",
    "stddev",
    "strcontains",
    "sum",
    "tail",
    "tomillis",
    "tonumber",
    "topk",
    "true",
    "unmask",
    "values",
    "variance",
    "where",
];
