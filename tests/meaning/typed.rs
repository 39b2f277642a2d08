//! Converts values of both sides to one form.

use std::net::IpAddr;

use flowlogs::field::{Field, FieldType};
use flowlogs::function::Function;
use flowlogs::query::Plan;
use flowlogs::query::plan::{KeyBy, Shape, Source};
use flowlogs::value::Value;

/// The contents of a column, as far as reading the service's text needs them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Address,
    Number,
    /// A mean: the last digits may differ.
    Mean,
    /// A sum: over nothing it is absent, but may be 0 on the service.
    Sum,
    /// Both sides estimate it: only its presence can be compared.
    Estimate,
    Time,
    /// Known to differ: not compared.
    Ignored,
    /// A number in the record that is printed as a word.
    Code(Field),
    Text,
}

/// A value that can be compared and ordered; absent values come last.
#[derive(Clone, Debug, PartialEq, PartialOrd)]
pub(crate) enum Known {
    Number(f64),
    /// The bits of an address; IPv4 is in `::ffff:0:0/96`.
    Address(u128),
    Text(String),
    Absent,
}

pub(crate) fn kind_of(source: &Source) -> Kind {
    let Source::Field(field) = source else { return Kind::Text };
    match field.field_type() {
        FieldType::Address => Kind::Address,
        FieldType::Port
        | FieldType::Quantity
        | FieldType::Duration
        | FieldType::Ratio
        | FieldType::Number
        | FieldType::Flags => Kind::Number,
        FieldType::Time => Kind::Time,
        FieldType::Code(_) | FieldType::Protocol => Kind::Code(*field),
        FieldType::Word(_) | FieldType::OpenWord(_) | FieldType::Text => Kind::Text,
    }
}

/// The kinds of the answer's columns.
pub(crate) fn kinds(plan: &Plan) -> Vec<Kind> {
    match &plan.shape {
        Shape::Records { columns, .. } => columns.iter().map(|column| kind_of(&column.source)).collect(),
        Shape::Groups(groups) => {
            let keys = groups.keys.iter().map(|key| match &key.by {
                KeyBy::Source(source) => kind_of(source),
                KeyBy::Bin(_) => Kind::Time,
                KeyBy::Since(_) => unreachable!("no sentence says it"),
                KeyBy::Network(..) => Kind::Text,
            });
            let aggregates = groups.aggregates.iter().map(|aggregate| match aggregate.function {
                _ if aggregate.is_time() => Kind::Time,
                Function::Percentile(_) => Kind::Estimate,
                Function::Avg => Kind::Mean,
                Function::Sum => Kind::Sum,
                _ => Kind::Number,
            });
            keys.chain(aggregates).collect()
        }
    }
}

impl Known {
    /// The same value, with 0 for the sum over nothing.
    pub(crate) fn or_zero(self, kind: Kind) -> Self {
        if self == Self::Absent && kind == Kind::Sum { Self::Number(0.0) } else { self }
    }
}

/// The value in the service's text; `None` if the row lacks it.
pub(crate) fn of_text(text: Option<&str>, kind: Kind) -> Known {
    if kind == Kind::Ignored {
        return ignored();
    }
    let Some(text) = text.filter(|text| *text != "-") else { return Known::Absent };
    match kind {
        Kind::Text => Known::Text(text.to_string()),
        Kind::Address => text.parse().map_or(Known::Absent, of_address),
        Kind::Time => seconds(text),
        _ => text.parse().map_or(Known::Absent, |number| of_number(number, kind)),
    }
}

fn ignored() -> Known {
    Known::Text("any".into())
}

fn of_address(address: IpAddr) -> Known {
    Known::Address(match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
        IpAddr::V6(v6) => v6.to_bits(),
    })
}

fn of_number(number: f64, kind: Kind) -> Known {
    match kind {
        Kind::Estimate => Known::Text("some".into()),
        Kind::Mean => Known::Number((number * 1e6).round() / 1e6),
        #[expect(clippy::cast_possible_truncation, reason = "codes are small")]
        Kind::Code(field) => {
            let code = number as i64;
            Known::Text(field.code_word(code).map_or_else(|| code.to_string(), str::to_string))
        }
        _ => Known::Number(number),
    }
}

/// Seconds, or a date and a time in UTC.
#[expect(clippy::cast_precision_loss, reason = "times are far below 2^53")]
fn seconds(text: &str) -> Known {
    if let Ok(number) = text.parse() {
        return Known::Number(number);
    }
    let time: Result<jiff::Timestamp, _> = format!("{}Z", text.replace(' ', "T")).parse();
    time.map_or(Known::Absent, |time| Known::Number(time.as_second() as f64))
}

/// The value in the engine's answer.
#[expect(clippy::cast_precision_loss, reason = "the records of the tests have small numbers")]
pub(crate) fn of_value(value: &Value, kind: Kind) -> Known {
    match value {
        _ if kind == Kind::Ignored => ignored(),
        Value::Absent => Known::Absent,
        Value::Int(number) => of_number(*number as f64, kind),
        Value::Float(number) => of_number(*number, kind),
        Value::Time(seconds) => Known::Number(*seconds as f64),
        Value::Address(address) => of_address(*address),
        Value::Network(network) => Known::Text(network.to_string()),
        Value::Text(text) => Known::Text(text.to_string()),
        Value::Flags(flags) => Known::Number(f64::from(*flags)),
    }
}
