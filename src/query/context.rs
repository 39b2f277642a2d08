//! Names outside the tables that a sentence may refer to.

use std::collections::BTreeMap;
use std::path::PathBuf;

use ipnet::IpNet;

use super::clock::Clock;

/// The names that a sentence may refer to, in addition to the tables.
#[derive(Clone, Debug)]
pub struct Context {
    /// The current time, and the zone.
    pub clock: Clock,
    /// Values for `$name`; more than one for a list.
    pub parameters: BTreeMap<String, Vec<String>>,
    /// The names that the user has defined.
    pub named: Named,
}

/// The names that a user has defined.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// Expressions for `@name`.
    pub filters: BTreeMap<String, String>,
    /// Networks for `network office`, as typed.
    pub networks: BTreeMap<String, Vec<IpNet>>,
    /// Sentences for `@name` by itself.
    pub sentences: BTreeMap<String, String>,
    /// Files for `in @name`.
    pub lists: BTreeMap<String, PathBuf>,
}

impl Named {
    /// Returns whether `@name` exists, but is not a sentence, or not a filter if `is_sentence` is false.
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
    /// A context with nothing but a clock.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self { clock, parameters: BTreeMap::new(), named: Named::default() }
    }
}
