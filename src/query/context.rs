//! What a sentence may refer to beside the tables.

use std::collections::BTreeMap;

use super::clock::Clock;

/// What a sentence may refer to beside the tables.
#[derive(Clone, Debug)]
pub struct Context {
    /// What time it is, and where.
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
