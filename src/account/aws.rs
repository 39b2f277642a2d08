//! The account on AWS: the second implementation of [`Account`](crate::account::Account). SDK types stay in here.
//!
//! Created resources have the names and tags of the Go tool, so that each tool lists and deletes what the other
//! created.

mod account;
mod base;
mod budget;
mod client;
mod connection;
mod create;
mod delete;
mod delivery_cost;
mod doctor;
mod dry_run;
mod error;
mod flow_logs;
mod found_names;
mod interface;
mod inventory;
mod kept;
mod kept_settings;
mod lateness;
mod log_format;
mod log_groups;
mod login;
mod naming;
mod options;
mod patience;
mod places;
pub mod policy;
mod prefix_lists;
mod query;
mod quota;
mod recent;
mod remains;
mod roles;
mod roll_back;
mod routing;
mod run;
mod tags;
mod transit_gateways;

pub use budget::Budget;
pub use connection::Aws;
pub use error::Error;
pub use kept::latest_inventories;
pub use options::{News, Options, Role, Tell};
pub use places::Places;
