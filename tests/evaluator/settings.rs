//! What is unsettled about the service, as choices.

/// What a comparison with a field that an event lacks gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MissingTest {
    /// False, the negated ones too.
    False,
    /// Null.
    Null,
    /// False, and true for `!=`, `not in` and `not like`.
    Opposite,
}

/// What `not` of null gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotNull {
    /// True.
    True,
    /// Null.
    Null,
}

/// What becomes of the `-` of a flow log record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dash {
    /// It is text.
    Text,
    /// The event lacks the field.
    Dropped,
}

/// What a comparison by order of a number with text that is no number gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mixed {
    /// What one with a missing field gives.
    Missing,
    /// What the same comparison of both as text gives.
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

/// One way the service may be.
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
    /// Every way of comparing, and the ways of adding nothing up, which no comparison depends on.
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
