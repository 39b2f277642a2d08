//! Names of interfaces, joined after a query: `local.name`, `remote.name`.
//!
//! The query runs over the interface id or the far address in place of the name; rows get their
//! names on the way out, records in the order of what they were joined by. Groups of one name are
//! merged, so only aggregates that merge will do.

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;

use crate::account::inventory::Inventory;
use crate::account::{Error, Unmergeable};
use crate::field::Origin;
use crate::function::Function;
use crate::query::plan::{Groups, KeyBy, Limit, Plan, Shape, Source};
use crate::value::{Column, Row, RowSink, Value};

/// Names by what a record has of an interface.
pub(super) struct Names {
    by_interface: HashMap<String, String>,
    by_address: HashMap<IpAddr, String>,
}

impl Names {
    /// The names of an inventory: what an interface belongs to, else its id.
    pub(super) fn of(inventory: &Inventory) -> Self {
        let mut names = Self { by_interface: HashMap::new(), by_address: HashMap::new() };
        for interface in &inventory.interfaces {
            let name = interface.name.clone().unwrap_or_else(|| interface.id.clone());
            names.by_interface.insert(interface.id.clone(), name.clone());
            // An address means one interface in one VPC; where two share it, the first is as good as any.
            for address in &interface.addresses {
                names.by_address.entry(*address).or_insert_with(|| name.clone());
            }
        }
        names
    }

    /// The name behind an interface id or an address.
    fn name(&self, value: &Value) -> Value {
        let name = match value {
            Value::Text(id) => self.by_interface.get(id.as_ref()),
            Value::Address(address) => self.by_address.get(address),
            _ => None,
        };
        name.map_or(Value::Absent, |name| Value::Text(name.clone().into()))
    }
}

/// A plan over ids and addresses in place of names, and which columns they stand in.
pub(super) struct Joined {
    pub(super) plan: Plan,
    places: Vec<usize>,
    /// Groups that are merged once they have names: by the original plan.
    merge: Option<(Plan, Groups)>,
}

/// What a name is joined by, if `source` is one.
fn key_of(source: &Source) -> Option<Source> {
    match source {
        Source::Field(field) => match field.info().origin {
            Origin::Inventory(key) => Some(Source::Field(key)),
            _ => None,
        },
        _ => None,
    }
}

/// The plan to run where names are asked for; `None` where none are.
///
/// # Errors
///
/// [`Error::Unmergeable`] for what cannot be computed from parts.
pub(super) fn joined(plan: &Plan) -> Result<Option<Joined>, Error> {
    if let Some(key) = plan.sort.iter().find(|key| key_of(&key.source).is_some()) {
        return Err(Error::Unmergeable { what: key.source.name(), why: Unmergeable::SortOfRecords });
    }
    let mut run = plan.clone();
    let mut places = Vec::new();
    match &mut run.shape {
        Shape::Records { columns, .. } => {
            for (place, column) in columns.iter_mut().enumerate() {
                if let Some(key) = key_of(&column.source) {
                    column.source = key;
                    places.push(place);
                }
            }
            Ok((!places.is_empty()).then_some(Joined { plan: run, places, merge: None }))
        }
        Shape::Groups(groups) => {
            let original = groups.clone();
            for (place, key) in groups.keys.iter_mut().enumerate() {
                if let KeyBy::Source(source) = &key.by
                    && let Some(joined_by) = key_of(source)
                {
                    key.by = KeyBy::Source(joined_by);
                    places.push(place);
                }
            }
            if places.is_empty() {
                return Ok(None);
            }
            check_merge(&original)?;
            run.limit = Limit::None;
            run.sort.clear();
            Ok(Some(Joined { plan: run, places, merge: Some((plan.clone(), original)) }))
        }
    }
}

fn check_merge(groups: &Groups) -> Result<(), Error> {
    if groups.having.is_some() {
        return Err(Error::Unmergeable { what: "where".into(), why: Unmergeable::FilterOfGroups });
    }
    let merges = |function| matches!(function, Function::Count | Function::Sum | Function::Min | Function::Max);
    match groups.aggregates.iter().find(|aggregate| !merges(aggregate.function)) {
        Some(aggregate) => Err(Error::Unmergeable { what: aggregate.function.name(), why: Unmergeable::Aggregate }),
        None => Ok(()),
    }
}

/// Puts names in place of what they are joined by, and passes the rows on.
pub(super) struct NameSink<'a> {
    names: &'a Names,
    joined: &'a Joined,
    sink: &'a mut (dyn RowSink + Send),
    /// Groups by the printed form of their keys, which tells them apart.
    merged: HashMap<String, Row>,
    rows: u64,
    truncated: bool,
}

impl<'a> NameSink<'a> {
    pub(super) fn new(names: &'a Names, joined: &'a Joined, sink: &'a mut (dyn RowSink + Send)) -> Self {
        Self { names, joined, sink, merged: HashMap::new(), rows: 0, truncated: false }
    }

    /// Passes merged groups on, in the order and length of the plan; how many rows that were and
    /// whether the default limit cut them, where anything was merged.
    pub(super) fn finish(mut self) -> io::Result<Option<(u64, bool)>> {
        let Some((plan, _)) = &self.joined.merge else { return Ok(None) };
        let mut order: Vec<(usize, bool)> = plan
            .sort
            .iter()
            .filter_map(|key| if let Source::Result(place) = key.source { Some((place, key.descending)) } else { None })
            .collect();
        order.extend(plan.tie_breakers());
        let mut rows: Vec<Row> = std::mem::take(&mut self.merged).into_values().collect();
        rows.sort_by(|a, b| compare(a, b, &order));
        let limit = plan.limit.rows().and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
        self.truncated = plan.limit == Limit::Default && rows.len() > limit;
        rows.truncate(limit);
        self.rows = rows.len() as u64;
        self.sink.rows(rows)?;
        Ok(Some((self.rows, self.truncated)))
    }

    fn merge(&mut self, row: Row, groups: &Groups) {
        let keys = groups.keys.len();
        let key = format!("{:?}", &row[..keys]);
        match self.merged.get_mut(&key) {
            None => {
                self.merged.insert(key, row);
            }
            Some(known) => {
                for (place, aggregate) in groups.aggregates.iter().enumerate() {
                    let place = keys + place;
                    known[place] = combined(aggregate.function, &known[place], &row[place]);
                }
            }
        }
    }
}

/// Absent values last, whichever way the order goes.
fn compare(a: &Row, b: &Row, order: &[(usize, bool)]) -> std::cmp::Ordering {
    let by = |(place, descending): &(usize, bool)| {
        let (a, b) = (&a[*place], &b[*place]);
        let is_reversed = *descending && *a != Value::Absent && *b != Value::Absent;
        if is_reversed { b.compare(a) } else { a.compare(b) }
    };
    order.iter().map(by).find(|ordering| ordering.is_ne()).unwrap_or(std::cmp::Ordering::Equal)
}

/// The aggregate over two groups from those over each.
fn combined(function: Function, a: &Value, b: &Value) -> Value {
    match (function, a, b) {
        (_, Value::Absent, other) | (_, other, Value::Absent) => other.clone(),
        (Function::Count | Function::Sum, Value::Int(a), Value::Int(b)) => Value::Int(a.saturating_add(*b)),
        (Function::Max, a, b) if a.compare(b).is_lt() => b.clone(),
        (Function::Min, a, b) if a.compare(b).is_gt() => b.clone(),
        (_, a, _) => a.clone(),
    }
}

impl RowSink for NameSink<'_> {
    fn columns(&mut self, columns: &[Column]) -> io::Result<()> {
        self.sink.columns(columns)
    }

    fn rows(&mut self, mut rows: Vec<Row>) -> io::Result<()> {
        for row in &mut rows {
            for place in &self.joined.places {
                row[*place] = self.names.name(&row[*place]);
            }
        }
        match &self.joined.merge {
            None => self.sink.rows(rows),
            Some((_, groups)) => {
                for row in rows {
                    self.merge(row, groups);
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::Field;

    #[test]
    fn aggregates_that_merge_are_combined_from_their_parts() {
        let (three, five) = (Value::Int(3), Value::Int(5));
        assert_eq!(combined(Function::Sum, &three, &five), Value::Int(8));
        assert_eq!(combined(Function::Count, &three, &five), Value::Int(8));
        assert_eq!(combined(Function::Min, &three, &five), three);
        assert_eq!(combined(Function::Max, &three, &five), five);
        assert_eq!(combined(Function::Max, &Value::Absent, &five), five);
    }

    #[test]
    fn names_are_joined_by_fields_of_the_record() {
        assert_eq!(key_of(&Source::Field(Field::LocalName)), Some(Source::Field(Field::Eni)));
        assert_eq!(key_of(&Source::Field(Field::RemoteName)), Some(Source::Field(Field::RemoteAddr)));
        assert_eq!(key_of(&Source::Field(Field::Eni)), None);
    }
}
