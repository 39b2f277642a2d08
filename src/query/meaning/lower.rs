//! A condition, spelled out in fields of the record, `not` pushed down to the leaves.
//!
//! Rules 1 to 4 of the language's "Meaning, exactly" live here and nowhere else, so that both
//! readers of a plan inherit them. Nothing here depends on a log's format.

use crate::field::{Field, FieldType, Origin};
use crate::query::plan::{Check, Condition, Filter, Relation, Source};

/// The records for which `condition` holds.
#[must_use]
pub(super) fn lower(condition: &Condition) -> Filter {
    holds(condition)
}

fn holds(condition: &Condition) -> Filter {
    match condition {
        Condition::All(parts) => all(parts.iter().map(holds)),
        Condition::Any(parts) => any(parts.iter().map(holds)),
        Condition::Not(part) => fails(part),
        Condition::Test(source, check) => test_holds(source, check),
        Condition::Relation(relation) => any(by_direction(relation).into_iter().map(|(direction, relation)| {
            let is_direction = direction.map(|direction| leaf_holds(&DIRECTION, &is(direction)));
            all(is_direction.into_iter().chain([relation_holds(relation)]))
        })),
        Condition::Family(family) => Filter::Family { family: *family, negated: false },
        Condition::Status(word) => test_holds(&Source::Field(Field::Status), &is(word)),
    }
}

fn fails(condition: &Condition) -> Filter {
    match condition {
        Condition::All(parts) => any(parts.iter().map(fails)),
        Condition::Any(parts) => all(parts.iter().map(fails)),
        Condition::Not(part) => holds(part),
        Condition::Test(source, check) => test_fails(source, check),
        Condition::Relation(relation) => all(by_direction(relation).into_iter().map(|(direction, relation)| {
            let is_other = direction.map(|direction| leaf_fails(&DIRECTION, &is(direction)));
            any(is_other.into_iter().chain([relation_fails(relation)]))
        })),
        Condition::Family(family) => {
            any([Filter::FamilyAbsent, Filter::Family { family: *family, negated: true }].into_iter())
        }
        Condition::Status(word) => test_fails(&Source::Field(Field::Status), &is(word)),
    }
}

fn origin(source: &Source) -> Option<Origin> {
    match source {
        Source::Field(field) => Some(field.info().origin),
        Source::Extra(_) | Source::Result(_) => None,
    }
}

fn test_holds(source: &Source, check: &Check) -> Filter {
    match origin(source) {
        // Some side is present, and no present side matches what is negated.
        Some(Origin::EitherSide(sides)) if check.is_negated() => {
            let matched = check.opposite();
            let some_present = any(sides.iter().map(|side| leaf_holds(&Source::Field(*side), &Check::Present)));
            let none_matches = sides.iter().map(|side| leaf_fails(&Source::Field(*side), &matched));
            all(std::iter::once(some_present).chain(none_matches))
        }
        Some(Origin::EitherSide(sides)) => any(sides.iter().map(|side| leaf_holds(&Source::Field(*side), check))),
        Some(Origin::BySide { ingress, egress }) => {
            any([("ingress", ingress), ("egress", egress)].into_iter().map(|(direction, field)| {
                all([leaf_holds(&DIRECTION, &is(direction)), leaf_holds(&Source::Field(field), check)].into_iter())
            }))
        }
        _ => leaf_holds(source, check),
    }
}

fn test_fails(source: &Source, check: &Check) -> Filter {
    match origin(source) {
        // No side is present, or some present side matches what is negated.
        Some(Origin::EitherSide(sides)) if check.is_negated() => {
            let matched = check.opposite();
            let none_present = all(sides.iter().map(|side| leaf_fails(&Source::Field(*side), &Check::Present)));
            let some_match = sides.iter().map(|side| leaf_holds(&Source::Field(*side), &matched));
            any(std::iter::once(none_present).chain(some_match))
        }
        Some(Origin::EitherSide(sides)) => all(sides.iter().map(|side| leaf_fails(&Source::Field(*side), check))),
        Some(Origin::BySide { ingress, egress }) => {
            all([("ingress", ingress), ("egress", egress)].into_iter().map(|(direction, field)| {
                any([leaf_fails(&DIRECTION, &is(direction)), leaf_fails(&Source::Field(field), check)].into_iter())
            }))
        }
        _ => leaf_fails(source, check),
    }
}

/// A relation in fields of the record, for each direction where that tells which fields they are.
fn by_direction(relation: &Relation) -> Vec<(Option<&'static str>, Relation)> {
    let sides = |source: &Source| match origin(source) {
        Some(Origin::BySide { ingress, egress }) => Some([Source::Field(ingress), Source::Field(egress)]),
        _ => None,
    };
    let (left, right) = (sides(&relation.left), sides(&relation.right));
    if left.is_none() && right.is_none() {
        return vec![(None, relation.clone())];
    }
    let [left_in, left_out] = left.unwrap_or_else(|| [relation.left.clone(), relation.left.clone()]);
    let [right_in, right_out] = right.unwrap_or_else(|| [relation.right.clone(), relation.right.clone()]);
    let operator = relation.operator;
    vec![
        (Some("ingress"), Relation { left: left_in, operator, right: right_in }),
        (Some("egress"), Relation { left: left_out, operator, right: right_out }),
    ]
}

fn relation_holds(relation: Relation) -> Filter {
    let ported = is_of_ports(&relation).then_some(Filter::Ported(true));
    all(ported.into_iter().chain([Filter::Relation(relation)]))
}

fn relation_fails(relation: Relation) -> Filter {
    let not_ported = is_of_ports(&relation).then_some(Filter::Ported(false));
    let absent = [&relation.left, &relation.right].map(|source| Filter::Test(source.clone(), Check::Absent));
    let opposite = Relation { operator: relation.operator.complement(), ..relation };
    any(not_ported.into_iter().chain(absent).chain([Filter::Relation(opposite)]))
}

/// Whether ports are compared, which records of a protocol without ports have as 0.
fn is_of_ports(relation: &Relation) -> bool {
    matches!(relation.left, Source::Field(field) if field.field_type() == FieldType::Port)
}

const DIRECTION: Source = Source::Field(Field::Direction);

fn is(word: &str) -> Check {
    Check::Text { words: vec![word.to_string()], negated: false }
}

fn leaf_holds(source: &Source, check: &Check) -> Filter {
    let test = Filter::Test(source.clone(), check.clone());
    if needs_ported(source, check) { all([Filter::Ported(true), test].into_iter()) } else { test }
}

fn leaf_fails(source: &Source, check: &Check) -> Filter {
    let not_ported = needs_ported(source, check).then_some(Filter::Ported(false));
    let absent = (*check != Check::Present).then(|| Filter::Test(source.clone(), Check::Absent));
    let otherwise = Filter::Test(source.clone(), check.opposite());
    any(not_ported.into_iter().chain(absent).chain([otherwise]))
}

/// Whether a test of a port has to look at the protocol. Records of a protocol without ports carry
/// 0, so a test that 0 fails needs no guard.
fn needs_ported(source: &Source, check: &Check) -> bool {
    let is_port = matches!(source, Source::Field(field) if field.field_type() == FieldType::Port);
    is_port && check.admits(0)
}

/// All of them, flat; `True` for none.
pub(super) fn all(parts: impl Iterator<Item = Filter>) -> Filter {
    let mut flat: Vec<Filter> = Vec::new();
    for part in parts {
        match part {
            Filter::True => {}
            Filter::False => return Filter::False,
            Filter::All(inner) => inner.into_iter().for_each(|part| push(&mut flat, part)),
            part => push(&mut flat, part),
        }
    }
    match flat.len() {
        0 => Filter::True,
        1 => flat.remove(0),
        _ => Filter::All(flat),
    }
}

/// Some of them, flat; `False` for none.
pub(super) fn any(parts: impl Iterator<Item = Filter>) -> Filter {
    let mut flat: Vec<Filter> = Vec::new();
    for part in parts {
        match part {
            Filter::False => {}
            Filter::True => return Filter::True,
            Filter::Any(inner) => inner.into_iter().for_each(|part| push(&mut flat, part)),
            part => push(&mut flat, part),
        }
    }
    match flat.len() {
        0 => Filter::False,
        1 => flat.remove(0),
        _ => Filter::Any(flat),
    }
}

/// Adds a part that is not there yet. Long lists come from typed chains, which rarely repeat, so
/// only the last few are compared.
fn push(flat: &mut Vec<Filter>, part: Filter) {
    if !flat.iter().rev().take(8).any(|known| *known == part) {
        flat.push(part);
    }
}
