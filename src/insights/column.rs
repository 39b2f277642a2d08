//! Fields as columns of a query: stored in the record, or computed by the query.

use super::error::Error;
use super::format::{Format, is_timestamp};
use super::names::is_field;
use crate::field::{Field, FieldType, Origin, Ratio};

/// The record's time in seconds, as other times are.
pub(super) const SECONDS: &str = "(toMillis(@timestamp) / 1000)";

/// The length of a record's interval, in seconds.
pub(super) const DURATION: &str = "(endTime - (toMillis(@timestamp) / 1000))";

/// The role of a record, which the query computes before anything else.
pub(super) const ROLE: &str = "role";

/// A column, and the expression that computes it; `None` for a stored field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) computed: Option<String>,
}

impl Column {
    fn stored(field: Field) -> Self {
        Self { name: stored_name(field).into(), computed: None }
    }

    pub(super) fn computed(name: impl Into<String>, expression: impl Into<String>) -> Self {
        Self { name: name.into(), computed: Some(expression.into()) }
    }

    /// The text that `fields` takes.
    pub(super) fn text(&self) -> String {
        match &self.computed {
            Some(expression) => format!("{expression} as {}", self.name),
            None => self.name.clone(),
        }
    }
}

/// The service's name of a field of the record, or of the role that the query has computed.
pub(super) fn stored_name(field: Field) -> &'static str {
    match field {
        Field::Role => ROLE,
        field if is_timestamp(field) => "@timestamp",
        field => field.info().insights,
    }
}

/// The column that shows a field: an absent value is `-`, or no value.
pub(super) fn shown(field: Field) -> Result<Column, Error> {
    Ok(match field.info().origin {
        Origin::Record(_) | Origin::Time | Origin::Role => Column::stored(field),
        Origin::Derived => Column::computed(field.result_name(), DURATION),
        Origin::Ratio(ratio) => {
            let has_value = has_ratio(ratio).join(") and (");
            Column::computed(field.result_name(), format!("if(({has_value}), {}, \"-\")", self::ratio(ratio)))
        }
        Origin::BySide { by, sides } => by_side(field, by, sides),
        Origin::Inventory(_) => return Err(Error::NeedsInventory { name: field.name().into() }),
        Origin::Geo(..) => return Err(of_files(field)),
        // The check asks for a side wherever a single value is needed.
        Origin::EitherSide(_) => unreachable!("`{}` has no single value", field.name()),
    })
}

/// A ratio. An interval counts as one second at least.
pub(super) fn ratio(ratio: Ratio) -> String {
    let seconds = format!("if({DURATION} > 1, {DURATION}, 1)");
    match ratio {
        Ratio::BitsPerSecond => format!("((bytes * 8) / {seconds})"),
        Ratio::PacketsPerSecond => format!("(packets / {seconds})"),
        Ratio::BytesPerPacket => "(bytes / packets)".into(),
    }
}

/// The numbers that a ratio is computed from; every record has a start.
pub(super) fn numbers_of(ratio: Ratio) -> impl Iterator<Item = Field> {
    ratio.sources().iter().copied().filter(|field| *field != Field::Start)
}

/// The conditions under which a ratio has a value.
fn has_ratio(ratio: Ratio) -> Vec<String> {
    let mut tests: Vec<String> = numbers_of(ratio).map(|field| format!("isNumeric({})", stored_name(field))).collect();
    if ratio == Ratio::BytesPerPacket {
        tests.push("packets != 0".into());
    }
    tests
}

/// The error for a field that a query of the service cannot test; where it is shown or grouped by, it is joined later.
pub(super) fn of_files(field: Field) -> Error {
    let advice = "on AWS it is only shown and grouped by: export the records and test it on files";
    Error::FilesOnly { what: field.name().into(), advice }
}

/// The column by which records are grouped, counted and sorted: all absent values in it are equal.
///
/// A MAC address, as an Elastic Fabric Adapter records it, is an absent address; `has_macs` tells whether there may be
/// some. In a log group of several formats, some records write `-` and others lack the field.
pub(super) fn grouped(field: Field, format: &Format, has_macs: bool) -> Result<Column, Error> {
    let stored = stored_name(field);
    match field.info().origin {
        Origin::Record(_) if format.is_partial(field) || (has_macs && field.field_type() == FieldType::Address) => {
            let name = field.result_name();
            let name = if is_field(&name) { format!("{name}_value") } else { name };
            Ok(Column::computed(name, format!("if({}, {stored}, \"-\")", value_test(field))))
        }
        _ => shown(field),
    }
}

/// The test that a field of the record has a value, or the `-` that stands for none.
fn value_test(field: Field) -> String {
    let function = if field.field_type() == FieldType::Address { "isValidIp" } else { "ispresent" };
    format!("{function}({})", stored_name(field))
}

/// The value of the side that a word of the record selects. A record without the word has no sides.
fn by_side(field: Field, by: Field, sides: [(&str, Field); 2]) -> Column {
    let by = stored_name(by);
    let text = sides.into_iter().rev().fold(String::from("\"-\""), |otherwise, (word, side)| {
        format!("if(({by} = \"{word}\") and ({}), {}, {otherwise})", value_test(side), stored_name(side))
    });
    Column::computed(field.result_name(), text)
}

/// The number in a field for records of this role; 0 for other records, and where the field is absent.
pub(super) fn in_role(field: Field, role: &str) -> Column {
    let name = stored_name(field);
    let number = format!("if(({ROLE} = \"{role}\") and (isNumeric({name})), {name}, 0)");
    Column::computed(format!("{}_of_{role}", field.result_name()), number)
}

/// The `fields` commands for columns, then for the flags that read them: a name can be used only from the next command
/// on.
pub(super) fn fields(columns: &[Column], flags: &[Column]) -> Vec<String> {
    let is_one = columns.iter().all(|column| column.computed.is_none());
    let commands = if is_one { vec![[columns, flags].concat()] } else { vec![columns.to_vec(), flags.to_vec()] };
    let command = |columns: &Vec<Column>| {
        let texts: Vec<String> = columns.iter().map(Column::text).collect();
        (!texts.is_empty()).then(|| format!("fields {}", texts.join(", ")))
    };
    commands.iter().filter_map(command).collect()
}
