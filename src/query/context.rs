//! Names outside the tables that a sentence may refer to.

use std::collections::BTreeMap;

use super::clock::Clock;

/// Names outside the tables that a sentence may refer to.
#[derive(Clone, Debug)]
pub struct Context {
    /// The time that it is, and the zone.
    pub clock: Clock,
    /// Values for `$name`; more than one for a list.
    pub parameters: BTreeMap<String, Vec<String>>,
    /// Expressions for `@name`.
    pub saved: BTreeMap<String, String>,
}

impl Context {
    /// Nothing but a clock.
    #[must_use]
    pub const fn new(clock: Clock) -> Self {
        Self { clock, parameters: BTreeMap::new(), saved: BTreeMap::new() }
    }
}
