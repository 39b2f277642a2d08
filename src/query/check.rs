//! Syntax tree to plan: what the words mean, and whether they fit each other.
//!
//! Independent mistakes are all reported, in the order of the text. `literal` types values,
//! `expression` checks conditions, `window` targets and times, `stage` shapes.

mod checker;
mod error;
mod expression;
mod literal;
mod results;
mod stage;
mod window;

use super::ast;
use super::context::Context;
use super::plan::Plan;
use checker::Checker;

pub use checker::MAX_ERRORS;
pub use error::CheckError;

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
