//! The reasons why a text is no sentence.

use crate::diagnostic::{Report, Span};

/// The longest text that is read, in bytes: over six times what Logs Insights takes.
pub const MAX_TEXT_BYTES: usize = 64 * 1024;
/// The deepest nesting of parentheses, brackets and `not`.
pub const MAX_DEPTH: usize = 200;
/// The reason why a text is no sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseError {
    /// Over 64 KiB of text.
    #[error("the text is {bytes} bytes long; at most {MAX_TEXT_BYTES} are read")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// 201 opening parentheses.
    #[error("nested more than {MAX_DEPTH} deep")]
    TooDeep {
        /// The first parenthesis or `not` over the limit.
        span: Span,
    },
    /// `vcp where reject`, `vpc where and`, `vpc where reject |`
    #[error("{message}")]
    Unexpected {
        /// The mistake.
        message: String,
        /// The words that would fit there.
        expected: String,
        /// A fix.
        help: Option<String>,
        /// The place in the text.
        span: Span,
    },
}

impl Report for ParseError {
    fn span(&self) -> Option<Span> {
        match self {
            Self::TooLong { .. } => None,
            Self::TooDeep { span } | Self::Unexpected { span, .. } => Some(*span),
        }
    }

    fn label(&self) -> Option<String> {
        match self {
            Self::Unexpected { expected, .. } if !expected.is_empty() => Some(format!("expected {expected}")),
            _ => None,
        }
    }

    fn help(&self) -> Option<String> {
        match self {
            Self::TooLong { .. } => Some("use `$name` parameters or networks in place of long lists".into()),
            Self::TooDeep { .. } => Some("`in (a, b, ...)` says the same as a chain of `or`".into()),
            Self::Unexpected { help, .. } => help.clone(),
        }
    }
}
