//! Filters that can never match: what is left of each field after all tests that must hold at once.
//!
//! It finds the contradictions that people type (`accept and reject`); it need not find them all.

use ipnet::IpNet;

use super::lower::{all, any};
use crate::field::{Field, PORTED_PROTOCOLS};
use crate::query::plan::{Check, Filter, Order, Range, Source};

/// The same filter with every part that can never match taken out.
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

/// Whether no record passes all of `parts`.
fn contradicts(parts: &[Filter]) -> bool {
    let mut fields: Vec<(&Source, Remaining)> = Vec::new();
    let mut families = Vec::new();
    for part in parts {
        match part {
            Filter::Test(source, check) => narrow(&mut fields, source, check),
            Filter::Ported(true) => {
                let ranges = PORTED_PROTOCOLS.map(|number| Range { first: number, last: number }).to_vec();
                // Only where the sentence tests the protocol is it known to be in the format.
                if parts.iter().any(|part| matches!(part, Filter::Test(PROTOCOL, _))) {
                    narrow(&mut fields, &PROTOCOL, &Check::Number { ranges, negated: false });
                }
            }
            Filter::Family { family, negated: false } => families.push(*family),
            _ => {}
        }
    }
    families.windows(2).any(|pair| pair[0] != pair[1]) || fields.iter().any(|(_, remaining)| remaining.is_empty())
}

const PROTOCOL: Source = Source::Field(Field::Protocol);

fn narrow<'a>(fields: &mut Vec<(&'a Source, Remaining)>, source: &'a Source, check: &Check) {
    if !fields.iter().any(|(known, _)| *known == source) {
        fields.push((source, Remaining::default()));
    }
    for (known, remaining) in fields {
        if *known == source {
            remaining.narrow(check);
        }
    }
}

/// What a field may still hold; `None` where nothing is ruled out.
#[derive(Default)]
struct Remaining {
    absent: bool,
    present: bool,
    numbers: Option<Vec<Range>>,
    words: Option<Vec<String>>,
    networks: Option<Vec<IpNet>>,
    refused: Vec<Check>,
}

impl Remaining {
    fn narrow(&mut self, check: &Check) {
        match check {
            Check::Absent => self.absent = true,
            _ => self.present = true,
        }
        match check {
            Check::Number { ranges, negated: false } => self.narrow_numbers(ranges),
            Check::Compare { order, value } => self.narrow_numbers(&[side(*order, *value)]),
            Check::Text { words, negated: false } => {
                let kept = |word: &String| words.contains(word);
                self.words = Some(match self.words.take() {
                    Some(left) => left.into_iter().filter(kept).collect(),
                    None => words.clone(),
                });
            }
            Check::Address { networks, negated: false } => self.narrow_networks(networks),
            Check::Set { set, negated: false } if !set.is_complement() => self.narrow_networks(&set.networks()),
            check => self.refused.push(check.clone()),
        }
    }

    fn narrow_numbers(&mut self, ranges: &[Range]) {
        let left = self.numbers.take().unwrap_or_else(|| vec![Range { first: i64::MIN, last: i64::MAX }]);
        let pairs = left.iter().flat_map(|a| ranges.iter().map(move |b| (a, b)));
        let both = pairs.map(|(a, b)| Range { first: a.first.max(b.first), last: a.last.min(b.last) });
        self.numbers = Some(both.filter(|range| range.first <= range.last).collect());
    }

    fn narrow_networks(&mut self, networks: &[IpNet]) {
        self.networks = Some(match self.networks.take() {
            None => networks.to_vec(),
            Some(left) => left
                .iter()
                .flat_map(|a| networks.iter().map(move |b| (a, b)))
                .filter_map(|(a, b)| if a.contains(b) { Some(*b) } else { b.contains(a).then_some(*a) })
                .collect(),
        });
    }

    fn is_empty(&self) -> bool {
        let no_number = self.numbers.as_ref().is_some_and(|ranges| {
            ranges.iter().all(|range| range.first == range.last && self.refused.iter().any(|c| !c.admits(range.first)))
        });
        let no_word = self.words.as_ref().is_some_and(|words| words.iter().all(|word| self.refuses_word(word)));
        let no_network =
            self.networks.as_ref().is_some_and(|networks| networks.iter().all(|network| self.refuses_network(network)));
        self.absent && self.present || no_number || no_word || no_network
    }

    fn refuses_word(&self, word: &String) -> bool {
        self.refused.iter().any(|check| matches!(check, Check::Text { words, negated: true } if words.contains(word)))
    }

    fn refuses_network(&self, network: &IpNet) -> bool {
        self.refused.iter().any(|check| match check {
            Check::Address { networks, negated: true } => networks.iter().any(|outer| outer.contains(network)),
            Check::Set { set, negated } if set.is_complement() != *negated => {
                set.networks().iter().any(|outer| outer.contains(network))
            }
            _ => false,
        })
    }
}

const fn side(order: Order, value: i64) -> Range {
    match order {
        Order::Less => Range { first: i64::MIN, last: value.saturating_sub(1) },
        Order::AtMost => Range { first: i64::MIN, last: value },
        Order::Greater => Range { first: value.saturating_add(1), last: i64::MAX },
        Order::AtLeast => Range { first: value, last: i64::MAX },
    }
}
