//! Fields that a sentence names and the queried logs lack.

use super::plan::{Condition, Plan, Source};
use crate::field::{Field, Origin};

impl Plan {
    /// The first field that the sentence names and that logs with these columns cannot answer.
    ///
    /// `has` tells whether some queried log has a field of the record, or an extra column. An either-side field needs
    /// one of its sides; `ipv4` and `ipv6` need the type or the source address; any other field needs every field
    /// without which it has no value.
    #[must_use]
    pub fn first_missing(&self, has: impl Fn(&Source) -> bool) -> Option<Missing> {
        let lacks = |field: &Field| !has(&Source::Field(*field));
        let names_family = self.selection.said.as_ref().is_some_and(Condition::names_family);
        if names_family && lacks(&Field::Type) && lacks(&Field::SrcAddr) {
            return Some(Source::Field(Field::Type).into());
        }
        self.named().into_iter().find_map(|source| {
            let lacking = match &source {
                Source::Field(field) => match field.info().origin {
                    Origin::EitherSide(sides) => sides.iter().all(lacks).then_some(*field),
                    // On the service every record has a time, in any format.
                    Origin::Time if has(&source) => None,
                    _ => field.required().into_iter().find(lacks),
                },
                other => return (!has(other)).then(|| Missing { named: source.clone(), lacking: None }),
            };
            lacking.map(|field| {
                let is_read_from_others = Source::Field(field) != source;
                Missing { lacking: is_read_from_others.then_some(field), named: source }
            })
        })
    }
}

/// A field that a sentence names and the queried logs lack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The field that the sentence names.
    pub named: Source,
    /// The missing field that it is read from, if that is another one.
    pub lacking: Option<Field>,
}

impl From<Source> for Missing {
    fn from(named: Source) -> Self {
        Self { named, lacking: None }
    }
}

impl std::fmt::Display for Missing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let named = self.named.name();
        let named = named.trim_matches('`');
        match self.lacking {
            Some(field) => write!(f, "`{}`, which `{named}` is read from", field.name()),
            None => write!(f, "`{named}`"),
        }
    }
}
