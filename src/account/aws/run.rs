//! The run that created a resource. Two may work on one account at once, and each rolls back only what it created.

use crate::value::EpochSeconds;

/// The key of the tag with the run that created a resource, or that took it over last.
pub(super) const RUN: &str = "flowlogs:run";

/// One create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Run(String);

impl Run {
    /// A run that begins now: its second, which gives the age of a resource that is taken over, and a random number.
    pub(super) fn new() -> Self {
        // Without random numbers, the process id tells runs of one second on this machine apart.
        let random = getrandom::u64().unwrap_or_else(|_| std::process::id().into());
        Self(format!("{}-{random:016x}", jiff::Timestamp::now().as_second()))
    }

    /// A placeholder for a dry run.
    pub(super) fn unknown() -> Self {
        Self("(known when it runs)".into())
    }

    /// The value of its tag.
    pub(super) fn value(&self) -> &str {
        &self.0
    }

    /// Returns whether a tag is that of this run.
    pub(super) fn is(&self, tag: Option<&str>) -> bool {
        tag == Some(&self.0)
    }
}

/// The second when the run of a tag began.
pub(super) fn began(tag: &str) -> Option<EpochSeconds> {
    tag.split_once('-')?.0.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_knows_its_own_tag_and_says_when_it_began() {
        let (one, other) = (Run::new(), Run::new());
        assert!(one.is(Some(one.value())) && !one.is(Some(other.value())) && !one.is(None));
        let age = jiff::Timestamp::now().as_second() - began(one.value()).unwrap();
        assert!((0..60).contains(&age), "{age}");
        assert_eq!(began("by hand"), None);
    }
}
