//! Divides a list that is too long for one query: each record that passes the list passes exactly one of its parts.

use ipnet::IpNet;

use super::meaning::meaning;
use super::plan::{Check, Condition, Plan, Source};
use crate::field::Origin;

impl Plan {
    /// The longest list that every record must be in, in `count` parts of similar length; `None` if no list can be
    /// divided.
    #[must_use]
    pub fn list_in_parts(&self, count: usize) -> Option<Vec<Check>> {
        let Condition::Test(_, check) = self.longest_list()? else { return None };
        let parts: Vec<Check> = match check {
            Check::Address { networks, .. } => {
                // A network within another would be in two parts.
                in_parts(&IpNet::aggregate(networks), count, |part| Check::Address { networks: part, negated: false })
            }
            Check::Number { ranges, .. } => {
                in_parts(ranges, count, |part| Check::Number { ranges: part, negated: false })
            }
            Check::Text { words, .. } => in_parts(words, count, |part| Check::Text { words: part, negated: false }),
            _ => return None,
        };
        (parts.len() == count).then_some(parts)
    }

    /// The plan with a part in place of the longest list that every record must be in.
    #[must_use]
    pub fn with_part(&self, part: &Check) -> Self {
        let mut plan = self.clone();
        let Some(longest) = self.longest_list().cloned() else { return plan };
        let replace = |condition: &mut Condition| {
            if *condition == longest
                && let Condition::Test(_, check) = condition
            {
                check.clone_from(part);
            }
        };
        if let Some(said) = &mut plan.selection.said {
            for_each_part(said, &replace);
        }
        if let Some(said) = &plan.selection.said {
            plan.selection.means = meaning(said);
        }
        plan
    }

    fn longest_list(&self) -> Option<&Condition> {
        let parts = parts_of(self.selection.said.as_ref()?);
        let (length, longest) = parts.into_iter().map(|part| (length(part), part)).max_by_key(|(length, _)| *length)?;
        (length > 1).then_some(longest)
    }
}

/// The conditions that must all hold, however they are nested.
fn parts_of(condition: &Condition) -> Vec<&Condition> {
    match condition {
        Condition::All(parts) => parts.iter().flat_map(parts_of).collect(),
        condition => vec![condition],
    }
}

fn for_each_part(condition: &mut Condition, change: &impl Fn(&mut Condition)) {
    match condition {
        Condition::All(parts) => parts.iter_mut().for_each(|part| for_each_part(part, change)),
        condition => change(condition),
    }
}

/// The length of a list that can be divided so that each record passes one part at most; 0 for anything else.
fn length(condition: &Condition) -> usize {
    let Condition::Test(source, check) = condition else { return 0 };
    let is_either_side = matches!(source, Source::Field(field) if matches!(field.info().origin, Origin::EitherSide(_)));
    match check {
        _ if is_either_side => 0,
        Check::Address { networks, negated: false } => networks.len(),
        Check::Number { ranges, negated: false } => ranges.len(),
        Check::Text { words, negated: false } => words.len(),
        _ => 0,
    }
}

fn in_parts<T: Clone>(all: &[T], count: usize, part: impl Fn(Vec<T>) -> Check) -> Vec<Check> {
    all.chunks(all.len().div_ceil(count).max(1)).map(|chunk| part(chunk.to_vec())).collect()
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;
    use crate::query::clock::Clock;
    use crate::query::{Context, compile, print};

    fn plan(sentence: &str) -> Plan {
        compile(sentence, &Context::new(Clock { now: 1_795_435_200, zone: TimeZone::UTC })).unwrap()
    }

    fn parts(sentence: &str, count: usize) -> Option<Vec<String>> {
        let plan = plan(sentence);
        let parts = plan.list_in_parts(count)?;
        Some(parts.iter().map(|part| print::sentence(&plan.with_part(part))).collect())
    }

    #[test]
    fn the_longest_list_is_divided_and_the_rest_stays() {
        let sentence =
            "where reject and dst.port in (22, 80) and src.addr in (10.0.0.1, 10.0.0.0/24, 10.9.0.1, 10.9.0.9)";
        let expected = [
            "all where action = REJECT and dst.port in (22, 80) and src.addr in (10.0.0.0/24, 10.9.0.1)",
            "all where action = REJECT and dst.port in (22, 80) and src.addr = 10.9.0.9",
        ];
        assert_eq!(parts(sentence, 2).unwrap(), expected);
    }

    #[test]
    fn a_list_is_found_beside_the_interfaces_that_are_meant() {
        let eni = Check::Text { words: vec!["eni-1".into(), "eni-2".into()], negated: false };
        let narrowed = plan("where reject and src.addr in (10.0.0.1, 10.0.0.3, 10.0.0.5)")
            .narrowed(Condition::Test(Source::Field(crate::field::Field::Eni), eni));
        let parts = narrowed.list_in_parts(3).unwrap();
        let said: Vec<String> = parts.iter().map(|part| print::sentence(&narrowed.with_part(part))).collect();
        for (said, address) in said.iter().zip(["10.0.0.1", "10.0.0.3", "10.0.0.5"]) {
            assert!(
                said.contains(&format!("src.addr = {address}")) && said.contains("eni in (eni-1, eni-2)"),
                "{said}"
            );
        }
    }

    #[test]
    fn what_two_parts_may_have_in_common_is_not_divided() {
        assert_eq!(parts("where addr in (10.0.0.1, 10.0.0.2)", 2), None);
        assert_eq!(parts("where src.addr not in (10.0.0.1, 10.0.0.3)", 2), None);
        assert_eq!(parts("where reject or src.addr in (10.0.0.1, 10.0.0.3)", 2), None);
        assert_eq!(parts("where src.addr in (10.0.0.1, 10.0.0.3)", 3), None);
    }
}
