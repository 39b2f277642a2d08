//! Names for interface ids and addresses, which records do not have.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use crate::field::Field;
use crate::value::{Value, address_bits};

/// The values of the fields that an inventory provides: [`crate::field::Origin::Inventory`]. If a key has two names,
/// the first one counts.
#[derive(Clone, Debug, Default)]
pub struct Names {
    by_text: HashMap<Field, Arc<HashMap<String, String>>>,
    by_address: HashMap<Field, Arc<HashMap<u128, String>>>,
}

impl Names {
    /// Gives `field` this value where the text that it is joined by is `key`.
    pub fn add_for_text(&mut self, field: Field, key: &str, name: &str) {
        let table = Arc::make_mut(self.by_text.entry(field).or_default());
        table.entry(key.to_string()).or_insert_with(|| name.to_string());
    }

    /// Gives `field` this value where the address that it is joined by is `key`.
    pub fn add_for_address(&mut self, field: Field, key: IpAddr, name: &str) {
        let table = Arc::make_mut(self.by_address.entry(field).or_default());
        table.entry(address_bits(key)).or_insert_with(|| name.to_string());
    }

    /// The value of `field` for the interface id or the address that it is joined by.
    #[must_use]
    pub fn name(&self, field: Field, key: &Value) -> Option<&str> {
        let name = match key {
            Value::Text(text) => self.by_text.get(&field)?.get(text.as_str()),
            Value::Address(address) => self.by_address.get(&field)?.get(&address_bits(*address)),
            _ => None,
        };
        name.map(String::as_str)
    }

    pub(crate) fn for_text(&self, field: Field) -> Arc<HashMap<String, String>> {
        self.by_text.get(&field).cloned().unwrap_or_default()
    }

    pub(crate) fn for_address(&self, field: Field) -> Arc<HashMap<u128, String>> {
        self.by_address.get(&field).cloned().unwrap_or_default()
    }
}
