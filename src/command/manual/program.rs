//! The pages about the program: settings and exit codes.

use super::page::{Page, Part};
use crate::command::error::EXIT_CODES;
use crate::command::settings::{NAMED, SETTINGS};

pub(super) fn pages() -> [Page; 2] {
    let settings = SETTINGS.iter().map(|setting| {
        let default =
            if setting.default.is_empty() { String::new() } else { format!(" [default: {}]", setting.default) };
        (setting.name.to_string(), format!("{}{default}", setting.help))
    });
    let names = NAMED.iter().map(|(name, meaning)| ((*name).to_string(), (*meaning).to_string()));
    let codes = EXIT_CODES.iter().map(|(code, meaning)| ((*code).to_string(), (*meaning).to_string()));
    [
        Page {
            name: "config-file",
            about: "The config file: names for what sentences refer to, and settings.",
            parts: vec![
                Part::new("named", "`flowlogs saved` shows what has a name.", names),
                Part::new("settings", "`flowlogs config` shows the file, and each setting that is in use.", settings),
            ],
        },
        Page {
            name: "exit-codes",
            about: "The exit codes of the program.",
            parts: vec![Part::new("exit-codes", "", codes)],
        },
    ]
}
