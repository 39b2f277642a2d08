//! Names of interfaces, joined after the query: the service knows ids and addresses only.

use super::super::error::{Error, Unmergeable};
use crate::account::inventory_names::Names;
use crate::field::{Field, Origin};
use crate::query::plan::{GroupKey, KeyBy, Limit, Plan, Shape, ShownColumn, Source};
use crate::value::{Row, Value};

/// A plan over ids and addresses in place of names, and the columns that hold those.
pub(super) struct Joined {
    pub(super) plan: Plan,
    places: Vec<(usize, Field)>,
    /// The column of the interface, and whether it is there for the names alone.
    interface: Option<(usize, bool)>,
}

impl Joined {
    /// Returns whether the plan asks for names at all.
    pub(super) fn has_names(&self) -> bool {
        !self.places.is_empty()
    }

    /// Asks for the interface of each row too: the name of an address may depend on it.
    pub(super) fn add_interface(&mut self) {
        let interface = Source::Field(Field::Eni);
        let name = "interface".to_string();
        let place = match &mut self.plan.shape {
            Shape::Records { columns, .. } => {
                let known = columns.iter().position(|column| column.source == interface);
                let added = columns.len();
                if known.is_none() {
                    columns.push(ShownColumn { source: interface, name });
                }
                (known.unwrap_or(added), known.is_none())
            }
            Shape::Groups(groups) => {
                let by = KeyBy::Source(interface);
                let known = groups.keys.iter().position(|key| key.by == by);
                let added = groups.keys.len();
                if known.is_none() {
                    groups.keys.push(GroupKey { by, name });
                }
                (known.unwrap_or(added), known.is_none())
            }
        };
        self.interface = Some(place);
    }

    /// Replaces ids and addresses with their names, and removes what was added for that.
    pub(super) fn name(&self, names: &Names, row: &mut Row) {
        let interface = self.interface.map_or(Value::Absent, |(place, _)| row[place].clone());
        for (place, field) in &self.places {
            let name = names.name(*field, &row[*place], &interface);
            row[*place] = name.map_or(Value::Absent, |name| Value::Text(name.to_string().into()));
        }
        if let Some((place, true)) = self.interface {
            row.remove(place);
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
    let mut joined = Joined { plan: plan.clone(), places: Vec::new(), interface: None };
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
            if !joined.places.is_empty() {
                // Groups are selected, sorted and cut by their names, which the service does not know.
                groups.having = None;
                (joined.plan.sort, joined.plan.limit) = (Vec::new(), Limit::None);
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
    fn the_interface_is_asked_for_once_and_taken_out_again() {
        let mut names = Names::default();
        for (vpc, name) in [("a", "web"), ("b", "db")] {
            names.add_network(vpc, "10.0.0.1/32".parse().unwrap(), Some(name));
            names.add_interface(&format!("eni-{vpc}"), vpc);
        }
        let address = || Value::Address("10.0.0.1".parse().unwrap());
        let text = |text: &str| Value::Text(text.into());
        for (sentence, mut row, expected) in [
            (
                "vpc | show remote.name, bytes",
                vec![address(), Value::Int(1), text("eni-b")],
                vec![text("db"), Value::Int(1)],
            ),
            ("vpc | show eni, remote.name", vec![text("eni-a"), address()], vec![text("eni-a"), text("web")]),
            (
                "vpc | count() by remote.name",
                vec![address(), text("eni-a"), Value::Int(1)],
                vec![text("web"), Value::Int(1)],
            ),
        ] {
            let mut joined = joined(&plan(sentence)).unwrap();
            joined.add_interface();
            joined.name(&names, &mut row);
            assert_eq!(row, expected, "{sentence}");
        }
    }

    #[test]
    fn records_are_not_sorted_by_names() {
        assert!(matches!(joined(&plan("vpc | sort local.name")), Err(Error::Unmergeable { .. })));
        assert!(joined(&plan("vpc | count() by local.name | sort local_name")).is_ok());
    }
}
