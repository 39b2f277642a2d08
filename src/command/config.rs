//! The config file: names for use in sentences, and settings of accounts on AWS.
//!
//! ```toml
//! [filters]
//! ssh = "dst.port = ssh and tcp"
//!
//! [sentences]
//! refused = "vpc prod where reject and dst.port = $port last 1h | top 10 remote.name"
//!
//! [networks]
//! office = ["203.0.113.0/24", "2001:db8::/48"]
//!
//! [lists]
//! bad = "bad.txt"
//!
//! [columns]
//! default = "interface"
//!
//! [geo]
//! files = ["country.mmdb", "asn.mmdb"]
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

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use ipnet::IpNet;
use serde::Deserialize;
use toml_edit::{DocumentMut, Item, Table, value};

use super::error::Error;
#[cfg(feature = "local")]
use crate::account::Settings as CreateSettings;
use crate::escape;
use crate::query::Named;
use crate::query::columns::DefaultColumns;

/// The contents of the config file.
#[derive(Debug, Default)]
pub(crate) struct Config {
    /// The names that sentences may use.
    pub(crate) named: Named,
    /// The databases of address locations.
    pub(crate) geo: Vec<PathBuf>,
    /// The columns of records, if a sentence names none.
    pub(crate) columns: DefaultColumns,
    /// The settings of accounts on AWS.
    pub(crate) aws: AwsSettings,
    /// The default settings of new flow logs.
    #[cfg(feature = "local")]
    pub(crate) create: CreateSettings,
}

/// The config file's contents as they are written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Contents {
    filters: BTreeMap<String, String>,
    sentences: BTreeMap<String, String>,
    networks: BTreeMap<String, Networks>,
    /// Relative to the folder of the config file.
    lists: BTreeMap<String, PathBuf>,
    columns: ColumnSettings,
    geo: GeoSettings,
    aws: AwsSettings,
    #[cfg(feature = "local")]
    create: CreateSettings,
    #[cfg(not(feature = "local"))]
    #[serde(rename = "create")]
    _create: serde::de::IgnoredAny,
}

/// The columns of records.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ColumnSettings {
    /// The columns, if a sentence names none.
    default: Option<String>,
}

/// The databases of address locations.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct GeoSettings {
    /// Relative to the folder of the config file.
    files: Vec<PathBuf>,
}

/// The networks of a name: one, or several.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "a network such as \"10.0.0.0/8\", or a list of them")]
enum Networks {
    One(Network),
    Several(Vec<Network>),
}

/// A network, or a single address.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Network {
    Network(IpNet),
    Address(IpAddr),
}

impl Networks {
    fn cidrs(self) -> Vec<IpNet> {
        let several = match self {
            Self::One(network) => vec![network],
            Self::Several(networks) => networks,
        };
        let cidr = |network| match network {
            Network::Network(network) => network,
            Network::Address(address) => address.into(),
        };
        several.into_iter().map(cidr).collect()
    }
}

/// The settings of accounts on AWS.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct AwsSettings {
    /// The cost of scanning a gigabyte, in US dollars.
    pub(crate) usd_per_gb: f64,
    /// The cost of a query, in US dollars, above which the user is asked before it runs.
    pub(crate) ask_above_usd: f64,
    /// The profiles, as globs, whose prompt warns the user.
    pub(crate) production: Vec<String>,
    /// Whether inventories are kept for some days, to name deleted resources.
    pub(crate) keep_inventories: bool,
}

impl Default for AwsSettings {
    fn default() -> Self {
        Self { usd_per_gb: USD_PER_GB, ask_above_usd: ASK_ABOVE_USD, production: Vec::new(), keep_inventories: true }
    }
}

/// The cost of a gigabyte in most Regions. Source: <https://aws.amazon.com/cloudwatch/pricing/>.
const USD_PER_GB: f64 = 0.005;
/// The cost of scanning 100 GB in most Regions.
const ASK_ABOVE_USD: f64 = 0.5;

/// The path of the named file, or else of the user's own.
pub(crate) fn path(named: Option<&Path>) -> Option<PathBuf> {
    named.map(Path::to_path_buf).or_else(default_path)
}

/// The text of the named file, or else of the user's own; `None` if the user has none.
fn text(named: Option<&Path>) -> Result<Option<(PathBuf, String)>, Error> {
    let Some(path) = path(named) else { return Ok(None) };
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(Some((path, text))),
        Err(error) if named.is_none() && error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::Failed {
            message: format!("cannot read the config file `{}`: {error}", path.display()),
            help: None,
        }),
    }
}

/// The named file, or else the user's own, as it is written; empty if the user has none.
pub(crate) fn document(named: Option<&Path>) -> Result<DocumentMut, Error> {
    let Some((path, text)) = text(named)? else { return Ok(DocumentMut::new()) };
    text.parse().map_err(|error| Error::Drawn { drawn: invalid(&path, &error) })
}

/// Reads the named file, or else the user's own, if there is one.
pub(crate) fn read(named: Option<&Path>) -> Result<Config, Error> {
    let Some((path, text)) = text(named)? else { return Ok(Config::default()) };
    let contents: Contents = toml::from_str(&text).map_err(|error| Error::Drawn { drawn: invalid(&path, &error) })?;
    let failed = |what: &str, help| Error::Failed {
        message: format!("the config file `{}` is not valid: {what}", path.display()),
        help,
    };
    #[cfg(feature = "local")]
    contents.create.check().map_err(|error| failed(&format!("`[create]`: {error}"), error.help()))?;
    let columns = contents.columns.default.as_deref().unwrap_or("seed").parse();
    let columns = columns.map_err(|error: String| failed(&format!("`[columns]`: {error}"), None))?;
    if let Some(name) = twice(&contents) {
        let help = Some("filters, sentences and lists share their names: give one of them another".into());
        return Err(failed(&format!("`{name}` is used twice"), help));
    }
    let folder = path.parent().unwrap_or(Path::new(""));
    Ok(Config {
        named: Named {
            filters: contents.filters,
            sentences: contents.sentences,
            networks: contents.networks.into_iter().map(|(name, networks)| (name, networks.cidrs())).collect(),
            lists: contents.lists.into_iter().map(|(name, file)| (name, folder.join(file))).collect(),
        },
        columns,
        geo: contents.geo.files.into_iter().map(|file| folder.join(file)).collect(),
        aws: contents.aws,
        #[cfg(feature = "local")]
        create: contents.create,
    })
}

/// Returns a name that two of the things that `@name` may refer to share.
fn twice(contents: &Contents) -> Option<&String> {
    let Contents { filters, sentences, lists, .. } = contents;
    let mut names = filters.keys().chain(sentences.keys()).chain(lists.keys());
    let mut seen = BTreeSet::new();
    names.find(|name| !seen.insert(*name))
}

/// Draws an error of the config file: the library quotes its line.
fn invalid(path: &Path, error: &impl std::fmt::Display) -> String {
    let (file, error) = (path.display().to_string(), error.to_string());
    format!(
        "error: the config file `{}` is not valid\n{}\n  = help: saved filters are lines such as `ssh = \"dst.port = \
         22\"` under `[filters]`\n",
        escape::text(&file),
        escape::lines(error.trim_end())
    )
}

/// Something that the user can save under a name in the shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Saved {
    /// An expression.
    Filter,
    /// A whole sentence.
    Sentence,
}

impl Saved {
    /// The table of the config file for it.
    const fn table(self) -> &'static str {
        match self {
            Self::Filter => "filters",
            Self::Sentence => "sentences",
        }
    }
}

/// Saves a text under a name in the named file, or else the user's own; its other lines stay as they are.
pub(crate) fn save(named: Option<&Path>, kind: Saved, name: &str, text: &str) -> Result<(), Error> {
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
    let after = with_saved(&before, kind.table(), name, text)
        .map_err(|error| Error::Drawn { drawn: invalid(&path, &error) })?;
    // Another process may save at the same time, so the temporary file's name has the process id.
    let new = path.with_extension(format!("toml.{}", std::process::id()));
    std::fs::write(&new, after).map_err(failed)?;
    std::fs::rename(&new, &path).map_err(failed)
}

/// The text of a config file after a line in a table is added or replaced; everything else stays as it was written.
fn with_saved(text: &str, table: &str, name: &str, saved: &str) -> Result<String, toml_edit::TomlError> {
    let mut document: DocumentMut = text.parse()?;
    let entries = document.entry(table).or_insert(Item::Table(Table::new()));
    // A value that is not a table is replaced: the config would be invalid with it.
    if !entries.is_table_like() {
        *entries = Item::Table(Table::new());
    }
    match entries.get_mut(name) {
        Some(Item::Value(known)) => {
            // The comment after the value stays, too.
            let decor = known.decor().clone();
            *known = saved.into();
            *known.decor_mut() = decor;
        }
        _ => entries[name] = value(saved),
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
        let saved = |text: &str, name: &str, expression: &str| with_saved(text, "filters", name, expression).unwrap();
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
                let read: Contents = toml::from_str(&with_saved(text, "filters", name, expression).unwrap()).unwrap();
                assert_eq!(read.filters[name], expression, "{text}");
                assert!(name == "web" || read.filters["web"] == "y", "{text}");
            }
        }
    }

    #[test]
    fn a_file_that_cannot_be_read_is_not_written_over() {
        assert!(with_saved("[filters\n", "filters", "ssh", "tcp").is_err());
    }
}
