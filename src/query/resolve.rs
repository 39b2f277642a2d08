//! Resolves tests that only a run can answer to tests of fields of the record.

use std::borrow::Cow;

use super::meaning::meaning;
use super::owner::Owner;
use super::plan::{Check, Condition, Plan, Source};
use super::print;
use crate::field::{Field, Origin};
use crate::kind::TargetKind;

impl Plan {
    /// Returns whether the plan has a test that only a run can answer.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !self.open_tests().is_empty()
    }

    /// The tests that only a run can answer.
    #[must_use]
    pub fn open_tests(&self) -> Vec<(Field, &Check)> {
        let mut open = Vec::new();
        if let Some(said) = &self.selection.said {
            said.collect_open_tests(&mut open);
        }
        open
    }

    /// A shorter form of the first of these tests, for a service that takes no list of that length.
    #[must_use]
    pub fn shorter_test(&self) -> Option<String> {
        self.open_tests().into_iter().find_map(|(field, check)| shorter(field, check))
    }

    /// The plan with every test that only a run can answer resolved to fields of the record. `resolve` returns the
    /// replacement of a test of [`Check::Belongs`], or of a field with names from an inventory; `None` leaves the test.
    /// Notes that `resolve` adds become notes of the run.
    ///
    /// # Errors
    ///
    /// The first error of `resolve`.
    pub fn resolved<E>(
        &self,
        mut resolve: impl FnMut(Field, &Check, &mut Vec<String>) -> Result<Option<Condition>, E>,
    ) -> Result<Cow<'_, Self>, E> {
        let Some(said) = self.selection.said.as_ref().filter(|_| self.is_open()) else {
            return Ok(Cow::Borrowed(self));
        };
        let mut notes = Vec::new();
        let said = said.resolved(&mut |field, check| resolve(field, check, &mut notes))?;
        let mut plan = self.clone();
        for note in notes {
            if !plan.run_notes.contains(&note) {
                plan.run_notes.push(note);
            }
        }
        plan.selection.means = meaning(&said);
        plan.selection.said = Some(said);
        Ok(Cow::Owned(plan))
    }
}

impl Condition {
    fn collect_open_tests<'c>(&'c self, open: &mut Vec<(Field, &'c Check)>) {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.collect_open_tests(open)),
            Self::Not(part) => part.collect_open_tests(open),
            Self::Test(Source::Field(field), check) if is_open(*field, check) => open.push((*field, check)),
            Self::Test(..) | Self::Relation(_) | Self::Family(_) | Self::Status(_) => {}
        }
    }

    fn resolved<E>(&self, resolve: &mut impl FnMut(Field, &Check) -> Result<Option<Self>, E>) -> Result<Self, E> {
        let mut all = |parts: &[Self]| parts.iter().map(|part| part.resolved(resolve)).collect::<Result<Vec<_>, E>>();
        Ok(match self {
            Self::All(parts) => Self::All(all(parts)?),
            Self::Any(parts) => Self::Any(all(parts)?),
            Self::Not(part) => Self::Not(Box::new(part.resolved(resolve)?)),
            Self::Test(Source::Field(field), check) if is_open(*field, check) => {
                resolve(*field, check)?.unwrap_or_else(|| self.clone())
            }
            other => other.clone(),
        })
    }
}

/// Returns whether only a run can answer a test.
fn is_open(field: Field, check: &Check) -> bool {
    matches!(check, Check::Belongs { .. }) || matches!(field.info().origin, Origin::Inventory(_))
}

/// A shorter test with the same meaning: a few networks in place of many addresses, or the opposite test.
fn shorter(field: Field, check: &Check) -> Option<String> {
    let said = |check: &Check| print::condition(&Condition::Test(Source::Field(field), check.clone()));
    let side = field.name().split('.').next().unwrap_or_default();
    match check {
        Check::Belongs { owner: Owner::Resources { kind, selectors }, .. } => {
            let is_network = matches!(kind, TargetKind::Vpc | TargetKind::Subnet);
            let side = if field == Field::Eni { "local" } else { side };
            let fewer = if selectors.len() > 1 { ", or name fewer" } else { "" };
            (!is_network).then(|| {
                format!("`{}` is a long list: use `{side} subnet NAME` or `{side} vpc NAME`{fewer}", said(check))
            })
        }
        Check::Belongs { .. } => None,
        check if check.is_negated() => {
            let turned = said(&check.opposite());
            Some(format!("`{}` is the list of all other names: turn it around: `not ({turned})`", said(check)))
        }
        Check::Present => Some(format!("`{}` is the list of all names: use `{side} vpc`", said(check))),
        _ => Some(format!("`{}` is a long list: use `{side} subnet NAME`, or name fewer", said(check))),
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use crate::query::clock::Clock;
    use crate::query::{Context, compile};

    #[test]
    fn a_long_list_has_a_shorter_way_to_say_it() {
        let context = Context::new(Clock { now: 1_795_435_200, zone: TimeZone::UTC });
        for (expression, expected) in [
            ("remote.name != web", Some("turn it around: `not (remote.name = web)`")),
            ("remote.name not in (web, api)", Some("`not (remote.name in (api, web))`")),
            ("client.name exists", Some("use `client vpc`")),
            ("src.name = web", Some("use `src subnet NAME`")),
            ("src sg web", Some("`src sg web` is a long list: use `src subnet NAME` or `src vpc NAME`")),
            ("not dst instance (web, api)", Some("`dst vpc NAME`, or name fewer")),
            ("local sg web", Some("use `local subnet NAME`")),
            ("src vpc prod", None),
            ("src prefix-list corp", None),
            ("src.addr = 10.0.0.1", None),
        ] {
            let plan = compile(&format!("all where {expression}"), &context).unwrap();
            let shorter = plan.shorter_test();
            let is_expected = match expected {
                Some(part) => shorter.as_ref().is_some_and(|shorter| shorter.contains(part)),
                None => shorter.is_none(),
            };
            assert!(is_expected, "{expression}: {shorter:?}");
        }
    }
}
