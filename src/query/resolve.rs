//! Tests that only a run can answer, put into fields of the record.

use std::borrow::Cow;

use super::meaning::meaning;
use super::plan::{Check, Condition, Plan, Source};
use crate::field::{Field, Origin};

impl Plan {
    /// Returns whether only a run can answer some test of it.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.has_open_test(|_, _| true)
    }

    /// Returns whether some test is like that of those that only a run can answer.
    #[must_use]
    pub fn has_open_test(&self, is_like: impl Fn(Field, &Check) -> bool) -> bool {
        self.selection.said.as_ref().is_some_and(|said| said.has_open_test(&is_like))
    }

    /// The plan with every test that only a run can answer put into fields of the record. `resolve` returns what to put
    /// in place of such a test: one of [`Check::Belongs`], or of a field with names by an inventory; `None` leaves it.
    ///
    /// # Errors
    ///
    /// The first error of `resolve`.
    pub fn resolved<E>(
        &self,
        resolve: &mut impl FnMut(Field, &Check) -> Result<Option<Condition>, E>,
    ) -> Result<Cow<'_, Self>, E> {
        let Some(said) = self.selection.said.as_ref().filter(|_| self.is_open()) else {
            return Ok(Cow::Borrowed(self));
        };
        let said = said.resolved(resolve)?;
        let mut plan = self.clone();
        plan.selection.means = meaning(&said);
        plan.selection.said = Some(said);
        Ok(Cow::Owned(plan))
    }
}

impl Condition {
    fn has_open_test(&self, is_like: &impl Fn(Field, &Check) -> bool) -> bool {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().any(|part| part.has_open_test(is_like)),
            Self::Not(part) => part.has_open_test(is_like),
            Self::Test(Source::Field(field), check) => is_open(*field, check) && is_like(*field, check),
            Self::Test(..) | Self::Relation(_) | Self::Family(_) | Self::Status(_) => false,
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

/// Whether only a run can answer a test.
fn is_open(field: Field, check: &Check) -> bool {
    matches!(check, Check::Belongs { .. }) || matches!(field.info().origin, Origin::Inventory(_))
}
