//! The counts for the closing line.

use std::collections::BTreeMap;
use std::fmt;

use crate::evaluator::Settings;

/// Counts of a run.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) cases: usize,
    pub(crate) plans: usize,
    /// The sum over all plans of the number of their records.
    pub(crate) records: usize,
    /// The number of runs of the text: one for each combination of settings.
    pub(crate) combinations: usize,
    /// The number of sentences that both sides refuse.
    pub(crate) refused: usize,
    pub(crate) left_out: BTreeMap<&'static str, usize>,
    pub(crate) differences: Vec<String>,
}

impl Tally {
    pub(crate) fn leave_out(&mut self, why: &'static str) {
        *self.left_out.entry(why).or_default() += 1;
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.cases += other.cases;
        self.plans += other.plans;
        self.records += other.records;
        self.combinations += other.combinations;
        self.refused += other.refused;
        for (why, count) in other.left_out {
            *self.left_out.entry(why).or_default() += count;
        }
        self.differences.extend(other.differences);
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cases, plans, records, combinations, refused, left_out, differences } = self;
        write!(
            f,
            "{cases} cases and {plans} plans, {records} pairs of a plan and a record, {combinations} runs in {} \
             combinations; refused by both: {refused}; differences: {}; left out:",
            Settings::all().len(),
            differences.len()
        )?;
        left_out.iter().try_for_each(|(why, count)| write!(f, " {count} ({why})"))
    }
}
