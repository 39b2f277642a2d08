//! flowlogs
pub mod diagnostic;
pub mod field;
pub mod function;
pub mod query;
pub mod value;
