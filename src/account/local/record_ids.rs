//! What records say of where they belong: the ids in them.

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
                "give one with `--inventory FILE`, or ask by `vpc`, `subnet`, `instance` or `eni` id, or by address: \
                 `all where local.addr = ...`"
                    .into(),
            ),
            Self::NameNeedsInventory { kind, .. } => {
                let example = TargetKind::named(kind).and_then(id_of).map_or("an id", |(_, prefix)| prefix);
                Some(format!("give one with `--inventory FILE`, or use the id (`{example}...`)"))
            }
            Self::NoLogGroups => Some("leave the target out, or say `all`".into()),
        }
    }
}

/// The field of a kind's id in records, and how the ids start.
pub(super) const fn id_of(kind: TargetKind) -> Option<(Field, &'static str)> {
    kind.info().id
}

/// What a record must fulfil where only its own ids say what it belongs to.
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
        tests.push(one_of(field, ids));
    }
    tests.extend(
        globs.into_iter().map(|glob| Condition::Test(Source::Field(field), Check::Like { glob, negated: false })),
    );
    Ok(any(tests))
}

/// The records in which a field is one of these ids.
pub(super) fn one_of(field: Field, mut ids: Vec<String>) -> Condition {
    ids.sort();
    ids.dedup();
    Condition::Test(Source::Field(field), Check::Text { words: ids, negated: false })
}

pub(super) fn any(mut tests: Vec<Condition>) -> Condition {
    if tests.len() == 1 { tests.remove(0) } else { Condition::Any(tests) }
}
