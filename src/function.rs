//! The table of aggregate functions: data that feeds the parser, both readers, help and tests.

use crate::field::FieldType;

/// An aggregate function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Function {
    /// The number of records.
    Count,
    /// The sum of the values that are not absent.
    Sum,
    /// Their mean.
    Avg,
    /// The smallest of them.
    Min,
    /// The largest of them.
    Max,
    /// The value below which this percentage of them lies, 1 to 99; an estimate.
    Percentile(u8),
    /// The number of different values.
    Distinct,
    /// The sum of the values per second; bytes as bits.
    Rate,
    /// A sum or a count in percent of that over all groups.
    Share,
}

/// A row of the table.
#[derive(Debug)]
pub struct FunctionInfo {
    /// The name; `pNN` stands for `p1` to `p99`.
    pub name: &'static str,
    /// The values that it takes, in a user's words.
    pub takes: &'static str,
    /// One line of help.
    pub help: &'static str,
    /// A stage that uses it.
    pub example: &'static str,
    /// The page of the service's own function.
    pub url: &'static str,
}

const STATS_URL: &str = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Stats.html";

/// Every function.
pub const FUNCTIONS: &[FunctionInfo] = &[
    FunctionInfo {
        name: "count",
        takes: "nothing",
        help: "How many records.",
        example: "count() by action",
        url: STATS_URL,
    },
    FunctionInfo {
        name: "sum",
        takes: "a quantity (bytes, packets, duration)",
        help: "The sum; records without the value are left out.",
        example: "sum(bytes) by src.addr",
        url: STATS_URL,
    },
    FunctionInfo {
        name: "avg",
        takes: "a quantity (bytes, packets, duration)",
        help: "The mean.",
        example: "avg(packets) by dst.port",
        url: STATS_URL,
    },
    FunctionInfo {
        name: "min",
        takes: "a quantity or a time",
        help: "The smallest.",
        example: "min(start) by eni",
        url: STATS_URL,
    },
    FunctionInfo {
        name: "max",
        takes: "a quantity or a time",
        help: "The largest.",
        example: "max(bytes) by eni",
        url: STATS_URL,
    },
    FunctionInfo {
        name: "pNN",
        takes: "a quantity (bytes, packets, duration)",
        help: "The percentile, p1 to p99; an estimate.",
        example: "p95(bytes) by dst.port",
        url: STATS_URL,
    },
    FunctionInfo {
        name: "distinct",
        takes: "a field",
        help: "How many different values; the service estimates it for large sets.",
        example: "distinct(src.addr) by dst.port",
        url: STATS_URL,
    },
    FunctionInfo {
        name: "rate",
        takes: "a quantity (bytes, packets, duration)",
        help: "The sum per second of the window, or of the part of a bin that lies in it; bytes as bits.",
        example: "rate(bytes) by bin(5m)",
        url: STATS_URL,
    },
    FunctionInfo {
        name: "share",
        takes: "`count()` or `sum` of a quantity",
        help: "The percent of all groups, before `where` and `limit`.",
        example: "share(sum(bytes)) by src.addr",
        url: STATS_URL,
    },
];

impl Function {
    /// The function of this name; case does not count. There is no `p0` or `p100`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        Some(match name.as_str() {
            "count" => Self::Count,
            "sum" => Self::Sum,
            "avg" => Self::Avg,
            "min" => Self::Min,
            "max" => Self::Max,
            "distinct" => Self::Distinct,
            "rate" => Self::Rate,
            "share" => Self::Share,
            _ => {
                let digits = name.strip_prefix('p')?;
                let short = (1..=2).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
                let percent = digits.parse().ok().filter(|percent| short && *percent > 0)?;
                Self::Percentile(percent)
            }
        })
    }

    /// The name as it is typed.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Count => "count".into(),
            Self::Sum => "sum".into(),
            Self::Avg => "avg".into(),
            Self::Min => "min".into(),
            Self::Max => "max".into(),
            Self::Distinct => "distinct".into(),
            Self::Rate => "rate".into(),
            Self::Share => "share".into(),
            Self::Percentile(percent) => format!("p{percent}"),
        }
    }

    /// The function's row in the table.
    ///
    /// # Panics
    ///
    /// Never: each function has a row, which a test asserts.
    #[must_use]
    pub fn info(self) -> &'static FunctionInfo {
        let name = if matches!(self, Self::Percentile(_)) { "pNN".to_string() } else { self.name() };
        FUNCTIONS.iter().find(|info| info.name == name).expect("each function has a row in the table")
    }

    /// Returns whether it is derived from another function: by the length of the window, or the value of all groups.
    #[must_use]
    pub const fn is_derived(self) -> bool {
        matches!(self, Self::Rate | Self::Share)
    }

    /// The function that readers compute for it, over a field or over records.
    #[must_use]
    pub const fn base(self, has_field: bool) -> Self {
        match self {
            Self::Share if !has_field => Self::Count,
            Self::Rate | Self::Share => Self::Sum,
            function => function,
        }
    }

    /// Returns whether it can be computed over values of this type.
    #[must_use]
    pub fn takes(self, field_type: FieldType) -> bool {
        match self {
            Self::Count => false,
            Self::Sum | Self::Avg | Self::Rate | Self::Share => field_type.is_quantity(),
            Self::Percentile(_) => field_type.is_quantity() || field_type == FieldType::Ratio,
            Self::Min | Self::Max => {
                field_type.is_quantity() || matches!(field_type, FieldType::Time | FieldType::Ratio)
            }
            Self::Distinct => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_has_a_row_and_is_found_by_its_name() {
        for function in [
            Function::Count,
            Function::Sum,
            Function::Avg,
            Function::Min,
            Function::Max,
            Function::Distinct,
            Function::Rate,
            Function::Share,
            Function::Percentile(95),
        ] {
            assert_eq!(Function::named(&function.name().to_uppercase()), Some(function));
            assert!(!function.info().help.is_empty());
            assert!(function.info().url.starts_with("https://docs.aws.amazon.com/"));
        }
        assert_eq!(FUNCTIONS.len(), 9);
    }

    #[test]
    fn percentiles_go_from_1_to_99() {
        assert_eq!(Function::named("p5"), Some(Function::Percentile(5)));
        for name in ["p0", "p00", "p100", "p", "p+5", "p9.5", "median"] {
            assert_eq!(Function::named(name), None, "{name}");
        }
    }
}
