//! Reasons for an empty result.

use super::asked::Asked;
use crate::value::{EpochSeconds, time_utc};

/// The usual longest delay of records after their aggregation interval.
///
/// Source: <https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-basics.html>.
const LAG_S: i64 = 10 * 60;

/// Notes on the possible reasons why no record matched.
pub(super) fn notes(asked: &Asked) -> Vec<String> {
    let mut notes = Vec::new();
    let window = asked.units.iter().map(|unit| unit.interval);
    let (from, until) = (window.clone().map(|i| i.from).min(), window.map(|i| i.until).max());
    match (from, until) {
        (Some(from), Some(until)) => {
            notes.push(format!("no record matches from {} to {}", time_utc(from), time_utc(until)));
            if until > asked.now - LAG_S {
                let settled = time_utc(asked.now - LAG_S);
                notes.push(format!(
                    "records are delivered 5 to 10 minutes late: those newer than {settled} may still arrive"
                ));
            }
        }
        _ => notes.push("the window ends before the oldest records that the log groups keep".into()),
    }
    let youngest: Option<EpochSeconds> = asked.sources.iter().map(|source| source.created).max();
    if let Some(created) = youngest.filter(|created| *created > asked.now - 2 * LAG_S) {
        notes.push(format!("the newest flow log was created at {}", time_utc(created)));
    }
    for source in &asked.sources {
        if let Some(trouble) = &source.trouble {
            notes.push(format!("delivery to {}: {trouble}", source.group));
        }
    }
    notes
}
