//! The names at a place of the query, and the slots of their values.

use crate::evaluator::Error;
use crate::evaluator::names::{FIELDS, is_free};
use crate::evaluator::syntax::Slot;

pub(super) struct Scope {
    names: Vec<String>,
    /// Every name that was given: the service does not accept a second value of the same name.
    given: Vec<String>,
}

impl Default for Scope {
    fn default() -> Self {
        Self { names: FIELDS.iter().map(ToString::to_string).collect(), given: Vec::new() }
    }
}

impl Scope {
    pub(super) fn slot(&self, name: &str) -> Result<Slot, Error> {
        let slot = self.names.iter().position(|known| known == name);
        slot.ok_or_else(|| Error::new(format!("`{name}` is not known here")))
    }

    /// Checks the name of a computed value; the next command sees it.
    pub(super) fn give(&mut self, name: &str) -> Result<(), Error> {
        if !is_free(name) || self.given.iter().any(|given| given == name) {
            return Err(Error::new(format!("the name `{name}` is taken")));
        }
        if !name.starts_with(|c: char| c.is_ascii_alphabetic()) || name.contains(['.', '@']) {
            return Err(Error::new(format!("`{name}` is no plain name")));
        }
        self.given.push(name.to_string());
        Ok(())
    }

    /// The slot that the next computed value goes to.
    pub(super) fn next(&self) -> Slot {
        self.names.len()
    }

    pub(super) fn add(&mut self, name: String) {
        self.names.push(name);
    }

    /// Leaves only these names from here on.
    pub(super) fn replace(&mut self, names: Vec<String>) {
        self.names = names;
    }
}
