//! Differences that are known: each one narrowly, with its reason, and counted.

use flowlogs::query::Plan;

/// Why a text that the second reader refuses is left out.
pub(crate) fn refused(_why: &str) -> Option<&'static str> {
    None
}

/// Why a plan may differ.
pub(crate) fn difference(_plan: &Plan) -> Option<&'static str> {
    None
}
