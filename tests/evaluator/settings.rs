//! The open questions about the service, as choices.

/// The result of a comparison with a field that an event lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MissingTest {
    /// False, even for negated comparisons.
    False,
    /// Null.
    Null,
    /// False, and true for `!=`, `not in` and `not like`.
    Opposite,
}

/// The result of `not` over null.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotNull {
    /// True.
    True,
    /// Null.
    Null,
}

/// The handling of a `-` in a flow log record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dash {
    /// It is text.
    Text,
    /// The event lacks the field.
    Dropped,
}

/// The result of ordering a number against text that is no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mixed {
    /// The same as with a missing field.
    Missing,
    /// The result of ordering both as text.
    AsText,
}

/// The sum over a group in which no record has a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SumOfNothing {
    /// Null.
    Null,
    /// Zero.
    Zero,
}

/// A possible behaviour of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    /// Comparisons with missing fields.
    pub(crate) missing: MissingTest,
    /// `not` of null.
    pub(crate) not_null: NotNull,
    /// The `-` of a record.
    pub(crate) dash: Dash,
    /// Numbers against text.
    pub(crate) mixed: Mixed,
    /// The sum over no number.
    pub(crate) sum_of_nothing: SumOfNothing,
}

impl Settings {
    /// Every combination of the ways to compare; and a sum of zero over nothing with one of them, as no comparison
    /// depends on it.
    pub(crate) fn all() -> Vec<Self> {
        let mut all = Vec::new();
        for dash in [Dash::Text, Dash::Dropped] {
            for missing in [MissingTest::False, MissingTest::Null, MissingTest::Opposite] {
                for not_null in [NotNull::True, NotNull::Null] {
                    for mixed in [Mixed::Missing, Mixed::AsText] {
                        all.push(Self { missing, not_null, dash, mixed, sum_of_nothing: SumOfNothing::Null });
                    }
                }
            }
            let (missing, not_null, mixed) = (MissingTest::Null, NotNull::Null, Mixed::Missing);
            all.push(Self { missing, not_null, dash, mixed, sum_of_nothing: SumOfNothing::Zero });
        }
        all
    }
}
