//! What is not as it should be in an account, and what puts it right.

use super::flow_log::FlowLog;
use super::place::Place;
use super::resource::Resource;

/// Something in an account that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What is wrong.
    pub problem: String,
    /// What would put it right, where the account can do that itself.
    pub remedy: Option<Remedy>,
    /// Where it is, where several places are looked at.
    pub place: Option<Place>,
}

impl Finding {
    pub(super) fn new(problem: String, remedy: Option<Remedy>) -> Self {
        Self { problem, remedy, place: None }
    }
}

/// What puts a finding right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Delete this flow log: there is nothing left that it could record.
    Delete(FlowLog),
    /// Cover the interfaces that joined this resource.
    Extend(Resource),
    /// Remove what an interrupted change left.
    Remove(Leftover),
}

/// What an interrupted change can leave behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leftover {
    /// A file of an embedded account.
    File,
    /// A log group that no flow log delivers to, by name.
    LogGroup(String),
    /// A role that no flow log uses, by name.
    Role(String),
}

impl Remedy {
    /// What it does, in a user's words.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Delete(flow_log) => format!("delete {} ({})", flow_log.id, flow_log.log_group),
            Self::Extend(resource) => format!("cover every interface of {}", resource.label()),
            Self::Remove(Leftover::File) => "remove the file".into(),
            Self::Remove(Leftover::LogGroup(name)) => format!("delete the log group {name} and its records"),
            Self::Remove(Leftover::Role(name)) => format!("delete the role {name}"),
        }
    }
}
