//! Lowers a condition to fields of the record, with `not` pushed down to the leaves.
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
        Condition::Relation(relation) => any(by_side(relation).into_iter().map(|(words, relation)| {
            let are_said = words.into_iter().map(|(by, word)| leaf_holds(&by, &is(word)));
            all(are_said.chain([relation_holds(relation)]))
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
        Condition::Relation(relation) => all(by_side(relation).into_iter().map(|(words, relation)| {
            let is_other = words.into_iter().map(|(by, word)| leaf_fails(&by, &is(word)));
            any(is_other.chain([relation_fails(relation)]))
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
        Some(Origin::BySide { by, sides }) => any(sides.into_iter().map(|(word, side)| {
            all([leaf_holds(&Source::Field(by), &is(word)), leaf_holds(&Source::Field(side), check)].into_iter())
        })),
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
        Some(Origin::BySide { by, sides }) => all(sides.into_iter().map(|(word, side)| {
            any([leaf_fails(&Source::Field(by), &is(word)), leaf_fails(&Source::Field(side), check)].into_iter())
        })),
        _ => leaf_fails(source, check),
    }
}

/// Fields, each with the word that it must have if a relation is about these sides.
type Words = Vec<(Source, &'static str)>;

/// A relation in fields of the record: one for each choice of sides, where words of the record select the fields.
fn by_side(relation: &Relation) -> Vec<(Words, Relation)> {
    let mut relations = Vec::new();
    for (left_word, left) in sides(&relation.left) {
        for (right_word, right) in sides(&relation.right) {
            let mut words: Words = left_word.iter().cloned().collect();
            match &right_word {
                Some((by, word)) if words.iter().any(|(known, other)| known == by && other != word) => continue,
                Some(word) if !words.contains(word) => words.push(word.clone()),
                _ => {}
            }
            relations.push((words, Relation { left: left.clone(), operator: relation.operator, right }));
        }
    }
    relations
}

/// The fields that a source may stand for, each with the word of the record that selects it.
fn sides(source: &Source) -> Vec<(Option<(Source, &'static str)>, Source)> {
    match origin(source) {
        Some(Origin::BySide { by, sides }) => {
            let side = |(word, field)| (Some((Source::Field(by), word)), Source::Field(field));
            sides.into_iter().map(side).collect()
        }
        _ => vec![(None, source.clone())],
    }
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

/// Returns whether ports are compared; records of a protocol without ports have 0 there.
fn is_of_ports(relation: &Relation) -> bool {
    matches!(relation.left, Source::Field(field) if field.field_type() == FieldType::Port)
}

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

/// Returns whether a test of a port has to test the protocol, too. Records of a protocol without ports have port 0, so
/// a test that 0 fails needs no guard.
fn needs_ported(source: &Source, check: &Check) -> bool {
    let is_port = matches!(source, Source::Field(field) if field.field_type() == FieldType::Port);
    is_port && check.admits(0)
}

/// The conjunction, flat; `True` for no parts.
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

/// The disjunction, flat; `False` for no parts.
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

/// Adds a part unless it is there already. Long lists come from typed chains, which rarely repeat, so only the last few
/// parts are compared.
fn push(flat: &mut Vec<Filter>, part: Filter) {
    if !flat.iter().rev().take(8).any(|known| *known == part) {
        flat.push(part);
    }
}
