//! Text to [`Plan`]: parse, check, print.
//!
//! [`compile`] is the one way in; what the command line and scripts build without text goes through
//! [`check::check_sentence`] all the same. No module behind this one ever sees a sentence's text.

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

/// Why a text has no plan: what the grammar refuses, or everything that the check found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It is no sentence.
    #[error(transparent)]
    Parse(#[from] ParseError),
    /// It is one, but it means nothing; at least one error, in the order of the text.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Check(Vec<CheckError>),
}

impl Error {
    /// Where the first mistake is.
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
/// [`Error::Parse`] where the text is no sentence, [`Error::Check`] where it means nothing.
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
