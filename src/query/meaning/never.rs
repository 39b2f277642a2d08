//! Finds filters that can never match, by the values that remain for each field after all tests that must hold at once.
//!
//! It finds the contradictions that people type (`accept and reject`), not all that exist. Lists stay sorted and
//! disjoint, so that the work grows with the length of the sentence and not with the product of its lists.

use std::collections::{BTreeSet, HashMap};

use ipnet::IpNet;

use super::lower::{all, any};
use super::ranges::{self, Ranges};
use crate::field::{Field, FieldType, PORTED_PROTOCOLS};
use crate::query::plan::{Check, Filter, Order, Source};

/// The same filter without the parts that can never match.
#[must_use]
pub(super) fn reduce(filter: Filter) -> Filter {
    match filter {
        Filter::All(parts) => {
            let parts: Vec<Filter> = parts.into_iter().map(reduce).collect();
            if contradicts(&parts) { Filter::False } else { all(parts.into_iter()) }
        }
        Filter::Any(parts) => any(parts.into_iter().map(reduce)),
        filter => filter,
    }
}

/// Returns whether no record passes all of `parts`.
fn contradicts(parts: &[Filter]) -> bool {
    let mut fields: HashMap<&Source, Remaining> = HashMap::new();
    let mut families = Vec::new();
    // The protocol is known to be in the format only if the sentence tests it.
    let tests_protocol = parts.iter().any(|part| matches!(part, Filter::Test(PROTOCOL, _)));
    for part in parts {
        match part {
            Filter::Test(source, check) => {
                // An average or a ratio may lie between two whole numbers.
                let is_whole = !matches!(source, Source::Result(_)) && source.field_type() != FieldType::Ratio;
                fields.entry(source).or_default().narrow(check, is_whole);
            }
            Filter::Relation(relation) => {
                for source in [&relation.left, &relation.right] {
                    fields.entry(source).or_default().present = true;
                }
            }
            Filter::Ported(true) if tests_protocol => {
                let ported = Ranges::new(PORTED_PROTOCOLS.map(|number| (number, number)));
                fields.entry(&PROTOCOL).or_default().narrow_numbers(ported, false);
            }
            Filter::Family { family, negated: false } => families.push(*family),
            _ => {}
        }
    }
    families.windows(2).any(|pair| pair[0] != pair[1]) || fields.values().any(Remaining::is_empty)
}

const PROTOCOL: Source = Source::Field(Field::Protocol);

/// The values that a field may still hold. A list is `None` until a test narrows it.
#[derive(Default)]
struct Remaining<'a> {
    absent: bool,
    present: bool,
    numbers: Option<Ranges<i64>>,
    v4: Option<Ranges<u32>>,
    v6: Option<Ranges<u128>>,
    words: Option<BTreeSet<&'a str>>,
    /// Words that are ruled out, collected until a test lists the allowed ones.
    refused_words: BTreeSet<&'a str>,
}

impl<'a> Remaining<'a> {
    fn narrow(&mut self, check: &'a Check, is_whole: bool) {
        match check {
            Check::Absent => self.absent = true,
            _ => self.present = true,
        }
        match check {
            Check::Number { ranges, negated } => {
                let ranges = Ranges::new(ranges.iter().map(|range| (range.first, range.last)));
                self.narrow_numbers(ranges, *negated);
            }
            Check::Compare { order, value } => self.narrow_numbers(Ranges::new(side(*order, *value, is_whole)), false),
            Check::Flags { .. } => {
                let admitted = (0..=255).filter(|flags| check.admits(*flags)).map(|flags| (flags, flags));
                self.narrow_numbers(Ranges::new(admitted), false);
            }
            Check::Text { words, negated: false } => {
                let words: BTreeSet<&str> = words.iter().map(String::as_str).collect();
                self.words = Some(match self.words.take() {
                    Some(left) => left.intersection(&words).copied().collect(),
                    None => words,
                });
            }
            Check::Text { words, negated: true } => self.refused_words.extend(words.iter().map(String::as_str)),
            Check::Address { networks, negated } => self.narrow_addresses(networks, *negated),
            Check::Set { set, negated } => self.narrow_addresses(&set.networks(), set.is_complement() != *negated),
            Check::Present | Check::Absent | Check::Like { .. } | Check::Matches { .. } | Check::Belongs { .. } => {}
        }
    }

    fn narrow_numbers(&mut self, ranges: Ranges<i64>, negated: bool) {
        ranges::narrow(&mut self.numbers, ranges, negated);
    }

    fn narrow_addresses(&mut self, networks: &[IpNet], negated: bool) {
        let v4 = networks.iter().filter_map(|network| match network {
            IpNet::V4(v4) => Some((v4.network().to_bits(), v4.broadcast().to_bits())),
            IpNet::V6(_) => None,
        });
        let v6 = networks.iter().filter_map(|network| match network {
            IpNet::V4(_) => None,
            IpNet::V6(v6) => Some((v6.network().to_bits(), v6.broadcast().to_bits())),
        });
        ranges::narrow(&mut self.v4, Ranges::new(v4), negated);
        ranges::narrow(&mut self.v6, Ranges::new(v6), negated);
    }

    fn is_empty(&self) -> bool {
        let is_empty = [
            self.numbers.as_ref().is_some_and(Ranges::is_empty),
            self.words.as_ref().is_some_and(|words| words.is_subset(&self.refused_words)),
            self.v4.as_ref().is_some_and(Ranges::is_empty) && self.v6.as_ref().is_some_and(Ranges::is_empty),
        ];
        self.absent && self.present || is_empty.contains(&true)
    }
}

/// The numbers on this side of `value`; `None` if there are none. Among numbers with a fraction, `value` itself is
/// included.
fn side(order: Order, value: i64, is_whole: bool) -> Option<(i64, i64)> {
    match order {
        Order::Less if is_whole => Some((i64::MIN, value.checked_sub(1)?)),
        Order::Greater if is_whole => Some((value.checked_add(1)?, i64::MAX)),
        Order::Less | Order::AtMost => Some((i64::MIN, value)),
        Order::Greater | Order::AtLeast => Some((value, i64::MAX)),
    }
}
