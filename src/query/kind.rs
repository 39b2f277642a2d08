//! The kinds of values in an answer's columns, the same for every reader.

use crate::field::{Field, FieldType};
use crate::query::plan::{Aggregate, GroupKey, KeyBy, Plan, Shape, Source};
use crate::value::Value;

/// The kind of a column's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Whole numbers, or numbers with a fraction if the column has any.
    Number,
    /// Seconds since 1970.
    Time,
    /// Addresses.
    Address,
    /// Networks of this length, by their first address.
    Network(u8),
    /// Numbers for which this field has words.
    Code(Field),
    /// TCP flags.
    Flags,
    /// Text.
    Text,
}

impl Kind {
    /// The kind of a source's values.
    #[must_use]
    pub fn of(source: &Source) -> Self {
        let Source::Field(field) = source else { return Self::Text };
        match field.field_type() {
            FieldType::Address => Self::Address,
            FieldType::Port | FieldType::Quantity | FieldType::Duration | FieldType::Ratio | FieldType::Number => {
                Self::Number
            }
            FieldType::Time => Self::Time,
            FieldType::Flags => Self::Flags,
            FieldType::Code(_) | FieldType::Protocol => Self::Code(*field),
            FieldType::Word(_) | FieldType::OpenWord(_) | FieldType::Text => Self::Text,
        }
    }

    /// The kind of a key's values.
    #[must_use]
    pub fn of_key(key: &GroupKey) -> Self {
        match &key.by {
            KeyBy::Source(source) => Self::of(source),
            KeyBy::Bin(_) => Self::Time,
            KeyBy::Network(_, length) => Self::Network(*length),
            KeyBy::Since(_) => Self::Number,
        }
    }

    /// The kind of an aggregate's values.
    #[must_use]
    pub fn of_aggregate(aggregate: &Aggregate) -> Self {
        if aggregate.is_time() { Self::Time } else { Self::Number }
    }

    /// The value that a whole number stands for in a column of this kind.
    #[must_use]
    pub fn of_integer(self, number: i64) -> Value {
        match self {
            Self::Time => Value::Time(number),
            Self::Code(field) => {
                field.code_word(number).map_or_else(|| Value::Text(number.to_string().into()), Value::word)
            }
            // A byte has room for every flag; a larger number has no meaning.
            Self::Flags => u8::try_from(number).map_or(Value::Absent, Value::Flags),
            Self::Number | Self::Address | Self::Network(_) | Self::Text => Value::Int(number),
        }
    }
}

impl Plan {
    /// The kinds of the answer's columns, in order.
    #[must_use]
    pub fn kinds(&self) -> Vec<Kind> {
        match &self.shape {
            Shape::Records { columns, .. } => columns.iter().map(|column| Kind::of(&column.source)).collect(),
            Shape::Groups(groups) => {
                let keys = groups.keys.iter().map(Kind::of_key);
                keys.chain(groups.aggregates.iter().map(Kind::of_aggregate)).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_without_a_word_is_shown_as_its_number() {
        assert_eq!(Kind::Code(Field::Protocol).of_integer(6), Value::word("TCP"));
        assert_eq!(Kind::Code(Field::Protocol).of_integer(253), Value::Text("253".into()));
    }

    #[test]
    fn a_number_that_is_no_set_of_flags_is_absent() {
        assert_eq!(Kind::Flags.of_integer(255), Value::Flags(255));
        assert_eq!(Kind::Flags.of_integer(256), Value::Absent);
        assert_eq!(Kind::Flags.of_integer(-1), Value::Absent);
    }
}
