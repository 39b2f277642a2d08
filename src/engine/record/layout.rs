//! Layouts: the fields of a file in order, from a header line, a `--format`, or the default format, as slots.
//!
//! A layout knows only names and places; the text of values is the business of `decode`, and the layout of each file
//! that of `input`.
//!
//! See <https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html>.

use std::collections::HashSet;
use std::sync::Arc;

use crate::field::{Field, FieldType};

/// Longer lines are not records: the longest format has 60 fields, and tags are at most 256 characters.
pub(crate) const LINE_LIMIT_BYTES: usize = 64 * 1024;

/// A place in a record: a field of the table, or an extra column of this file.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Slot {
    /// A field of the record.
    Field(Field),
    /// A column that the table does not know, by its name; its values are text.
    Extra(Arc<str>),
}

impl Slot {
    /// The slot for a `name` in a log format.
    pub(crate) fn named(name: &str) -> Self {
        Field::of_record(name).map_or_else(|| Self::Extra(name.into()), Self::Field)
    }

    /// The name in a log format.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Field(field) => field.record_name().unwrap_or_else(|| field.name()),
            Self::Extra(name) => name,
        }
    }

    /// The kind of its values.
    pub(crate) fn kind(&self) -> SlotKind {
        match self {
            Self::Field(field) => SlotKind::of(field.field_type()),
            Self::Extra(_) => SlotKind::Text,
        }
    }
}

/// The kind of values that a slot holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SlotKind {
    /// A whole number from 0 to this one.
    Number(i64),
    /// Seconds or milliseconds since 1970.
    Time,
    /// An IP address; a MAC address counts as absent.
    Address,
    /// Anything.
    Text,
}

impl SlotKind {
    fn of(field_type: FieldType) -> Self {
        match field_type {
            FieldType::Address => Self::Address,
            FieldType::Time => Self::Time,
            FieldType::Port => Self::Number(0xffff),
            FieldType::Protocol | FieldType::Flags => Self::Number(0xff),
            FieldType::Quantity | FieldType::Duration => Self::Number(i64::MAX),
            FieldType::Number | FieldType::Code(_) => Self::Number(0x7fff_ffff),
            FieldType::Word(_) | FieldType::OpenWord(_) | FieldType::Text => Self::Text,
        }
    }

    /// The description of a valid value, for messages.
    pub(crate) fn expected(self) -> String {
        match self {
            Self::Number(i64::MAX) => "a whole number".into(),
            Self::Number(max) => format!("a number from 0 to {max}"),
            Self::Time => "a time in seconds".into(),
            Self::Address => "an address".into(),
            Self::Text => "text".into(),
        }
    }
}

/// The slots of a file's records, in order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Layout {
    slots: Vec<Slot>,
    /// Whether a timestamp precedes each record, as in CloudWatch Logs exports.
    pub(crate) is_export: bool,
}

/// The default format, version 2.
const DEFAULT: [Field; 14] = [
    Field::Version,
    Field::Account,
    Field::Eni,
    Field::SrcAddr,
    Field::DstAddr,
    Field::SrcPort,
    Field::DstPort,
    Field::Protocol,
    Field::Packets,
    Field::Bytes,
    Field::Start,
    Field::End,
    Field::Action,
    Field::Status,
];

impl Layout {
    /// The default format.
    pub(crate) fn default_format() -> Self {
        Self { slots: DEFAULT.map(Slot::Field).to_vec(), is_export: false }
    }

    /// The same layout, with or without a timestamp before each record.
    pub(crate) fn export(self, is_export: bool) -> Self {
        Self { is_export, ..self }
    }

    /// The layout of these slots; the error is the name of a slot that occurs twice.
    pub(crate) fn new(slots: Vec<Slot>) -> Result<Self, String> {
        let mut seen = HashSet::new();
        match slots.iter().find(|slot| !seen.insert(*slot)) {
            Some(twice) => Err(twice.name().to_string()),
            None => Ok(Self { slots, is_export: false }),
        }
    }

    /// Parses a format in the notation of flow logs, `${version} ${srcaddr}`, or with bare names.
    pub(crate) fn parse_format(format: &str) -> Result<Self, String> {
        let mut slots = Vec::new();
        // `${a}${b}` is common without blanks.
        for word in format.replace("${", " ${").split(|c: char| c.is_whitespace() || c == ',') {
            let name = word.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')).unwrap_or(word);
            if name.contains(['$', '{', '}']) {
                return Err(format!("`{word}` is not a `${{field}}`"));
            }
            if !name.is_empty() {
                slots.push(Slot::named(name));
            }
        }
        if slots.is_empty() {
            return Err("it names no field".into());
        }
        Self::new(slots).map_err(|twice| format!("`{twice}` occurs twice"))
    }

    /// The slots that a header line names: a line in which most words are names of record fields.
    pub(crate) fn header(line: &str) -> Option<Vec<Slot>> {
        let words: Vec<&str> = line.split([' ', '\t']).filter(|word| !word.is_empty()).collect();
        let known = words.iter().filter(|word| Field::of_record(word).is_some()).count();
        (known * 2 > words.len()).then(|| words.into_iter().map(Slot::named).collect())
    }

    /// The slots, in order.
    pub(crate) fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// The place of a field of the record.
    pub(crate) fn place(&self, field: Field) -> Option<usize> {
        self.slots.iter().position(|slot| *slot == Slot::Field(field))
    }

    /// Returns whether all slots are text, so that a header line could pass for a record.
    pub(crate) fn is_all_text(&self) -> bool {
        self.slots.iter().all(|slot| slot.kind() == SlotKind::Text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_line_is_one_most_of_whose_words_are_field_names() {
        let cases = [
            ("version account-id interface-id", Some(3)),
            ("  srcaddr\tdstaddr   made-up ", Some(3)),
            ("SRCADDR pkt_dstaddr", Some(2)),
            ("srcaddr", Some(1)),
            ("srcaddr made-up", None),
            ("2 123456789012 eni-1 10.0.0.1", None),
            ("", None),
        ];
        for (line, slots) in cases {
            assert_eq!(Layout::header(line).map(|slots| slots.len()), slots, "{line:?}");
        }
    }

    #[test]
    fn a_format_is_read_with_and_without_braces() {
        let expected = vec![Slot::Field(Field::Eni), Slot::Field(Field::SrcAddr), Slot::Extra("made-up".into())];
        for format in [
            "${interface-id} ${srcaddr} ${made-up}",
            "${interface-id}${srcaddr}${made-up}",
            "interface-id srcaddr made-up",
            "interface-id,srcaddr,made-up",
        ] {
            assert_eq!(Layout::parse_format(format).unwrap().slots(), expected, "{format}");
        }
    }

    #[test]
    fn a_format_without_fields_or_with_one_twice_is_refused() {
        for (format, reason) in [
            ("", "it names no field"),
            ("${srcaddr} ${srcaddr}", "`srcaddr` occurs twice"),
            ("${srcaddr", "`${srcaddr` is not a `${field}`"),
        ] {
            assert_eq!(Layout::parse_format(format).unwrap_err(), reason);
        }
    }

    #[test]
    fn the_default_format_has_the_fields_of_version_2_in_their_order() {
        let names: Vec<String> = Layout::default_format().slots().iter().map(|slot| slot.name().to_string()).collect();
        assert_eq!(
            names.join(" "),
            "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action \
             log-status"
        );
    }
}
