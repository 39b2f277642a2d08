//! The table of fields: one source for names, aliases, types, record fields and help.
//!
//! The parser, both readers of a plan, the outputs and the documentation use this table and no other. Record fields and
//! their meaning:
//! <https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html>.

mod field_type;
mod format;
mod protocol;
mod table;
mod word;

use std::collections::HashMap;
use std::sync::LazyLock;

pub use field_type::FieldType;
pub use format::TRANSIT_GATEWAY_FORMAT;
pub use protocol::{
    PORTED_PROTOCOLS, SYSTEM_PORTS, port_named, port_names, protocol_named, protocol_word, protocol_words,
};
pub use table::{FIELDS, Field, FieldInfo, Location, Origin, Ratio};
pub use word::{
    ACTIONS, DIRECTIONS, ENCRYPTIONS, INTERFACE_TYPES, Named, PATHS, REJECT_REASONS, ROLES, SERVICES, STATUSES,
    SUBLOCATION_TYPES, TYPES,
};

/// The page that describes every record field.
pub const RECORD_FIELDS_URL: &str = "https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html";

impl Field {
    /// The field's row in the table.
    #[must_use]
    pub fn info(self) -> &'static FieldInfo {
        &FIELDS[self as usize]
    }

    /// The canonical name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.info().name
    }

    /// Returns the type of the field's values.
    #[must_use]
    pub fn field_type(self) -> FieldType {
        self.info().field_type
    }

    /// The name in log formats, for fields of a record.
    ///
    /// The name of `time` is `start`.
    #[must_use]
    pub fn record_name(self) -> Option<&'static str> {
        match self.info().origin {
            Origin::Record(name) => Some(name),
            Origin::Time => Self::Start.record_name(),
            _ => None,
        }
    }

    /// Returns whether the values are account ids: twelve digits.
    #[must_use]
    pub fn is_account(self) -> bool {
        self.record_name().is_some_and(|name| name.ends_with("account-id"))
    }

    /// The name in JSON and CSV: dots become underscores.
    #[must_use]
    pub fn result_name(self) -> String {
        self.name().replace('.', "_")
    }

    /// The heading in a table.
    #[must_use]
    pub fn heading(self) -> String {
        match self.info().heading {
            "" => self.name().replace('.', " ").to_uppercase(),
            heading => heading.to_string(),
        }
    }

    /// The record fields that this one is read from.
    #[must_use]
    pub fn sources(self) -> Vec<Self> {
        match self.info().origin {
            Origin::Record(_) => vec![self],
            Origin::Time => vec![Self::Start],
            Origin::Derived => vec![Self::Start, Self::End],
            Origin::Ratio(ratio) => ratio.sources().to_vec(),
            Origin::EitherSide(sides) => sides.to_vec(),
            Origin::Role => vec![Self::SrcPort, Self::DstPort, Self::Protocol, Self::Flags],
            Origin::BySide { by, sides } => with_sides(by.sources(), sides),
            Origin::Inventory(key) | Origin::Geo(_, key) => key.sources(),
        }
    }

    /// The record fields without which this one has no value: its sources, except those that only make it more
    /// reliable.
    #[must_use]
    pub fn required(self) -> Vec<Self> {
        match self.info().origin {
            Origin::Role => vec![Self::SrcPort, Self::DstPort],
            Origin::BySide { by, sides } => with_sides(by.required(), sides),
            Origin::Inventory(key) | Origin::Geo(_, key) => key.required(),
            _ => self.sources(),
        }
    }

    /// Returns whether its value depends on the role of the record.
    #[must_use]
    pub fn reads_role(self) -> bool {
        match self.info().origin {
            Origin::Role => true,
            Origin::BySide { by, .. } => by.reads_role(),
            Origin::Inventory(key) | Origin::Geo(_, key) => key.reads_role(),
            _ => false,
        }
    }

    /// The field of this name: canonical, an alias, or any spelling that AWS uses; case does not count.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        NAMES.get(&name.to_ascii_lowercase()).copied()
    }

    /// The field in a column of a file called `name`: with hyphens as in log formats, with underscores as in parquet,
    /// or with capitals as in Logs Insights.
    #[must_use]
    pub fn of_record(name: &str) -> Option<Self> {
        RECORD_NAMES.get(&bare(name)).copied()
    }

    /// The word for a number in a record; `None` if it has none.
    #[must_use]
    pub fn code_word(self, code: i64) -> Option<&'static str> {
        self.field_type().code_word(code)
    }

    /// Every spelling of the field except the canonical one, in a fixed order.
    #[must_use]
    pub fn spellings(self) -> Vec<String> {
        let info = self.info();
        let mut spellings: Vec<String> = Vec::new();
        let mut add = |name: &str| {
            let known = name.eq_ignore_ascii_case(info.name) || spellings.iter().any(|s| s.eq_ignore_ascii_case(name));
            if !name.is_empty() && !known {
                spellings.push(name.to_string());
            }
        };
        for alias in info.aliases {
            add(alias);
        }
        if let Origin::Record(record) = info.origin {
            add(record);
            add(&record.replace('-', "_"));
        }
        add(info.insights);
        spellings
    }
}

/// These fields and the fields of both sides, each once.
fn with_sides(mut fields: Vec<Field>, sides: [(&str, Field); 2]) -> Vec<Field> {
    for (_, side) in sides {
        if !fields.contains(&side) {
            fields.push(side);
        }
    }
    fields
}

/// Every spelling of every field, in lower case.
static NAMES: LazyLock<HashMap<String, Field>> = LazyLock::new(|| {
    let mut names = HashMap::new();
    for info in FIELDS {
        names.insert(info.name.to_string(), info.field);
    }
    for info in FIELDS {
        for spelling in info.field.spellings() {
            names.entry(spelling.to_ascii_lowercase()).or_insert(info.field);
        }
    }
    names
});

/// The fields by their names in files, compared without case and separators.
static RECORD_NAMES: LazyLock<HashMap<String, Field>> = LazyLock::new(|| {
    let mut names = HashMap::new();
    for info in FIELDS {
        if let Origin::Record(name) = info.origin {
            names.insert(bare(name), info.field);
            if !info.insights.is_empty() {
                names.insert(bare(info.insights), info.field);
            }
        }
    }
    names
});

/// A name in lower case, without the separators of its words.
fn bare(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '-' | '_')).map(|c| c.to_ascii_lowercase()).collect()
}

/// Names from other tools, each with the name of the field here.
///
/// Wireshark's display filters: <https://www.wireshark.org/docs/dfref/>; the words of tcpdump and nfdump are in their
/// manuals. They are not accepted, since `ip.src == x` is a different filter language: the error tells the name to use.
pub const FOREIGN_NAMES: &[(&str, &str)] = &[
    ("ip.src", "src.addr"),
    ("ip.dst", "dst.addr"),
    ("ip.addr", "addr"),
    ("ipv6.src", "src.addr"),
    ("ipv6.dst", "dst.addr"),
    ("ipv6.addr", "addr"),
    ("ip.proto", "proto"),
    ("ip.version", "type"),
    ("tcp.srcport", "src.port"),
    ("tcp.dstport", "dst.port"),
    ("tcp.port", "port"),
    ("udp.srcport", "src.port"),
    ("udp.dstport", "dst.port"),
    ("udp.port", "port"),
    ("tcp.flags", "flags"),
    ("frame.len", "bytes"),
    ("frame.time", "time"),
    ("src.ip", "src.addr"),
    ("dst.ip", "dst.addr"),
    ("src_ip", "src.addr"),
    ("dst_ip", "dst.addr"),
    ("sip", "src.addr"),
    ("dip", "dst.addr"),
    ("sport", "src.port"),
    ("dport", "dst.port"),
    ("octets", "bytes"),
    ("pkts", "packets"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_stands_at_its_own_place_in_the_table() {
        for (index, info) in FIELDS.iter().enumerate() {
            assert_eq!(info.field as usize, index, "{}", info.name);
        }
    }

    #[test]
    fn no_spelling_means_two_fields() {
        let mut seen: HashMap<String, Field> = HashMap::new();
        for info in FIELDS {
            let mut spellings = info.field.spellings();
            spellings.push(info.name.to_string());
            for spelling in spellings {
                let spelling = spelling.to_ascii_lowercase();
                let other = seen.insert(spelling.clone(), info.field);
                assert!(other.is_none(), "`{spelling}` means {:?} and {:?}", other, info.field);
            }
        }
    }

    #[test]
    fn every_spelling_of_every_field_finds_it() {
        for info in FIELDS {
            assert_eq!(Field::named(&info.name.to_uppercase()), Some(info.field));
            for spelling in info.field.spellings() {
                assert_eq!(Field::named(&spelling), Some(info.field), "{spelling}");
            }
        }
    }

    #[test]
    fn every_field_has_help_an_example_and_a_version_if_it_stands_in_a_record() {
        for info in FIELDS {
            assert!(!info.help.is_empty() && !info.example.is_empty(), "{}", info.name);
            assert_eq!(info.version > 0, matches!(info.origin, Origin::Record(_)), "{}", info.name);
        }
    }

    #[test]
    fn foreign_names_are_not_ours_and_point_to_ours() {
        for (foreign, ours) in FOREIGN_NAMES {
            assert!(Field::named(foreign).is_none(), "{foreign}");
            assert!(Field::named(ours).is_some(), "{ours}");
        }
    }

    #[test]
    fn result_names_are_unique_and_can_be_typed_after_a_dot_in_jq() {
        let mut names: Vec<String> = FIELDS.iter().map(|info| info.field.result_name()).collect();
        assert!(names.iter().all(|name| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')));
        names.sort();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
