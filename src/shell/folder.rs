//! The folders of the user that a shell reads and writes.

use std::path::PathBuf;

use etcetera::BaseStrategy;

pub(super) fn config_folder() -> Option<PathBuf> {
    Some(etcetera::choose_base_strategy().ok()?.config_dir().join("flowlogs"))
}

pub(super) fn history_file() -> Option<PathBuf> {
    let strategy = etcetera::choose_base_strategy().ok()?;
    Some(strategy.state_dir().unwrap_or_else(|| strategy.data_dir()).join("flowlogs").join("history"))
}
