//! The meaning of a condition, in fields of the record, without the parts that can never match.

mod lower;
mod never;
mod ranges;

use super::plan::{Condition, Filter, Plan};

/// Returns the filter that a condition means.
#[must_use]
pub fn meaning(condition: &Condition) -> Filter {
    never::reduce(lower::lower(condition))
}

impl Plan {
    /// The same plan over fewer records: those that also fulfil `condition`. The sentence counts as naming it, so that
    /// logs that cannot answer it are an error.
    #[must_use]
    pub fn narrowed(&self, condition: Condition) -> Self {
        let mut plan = self.clone();
        plan.selection.means = match plan.selection.means {
            Filter::True => meaning(&condition),
            Filter::False => Filter::False,
            Filter::All(mut parts) => {
                parts.push(meaning(&condition));
                Filter::All(parts)
            }
            filter => Filter::All(vec![filter, meaning(&condition)]),
        };
        plan.selection.said = Some(match plan.selection.said {
            Some(said) => Condition::All(vec![said, condition]),
            None => condition,
        });
        plan
    }
}
