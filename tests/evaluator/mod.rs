//! A second reader of Logs Insights text: the subset that the program emits, and nothing else.
//!
//! It is written from the service's documentation alone and shares no code with the emitter, so that the two agree only
//! if they mean the same. Text outside the subset, or against a rule for safe queries, is an error. If the behaviour of
//! the service is unknown, [`Settings`] choose: a query is safe if it means the same under all of them.

mod aggregate;
mod eval;
mod function;
mod lexer;
mod log;
mod names;
mod natural;
mod parser;
mod pipeline;
mod settings;
mod syntax;
mod value;

#[cfg(test)]
mod tests;

pub(crate) use log::Log;
pub(crate) use pipeline::{OutRow, run};
pub(crate) use settings::{Dash, MissingTest, Mixed, NotNull, Settings, SumOfNothing};
pub(crate) use syntax::Query;
pub(crate) use value::Value;

/// The reason why a text is not one of the subset, or cannot be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Error(pub(crate) String);

impl Error {
    fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}
