//! The config file: saved filters, and what queries on AWS cost.
//!
//! ```toml
//! [filters]
//! ssh = "dst.port = ssh and tcp"
//!
//! [aws]
//! usd_per_gb = 0.0076
//! ask_above_gb = 20
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use serde::Deserialize;

use super::error::Error;
use crate::escape;

/// What the config file may say.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// Expressions for `@name`.
    #[serde(default)]
    pub(crate) filters: BTreeMap<String, String>,
    /// What queries cost.
    #[serde(default)]
    pub(crate) aws: Cost,
}

/// What queries on AWS cost, and when that is to be asked first.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Cost {
    /// What scanning a gigabyte costs, in US dollars.
    pub(crate) usd_per_gb: f64,
    /// Gigabytes of a query above which a person is asked before it is run.
    pub(crate) ask_above_gb: f64,
}

impl Default for Cost {
    fn default() -> Self {
        Self { usd_per_gb: USD_PER_GB, ask_above_gb: ASK_ABOVE_GB }
    }
}

/// What it costs in most Regions. Source: <https://aws.amazon.com/cloudwatch/pricing/>.
const USD_PER_GB: f64 = 0.005;
/// Half a dollar.
const ASK_ABOVE_GB: f64 = 100.0;

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
    toml::from_str(&text).map_err(|error| Error::Drawn { drawn: invalid(&path, &error) })
}

/// Draws what is wrong with a config file: the library quotes its line.
fn invalid(path: &Path, error: &toml::de::Error) -> String {
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
    let new = path.with_extension("toml.new");
    std::fs::write(&new, with_filter(&before, name, expression)).map_err(failed)?;
    std::fs::rename(&new, &path).map_err(failed)
}

/// The text of a config file with one more filter in it, or another expression for one.
fn with_filter(text: &str, name: &str, expression: &str) -> String {
    const HEAD: &str = "[filters]";
    // A JSON string is a basic string of TOML.
    let line = format!("{name} = {}", serde_json::Value::from(expression));
    let is_same = |known: &str| known.split_once('=').is_some_and(|(known, _)| known.trim() == name);
    let mut lines: Vec<&str> = Vec::new();
    let mut section = "";
    for known in text.lines() {
        if known.trim_start().starts_with('[') {
            section = known.trim();
        }
        if section != HEAD || !is_same(known) {
            lines.push(known);
        }
        if known.trim() == HEAD {
            lines.push(&line);
        }
    }
    if !lines.contains(&line.as_str()) {
        lines.extend([HEAD, &line]);
    }
    lines.join("\n") + "\n"
}

fn default_path() -> Option<PathBuf> {
    Some(etcetera::choose_base_strategy().ok()?.config_dir().join("flowlogs").join("config.toml"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_saved_filter_changes_its_own_line_only() {
        let once = with_filter("", "ssh", "dst.port = 22");
        assert_eq!(once, "[filters]\nssh = \"dst.port = 22\"\n");
        let other = "# mine\n[filters]\nssh = \"x\"\n# why\nweb = \"y\"\n";
        assert_eq!(
            with_filter(other, "ssh", "eni ~ /a\"b/"),
            "# mine\n[filters]\nssh = \"eni ~ /a\\\"b/\"\n# why\nweb = \"y\"\n"
        );
        let read: Config = toml::from_str(&with_filter(&once, "x", "a\u{7}\\b")).unwrap();
        assert_eq!(read.filters["x"], "a\u{7}\\b");
    }
}
