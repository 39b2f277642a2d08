//! Compiles text to a [`Plan`]: parse, check, print.
//!
//! [`compile`] is the only way in; sentences that the command line and scripts build without text also go through
//! [`check::check_sentence`]. No later module sees the text of a sentence.

pub mod address_set;
pub mod ast;
pub mod check;
pub mod clock;
pub mod columns;
pub mod context;
pub mod glob;
#[cfg(feature = "local")]
pub mod holds;
pub mod kind;
pub mod meaning;
pub mod missing;
pub mod moment;
pub mod multiplier;
pub mod owner;
pub mod parse;
pub mod plan;
pub mod print;
mod resolve;
pub mod role;
pub mod seconds;
mod split;
pub mod stage;
pub mod window;
pub mod word;

pub use check::CheckError;
pub use context::{Context, Named};
pub use parse::ParseError;
pub use plan::Plan;

use std::fmt::Write;

use crate::diagnostic::{Report, Span, render};

/// The reason why a text has no plan: the error of the grammar, or all errors of the check.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The text is no sentence.
    #[error(transparent)]
    Parse(#[from] ParseError),
    /// The text is a sentence, but has no meaning; at least one error, in the order of the text.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Check(Vec<CheckError>),
}

impl Error {
    /// The place of the first mistake.
    #[must_use]
    pub fn span(&self) -> Option<Span> {
        match self {
            Self::Parse(error) => error.span(),
            Self::Check(errors) => errors.first().and_then(Report::span),
        }
    }

    /// Draws every error under `text`, which is called `name`.
    #[must_use]
    pub fn render(&self, name: &str, text: &str, colour: bool) -> String {
        let reports: Vec<&dyn Report> = match self {
            Self::Parse(error) => vec![error],
            Self::Check(errors) => errors.iter().map(|error| error as &dyn Report).collect(),
        };
        let is_full = reports.len() >= check::MAX_ERRORS;
        let mut drawn: String = reports.into_iter().map(|report| render(report, name, text, colour)).collect();
        if is_full {
            let _ = writeln!(drawn, "\nthe check ends after {} errors: there may be more", check::MAX_ERRORS);
        }
        drawn
    }
}

/// Compiles a sentence.
///
/// # Errors
///
/// [`Error::Parse`] if the text is no sentence, [`Error::Check`] if the sentence has no meaning.
///
/// ```
/// use flowlogs::query::{Context, clock::Clock, compile, print};
///
/// let context = Context::new(Clock { now: 1_795_435_200, zone: jiff::tz::TimeZone::UTC });
/// let plan = compile("vpc where reject and dst port ssh last 30m", &context)?;
/// assert_eq!(print::sentence(&plan), "vpc where action = REJECT and dst.port = 22 last 30m");
/// # Ok::<(), flowlogs::query::Error>(())
/// ```
pub fn compile(text: &str, context: &Context) -> Result<Plan, Error> {
    let sentence = parse::parse_sentence(text)?;
    check::check_sentence(&sentence, context).map_err(Error::Check)
}
