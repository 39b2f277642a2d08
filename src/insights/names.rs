//! Names of columns that a query gives itself: none is taken for another, for a field or for a word.

use crate::field::FIELDS;

/// The names that a query has given so far.
#[derive(Default)]
pub(super) struct Names(Vec<String>);

impl Names {
    /// Reserves a name that has to be this one.
    pub(super) fn reserve(&mut self, name: &str) {
        self.0.push(name.to_string());
    }

    /// Returns this name, with underscores behind it until it is new: a name that is given twice fails on the
    /// service with `Unknown symbols found`.
    pub(super) fn give(&mut self, mut name: String) -> String {
        while self.0.iter().any(|given| given.eq_ignore_ascii_case(&name)) {
            name.push('_');
        }
        self.reserve(&name);
        name
    }
}

/// Whether the service has a field of this name.
pub(super) fn is_field(name: &str) -> bool {
    FIELDS.iter().any(|info| info.insights.eq_ignore_ascii_case(name))
}

/// Whether the service could take the name for a field of its own, or for a word of its language.
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
