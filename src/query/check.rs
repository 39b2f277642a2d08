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

use std::collections::{BTreeMap, HashSet};

pub use error::CheckError;
pub(super) use expression::TEST_WORDS;

use super::ast;
use super::plan::{Condition, Filter, Plan, Target, TargetKind};
use super::window::{Clock, Moment, Unit, Window, WindowError};
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

/// The errors of one sentence that are told; behind them the check stops.
pub const MAX_ERRORS: usize = 20;
/// The most text of saved filters that one sentence may be made of, each as often as it is read.
const MAX_SAVED_BYTES: usize = 32 * 1024;
/// The most text of regular expressions in one sentence. Each takes memory by the hundredfold.
const MAX_REGEX_BYTES: usize = 4 * 1024;
/// The most values of parameters in one sentence, each as often as it is used.
const MAX_PARAMETER_VALUES: usize = 1_000_000;

/// The state of a check: where names are looked up, and what was found so far.
struct Checker<'a> {
    context: &'a Context,
    /// The saved filters that are being read, outermost first.
    reading: Vec<String>,
    /// The nesting of what is being checked, through saved filters too.
    depth: usize,
    /// The bytes of saved filters that were read.
    saved_bytes: usize,
    /// The bytes of regular expressions that were read.
    regex_bytes: usize,
    /// The values of parameters that were used.
    parameter_values: usize,
    /// An `and` and an `or` met without parentheses.
    is_mixed: bool,
    /// The columns that names mean after an aggregation.
    results: Option<stage::ResultColumns>,
    errors: Vec<CheckError>,
    notes: Vec<String>,
    /// The notes once more, to find one quickly among thousands.
    noted: HashSet<String>,
}

impl<'a> Checker<'a> {
    fn new(context: &'a Context) -> Self {
        Self {
            context,
            reading: Vec::new(),
            depth: 0,
            saved_bytes: 0,
            regex_bytes: 0,
            parameter_values: 0,
            is_mixed: false,
            results: None,
            errors: Vec::new(),
            notes: Vec::new(),
            noted: HashSet::new(),
        }
    }

    /// Whether so much is wrong that nobody would read more.
    const fn is_full(&self) -> bool {
        self.errors.len() >= MAX_ERRORS
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
        if self.noted.insert(note.clone()) {
            self.notes.push(note);
        }
    }

    fn finish<T>(mut self, checked: Option<T>) -> Result<T, Vec<CheckError>> {
        self.errors.sort_by_key(|error| error.place().start);
        self.errors.truncate(MAX_ERRORS);
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
        let (said, start, end) = match window {
            ast::Window::Last(length) => (Window::Last(self.window_length(length)?), span, span),
            ast::Window::Since(moment) => (Window::Since(self.moment(moment)?), moment.span, span),
            ast::Window::Between(from, until) => {
                let moments = (self.moment(from), self.moment(until));
                (Window::Between(moments.0?, moments.1?), from.span, until.span)
            }
            ast::Window::Around(moment, length) => {
                (Window::Around(self.moment(moment)?, self.window_length(length)?), moment.span, span)
            }
            ast::Window::Today => (Window::Today, span, span),
            ast::Window::Yesterday => (Window::Yesterday, span, span),
        };
        if said.is_cut(&self.context.clock) {
            self.note("the window ends in the future: it is cut to now".into());
        }
        let resolved = said.resolve(&self.context.clock).map_err(|error| match error {
            WindowError::Backward => CheckError::BackwardWindow { span },
            WindowError::Future => CheckError::FutureWindow { span: start },
            WindowError::Start(error) => literal::no_time(error, start),
            WindowError::End(error) => literal::no_time(error, end),
        });
        self.keep(resolved).map(|_| said)
    }

    /// Seconds of a window: `30m`, or a unit alone.
    fn window_length(&mut self, length: &ast::Name) -> Option<i64> {
        let one = Unit::named(&length.text).filter(|unit| length.text.eq_ignore_ascii_case(unit.words[0]));
        let seconds = match one {
            Some(unit) => unit.seconds,
            None => self.keep(literal::duration(&length.text, length.span))?,
        };
        if seconds == 0 {
            return self.fail(CheckError::EmptyWindow { span: length.span });
        }
        Some(seconds)
    }

    fn moment(&mut self, moment: &ast::Moment) -> Option<Moment> {
        if moment.ago {
            return self.keep(literal::duration(&moment.text, moment.span)).map(Moment::Ago);
        }
        self.keep(literal::moment(&moment.text, moment.span))
    }
}
