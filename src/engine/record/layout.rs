//! Layouts: the fields of a file in order, from a header line, a `--format`, or the default format, as slots.
//!
//! A layout knows only names and places; the text of values is the business of `decode`, and the layout of each file
//! that of `input`.
//!
//! See <https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html>.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use crate::field::{Field, FieldType, STATUSES, TRANSIT_GATEWAY_FORMAT};

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
            Self::Field(field) => SlotKind::of(*field),
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
    /// The kind of the record: one of [`STATUSES`], in any case. Never absent.
    Status,
    /// One of these words, in any case, or another word.
    Word(&'static [&'static str]),
    /// Anything.
    Text,
}

impl SlotKind {
    fn of(field: Field) -> Self {
        match field.field_type() {
            FieldType::Word(_) if field == Field::Status => Self::Status,
            FieldType::Word(words) => Self::Word(words),
            FieldType::Address => Self::Address,
            FieldType::Time => Self::Time,
            FieldType::Port => Self::Number(0xffff),
            FieldType::Protocol | FieldType::Flags => Self::Number(0xff),
            FieldType::Quantity | FieldType::Duration | FieldType::Ratio => Self::Number(i64::MAX),
            FieldType::Number | FieldType::Code(_) => Self::Number(0x7fff_ffff),
            FieldType::OpenWord(_) | FieldType::Text => Self::Text,
        }
    }

    /// The description of a valid value, for messages.
    pub(crate) fn expected(self) -> String {
        match self {
            Self::Number(i64::MAX) => "a whole number".into(),
            Self::Number(max) => format!("a number from 0 to {max}"),
            Self::Time => "a time in seconds".into(),
            Self::Address => "an address".into(),
            Self::Status => "OK, NODATA or SKIPDATA".into(),
            Self::Word(_) | Self::Text => "text".into(),
        }
    }

    /// The words that are read in any case.
    const fn words(self) -> &'static [&'static str] {
        match self {
            Self::Status => STATUSES,
            Self::Word(words) => words,
            _ => &[],
        }
    }

    /// A word as the table of fields spells it; other text unchanged.
    pub(crate) fn canonical(self, text: &str) -> &str {
        let words = self.words();
        if words.contains(&text) {
            return text;
        }
        words.iter().find(|word| word.eq_ignore_ascii_case(text)).map_or(text, |word| word)
    }

    /// Returns whether the values are text.
    pub(crate) const fn is_text(self) -> bool {
        matches!(self, Self::Status | Self::Word(_) | Self::Text)
    }
}

/// The slots of a file's records, in order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Layout {
    slots: Vec<Slot>,
    /// Whether a timestamp precedes each record, as in CloudWatch Logs exports.
    pub(crate) is_export: bool,
    /// Values from the names of folders, for records that have none.
    folders: Vec<(Slot, Arc<str>)>,
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
        Self { slots: DEFAULT.map(Slot::Field).to_vec(), is_export: false, folders: Vec::new() }
    }

    /// The default format of transit gateways, version 6.
    pub(crate) fn transit_gateway_format() -> Self {
        Self { slots: TRANSIT_GATEWAY_FORMAT.map(Slot::Field).to_vec(), is_export: false, folders: Vec::new() }
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
            None => Ok(Self { slots, is_export: false, folders: Vec::new() }),
        }
    }

    /// Parses a format in the notation of flow logs, `${version} ${srcaddr}`, or with bare names.
    pub(crate) fn parse_format(format: &str) -> Result<Self, String> {
        let mut slots = Vec::new();
        // `${a}${b}` is common without blanks.
        for word in format.replace("${", " ${").split(|c: char| c.is_whitespace() || c == ',') {
            let name = without_braces(word);
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

    /// The slots that a header line names: a line in which most words are names of record fields, as they are or in the
    /// notation of formats.
    pub(crate) fn header(line: &str) -> Option<Vec<Slot>> {
        let words: Vec<&str> = line.split([' ', '\t']).filter(|word| !word.is_empty()).map(without_braces).collect();
        let known = words.iter().filter(|word| Field::of_record(word).is_some()).count();
        (known * 2 > words.len()).then(|| words.into_iter().map(Slot::named).collect())
    }

    /// The same layout for a file at this path. Hive-compatible folders are named after a value that all their records
    /// have: `aws-region=us-east-1`.
    ///
    /// See <https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3-path.html>.
    pub(crate) fn below(self, path: &Path) -> Self {
        let names = path.parent().into_iter().flat_map(Path::components).filter_map(|name| name.as_os_str().to_str());
        let mut folders = Vec::new();
        for (name, value) in names.filter_map(|name| name.split_once('=')).filter(|(_, value)| !value.is_empty()) {
            let own = name.strip_prefix("aws-").filter(|own| Field::of_record(own).is_some());
            let slot = Slot::named(own.unwrap_or(name));
            // Of two folders of one name the inner one counts.
            folders.retain(|(known, _)| *known != slot);
            folders.push((slot, Arc::from(value)));
        }
        Self { folders, ..self }
    }

    /// Every slot that records have a value for, in the record itself or in the name of a folder.
    pub(crate) fn all_slots(&self) -> impl Iterator<Item = &Slot> {
        self.slots.iter().chain(self.folders.iter().map(|(slot, _)| slot).filter(|slot| !self.slots.contains(slot)))
    }

    /// The value of a slot from the name of a folder.
    pub(crate) fn of_folder(&self, slot: &Slot) -> Option<&str> {
        self.folders.iter().find(|(known, _)| known == slot).map(|(_, value)| value.as_ref())
    }

    /// The slots of each record, in order.
    pub(crate) fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// The place of a field of the record.
    pub(crate) fn place(&self, field: Field) -> Option<usize> {
        self.slots.iter().position(|slot| *slot == Slot::Field(field))
    }

    /// Returns whether all slots are text, so that a header line could pass for a record.
    pub(crate) fn is_all_text(&self) -> bool {
        self.slots.iter().all(|slot| slot.kind().is_text())
    }
}

/// `${srcaddr}` is `srcaddr`.
fn without_braces(word: &str) -> &str {
    word.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')).unwrap_or(word)
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
            ("${version} ${account-id}", Some(2)),
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
    fn folders_give_values_to_the_records_in_them() {
        let path = Path::new("b/aws-account-id=111122223333/aws-region=eu-west-1/year=2026/year=2027/hour=/a=b.log");
        let layout = Layout::default_format().below(path);
        let named = |name| layout.of_folder(&Slot::named(name));
        assert_eq!(named("account-id"), Some("111122223333"));
        assert_eq!(named("region"), Some("eu-west-1"));
        assert_eq!(named("year"), Some("2027"));
        assert_eq!((named("hour"), named("a")), (None, None), "no value, and the file itself");
        let added: Vec<&str> = layout.all_slots().skip(14).map(Slot::name).collect();
        assert_eq!(added, ["region", "year"]);
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
