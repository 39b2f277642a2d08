//! Compares the rows of both sides.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use flowlogs::insights;
use flowlogs::query::Plan;
use flowlogs::query::plan::{Chosen, Shape, SortKey, Source};
use flowlogs::value::{Row, Value};

use crate::evaluator::{Dash, Log, OutRow, Query, Settings, SumOfNothing, run};
use crate::records::Records;
use crate::typed::{Kind, Known, kind_of, of_text, of_value};

/// The most rows that one query of the service returns.
const CAP: u64 = 100_000;

/// The same records, in each form that the service may have.
pub(crate) struct Logs {
    pub(crate) text: Log,
    pub(crate) dropped: Log,
}

impl Logs {
    pub(crate) fn of(records: &Records) -> Result<Self, String> {
        let log = |dash| records.log(dash).map_err(|error| error.to_string());
        Ok(Self { text: log(Dash::Text)?, dropped: log(Dash::Dropped)? })
    }

    pub(crate) fn within(&self, first: i64, last: i64) -> Self {
        Self { text: self.text.within(first, last), dropped: self.dropped.within(first, last) }
    }

    pub(crate) fn get(&self, dash: Dash) -> &Log {
        match dash {
            Dash::Text => &self.text,
            Dash::Dropped => &self.dropped,
        }
    }
}

/// A plan in the form that the service gets.
pub(crate) struct Emitted {
    pub(crate) text: String,
    pub(crate) query: Query,
    /// The service's name of each column of the plan; `None` for one that the format lacks.
    pub(crate) columns: Vec<Option<String>>,
    /// The service's names of the sort keys of records.
    order: Vec<String>,
    /// Whether a note says that the service has another order.
    notes_order: bool,
}

/// Emits a plan and parses the text: `Err` if the plan is refused, an inner `Err` if the text is.
pub(crate) fn emit(plan: &Plan, format: &insights::Format) -> Result<Result<Emitted, String>, String> {
    let emitted = insights::emit(plan, format).map_err(|error| error.to_string())?;
    let query = match Query::parse(&emitted.text) {
        Ok(query) => query,
        Err(error) => return Ok(Err(format!("refused: {error}\n{}", emitted.text))),
    };
    let columns = columns(plan, &emitted.columns);
    let notes_order = emitted.notes.iter().any(|note| note.starts_with("the service orders"));
    Ok(Ok(Emitted { text: emitted.text, query, columns, order: emitted.order, notes_order }))
}

fn columns(plan: &Plan, names: &[String]) -> Vec<Option<String>> {
    match &plan.shape {
        // Default columns that the format lacks are not asked for.
        Shape::Records { columns, chosen: Chosen::Nobody } => {
            let name = |source: &Source| match source {
                Source::Field(field) => names.iter().find(|name| *name == field.info().insights).cloned(),
                _ => None,
            };
            columns.iter().map(|column| name(&column.source)).collect()
        }
        _ => names.iter().cloned().map(Some).collect(),
    }
}

/// A sort key of the answer: its name on the service, its kind and its direction.
struct Key {
    name: String,
    kind: Kind,
    descending: bool,
}

/// The sort keys of the answer, before ties are broken.
fn order_of(plan: &Plan, kinds: &[Kind], emitted: &Emitted) -> Vec<Key> {
    // Words for numbers are ordered like the numbers.
    let ordered = |kind: Kind| if matches!(kind, Kind::Code(_)) { Kind::Number } else { kind };
    match &plan.shape {
        Shape::Groups(groups) if groups.keys.is_empty() => Vec::new(),
        Shape::Groups(_) => {
            let asked = plan.sort.iter().filter_map(|key| match key.source {
                Source::Result(place) => Some((place, key.descending)),
                _ => None,
            });
            let mut places: Vec<(usize, bool)> = asked.collect();
            if places.is_empty() {
                places.extend(plan.tie_breakers().first());
            }
            let name = |place: usize| emitted.columns[place].clone().expect("a column of groups has a name");
            let key = |(place, descending)| Key { name: name(place), kind: ordered(kinds[place]), descending };
            places.into_iter().map(key).collect()
        }
        Shape::Records { .. } => {
            let default = [SortKey::NEWEST_FIRST];
            let keys = if plan.sort.is_empty() { &default } else { plan.sort.as_slice() };
            let names = emitted.order.iter().cloned().zip(keys);
            let key = |(name, key): (String, &SortKey)| Key {
                name,
                kind: ordered(kind_of(&key.source)),
                descending: key.descending,
            };
            names.map(key).collect()
        }
    }
}

/// A row: its sort keys, and its values.
struct Ordered {
    order: Vec<Known>,
    values: Vec<Known>,
}

/// The result of a comparison.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    Same,
    /// The same rows, but the service would cut them at another place, as it has another order.
    CutElsewhere,
}

/// Compares the rows under every combination of settings, by columns of these kinds.
pub(crate) fn compare(
    plan: &Plan,
    kinds: &[Kind],
    emitted: &Emitted,
    logs: &Logs,
    rows: &[Row],
) -> Result<Found, String> {
    // A sum that the text itself makes absent over nothing is compared like other numbers.
    let is_guarded =
        |name: &Option<String>| name.as_ref().is_some_and(|name| emitted.text.contains(&format!("* 0) as {name}")));
    let kind = |(kind, name): (&Kind, &Option<String>)| {
        if *kind == Kind::Sum && is_guarded(name) { Kind::Number } else { *kind }
    };
    let kinds: &[Kind] = &kinds.iter().zip(&emitted.columns).map(kind).collect::<Vec<_>>();
    let value = |(value, kind): (&Value, &Kind)| of_value(value, *kind);
    let absent: Vec<Vec<Known>> = rows.iter().map(|row| row.iter().zip(kinds).map(value).collect()).collect();
    let or_zero = |row: &Vec<Known>| row.iter().zip(kinds).map(|(value, kind)| value.clone().or_zero(*kind)).collect();
    let zero: Vec<Vec<Known>> = absent.iter().map(or_zero).collect();
    let mut found = Found::Same;
    for settings in Settings::all() {
        let answer = run(&emitted.query, logs.get(settings.dash), settings);
        // If a sum over nothing is 0 on the service, nothing else may differ.
        let (engine, is_zero) =
            if settings.sum_of_nothing == SumOfNothing::Zero { (&zero, true) } else { (&absent, false) };
        let one = one(plan, kinds, emitted, (&answer.rows, is_zero), engine)
            .map_err(|why| format!("{why}\nunder {settings:?}"))?;
        if one == Found::CutElsewhere {
            found = one;
        }
    }
    Ok(found)
}

fn one(
    plan: &Plan,
    kinds: &[Kind],
    emitted: &Emitted,
    (served, is_zero): (&[OutRow], bool),
    engine: &[Vec<Known>],
) -> Result<Found, String> {
    let mut order = order_of(plan, kinds, emitted);
    // After a key that both sides estimate, the order is unknown.
    if let Some(place) = order.iter().position(|key| key.kind == Kind::Estimate) {
        order.truncate(place + 1);
    }
    if kinds.len() != emitted.columns.len() {
        return Err(format!("{} columns, {} of them emitted", kinds.len(), emitted.columns.len()));
    }
    let names: BTreeSet<&str> = order.iter().map(|key| key.name.as_str()).collect();
    if emitted.query.sort_keys() < names.len() {
        return Err("the order is not emitted".into());
    }
    let limit = plan.limit.rows().unwrap_or(CAP).min(CAP);
    if limit != emitted.query.limit as u64 {
        return Err(format!("limit {limit} is emitted as {}", emitted.query.limit));
    }
    let served: Vec<Ordered> =
        served.iter().map(|row| ordered(row, kinds, &emitted.columns, &order, is_zero)).collect();
    let served_values: Vec<Vec<Known>> = served.iter().map(|row| row.values.clone()).collect();
    let mut by_value = served;
    by_value.sort_by(|a, b| compare_keys(a, b, &order));
    let limit = emitted.query.limit;
    same(&by_value, engine, &order, limit).map_err(|why| format!("{why}\n{}", drawn(&by_value, engine)))?;
    let returned: Vec<Vec<Known>> = served_values.iter().take(limit).cloned().collect();
    let is_cut = served_values.len() > limit;
    if !is_cut || same(&by_value, &returned, &order, limit).is_ok() {
        return Ok(Found::Same);
    }
    if emitted.notes_order || order.iter().any(|key| key.kind == Kind::Estimate) {
        return Ok(Found::CutElsewhere);
    }
    Err(format!("the service cuts elsewhere\n{}", drawn(&by_value, &returned)))
}

fn ordered(row: &OutRow, kinds: &[Kind], columns: &[Option<String>], order: &[Key], is_zero: bool) -> Ordered {
    let read = |text: Option<&str>, kind: Kind| {
        let value = of_text(text, kind);
        if is_zero { value.or_zero(kind) } else { value }
    };
    let cell = |name: &str| row.cells.iter().find(|(known, _)| known == name).map(|(_, text)| text.as_str());
    let values = columns.iter().zip(kinds).map(|(name, kind)| read(name.as_deref().and_then(cell), *kind));
    let value = |name: &str| row.order.iter().find(|(known, _)| known == name).and_then(|(_, text)| text.as_deref());
    let keys = order.iter().map(|key| read(value(&key.name), key.kind));
    Ordered { order: keys.collect(), values: values.collect() }
}

/// Compares by value; absent values are last in either direction.
fn compare_keys(a: &Ordered, b: &Ordered, order: &[Key]) -> Ordering {
    let keys = a.order.iter().zip(&b.order).zip(order);
    keys.fold(Ordering::Equal, |so_far, ((a, b), key)| {
        so_far.then_with(|| match (a, b) {
            (Known::Absent, _) | (_, Known::Absent) => (*a == Known::Absent).cmp(&(*b == Known::Absent)),
            _ => {
                let order = a.partial_cmp(b).unwrap_or(Ordering::Equal);
                if key.descending { order.reverse() } else { order }
            }
        })
    })
}

/// Whether `rows` are the first ones of `all`: rows that tie may be in any order, and any of them may be cut.
fn same(all: &[Ordered], rows: &[Vec<Known>], order: &[Key], limit: usize) -> Result<(), String> {
    let expected = all.len().min(limit);
    if rows.len() != expected {
        return Err(format!("{expected} rows expected, {} found", rows.len()));
    }
    let mut rest = rows;
    for class in all.chunk_by(|a, b| compare_keys(a, b, order).is_eq()) {
        let taken = class.len().min(rest.len());
        let (mine, later) = rest.split_at(taken);
        let mut possible: Vec<&Vec<Known>> = class.iter().map(|row| &row.values).collect();
        for row in mine {
            let Some(place) = possible.iter().position(|values| *values == row) else {
                return Err(format!("a row that is not expected there: {row:?}"));
            };
            possible.swap_remove(place);
        }
        rest = later;
    }
    Ok(())
}

fn drawn(expected: &[Ordered], found: &[Vec<Known>]) -> String {
    let show = |row: &Vec<Known>| {
        let values = row.iter().map(|value| match value {
            Known::Number(number) => number.to_string(),
            Known::Address(bits) => std::net::Ipv6Addr::from_bits(*bits).to_canonical().to_string(),
            Known::Text(text) => text.clone(),
            Known::Absent => "-".into(),
        });
        values.collect::<Vec<_>>().join(" ")
    };
    let expected: Vec<String> = expected.iter().map(|row| show(&row.values)).collect();
    let found: Vec<String> = found.iter().map(show).collect();
    format!("text: {expected:#?}\nengine: {found:#?}")
}
