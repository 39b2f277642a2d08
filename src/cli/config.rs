//! The config file: saved filters.
//!
//! ```toml
//! [filters]
//! ssh = "dst.port = ssh and tcp"
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use serde::Deserialize;

use super::Error;

/// What the config file may say.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Config {
    /// Expressions for `@name`.
    #[serde(default)]
    pub(super) filters: BTreeMap<String, String>,
}

/// Reads the named file, or the user's own where there is one.
pub(super) fn read(named: Option<&Path>) -> Result<Config, Error> {
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
    toml::from_str(&text).map_err(|error| Error::Failed {
        message: format!("the config file `{}` is not valid\n{error}", path.display()),
        help: Some("saved filters are lines such as `ssh = \"dst.port = 22\"` under `[filters]`".into()),
    })
}

fn default_path() -> Option<PathBuf> {
    Some(etcetera::choose_base_strategy().ok()?.config_dir().join("flowlogs").join("config.toml"))
}
