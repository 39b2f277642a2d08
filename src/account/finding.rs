//! Problems of an account, and their remedies.

use super::flow_log::FlowLog;
use super::place::Place;
use super::resource::Resource;

/// A problem of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The problem, for the user.
    pub problem: String,
    /// The automatic fix, if there is one.
    pub remedy: Option<Remedy>,
    /// Its place, if there are several places.
    pub place: Option<Place>,
}

impl Finding {
    pub(super) fn new(problem: String, remedy: Option<Remedy>) -> Self {
        Self { problem, remedy, place: None }
    }
}

/// The automatic fix of a problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Delete this flow log, which has expired or has nothing left to record; its records only if they expire with it.
    Delete(FlowLog),
    /// Extend the flow log of this resource to the interfaces that joined.
    Extend(Resource),
    /// Create the log group and the role of the flow log of this resource again.
    Restore(Resource),
    /// Remove the leftover of an interrupted change.
    Remove(Leftover),
}

/// The leftover of an interrupted change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leftover {
    /// A file of an embedded account.
    File,
    /// A log group that no flow log delivers to.
    LogGroup {
        /// Its name.
        name: String,
        /// The run that used it last, if it has the tag.
        run: Option<String>,
    },
    /// A role that no flow log uses.
    Role {
        /// Its name.
        name: String,
        /// The run that used it last, if it has the tag.
        run: Option<String>,
    },
}

impl Remedy {
    /// The description of the fix, for the user.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Delete(flow_log) if flow_log.expiry.is_some_and(|expiry| expiry.drops_records) => {
                format!("delete {}, its role and the records in {}", flow_log.id, flow_log.log_group)
            }
            Self::Delete(flow_log) => {
                format!("delete {} and its role; the records in {} stay", flow_log.id, flow_log.log_group)
            }
            Self::Extend(resource) => format!("cover every interface of {}", resource.label()),
            Self::Restore(resource) => format!("create the log group and the role of {} again", resource.label()),
            Self::Remove(Leftover::File) => "remove the file".into(),
            Self::Remove(Leftover::LogGroup { name, .. }) => format!("delete the empty log group {name}"),
            Self::Remove(Leftover::Role { name, .. }) => format!("delete the role {name}"),
        }
    }
}
