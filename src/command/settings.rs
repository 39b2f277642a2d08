//! `flowlogs config` and `flowlogs saved`: each setting with its value and the origin of that value; and everything
//! that has a name.

use std::path::Path;

use toml_edit::{DocumentMut, Item};

use super::config;
use super::error::Error;
use super::option::Output;
use super::out::Out;
use super::table::print_table;
use crate::query::Named;
use crate::value::{Row, Value};

/// A setting of the config file.
pub(crate) struct Setting {
    /// The section and the key.
    pub(crate) name: &'static str,
    /// The default value; empty for none.
    pub(crate) default: &'static str,
    /// One line of help.
    pub(crate) help: &'static str,
}

const fn setting(name: &'static str, default: &'static str, help: &'static str) -> Setting {
    Setting { name, default, help }
}

/// Every setting.
pub(crate) const SETTINGS: [Setting; 19] = [
    setting("columns.default", "seed", "The columns of records if a sentence names none: seed, interface, or fields."),
    setting("geo.files", "[]", "Files in MaxMind's format that say where addresses are; relative to the config file."),
    setting("aws.usd_per_gb", "0.005", "What scanning a gigabyte costs."),
    setting("aws.ask_above_usd", "0.5", "The cost of a query above which a person is asked."),
    setting("aws.production", "[]", "Profiles, as globs, whose prompt is marked."),
    setting("aws.keep_inventories", "true", "Whether inventories are kept for 30 days, to name what is gone by then."),
    setting("create.retention_days", "30", "Days that records are kept."),
    setting("create.aggregation_s", "60", "The aggregation interval, in seconds: 60 or 600."),
    setting("create.fields", "", "The fields of the records."),
    setting("create.traffic", "all", "The traffic that is recorded: all, accept or reject."),
    setting("create.tags", "", "Tags of all that is created."),
    setting("create.log_group", "", "The log group, in place of one of its own."),
    setting("create.log_class", "", "The class of a new log group: standard or infrequent-access."),
    setting("create.kms_key", "", "The key that a new log group is encrypted with."),
    setting("create.role", "", "The role that delivers the records, in place of one of its own."),
    setting("create.role_path", "", "The path of new roles."),
    setting("create.permissions_boundary", "", "The permissions boundary of new roles."),
    setting("create.lifetime", "", "How long a flow log lives, such as 2h."),
    setting("create.drop_records", "false", "Whether the records go with a flow log that expired."),
];

/// The sections of the config file that give names to things.
pub(crate) const NAMED: [(&str, &str); 4] = [
    ("filters.NAME", "An expression, said as `where @NAME`."),
    ("sentences.NAME", "A whole sentence, said as `@NAME`."),
    ("networks.NAME", "A network, or a list of them, said as `remote network NAME`."),
    ("lists.NAME", "A file with a value a line, said as `in @NAME`; relative to the config file."),
];

/// Prints each setting, its value, and the origin of that value.
pub(crate) fn print(named: Option<&Path>, options: &Output, out: &mut Out) -> Result<(), Error> {
    let file = config::path(named);
    let contents = config::document(named)?;
    let row = |setting: &Setting| -> Row {
        let said = at(&contents, setting.name);
        let value = said.map_or_else(|| setting.default.to_string(), shown);
        let from = if said.is_some() { "file" } else { "default" };
        [Value::word(setting.name), text(&value), Value::word(from)].into()
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

/// Prints everything that the user has named.
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
        let default = |name: &str| SETTINGS.iter().find(|setting| setting.name == name).unwrap().default;
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
