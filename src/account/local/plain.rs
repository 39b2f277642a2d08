//! Flow log files without an account around them: targets become filters on the record's own fields.

use std::sync::Arc;

use async_trait::async_trait;

use crate::account::inventory::Inventory;
use crate::account::{self, Account, Created, Finding, FlowLog, Resource, Rest, Settings};
use crate::engine::{self, Files};
use crate::field::Field;
use crate::query::plan::{Check, Condition, Interval, Plan, Source, Target, TargetKind};
use crate::value::{Progress, RowSink, RunStats};

/// Why a plan cannot be run on files.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// `sg web`, where there are only files.
    #[error("the records do not say which {what} an interface belongs to")]
    NeedsInventory {
        /// The kind, in a user's words.
        what: &'static str,
    },
    /// `vpc prod`, where there are only files.
    #[error("`{selector}` is no {kind} id, and names need an inventory")]
    NameNeedsInventory {
        /// The kind's word.
        kind: &'static str,
        /// What was typed.
        selector: String,
    },
    /// `group "/aws/vpc"`, where there are only files.
    #[error("files have no log groups")]
    NoLogGroups,
}

impl Error {
    /// What to type instead.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        match self {
            Self::NeedsInventory { .. } => Some(
                "ask by `vpc`, `subnet`, `instance` or `eni` id, or by address: `all where local.addr = ...`".into(),
            ),
            Self::NameNeedsInventory { kind, .. } => {
                let example = TargetKind::named(kind).and_then(id_of).map_or("an id", |(_, prefix)| prefix);
                Some(format!("use the id (`{example}...`), or `all`"))
            }
            Self::NoLogGroups => Some("leave the target out, or say `all`".into()),
        }
    }
}

/// Files that hold flow log records.
pub struct PlainFiles {
    files: Files,
}

impl PlainFiles {
    /// Looks at the head of each file.
    ///
    /// # Errors
    ///
    /// [`engine::Error`] where one cannot be read or is no flow log.
    pub fn open(options: engine::Options) -> Result<Self, engine::Error> {
        Ok(Self { files: Files::open(options)? })
    }
}

#[async_trait]
impl Account for PlainFiles {
    fn has_names(&self) -> bool {
        false
    }

    async fn resources(&self, _: TargetKind) -> Result<Vec<Resource>, account::Error> {
        Err(account::Error::NotAnAccount)
    }

    async fn flow_logs(&self) -> Result<Vec<FlowLog>, account::Error> {
        Err(account::Error::NotAnAccount)
    }

    async fn create(&self, _: &Resource, _: &Settings) -> Result<Created, account::Error> {
        Err(account::Error::NotAnAccount)
    }

    async fn delete(&self, _: &FlowLog) -> Result<(), account::Error> {
        Err(account::Error::NotAnAccount)
    }

    async fn findings(&self) -> Result<Vec<Finding>, account::Error> {
        Err(account::Error::NotAnAccount)
    }

    async fn remove(&self, _: &Rest) -> Result<(), account::Error> {
        Err(account::Error::NotAnAccount)
    }

    async fn inventory(&self) -> Result<Inventory, account::Error> {
        Err(account::Error::NotAnAccount)
    }

    fn default_interval(&self) -> Option<Interval> {
        None
    }

    async fn run(
        &self,
        plan: &Plan,
        interval: Option<Interval>,
        progress: &Arc<Progress>,
        sink: &mut (dyn RowSink + Send),
    ) -> Result<RunStats, account::Error> {
        let wanted = plan.targets.iter().map(wanted).collect::<Result<Vec<_>, _>>()?;
        // A target without a selector takes every record, whatever the others narrow to.
        let narrowed = match wanted.into_iter().collect::<Option<Vec<_>>>() {
            Some(mut tests) => plan.narrowed(if tests.len() == 1 { tests.remove(0) } else { Condition::Any(tests) }),
            None => plan.clone(),
        };
        Ok(engine::run(&narrowed, interval, &self.files, progress, sink).await?)
    }
}

/// The field of a kind's id in records, and how the ids start.
const fn id_of(kind: TargetKind) -> Option<(Field, &'static str)> {
    match kind {
        TargetKind::Vpc => Some((Field::Vpc, "vpc-")),
        TargetKind::Subnet => Some((Field::Subnet, "subnet-")),
        TargetKind::Instance => Some((Field::Instance, "i-")),
        TargetKind::Eni => Some((Field::Eni, "eni-")),
        _ => None,
    }
}

/// What a record of this target must fulfil; `None` for every record.
fn wanted(target: &Target) -> Result<Option<Condition>, Error> {
    let Some((field, prefix)) = id_of(target.kind) else {
        return match target.kind {
            TargetKind::All => Ok(None),
            TargetKind::Group => Err(Error::NoLogGroups),
            TargetKind::SecurityGroup => Err(Error::NeedsInventory { what: "security group" }),
            TargetKind::NatGateway => Err(Error::NeedsInventory { what: "NAT gateway" }),
            _ => Err(Error::NeedsInventory { what: "endpoint" }),
        };
    };
    if target.selectors.is_empty() {
        return Ok(None);
    }
    let source = Source::Field(field);
    let mut ids = Vec::new();
    let mut tests = Vec::new();
    for selector in &target.selectors {
        if !selector.starts_with(prefix) {
            let kind = target.kind.name();
            return Err(Error::NameNeedsInventory { kind, selector: selector.clone() });
        }
        if selector.contains(['*', '?']) {
            tests.push(Condition::Test(source.clone(), Check::Like { glob: selector.clone(), negated: false }));
        } else {
            ids.push(selector.clone());
        }
    }
    if !ids.is_empty() {
        ids.sort();
        tests.insert(0, Condition::Test(source, Check::Text { words: ids, negated: false }));
    }
    Ok(Some(if tests.len() == 1 { tests.remove(0) } else { Condition::Any(tests) }))
}
