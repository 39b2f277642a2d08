//! Owners of addresses and interfaces. A sentence only names them; a run finds out what they own.

use std::path::PathBuf;

use ipnet::IpNet;

use crate::kind::TargetKind;

/// The owner in a test of what a value belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// Resources of a kind, by ids, names or globs; none for any of that kind.
    Resources {
        /// The kind.
        kind: TargetKind,
        /// The selectors; none for all of the kind.
        selectors: Vec<String>,
    },
    /// Prefix lists, by ids, names or globs; none for any.
    PrefixLists {
        /// The selectors; none for all lists.
        selectors: Vec<String>,
    },
    /// Networks that the user has named.
    Networks {
        /// The names; none for all.
        names: Vec<String>,
        /// The networks of these names.
        networks: Vec<IpNet>,
    },
    /// The lines of a file.
    List(ListFile),
}

/// A file with a value on each line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListFile {
    /// The name of the list, if it has one in the config.
    pub name: Option<String>,
    /// The file.
    pub file: PathBuf,
}
