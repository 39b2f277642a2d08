//! The config file: saved filters, and settings of accounts on AWS.
//!
//! ```toml
//! [filters]
//! ssh = "dst.port = ssh and tcp"
//!
//! [aws]
//! usd_per_gb = 0.0076
//! ask_above_usd = 0.10
//! production = ["prod-*"]
//! keep_inventories = false
//!
//! [create]
//! retention_days = 90
//! permissions_boundary = "arn:aws:iam::123456789012:policy/network"
//! tags = { team = "network" }
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use serde::Deserialize;
use toml_edit::{DocumentMut, Item, Table, value};

use super::error::Error;
#[cfg(feature = "local")]
use crate::account::Settings as CreateSettings;
use crate::escape;

/// The contents of the config file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// Expressions for `@name`.
    #[serde(default)]
    pub(crate) filters: BTreeMap<String, String>,
    /// The settings of accounts on AWS.
    #[serde(default)]
    pub(crate) aws: AwsSettings,
    /// The settings of new flow logs, where `create` leaves them open.
    #[cfg(feature = "local")]
    #[serde(default)]
    pub(crate) create: CreateSettings,
    #[cfg(not(feature = "local"))]
    #[serde(default, rename = "create")]
    _create: serde::de::IgnoredAny,
}

/// The settings of accounts on AWS.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct AwsSettings {
    /// The cost of scanning a gigabyte, in US dollars.
    pub(crate) usd_per_gb: f64,
    /// US dollars of a query above which a person is asked before it is run.
    pub(crate) ask_above_usd: f64,
    /// The profiles, as globs, at whose prompt a person should be careful.
    pub(crate) production: Vec<String>,
    /// Whether inventories are kept for some days, to name what is gone by then.
    pub(crate) keep_inventories: bool,
}

impl Default for AwsSettings {
    fn default() -> Self {
        Self { usd_per_gb: USD_PER_GB, ask_above_usd: ASK_ABOVE_USD, production: Vec::new(), keep_inventories: true }
    }
}

/// The cost of a gigabyte in most Regions. Source: <https://aws.amazon.com/cloudwatch/pricing/>.
const USD_PER_GB: f64 = 0.005;
/// What scanning 100 GB costs in most Regions.
const ASK_ABOVE_USD: f64 = 0.5;

/// Reads the named file, or the user's own where there is one.
pub(crate) fn read(named: Option<&Path>) -> Result<Config, Error> {
    let Some(path) = named.map(Path::to_path_buf).or_else(default_path) else { return Ok(Config::default()) };
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if named.is_none() && error.kind() == std::io::ErrorKind::NotFound => return Ok(Config::default()),
        Err(error) => {
            return Err(Error::Failed {
                message: format!("cannot read the config file `{}`: {error}", path.display()),
                help: None,
            });
        }
    };
    let config: Config = toml::from_str(&text).map_err(|error| Error::Drawn { drawn: invalid(&path, &error) })?;
    #[cfg(feature = "local")]
    config.create.check().map_err(|error| Error::Failed {
        message: format!("the config file `{}` is not valid: `[create]`: {error}", path.display()),
        help: error.help(),
    })?;
    Ok(config)
}

/// Draws what is wrong with a config file: the library quotes its line.
fn invalid(path: &Path, error: &impl std::fmt::Display) -> String {
    let (file, error) = (path.display().to_string(), error.to_string());
    format!(
        "error: the config file `{}` is not valid\n{}\n  = help: saved filters are lines such as `ssh = \"dst.port = \
         22\"` under `[filters]`\n",
        escape::text(&file),
        escape::lines(error.trim_end())
    )
}

/// Saves a filter in the file that was named, or the user's own; its other lines stay as they are.
pub(crate) fn save(named: Option<&Path>, name: &str, expression: &str) -> Result<(), Error> {
    let Some(path) = named.map(Path::to_path_buf).or_else(default_path) else {
        let message = "there is no folder for the user's configuration".into();
        return Err(Error::Usage { message, help: Some("name a file with `--config FILE`".into()) });
    };
    let failed = |error: std::io::Error| Error::Failed {
        message: format!("cannot write the config file `{}`: {error}", path.display()),
        help: None,
    };
    let before = match std::fs::read_to_string(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        text => text.map_err(failed)?,
    };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let after =
        with_filter(&before, name, expression).map_err(|error| Error::Drawn { drawn: invalid(&path, &error) })?;
    // Another process may save at the same time.
    let new = path.with_extension(format!("toml.{}", std::process::id()));
    std::fs::write(&new, after).map_err(failed)?;
    std::fs::rename(&new, &path).map_err(failed)
}

/// The text of a config file with one more filter in it, or another expression for one; everything else
/// stays as it was written.
fn with_filter(text: &str, name: &str, expression: &str) -> Result<String, toml_edit::TomlError> {
    let mut document: DocumentMut = text.parse()?;
    let filters = document.entry("filters").or_insert(Item::Table(Table::new()));
    // Anything else is not a table of filters, and the config could not be read with it.
    if !filters.is_table_like() {
        *filters = Item::Table(Table::new());
    }
    match filters.get_mut(name) {
        Some(Item::Value(known)) => {
            // The comment behind it stays, too.
            let decor = known.decor().clone();
            *known = expression.into();
            *known.decor_mut() = decor;
        }
        _ => filters[name] = value(expression),
    }
    Ok(document.to_string())
}

fn default_path() -> Option<PathBuf> {
    Some(etcetera::choose_base_strategy().ok()?.config_dir().join("flowlogs").join("config.toml"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_saved_filter_changes_its_own_line_only() {
        let saved = |text: &str, name: &str, expression: &str| with_filter(text, name, expression).unwrap();
        assert_eq!(saved("", "ssh", "dst.port = 22"), "[filters]\nssh = \"dst.port = 22\"\n");
        assert_eq!(
            saved("# mine\n[filters]\nssh = \"x\" # old\n# why\nweb = \"y\"\n", "ssh", "vpc = a"),
            "# mine\n[filters]\nssh = \"vpc = a\" # old\n# why\nweb = \"y\"\n"
        );
    }

    #[test]
    fn a_filter_is_saved_however_the_file_is_written() {
        for text in [
            "[filters] # mine\nweb = \"y\"\n",
            "[ filters ]\n\"web\" = \"y\"\n\n[aws]\nask_above_usd = 1\n",
            "filters = { web = \"y\" }\n",
            "filters.web = \"y\"\n",
            "[filters]\r\nweb = \"y\"\r\n",
            "[filters]\nweb = \"y\"\ntext = \"\"\"\n[filters]\nnot = this\n\"\"\"\n",
        ] {
            for (name, expression) in [("ssh", "eni ~ /a\"b/"), ("web", "tcp and\u{7}"), ("a-b", "udp")] {
                let read: Config = toml::from_str(&with_filter(text, name, expression).unwrap()).unwrap();
                assert_eq!(read.filters[name], expression, "{text}");
                assert!(name == "web" || read.filters["web"] == "y", "{text}");
            }
        }
    }

    #[test]
    fn a_file_that_cannot_be_read_is_not_written_over() {
        assert!(with_filter("[filters\n", "ssh", "tcp").is_err());
    }
}
