//! Names of interfaces, joined after the query: the service knows ids and addresses only.

use super::super::error::{Error, Unmergeable};
use crate::account::inventory_names::Names;
use crate::field::{Field, Origin};
use crate::query::plan::{KeyBy, Plan, Shape, Source};
use crate::value::{Row, Value};

/// A plan over ids and addresses in place of names, and the columns that hold those.
pub(super) struct Joined {
    pub(super) plan: Plan,
    places: Vec<(usize, Field)>,
}

impl Joined {
    /// Returns whether the plan asks for names at all.
    pub(super) fn has_names(&self) -> bool {
        !self.places.is_empty()
    }

    /// Replaces ids and addresses with their names.
    pub(super) fn name(&self, names: &Names, row: &mut Row) {
        for (place, field) in &self.places {
            let name = names.name(*field, &row[*place]);
            row[*place] = name.map_or(Value::Absent, |name| Value::Text(name.to_string().into()));
        }
    }
}

/// The field of a name, and the field that it is joined by.
fn named(source: &Source) -> Option<(Field, Source)> {
    let Source::Field(field) = source else { return None };
    match field.info().origin {
        Origin::Inventory(key) => Some((*field, Source::Field(key))),
        _ => None,
    }
}

/// Returns the plan to run in place of one that may ask for names.
///
/// # Errors
///
/// [`Error::Unmergeable`] if records are sorted by a name; conditions and aggregates have no names.
pub(super) fn joined(plan: &Plan) -> Result<Joined, Error> {
    if let Some(key) = plan.sort.iter().find(|key| named(&key.source).is_some()) {
        return Err(Error::Unmergeable { what: key.source.name(), why: Unmergeable::SortByName });
    }
    let mut joined = Joined { plan: plan.clone(), places: Vec::new() };
    match &mut joined.plan.shape {
        Shape::Records { columns, .. } => {
            for (place, column) in columns.iter_mut().enumerate() {
                if let Some((field, key)) = named(&column.source) {
                    column.source = key;
                    joined.places.push((place, field));
                }
            }
        }
        Shape::Groups(groups) => {
            for (place, key) in groups.keys.iter_mut().enumerate() {
                if let KeyBy::Source(source) = &key.by
                    && let Some((field, joined_by)) = named(source)
                {
                    key.by = KeyBy::Source(joined_by);
                    joined.places.push((place, field));
                }
            }
        }
    }
    Ok(joined)
}

#[cfg(test)]
mod tests {
    use super::super::tests::plan;
    use super::*;

    #[test]
    fn names_are_joined_by_fields_of_the_record() {
        let joined = joined(&plan("vpc | show local.name, remote.name, bytes")).unwrap();
        assert_eq!(joined.places, [(0, Field::LocalName), (1, Field::RemoteName)]);
        let Shape::Records { columns, .. } = &joined.plan.shape else { panic!("records") };
        let sources: Vec<String> = columns.iter().map(|column| column.source.name()).collect();
        assert_eq!(sources, ["eni", "remote.addr", "bytes"]);
        assert_eq!(columns[0].name, "local_name");
    }

    #[test]
    fn records_are_not_sorted_by_names() {
        assert!(matches!(joined(&plan("vpc | sort local.name")), Err(Error::Unmergeable { .. })));
        assert!(joined(&plan("vpc | count() by local.name | sort local_name")).is_ok());
    }
}
