//! Errors of scripts: thrown as a map with a `kind`, so that a script can catch them by it, and drawn with their
//! position if it does not.

#![allow(clippy::unnecessary_box_returns, reason = "the errors of rhai's functions are boxes")]

use rhai::{Dynamic, EvalAltResult, Map, ParseErrorType, Position};

use super::limit;
use crate::account::{self, SelectError};
use crate::diagnostic::{Report, Span, render};
use crate::escape;
use crate::query;

/// An error that ended a script.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An error that the script did not catch.
    #[error("{message}")]
    Uncaught {
        /// The kind of error: `query`, `account`, `limit`, `syntax`, ...
        kind: String,
        /// The message.
        message: String,
        /// A hint for the user.
        help: Option<String>,
        /// The script's line with the error, drawn; a query's error is drawn below it.
        drawn: String,
    },
    /// Ctrl-C.
    #[error("interrupted")]
    Interrupted,
    /// The output cannot be written, for example to a closed pipe.
    #[error("cannot write: {0}")]
    Write(std::io::Error),
}

/// The end of a script that did not fail.
#[derive(Clone, Debug)]
pub enum Ended {
    /// The value of its last expression.
    Value(Dynamic),
    /// The argument of `exit(code)`.
    Exit(u8),
}

/// The reasons to end a script that it cannot catch.
#[derive(Clone, Copy, Debug)]
pub(super) enum Stop {
    Interrupted,
    /// The output cannot be written.
    Unwritable,
    OutOfMemory,
    TooManySteps,
    Exit(u8),
}

impl Stop {
    pub(super) fn into_dynamic(self) -> Dynamic {
        Dynamic::from(self)
    }

    pub(super) fn into_error(self) -> Box<EvalAltResult> {
        Box::new(EvalAltResult::ErrorTerminated(self.into_dynamic(), Position::NONE))
    }
}

/// Makes an error that a script can catch, with `e.kind`, `e.message` and `e.help`.
pub(super) fn thrown(kind: &str, message: &str, help: Option<String>) -> Box<EvalAltResult> {
    let mut map = Map::new();
    map.insert("kind".into(), kind.to_string().into());
    map.insert("message".into(), message.to_string().into());
    map.insert("help".into(), help.map_or(Dynamic::UNIT, Dynamic::from));
    Box::new(EvalAltResult::ErrorRuntime(map.into(), Position::NONE))
}

/// Converts an error of a sentence, drawn under its text.
pub(super) fn bad_query(error: &query::Error, text: &str) -> Box<EvalAltResult> {
    thrown("query", error.render("query", text, false).trim_end(), None)
}

/// Converts an error of an account.
pub(super) fn failed(error: &account::Error) -> Box<EvalAltResult> {
    let kind = match error {
        account::Error::Select(SelectError::NoMatch { .. }) => "no_match",
        account::Error::Select(
            SelectError::NoFlowLog { .. } | SelectError::NoFlowLogs { .. } | SelectError::Elsewhere { .. },
        ) => "no_flow_log",
        account::Error::Select(SelectError::NoInterface { .. }) => "no_interface",
        account::Error::NotAnAccount => "not_an_account",
        _ => "account",
    };
    thrown(kind, &error.to_string(), error.help())
}

/// Converts the result of an evaluation.
pub(super) fn ended(name: &str, text: &str, outcome: Result<Dynamic, Box<EvalAltResult>>) -> Result<Ended, Error> {
    let error = match outcome {
        Ok(value) => return Ok(Ended::Value(value)),
        Err(error) => error,
    };
    let position = place(&error);
    let within = module(&error);
    match root(*error) {
        EvalAltResult::ErrorTerminated(stop, _) => match stop.try_cast::<Stop>() {
            Some(Stop::Exit(code)) => Ok(Ended::Exit(code)),
            Some(Stop::OutOfMemory) => {
                Err(Error::uncaught(name, text, position, "limit", &limit::out_of_memory(), None))
            }
            Some(Stop::TooManySteps) => {
                Err(Error::uncaught(name, text, position, "limit", &limit::too_many_steps(), None))
            }
            _ => Err(Error::Interrupted),
        },
        EvalAltResult::ErrorRuntime(value, _) => Err(Error::of_value(name, text, position, &value)),
        // The text of the module is not available, so the message has the position in it.
        EvalAltResult::ErrorParsing(kind, at) => match within {
            Some((module, import)) => {
                let message = format!("`{module}` cannot be imported: {} at {at}", lower_first(&kind.to_string()));
                Err(Error::uncaught(name, text, import, "syntax", &message, None))
            }
            None => Err(Error::of_text(name, text, at, &kind)),
        },
        error => {
            if let Some(message) = limit::message(&error) {
                return Err(Error::uncaught(name, text, position, "limit", &message, None));
            }
            let mut bare = error;
            bare.clear_position();
            Err(Error::uncaught(name, text, position, "script", &lower_first(&bare.to_string()), None))
        }
    }
}

/// The position where the error arose, inside any calls.
fn place(error: &EvalAltResult) -> Position {
    match error {
        EvalAltResult::ErrorInFunctionCall(_, _, inner, at) | EvalAltResult::ErrorInModule(_, inner, at) => {
            let inner = place(inner);
            if inner.is_none() { *at } else { inner }
        }
        error => error.position(),
    }
}

/// The module where the error arose, and the position of its import.
fn module(error: &EvalAltResult) -> Option<(String, Position)> {
    match error {
        EvalAltResult::ErrorInModule(module, _, at) => Some((module.clone(), *at)),
        EvalAltResult::ErrorInFunctionCall(_, _, inner, _) => module(inner),
        _ => None,
    }
}

fn root(error: EvalAltResult) -> EvalAltResult {
    match error {
        EvalAltResult::ErrorInFunctionCall(_, _, inner, _) | EvalAltResult::ErrorInModule(_, inner, _) => root(*inner),
        error => error,
    }
}

fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// An error of a script, to be drawn.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
struct Drawn {
    message: String,
    help: Option<String>,
    span: Option<Span>,
}

impl Report for Drawn {
    fn span(&self) -> Option<Span> {
        self.span
    }

    fn help(&self) -> Option<String> {
        self.help.clone()
    }
}

impl Error {
    pub(super) fn unreadable(file: &str, reason: &str) -> Self {
        let message = format!("cannot read the script `{file}`: {reason}");
        Self::Uncaught {
            kind: "file".into(),
            drawn: format!("error: {}\n", escape::text(&message)),
            message,
            help: None,
        }
    }

    /// The error of a script that does not parse.
    pub(super) fn of_text(name: &str, text: &str, position: Position, reason: &ParseErrorType) -> Self {
        if let Some(message) = limit::forbidden(reason) {
            return Self::uncaught(name, text, position, "limit", &message, None);
        }
        Self::uncaught(name, text, position, "syntax", &lower_first(&reason.to_string()), None)
    }

    /// The error of a thrown value.
    fn of_value(name: &str, text: &str, position: Position, value: &Dynamic) -> Self {
        let Some(map) = value.read_lock::<Map>() else {
            return Self::uncaught(name, text, position, "thrown", &value.to_string(), None);
        };
        let part = |key: &str| map.get(key).filter(|part| !part.is_unit()).map(ToString::to_string);
        let kind = part("kind").unwrap_or_else(|| "thrown".into());
        let message = part("message").unwrap_or_else(|| value.to_string());
        Self::uncaught(name, text, position, &kind, &message, part("help"))
    }

    fn uncaught(name: &str, text: &str, position: Position, kind: &str, message: &str, help: Option<String>) -> Self {
        // A query's error has several lines: the script's position comes first, the query below it.
        let (first, inner) = match kind {
            "query" => ("the query is wrong", Some(message)),
            _ => (message, None),
        };
        let drawn = Drawn { message: first.into(), help: help.clone(), span: span(text, position) };
        let mut drawn = render(&drawn, name, text, false);
        if let Some(inner) = inner {
            drawn = format!("{}\n{}\n", drawn.trim_end(), escape::lines(inner));
        }
        Self::Uncaught { kind: kind.into(), message: message.into(), help, drawn }
    }
}

/// The byte range of the word at a position, which counts lines and characters.
fn span(text: &str, position: Position) -> Option<Span> {
    let (line, column) = (position.line()?, position.position().unwrap_or(1));
    let line_start: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
    let line = text.get(line_start..)?.lines().next().unwrap_or_default();
    let start = line.char_indices().nth(column.saturating_sub(1)).map_or(line.len(), |(at, _)| at);
    let rest = &line[start..];
    let word = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
    let length = word.max(rest.chars().next().map_or(0, char::len_utf8));
    Some(Span::new(line_start + start, line_start + start + length))
}
