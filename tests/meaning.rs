//! One meaning everywhere: the engine's rows for a sentence are those that a second reader of the
//! emitted Insights text finds in the same records, whatever is unsettled about the service.
#![cfg(feature = "local")]

mod evaluator;
