//! The limits of scripts, and the messages when a script exceeds one. They are the same in every build.

use indicatif::{HumanBytes, HumanCount};
use rhai::{EvalAltResult, LexError, ParseErrorType};

/// The steps of a script; a call into the program, such as a query, is one step.
pub(super) const OPERATIONS: u64 = 20_000_000;
/// Additional steps for each row that `rows` returns.
pub(super) const STEPS_A_ROW: u64 = 1_000;
/// The depth of function calls.
pub(super) const CALL_LEVELS: usize = 64;
/// The depth of nested expressions, outside and inside of functions.
pub(super) const EXPRESSION_DEPTHS: (usize, usize) = (64, 32);
/// Bytes in a string: enough for a report with its pictures.
pub(super) const STRING_BYTES: usize = 64 << 20;
/// Bytes of the answer of a host.
pub(super) const ANSWER_BYTES: u64 = 1 << 20;
/// The bytes by which the process may grow while scripts run.
pub(super) const MEMORY_BYTES: usize = 2 << 30;
/// The rows that `query` returns at once.
pub(super) const ROWS: usize = 100_000;
/// Entries of an array, including arrays in it: rows, and the flags of each.
pub(super) const ARRAY_ENTRIES: usize = 10 * ROWS;
/// Entries of a map, or of all maps in an array: rows of twenty columns.
pub(super) const MAP_ENTRIES: usize = 20 * ROWS;
/// Variables at the same time.
pub(super) const VARIABLES: usize = 1_000;
/// Functions in a script.
pub(super) const FUNCTIONS: usize = 1_000;
/// Files that a script imports.
pub(super) const MODULES: usize = 32;

/// The function that runs a text as code, which no reviewer of the script would see.
pub(super) const EVAL: &str = "eval";

/// Returns the message if an error is an exceeded limit.
pub(super) fn message(error: &EvalAltResult) -> Option<String> {
    let number = |number: usize| HumanCount(number as u64);
    Some(match error {
        EvalAltResult::ErrorTooManyVariables(_) => {
            format!("too many variables: a script has {} at a time", number(VARIABLES))
        }
        EvalAltResult::ErrorTooManyModules(_) => format!("too many imports: a script has {MODULES}"),
        EvalAltResult::ErrorStackOverflow(_) => format!("too many calls: functions call functions {CALL_LEVELS} deep"),
        EvalAltResult::ErrorDataTooLarge(what, _) if what.contains("string") => {
            format!("a string is too long: with what it stands in, it has {} at most", HumanBytes(STRING_BYTES as u64))
        }
        EvalAltResult::ErrorDataTooLarge(what, _) if what.contains("map") => {
            format!("a map is too large: with what it holds, it has {} entries at most", number(MAP_ENTRIES))
        }
        EvalAltResult::ErrorDataTooLarge(..) => {
            format!("an array is too large: with what it holds, it has {} entries at most", number(ARRAY_ENTRIES))
        }
        _ => return None,
    })
}

/// The message for too many steps.
pub(super) fn too_many_steps() -> String {
    format!("too many steps: a script has {}", HumanCount(OPERATIONS))
}

/// The message for too much memory.
pub(super) fn out_of_memory() -> String {
    format!("too much memory: scripts have {} in all", HumanBytes(MEMORY_BYTES as u64))
}

/// Returns the message if a script does not parse because of a limit, not a mistake.
pub(super) fn forbidden(reason: &ParseErrorType) -> Option<String> {
    let is_eval = matches!(reason, ParseErrorType::BadInput(LexError::ImproperSymbol(symbol, _)) if symbol == EVAL)
        || matches!(reason, ParseErrorType::Reserved(symbol) if symbol == EVAL);
    is_eval.then(|| "a script cannot use `eval`: what it runs stands in its file".into())
}
