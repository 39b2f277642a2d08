//! Targets selected by the ids in the records themselves.

use crate::field::Field;
use crate::kind::TargetKind;
use crate::query::plan::{Check, Condition, Source, Target};

/// An error of a plan that cannot be run on files.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// `sg web` without an inventory.
    #[error("the records do not say which {what} an interface belongs to")]
    NeedsInventory {
        /// The kind, for messages.
        what: &'static str,
    },
    /// `vpc prod` without an inventory.
    #[error("`{selector}` is not a valid {kind} id, and names need an inventory")]
    NameNeedsInventory {
        /// The name of the kind.
        kind: &'static str,
        /// The selector, as written in the query.
        selector: String,
    },
    /// `group "/aws/vpc"` with files.
    #[error("files have no log groups")]
    NoLogGroups,
}

impl Error {
    /// A hint for the user.
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

/// The field that has a kind's id in records, and the prefix of those ids.
pub(super) const fn id_of(kind: TargetKind) -> Option<(Field, &'static str)> {
    kind.info().id
}

/// The condition that selects the records of a target only by the ids in the records.
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
