//! Runs queries: turns targets into log groups, plans into queries of the service, and its replies into rows.
//!
//! A plan becomes as few queries as possible: one for up to 50 log groups of one format. If it takes several, by log
//! groups or by time, they run at once and are merged.

mod answer;
mod asked;
mod cell;
mod console;
mod discovery;
mod empty;
mod groups;
mod join;
mod merge;
mod narrow;
mod part;
mod past_names;
mod records;
mod run;
mod service;
mod target;
mod unit;
mod window;

pub(super) use asked::Estimated;
pub(super) use run::{console_links, estimate, run};
pub(super) use unit::answers;
pub(super) use window::LogGroups;

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use crate::query::clock::Clock;
    use crate::query::plan::Plan;
    use crate::query::{Context, compile};

    /// The plan of a sentence.
    pub(super) fn plan(text: &str) -> Plan {
        compile(text, &Context::new(Clock { now: 1_795_435_200, zone: TimeZone::UTC })).unwrap()
    }
}
