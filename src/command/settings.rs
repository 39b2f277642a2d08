//! `flowlogs config` and `flowlogs saved`: each setting with its value and where that comes from; what has a name.

use std::path::Path;

use toml_edit::{DocumentMut, Item};

use super::config;
use super::error::Error;
use super::option::Output;
use super::out::Out;
use super::table::print_table;
use crate::query::Named;
use crate::value::{Row, Value};

/// A setting of the config file, and its value where the file says nothing; empty for none.
const SETTINGS: [(&str, &str); 19] = [
    ("columns.default", "seed"),
    ("geo.files", "[]"),
    ("aws.usd_per_gb", "0.005"),
    ("aws.ask_above_usd", "0.5"),
    ("aws.production", "[]"),
    ("aws.keep_inventories", "true"),
    ("create.retention_days", "30"),
    ("create.aggregation_s", "60"),
    ("create.fields", ""),
    ("create.traffic", "all"),
    ("create.tags", ""),
    ("create.log_group", ""),
    ("create.log_class", ""),
    ("create.kms_key", ""),
    ("create.role", ""),
    ("create.role_path", ""),
    ("create.permissions_boundary", ""),
    ("create.lifetime", ""),
    ("create.drop_records", "false"),
];

/// Prints each setting, its value, and where that comes from.
pub(crate) fn print(named: Option<&Path>, options: &Output, out: &mut Out) -> Result<(), Error> {
    let file = config::path(named);
    let contents = config::document(named)?;
    let row = |(name, default): &(&'static str, &str)| -> Row {
        let said = at(&contents, name);
        let value = said.map_or_else(|| (*default).to_string(), shown);
        let from = if said.is_some() { "file" } else { "default" };
        [Value::word(name), text(&value), Value::word(from)].into()
    };
    let path = file.map_or_else(String::new, |file| file.display().to_string());
    let from = if named.is_some() { "--config or FLOWLOGS_CONFIG" } else { "default" };
    let mut rows: Vec<Row> = vec![[Value::word("config"), text(&path), Value::word(from)].into()];
    rows.extend(SETTINGS.iter().map(row));
    print_table(&["setting", "value", "from"], rows, options.format(), out)
}

fn at<'d>(document: &'d DocumentMut, name: &str) -> Option<&'d Item> {
    let (section, key) = name.split_once('.')?;
    document.get(section)?.get(key)
}

fn shown(item: &Item) -> String {
    item.as_str().map_or_else(|| item.to_string().trim().to_string(), ToString::to_string)
}

fn text(text: &str) -> Value {
    if text.is_empty() { Value::Absent } else { Value::Text(text.into()) }
}

/// Prints everything that the user has given a name to.
pub(crate) fn saved(named: &Named, options: &Output, out: &mut Out) -> Result<(), Error> {
    let row = |kind: &'static str, name: String, meaning: &str| -> Row {
        [Value::word(kind), text(&name), text(meaning)].into()
    };
    let filters = named.filters.iter().map(|(name, filter)| row("filter", format!("@{name}"), filter));
    let sentences = named.sentences.iter().map(|(name, sentence)| row("sentence", format!("@{name}"), sentence));
    let lists = named.lists.iter().map(|(name, file)| row("list", format!("@{name}"), &file.display().to_string()));
    let networks = named.networks.iter().map(|(name, networks)| {
        let networks: Vec<String> = networks.iter().map(ToString::to_string).collect();
        row("network", name.clone(), &networks.join(", "))
    });
    let rows: Vec<Row> = filters.chain(sentences).chain(lists).chain(networks).collect();
    print_table(&["kind", "name", "meaning"], rows, options.format(), out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_values_without_a_file_are_the_programs_own() {
        let settings = config::AwsSettings::default();
        let default = |name: &str| SETTINGS.iter().find(|(known, _)| *known == name).unwrap().1;
        assert_eq!(default("aws.usd_per_gb"), settings.usd_per_gb.to_string());
        assert_eq!(default("aws.ask_above_usd"), settings.ask_above_usd.to_string());
        assert_eq!(default("aws.keep_inventories"), settings.keep_inventories.to_string());
        #[cfg(feature = "local")]
        {
            use crate::account::{DEFAULT_AGGREGATION_S, DEFAULT_RETENTION_DAYS};
            assert_eq!(default("create.retention_days"), DEFAULT_RETENTION_DAYS.to_string());
            assert_eq!(default("create.aggregation_s"), DEFAULT_AGGREGATION_S.to_string());
        }
    }
}
