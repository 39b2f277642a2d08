//! The account on AWS: the second to be an [`Account`](crate::account::Account). SDK types stop here.
//!
//! What is made bears the Go tool's names and tags, so that either lists and deletes the other's.

mod account;
mod client;
mod connection;
mod create;
mod delete;
mod doctor;
mod error;
mod flow_logs;
mod interface;
mod inventory;
mod lateness;
mod log_format;
mod log_groups;
mod naming;
mod options;
mod places;
pub mod policy;
mod query;
mod quota;
mod roles;

pub use connection::Aws;
pub use error::Error;
pub use options::{News, Options, Tell};
pub use places::Places;
