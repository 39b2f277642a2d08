//! Names outside the tables that a sentence may refer to.

use std::collections::BTreeMap;
use std::path::PathBuf;

use ipnet::IpNet;

use super::clock::Clock;

/// What a sentence may refer to beside the tables.
#[derive(Clone, Debug)]
pub struct Context {
    /// The time that it is, and the zone.
    pub clock: Clock,
    /// Values for `$name`; more than one for a list.
    pub parameters: BTreeMap<String, Vec<String>>,
    /// What the user has given names to.
    pub named: Named,
}

/// What a user has given names to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// Expressions for `@name`.
    pub filters: BTreeMap<String, String>,
    /// Networks for `network office`, as they were written.
    pub networks: BTreeMap<String, Vec<IpNet>>,
    /// Sentences for `@name` by itself.
    pub sentences: BTreeMap<String, String>,
    /// Files for `in @name`.
    pub lists: BTreeMap<String, PathBuf>,
}

impl Named {
    /// Returns whether `@name` is something else than a sentence, or than a filter.
    #[must_use]
    pub fn has_other(&self, name: &str, is_sentence: bool) -> bool {
        let is_taken = if is_sentence { self.filters.contains_key(name) } else { self.sentences.contains_key(name) };
        is_taken || self.lists.contains_key(name)
    }

    /// Each network with its name.
    #[must_use]
    pub fn networks(&self) -> Vec<(IpNet, String)> {
        let of_name = |(name, networks): (&String, &Vec<IpNet>)| -> Vec<(IpNet, String)> {
            networks.iter().map(|network| (network.trunc(), name.clone())).collect()
        };
        self.networks.iter().flat_map(of_name).collect()
    }
}

impl Context {
    /// Nothing but a clock.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self { clock, parameters: BTreeMap::new(), named: Named::default() }
    }
}
