//! Checks a syntax tree, and makes the plan: looks up the meaning of words, and whether they fit each other.
//!
//! Independent mistakes are all reported, in the order of the text. `literal` types values,
//! `expression` checks conditions, `window` targets and times, `stage` shapes.

mod checker;
mod ends;
mod error;
mod expression;
mod list;
mod literal;
mod results;
mod sentence;
mod side;
mod stage;
mod window;

use super::ast;
use super::context::Context;
use super::plan::Plan;
use checker::Checker;

pub use checker::MAX_ERRORS;
pub use error::CheckError;
pub use list::{Lines, ListError, among_lines};

/// Checks a sentence.
///
/// # Errors
///
/// Every [`CheckError`] that was found, in the order of the text; at least one.
pub fn check_sentence(sentence: &ast::Sentence, context: &Context) -> Result<Plan, Vec<CheckError>> {
    let mut checker = Checker::new(context);
    let plan = checker.unfolded(sentence).map(|sentence| stage::check_clauses(&mut checker, &sentence));
    let checked = checker.finish(plan);
    match (&sentence.saved, checked) {
        // Mistakes in a saved sentence point into its own text.
        (Some(name), Err(errors)) if errors.iter().all(|error| error.place() != name.span) => {
            let reason = errors.first().map(ToString::to_string).unwrap_or_default();
            Err(vec![CheckError::BadSaved { name: name.text.clone(), reason, span: name.span }])
        }
        (_, checked) => checked,
    }
}
