//! Words for completion in addition to the tables: names of the account, values of recent answers, variables and
//! functions of scripts. Loaded in the background, so that typing never waits.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::runtime::Handle;

use crate::account::inventory::Inventory;
use crate::account::{KINDS, Resource};
use crate::escape::is_hidden;
use crate::kind::TargetKind;
use crate::query::Named;
use crate::script::FunctionDoc;
use crate::session::Session;
use crate::value::{ColumnType, Rows, Value};

/// The most values that are kept of a column.
const SEEN: usize = 200;

/// The words, behind a lock that is held only briefly.
#[derive(Debug, Default)]
pub(super) struct Known(Mutex<Parts>);

#[derive(Debug, Default)]
struct Parts {
    names: HashMap<TargetKind, Vec<String>>,
    /// Values by the name of their result column, the latest first.
    seen: BTreeMap<String, Vec<String>>,
    variables: Vec<String>,
    functions: Vec<&'static str>,
    named: Named,
}

impl Known {
    fn parts(&self) -> MutexGuard<'_, Parts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The names in inventories and a config file.
    pub(super) fn of(inventories: &[Inventory], named: &Named) -> Self {
        let known = Self::default();
        known.set_named(named);
        for kind in KINDS {
            let resources: Vec<Resource> = inventories.iter().flat_map(|inventory| inventory.resources(kind)).collect();
            known.parts().names.insert(kind, shown_names(&resources));
        }
        known
    }

    /// Loads the account's names in the background.
    pub(super) fn load(self: &Arc<Self>, runtime: &Handle, session: Arc<Session>) {
        let known = Arc::clone(self);
        runtime.spawn(async move {
            for kind in KINDS {
                // Without an account, or permission to list the kind, there are no names.
                let Ok(resources) = session.every_resource(kind).await else { continue };
                known.parts().names.insert(kind, shown_names(&resources));
            }
        });
    }

    #[cfg(test)]
    pub(super) fn learn(&self, kind: TargetKind, names: Vec<String>) {
        self.parts().names.insert(kind, names);
    }

    /// The names of a kind.
    pub(super) fn names(&self, kind: TargetKind) -> Vec<String> {
        self.parts().names.get(&kind).cloned().unwrap_or_default()
    }

    /// Remembers the values of an answer.
    pub(super) fn saw(&self, rows: &Rows) {
        let mut parts = self.parts();
        for (place, column) in rows.columns.iter().enumerate() {
            let mut values: Vec<String> = Vec::new();
            for row in rows.rows.iter().take(SEEN) {
                let value = match &row[place] {
                    Value::Text(text) => text.to_string(),
                    Value::Address(address) => address.to_string(),
                    Value::Int(number) if column.column_type == ColumnType::Number => number.to_string(),
                    _ => continue,
                };
                // The editor would send control characters to the terminal.
                if value.contains(is_hidden) {
                    continue;
                }
                if !values.contains(&value) {
                    values.push(value);
                }
            }
            let known = parts.seen.entry(column.name.clone()).or_default();
            known.retain(|value| !values.contains(value));
            values.append(known);
            values.truncate(SEEN);
            *known = values;
        }
    }

    /// The values of a column in recent answers, the latest first.
    pub(super) fn seen(&self, column: &str) -> Vec<String> {
        self.parts().seen.get(column).cloned().unwrap_or_default()
    }

    pub(super) fn set_variables(&self, variables: Vec<String>) {
        self.parts().variables = variables;
    }

    pub(super) fn set_functions(&self, docs: &[FunctionDoc]) {
        self.parts().functions = docs.iter().map(|doc| doc.name).collect();
    }

    pub(super) fn set_named(&self, named: &Named) {
        self.parts().named = named.clone();
    }

    /// The names that the user has defined.
    pub(super) fn named(&self) -> Named {
        self.parts().named.clone()
    }

    /// Variables, and functions with their opening parenthesis.
    pub(super) fn script_words(&self) -> Vec<String> {
        let parts = self.parts();
        let functions =
            parts.functions.iter().map(|name| if *name == "ans" { (*name).into() } else { format!("{name}(") });
        parts.variables.iter().cloned().chain(functions).collect()
    }
}

/// The names and ids of resources, without those that contain control characters.
fn shown_names(resources: &[Resource]) -> Vec<String> {
    let names = resources.iter().flat_map(Resource::names);
    let mut names: Vec<String> = names.filter(|name| !name.contains(is_hidden)).cloned().collect();
    names.sort();
    names.dedup();
    names
}
