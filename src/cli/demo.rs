//! `flowlogs demo`: the account that comes with the program.

use std::path::PathBuf;

use etcetera::BaseStrategy;

use crate::account::{self, local::demo};
use crate::command::{Error, Place};
use crate::value::EpochSeconds;

/// Creates the demo account, or extends it up to now; returns its place.
pub(super) fn place(dir: Option<PathBuf>, place: &Place, now: EpochSeconds) -> Result<Place, Error> {
    let Some(dir) = dir.or_else(default_dir) else {
        let message = "there is no folder for the user's data".into();
        return Err(Error::Usage { message, help: Some("name one with `--dir DIR`".into()) });
    };
    demo::refresh(&dir, now).map_err(account::Error::from)?;
    Ok(place.at(dir.display().to_string()))
}

pub(super) fn default_dir() -> Option<PathBuf> {
    Some(etcetera::choose_base_strategy().ok()?.data_dir().join("flowlogs").join("demo"))
}
