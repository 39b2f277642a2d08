//! Syntax tree to plan: what the words mean, and whether they fit each other.
//!
//! Independent mistakes are all reported, in the order of the text. `literal` types values,
//! `expression` checks conditions, `stage` shapes, `lower` spells a condition out in fields
//! of the record, `never` finds filters that cannot match.

mod error;
mod expression;
mod literal;
mod lower;
mod never;
mod stage;

use std::collections::BTreeMap;

pub use error::CheckError;
pub(super) use expression::TEST_WORDS;

use super::ast;
use super::plan::{Condition, Filter, Plan, Target, TargetKind};
use super::window::{Clock, Moment, Window};
use crate::diagnostic::Span;

/// What a sentence may refer to beside the tables.
#[derive(Clone, Debug)]
pub struct Context {
    /// What time it is, and where.
    pub clock: Clock,
    /// Values for `$name`; more than one for a list.
    pub parameters: BTreeMap<String, Vec<String>>,
    /// Expressions for `@name`.
    pub saved: BTreeMap<String, String>,
}

impl Context {
    /// Nothing but a clock.
    #[must_use]
    pub const fn new(clock: Clock) -> Self {
        Self { clock, parameters: BTreeMap::new(), saved: BTreeMap::new() }
    }
}

/// What a condition means, spelled out in fields of the record; parts that can never match are gone.
#[must_use]
pub fn meaning(condition: &Condition) -> Filter {
    never::reduce(lower::lower(condition))
}

/// Checks a sentence.
///
/// # Errors
///
/// Every [`CheckError`] that was found, in the order of the text; at least one.
pub fn check_sentence(sentence: &ast::Sentence, context: &Context) -> Result<Plan, Vec<CheckError>> {
    let mut checker = Checker::new(context);
    let plan = stage::check_clauses(&mut checker, sentence);
    checker.finish(Some(plan))
}

/// The state of a check: where names are looked up, and what was found so far.
struct Checker<'a> {
    context: &'a Context,
    /// The saved filters that are being read, outermost first.
    reading: Vec<String>,
    /// The columns that names mean after an aggregation.
    results: Option<Vec<stage::ResultColumn>>,
    errors: Vec<CheckError>,
    notes: Vec<String>,
}

impl<'a> Checker<'a> {
    const fn new(context: &'a Context) -> Self {
        Self { context, reading: Vec::new(), results: None, errors: Vec::new(), notes: Vec::new() }
    }

    /// Keeps an error and goes on with nothing.
    fn fail<T>(&mut self, error: CheckError) -> Option<T> {
        self.errors.push(error);
        None
    }

    /// Keeps the error of a result, if it is one.
    fn keep<T>(&mut self, result: Result<T, CheckError>) -> Option<T> {
        result.map_err(|error| self.errors.push(error)).ok()
    }

    fn note(&mut self, note: String) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    fn finish<T>(mut self, checked: Option<T>) -> Result<T, Vec<CheckError>> {
        self.errors.sort_by_key(|error| error.place().start);
        match checked {
            Some(checked) if self.errors.is_empty() => Ok(checked),
            _ => Err(self.errors),
        }
    }

    fn targets(&mut self, targets: &[ast::Target]) -> Vec<Target> {
        let mut checked: Vec<Target> = Vec::new();
        for target in targets {
            if target.kind == TargetKind::All && !target.selectors.is_empty() {
                self.errors.push(CheckError::AllSelected { span: target.span });
            }
            if target.kind == TargetKind::Group && target.selectors.is_empty() {
                self.errors.push(CheckError::GroupUnnamed { span: target.span });
            }
            if target.selectors.iter().any(String::is_empty) {
                self.errors.push(CheckError::EmptySelector { span: target.span });
            }
            checked.push(Target { kind: target.kind, selectors: target.selectors.clone() });
        }
        if checked.is_empty() {
            checked.push(Target { kind: TargetKind::All, selectors: Vec::new() });
        }
        checked
    }

    fn window(&mut self, window: &ast::Window, span: Span) -> Option<Window> {
        let window = match window {
            ast::Window::Last(duration) => Window::Last(self.window_length(duration)?),
            ast::Window::Since(moment) => Window::Since(self.moment(moment)?),
            ast::Window::Between(from, until) => {
                let (from, until) = (self.moment(from), self.moment(until));
                Window::Between(from?, until?)
            }
            ast::Window::Around(moment, duration) => {
                Window::Around(self.moment(moment)?, self.window_length(duration)?)
            }
            ast::Window::Today => Window::Today,
            ast::Window::Yesterday => Window::Yesterday,
        };
        if window.resolve(&self.context.clock).is_none() {
            return self.fail(CheckError::BackwardWindow { span });
        }
        Some(window)
    }

    fn window_length(&mut self, duration: &ast::Name) -> Option<i64> {
        let seconds = self.keep(literal::duration(&duration.text, duration.span))?;
        if seconds == 0 {
            return self.fail(CheckError::EmptyWindow { span: duration.span });
        }
        Some(seconds)
    }

    fn moment(&mut self, moment: &ast::Moment) -> Option<Moment> {
        if moment.ago {
            return self.keep(literal::duration(moment.text.trim(), moment.span)).map(Moment::Ago);
        }
        let parsed = Moment::parse(&moment.text);
        if parsed.is_none() {
            return self.fail(CheckError::BadTime { text: moment.text.clone(), span: moment.span });
        }
        parsed
    }
}
