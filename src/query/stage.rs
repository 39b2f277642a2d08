//! The table of stages: data for the manual and its test; the grammar says how each is written.

/// A row of the table.
#[derive(Debug)]
pub struct StageInfo {
    /// The name, that of its rule in the grammar without `_stage`.
    pub name: &'static str,
    /// The notation.
    pub call: &'static str,
    /// One line of help.
    pub help: &'static str,
    /// A sentence that uses it.
    pub example: &'static str,
}

/// Every stage, in the order of the manual.
pub const STAGES: &[StageInfo] = &[
    StageInfo {
        name: "where",
        call: "where EXPR",
        help: "Keeps the records, or after an aggregation the groups, that fulfil the expression.",
        example: "vpc where reject | count() as flows by src.addr | where flows > 10",
    },
    StageInfo {
        name: "show",
        call: "show F, G as name",
        help: "The columns of the answer.",
        example: "vpc | show time, src.addr, bytes as volume",
    },
    StageInfo {
        name: "top",
        call: "top N KEYS [by bytes]",
        help: "The N largest groups, by flows or by a measure.",
        example: "vpc | top 5 src.addr, dst.port by bytes",
    },
    StageInfo {
        name: "conversations",
        call: "conversations [N] [by bytes]",
        help: "Both directions of a conversation in one row, each counted once.",
        example: "vpc | conversations 20 by bytes",
    },
    StageInfo {
        name: "aggregate",
        call: "count(), sum(F) as name by KEYS",
        help: "One row per group, with the functions below.",
        example: "vpc | count() as flows, sum(bytes) by bin(5m), action",
    },
    StageInfo {
        name: "compare",
        call: "compare LENGTH [new|gone]",
        help: "Puts the groups of the window that long before beside these; with `new` or `gone` those of one only.",
        example: "vpc | count() by dst.port | compare 1d new last 1h",
    },
    StageInfo {
        name: "sort",
        call: "sort F [asc|desc], G",
        help: "The order of the rows; largest first unless it is `asc`.",
        example: "vpc | sum(bytes) as total by src.addr | sort total",
    },
    StageInfo {
        name: "limit",
        call: "limit N|none",
        help: "The most rows; 100 by default.",
        example: "vpc | limit 20",
    },
    StageInfo {
        name: "chart",
        call: "chart",
        help: "Draws the answer: lines over bin(), else bars.",
        example: "vpc | sum(bytes) by bin(5m), action | chart",
    },
    StageInfo {
        name: "follow",
        call: "follow",
        help: "Continues with new records, until Ctrl-C.",
        example: "vpc where reject | follow",
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::clock::Clock;
    use crate::query::{Context, compile};

    #[test]
    fn every_example_is_a_sentence_and_has_its_stage() {
        let context = Context::new(Clock::system(jiff::tz::TimeZone::UTC));
        for stage in STAGES {
            compile(stage.example, &context).unwrap_or_else(|error| panic!("{}: {error}", stage.example));
            assert!(stage.name == "aggregate" || stage.example.contains(stage.name), "{}", stage.name);
        }
    }
}
