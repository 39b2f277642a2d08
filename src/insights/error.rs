//! The reasons why a plan has no Insights text.

use crate::query::missing::Missing;

/// The longest query text that the service takes, in characters.
///
/// Source: `QueryString` of <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartQuery.html>.
pub const MAX_QUERY_CHARS: usize = 10_000;

/// The reason why a plan has no Insights text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// `show tgw.id` over logs whose format lacks it
    #[error("the queried logs have no field {missing}")]
    FieldMissing {
        /// The field that they lack.
        missing: Missing,
    },
    /// `by src.addr/24`, a column in backquotes
    #[error("`{what}` works on files only")]
    FilesOnly {
        /// The part of the sentence.
        what: String,
        /// A fix.
        advice: &'static str,
    },
    /// `show remote.name`
    #[error("`{name}` needs an inventory")]
    NeedsInventory {
        /// The field.
        name: String,
    },
    /// `instance.tag = "a\u{202e}b"`
    #[error("`{value}` cannot be written in a Logs Insights query: it has {reason}")]
    UnsafeText {
        /// The value.
        value: String,
        /// The part that is not allowed.
        reason: &'static str,
    },
    /// `eni ~ /[a&&b]/`
    #[error("the regular expression `{regex}` is not supported by the service: {reason}")]
    UnsafeRegex {
        /// The expression.
        regex: String,
        /// The part that is not allowed.
        reason: &'static str,
    },
    /// `show ecs.task` in a log group of two formats, in which the service has not found it
    #[error("the log group has records of several formats, and the service does not find `{field}` in them")]
    SeveralFormats {
        /// The field.
        field: &'static str,
    },
    /// A list of thousands of addresses
    #[error("the query is {chars} characters long; the service takes {MAX_QUERY_CHARS}")]
    TooLong {
        /// Its length.
        chars: usize,
    },
}

impl Error {
    /// A fix.
    #[must_use]
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::FilesOnly { advice, .. } => Some(advice),
            Self::SeveralFormats { .. } => Some("ask for them by kind, or export the records and read the files"),
            Self::TooLong { .. } => Some("use networks or ranges in place of long lists, or ask in several sentences"),
            _ => None,
        }
    }
}
