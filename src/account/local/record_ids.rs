//! Targets by the ids that records themselves have.

use crate::field::Field;
use crate::kind::TargetKind;
use crate::query::plan::{Check, Condition, Source, Target};

/// Why a plan cannot be run on files.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// `sg web`, where there are only files.
    #[error("the records do not say which {what} an interface belongs to")]
    NeedsInventory {
        /// The kind, for messages.
        what: &'static str,
    },
    /// `vpc prod`, where there are only files.
    #[error("`{selector}` is not a valid {kind} id, and names need an inventory")]
    NameNeedsInventory {
        /// The kind's word.
        kind: &'static str,
        /// The selector as it was typed.
        selector: String,
    },
    /// `group "/aws/vpc"`, where there are only files.
    #[error("files have no log groups")]
    NoLogGroups,
}

impl Error {
    /// A hint at what to type instead.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        match self {
            Self::NeedsInventory { .. } => Some(
                "give one with `--inventory FILE`, or ask by `vpc`, `subnet`, `instance` or `eni` id, or by address: \
                 `all where local.addr = ...`"
                    .into(),
            ),
            Self::NameNeedsInventory { kind, .. } => {
                let example = TargetKind::named(kind).and_then(id_of).map_or("an id", |(_, prefix)| prefix);
                Some(format!("give one with `--inventory FILE`, or use the id (`{example}...`)"))
            }
            Self::NoLogGroups => Some("omit the target, or use `all`".into()),
        }
    }
}

/// The field that has a kind's id in records, and the prefix of such ids.
pub(super) const fn id_of(kind: TargetKind) -> Option<(Field, &'static str)> {
    kind.info().id
}

/// The condition that selects the records of a target by the ids in the records alone.
pub(super) fn by_ids(target: &Target) -> Result<Condition, Error> {
    let Some((field, prefix)) = id_of(target.kind) else {
        return Err(match target.kind {
            TargetKind::Group => Error::NoLogGroups,
            kind => Error::NeedsInventory { what: kind.info().title },
        });
    };
    if let Some(selector) = target.selectors.iter().find(|selector| !selector.starts_with(prefix)) {
        return Err(Error::NameNeedsInventory { kind: target.kind.name(), selector: selector.clone() });
    }
    let (globs, ids): (Vec<String>, Vec<String>) =
        target.selectors.iter().cloned().partition(|selector| selector.contains(['*', '?']));
    let mut tests = Vec::new();
    if !ids.is_empty() {
        tests.push(Condition::one_of(field, ids));
    }
    tests.extend(
        globs.into_iter().map(|glob| Condition::Test(Source::Field(field), Check::Like { glob, negated: false })),
    );
    Ok(Condition::any(tests))
}
