//! Translates a filter to Insights text, leaf by leaf.
//!
//! The service reads a record's `-` as text, and does not document how a missing field compares. So each leaf that may
//! hold for `-` or for a missing field also tests that the value is present.
//! Functions: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-operations-functions.html>.

use ipnet::IpNet;

use super::column::{self, Column, DURATION, ROLE, SECONDS, stored_name};
use super::error::Error;
use super::format::{Format, is_timestamp};
use super::literal;
use crate::field::{Field, FieldType, Origin, PORTED_PROTOCOLS, Ratio};
use crate::query::address_set::AddressSet;
use crate::query::owner::Owner;
use crate::query::plan::{Check, Condition, Family, Filter, Groups, KeyBy, Range, Relation, Source};
use crate::query::print;

/// A piece of a condition; only [`Piece::Leaf`] needs no parentheses as an operand.
enum Piece {
    Leaf(String),
    All(Vec<Piece>),
    Any(Vec<Piece>),
    Always,
    Never,
}

impl Piece {
    fn leaf(text: impl Into<String>) -> Self {
        Self::Leaf(text.into())
    }

    /// The text, each operand in parentheses; `None` if everything passes. `column` is any column of the records, for a
    /// condition that never holds.
    fn text(&self, column: &str) -> Option<String> {
        let joined = |parts: &[Self], with: &str| {
            let texts: Vec<String> = parts.iter().filter_map(|part| part.text(column)).collect();
            format!("({})", texts.join(with))
        };
        match self {
            Self::Leaf(text) => Some(text.clone()),
            Self::All(parts) => Some(joined(parts, ") and (")),
            Self::Any(parts) => Some(joined(parts, ") or (")),
            Self::Always => None,
            // No value is both present and absent. How the service treats a condition on constants is not documented.
            Self::Never => Some(format!("(ispresent({column})) and (not (ispresent({column})))")),
        }
    }
}

fn all(parts: impl IntoIterator<Item = Piece>) -> Piece {
    let mut flat = Vec::new();
    for part in parts {
        match part {
            Piece::Always => {}
            Piece::Never => return Piece::Never,
            Piece::All(inner) => flat.extend(inner),
            part => flat.push(part),
        }
    }
    match flat.len() {
        0 => Piece::Always,
        1 => flat.remove(0),
        _ => Piece::All(flat),
    }
}

fn any(parts: impl IntoIterator<Item = Piece>) -> Piece {
    let mut flat = Vec::new();
    for part in parts {
        match part {
            Piece::Never => {}
            Piece::Always => return Piece::Always,
            Piece::Any(inner) => flat.extend(inner),
            part => flat.push(part),
        }
    }
    match flat.len() {
        0 => Piece::Never,
        1 => flat.remove(0),
        _ => Piece::Any(flat),
    }
}

/// The text of a filter over records, `None` if every record passes; and notes.
pub(super) fn emit(filter: &Filter, format: &Format) -> Result<(Option<String>, Vec<String>), Error> {
    let mut records = Records { format, notes: Vec::new() };
    let piece = records.piece(filter)?;
    Ok((piece.text("@timestamp"), records.notes))
}

/// The text of a filter over records as the condition of a computed value; `None` if no record passes.
pub(super) fn emit_condition(filter: &Filter, format: &Format) -> Result<Option<String>, Error> {
    let mut records = Records { format, notes: Vec::new() };
    Ok(match records.piece(filter)? {
        Piece::Never => None,
        piece => piece.text("@timestamp"),
    })
}

/// The text of a filter over groups, whose columns the service calls `columns`; `None` if every group passes. After
/// `stats`, a query has no other columns.
pub(super) fn emit_having(filter: &Filter, groups: &Groups, columns: &[String]) -> Result<Option<String>, Error> {
    let piece = having_piece(filter, groups, columns)?;
    Ok(columns.first().and_then(|column| piece.text(column)))
}

/// A column of this name that is 1 where the value of another is absent, and 0 elsewhere.
pub(super) fn absence_flag(name: String, of: &str, field_type: FieldType) -> Column {
    let test = present(of, field_type).text(of).unwrap_or_default();
    Column::computed(name, format!("if({test}, 0, 1)"))
}

/// Whether a record that reaches a test may lack the value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Presence {
    Unknown,
    Known,
}

struct Records<'a> {
    format: &'a Format,
    notes: Vec<String>,
}

impl Records<'_> {
    fn piece(&mut self, filter: &Filter) -> Result<Piece, Error> {
        Ok(match filter {
            Filter::True => Piece::Always,
            Filter::False => Piece::Never,
            Filter::All(parts) => all(parts.iter().map(|part| self.piece(part)).collect::<Result<Vec<_>, _>>()?),
            Filter::Any(parts) => {
                // If a record without the value passes anyway, the other parts need not test its presence.
                let is_said = |part: &Filter| {
                    let Filter::Test(source, _) = part else { return false };
                    parts.iter().any(|other| matches!(other, Filter::Test(known, Check::Absent) if known == source))
                };
                let pieces = parts.iter().map(|part| match part {
                    Filter::Test(source, check) if is_said(part) => self.test(source, check, Presence::Known),
                    part => self.piece(part),
                });
                any(pieces.collect::<Result<Vec<_>, _>>()?)
            }
            Filter::Test(source, check) => self.test(source, check, Presence::Unknown)?,
            Filter::Relation(relation) => self.relation(relation)?,
            Filter::Ported(holds) => self.ported(*holds),
            Filter::Family { family, negated } => self.family(*family, *negated),
            Filter::FamilyAbsent if self.format.has(Field::Type) => absent("type", FieldType::Text),
            Filter::FamilyAbsent => absent("srcAddr", FieldType::Address),
        })
    }

    fn test(&self, source: &Source, check: &Check, presence: Presence) -> Result<Piece, Error> {
        let Source::Field(field) = source else { return Ok(Piece::Never) };
        if !self.format.has_required(*field) {
            // One side of an either-side field that the format lacks: it is absent in every record.
            return Ok(if *check == Check::Absent { Piece::Always } else { Piece::Never });
        }
        match field {
            Field::Time | Field::Start => time("@timestamp", check),
            Field::Duration => duration(check),
            Field::Role => piece(ROLE, field.field_type(), check, presence),
            field => match field.info().origin {
                Origin::Ratio(of) => ratio(of, check),
                Origin::Geo(..) => Err(column::of_files(*field)),
                // The addresses of a name are known only at run time.
                Origin::Inventory(_) => {
                    let test = print::condition(&Condition::Test(source.clone(), check.clone()));
                    Ok(Piece::Leaf(format!("<{test}>")))
                }
                _ => piece(field.info().insights, field.field_type(), check, presence),
            },
        }
    }

    fn relation(&self, relation: &Relation) -> Result<Piece, Error> {
        let mut pieces = Vec::new();
        let mut operands = Vec::new();
        for source in [&relation.left, &relation.right] {
            let Source::Field(field) = source else { return Ok(Piece::Never) };
            if pieces.is_empty() || relation.left != relation.right {
                pieces.push(self.test(source, &Check::Present, Presence::Unknown)?);
            }
            operands.push(match field {
                Field::Time | Field::Start => SECONDS.to_string(),
                Field::Duration => DURATION.to_string(),
                Field::Role => ROLE.to_string(),
                field => match field.info().origin {
                    Origin::Ratio(of) => column::ratio(of),
                    _ => field.info().insights.to_string(),
                },
            });
        }
        pieces.push(Piece::Leaf(operands.join(&format!(" {} ", relation.operator.symbol()))));
        Ok(all(pieces))
    }

    fn ported(&mut self, holds: bool) -> Piece {
        if !self.format.has(Field::Protocol) {
            let note = "the format has no protocol: ports of every record are compared, also of ICMP";
            if !self.notes.iter().any(|known| known == note) {
                self.notes.push(note.into());
            }
            return if holds { Piece::Always } else { Piece::Never };
        }
        let list = PORTED_PROTOCOLS.map(|number| number.to_string()).join(", ");
        if holds {
            Piece::leaf(format!("protocol in [{list}]"))
        } else {
            any([Piece::leaf("not (ispresent(protocol))"), Piece::leaf(format!("protocol not in [{list}]"))])
        }
    }

    fn family(&self, family: Family, negated: bool) -> Piece {
        if self.format.has(Field::Type) {
            let word = family.type_word();
            return if negated {
                all([present("type", FieldType::Text), Piece::leaf(format!("type != \"{word}\""))])
            } else {
                Piece::leaf(format!("type = \"{word}\""))
            };
        }
        Piece::leaf(match (family, negated) {
            (Family::V4, false) | (Family::V6, true) => "isValidIpV4(srcAddr)",
            (Family::V6, false) | (Family::V4, true) => "isValidIpV6(srcAddr)",
        })
    }
}

/// Returns whether an absent value of this type is recognised by its form (`-` is no number), not by its text.
const fn is_told_by_form(field_type: FieldType) -> bool {
    field_type.is_numeric() || matches!(field_type, FieldType::Address)
}

fn present(name: &str, field_type: FieldType) -> Piece {
    match field_type {
        FieldType::Address => Piece::leaf(format!("isValidIp({name})")),
        field_type if is_told_by_form(field_type) => Piece::leaf(format!("isNumeric({name})")),
        _ => all([Piece::leaf(format!("ispresent({name})")), Piece::leaf(format!("{name} != \"-\""))]),
    }
}

fn absent(name: &str, field_type: FieldType) -> Piece {
    let missing = Piece::leaf(format!("not (ispresent({name}))"));
    any([
        missing,
        match field_type {
            FieldType::Address => Piece::leaf(format!("not (isValidIp({name}))")),
            field_type if is_told_by_form(field_type) => Piece::leaf(format!("not (isNumeric({name}))")),
            _ => Piece::leaf(format!("{name} = \"-\"")),
        },
    ])
}

fn piece(name: &str, field_type: FieldType, check: &Check, presence: Presence) -> Result<Piece, Error> {
    let guarded = |is_needed: bool, test: Piece| {
        if is_needed && presence == Presence::Unknown { all([present(name, field_type), test]) } else { test }
    };
    Ok(match check {
        Check::Present => present(name, field_type),
        Check::Absent => absent(name, field_type),
        Check::Compare { order, value } => guarded(true, Piece::leaf(format!("{name} {} {value}", order.symbol()))),
        Check::Number { ranges, negated } => {
            let needs_presence = *negated || ranges.iter().any(|range| range.first != range.last);
            guarded(needs_presence, numbers(name, ranges, *negated))
        }
        Check::Address { networks, negated } => guarded(*negated, addresses(name, networks, *negated)),
        Check::Set { set, negated } => {
            let outside = set.is_complement() != *negated;
            guarded(outside, address_set(name, *set, outside))
        }
        Check::Text { words, negated } => {
            let test = match (words.as_slice(), negated) {
                ([word], false) => format!("{name} = {}", literal::quote(word)?),
                ([word], true) => format!("{name} != {}", literal::quote(word)?),
                (words, negated) => {
                    let list = literal::quote_all(words.iter().map(String::as_str))?;
                    format!("{name} {}in {list}", if *negated { "not " } else { "" })
                }
            };
            guarded(*negated, Piece::leaf(test))
        }
        // A pattern may match `-` itself, so presence is always tested.
        Check::Like { glob, negated } => guarded(true, like(name, &literal::glob(glob)?, *negated)),
        Check::Matches { regex, negated } => guarded(true, like(name, &literal::regex(regex)?, *negated)),
        Check::Belongs { owner, negated } => belongs(name, owner, *negated),
        Check::Flags { .. } => flags(name, check, presence),
    })
}

/// A placeholder for a test that is resolved at run time; the service takes no such text.
fn belongs(name: &str, owner: &Owner, negated: bool) -> Piece {
    let what = match owner {
        Owner::List(_) => "values",
        _ if name == Field::Eni.info().insights => "interfaces",
        _ => "addresses",
    };
    Piece::Leaf(format!("{name} {}in [<{what} of {}>]", if negated { "not " } else { "" }, print::owner(owner)))
}

fn like(name: &str, regex: &str, negated: bool) -> Piece {
    Piece::leaf(format!("{name} {}like {regex}", if negated { "not " } else { "" }))
}

fn numbers(name: &str, ranges: &[Range], negated: bool) -> Piece {
    let singles: Vec<String> =
        ranges.iter().filter(|range| range.first == range.last).map(|range| range.first.to_string()).collect();
    let listed = match (singles.as_slice(), negated) {
        ([], _) => None,
        ([one], false) => Some(format!("{name} = {one}")),
        ([one], true) => Some(format!("{name} != {one}")),
        (many, false) => Some(format!("{name} in [{}]", many.join(", "))),
        (many, true) => Some(format!("{name} not in [{}]", many.join(", "))),
    };
    let spans = ranges.iter().filter(|range| range.first != range.last).map(|range| {
        if negated {
            any([Piece::leaf(format!("{name} < {}", range.first)), Piece::leaf(format!("{name} > {}", range.last))])
        } else {
            all([Piece::leaf(format!("{name} >= {}", range.first)), Piece::leaf(format!("{name} <= {}", range.last))])
        }
    });
    let pieces: Vec<Piece> = listed.map(Piece::Leaf).into_iter().chain(spans).collect();
    if negated { all(pieces) } else { any(pieces) }
}

fn addresses(name: &str, networks: &[IpNet], negated: bool) -> Piece {
    let is_v4_host = |network: &&IpNet| matches!(network, IpNet::V4(v4) if v4.prefix_len() == 32);
    let hosts: Vec<String> = networks.iter().filter(is_v4_host).map(|host| format!("\"{}\"", host.addr())).collect();
    let listed = match (hosts.as_slice(), negated) {
        ([], _) => None,
        ([one], false) => Some(format!("{name} = {one}")),
        ([one], true) => Some(format!("{name} != {one}")),
        (many, false) => Some(format!("{name} in [{}]", many.join(", "))),
        (many, true) => Some(format!("{name} not in [{}]", many.join(", "))),
    };
    let nets = networks.iter().filter(|network| !is_v4_host(network)).map(|network| in_network(name, network, negated));
    let pieces: Vec<Piece> = listed.map(Piece::Leaf).into_iter().chain(nets).collect();
    if negated { all(pieces) } else { any(pieces) }
}

fn in_network(name: &str, network: &IpNet, negated: bool) -> Piece {
    let function = if matches!(network, IpNet::V4(_)) { "isIpv4InSubnet" } else { "isIpv6InSubnet" };
    let test = format!("{function}({name}, \"{network}\")");
    Piece::leaf(if negated { format!("not ({test})") } else { test })
}

fn address_set(name: &str, set: AddressSet, outside: bool) -> Piece {
    let networks = set.networks().into_iter().map(|network| in_network(name, &network, outside));
    if outside { all(networks) } else { any(networks) }
}

/// The service has no bit operators: the flag values that pass are listed, or those that fail if they are fewer.
fn flags(name: &str, check: &Check, presence: Presence) -> Piece {
    let (passing, failing): (Vec<i64>, Vec<i64>) = (0..=255).partition(|value| check.admits(*value));
    let list = |values: &[i64]| values.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    match (passing.as_slice(), failing.as_slice()) {
        ([], _) => Piece::Never,
        (_, []) => present(name, FieldType::Flags),
        ([one], _) => Piece::leaf(format!("{name} = {one}")),
        (passing, failing) if passing.len() <= failing.len() => Piece::leaf(format!("{name} in [{}]", list(passing))),
        (_, failing) => {
            let test = Piece::leaf(format!("{name} not in [{}]", list(failing)));
            if presence == Presence::Known { test } else { all([present(name, FieldType::Flags), test]) }
        }
    }
}

/// A test of the service's timestamp, which is always present; it is compared in milliseconds.
fn time(name: &str, check: &Check) -> Result<Piece, Error> {
    let millis = |seconds: i64| seconds.saturating_mul(1000);
    Ok(match check {
        Check::Present => Piece::Always,
        Check::Absent => Piece::Never,
        Check::Compare { order, value } => {
            Piece::leaf(format!("toMillis({name}) {} {}", order.symbol(), millis(*value)))
        }
        Check::Number { ranges, negated } => {
            let ranges: Vec<Range> =
                ranges.iter().map(|range| Range { first: millis(range.first), last: millis(range.last) }).collect();
            numbers(&format!("toMillis({name})"), &ranges, *negated)
        }
        other => piece(name, FieldType::Time, other, Presence::Known)?,
    })
}

/// A test of the length of the interval, which is present if the record's end is: its start always is.
fn duration(check: &Check) -> Result<Piece, Error> {
    let end = || present("endTime", FieldType::Time);
    Ok(match check {
        Check::Present => end(),
        Check::Absent => absent("endTime", FieldType::Time),
        Check::Compare { order, value } => all([end(), Piece::leaf(format!("{DURATION} {} {value}", order.symbol()))]),
        Check::Number { ranges, negated } => all([end(), numbers(DURATION, ranges, *negated)]),
        other => piece("duration", FieldType::Duration, other, Presence::Known)?,
    })
}

/// A test of a ratio, which is present if both numbers are and the divisor is not 0.
fn ratio(ratio: Ratio, check: &Check) -> Result<Piece, Error> {
    let value = column::ratio(ratio);
    let numbers = || column::numbers_of(ratio).map(|field| (stored_name(field), field.field_type()));
    let divides = |test: &str| (ratio == Ratio::BytesPerPacket).then(|| Piece::leaf(format!("packets {test} 0")));
    let is_there = || all(numbers().map(|(name, field_type)| present(name, field_type)).chain(divides("!=")));
    Ok(match check {
        Check::Present => is_there(),
        Check::Absent => any(numbers().map(|(name, field_type)| absent(name, field_type)).chain(divides("="))),
        Check::Compare { order, value: other } => {
            all([is_there(), Piece::leaf(format!("{value} {} {other}", order.symbol()))])
        }
        Check::Number { ranges, negated } => all([is_there(), self::numbers(&value, ranges, *negated)]),
        other => piece(&value, FieldType::Ratio, other, Presence::Known)?,
    })
}

fn having_piece(filter: &Filter, groups: &Groups, columns: &[String]) -> Result<Piece, Error> {
    let parts =
        |parts: &[Filter]| parts.iter().map(|part| having_piece(part, groups, columns)).collect::<Result<Vec<_>, _>>();
    Ok(match filter {
        Filter::All(inner) => all(parts(inner)?),
        Filter::Any(inner) => any(parts(inner)?),
        Filter::Test(Source::Result(place), check) => result(&columns[*place], groups, *place, check)?,
        Filter::Relation(Relation { left: Source::Result(left), operator, right: Source::Result(right) }) => {
            let (left, right) = (&columns[*left], &columns[*right]);
            let present = [left, right].map(|name| Piece::Leaf(format!("ispresent({name})")));
            all(present.into_iter().chain([Piece::Leaf(format!("{left} {} {right}", operator.symbol()))]))
        }
        Filter::False => Piece::Never,
        _ => Piece::Always,
    })
}

/// A test of the result column at a place.
fn result(name: &str, groups: &Groups, place: usize, check: &Check) -> Result<Piece, Error> {
    match groups.keys.get(place).map(|key| &key.by) {
        Some(KeyBy::Bin(_)) => time(name, check),
        Some(KeyBy::Source(Source::Field(field))) if is_timestamp(*field) => time(name, check),
        Some(KeyBy::Source(source)) => piece(name, source.field_type(), check, Presence::Unknown),
        _ if is_time_of_group(groups, place) => time_of_group(name, check),
        // Any other computed value is a number, or absent.
        _ => computed(name, check),
    }
}

/// Returns whether the column is the first or the last timestamp of the group.
fn is_time_of_group(groups: &Groups, place: usize) -> bool {
    let aggregate = place.checked_sub(groups.keys.len()).and_then(|place| groups.aggregates.get(place));
    aggregate.is_some_and(|aggregate| {
        aggregate.is_time() && matches!(aggregate.over, Some(Source::Field(field)) if is_timestamp(field))
    })
}

/// A test of a timestamp of a group, which a group without records lacks.
fn time_of_group(name: &str, check: &Check) -> Result<Piece, Error> {
    match check {
        Check::Present | Check::Absent => computed(name, check),
        check => Ok(all([Piece::leaf(format!("ispresent({name})")), time(name, check)?])),
    }
}

fn computed(name: &str, check: &Check) -> Result<Piece, Error> {
    Ok(match check {
        Check::Present => Piece::leaf(format!("ispresent({name})")),
        Check::Absent => Piece::leaf(format!("not (ispresent({name}))")),
        Check::Compare { order, value } => {
            all([Piece::leaf(format!("ispresent({name})")), Piece::leaf(format!("{name} {} {value}", order.symbol()))])
        }
        Check::Number { ranges, negated } => {
            all([Piece::leaf(format!("ispresent({name})")), numbers(name, ranges, *negated)])
        }
        other => piece(name, FieldType::Quantity, other, Presence::Known)?,
    })
}
