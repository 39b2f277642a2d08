//! Ask an AWS network what it is doing: one language for VPC flow logs.
//!
//! # The life of a query
//!
//! 1. [`query::parse`] reads a sentence by `grammar/flowlogs.pest` into a tree ([`query::ast`]);
//!    flags of the command line build the same tree.
//! 2. [`query::check`] looks its words up in the tables of [`field`], [`function`] and [`kind`], and makes a
//!    [`query::Plan`]: typed, `not` pushed down to the leaves, presence explicit.
//! 3. `session` opens the account; `account` finds the records of the plan's targets.
//! 4. A reader translates the plan one to one: [`insights`] into CloudWatch Logs Insights text,
//!    `engine` into a DataFusion query over flow log files. The readers never see each other.
//! 5. Rows and the statistics of the run ([`value`]) come back as they are found.
//! 6. [`output`] prints them as a table, JSON, NDJSON, CSV or bars.
//!
//! Mistakes are drawn under the text by [`diagnostic`].
//!
//! # Dependencies
//!
//! A module uses only those listed after its arrow, and no two files use each other: a test holds the code to both.
//! Every module uses only modules below it; [`field`], [`value`], [`escape`] and [`private`] use none.
//!
//! ```text
//! cli → account, command, diagnostic, escape, field, kind, query, script, session, shell, value
//! shell → account, command, diagnostic, escape, field, function, kind, output, private, query, script, session, value
//! script → account, diagnostic, escape, insights, kind, output, query, session, value
//! command → account, diagnostic, engine, escape, field, function, insights, kind, output, query, session, value
//! session → account, engine, field, function, kind, query, value
//! account → diagnostic, engine, field, function, insights, kind, private, query, value
//! engine → field, function, query, value
//! insights → escape, field, function, kind, query
//! output → escape, value
//! query → diagnostic, field, function, kind, value
//! function → field
//! kind → field
//! diagnostic → escape
//! ```

#[cfg(feature = "local")]
pub mod account;
pub mod cli;
mod command;
pub mod diagnostic;
#[cfg(feature = "local")]
pub mod engine;
pub mod escape;
pub mod field;
pub mod function;
pub mod insights;
pub mod kind;
pub mod output;
#[cfg(feature = "local")]
pub mod private;
pub mod query;
#[cfg(feature = "local")]
pub mod script;
#[cfg(feature = "local")]
pub mod session;
#[cfg(feature = "local")]
mod shell;
pub mod value;
