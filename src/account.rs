//! Operations on an account, in the project's own nouns.
//!
//! [`Account`] and [`Lifecycle`] are the interface to each place where flow logs live: an embedded account in a folder,
//! plain files, AWS. They know resources, flow logs and plans, but not the query language and not the output formats.
//! Created resources have the names that the Go tool gives them, so that each tool sees what the other created:
//! <https://github.com/pete911/flowlogs>.

mod answering;
#[cfg(feature = "aws")]
pub mod aws;
mod belonging;
mod cancellation;
mod chosen_field;
mod coverage;
mod created;
mod error;
mod estimate;
mod expiry;
mod finding;
mod flow_log;
mod identity;
pub mod inventory;
mod inventory_names;
mod inventory_resources;
mod lifecycle;
pub mod local;
mod member;
mod naming;
mod place;
mod queries;
mod resource;
pub mod routing;
mod running;
mod select;
mod settings;
mod traffic;
pub mod why;
mod written_by;

pub use answering::{Answering, Answers};
pub use cancellation::{Cancellation, Cancelled, Started};
pub use created::Created;
pub use error::Error;
pub use estimate::Estimate;
pub use expiry::Expiry;
pub use finding::{Finding, Leftover, Remedy};
pub use flow_log::{AnyFlowLog, FlowLog};
pub use identity::Identity;
pub use lifecycle::{Lifecycle, Records, Steps};
pub use naming::LOG_GROUP_PREFIX;
pub use place::Place;
pub(crate) use place::placed;
pub use queries::{Account, DEFAULT_WINDOW_S};
pub(crate) use resource::label;
pub use resource::{KINDS, Resource};
pub use running::Running;
pub use select::Error as SelectError;
pub(crate) use select::{check_interfaces, check_mixed, known, not_found, owned, selected};
pub use settings::{
    AGGREGATIONS_S, DEFAULT_AGGREGATION_S, DEFAULT_RETENTION_DAYS, Error as SettingsError, LogClass, Settings, Traffic,
    parse_lifetime,
};
pub use written_by::{UnknownSchema, WrittenBy};
