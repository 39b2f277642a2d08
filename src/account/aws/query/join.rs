//! Names of interfaces, joined after the query: the service knows ids and addresses only.

use super::super::error::{Error, Unmergeable};
use super::past_names::PastNames;
use crate::field::{Field, Origin};
use crate::query::plan::{GroupKey, KeyBy, Limit, Plan, Shape, ShownColumn, Source};
use crate::value::{EpochSeconds, Row, Value};

/// A plan over ids and addresses instead of names, and the columns that hold them.
pub(super) struct Joined {
    pub(super) plan: Plan,
    places: Vec<(usize, Field)>,
    /// The columns of the interface and of the time, if the names depend on them.
    interface: Option<Beside>,
    time: Option<Beside>,
}

/// A column of the rows that names depend on.
#[derive(Clone, Copy)]
struct Beside {
    place: usize,
    /// Whether it was added only to find names.
    is_added: bool,
}

impl Joined {
    /// Returns whether the plan has names.
    pub(super) fn has_names(&self) -> bool {
        !self.places.is_empty()
    }

    /// Adds the interface of each row to the plan.
    pub(super) fn add_interface(&mut self) {
        self.interface = Some(self.add(Field::Eni));
    }

    /// Adds the time of each record to the plan; a group has none.
    pub(super) fn add_time(&mut self) {
        if matches!(self.plan.shape, Shape::Records { .. }) {
            self.time = Some(self.add(Field::Time));
        }
    }

    /// Adds a field to the plan, unless it is there already.
    fn add(&mut self, field: Field) -> Beside {
        let (source, name) = (Source::Field(field), field.result_name());
        let (known, count) = match &mut self.plan.shape {
            Shape::Records { columns, .. } => {
                let known = columns.iter().position(|column| column.source == source);
                if known.is_none() {
                    columns.push(ShownColumn { source, name });
                }
                (known, columns.len())
            }
            Shape::Groups(groups) => {
                let by = KeyBy::Source(source);
                let known = groups.keys.iter().position(|key| key.by == by);
                if known.is_none() {
                    groups.keys.push(GroupKey { by, name });
                }
                (known, groups.keys.len())
            }
        };
        Beside { place: known.unwrap_or(count - 1), is_added: known.is_none() }
    }

    /// Replaces ids and addresses with their names, and removes the columns that were added for that. A row without a
    /// time gets the names of the second `until`.
    pub(super) fn name(&self, names: &PastNames, row: &mut Row, until: EpochSeconds) {
        let interface = self.interface.map_or(Value::Absent, |beside| row[beside.place].clone());
        let time = self.time.map_or(Value::Absent, |beside| row[beside.place].clone());
        let second = if let Value::Int(second) = time { second } else { until };
        for (place, field) in &self.places {
            row[*place] = match field.info().origin {
                Origin::Geo(what, _) => names.location(what, &row[*place]),
                _ => {
                    let name = names.name(*field, &row[*place], &interface, second);
                    name.map_or(Value::Absent, |name| Value::Text(name.to_string().into()))
                }
            };
        }
        // The last column is removed first, so that the index of the other stays valid.
        let added = [self.time, self.interface].into_iter().flatten().filter(|beside| beside.is_added);
        let mut places: Vec<usize> = added.map(|beside| beside.place).collect();
        places.sort_unstable();
        places.iter().rev().for_each(|place| drop(row.remove(*place)));
    }
}

/// The field of a name, and the field that it is joined by.
fn named(source: &Source) -> Option<(Field, Source)> {
    let Source::Field(field) = source else { return None };
    match field.info().origin {
        Origin::Inventory(key) | Origin::Geo(_, key) => Some((*field, Source::Field(key))),
        _ => None,
    }
}

/// Returns the plan to run instead of one that may have names.
///
/// # Errors
///
/// [`Error::Unmergeable`] if records are sorted by a name; conditions and aggregates have no names.
pub(super) fn joined(plan: &Plan) -> Result<Joined, Error> {
    if let Some(key) = plan.sort.iter().find(|key| named(&key.source).is_some()) {
        return Err(Error::Unmergeable { what: key.source.name(), why: Unmergeable::SortByName });
    }
    let mut joined = Joined { plan: plan.clone(), places: Vec::new(), interface: None, time: None };
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
                // Groups are filtered, sorted and limited by their names, which the service does not know, so this is
                // done afterwards.
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
    use crate::account::inventory::{Interface, Inventory};

    #[test]
    fn names_are_joined_by_fields_of_the_record() {
        let joined = joined(&plan("vpc | show local.name, remote.name, bytes")).unwrap();
        assert_eq!(joined.places, [(0, Field::LocalName), (1, Field::RemoteName)]);
        let Shape::Records { columns, .. } = &joined.plan.shape else { panic!("records") };
        let sources: Vec<String> = columns.iter().map(|column| column.source.name()).collect();
        assert_eq!(sources, ["eni", "remote.addr", "bytes"]);
        assert_eq!(columns[0].name, "local_name");
    }

    /// Two VPCs have an interface at 10.0.0.1; the name of 10.0.0.2 changed from `old` to `new`.
    fn names() -> PastNames {
        let interface = |name: &str, vpc: &str, address: &str| {
            let addresses = vec![address.parse().unwrap()];
            Interface { id: format!("eni-{name}"), name: Some(name.into()), vpc: vpc.into(), addresses, ..none() }
        };
        let of = |interfaces: Vec<Interface>| Inventory { interfaces, ..Inventory::default() };
        let today = of(vec![interface("web", "vpc-1", "10.0.0.1"), interface("db", "vpc-2", "10.0.0.1")]);
        let before = of(vec![interface("old", "vpc-1", "10.0.0.2")]);
        let after = of(vec![interface("new", "vpc-1", "10.0.0.2")]);
        PastNames::new(&today, &[(100, before), (200, after)], &[])
    }

    fn none() -> Interface {
        Interface {
            id: String::new(),
            kind: "instance".into(),
            name: None,
            vpc: String::new(),
            subnet: String::new(),
            addresses: Vec::new(),
            public_addresses: Vec::new(),
            prefixes: Vec::new(),
            security_groups: Vec::new(),
            owner: None,
            account: None,
        }
    }

    #[test]
    fn interface_and_time_are_asked_for_once_and_taken_out_again() {
        let names = names();
        let address = |text: &str| Value::Address(text.parse().unwrap());
        let text = |text: &str| Value::Text(text.into());
        let number = Value::Int;
        for (sentence, mut row, expected) in [
            (
                "vpc | show remote.name, bytes",
                vec![address("10.0.0.1"), number(1), text("eni-db"), number(150)],
                vec![text("db"), number(1)],
            ),
            (
                "vpc | show eni, remote.name, time",
                vec![text("eni-web"), address("10.0.0.2"), number(150)],
                vec![text("eni-web"), text("old"), number(150)],
            ),
            (
                "vpc | show remote.name, local.name",
                vec![address("10.0.0.2"), text("eni-web"), number(200)],
                vec![text("new"), text("web")],
            ),
            // A group gets the names of the end of the window.
            (
                "vpc | count() by remote.name",
                vec![address("10.0.0.2"), text("eni-web"), number(1)],
                vec![text("new"), number(1)],
            ),
        ] {
            let mut joined = joined(&plan(sentence)).unwrap();
            joined.add_interface();
            joined.add_time();
            joined.name(&names, &mut row, 900);
            assert_eq!(row, expected, "{sentence}");
        }
    }

    #[test]
    fn records_are_not_sorted_by_names() {
        assert!(matches!(joined(&plan("vpc | sort local.name")), Err(Error::Unmergeable { .. })));
        assert!(joined(&plan("vpc | count() by local.name | sort local_name")).is_ok());
    }
}
